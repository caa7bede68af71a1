#pragma once
// The hyperbolic tangent.

#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <string_view>

namespace eigengrad {

struct Tanh {
  static constexpr std::string_view name = "tanh";
  static constexpr std::string_view doc = "Hyperbolic tangent, elementwise.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{-3.0, 3.0};
  template <class S>
  static S f(S x) {
    return math::tanh(x);
  }
  template <class S>
  static S df(S y) {
    return constant<S>(1) - y * y;
  }
};

/// The hyperbolic tangent, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g (1 - y^2)
/// Range:     relatively accurate near 0; -1 and 1 at the infinities, NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `tanh`
template <FloatScalar T>
[[nodiscard]] Tensor<T> tanh(const Tensor<T>& x) {
  return detail::unary<Tanh>(x);
}
EIGENGRAD_LIST_OP(Tanh);

}  // namespace eigengrad
