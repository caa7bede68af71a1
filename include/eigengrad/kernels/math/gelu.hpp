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

/// a Phi(-a) 2^(k a^2) as a fraction, k = log2(e) / 2 rounded to float; fitted for a <= 13.3. The
/// bottom is 2.5084 times the top and a small rest, so that the top's rounding errors cancel.
inline constexpr float half_log2_e = 0x1.715476p-1f;
template <FloatScalar T>
struct TailFraction {
  Packet<T> top;
  Packet<T> bottom;
};
template <FloatScalar T>
EIGENGRAD_INLINE TailFraction<T> tail_fraction(Packet<T> a, Packet<T> square) noexcept {
  const Packet<T> top = multiply_add(
      square, polynomial(a, {T(6.58966115e-1f), T(2.03397623e-1f), T(2.60268963e-2f)}), a);
  const Packet<T> rest =
      a * polynomial(a, {T(4.05298393e-1f), T(7.86766708e-2f), T(-1.59632098e-3f)});
  return {top, T(2) + multiply_add(top, Packet<T>(T(2.5084f)), rest)};
}

/// a Phi(-a) for half of the lanes, in double: one rounding of a^2 does no harm there.
template <int Half>
EIGENGRAD_INLINE Packet<double> half_normal_tail(Packet<float> size) noexcept {
  constexpr double ln2 = 0.69314718055994530942;
  const Packet<double> a = widen<Half>(size);
  const Packet<double> square = a * a;
  const Packet<double> power = exp_bounded(square * (-ln2 * double{half_log2_e}));
  const auto [top, bottom] = tail_fraction(a, square);
  return top * power / bottom;
}

/// |x| Phi(-|x|).
EIGENGRAD_INLINE Packet<float> normal_tail(Packet<float> size) noexcept {
  if constexpr (kernels::multiply_add_is_fused && kernels::lookup_is_fast) {
    // At the bound the exponent is below -127: a power of 0.
    constexpr float shift = rounding_shift<float> / RootsOfTwo::lanes;
    const Packet<float> k = -half_log2_e;
    const Packet<float> a = at_most(size, 14.0f);
    const Packet<float> square = a * a;
    const Packet<float> lost = multiply_add(a, a, -square);
    const Packet<float> shifted = multiply_add(square, k, Packet<float>(shift));
    const Packet<float> g = multiply_add(lost, k, multiply_add(square, k, shift - shifted));
    const auto [top, bottom] = tail_fraction(a, square);
    const Packet<float> scaled = top / bottom * power_by_lookup(kernels::to_bits(shifted));
    return multiply_add(scaled, g * short_exp2m1_quotient(g), scaled);
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

/// a sigmoid(-2 u) for half of the lanes, in double.
template <int Half>
EIGENGRAD_INLINE Packet<double> half_logistic_tail(Packet<float> size) noexcept {
  const Packet<double> a = widen<Half>(size);
  const Packet<double> e = exp_bounded(-a * (1.5957691216057308 + 0.071354816272600255 * (a * a)));
  return a * e / (1.0 + e);
}

/// |x| sigmoid(-2 u) with u = sqrt(2 / pi) (|x| + 0.044715 |x|^3).
EIGENGRAD_INLINE Packet<float> logistic_tail(Packet<float> size) noexcept {
  if constexpr (kernels::multiply_add_is_fused) {
    // 2 u log2(e) = a (c0 + c1 a^2); at the bound the exponent is -127, as in normal_tail.
    constexpr float shift = rounding_shift<float> + float{exponent_bias<float>};
    constexpr float c0 = 2.302208185f;
    constexpr float c1 = 0.1029432416f;
    const Packet<float> a = at_most(size, 10.03f);
    const Packet<float> square = a * a;
    const Packet<float> lost = multiply_add(a, a, -square);
    const Packet<float> w = multiply_add(square, Packet<float>(c1), Packet<float>(c0));
    const Packet<float> w_low =
        multiply_add(lost, Packet<float>(c1), multiply_add(square, Packet<float>(c1), c0 - w));
    const Packet<float> shifted = multiply_add(-a, w, Packet<float>(shift));
    const Packet<float> g = multiply_add(-a, w_low, multiply_add(-a, w, shift - shifted));
    const Packet<float> scale = power_of_two<float>(kernels::to_bits(shifted));
    const Packet<float> e = multiply_add(scale, g * exp2m1_quotient(g), scale);
    return a * e / (1.0f + e);
  } else {
    const Packet<float> bounded = at_most(size, 12.0f);
    return narrow(half_logistic_tail<0>(bounded), half_logistic_tail<1>(bounded));
  }
}
/// The same in double; 2 u as the product of a and w + w_low.
EIGENGRAD_INLINE Packet<double> logistic_tail(Packet<double> size) noexcept {
  constexpr double c0 = 1.5957691216057308;
  constexpr double c0_low = -9.969308809110920e-17;
  constexpr double c1 = 0.071354816272600255;
  const Packet<double> a = at_most(size, 22.0);  // from there on the exponential is 0
  const Packet<double> square = a * a;
  const Packet<double> lost = multiply_add_exact(a, a, -square);
  const Packet<double> w = multiply_add(square, Packet<double>(c1), Packet<double>(c0));
  const Packet<double> w_low =
      multiply_add(lost, Packet<double>(c1), multiply_add_exact(square, c1, c0 - w) + c0_low);
  const Packet<double> exponent = a * w;
  const Packet<double> low = multiply_add(a, w_low, multiply_add_exact(a, w, -exponent));
  const Packet<double> rough = exp_bounded(-exponent);
  const Packet<double> e = multiply_add(-rough, low, rough);
  return a * e / (1.0 + e);
}

}  // namespace detail

/// What gelu takes from max(x, 0): |x| Phi(-|x|), Phi the normal distribution function, and
/// |x| sigmoid(-2 u), u = sqrt(2 / pi) (|x| + 0.044715 |x|^3). 0 at the infinities.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_erf_tail(Packet<T> x) noexcept {
  return detail::normal_tail(abs(x));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_erf_tail(T x) noexcept {
  return gelu_erf_tail(Packet<T>(x)).v[0];
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_tanh_tail(Packet<T> x) noexcept {
  return detail::logistic_tail(abs(x));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_tanh_tail(T x) noexcept {
  return gelu_tanh_tail(Packet<T>(x)).v[0];
}

/// x Phi(x) with the normal distribution function Phi. The error is a few ulp of the larger of the
/// result and 2^-12 |x|; -0 at -inf.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_erf(Packet<T> x) noexcept {
  return detail::at_least(x, T(0)) - gelu_erf_tail(x);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_erf(T x) noexcept {
  return gelu_erf(Packet<T>(x)).v[0];
}

/// The approximation x (1 + tanh(u)) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3), to
/// a few ulp of the larger of the result and 2^-12 |x|.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> gelu_tanh(Packet<T> x) noexcept {
  return detail::at_least(x, T(0)) - gelu_tanh_tail(x);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T gelu_tanh(T x) noexcept {
  return gelu_tanh(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
