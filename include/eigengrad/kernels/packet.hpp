#pragma once
// Packet<T>: a few lanes of T in one register, over the compiler's vector types, so that AVX2,
// AVX-512, NEON and the plain fallback share one source. Transcendental functions are in
// kernels/math/.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>

#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Unsigned and signed integers as wide as T.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
using SignedBits = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// The compiler's vector types. Spelt out: GCC 12 ignores vector_size on a dependent type.
template <class T>
struct NativeVector;
template <>
struct NativeVector<float> {
  typedef float Type __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
  typedef std::int32_t Ints __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
  typedef std::uint32_t Unsigned __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
};
template <>
struct NativeVector<double> {
  typedef double Type __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
  typedef std::int64_t Ints __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
  typedef std::uint64_t Unsigned __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
};

/// Lanes of all ones (true) or all zeros (false), one per lane of Packet<T>.
template <FloatScalar T>
struct Mask {
  using Native = typename NativeVector<T>::Ints;
  Native v;
};

/// As many lanes of T as the instruction set holds in one register. Arithmetic is lane by lane and
/// IEEE.
template <FloatScalar T>
struct Packet {
  using Native = typename NativeVector<T>::Type;
  using Scalar = T;
  static constexpr Index lanes = EIGENGRAD_VECTOR_BYTES / static_cast<Index>(sizeof(T));

  Native v;

  Packet() = default;
  EIGENGRAD_INLINE explicit Packet(Native native) noexcept : v(native) {}
  /// Every lane the same value; implicit, so that `1 - x` reads as it does for a scalar.
  EIGENGRAD_INLINE Packet(T value) noexcept : v(value - Native{}) {}  // NOLINT: implicit on purpose

  /// From `p`, which needs no alignment.
  [[nodiscard]] static EIGENGRAD_INLINE Packet load(const T* p) noexcept {
    Packet x;
    std::memcpy(&x.v, p, sizeof x.v);
    return x;
  }
  EIGENGRAD_INLINE void store(T* p) const noexcept { std::memcpy(p, &v, sizeof v); }

  /// The first `count` lanes from `p`, at least one, together or `stride` elements apart; the other
  /// lanes repeat the first.
  [[nodiscard]] static Packet load_part(const T* p, Index count) noexcept;
  [[nodiscard]] static EIGENGRAD_INLINE Packet load_part(const T* p, Index count,
                                                         Index stride) noexcept {
    T buffer[static_cast<std::size_t>(lanes)];
    for (Index i = 0; i < lanes; ++i) {
      buffer[i] = p[i < count ? i * stride : 0];
    }
    return load(buffer);
  }
  EIGENGRAD_INLINE void store_part(T* p, Index count) const noexcept {
    T buffer[static_cast<std::size_t>(lanes)];
    store(buffer);
    std::memcpy(p, buffer, static_cast<std::size_t>(count) * sizeof(T));
  }
  EIGENGRAD_INLINE void store_part(T* p, Index count, Index stride) const noexcept {
    T buffer[static_cast<std::size_t>(lanes)];
    store(buffer);
    for (Index i = 0; i < count; ++i) {
      p[i * stride] = buffer[i];
    }
  }

  friend EIGENGRAD_INLINE Packet operator+(Packet a, Packet b) noexcept {
    return Packet(a.v + b.v);
  }
  friend EIGENGRAD_INLINE Packet operator-(Packet a, Packet b) noexcept {
    return Packet(a.v - b.v);
  }
  friend EIGENGRAD_INLINE Packet operator*(Packet a, Packet b) noexcept {
    return Packet(a.v * b.v);
  }
  friend EIGENGRAD_INLINE Packet operator/(Packet a, Packet b) noexcept {
    return Packet(a.v / b.v);
  }
  friend EIGENGRAD_INLINE Packet operator-(Packet a) noexcept { return Packet(-a.v); }
  friend EIGENGRAD_INLINE Mask<T> operator<(Packet a, Packet b) noexcept { return {a.v < b.v}; }
  friend EIGENGRAD_INLINE Mask<T> operator<=(Packet a, Packet b) noexcept { return {a.v <= b.v}; }
  friend EIGENGRAD_INLINE Mask<T> operator>(Packet a, Packet b) noexcept { return {a.v > b.v}; }
  friend EIGENGRAD_INLINE Mask<T> operator>=(Packet a, Packet b) noexcept { return {a.v >= b.v}; }
  friend EIGENGRAD_INLINE Mask<T> operator==(Packet a, Packet b) noexcept { return {a.v == b.v}; }
  friend EIGENGRAD_INLINE Mask<T> operator!=(Packet a, Packet b) noexcept { return {a.v != b.v}; }
};

