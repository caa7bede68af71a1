#pragma once
// Logarithms of packets and scalars: log, log1p.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

/// The natural logarithm.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> log(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_log(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T log(T x) noexcept {
  return log(Packet<T>(x)).v[0];
}

/// log(1 + x).
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> log1p(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_log1p(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T log1p(T x) noexcept {
  return log1p(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
