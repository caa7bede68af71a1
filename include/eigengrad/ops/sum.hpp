#pragma once
// Sums and means over all or some axes.

#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/machinery/axes.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/view.hpp>

#include <initializer_list>
#include <span>
#include <utility>

namespace eigengrad {

struct Sum {
  static constexpr std::string_view name = "sum";
  static constexpr std::string_view doc = "Sum over axes, pairwise; the sum of nothing is 0.";

  template <class T>
  struct Payload {
    Shape shape;  // of x
    detail::Reduction reduction;
    double scale;  // 1, or 1/n for a mean
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T> g = saved.reduction.restore(b.gradient());
    const T scale = static_cast<T>(saved.scale);
    const auto target = b.template target<T>(0, saved.shape);
    const std::array<const T*, 1> in{g.data()};
    const std::array<Strides, 1> strides{
        kernels::broadcast_strides(g.shape(), g.strides(), saved.shape)};
    const auto scaled = [scale](auto gi) { return gi * scale; };
    kernels::map(kernels::map_function<T, 1>(scaled, target.add), saved.shape, target.data, in,
                 strides);
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return sum(in[0]); });
    cases.add("a scalar", {{}}, [](const auto& in) { return sum(in[0]); });
    cases.add("nothing", {{0, 3}}, [](const auto& in) { return sum(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return sum(in[0], {0}); });
    cases.vary("axis -1 of (4, 3)", {{4, 3}}, [](const auto& in) { return sum(in[0], {-1}); });
    cases.vary("middle axis, kept", {{2, 3, 4}},
               [](const auto& in) { return sum(in[0], {1}, KeepDims::yes); });
    cases.vary("two outer axes", {{2, 3, 4}}, [](const auto& in) { return sum(in[0], {0, 2}); });
    cases.rejects("sum: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return sum(in[0], {2}); });
    cases.rejects("sum: axis 0 is named twice", {{2, 3}}, [](const auto& in) {
      return sum(in[0], {0, -2});
    });
  }
};

struct Mean : Sum {
  static constexpr std::string_view name = "mean";
  static constexpr std::string_view doc = "Arithmetic mean over axes; the mean of nothing is NaN.";
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return mean(in[0]); });
    cases.add("a scalar", {{}}, [](const auto& in) { return mean(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return mean(in[0], {0}); });
    cases.vary("two axes, kept", {{2, 3, 4}}, [](const auto& in) {
      return mean(in[0], {0, 1}, KeepDims::yes);
    });
    cases.rejects("mean: axis -3 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return mean(in[0], {-3}); });
  }
};

namespace detail {

/// Op is Sum or Mean; the mean scales in place after a pairwise sum.
template <class Op, FloatScalar T>
[[nodiscard]] Tensor<T> sum_or_mean(const Tensor<T>& x, const Reduction& reduction, bool mean) {
  Tensor<T> y = uninitialized<T>(reduction.result);
  T* const out = static_cast<T*>(y.body().data);
  kernels::reduce(kernels::SumOf<T>{}, x.shape(), x.data(), x.strides(), reduction.axes, out);
  const double scale = mean ? 1.0 / static_cast<double>(reduction.count) : 1.0;
  if (mean) {
    const T count = static_cast<T>(reduction.count);
    kernels::map_dense([count](auto s) { return s / count; }, y.size(), out,
                       std::array<const T*, 1>{out});
  }
  if (must_record(x)) {
    record<Op>(
        y,
        [&](Saver&) {
          return typename Op::template Payload<T>{x.shape(), reduction, scale};
        },
        x);
  }
  return y;
}

}  // namespace detail

/// Sum over `axes`, or over all without them.
///
/// Shapes:    any -> x's shape without `axes`, or with extent 1 there (KeepDims::yes)
/// Gradient:  g repeated along the axes
/// Throws:    IndexError if an axis is out of range or named twice
/// Cost:      one pass, pairwise: the relative error grows as log(n) eps
/// Reference: NumPy `sum`; Higham, The accuracy of floating point summation, 1993
template <FloatScalar T>
[[nodiscard]] Tensor<T> sum(const Tensor<T>& x, std::initializer_list<Index> axes,
                            KeepDims keep = KeepDims::no) {
  return detail::sum_or_mean<Sum>(x, detail::Reduction("sum", x.shape(), axes, keep), false);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> sum(const Tensor<T>& x) {
  return detail::sum_or_mean<Sum>(x, detail::Reduction(x.shape(), KeepDims::no), false);
}
EIGENGRAD_LIST_OP(Sum);

/// Arithmetic mean over `axes`, or over all without them. The mean of no elements is NaN.
///
/// Shapes, throws: as sum
/// Gradient:  g / n repeated along the axes, n elements in each mean
/// Reference: NumPy `mean`
template <FloatScalar T>
[[nodiscard]] Tensor<T> mean(const Tensor<T>& x, std::initializer_list<Index> axes,
                             KeepDims keep = KeepDims::no) {
  return detail::sum_or_mean<Mean>(x, detail::Reduction("mean", x.shape(), axes, keep), true);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> mean(const Tensor<T>& x) {
  return detail::sum_or_mean<Mean>(x, detail::Reduction(x.shape(), KeepDims::no), true);
}
EIGENGRAD_LIST_OP(Mean);

}  // namespace eigengrad
