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

/// |x| Phi(-|x|). Float: a fraction times 2^(-k a^2), k = log2(e) / 2, flushed to 0 from 13.2 on.
EIGENGRAD_INLINE Packet<float> normal_tail(Packet<float> size) noexcept {
  constexpr float k = 0x1.715476p-1f;  // what k lacks is in the fraction
  constexpr float shift = rounding_shift<float> + float{exponent_bias<float>};
  // At the bound the exponent is -127, whose power of two comes out as 0.
  const Packet<float> a = at_most(size, 13.26f);
  const Packet<float> square = a * a;
  const Packet<float> lost = multiply_add_exact(a, a, -square);
  const Packet<float> shifted = multiply_add(square, Packet<float>(-k), Packet<float>(shift));
  const Packet<float> g =
      multiply_add(lost, Packet<float>(-k), multiply_add_exact(square, -k, shift - shifted));
  const Packet<float> power = multiply_add(g, exp2m1_quotient(g), Packet<float>(1.0f)) *
                              power_of_two<float>(kernels::to_bits(shifted));
  const Packet<float> p =
      polynomial(a, {4.99999983e-1f, 3.30127971e-1f, 1.02053277e-1f, 1.30942414e-2f});
  const Packet<float> q =
      polynomial(a, {1.0f, 1.45813832f, 8.67554882e-1f, 2.55199936e-1f, 3.28450945e-2f});
  return a * p * power / q;
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
  // From there on the exponential is 0.
  const Packet<T> a = detail::at_most(abs(x), is_float ? T(11) : T(22));
  const Packet<T> square = a * a;
  const Packet<T> square_low = detail::multiply_add_exact(a, a, -square);
  const Packet<T> w = multiply_add(square, Packet<T>(c1), Packet<T>(c0));
  const Packet<T> w_low = multiply_add(square_low, Packet<T>(c1),
                                       detail::multiply_add_exact(square, c1, c0 - w) + c0_low);
  const Packet<T> exponent = a * w;
  const Packet<T> low = multiply_add(a, w_low, detail::multiply_add_exact(a, w, -exponent));
  const Packet<T> e = detail::exp_bounded(-exponent) * (T(1) - low);
  return detail::at_least(x, T(0)) - a * e / (T(1) + e);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_tanh(T x) noexcept {
  return gelu_tanh(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
