#pragma once
// Exponentials of packets and scalars: exp, expm1, sigmoid, tanh. softplus is in log.hpp, gelu in
// error_function.hpp, pow in power.hpp.
//
// x = n ln(2) + r with |r| <= ln(2) / 2, then e^x = 2^n (1 + (e^r - 1)). The coefficients are those
// of tests/reference/fit_polynomials.py; the two parts of ln(2) are those of Cephes (float) and
// fdlibm (double): n times the first is exact.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <cstdint>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {
namespace detail {

template <FloatScalar T>
inline constexpr T ln2_high = sizeof(T) == 4 ? T(0.693359375) : T(6.93147180369123816490e-01);
template <FloatScalar T>
inline constexpr T ln2_low = sizeof(T) == 4 ? T(-2.12194440e-4) : T(1.90821492927058770002e-10);

/// x as n ln(2) + r. The low bits of `shifted` hold n + Bias.
template <FloatScalar T>
struct ExpReduction {
  Packet<T> shifted;
  Packet<T> n;
  Packet<T> r;
};
template <int Bias, FloatScalar T>
EIGENGRAD_INLINE ExpReduction<T> reduce_exp(Packet<T> x) noexcept {
  constexpr T log2_e = T(1.44269504088896340736);
  constexpr T shift = rounding_shift<T> + T(Bias);
  const Packet<T> shifted = multiply_add(x, Packet<T>(log2_e), Packet<T>(shift));
  const Packet<T> n = shifted - shift;
  const Packet<T> r = multiply_add(n, Packet<T>(-ln2_high<T>), x);
  return {shifted, n, multiply_add(n, Packet<T>(-ln2_low<T>), r)};
}

/// 2^n where the low bits hold n plus the bias of the exponent: they become the exponent.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> power_of_two(typename Mask<T>::Native low_bits) noexcept {
  return kernels::from_bits<T>(low_bits << fraction_bits<T>);
}

/// e^r - 1 for |r| <= ln(2) / 2.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> expm1_reduced(Packet<T> r) noexcept {
  Packet<T> q;
  if constexpr (sizeof(T) == 4) {
    q = polynomial(
        r, {4.99999981e-1f, 1.66665432e-1f, 4.16672018e-2f, 8.36658028e-3f, 1.38825118e-3f});
  } else {
    q = polynomial(r, {5.00000000000000523e-1, 1.66666666666665886e-1, 4.16666666665761082e-2,
                       8.33333333338993449e-3, 1.3888888931794815e-3, 1.98412697183992016e-4,
                       2.48015049792853329e-5, 2.75574078124943727e-6, 2.7626161222944161e-7,
                       2.50537930731273515e-8});
  }
  return multiply_add(r * r, q, r);
}

/// 2^n (1 + p), where n may be past the normal exponents: in two exact steps, so that subnormal
/// results are rounded once. The low bits of `shifted` hold n and twice the bias of the exponent.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> scale_exp(Packet<T> p, Packet<T> n, Packet<T> shifted) noexcept {
  constexpr T shift = rounding_shift<T> + T(exponent_bias<T>);
  const Packet<T> half = multiply_add(n, Packet<T>(T(0.5)), Packet<T>(shift));
  const auto half_bits = kernels::to_bits(half);
  return (T(1) + p) * power_of_two<T>(half_bits) *
         power_of_two<T>(kernels::to_bits(shifted) - half_bits);
}

/// Past these e^x is infinite or zero; at them the reduction still holds.
template <FloatScalar T>
inline constexpr T exp_highest = sizeof(T) == 4 ? T(89) : T(710);
template <FloatScalar T>
inline constexpr T exp_lowest = sizeof(T) == 4 ? T(-104) : T(-746);
/// Below it e^x - 1 is -1.
template <FloatScalar T>
inline constexpr T expm1_lowest = sizeof(T) == 4 ? T(-18) : T(-38);

/// e^x for x <= exp_highest: one comparison less.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> exp_bounded(Packet<T> x) noexcept {
  const auto [shifted, n, r] = reduce_exp<2 * exponent_bias<T>>(at_least(x, exp_lowest<T>));
  return scale_exp(expm1_reduced(r), n, shifted);
}

/// (2^g - 1) / g for |g| <= 1/2.
EIGENGRAD_INLINE Packet<float> exp2m1_quotient(Packet<float> g) noexcept {
  return polynomial(g, {6.93147188e-1f, 2.40226498e-1f, 5.55035722e-2f, 9.61823791e-3f,
                        1.33908497e-3f, 1.54035166e-4f});
}

/// 2^(i / lanes) for every lane i, as bits from which i is subtracted where power_by_lookup adds
/// it.
struct RootsOfTwo {
  static constexpr int lanes = static_cast<int>(Packet<float>::lanes);
  static constexpr int index_bits = lanes == 16 ? 4 : lanes == 8 ? 3 : 2;
  std::int32_t bits[lanes];

