#pragma once
// The micro-kernel: one block of C held in registers while k runs. Leaves out fringes in n (the
// driver gives it padded panels and a padded block of C) and the walk over blocks (see direct.hpp).

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Rows of a full block of C. 16 vector registers hold 6 x 2 sums, 2 packets of B and one of A; 32
/// registers hold 12 x 2. Two fused multiply-adds a cycle of latency 4 need 8 sums or more.
inline constexpr int gemm_tile_rows = EIGENGRAD_VECTOR_REGISTERS >= 32 ? 12 : 6;
/// Rows of the lowest block of C.
inline constexpr int gemm_least_rows = 4;
/// Packets in a row of a block; where one holds what is left of C's columns, it is one.
inline constexpr int gemm_tile_packets = 2;
/// Columns of a block, and of a packed panel of B.
template <FloatScalar T>
inline constexpr Index gemm_tile_columns = gemm_tile_packets* Packet<T>::lanes;

/// Blocks of C below each other that one call computes, what they are made of, and what becomes of
/// their sums s: C = alpha s + beta C + bias.
template <FloatScalar T>
struct TileColumn {
  Index k;
  const T* a;
  Index a_row_stride;
  Index a_column_stride;
  Index a_tile_stride;  // from the rows of one block to those of the next
  const T* b;
  Index b_row_stride;
  T* c;
  Index c_row_stride;
  T alpha;
  T beta;         // 0: C is not read
  const T* bias;  // null, or as many values as a block has columns
};

/// Keeps a loaded vector in its register. GCC would fold the load into every use of it, and the
/// block then waits for loads: 60 % of the peak instead of 85 % for 4 rows.
template <class Native>
EIGENGRAD_INLINE void keep_in_register([[maybe_unused]] Native& x) noexcept {
#if defined(__x86_64__) && !defined(__clang__)
  asm("" : "+v"(x));
#endif
}

/// Hides how a pointer was computed. Clang would derive the address of each row from that of the
/// row above, and the block then waits for a chain of additions: half the speed.
template <class T>
EIGENGRAD_INLINE void forget_origin(const T*& p) noexcept {
  asm("" : "+r"(p));
}

/// Computes `count` blocks of `Rows` rows and `Packets` packets of columns.
/// Every element is one chain of multiply-adds in the order of k, so its bits do not depend on the
/// block it falls into.
///
/// Shapes: a (count Rows, k) with any strides, b (k, Packets lanes) with contiguous rows
template <FloatScalar T, int Rows, int Packets>
__attribute__((noinline)) void gemm_tiles(Index count, const TileColumn<T>& p) noexcept {
  using Native = typename Packet<T>::Native;
  constexpr Index lanes = Packet<T>::lanes;
  constexpr int groups = (Rows + 2) / 3;  // an address holds a base and 0, 1 or 2 strides
  const T* a_tile = p.a;
  T* c = p.c;
  const Index k = p.k;
  const Index a_row_stride = p.a_row_stride;
  const Index a_column_stride = p.a_column_stride;
  const Index b_row_stride = p.b_row_stride;
  const Index c_row_stride = p.c_row_stride;
  for (; count > 0; --count) {
    Native sums[Rows][Packets] = {};
    const T* a[groups];
#pragma GCC unroll 16
    for (int group = 0; group < groups; ++group) {
      a[group] = a_tile + 3 * group * a_row_stride;
      forget_origin(a[group]);
    }
    const T* b = p.b;
    if (p.beta != T(0)) {  // C is read at the end, by when it has come
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        __builtin_prefetch(c + r * c_row_stride, 1);
      }
    }
#if defined(__clang__)
#pragma clang loop unroll(disable)
#endif
    for (Index l = k; l > 0; --l) {
      Native columns[Packets];
#pragma GCC unroll 16
      for (int v = 0; v < Packets; ++v) {
        std::memcpy(&columns[v], b + v * lanes, sizeof(Native));
        if constexpr (Rows > 1) {
          keep_in_register(columns[v]);
        }
      }
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
        const Native row = a[r / 3][r % 3 * a_row_stride] - Native{};
#pragma GCC unroll 16
        for (int v = 0; v < Packets; ++v) {
          sums[r][v] = multiply_add(Packet<T>(row), Packet<T>(columns[v]), Packet<T>(sums[r][v])).v;
        }
      }
#pragma GCC unroll 16
      for (int group = 0; group < groups; ++group) {
        a[group] += a_column_stride;
      }
      b += b_row_stride;
    }
    a_tile += p.a_tile_stride;

    if (p.alpha != T(1)) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
        for (int v = 0; v < Packets; ++v) {
          sums[r][v] *= p.alpha;
        }
      }
    }
    if (p.beta != T(0)) {
#pragma GCC unroll 16
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
        for (int v = 0; v < Packets; ++v) {
          Native old;
          std::memcpy(&old, c + r * c_row_stride + v * lanes, sizeof old);
          sums[r][v] += p.beta * old;
        }
      }
    }
    if (p.bias != nullptr) {
#pragma GCC unroll 16
      for (int v = 0; v < Packets; ++v) {
        Native bias;
        std::memcpy(&bias, p.bias + v * lanes, sizeof bias);
#pragma GCC unroll 16
        for (int r = 0; r < Rows; ++r) {
          sums[r][v] += bias;
        }
      }
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 16
      for (int v = 0; v < Packets; ++v) {
        std::memcpy(c + v * lanes, &sums[r][v], sizeof(Native));
      }
      c += c_row_stride;
    }
  }
}

