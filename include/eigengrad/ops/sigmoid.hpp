#pragma once
// The logistic function. Its result remembers the logits, so that losses compute from them.

#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/ops/machinery/unary.hpp>
#include <eigengrad/tensor/origin.hpp>

#include <string_view>

namespace eigengrad {

struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr std::string_view doc = "1 / (1 + e^-x), elementwise.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{-6.0, 6.0};
  template <class S>
  static S f(S x) {
    return math::sigmoid(x);
  }
  template <class S>
  static S df(S y) {
    return y * (constant<S>(1) - y);
  }
};

/// The logistic function 1 / (1 + e^-x), elementwise. The result keeps a handle to x: a binary
/// cross entropy of it is computed from x, and is exact where the probability rounds to 0 or 1.
///
/// Shapes:    any -> the same
/// Gradient:  g y (1 - y)
/// Range:     relatively accurate down to the subnormals; 0 at -inf, 1 at inf, NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `sigmoid`
template <FloatScalar T>
[[nodiscard]] Tensor<T> sigmoid(const Tensor<T>& x) {
  Tensor<T> y = detail::unary<Sigmoid>(x);
  detail::set_origin(y, x, detail::Origin::sigmoid);
  return y;
}
EIGENGRAD_LIST_OP(Sigmoid);

}  // namespace eigengrad
