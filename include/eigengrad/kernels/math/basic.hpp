#pragma once
// Exact lane-by-lane functions of packets and scalars: absolute value, roots, selection, extrema,
// classification, floor and signs. Everything in eigengrad::math comes twice, for Packet<T> and for
// T; the scalar form computes one packet, so that both give the same bits. Transcendental functions
// are in the other headers of this folder.
//
// The inline namespace is inside math, so that units compiled for different instruction sets never
// share a symbol, while `math::exp(x)` finds these overloads and those for tensors alike. Bits are
// cast by the builtin: std::bit_cast<float> would be a symbol shared by all units.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/math/traced.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

using kernels::Mask;
using kernels::Packet;

namespace detail {

using kernels::SignedBits;

/// Bits of the absolute value, of the sign, and of a number's stored fraction.
template <FloatScalar T>
inline constexpr SignedBits<T> sign_bit = static_cast<SignedBits<T>>(kernels::Bits<T>{1}
                                                                     << (sizeof(T) * 8 - 1));
template <FloatScalar T>
inline constexpr int fraction_bits = sizeof(T) == 4 ? 23 : 52;
template <FloatScalar T>
inline constexpr int exponent_bias = sizeof(T) == 4 ? 127 : 1023;
template <FloatScalar T>
inline constexpr T infinity = static_cast<T>(__builtin_inf());
template <FloatScalar T>
inline constexpr T not_a_number = static_cast<T>(__builtin_nan(""));

/// 1.5 * 2^23 or 1.5 * 2^52: added to a small x it leaves x rounded to an integer in the low bits.
template <FloatScalar T>
inline constexpr T rounding_shift = sizeof(T) == 4 ? T(0x1.8p23) : T(0x1.8p52);

/// c[First] + c[First + 1] x + ... of `Count` terms. Up to 6 by Horner's rule, the fewest
/// instructions; longer ones in two halves (Estrin), or the chain of dependent instructions
/// outgrows what the processor overlaps. powers: x, x^4, x^8.
template <std::size_t First, std::size_t Count, FloatScalar T>
EIGENGRAD_INLINE Packet<T> polynomial_part(const T* c, const Packet<T>* powers) noexcept {
  if constexpr (Count == 1) {
    return c[First];
  } else {
    constexpr std::size_t low = Count > 8 ? 8 : Count > 6 ? 4 : 1;
    return multiply_add(powers[low / 4], polynomial_part<First + low, Count - low>(c, powers),
                        polynomial_part<First, low>(c, powers));
  }
}

/// c[0] + c[1] x + c[2] x^2 + ...
template <FloatScalar T, std::size_t N>
EIGENGRAD_INLINE Packet<T> polynomial(Packet<T> x, const T (&c)[N]) noexcept {
  const Packet<T> square = x * x;
  const Packet<T> fourth = square * square;
  const Packet<T> powers[] = {x, fourth, fourth * fourth};
  return polynomial_part<0, N>(c, powers);
}

/// The same of N terms, an even number, two at a time: half the chain of dependent instructions for
/// one multiplication more.
template <FloatScalar T, std::size_t N>
EIGENGRAD_INLINE Packet<T> paired_polynomial(Packet<T> x, const T (&c)[N]) noexcept {
  const Packet<T> square = x * x;
  Packet<T> y = multiply_add(x, Packet<T>(c[N - 1]), Packet<T>(c[N - 2]));
  for (std::size_t i = N - 2; i > 0; i -= 2) {
    y = multiply_add(square, y, multiply_add(x, Packet<T>(c[i - 1]), Packet<T>(c[i - 2])));
  }
  return y;
}

/// The smaller of x and the limit, the larger of both; x where it is NaN. Spelt with builtins
/// because GCC makes two instructions of the comparison.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> at_most(Packet<T> x, std::type_identity_t<Packet<T>> limit) noexcept {
#if EIGENGRAD_VECTOR_BYTES == 64 && defined(__clang__)
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_minps512(limit.v, x.v, 4));
  } else {
    return Packet<T>(__builtin_ia32_minpd512(limit.v, x.v, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_minps512_mask(limit.v, x.v, x.v, kernels::every_lane<T>, 4));
  } else {
    return Packet<T>(__builtin_ia32_minpd512_mask(limit.v, x.v, x.v, kernels::every_lane<T>, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 32
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_minps256(limit.v, x.v));
  } else {
    return Packet<T>(__builtin_ia32_minpd256(limit.v, x.v));
  }
#elif defined(__SSE2__) && EIGENGRAD_VECTOR_BYTES == 16
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_minps(limit.v, x.v));
  } else {
    return Packet<T>(__builtin_ia32_minpd(limit.v, x.v));
  }