template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> Packet<T>::load_part(const T* p, Index count) noexcept {
  // Not through a buffer: a packet read where several small stores are under way waits for them.
#if EIGENGRAD_VECTOR_BYTES == 64
  const auto wanted = static_cast<std::uint16_t>((1U << static_cast<unsigned>(count)) - 1U);
  if constexpr (sizeof(T) == 4) {
    return Packet(__builtin_ia32_loadups512_mask(p, Packet(*p).v, wanted));
  } else {
    return Packet(
        __builtin_ia32_loadupd512_mask(p, Packet(*p).v, static_cast<std::uint8_t>(wanted)));
  }
#elif EIGENGRAD_VECTOR_BYTES == 32 && defined(__AVX2__)
  constexpr SignedBits<T> sliding[] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  typename Mask<T>::Native wanted;
  std::memcpy(&wanted, sliding + 8 - count, sizeof wanted);
  const Native loaded = __builtin_bit_cast(
      Native, __builtin_ia32_maskloadps256(reinterpret_cast<const NativeVector<float>::Type*>(p),
                                           __builtin_bit_cast(NativeVector<float>::Ints, wanted)));
  return Packet(wanted ? loaded : Packet(*p).v);
#else
  return load_part(p, count, 1);
#endif
}

template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> operator&(Mask<T> a, Mask<T> b) noexcept {
  return {a.v & b.v};
}
template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> operator|(Mask<T> a, Mask<T> b) noexcept {
  return {a.v | b.v};
}
/// The same, spelt as for bool; both sides are evaluated.
template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> operator&&(Mask<T> a, Mask<T> b) noexcept {
  return a & b;
}
template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> operator||(Mask<T> a, Mask<T> b) noexcept {
  return a | b;
}
template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> operator!(Mask<T> a) noexcept {
  return {~a.v};
}

/// The lanes as integers of the same width, and back.
template <FloatScalar T>
EIGENGRAD_INLINE typename Mask<T>::Native to_bits(Packet<T> x) noexcept {
  return __builtin_bit_cast(typename Mask<T>::Native, x.v);
}
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> from_bits(typename Mask<T>::Native bits) noexcept {
  return Packet<T>(__builtin_bit_cast(typename Packet<T>::Native, bits));
}

#if EIGENGRAD_VECTOR_BYTES == 64
/// "Every lane" as the AVX-512 builtins want it: signed for GCC, unsigned for clang.
#if defined(__clang__)
template <class T>
inline constexpr auto every_lane =
    static_cast<std::conditional_t<sizeof(T) == 4, unsigned short, unsigned char>>(-1);
#else
template <class T>
inline constexpr int every_lane = -1;
#endif
#endif

/// Whether multiply_add below is sure to round once.
#if EIGENGRAD_VECTOR_BYTES == 64 || (EIGENGRAD_VECTOR_BYTES == 32 && defined(__FMA__))
inline constexpr bool multiply_add_is_fused = true;
#else
inline constexpr bool multiply_add_is_fused = false;
#endif

/// a * b + c, rounded once where the instruction set has a fused multiply-add. The compilers'
/// builtins are used because clang never fuses across two inlined operators, and because
/// <immintrin.h> takes 0.6 s to parse.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> multiply_add(Packet<T> a, Packet<T> b, Packet<T> c) noexcept {
#if EIGENGRAD_VECTOR_BYTES == 64
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_vfmaddps512_mask(a.v, b.v, c.v, every_lane<T>, 4));
  } else {
    return Packet<T>(__builtin_ia32_vfmaddpd512_mask(a.v, b.v, c.v, every_lane<T>, 4));
  }
