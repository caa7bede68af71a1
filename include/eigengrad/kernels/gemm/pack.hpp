#pragma once
// Copies of parts of A and B in the order in which the micro-kernel reads them: panels of B as wide
// as a block of C, padded with zeros, and blocks of rows of A. Any strides are legal.

#include <eigengrad/kernels/gemm/tile.hpp>

#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Copies k rows of `columns` elements of B to `packed`, rows gemm_tile_columns<T> apart; what is
/// left of each row becomes zero.
///
/// Shapes: b (k, columns) with any strides, columns <= gemm_tile_columns<T>
template <FloatScalar T>
__attribute__((noinline)) void gemm_pack_b(Index k, Index columns, const T* b, Index row_stride,
                                           Index column_stride, T* packed) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  if (columns < width) {
    std::memset(packed, 0, static_cast<std::size_t>(k * width) * sizeof(T));
  }
  if (column_stride == 1) {
    if (columns == width) {
      for (Index l = 0; l < k; ++l) {
        std::memcpy(packed + l * width, b + l * row_stride, sizeof(T) * width);
      }
    } else {
      for (Index l = 0; l < k; ++l) {
        for (Index j = 0; j < columns; ++j) {
          packed[l * width + j] = b[l * row_stride + j];
        }
      }
    }
    return;
  }
  for (Index j = 0; j < columns; ++j) {
    for (Index l = 0; l < k; ++l) {
      packed[l * width + j] = b[l * row_stride + j * column_stride];
    }
  }
}

/// Copies `rows` rows of A, all k of one column after the other: element (r, l) to packed[l * rows
/// + r].
///
/// Shapes: a (rows, k) with any strides
template <FloatScalar T>
__attribute__((noinline)) void gemm_pack_a(Index rows, Index k, const T* a, Index row_stride,
                                           Index column_stride, T* packed) noexcept {
  for (Index l = 0; l < k; ++l) {
    for (Index r = 0; r < rows; ++r) {
      packed[l * rows + r] = a[r * row_stride + l * column_stride];
    }
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