#else
  return Packet<T>((limit.v < x.v) ? limit.v : x.v);
#endif
}
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> at_least(Packet<T> x, std::type_identity_t<Packet<T>> limit) noexcept {
#if EIGENGRAD_VECTOR_BYTES == 64 && defined(__clang__)
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_maxps512(limit.v, x.v, 4));
  } else {
    return Packet<T>(__builtin_ia32_maxpd512(limit.v, x.v, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_maxps512_mask(limit.v, x.v, x.v, kernels::every_lane<T>, 4));
  } else {
    return Packet<T>(__builtin_ia32_maxpd512_mask(limit.v, x.v, x.v, kernels::every_lane<T>, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 32
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_maxps256(limit.v, x.v));
  } else {
    return Packet<T>(__builtin_ia32_maxpd256(limit.v, x.v));
  }
#elif defined(__SSE2__) && EIGENGRAD_VECTOR_BYTES == 16
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_maxps(limit.v, x.v));
  } else {
    return Packet<T>(__builtin_ia32_maxpd(limit.v, x.v));
  }
#else
  return Packet<T>((limit.v > x.v) ? limit.v : x.v);
#endif
}

/// a * b + c with the product in full precision, for products that c nearly cancels; without a
/// fused instruction by Dekker's splitting into halves of the fraction.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> multiply_add_exact(Packet<T> a, std::type_identity_t<Packet<T>> b,
                                              std::type_identity_t<Packet<T>> c) noexcept {
  if constexpr (kernels::multiply_add_is_fused) {
    return multiply_add(a, b, c);
  } else {
    constexpr SignedBits<T> mask = -(SignedBits<T>{1} << (fraction_bits<T> + 2) / 2);
    const Packet<T> a_high = kernels::from_bits<T>(kernels::to_bits(a) & mask);
    const Packet<T> b_high = kernels::from_bits<T>(kernels::to_bits(b) & mask);
    const Packet<T> a_low = a - a_high;
    const Packet<T> b_low = b - b_high;
    const Packet<T> product = a * b;
    const Packet<T> error =
        a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low);
    return (product + c) + error;
  }
}

/// Half of the lanes of x in double, and two such halves back in float. By shuffles: a detour
/// through memory in two sizes stalls.
typedef float HalfNative __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES / 2)));
template <int First, int... I>
EIGENGRAD_INLINE HalfNative half_of(Packet<float> x, std::integer_sequence<int, I...>) noexcept {
  return __builtin_shufflevector(x.v, x.v, (First + I)...);
}
template <int Half>
EIGENGRAD_INLINE Packet<double> widen(Packet<float> x) noexcept {
  constexpr int count = static_cast<int>(Packet<double>::lanes);
  const HalfNative half = half_of<Half * count>(x, std::make_integer_sequence<int, count>());
  return Packet<double>(__builtin_convertvector(half, Packet<double>::Native));
}
template <int... I>
EIGENGRAD_INLINE Packet<float> join(HalfNative first, HalfNative second,
                                    std::integer_sequence<int, I...>) noexcept {
  return Packet<float>(__builtin_shufflevector(first, second, I...));
}
EIGENGRAD_INLINE Packet<float> narrow(Packet<double> first, Packet<double> second) noexcept {
  constexpr int count = static_cast<int>(Packet<float>::lanes);
  return join(__builtin_convertvector(first.v, HalfNative),
              __builtin_convertvector(second.v, HalfNative),
              std::make_integer_sequence<int, count>());
}

/// f(x) lane by lane, for functions and ranges that are not vectorised.
template <FloatScalar T, class Function>
EIGENGRAD_INLINE Packet<T> map_lanes(Packet<T> x, Function f) noexcept {
  Packet<T> y;
  for (Index i = 0; i < Packet<T>::lanes; ++i) {
    y.v[i] = f(static_cast<T>(x.v[i]));
  }
  return y;
}

}  // namespace detail

