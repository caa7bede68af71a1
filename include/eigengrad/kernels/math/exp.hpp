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

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {
namespace detail {

template <FloatScalar T>
inline constexpr T ln2_high = sizeof(T) == 4 ? T(0.693359375) : T(6.93147180369123816490e-01);
template <FloatScalar T>
inline constexpr T ln2_low = sizeof(T) == 4 ? T(-2.12194440e-4) : T(1.90821492927058770002e-10);

/// x as n ln(2) + r. `shifted` holds n in its low bits.
template <FloatScalar T>
struct ExpReduction {
  Packet<T> shifted;
  Packet<T> n;
  Packet<T> r;
};
template <FloatScalar T>
EIGENGRAD_INLINE ExpReduction<T> reduce_exp(Packet<T> x) noexcept {
  constexpr T log2_e = T(1.44269504088896340736);
  const Packet<T> shifted = multiply_add(x, Packet<T>(log2_e), Packet<T>(rounding_shift<T>));
  const Packet<T> n = shifted - rounding_shift<T>;
  const Packet<T> r = multiply_add(n, Packet<T>(-ln2_high<T>), x);
  return {shifted, n, multiply_add(n, Packet<T>(-ln2_low<T>), r)};
}

/// 2^n from the sum of n and rounding_shift: n goes straight to the exponent's bits.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> power_of_two(typename Mask<T>::Native shifted,
                                        int bias = exponent_bias<T>) noexcept {
  constexpr int width = fraction_bits<T>;
  return kernels::from_bits<T>((shifted << width) + (SignedBits<T>{bias} << width));
}

/// e^r - 1 for |r| <= ln(2) / 2.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> expm1_reduced(Packet<T> r) noexcept {
  Packet<T> q;
  if constexpr (sizeof(T) == 4) {
    q = polynomial(r, 4.99999981e-1f, 1.66665432e-1f, 4.16672018e-2f, 8.36658028e-3f,
                   1.38825118e-3f);
  } else {
    q = polynomial(r, 5.00000000000000523e-1, 1.66666666666665886e-1, 4.16666666665761082e-2,
                   8.33333333338993449e-3, 1.3888888931794815e-3, 1.98412697183992016e-4,
                   2.48015049792853329e-5, 2.75574078124943727e-6, 2.7626161222944161e-7,
                   2.50537930731273515e-8);
  }
  return multiply_add(r * r, q, r);
}

/// 2^n (1 + p), where n may be past the normal exponents: in two exact steps, so that subnormal
/// results are rounded once.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> scale_exp(Packet<T> p, Packet<T> n, Packet<T> shifted) noexcept {
  const Packet<T> half = multiply_add(n, Packet<T>(T(0.5)), Packet<T>(rounding_shift<T>));
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

/// e^x for x <= 0: one comparison less.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> exp_nonpositive(Packet<T> x) noexcept {
  const auto [shifted, n, r] = reduce_exp(select(x < exp_lowest<T>, exp_lowest<T>, x));
  return scale_exp(expm1_reduced(r), n, shifted);
}

}  // namespace detail

/// e^x. Full range: the largest finite result is right, small ones go through the subnormals to 0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> exp(Packet<T> x) noexcept {
  return detail::exp_nonpositive(select(x > detail::exp_highest<T>, detail::exp_highest<T>, x));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T exp(T x) noexcept {
  return exp(Packet<T>(x)).v[0];
}

/// e^x - 1, without cancellation near 0; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> expm1(Packet<T> x) noexcept {
  const Packet<T> above = select(x < detail::expm1_lowest<T>, detail::expm1_lowest<T>, x);
  const auto [shifted, n, r] =
      detail::reduce_exp(select(above > detail::exp_highest<T>, detail::exp_highest<T>, above));
  const Packet<T> p = detail::expm1_reduced(r);
  // 2^n p + (2^n - 1), halved so that n = 128 (1024) does not overflow early.
  const Packet<T> half =
      detail::power_of_two<T>(kernels::to_bits(shifted), detail::exponent_bias<T> - 1);
  return select(n == T(0), p, T(2) * multiply_add(half, p, half - T(0.5)));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T expm1(T x) noexcept {
  return expm1(Packet<T>(x)).v[0];
}

/// 1 / (1 + e^-x), relatively accurate in the lower tail down to the subnormals.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sigmoid(Packet<T> x) noexcept {
  const Packet<T> e = detail::exp_nonpositive(-abs(x));
  return select(x < T(0), e, T(1)) / (T(1) + e);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sigmoid(T x) noexcept {
  return sigmoid(Packet<T>(x)).v[0];
}

/// The hyperbolic tangent, relatively accurate near 0; keeps -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> tanh(Packet<T> x) noexcept {
  // With e = 1 - exp(-2 |x|): tanh|x| = e / (2 - e), and 1 from 10 (20) on.
  constexpr T one_from = sizeof(T) == 4 ? T(10) : T(20);
  const Packet<T> size = abs(x);
  const auto [shifted, n, r] = detail::reduce_exp(T(-2) * select(size > one_from, one_from, size));
  const Packet<T> scale = detail::power_of_two<T>(kernels::to_bits(shifted));
  const Packet<T> minus_e = multiply_add(scale, detail::expm1_reduced(r), scale - T(1));
  return copysign(minus_e / (T(2) + minus_e), x);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T tanh(T x) noexcept {
  return tanh(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
