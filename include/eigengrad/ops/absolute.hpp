#pragma once
// The absolute value.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <array>
#include <string_view>

namespace eigengrad {

struct Abs {
  static constexpr std::string_view name = "abs";
  static constexpr std::string_view doc = "|x|, elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  static constexpr std::array kinks{0.0};
  template <class S>
  static S f(S x) {
    return math::abs(x);
  }
  template <class S>
  static S df(S x) {
    return math::select(x > constant<S>(0), constant<S>(1),
                        math::select(x < constant<S>(0), S(constant<S>(-1)), S(constant<S>(0))));
  }
};

/// The absolute value, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g sign(x): 0 at zeros and at NaN
/// Range:     inf at both infinities, NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `abs`
template <FloatScalar T>
[[nodiscard]] Tensor<T> abs(const Tensor<T>& x) {
  return detail::unary<Abs>(x);
}
EIGENGRAD_LIST_OP(Abs);

}  // namespace eigengrad
