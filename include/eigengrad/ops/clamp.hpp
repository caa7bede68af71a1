#pragma once
// clamp: keeps elements within bounds, either of which may be left out.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <array>
#include <limits>
#include <optional>
#include <string_view>

namespace eigengrad {

struct Clamp {
  static constexpr std::string_view name = "clamp";
  static constexpr std::string_view doc = "x moved into [low, high], elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  static constexpr std::array kinks{-0.75, 1.25};
  double low = -0.75;  // -inf: no bound
  double high = 1.25;  // inf: no bound
  template <class S>
  S f(S x) const {
    return math::minimum(math::maximum(x, constant<S>(low)), constant<S>(high));
  }
  template <class S>
  S pull(S g, S x) const {
    // No bound is NaN here, so that x may be infinite: a comparison with NaN is false.
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const auto below = x <= constant<S>(low == -infinity ? none : low);
    const auto above = x >= constant<S>(high == infinity ? none : high);
    return math::select(below || above || x != x, S(constant<S>(0)), g);
  }
};

/// x moved into [low, high], elementwise: min(max(x, low), high), so high wins where low > high.
/// std::nullopt leaves a bound out: clamp(x, 0, {}).
///
/// Shapes:    any -> the same
/// Gradient:  g strictly between the bounds, 0 at them, outside and at NaN
/// Range:     NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `clamp` (from 2.15 on: before, the gradient at the bounds was g)
template <FloatScalar T>
[[nodiscard]] Tensor<T> clamp(const Tensor<T>& x, std::optional<double> low,
                              std::optional<double> high) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return detail::unary(x, Clamp{low.value_or(-infinity), high.value_or(infinity)});
}
EIGENGRAD_LIST_OP(Clamp);

}  // namespace eigengrad
