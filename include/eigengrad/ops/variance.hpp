#pragma once
// The variance over axes.

#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/ops/machinery/axes.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/map.hpp>
#include <eigengrad/tape/recording.hpp>

#include <initializer_list>

namespace eigengrad {

struct Var {
  static constexpr std::string_view name = "var";
  static constexpr std::string_view doc =
      "Mean squared deviation over axes with n - correction in the denominator.";

  template <class T>
  struct Payload {
    detail::Saved<T> x;
    detail::Saved<T> mean;  // in the shape with the reduced axes as 1
    detail::Reduction reduction;
    T count;  // n - correction
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& x = *saved.x;
    const T scale = T(2) / saved.count;
    detail::map_into(
        b.template target<T>(0, x.shape()), x.shape(),
        [scale](auto gi, auto xi, auto mean) { return (gi * scale) * (xi - mean); },
        saved.reduction.restore(b.gradient()), x, *saved.mean);
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return var(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return var(in[0], {0}); });
    cases.vary("without correction, kept", {{2, 3, 4}},
               [](const auto& in) { return var(in[0], {-1}, KeepDims::yes, 0); });
    cases.vary("two axes", {{2, 3, 4}}, [](const auto& in) { return var(in[0], {0, 2}); });
    cases.add("no rows", {{0, 3}}, [](const auto& in) { return var(in[0], {1}); });
    cases.rejects("var: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return var(in[0], {2}); });
    cases.rejects("var: axis 0 is named twice", {{2, 3}}, [](const auto& in) {
      return var(in[0], {0, -2});
    });
  }
};

namespace detail {

// Two passes: the one-pass variance cancels when mean^2 >> var (Chan, Golub, LeVeque 1983).
template <FloatScalar T>
[[nodiscard]] Tensor<T> var(const Tensor<T>& x, const Reduction& reduction, double correction) {
  Tensor<T> mean = uninitialized<T>(reduction.kept);
  T* const means = static_cast<T*>(mean.body().data);
  kernels::reduce(kernels::SumOf<T>{}, x.shape(), x.data(), x.strides(), reduction.axes, means);
  const T n = static_cast<T>(reduction.count);
  map_over(
      mean.shape(), means, [n](auto sum) { return sum / n; }, mean);
  const Tensor<T> squares = map_to(
      x.shape(), [](auto xi, auto center) { return (xi - center) * (xi - center); }, x, mean);
  Tensor<T> y = uninitialized<T>(reduction.result);
  T* const out = static_cast<T*>(y.body().data);
  kernels::reduce(kernels::SumOf<T>{}, x.shape(), squares.data(), squares.strides(), reduction.axes,
                  out);
  const double left = static_cast<double>(reduction.count) - correction;
  const T count = static_cast<T>(left > 0 ? left : 0);
  map_over(
      y.shape(), out, [count](auto sum) { return sum / count; }, y);
  if (must_record(x)) {
    record<Var>(
        y,
        [&](Saver& save) {
          return Var::Payload<T>{save(x), save(mean), reduction, count};
        },
        x);
  }
  return y;
}

}  // namespace detail

/// Variance over `axes`, or over all without them: the sum of the squared deviations from the mean
/// over n - correction. 1 (Bessel's) estimates that of a population, 0 gives that of the sample.
/// NaN if n - correction <= 0 (infinite if the sum is not 0).
///
/// Shapes:    any -> x's shape without `axes`, or with extent 1 there (KeepDims::yes)
/// Gradient:  2 g (x - mean) / (n - correction)
/// Throws:    IndexError if an axis is out of range or named twice
/// Cost:      two passes; saves x
/// Reference: PyTorch `var`; NumPy `var` with ddof, whose default is 0
template <FloatScalar T>
[[nodiscard]] Tensor<T> var(const Tensor<T>& x, std::initializer_list<Index> axes,
                            KeepDims keep = KeepDims::no, double correction = 1) {
  return detail::var(x, detail::Reduction("var", x.shape(), axes, keep), correction);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> var(const Tensor<T>& x, KeepDims keep = KeepDims::no,
                            double correction = 1) {
  return detail::var(x, detail::Reduction(x.shape(), keep), correction);
}
EIGENGRAD_LIST_OP(Var);

}  // namespace eigengrad
