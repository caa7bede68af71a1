#pragma once
// The larger and the smaller of two tensors, elementwise. Reductions to the largest or smallest
// element are max and min in extrema.hpp.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/ops/machinery/binary.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
#include <string_view>
#include <type_traits>

namespace eigengrad {

struct Maximum {
  static constexpr std::string_view name = "maximum";
  static constexpr std::string_view doc = "The larger of x and y with broadcasting.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  static constexpr std::array kinks{0.0};
  template <class S>
  static S f(S x, S y) {
    return math::maximum(x, y);
  }
  template <class S>
  static S pullx(S g, S x, S y) {
    return math::select(x == y, constant<S>(0.5) * g, math::select(x < y, S(constant<S>(0)), g));
  }
  template <class S>
  static S pully(S g, S x, S y) {
    return pullx(g, y, x);
  }
};

/// The larger of x and y, elementwise with broadcasting.
///
/// Shapes:    x, y broadcast to the result
/// Gradient:  g into the larger, g / 2 into each where they are equal, g into both where one is
///            NaN; summed over broadcast axes
/// Range:     NaN where x or y is
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: PyTorch `maximum`
template <FloatScalar T>
[[nodiscard]] Tensor<T> maximum(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Maximum>(x, y);
}
/// The same with a number, which takes half of the gradient where they are equal.
template <FloatScalar T>
[[nodiscard]] Tensor<T> maximum(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::binary<Maximum>(x, scalar(y));
}
EIGENGRAD_LIST_OP(Maximum);

struct Minimum {
  static constexpr std::string_view name = "minimum";
  static constexpr std::string_view doc = "The smaller of x and y with broadcasting.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  static constexpr std::array kinks{0.0};
  template <class S>
  static S f(S x, S y) {
    return math::minimum(x, y);
  }
  template <class S>
  static S pullx(S g, S x, S y) {
    return math::select(x == y, constant<S>(0.5) * g, math::select(x > y, S(constant<S>(0)), g));
  }
  template <class S>
  static S pully(S g, S x, S y) {
    return pullx(g, y, x);
  }
};

/// The smaller of x and y, elementwise with broadcasting.
///
/// Shapes, gradient, range, throws: as maximum
/// Reference: PyTorch `minimum`
template <FloatScalar T>
[[nodiscard]] Tensor<T> minimum(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Minimum>(x, y);
}
/// The same with a number.
template <FloatScalar T>
[[nodiscard]] Tensor<T> minimum(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::binary<Minimum>(x, scalar(y));
}
EIGENGRAD_LIST_OP(Minimum);

}  // namespace eigengrad
