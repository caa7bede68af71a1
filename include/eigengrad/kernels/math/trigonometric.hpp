#pragma once
// Sine and cosine of packets and scalars.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

/// The sine.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sin(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_sin(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sin(T x) noexcept {
  return sin(Packet<T>(x)).v[0];
}

/// The cosine.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> cos(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_cos(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T cos(T x) noexcept {
  return cos(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