/// gemm_tiles with `rows` and `packets` known at run time; `rows` is one of RowCut's.
template <FloatScalar T, int Rows = gemm_tile_rows>
EIGENGRAD_INLINE void gemm_tiles_of(Index rows, int packets, Index count,
                                    const TileColumn<T>& p) noexcept {
  if (rows == Rows) {
    packets == 1 ? gemm_tiles<T, Rows, 1>(count, p)
                 : gemm_tiles<T, Rows, gemm_tile_packets>(count, p);
  } else if constexpr (Rows > gemm_least_rows) {
    gemm_tiles_of<T, Rows - 2>(rows, packets, count, p);
  }
}

/// `count` blocks of `rows` rows below each other, from row `begin` on. Of the last run's block the
/// first `skip` rows belong to the run before and stay as they are.
struct RowRun {
  Index rows;
  Index count;
  Index begin;
  Index skip;
};

/// Cuts m rows, with `above` others over them, into at most three runs of blocks with an even
/// number of rows: full ones, and what is left in one or two that are high enough for the latency
/// to be hidden. An odd row is computed together with one that was computed before. Wants
/// m + above >= gemm_least_rows.
struct RowCut {
  using Runs = RowRun[3];
  Runs runs;

  RowCut(Index m, Index above) noexcept : runs{} {
    constexpr Index full = gemm_tile_rows;
    constexpr Index least = gemm_least_rows;
    Index rest = m % full;
    const bool splits = rest > 0 && rest < 3 && m > full;  // 14 as 8 + 6, 8 as 4 + 4
    if (splits) {
      rest += full;
    }
    const Index whole = (m - rest) / full;
    Index begin = whole * full;
    runs[0] = {full, whole, 0, 0};
    if (rest == 0) {
      return;
    }
    const auto height = [](Index rows) { return rows < least ? least : rows + rows % 2; };
    if (splits || height(rest) - rest > begin + above) {
      const Index first = splits ? (rest + 3) / 4 * 2 : rest - 3 < least ? least : rest - 3;
      runs[1] = {first, rest == 2 * first ? 2 : 1, begin, 0};
      begin += runs[1].count * first;
      rest -= runs[1].count * first;
    }
    if (rest > 0) {
      runs[2] = {height(rest), 1, begin + rest - height(rest), height(rest) - rest};
    }
  }
};

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
