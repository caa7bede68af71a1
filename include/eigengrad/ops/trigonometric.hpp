#pragma once
// Sine and cosine.

#include <eigengrad/kernels/math/trigonometric.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <string_view>

namespace eigengrad {

struct Sin {
  static constexpr std::string_view name = "sin";
  static constexpr std::string_view doc = "Sine of radians, elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  template <class S>
  static S f(S x) {
    return math::sin(x);
  }
  template <class S>
  static S df(S x) {
    return math::cos(x);
  }
};

/// The sine of radians, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g cos(x)
/// Range:     NaN at the infinities and NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `sin`
template <FloatScalar T>
[[nodiscard]] Tensor<T> sin(const Tensor<T>& x) {
  return detail::unary<Sin>(x);
}
EIGENGRAD_LIST_OP(Sin);

struct Cos {
  static constexpr std::string_view name = "cos";
  static constexpr std::string_view doc = "Cosine of radians, elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  template <class S>
  static S f(S x) {
    return math::cos(x);
  }
  template <class S>
  static S df(S x) {
    return -math::sin(x);
  }
};

/// The cosine of radians, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  -g sin(x)
/// Range:     NaN at the infinities and NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `cos`
template <FloatScalar T>
[[nodiscard]] Tensor<T> cos(const Tensor<T>& x) {
  return detail::unary<Cos>(x);
}
EIGENGRAD_LIST_OP(Cos);

}  // namespace eigengrad
