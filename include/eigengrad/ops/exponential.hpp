#pragma once
// Exponentials and logarithms: exp, expm1, log, log1p. sigmoid, tanh and softplus have headers of
// their own; powers are in power.hpp.

#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <string_view>

namespace eigengrad {

struct Exp {
  static constexpr std::string_view name = "exp";
  static constexpr std::string_view doc = "e^x, elementwise.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x) {
    return math::exp(x);
  }
  template <class S>
  static S df(S y) {
    return y;
  }
};

/// e^x, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g y
/// Range:     0 at -inf, inf at inf and where the result overflows, NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `exp`
template <FloatScalar T>
[[nodiscard]] Tensor<T> exp(const Tensor<T>& x) {
  return detail::unary<Exp>(x);
}
EIGENGRAD_LIST_OP(Exp);

struct Expm1 {
  static constexpr std::string_view name = "expm1";
  static constexpr std::string_view doc = "e^x - 1, elementwise, accurate near 0.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x) {
    return math::expm1(x);
  }
  template <class S>
  static S df(S y) {
    return y + constant<S>(1);
  }
};

/// e^x - 1, elementwise, without the cancellation near 0.
///
/// Shapes:    any -> the same
/// Gradient:  g (y + 1)
/// Range:     -1 at -inf, inf at inf, NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `expm1`
template <FloatScalar T>
[[nodiscard]] Tensor<T> expm1(const Tensor<T>& x) {
  return detail::unary<Expm1>(x);
}
EIGENGRAD_LIST_OP(Expm1);

struct Log {
  static constexpr std::string_view name = "log";
  static constexpr std::string_view doc = "Natural logarithm, elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{0.5, 4.0};
  template <class S>
  static S f(S x) {
    return math::log(x);
  }
  template <class S>
  static S df(S x) {
    return constant<S>(1) / x;
  }
};

/// The natural logarithm, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g / x, below 0 too
/// Range:     -inf at zeros, NaN below, inf at inf, NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `log`
template <FloatScalar T>
[[nodiscard]] Tensor<T> log(const Tensor<T>& x) {
  return detail::unary<Log>(x);
}
EIGENGRAD_LIST_OP(Log);

struct Log1p {
  static constexpr std::string_view name = "log1p";
  static constexpr std::string_view doc = "log(1 + x), elementwise, accurate near 0.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-0.5, 3.0};
  template <class S>
  static S f(S x) {
    return math::log1p(x);
  }
  template <class S>
  static S df(S x) {
    return constant<S>(1) / (constant<S>(1) + x);
  }
};

/// log(1 + x), elementwise, without the cancellation near 0.
///
/// Shapes:    any -> the same
/// Gradient:  g / (1 + x), below -1 too
/// Range:     -inf at -1, NaN below, inf at inf, NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `log1p`
template <FloatScalar T>
[[nodiscard]] Tensor<T> log1p(const Tensor<T>& x) {
  return detail::unary<Log1p>(x);
}
EIGENGRAD_LIST_OP(Log1p);

}  // namespace eigengrad