#elif EIGENGRAD_VECTOR_BYTES == 32 && defined(__FMA__)
  if constexpr (sizeof(T) == 4) {
    return Packet<T>(__builtin_ia32_vfmaddps256(a.v, b.v, c.v));
  } else {
    return Packet<T>(__builtin_ia32_vfmaddpd256(a.v, b.v, c.v));
  }
#else
  return Packet<T>(a.v * b.v + c.v);
#endif
}

/// Whether lookup below is one instruction.
#if EIGENGRAD_VECTOR_BYTES == 64 || (EIGENGRAD_VECTOR_BYTES == 32 && defined(__AVX2__))
inline constexpr bool lookup_is_fast = true;
#else
inline constexpr bool lookup_is_fast = false;
#endif

/// In each lane the lane of `table` that the low bits of `at` number.
EIGENGRAD_INLINE Mask<float>::Native lookup(Mask<float>::Native table,
                                            Mask<float>::Native at) noexcept {
#if EIGENGRAD_VECTOR_BYTES == 64 && defined(__clang__)
  return __builtin_ia32_permvarsi512(table, at);
#elif EIGENGRAD_VECTOR_BYTES == 64
  return __builtin_ia32_permvarsi512_mask(table, at, table, every_lane<float>);
#elif EIGENGRAD_VECTOR_BYTES == 32 && defined(__AVX2__)
  return __builtin_ia32_permvarsi256(table, at);
#else
  Mask<float>::Native found;
  for (Index i = 0; i < Packet<float>::lanes; ++i) {
    found[i] = table[at[i] & (Packet<float>::lanes - 1)];
  }
  return found;
#endif
}

/// Whether any lane is true.
template <FloatScalar T>
EIGENGRAD_INLINE bool any(Mask<T> m) noexcept {
#if EIGENGRAD_VECTOR_BYTES >= 32 && defined(__AVX__)
  typedef std::int32_t Half __attribute__((vector_size(32)));
  typedef float Floats __attribute__((vector_size(32)));
  Half first;
  Half last;  // the same as `first` in packets of 32 bytes
  std::memcpy(&first, &m.v, sizeof first);
  std::memcpy(&last, reinterpret_cast<const char*>(&m.v) + sizeof m.v - sizeof last, sizeof last);
  return __builtin_ia32_movmskps256(__builtin_bit_cast(Floats, first | last)) != 0;
#elif defined(__SSE2__)
  return __builtin_ia32_movmskps(__builtin_bit_cast(NativeVector<float>::Type, m.v)) != 0;
#else
  SignedBits<T> all = 0;
  for (Index i = 0; i < Packet<T>::lanes; ++i) {
    all |= m.v[i];
  }
  return all != 0;
#endif
}

/// Lane i is lane i ^ Distance of x.
template <int Distance, FloatScalar T, int... Lane>
EIGENGRAD_INLINE Packet<T> exchange_lanes(Packet<T> x,
                                          std::integer_sequence<int, Lane...> /*lanes*/) noexcept {
  return Packet<T>(__builtin_shufflevector(x.v, x.v, (Lane ^ Distance)...));
}
/// All lanes into one by f, halves onto halves: the order is fixed for a given width.
template <int Lanes, FloatScalar T, class F>
EIGENGRAD_INLINE T fold_lanes(Packet<T> x, const F& f) noexcept {
  if constexpr (Lanes == 1) {
    return x.v[0];
  } else {
    constexpr std::make_integer_sequence<int, static_cast<int>(Packet<T>::lanes)> all;
    return fold_lanes<Lanes / 2>(f(x, exchange_lanes<Lanes / 2>(x, all)), f);
  }
}
template <FloatScalar T, class F>
EIGENGRAD_INLINE T fold_lanes(Packet<T> x, const F& f) noexcept {
  return fold_lanes<static_cast<int>(Packet<T>::lanes)>(x, f);
}

/// Sum of the lanes.
template <FloatScalar T>
EIGENGRAD_INLINE T sum_lanes(Packet<T> x) noexcept {
  return fold_lanes(x, [](Packet<T> a, Packet<T> b) { return a + b; });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
