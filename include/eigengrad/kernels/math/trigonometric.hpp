#pragma once
// Sine and cosine of packets and scalars. In double both are the C library's, lane by lane.
//
// Float: x = n pi/2 + r with |r| <= pi/4, reduced in double by two parts of pi/2 (Cody and Waite
// 1980): n times the first, of 33 bits, is exact for |n| < 2^20. Beyond |x| = 10^6 the C library
// computes those lanes. The coefficients are those of tests/reference/fit_polynomials.py.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/packet.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {
namespace detail {

/// The trigonometric functions as multiples of a quarter turn: cos(x) = sin(x + pi/2).
enum class Quarter { sine = 0, cosine = 1 };

/// The argument beyond which lanes go to the C library.
inline constexpr float reduced_up_to = 1e6f;

/// The lanes of x beyond reduced_up_to from the C library, the others from y.
template <Quarter quarter>
EIGENGRAD_COLD Packet<float> replace_far_lanes(Packet<float> x, Packet<float> y) noexcept {
  for (Index i = 0; i < Packet<float>::lanes; ++i) {
    const float lane = x.v[i];
    if (lane > reduced_up_to || lane < -reduced_up_to) {
      y.v[i] = static_cast<float>(quarter == Quarter::sine ? __builtin_sin(double{lane})
                                                           : __builtin_cos(double{lane}));
    }
  }
  return y;
}

/// x / (pi/2) rounded to an integer.
EIGENGRAD_INLINE Packet<double> nearest_quarter(Packet<double> x) noexcept {
  constexpr double two_over_pi = 0.63661977236758134308;
  return multiply_add(x, Packet<double>(two_over_pi), Packet<double>(rounding_shift<double>)) -
         rounding_shift<double>;
}
/// x - n pi/2.
EIGENGRAD_INLINE Packet<double> subtract_quarters(Packet<double> x, Packet<double> n) noexcept {
  constexpr double high = 0x1.921fb544p0;
  constexpr double low = 0x1.0b4611a626331p-34;
  return multiply_add(n, Packet<double>(-low), multiply_add(n, Packet<double>(-high), x));
}

template <Quarter quarter>
EIGENGRAD_INLINE Packet<float> sine(Packet<float> x) noexcept {
  const Packet<double> first = widen<0>(x);
  const Packet<double> second = widen<1>(x);
  const Packet<double> first_n = nearest_quarter(first);
  const Packet<double> second_n = nearest_quarter(second);
  const Packet<float> n = narrow(first_n, second_n);
  const Packet<float> r =
      narrow(subtract_quarters(first, first_n), subtract_quarters(second, second_n));
  const Packet<float> z = r * r;
  const Packet<float> sine_of_r =
      multiply_add(r * z, polynomial(z, {-1.66666546e-1f, 8.33215841e-3f, -1.95149582e-4f}), r);
  const Packet<float> cosine_of_r = multiply_add(
      z * z, polynomial(z, {4.16666456e-2f, -1.38873131e-3f, 2.44327859e-5f}), 1.0f - 0.5f * z);
  const auto turn = kernels::to_bits(n + rounding_shift<float>) + static_cast<int>(quarter);
  const Packet<float> y = select(Mask<float>{(turn & 1) != 0}, cosine_of_r, sine_of_r);
  const Packet<float> near = kernels::from_bits<float>(kernels::to_bits(y) ^ ((turn & 2) << 30));
  const bool far = any(abs(x) > reduced_up_to);
  return __builtin_expect(far, false) ? replace_far_lanes<quarter>(x, near) : near;
}

}  // namespace detail

/// The sine, for every finite x; NaN at infinities; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sin(Packet<T> x) noexcept {
  if constexpr (sizeof(T) == 4) {
    return select(x == T(0), x, detail::sine<detail::Quarter::sine>(x));
  } else {
    return detail::map_lanes(x, [](T lane) { return __builtin_sin(lane); });
  }
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sin(T x) noexcept {
  return sin(Packet<T>(x)).v[0];
}

/// The cosine, for every finite x; NaN at infinities.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> cos(Packet<T> x) noexcept {
  if constexpr (sizeof(T) == 4) {
    return detail::sine<detail::Quarter::cosine>(x);
  } else {
    return detail::map_lanes(x, [](T lane) { return __builtin_cos(lane); });
  }
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T cos(T x) noexcept {
  return cos(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
