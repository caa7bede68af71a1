#pragma once
// The largest and the smallest element over axes, and where they are. The elementwise maximum and
// minimum of two tensors are in another header.

#include <eigengrad/kernels/argument.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/ops/machinery/axes.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/map.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <cstdint>
#include <initializer_list>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_of_nothing(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"no elements to choose from: ", shape}, shape);
}

/// The tape's view of max and min.
struct ExtremumRecord {
  template <class T>
  struct Payload {
    Saved<T> x;
    Saved<T> y;
    Reduction reduction;
    bool nan_shares;  // NaN is equal to NaN
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& x = *saved.x;
    const Tensor<T> y = saved.reduction.restore(*saved.y);
    const Tensor<T> ties = map_to(
        x.shape(), [](auto xi, auto yi) { return math::select(xi == yi, T(1), T(0)); }, x, y);
    if (saved.nan_shares) {
      map_into(
          GradientTarget<T>{static_cast<T*>(ties.body().data), true}, x.shape(),
          [](auto xi, auto yi) {
            return math::select(math::isnan(xi) & math::isnan(yi), T(1), T(0));
          },
          x, y);
    }
    Tensor<T> share = uninitialized<T>(saved.reduction.kept);
    T* const shares = static_cast<T*>(share.body().data);
    kernels::reduce(kernels::SumOf<T>{}, x.shape(), ties.data(), ties.strides(),
                    saved.reduction.axes, shares);
    map_over(
        share.shape(), shares, [](auto gi, auto n) { return gi / n; },
        saved.reduction.restore(b.gradient()), share);
    map_into(
        b.template target<T>(0, x.shape()), x.shape(), [](auto tie, auto gi) { return tie * gi; },
        ties, share);
  }
};

template <class Op, class R, FloatScalar T>
[[nodiscard]] Tensor<T> extremum(const Tensor<T>& x, const Reduction& reduction, bool nan_shares) {
  if (reduction.count == 0) {
    throw_of_nothing(Op::name, x.shape());
  }
  Tensor<T> y = uninitialized<T>(reduction.result);
  kernels::reduce(R{}, x.shape(), x.data(), x.strides(), reduction.axes,
                  static_cast<T*>(y.body().data));
  if (must_record(x)) {
    record<Op>(
        y,
        [&](Saver& save) {
          return typename Op::template Payload<T>{save(x), save(y), reduction, nan_shares};
        },
        x);
  }
  return y;
}

}  // namespace detail

