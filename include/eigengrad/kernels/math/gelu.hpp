#pragma once
// The Gaussian error linear unit (Hendrycks and Gimpel 2016) of packets and scalars, exact and in
// the tanh approximation. Both are max(x, 0) - |x| t(|x|) with the small tail t = Phi(-|x|) or
// sigmoid(-2 u), so that nothing cancels for negative x. Exponents are kept in two parts: one
// rounding of x^2 / 2 would cost 6 ulp at x = -3.5.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/error_function.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/packet.hpp>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {
namespace detail {

/// Phi(-a) 2^(k a^2) as a fraction, k = log2(e) / 2 rounded to float; fitted for a <= 13.3. The
/// numerator comes times a, which costs one rounding less.
inline constexpr float half_log2_e = 0x1.715476p-1f;
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> tail_numerator(Packet<T> a, Packet<T> square) noexcept {
  constexpr float c[] = {3.07041465e-1f, 9.1228604e-2f, 1.09018667e-2f, 1.09636812e-6f};
  const Packet<T> rest = polynomial(a, {T(c[0]), T(c[1]), T(c[2]), T(c[3])});
  return multiply_add(square, rest, T(0.5) * a);
}
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> tail_denominator(Packet<T> a) noexcept {
  constexpr float c[] = {1.0f, 1.41196706f, 8.09049853e-1f, 2.27281473e-1f, 2.74221561e-2f};
  return polynomial(a, {T(c[0]), T(c[1]), T(c[2]), T(c[3]), T(c[4])});
}

/// a Phi(-a) for half of the lanes, in double: one rounding of a^2 does no harm there.
template <int Half>
EIGENGRAD_INLINE Packet<double> half_normal_tail(Packet<float> size) noexcept {
  constexpr double ln2 = 0.69314718055994530942;
  const Packet<double> a = widen<Half>(size);
  const Packet<double> square = a * a;
  const Packet<double> power = exp_bounded(square * (-ln2 * double{half_log2_e}));
  return tail_numerator(a, square) * power / tail_denominator(a);
}

/// |x| Phi(-|x|).
EIGENGRAD_INLINE Packet<float> normal_tail(Packet<float> size) noexcept {
  if constexpr (kernels::multiply_add_is_fused) {
    // At the bound the exponent is -127, whose power of two comes out as 0.
    constexpr float shift = rounding_shift<float> + float{exponent_bias<float>};
    const Packet<float> k = -half_log2_e;
    const Packet<float> a = at_most(size, 13.26f);
    const Packet<float> square = a * a;
    const Packet<float> lost = multiply_add(a, a, -square);
    const Packet<float> shifted = multiply_add(square, k, Packet<float>(shift));
    const Packet<float> g = multiply_add(lost, k, multiply_add(square, k, shift - shifted));
    const Packet<float> top = tail_numerator(a, square);
    const Packet<float> scaled = multiply_add(top, g * exp2m1_quotient(g), top) *
                                 power_of_two<float>(kernels::to_bits(shifted));
    return scaled / tail_denominator(a);
  } else {
    const Packet<float> bounded = at_most(size, 15.0f);
    return narrow(half_normal_tail<0>(bounded), half_normal_tail<1>(bounded));
  }
}
/// The same in double, through erfc: t = a / sqrt(2) + lost, and erfc' = -2 / sqrt(pi) e^(-t^2).
EIGENGRAD_INLINE Packet<double> normal_tail(Packet<double> size) noexcept {
  constexpr double high = 0.7071067811865476;
  constexpr double low = -4.8336466567264565e-17;
  const Packet<double> a = at_most(size, 40.0);
  const Packet<double> t = a * high;
  const Packet<double> lost = multiply_add(a, Packet<double>(low), multiply_add_exact(a, high, -t));
  const Packet<double> slope = 1.12837916709551257390 * exp_bounded(-(t * t));
  return 0.5 * a * (erfc(t) - slope * lost);
}

}  // namespace detail

/// x Phi(x) with the normal distribution function Phi. The error is a few ulp of the larger of the
/// result and 2^-12 |x|; -0 at -inf.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_erf(Packet<T> x) noexcept {
  return detail::at_least(x, T(0)) - detail::normal_tail(abs(x));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_erf(T x) noexcept {
  return gelu_erf(Packet<T>(x)).v[0];
}

/// The approximation x (1 + tanh(u)) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3), to
/// a few ulp of the larger of the result and 2^-12 |x|.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_tanh(Packet<T> x) noexcept {
  // 2 u = a (c0 + c1 a^2), as the product of a and w + w_low.
  constexpr bool is_float = sizeof(T) == 4;
  constexpr T c0 = is_float ? T(1.5957691669464111) : T(1.5957691216057308);
  constexpr T c0_low = is_float ? T(-4.534068042105272e-8) : T(-9.969308809110920e-17);
  constexpr T c1 = T(0.071354816272600255);
  constexpr T c1_low = is_float ? T(2.3988323959931356e-9) : T(-6.175149918155315e-19);
  // From there on the exponential is 0.
  const Packet<T> a = detail::at_most(abs(x), is_float ? T(11) : T(22));
  const Packet<T> square = a * a;
  const Packet<T> square_low = detail::multiply_add_exact(a, a, -square);
  const Packet<T> w = multiply_add(square, Packet<T>(c1), Packet<T>(c0));
  const Packet<T> w_low =
      multiply_add(square_low, Packet<T>(c1),
                   detail::multiply_add_exact(square, c1, c0 - w) +
                       multiply_add(square, Packet<T>(c1_low), Packet<T>(c0_low)));
  const Packet<T> exponent = a * w;
  const Packet<T> low = multiply_add(a, w_low, detail::multiply_add_exact(a, w, -exponent));
  const Packet<T> rough = detail::exp_bounded(-exponent);
  const Packet<T> e = multiply_add(-rough, low, rough);
  return detail::at_least(x, T(0)) - a * e / (T(1) + e);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_tanh(T x) noexcept {
  return gelu_tanh(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
