#pragma once
// Copies of parts of A and B in the order in which the micro-kernel reads them: panels of B as wide
// as a block of C, and blocks of rows of A. Any strides are legal; unit strides are fast.

#include <eigengrad/kernels/gemm/tile.hpp>
#include <eigengrad/kernels/gemm/transpose.hpp>

#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Copies `count` vectors of k contiguous elements, `stride` apart, so that element l of all of
/// them stand together: element l of vector v goes to packed[l * step + v]. `groups` packets hold
/// the vectors; spare lanes of the last one repeat a vector.
template <FloatScalar T>
__attribute__((noinline)) void gemm_pack_across(Index k, Index count, int groups, const T* from,
                                                Index stride, T* packed) noexcept {
  using Native = typename Packet<T>::Native;
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  const Index step = Index{groups} * lanes;
  for (int group = 0; group < groups; ++group) {
    const Index left = count - group * lanes;
    const T* const first = from + group * lanes * stride;
    T* const to = packed + group * lanes;
    Index l = 0;
    for (; l + lanes <= k; l += lanes) {
      Native x[lanes];
      const T* vector = first + l;
#pragma GCC unroll 16
      for (int v = 0; v < lanes; ++v) {
        std::memcpy(&x[v], vector, sizeof(Native));
        vector += v + 1 < left ? stride : 0;
      }
      transpose_lanes<T>(x);
#pragma GCC unroll 16
      for (int v = 0; v < lanes; ++v) {
        std::memcpy(to + (l + v) * step, &x[v], sizeof(Native));
      }
    }
    for (; l < k; ++l) {
      for (Index v = 0; v < lanes; ++v) {
        to[l * step + v] = first[(v < left ? v : left - 1) * stride + l];
      }
    }
  }
}

/// Copies rows of `columns` elements, two packets at most.
template <FloatScalar T>
EIGENGRAD_INLINE void gemm_copy_narrow(Index rows, Index columns, const T* from, Index from_stride,
                                       T* to, Index to_stride) noexcept {
  using P = Packet<T>;
  for (Index r = 0; r < rows; ++r) {
    const T* const source = from + r * from_stride;
    T* const target = to + r * to_stride;
    if (columns >= P::lanes) {  // two packets that overlap
      const P tail = P::load(source + columns - P::lanes);
      P::load(source).store(target);
      tail.store(target + columns - P::lanes);
    } else {
      for (Index j = 0; j < columns; ++j) {
        target[j] = source[j];
      }
    }
  }
}

/// Copies k rows of `columns` elements of B to `packed`, rows of `packets` packets after each
/// other. What is left of each row becomes zero or repeats an element: its sums are never used.
///
/// Shapes: b (k, columns) with any strides, 1 <= columns <= packets lanes <= gemm_tile_columns<T>
template <FloatScalar T>
__attribute__((noinline)) void gemm_pack_b(Index k, Index columns, int packets, const T* b,
                                           Index row_stride, Index column_stride,
                                           T* packed) noexcept {
  const Index width = packets * Packet<T>::lanes;
  if (column_stride == 1 && columns == gemm_tile_columns<T>) {
    for (Index l = 0; l < k; ++l) {
      std::memcpy(packed + l * width, b + l * row_stride, sizeof(T) * gemm_tile_columns<T>);
    }
    return;
  }
  if (columns < width) {  // the last packet of each row, then what there is of it
    for (Index l = 0; l < k; ++l) {
      Packet<T>(T(0)).store(packed + (l + 1) * width - Packet<T>::lanes);
    }
  }
  if (column_stride == 1) {
    gemm_copy_narrow(k, columns, b, row_stride, packed, width);
  } else if (row_stride == 1) {
    gemm_pack_across<T>(k, columns, packets, b, column_stride, packed);
  } else {
    for (Index l = 0; l < k; ++l) {
      for (Index j = 0; j < columns; ++j) {
        packed[l * width + j] = b[l * row_stride + j * column_stride];
      }
    }
  }
}

/// Copies `count` blocks of `Rows` rows of A whose columns are contiguous, four columns of all of
/// them at a time: the lines that two blocks share are then read once. Element (r, l) of a block
/// becomes its [l * Rows + r].
template <FloatScalar T, int Rows>
__attribute__((noinline)) void gemm_pack_columns(Index count, Index k, const T* a,
                                                 Index column_stride, T* packed) noexcept {
  constexpr Index together = 4;
  for (Index l = 0; l < k; l += together) {
    const Index stop = k - l < together ? k : l + together;
    for (Index block = 0; block < count; ++block) {
      for (Index at = l; at < stop; ++at) {
        std::memcpy(packed + (block * k + at) * Rows, a + at * column_stride + block * Rows,
                    sizeof(T) * Rows);
      }
    }
  }
}

/// Elements from one copied row of A to the next, when k runs along them: an odd number of cache
/// lines, so that the rows of a block do not fall into one set.
template <FloatScalar T>
[[nodiscard]] constexpr Index gemm_row_step(Index k) noexcept {
  constexpr Index line = 64 / static_cast<Index>(sizeof(T));
  return ((k + line - 1) / line | 1) * line;
}

/// Blocks of A's rows in a copy, and how the micro-kernel reads them.
template <FloatScalar T>
struct PackedRows {
  const T* data;
  Index row_stride;
  Index column_stride;
  Index block_stride;  // from one block to the next
};

/// Copies `count` blocks of `rows` rows of A: rows stay rows when k runs along them or A has no
/// unit stride, else the blocks are copied column by column.
///
/// Shapes: a (count rows, k) with any strides; `rows` is one of RowCut's
template <FloatScalar T>
[[nodiscard]] PackedRows<T> gemm_pack_a(Index rows, Index count, Index k, const T* a,
                                        Index row_stride, Index column_stride, T* packed) noexcept {
  if (row_stride == 1 && column_stride != 1 && rows == gemm_tile_rows) {
    gemm_pack_columns<T, gemm_tile_rows>(count, k, a, column_stride, packed);
    return {packed, 1, gemm_tile_rows, k * gemm_tile_rows};
  }
  const Index step = gemm_row_step<T>(k);
  for (Index r = 0; r < rows * count; ++r) {
    if (column_stride == 1) {
      std::memcpy(packed + r * step, a + r * row_stride, static_cast<std::size_t>(k) * sizeof(T));
      continue;
    }
    for (Index l = 0; l < k; ++l) {
      packed[r * step + l] = a[r * row_stride + l * column_stride];
    }
  }
  return {packed, step, 1, rows * step};
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