/// m ? a : b in each lane.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> select(Mask<T> m, std::type_identity_t<Packet<T>> a,
                                                std::type_identity_t<Packet<T>> b) noexcept {
  return Packet<T>(m.v ? a.v : b.v);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T select(bool m, T a, std::type_identity_t<T> b) noexcept {
  return m ? a : b;
}

/// |x|: clears the sign, of zeros and NaN too.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> abs(Packet<T> x) noexcept {
  return kernels::from_bits<T>(kernels::to_bits(x) & ~detail::sign_bit<T>);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T abs(T x) noexcept {
  return abs(Packet<T>(x)).v[0];
}

/// |magnitude| with the sign of `sign_of`, zeros and NaN too.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> copysign(
    Packet<T> magnitude, std::type_identity_t<Packet<T>> sign_of) noexcept {
  return kernels::from_bits<T>((kernels::to_bits(magnitude) & ~detail::sign_bit<T>) |
                               (kernels::to_bits(sign_of) & detail::sign_bit<T>));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T copysign(T magnitude, std::type_identity_t<T> sign_of) noexcept {
  return copysign(Packet<T>(magnitude), Packet<T>(sign_of)).v[0];
}

namespace detail {
/// copysign for a magnitude without sign: one instruction less.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> give_sign(Packet<T> magnitude, Packet<T> sign_of) noexcept {
  return kernels::from_bits<T>(kernels::to_bits(magnitude) |
                               (kernels::to_bits(sign_of) & sign_bit<T>));
}
}  // namespace detail

/// -1, 0 or 1; x itself for zeros and NaN.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sign(Packet<T> x) noexcept {
  return select(x > T(0), T(1), select(x < T(0), T(-1), x));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sign(T x) noexcept {
  return sign(Packet<T>(x)).v[0];
}

/// sqrt(x), correctly rounded; NaN below -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> sqrt(Packet<T> x) noexcept {
#if EIGENGRAD_VECTOR_BYTES == 64 && defined(__clang__)
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_sqrtps512(x.v, 4));
  } else {
    return Packet<T>(__builtin_ia32_sqrtpd512(x.v, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_sqrtps512_mask(x.v, x.v, kernels::every_lane<T>, 4));
  } else {
    return Packet<T>(__builtin_ia32_sqrtpd512_mask(x.v, x.v, kernels::every_lane<T>, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 32
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_sqrtps256(x.v));
  } else {
    return Packet<T>(__builtin_ia32_sqrtpd256(x.v));
  }
#elif defined(__SSE2__)
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_sqrtps(x.v));
  } else {
    return Packet<T>(__builtin_ia32_sqrtpd(x.v));
  }
#else
  return detail::map_lanes(x, [](T lane) {
    if constexpr (sizeof(T) == 4) {
      return __builtin_sqrtf(lane);
    } else {
      return __builtin_sqrt(lane);
    }
  });
#endif
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T sqrt(T x) noexcept {
  return sqrt(Packet<T>(x)).v[0];
}

/// 1 / sqrt(x) from the exact root and the exact quotient, each rounded once; infinite at zeros.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> rsqrt(Packet<T> x) noexcept {
  return T(1) / sqrt(x);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T rsqrt(T x) noexcept {
  return rsqrt(Packet<T>(x)).v[0];
}

/// The smaller of a and b; NaN if either is.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> minimum(Packet<T> a,
                                                 std::type_identity_t<Packet<T>> b) noexcept {
  return select(b != b, b, detail::at_most(a, b));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T minimum(T a, std::type_identity_t<T> b) noexcept {
  return minimum(Packet<T>(a), Packet<T>(b)).v[0];
}

/// The larger of a and b; NaN if either is.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> maximum(Packet<T> a,
                                                 std::type_identity_t<Packet<T>> b) noexcept {
  return select(b != b, b, detail::at_least(a, b));
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T maximum(T a, std::type_identity_t<T> b) noexcept {
  return maximum(Packet<T>(a), Packet<T>(b)).v[0];
}

/// Whether x is NaN.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Mask<T> isnan(Packet<T> x) noexcept {
  return x != x;
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE bool isnan(T x) noexcept {
  return x != x;
}

/// Whether x is infinite.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Mask<T> isinf(Packet<T> x) noexcept {
  return abs(x) == detail::infinity<T>;
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE bool isinf(T x) noexcept {
  return x == detail::infinity<T> || x == -detail::infinity<T>;
}

/// Whether x is neither infinite nor NaN.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Mask<T> isfinite(Packet<T> x) noexcept {
  return abs(x) < detail::infinity<T>;
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE bool isfinite(T x) noexcept {
  return x < detail::infinity<T> && x > -detail::infinity<T>;
}

/// The largest integer not above x; -0 stays -0.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> floor(Packet<T> x) noexcept {
  // 2^23 or 2^52: from there on every number is an integer.
  constexpr T all_integers = T(std::int64_t{1} << detail::fraction_bits<T>);
  const Packet<T> size = abs(x);
  const Packet<T> nearest = copysign((size + all_integers) - all_integers, x);
  const Packet<T> below = nearest - select(nearest > x, T(1), T(0));
  return select(size < all_integers, below, x);
}
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T floor(T x) noexcept {
  return floor(Packet<T>(x)).v[0];
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