struct Max : detail::ExtremumRecord {
  static constexpr std::string_view name = "max";
  static constexpr std::string_view doc = "The largest element over axes; ties share the gradient.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return max(in[0]); });
    cases.add("a scalar", {{}}, [](const auto& in) { return max(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return max(in[0], {0}); });
    cases.vary("axis -1, kept", {{4, 3}},
               [](const auto& in) { return max(in[0], {-1}, KeepDims::yes); });
    cases.vary("two axes", {{2, 3, 4}}, [](const auto& in) { return max(in[0], {0, 2}); });
    cases.rejects("max: no elements to choose from: (0, 3)", {{0, 3}},
                  [](const auto& in) { return max(in[0], {0}); });
    cases.rejects("max: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return max(in[0], {2}); });
  }
};

/// The largest element over `axes`, or over all without them. NaN if there is one.
///
/// Shapes:    any -> x's shape without `axes`, or with extent 1 there (KeepDims::yes)
/// Gradient:  g to the largest element; equal ones share it evenly. Where the result is NaN: NaN to
///            all with `axes`; without, the NaN elements share g
/// Throws:    IndexError if an axis is out of range or named twice; ShapeError if there is no
///            element to choose from
/// Reference: PyTorch `amax`, and `max` without axes
template <FloatScalar T>
[[nodiscard]] Tensor<T> max(const Tensor<T>& x, std::initializer_list<Index> axes,
                            KeepDims keep = KeepDims::no) {
  return detail::extremum<Max, kernels::MaximumOf<T>>(
      x, detail::Reduction("max", x.shape(), axes, keep), false);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> max(const Tensor<T>& x) {
  return detail::extremum<Max, kernels::MaximumOf<T>>(x, detail::Reduction(x.shape(), KeepDims::no),
                                                      true);
}
EIGENGRAD_LIST_OP(Max);

struct Min : detail::ExtremumRecord {
  static constexpr std::string_view name = "min";
  static constexpr std::string_view doc =
      "The smallest element over axes; ties share the gradient.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return min(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return min(in[0], {0}); });
    cases.vary("two axes, kept", {{2, 3, 4}}, [](const auto& in) {
      return min(in[0], {0, 2}, KeepDims::yes);
    });
    cases.rejects("min: no elements to choose from: (0,)", {{0}},
                  [](const auto& in) { return min(in[0]); });
    cases.rejects("min: axis 0 is named twice", {{2, 3}}, [](const auto& in) {
      return min(in[0], {0, 0});
    });
  }
};

/// The smallest element over `axes`, or over all without them. NaN if there is one.
///
/// Shapes, gradient, throws: as max
/// Reference: PyTorch `amin`, and `min` without axes
template <FloatScalar T>
[[nodiscard]] Tensor<T> min(const Tensor<T>& x, std::initializer_list<Index> axes,
                            KeepDims keep = KeepDims::no) {
  return detail::extremum<Min, kernels::MinimumOf<T>>(
      x, detail::Reduction("min", x.shape(), axes, keep), false);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> min(const Tensor<T>& x) {
  return detail::extremum<Min, kernels::MinimumOf<T>>(x, detail::Reduction(x.shape(), KeepDims::no),
                                                      true);
}
EIGENGRAD_LIST_OP(Min);

namespace detail {

/// The position of the extremum along one axis.
template <bool Largest, AnyScalar T>
[[nodiscard]] Tensor<std::int64_t> argument(std::string_view op, const Tensor<T>& x, Index axis,
                                            KeepDims keep) {
  const Tensor<T> row_major = packed(x);
  const Reduction reduction(op, x.shape(), {axis}, keep);
  if (reduction.count == 0) {
    throw_of_nothing(op, x.shape());
  }
  Tensor<std::int64_t> y = uninitialized<std::int64_t>(reduction.result);
  kernels::argument<Largest>(kernels::AxisSplit(x.shape(), normalize_axis(op, axis, x.rank())),
                             row_major.data(), static_cast<std::int64_t*>(y.body().data));
  return y;
}
template <bool Largest, AnyScalar T>
[[nodiscard]] Tensor<std::int64_t> argument(std::string_view op, const Tensor<T>& x) {
  return argument<Largest>(op, reshape_view_or_copy(x, Shape{x.size()}), 0, KeepDims::no);
}

}  // namespace detail

/// The position of the largest element along an axis; of equal ones the first; of NaN the first.
/// Without an axis: the position among all elements in row-major order.
///
/// Shapes:    any -> x's shape without the axis, or with extent 1 there (KeepDims::yes); () without
///            an axis
/// Gradient:  none
/// Throws:    IndexError if the axis is out of range; ShapeError if there is no element to choose
///            from
/// Reference: PyTorch and NumPy `argmax`
template <AnyScalar T>
[[nodiscard]] Tensor<std::int64_t> argmax(const Tensor<T>& x, Index axis,
                                          KeepDims keep = KeepDims::no) {
  return detail::argument<true>("argmax", x, axis, keep);
}
template <AnyScalar T>
[[nodiscard]] Tensor<std::int64_t> argmax(const Tensor<T>& x) {
  return detail::argument<true>("argmax", x);
}

/// The position of the smallest element, otherwise as argmax.
///
/// Reference: PyTorch and NumPy `argmin`
template <AnyScalar T>
[[nodiscard]] Tensor<std::int64_t> argmin(const Tensor<T>& x, Index axis,
                                          KeepDims keep = KeepDims::no) {
  return detail::argument<false>("argmin", x, axis, keep);
}
template <AnyScalar T>
[[nodiscard]] Tensor<std::int64_t> argmin(const Tensor<T>& x) {
  return detail::argument<false>("argmin", x);
}

}  // namespace eigengrad
