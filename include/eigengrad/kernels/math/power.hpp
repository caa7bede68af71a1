#pragma once
// The power function of packets and scalars. In double it is the C library's, lane by lane.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <type_traits>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {
namespace detail {

/// |x|^y as e^(y log|x|) in double, whose 29 spare bits absorb the error of the product.
template <int Half>
EIGENGRAD_INLINE Packet<double> half_power(Packet<float> size, Packet<float> y) noexcept {
  return exp(widen<Half>(y) * log(widen<Half>(size)));
}

EIGENGRAD_INLINE Packet<float> power(Packet<float> x, Packet<float> y) noexcept {
  const Packet<float> size = abs(x);
  const Packet<float> magnitude = narrow(half_power<0>(size, y), half_power<1>(size, y));
  const Mask<float> integer = floor(y) == y;
  const Packet<float> half_y = 0.5f * y;
  const Mask<float> odd = integer & (floor(half_y) != half_y);
  const Packet<float> z = select(odd, copysign(magnitude, x), magnitude);
  const Mask<float> undefined = (x < 0.0f) & (x > -infinity<float>)&!integer;
  const Mask<float> one = (y == 0.0f) | (x == 1.0f) | ((x == -1.0f) & isinf(y));
  return select(one, 1.0f, select(undefined, not_a_number<float>, z));
}

}  // namespace detail

/// x^y with the special cases of C99: 1 where y is 0 or x is 1, whatever the other; NaN for finite
/// x < 0 unless y is an integer.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> pow(Packet<T> x,
                                             std::type_identity_t<Packet<T>> y) noexcept {
  if constexpr (sizeof(T) == 4) {
    return detail::power(x, y);
  } else {
    Packet<T> z;
    for (Index i = 0; i < Packet<T>::lanes; ++i) {
      z.v[i] = __builtin_pow(x.v[i], y.v[i]);
    }
    return z;
  }
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T pow(T x, std::type_identity_t<T> y) noexcept {
  return pow(Packet<T>(x), Packet<T>(y)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
