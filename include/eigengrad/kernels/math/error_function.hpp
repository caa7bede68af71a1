#pragma once
// The error function of packets and scalars, and the activations built on it: erf, erfc, gelu.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

/// The error function.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> erf(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_erf(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T erf(T x) noexcept {
  return erf(Packet<T>(x)).v[0];
}

/// 1 - erf(x).
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> erfc(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_erfc(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T erfc(T x) noexcept {
  return erfc(Packet<T>(x)).v[0];
}

/// x Phi(x), with the normal distribution function.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_erf(Packet<T> x) noexcept {
  return detail::map_lanes(x, [](T lane) {
    return lane == -detail::infinity<T> ? T(0)
                                        : static_cast<T>(0.5 * lane *
                                                         __builtin_erfc(-static_cast<double>(lane) *
                                                                        0.70710678118654752440));
  });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_erf(T x) noexcept {
  return gelu_erf(Packet<T>(x)).v[0];
}

/// The approximation x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_tanh(Packet<T> x) noexcept {
  return detail::map_lanes(x, [](T lane) {
    const double z = lane;
    const double u = 2 * 0.79788456080286535588 * z * (1 + 0.044715 * z * z);
    return lane == -detail::infinity<T> ? T(0) : static_cast<T>(z / (1 + __builtin_exp(-u)));
  });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_tanh(T x) noexcept {
  return gelu_tanh(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
