#pragma once
// The logarithm of the sum of exponentials over axes.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/ops/machinery/axes.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/map.hpp>
#include <eigengrad/tape/recording.hpp>

#include <initializer_list>

namespace eigengrad {

struct LogSumExp {
  static constexpr std::string_view name = "logsumexp";
  static constexpr std::string_view doc =
      "log of the sum of exp(x) over axes, without overflow. dx = g softmax(x).";

  template <class T>
  struct Payload {
    detail::Saved<T> x;
    detail::Saved<T> y;
    detail::Reduction reduction;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& x = *saved.x;
    detail::map_into(
        b.template target<T>(0, x.shape()), x.shape(),
        [](auto gi, auto xi, auto yi) { return gi * math::exp(xi - yi); },
        saved.reduction.restore(b.gradient()), x, saved.reduction.restore(*saved.y));
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return logsumexp(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return logsumexp(in[0], {0}); });
    cases.vary("axis -1, kept", {{4, 3}},
               [](const auto& in) { return logsumexp(in[0], {-1}, KeepDims::yes); });
    cases.vary("two axes", {{2, 3, 4}}, [](const auto& in) { return logsumexp(in[0], {0, 2}); });
    cases.add("no rows", {{0, 3}}, [](const auto& in) { return logsumexp(in[0], {1}); });
    cases.rejects("logsumexp: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return logsumexp(in[0], {2}); });
    cases.rejects("logsumexp: axis 0 is named twice", {{2, 3}}, [](const auto& in) {
      return logsumexp(in[0], {0, -2});
    });
  }
};

namespace detail {

template <FloatScalar T>
[[nodiscard]] Tensor<T> logsumexp(const Tensor<T>& x, const Reduction& reduction) {
  Tensor<T> largest = uninitialized<T>(reduction.kept);
  T* const shift = static_cast<T*>(largest.body().data);
  kernels::reduce(kernels::MaximumOf<T>{}, x.shape(), x.data(), x.strides(), reduction.axes, shift);
  // An infinite one is not subtracted: inf - inf is NaN, but the result is that infinity.
  map_over(
      largest.shape(), shift, [](auto m) { return math::select(math::isinf(m), T(0), m); },
      largest);
  const Tensor<T> exponentials = map_to(
      x.shape(), [](auto xi, auto m) { return math::exp(xi - m); }, x, largest);
  Tensor<T> y = uninitialized<T>(reduction.result);
  T* const out = static_cast<T*>(y.body().data);
  kernels::reduce(kernels::SumOf<T>{}, x.shape(), exponentials.data(), exponentials.strides(),
                  reduction.axes, out);
  map_over(
      reduction.kept, out, [](auto sum, auto m) { return math::log(sum) + m; },
      reduction.restore(y), largest);
  if (must_record(x)) {
    record<LogSumExp>(
        y,
        [&](Saver& save) {
          return LogSumExp::Payload<T>{save(x), save(y), reduction};
        },
        x);
  }
  return y;
}

}  // namespace detail

/// log(sum of exp(x)) over `axes`, or over all without them. The largest element is subtracted
/// first: finite for any finite input. -inf of nothing and of nothing but -inf, inf with an inf,
/// NaN with a NaN.
///
/// Shapes:    any -> x's shape without `axes`, or with extent 1 there (KeepDims::yes)
/// Gradient:  g exp(x - y), the softmax of x; NaN at infinite x whose result is that infinity
/// Throws:    IndexError if an axis is out of range or named twice
/// Cost:      four passes; saves x
/// Reference: PyTorch `logsumexp`
template <FloatScalar T>
[[nodiscard]] Tensor<T> logsumexp(const Tensor<T>& x, std::initializer_list<Index> axes,
                                  KeepDims keep = KeepDims::no) {
  return detail::logsumexp(x, detail::Reduction("logsumexp", x.shape(), axes, keep));
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> logsumexp(const Tensor<T>& x) {
  return detail::logsumexp(x, detail::Reduction(x.shape(), KeepDims::no));
}
EIGENGRAD_LIST_OP(LogSumExp);

}  // namespace eigengrad
