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
/// Packets in a row of a block.
inline constexpr int gemm_tile_packets = 2;
/// Columns of a block, and of a packed panel of B.
template <FloatScalar T>
inline constexpr Index gemm_tile_columns = gemm_tile_packets* Packet<T>::lanes;

/// Where a block of C lies and what becomes of its sums s: C = alpha s + beta C + bias.
template <FloatScalar T>
struct TileOutput {
  T* c;
  Index row_stride;
  T alpha;
  T beta;         // 0: C is not read
  const T* bias;  // null, or as many values as the block has columns
};

/// Adds up `Rows` rows and `Packets` packets of columns over k and writes them.
/// Every element is one chain of multiply-adds in the order of k, so its bits do not depend on the
/// block it falls into.
///
/// Shapes: a (Rows, k) with any strides, b (k, Packets lanes) with contiguous rows
template <FloatScalar T, int Rows, int Packets>
__attribute__((noinline)) void gemm_tile(Index k, const T* a, Index a_row_stride,
                                         Index a_column_stride, const T* b, Index b_row_stride,
                                         const TileOutput<T>& output) noexcept {
  using Native = typename Packet<T>::Native;
  constexpr Index lanes = Packet<T>::lanes;
  Native sums[Rows][Packets] = {};
  for (Index l = 0; l < k; ++l) {
    Native columns[Packets];
#pragma GCC unroll 16
    for (int v = 0; v < Packets; ++v) {
      std::memcpy(&columns[v], b + v * lanes, sizeof(Native));
    }
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) {
      const Native row = a[r * a_row_stride] - Native{};
#pragma GCC unroll 16
      for (int v = 0; v < Packets; ++v) {
        sums[r][v] += row * columns[v];  // one expression: clang contracts within one only
      }
    }
    a += a_column_stride;
    b += b_row_stride;
  }

  const Native alpha = output.alpha - Native{};
  const Native beta = output.beta - Native{};
  const bool reads = output.beta != T(0);
  Native bias[Packets] = {};
  if (output.bias != nullptr) {
    std::memcpy(bias, output.bias, sizeof bias);
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    T* c = output.c + r * output.row_stride;
#pragma GCC unroll 16
    for (int v = 0; v < Packets; ++v) {
      Native x = alpha * sums[r][v];
      if (reads) {
        Native old;
        std::memcpy(&old, c + v * lanes, sizeof old);
        x += beta * old;
      }
      x += bias[v];
      std::memcpy(c + v * lanes, &x, sizeof x);
    }
  }
}

/// Rows of the next block when `left` rows remain: full blocks, and at the end two that share what
/// is left, because a block of few rows has too few sums to hide the latency.
[[nodiscard]] inline int gemm_next_rows(Index left) noexcept {
  constexpr Index full = gemm_tile_rows;
  if (left >= 2 * full || left == full) {
    return gemm_tile_rows;
  }
  return static_cast<int>(left < full ? left : (left + 1) / 2);
}

/// gemm_tile with `rows` known at run time.
template <FloatScalar T, int Packets, int Rows = gemm_tile_rows>
EIGENGRAD_INLINE void gemm_tile_of(int rows, Index k, const T* a, Index a_row_stride,
                                   Index a_column_stride, const T* b, Index b_row_stride,
                                   const TileOutput<T>& output) noexcept {
  if (rows == Rows) {
    gemm_tile<T, Rows, Packets>(k, a, a_row_stride, a_column_stride, b, b_row_stride, output);
  } else if constexpr (Rows > 1) {
    gemm_tile_of<T, Packets, Rows - 1>(rows, k, a, a_row_stride, a_column_stride, b, b_row_stride,
                                       output);
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
