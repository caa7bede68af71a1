#pragma once
// A square of lanes x lanes elements transposed in registers, over the compiler's vector types.
// Leaves out memory: callers load and store.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <utility>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Index into the lanes of (a, b) that lane `lane` of an interleaving takes: halves of groups of
/// `group` lanes, the low ones or the high ones, element by element in turn.
[[nodiscard]] constexpr int interleave_index(int lanes, int group, bool high, int lane) noexcept {
  const int within = lane % group;
  const int from = lane - within + within / 2 + (high ? group / 2 : 0);
  return within % 2 == 0 ? from : from + lanes;
}

/// The same for an exchange of blocks of `block` lanes: the even ones of a and b, or the odd ones.
[[nodiscard]] constexpr int exchange_index(int lanes, int block, bool odd, int lane) noexcept {
  const bool from_b = (lane / block) % 2 == 1;
  return lane + (odd ? (from_b ? 0 : block) : (from_b ? -block : 0)) + (from_b ? lanes : 0);
}

/// (a, b) becomes their interleaving, low halves in a, high halves in b.
template <int Group, class Native, int... Lane>
EIGENGRAD_INLINE void interleave(Native& a, Native& b,
                                 std::integer_sequence<int, Lane...>) noexcept {
  constexpr int lanes = static_cast<int>(sizeof...(Lane));
  const Native low = __builtin_shufflevector(a, b, interleave_index(lanes, Group, false, Lane)...);
  b = __builtin_shufflevector(a, b, interleave_index(lanes, Group, true, Lane)...);
  a = low;
}

/// The odd blocks of a change places with the even blocks of b.
template <int Block, class Native, int... Lane>
EIGENGRAD_INLINE void exchange(Native& a, Native& b, std::integer_sequence<int, Lane...>) noexcept {
  constexpr int lanes = static_cast<int>(sizeof...(Lane));
  const Native even = __builtin_shufflevector(a, b, exchange_index(lanes, Block, false, Lane)...);
  b = __builtin_shufflevector(a, b, exchange_index(lanes, Block, true, Lane)...);
  a = even;
}

/// exchange() of every pair of rows `Block` apart.
template <int Block, int Lanes, class Native>
EIGENGRAD_INLINE void exchange_rows(Native* x) noexcept {
#pragma GCC unroll 16
  for (int i = 0; i < Lanes; ++i) {
    if ((i & Block) == 0) {
      exchange<Block>(x[i], x[i + Block], std::make_integer_sequence<int, Lanes>());
    }
  }
}

/// Transposes x[0..lanes) in place, row i being x[i].
/// Squares of 16 bytes a side first, by interleaving within 16 bytes (one instruction on every
/// x86), then the squares among each other.
template <FloatScalar T>
EIGENGRAD_INLINE void transpose_lanes(typename Packet<T>::Native* x) noexcept {
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  constexpr int group = 16 / static_cast<int>(sizeof(T));
  constexpr std::make_integer_sequence<int, lanes> all;
#pragma GCC unroll 16
  for (int first = 0; first < lanes; first += group) {
    if constexpr (group == 2) {
      interleave<group>(x[first], x[first + 1], all);
    } else {
      interleave<group>(x[first], x[first + 2], all);
      interleave<group>(x[first + 1], x[first + 3], all);
      interleave<group>(x[first], x[first + 1], all);
      interleave<group>(x[first + 2], x[first + 3], all);
    }
  }
  if constexpr (lanes > group) {
    exchange_rows<group, lanes>(x);
  }
  if constexpr (lanes > 2 * group) {
    exchange_rows<2 * group, lanes>(x);
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
