#pragma once
// Exponentials of packets and scalars: exp, expm1, sigmoid, tanh, softplus.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/log.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

/// e^x.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> exp(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_exp(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T exp(T x) noexcept {
  return exp(Packet<T>(x)).v[0];
}

/// e^x - 1.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> expm1(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_expm1(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T expm1(T x) noexcept {
  return expm1(Packet<T>(x)).v[0];
}

/// 1 / (1 + e^-x).
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sigmoid(Packet<T> x) noexcept {
  return detail::map_lanes(x, [](T lane) {
    return static_cast<T>(1 / (1 + __builtin_exp(-static_cast<double>(lane))));
  });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sigmoid(T x) noexcept {
  return sigmoid(Packet<T>(x)).v[0];
}

/// The hyperbolic tangent.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> tanh(Packet<T> x) noexcept {
  return detail::map_lanes(
      x, [](T lane) { return static_cast<T>(__builtin_tanh(static_cast<double>(lane))); });
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T tanh(T x) noexcept {
  return tanh(Packet<T>(x)).v[0];
}

/// log(1 + e^x).
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> softplus(Packet<T> x) noexcept {
  return log1p(exp(-abs(x))) + maximum(x, T(0));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T softplus(T x) noexcept {
  return softplus(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
