#pragma once
// The power function of packets and scalars.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>

#include <type_traits>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

/// x^y, with the special cases of C99's pow.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> pow(Packet<T> x,
                                             std::type_identity_t<Packet<T>> y) noexcept {
  Packet<T> z;
  for (Index i = 0; i < Packet<T>::lanes; ++i) {
    z.v[i] =
        static_cast<T>(__builtin_pow(static_cast<double>(x.v[i]), static_cast<double>(y.v[i])));
  }
  return z;
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T pow(T x, std::type_identity_t<T> y) noexcept {
  return pow(Packet<T>(x), Packet<T>(y)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
