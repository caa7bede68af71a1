#pragma once
// What an elementwise op says of itself besides its functions.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <concepts>
#include <type_traits>

namespace eigengrad {

/// What a derivative reads: nothing, the op's input(s), its result, or both.
enum class Save { none, input, output, both };

/// Where the gradient check draws inputs: uniformly from [low, high], away from the op's kinks.
struct Domain {
  double low = -2.0;
  double high = 2.0;
};

namespace detail {

template <class S>
struct ScalarOf {
  using Type = S;
};
template <class S>
requires requires {
  typename S::Scalar;
}
struct ScalarOf<S> {
  using Type = typename S::Scalar;
};
template <class S>
requires requires {
  typename S::value_type;
}
struct ScalarOf<S> {
  using Type = typename S::value_type;
};

}  // namespace detail

/// A number as S, where S is a scalar, a packet or a tensor's element: constant<S>(0.5).
template <class S>
[[nodiscard]] constexpr typename detail::ScalarOf<S>::Type constant(double value) noexcept {
  return static_cast<typename detail::ScalarOf<S>::Type>(value);
}

}  // namespace eigengrad
