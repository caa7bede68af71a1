#pragma once
// Logarithms of packets and scalars: log, log1p, softplus.
//
// x = 2^n (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2); with s = f / (2 + f) and z = s^2,
// log(1 + f) = 2 s + s z L(z), summed as f - (f^2/2 - s (f^2/2 + z L(z))) as fdlibm does, which
// keeps f exact. The coefficients of L are those of tests/reference/fit_polynomials.py.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <cstdint>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {
namespace detail {

/// A normal x > 0 as 2^n m with sqrt(1/2) <= m < sqrt(2), and the bits of the biased n.
template <FloatScalar T>
struct LogReduction {
  typename kernels::NativeVector<T>::Unsigned biased;
  Packet<T> n;
  Packet<T> m;
};
template <FloatScalar T>
EIGENGRAD_INLINE LogReduction<T> reduce_log(Packet<T> x) noexcept {
  using Unsigned = typename kernels::NativeVector<T>::Unsigned;
  using Bits = kernels::Bits<T>;
  constexpr Bits lowest = __builtin_bit_cast(Bits, T(0.70710678118654752440));
  constexpr Bits bias = Bits{exponent_bias<T>} << fraction_bits<T>;
  constexpr T all_integers = T(std::int64_t{1} << fraction_bits<T>);
  const auto moved = __builtin_bit_cast(Unsigned, x.v) + (bias - lowest);
  const Unsigned biased = moved >> fraction_bits<T>;
  // 2^23 + n + 127 as a float: AVX2 cannot convert 64-bit integers.
  const Unsigned with_bias = biased | __builtin_bit_cast(Bits, all_integers);
  const Unsigned m = (moved & ((Bits{1} << fraction_bits<T>)-1)) + lowest;
  return {biased,
          Packet<T>(__builtin_bit_cast(typename Packet<T>::Native, with_bias)) -
              (all_integers + T(exponent_bias<T>)),
          Packet<T>(__builtin_bit_cast(typename Packet<T>::Native, m))};
}

/// n ln(2) + log(1 + f) for sqrt(1/2) <= 1 + f < sqrt(2).
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> log_reduced(Packet<T> n, Packet<T> f) noexcept {
  const Packet<T> s = f / (T(2) + f);
  const Packet<T> z = s * s;
  const Packet<T> half_square = T(0.5) * f * f;
  Packet<T> l;
  if constexpr (sizeof(T) == 4) {
    l = polynomial(z, {6.66667764e-1f, 3.99775282e-1f, 2.98722793e-1f});
  } else {
    l = polynomial(z, {6.66666666666673464e-1, 3.99999999994127962e-1, 2.85714287428883924e-1,
                       2.22221985137911486e-1, 1.81835678092465834e-1, 1.53139517427253714e-1,
                       1.47970313824850077e-1});
  }
  const Packet<T> tail =
      multiply_add(s, multiply_add(z, l, half_square), n * Packet<T>(ln2_low<T>));
  return multiply_add(n, Packet<T>(ln2_high<T>), f - (half_square - tail));
}

}  // namespace detail

/// The natural logarithm: -inf at zeros, NaN below; right for subnormal x.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> log(Packet<T> x) noexcept {
  constexpr T smallest_normal = sizeof(T) == 4 ? T(0x1p-126) : T(0x1p-1022);
  constexpr T raise = sizeof(T) == 4 ? T(0x1p24) : T(0x1p54);
  const Mask<T> subnormal = x < smallest_normal;
  const auto [biased, n, m] = detail::reduce_log(select(subnormal, x * raise, x));
  const Packet<T> lowered = n - select(subnormal, T(sizeof(T) == 4 ? 24 : 54), T(0));
  const Packet<T> y = detail::log_reduced(lowered, m - T(1));
  const Packet<T> outside = select(x == T(0), -detail::infinity<T>, detail::not_a_number<T>);
  return select(x == detail::infinity<T>, x, select(x > T(0), y, outside));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T log(T x) noexcept {
  return log(Packet<T>(x)).v[0];
}

/// log(1 + x), relatively accurate near 0: -inf at -1, NaN below; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> log1p(Packet<T> x) noexcept {
  const Packet<T> u = T(1) + x;
  // What the sum lost (Knuth's two-sum); it goes into f, scaled as u was.
  const Packet<T> back = u - T(1);
  const Packet<T> lost = (T(1) - (u - back)) + (x - back);
  const auto [biased, n, m] = detail::reduce_log(u);
  constexpr kernels::Bits<T> twice_bias = 2 * detail::exponent_bias<T>;
  using Ints = typename Mask<T>::Native;
  const auto scale = __builtin_bit_cast(Ints, (twice_bias - biased) << detail::fraction_bits<T>);
  // From 2^60 on nothing of the 1 is left, and 2^-n would leave the range of exponents.
  const auto in_range = (x < T(0x1p60)).v;
  const Packet<T> f = multiply_add(lost, kernels::from_bits<T>(scale & in_range), m - T(1));
  const Packet<T> y = detail::log_reduced(n, f);
  const Packet<T> outside = select(x == T(-1), -detail::infinity<T>, detail::not_a_number<T>);
  const Mask<T> itself = x == T(0) || x == detail::infinity<T>;
  return select(itself, x, select(x > T(-1), y, outside));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T log1p(T x) noexcept {
  return log1p(Packet<T>(x)).v[0];
}

/// log(1 + e^x) = log1p(e^-|x|) + max(x, 0): no overflow, relatively accurate in the lower tail.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> softplus(Packet<T> x) noexcept {
  return log1p(detail::exp_bounded(-abs(x))) + detail::at_least(x, T(0));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T softplus(T x) noexcept {
  return softplus(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
