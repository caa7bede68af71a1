#pragma once
// Roots and powers: sqrt, rsqrt, square, and pow of tensors and numbers.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/kernels/math/power.hpp>
#include <eigengrad/ops/machinery/binary.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <string_view>
#include <type_traits>

namespace eigengrad {

struct Sqrt {
  static constexpr std::string_view name = "sqrt";
  static constexpr std::string_view doc = "Square root, elementwise.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{0.25, 4.0};
  template <class S>
  static S f(S x) {
    return math::sqrt(x);
  }
  template <class S>
  static S df(S y) {
    return constant<S>(0.5) / y;
  }
};

/// The square root, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g / (2 y): inf at 0, -inf at -0
/// Range:     NaN below 0, inf at inf, NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `sqrt`
template <FloatScalar T>
[[nodiscard]] Tensor<T> sqrt(const Tensor<T>& x) {
  return detail::unary<Sqrt>(x);
}
EIGENGRAD_LIST_OP(Sqrt);

struct Rsqrt {
  static constexpr std::string_view name = "rsqrt";
  static constexpr std::string_view doc = "1 / sqrt(x), elementwise.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{0.25, 4.0};
  template <class S>
  static S f(S x) {
    return math::rsqrt(x);
  }
  template <class S>
  static S df(S y) {
    return constant<S>(-0.5) * (y * y * y);
  }
};

/// The reciprocal of the square root, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  -g y^3 / 2: -inf at 0 and, through overflow, at subnormals
/// Range:     inf at 0, -inf at -0, NaN below, 0 at inf, NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `rsqrt`
template <FloatScalar T>
[[nodiscard]] Tensor<T> rsqrt(const Tensor<T>& x) {
  return detail::unary<Rsqrt>(x);
}
EIGENGRAD_LIST_OP(Rsqrt);

struct Square {
  static constexpr std::string_view name = "square";
  static constexpr std::string_view doc = "x^2, elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x) {
    return x * x;
  }
  template <class S>
  static S df(S x) {
    return x + x;
  }
};

/// x^2, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  2 g x
/// Cost:      one pass; saves x
/// Reference: PyTorch `square`
template <FloatScalar T>
[[nodiscard]] Tensor<T> square(const Tensor<T>& x) {
  return detail::unary<Square>(x);
}
EIGENGRAD_LIST_OP(Square);

struct Pow {
  static constexpr std::string_view name = "pow";
  static constexpr std::string_view doc = "x^y with broadcasting.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{0.5, 2.0};
  template <class S>
  static S f(S x, S y) {
    return math::pow(x, y);
  }
  template <class S>
  static S pullx(S g, S x, S y) {
    // Where the product is not chosen it is one of finite numbers, or its own derivative were NaN.
    const auto flat = y == constant<S>(0);
    const S base = math::select(flat, constant<S>(1), x);
    return math::select(flat, S(constant<S>(0)), g * (y * math::pow(base, y - constant<S>(1))));
  }
  template <class S>
  static S pully(S g, S x, S y) {
    const auto flat = x == constant<S>(0) && y >= constant<S>(0);
    const S base = math::select(flat, constant<S>(1), x);
    return math::select(flat, S(constant<S>(0)), g * (math::pow(base, y) * math::log(base)));
  }
};

/// x^y, elementwise with broadcasting.
///
/// Shapes:    x, y broadcast to the result
/// Gradient:  g y x^(y - 1) into x, 0 where y is 0; g x^y log(x) into y, 0 where x is 0 and y >= 0,
///            NaN where x < 0; summed over broadcast axes
/// Range:     that of C's pow: NaN for x < 0 with a fractional y; x^0 and 1^y are 1, even for NaN
/// Throws:    ShapeError if the shapes do not broadcast
/// Cost:      saves both; a tensor that takes no gradient costs nothing in the backward pass
/// Reference: PyTorch `pow`
template <FloatScalar T>
[[nodiscard]] Tensor<T> pow(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Pow>(x, y);
}
EIGENGRAD_LIST_OP(Pow);

namespace detail {

/// x^c as PyTorch computes it for a number c: small powers and roots have their own formulas, which
/// are faster and differ from C's pow at -inf and -0. The branches are the same for all elements.
template <class S>
[[nodiscard]] S power(S x, double c) {
  if (c == 2) {
    return x * x;
  }
  if (c == 1) {
    return x;
  }
  if (c == 0.5) {
    return math::sqrt(x);
  }
  if (c == -1) {
    return constant<S>(1) / x;
  }
  if (c == -0.5) {
    return math::rsqrt(x);
  }
  if (c == 3) {
    return x * x * x;
  }
  if (c == -2) {
    return constant<S>(1) / (x * x);
  }
  return math::pow(x, constant<S>(c));
}

}  // namespace detail

struct PowScalar {
  static constexpr std::string_view name = "pow_scalar";
  static constexpr std::string_view doc = "x^c for a number c.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{0.5, 2.0};
  double c = 1.75;
  template <class S>
  S f(S x) const {
    return detail::power(x, c);
  }
  template <class S>
  S pull(S g, S x) const {
    return c == 0 ? S(constant<S>(0)) : g * (constant<S>(c) * detail::power(x, c - 1));
  }
};
EIGENGRAD_LIST_OP(PowScalar);

struct ScalarPow {
  static constexpr std::string_view name = "scalar_pow";
  static constexpr std::string_view doc = "c^x for a number c.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{-2.0, 2.0};
  double c = 1.75;
  double log_c = 0.55961578793542268627;
  template <class S>
  S f(S x) const {
    return math::pow(S(constant<S>(c)), x);
  }
  template <class S>
  S pull(S g, S y) const {
    const S dx = g * (y * constant<S>(log_c));
    // 0^x is 0 or 1 for x >= 0, where the derivative is 0 by convention, and infinite below.
    return c == 0 ? math::select(y <= constant<S>(1), S(constant<S>(0)), dx) : dx;
  }
};
EIGENGRAD_LIST_OP(ScalarPow);

/// x^c, elementwise, for a number c.
///
/// Shapes:    any -> the same
/// Gradient:  g c x^(c - 1); 0 everywhere for c = 0
/// Range:     C's pow, but for c = 1/2 and -1/2 that of sqrt and rsqrt (NaN at -inf)
/// Cost:      one pass; saves x; c = 2, 3, -1, -2, 1/2, -1/2 need no logarithm
/// Reference: PyTorch `pow`
template <FloatScalar T>
[[nodiscard]] Tensor<T> pow(const Tensor<T>& x, double c) {
  return detail::unary(x, PowScalar{c});
}

/// c^x, elementwise, for a number c.
///
/// Shapes:    any -> the same
/// Gradient:  g c^x log(c): NaN for c < 0; for c = 0 it is 0 where x >= 0
/// Range:     that of C's pow
/// Cost:      one pass; saves the result
/// Reference: PyTorch `pow`
template <FloatScalar T>
[[nodiscard]] Tensor<T> pow(double c, const Tensor<T>& x) {
  return detail::unary(x, ScalarPow{c, math::log(c)});
}

}  // namespace eigengrad
