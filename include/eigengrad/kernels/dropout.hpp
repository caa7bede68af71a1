#pragma once
// Dropout's mask, one bit for an element, from the counter-based generator; and its application.
// The generator is tensor/random.hpp's Philox4x32-10, several blocks abreast in vector registers.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

namespace dropout_detail {

/// 64-bit lanes; each holds a 32-bit word.
using Words = NativeVector<double>::Unsigned;
inline constexpr Index lanes = EIGENGRAD_VECTOR_BYTES / 8;
/// Elements of one block of work: whole bytes of the mask and whole steps of the generator.
inline constexpr Index grain = 8192;
/// Elements that are worked on at a time.
inline constexpr Index chunk = 64;
static_assert(chunk % (4 * lanes) == 0);

/// Lane by lane the 64-bit product of the low 32 bits. Spelt with builtins for GCC, which makes a
/// full 64-bit multiplication of it.
[[nodiscard]] EIGENGRAD_INLINE Words multiply_words(Words a, std::uint32_t b) noexcept {
  const Words factor = Words{} + b;
#if defined(__clang__) || !defined(__SSE2__) || (EIGENGRAD_VECTOR_BYTES == 32 && !defined(__AVX2__))
  return (a & 0xffffffffU) * factor;
#else
  using Ints = NativeVector<float>::Ints;
  const auto x = __builtin_bit_cast(Ints, a);
  const auto y = __builtin_bit_cast(Ints, factor);
#if EIGENGRAD_VECTOR_BYTES == 64
  typedef long long Products __attribute__((vector_size(64)));
  return __builtin_bit_cast(Words,
                            __builtin_ia32_pmuludq512_mask(x, y, Products{}, every_lane<double>));
#elif EIGENGRAD_VECTOR_BYTES == 32
  return __builtin_bit_cast(Words, __builtin_ia32_pmuludq256(x, y));
#else
  return __builtin_bit_cast(Words, __builtin_ia32_pmuludq128(x, y));
#endif
#endif
}

/// Words `first` to `first + chunk` - 1 of a stream; `first` is a multiple of four.
/// Reference: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"
inline void random_words(std::uint64_t seed, std::uint64_t stream, Index first,
                         std::uint32_t* out) noexcept {
  constexpr std::uint64_t low = 0xffffffffU;
  for (Index i = 0; i < chunk; i += 4 * lanes) {
    Words block{};
    for (Index lane = 0; lane < lanes; ++lane) {
      block[lane] = static_cast<std::uint64_t>((first + i) / 4 + lane);
    }
    Words c0 = block & low;
    Words c1 = block >> 32;
    Words c2 = Words{} + (stream & low);
    Words c3 = Words{} + (stream >> 32);
    auto key0 = static_cast<std::uint32_t>(seed);
    auto key1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const Words product0 = multiply_words(c0, 0xD2511F53);
      const Words product1 = multiply_words(c2, 0xCD9E8D57);
      c0 = (product1 >> 32) ^ c1 ^ key0;
      c2 = (product0 >> 32) ^ c3 ^ key1;
      c1 = product1 & low;
      c3 = product0 & low;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    for (Index lane = 0; lane < lanes; ++lane) {
      std::uint32_t* const to = out + i + 4 * lane;
      to[0] = static_cast<std::uint32_t>(c0[lane]);
      to[1] = static_cast<std::uint32_t>(c1[lane]);
      to[2] = static_cast<std::uint32_t>(c2[lane]);
      to[3] = static_cast<std::uint32_t>(c3[lane]);
    }
  }
}

}  // namespace dropout_detail

/// Bit i of `bits`, (n + 7) / 8 bytes, is 1 where 32-bit word i of the stream (seed, stream) is
/// below `bound`. Throws nothing.
inline void random_mask(std::uint64_t seed, std::uint64_t stream, std::uint64_t bound, Index n,
                        std::uint8_t* bits) {
  using dropout_detail::chunk;
  parallel_for(n, dropout_detail::grain, [&](Index begin, Index end) noexcept {
    for (Index i = begin; i < end; i += chunk) {
      std::uint32_t words[chunk];
      dropout_detail::random_words(seed, stream, i, words);
      const Index bytes = (std::min(chunk, end - i) + 7) / 8;
      for (Index byte = 0; byte < bytes; ++byte) {
        unsigned mask = 0;
        for (unsigned bit = 0; bit < 8; ++bit) {
          mask |= static_cast<unsigned>(words[byte * 8 + bit] < bound) << bit;
        }
        bits[i / 8 + byte] = static_cast<std::uint8_t>(mask);
      }
    }
  });
}

/// out[i] = x[i] times `scale` where bit i is 1, times 0 elsewhere; with Add, added to out. Throws
/// nothing.
template <bool Add, FloatScalar T>
void apply_mask(const std::uint8_t* bits, T scale, Index n, const T* x, T* out) {
  using dropout_detail::chunk;
  parallel_for(n, dropout_detail::grain, [&](Index begin, Index end) noexcept {
    const T factors[2] = {T(0), scale};
    for (Index i = begin; i < end; i += chunk) {
      const Index count = std::min(chunk, end - i);
      for (Index k = 0; k < count; ++k) {
        const T value = x[i + k] * factors[bits[(i + k) / 8] >> ((i + k) % 8) & 1];
        out[i + k] = Add ? out[i + k] + value : value;
      }
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
