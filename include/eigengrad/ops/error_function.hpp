#pragma once
// The error function and its complement. gelu, which is built on it, is in activations.hpp.

#include <eigengrad/kernels/math/error_function.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <string_view>

namespace eigengrad {

struct Erf {
  static constexpr std::string_view name = "erf";
  static constexpr std::string_view doc =
      "Error function 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x, elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.5, 2.5};
  template <class S>
  static S f(S x) {
    return math::erf(x);
  }
  template <class S>
  static S df(S x) {
    return constant<S>(1.12837916709551257390) * math::exp(-(x * x));  // 2 / sqrt(pi)
  }
};

/// The error function, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g e^(-x^2) 2 / sqrt(pi)
/// Range:     -1 and 1 at the infinities, NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `erf`
template <FloatScalar T>
[[nodiscard]] Tensor<T> erf(const Tensor<T>& x) {
  return detail::unary<Erf>(x);
}
EIGENGRAD_LIST_OP(Erf);

struct Erfc {
  static constexpr std::string_view name = "erfc";
  static constexpr std::string_view doc =
      "Complementary error function 1 - erf(x), elementwise, accurate in the upper tail.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.5, 2.5};
  template <class S>
  static S f(S x) {
    return math::erfc(x);
  }
  template <class S>
  static S df(S x) {
    return constant<S>(-1.12837916709551257390) * math::exp(-(x * x));  // -2 / sqrt(pi)
  }
};

/// 1 - erf(x), elementwise, without the cancellation for large x.
///
/// Shapes:    any -> the same
/// Gradient:  -g e^(-x^2) 2 / sqrt(pi)
/// Range:     2 and 0 at the infinities, NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `erfc`
template <FloatScalar T>
[[nodiscard]] Tensor<T> erfc(const Tensor<T>& x) {
  return detail::unary<Erfc>(x);
}
EIGENGRAD_LIST_OP(Erfc);

}  // namespace eigengrad
