#pragma once
// The error function of packets and scalars: erf, erfc. In double both are the C library's, lane by
// lane. The coefficients are those of tests/reference/fit_polynomials.py.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/packet.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

/// The error function, relatively accurate near 0; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> erf(Packet<T> x) noexcept {
  if constexpr (sizeof(T) == 4) {
    // 1 - v^2 with v = sqrt(erfc(|x|)) = 1 - u / 2, written as u - u^2 / 4: u / |x| is smooth, no
    // digits cancel near 0, and towards 1 the errors of u do.
    const Packet<T> size = detail::at_most(abs(x), 3.925f);
    const Packet<T> upper = detail::paired_polynomial(
        size, {-1.96425065e-1f, -8.63378718e-2f, 3.60200368e-2f, 9.27663408e-3f, 2.22252775e-3f,
               -7.51232309e-3f, 3.55906365e-3f, -7.89526093e-4f, 8.85089321e-5f, -4.06758409e-6f});
    const Packet<T> lower = multiply_add(size, upper, Packet<T>(3.18303466e-1f));
    const Packet<T> u = size * multiply_add(size, lower, Packet<T>(1.12837923f));
    return detail::give_sign(multiply_add(u, T(-0.25) * u, u), x);
  } else {
    return detail::map_lanes(x, [](T lane) { return __builtin_erf(lane); });
  }
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T erf(T x) noexcept {
  return erf(Packet<T>(x)).v[0];
}

namespace detail {

/// e^(-a^2) times a fraction fitted to erfc(a) e^(a^2) to 2^-27, in double: a^2 needs its digits.
template <int Half>
EIGENGRAD_INLINE Packet<double> half_erfc(Packet<float> size) noexcept {
  const Packet<double> a = widen<Half>(size);
  const Packet<double> p =
      polynomial(a, {1.00000001, 1.23845892, 7.31656385e-1, 2.29244297e-1, 3.28021084e-2});
  const Packet<double> q =
      polynomial(a, {1.0, 2.36683867, 2.40233847, 1.32546637, 4.06351327e-1, 5.81395249e-2});
  return exp_bounded(-(a * a)) * p / q;
}

}  // namespace detail

/// 1 - erf(x), relatively accurate in the upper tail down to the subnormals.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> erfc(Packet<T> x) noexcept {
  if constexpr (sizeof(T) == 4) {
    const Packet<T> size = detail::at_most(abs(x), 10.1f);  // from there on it is 0
    const Packet<T> tail = detail::narrow(detail::half_erfc<0>(size), detail::half_erfc<1>(size));
    return select(x < T(0), T(2) - tail, tail);
  } else {
    return detail::map_lanes(x, [](T lane) { return __builtin_erfc(lane); });
  }
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T erfc(T x) noexcept {
  return erfc(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