  constexpr RootsOfTwo() noexcept : bits() {
    constexpr float roots[] = {1.0f,        1.04427373f, 1.09050775f, 1.13878858f,
                               1.18920708f, 1.24185777f, 1.29683959f, 1.35425556f,
                               1.41421354f, 1.47682619f, 1.54221082f, 1.61049032f,
                               1.68179286f, 1.75625217f, 1.8340081f,  1.91520655f};
    for (int i = 0; i < lanes; ++i) {
      bits[i] = __builtin_bit_cast(std::int32_t, roots[i * 16 / lanes]) -
                (i << (fraction_bits<float> - index_bits));
    }
  }
};
inline constexpr RootsOfTwo roots_of_two;

/// 2^(n / lanes) where the low bits of `low_bits` hold n; 0 below the normal numbers, down to
/// 2^-250.
EIGENGRAD_INLINE Packet<float> power_by_lookup(typename Mask<float>::Native low_bits) noexcept {
  using Ints = typename Mask<float>::Native;
  Ints table;
  __builtin_memcpy(&table, roots_of_two.bits, sizeof table);
  const Ints power = kernels::lookup(table, low_bits) +
                     (low_bits << (fraction_bits<float> - RootsOfTwo::index_bits));
  return kernels::from_bits<float>(power > 0 ? power : Ints{});
}
/// (2^g - 1) / g for |g| <= 1/16: what is left of an exponent when power_by_lookup took its part.
EIGENGRAD_INLINE Packet<float> short_exp2m1_quotient(Packet<float> g) noexcept {
  return polynomial(g, {6.93147181e-1f, 2.40257632e-1f, 5.55041087e-2f});
}

/// 1 - 2^-u for 0 <= u <= 126 as (1 - 2^-n) - 2^-n (2^g - 1) with u = n - g and |g| <= 1/2. For
/// functions that forgive a relative error of u. Never -0.
EIGENGRAD_INLINE Packet<float> one_minus_exp2(Packet<float> u) noexcept {
  constexpr float shift = rounding_shift<float> + float{exponent_bias<float>};
  const Packet<float> shifted = shift - u;
  const Packet<float> g = (shift - shifted) - u;
  const Packet<float> scale = power_of_two<float>(kernels::to_bits(shifted));
  return multiply_add(-(scale * g), exp2m1_quotient(g), 1.0f - scale);
}

/// 1 - e^(-2 size), for size >= 0.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> one_minus_exp_twice(Packet<T> size) noexcept {
  if constexpr (sizeof(T) == 4) {
    return one_minus_exp2(at_most(size * 2.88539008f, 29.0f));  // 2 log2(e)
  } else {
    const Packet<T> bounded = at_most(size, 20.0);
    const auto [shifted, n, r] = reduce_exp<exponent_bias<T>>(-(bounded + bounded));
    const Packet<T> scale = power_of_two<T>(kernels::to_bits(shifted));
    return multiply_add(-scale, expm1_reduced(r), 1.0 - scale);
  }
}

}  // namespace detail

/// e^x. Full range: the largest finite result is right, small ones go through the subnormals to 0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> exp(Packet<T> x) noexcept {
  return detail::exp_bounded(detail::at_most(x, detail::exp_highest<T>));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T exp(T x) noexcept {
  return exp(Packet<T>(x)).v[0];
}

/// e^x - 1, without cancellation near 0; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> expm1(Packet<T> x) noexcept {
  const Packet<T> above = detail::at_least(x, detail::expm1_lowest<T>);
  const auto [shifted, n, r] = detail::reduce_exp<detail::exponent_bias<T> - 1>(
      detail::at_most(above, detail::exp_highest<T>));
  const Packet<T> p = detail::expm1_reduced(r);
  // 2^n p + (2^n - 1), halved so that n = 128 (1024) does not overflow early.
  const Packet<T> half = detail::power_of_two<T>(kernels::to_bits(shifted));
  const Packet<T> y = select(n == T(0), p, T(2) * multiply_add(half, p, half - T(0.5)));
  return select(x == T(0), x, y);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T expm1(T x) noexcept {
  return expm1(Packet<T>(x)).v[0];
}

/// 1 / (1 + e^-x), relatively accurate in the lower tail down to the subnormals.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sigmoid(Packet<T> x) noexcept {
  // e^x / (1 + e^x), 1 from 40 on. Top and bottom are both raised, so that a single power of two
  // scales them and subnormal results are rounded once, by the division.
  constexpr int raised = sizeof(T) == 4 ? 64 : 512;
  constexpr T one = sizeof(T) == 4 ? T(0x1p64) : T(0x1p512);
  const Packet<T> bounded = detail::at_least(detail::at_most(x, T(40)), detail::exp_lowest<T>);
  const auto [shifted, n, r] = detail::reduce_exp<detail::exponent_bias<T> + raised>(bounded);
  const Packet<T> scale = detail::power_of_two<T>(kernels::to_bits(shifted));
  const Packet<T> e = multiply_add(scale, detail::expm1_reduced(r), scale);
  return e / (one + e);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sigmoid(T x) noexcept {
  return sigmoid(Packet<T>(x)).v[0];
}

/// The hyperbolic tangent, relatively accurate near 0; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> tanh(Packet<T> x) noexcept {
  // tanh|x| = e / (2 - e) with e = 1 - exp(-2 |x|).
  const Packet<T> e = detail::one_minus_exp_twice(abs(x));
  return detail::give_sign(e / (T(2) - e), x);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T tanh(T x) noexcept {
  return tanh(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
