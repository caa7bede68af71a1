#pragma once
// Copies of parts of A and B in the order in which the micro-kernel reads them: panels of B as wide
// as a block of C, and blocks of rows of A. Any strides are legal; unit strides are fast.

#include <eigengrad/kernels/gemm/tile.hpp>
#include <eigengrad/kernels/gemm/transpose.hpp>

#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements past the end of a packed block that packing may overwrite.
template <FloatScalar T>
inline constexpr Index gemm_pack_slack = Packet<T>::lanes;

/// Copies `count` vectors of k contiguous elements, `stride` apart, so that element l of all of
/// them stand together: element l of vector v goes to packed[l * step + v]. `Groups` packets hold
/// the vectors; spare lanes of the last one repeat a vector and fall on what is written after them.
template <FloatScalar T, int Groups>
EIGENGRAD_INLINE void gemm_pack_across(Index k, Index count, const T* from, Index stride,
                                       Index step, T* packed) noexcept {
  using Native = typename Packet<T>::Native;
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  Index l = 0;
  for (; l + lanes <= k; l += lanes) {
    for (int group = Groups - 1; group >= 0; --group) {
      Native x[lanes];
#pragma GCC unroll 16
      for (int v = 0; v < lanes; ++v) {
        const Index vector = group * lanes + v < count ? group * lanes + v : count - 1;
        std::memcpy(&x[v], from + vector * stride + l, sizeof(Native));
      }
      transpose_lanes<T>(x);
#pragma GCC unroll 16
      for (int v = 0; v < lanes; ++v) {
        std::memcpy(packed + (l + v) * step + group * lanes, &x[v], sizeof(Native));
      }
    }
  }
  for (; l < k; ++l) {
    for (Index v = 0; v < count; ++v) {
      packed[l * step + v] = from[v * stride + l];
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

/// Copies k rows of `columns` elements of B to `packed`, rows gemm_tile_columns<T> apart. What is
/// left of each row becomes zero or repeats an element: its sums are never used.
///
/// Shapes: b (k, columns) with any strides, 1 <= columns <= gemm_tile_columns<T>
template <FloatScalar T>
__attribute__((noinline)) void gemm_pack_b(Index k, Index columns, const T* b, Index row_stride,
                                           Index column_stride, T* packed) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  if (column_stride == 1 && columns == width) {
    for (Index l = 0; l < k; ++l) {
      std::memcpy(packed + l * width, b + l * row_stride, sizeof(T) * width);
    }
    return;
  }
  if (columns < width) {
    std::memset(packed, 0, static_cast<std::size_t>(k * width) * sizeof(T));
  }
  if (column_stride == 1) {
    gemm_copy_narrow(k, columns, b, row_stride, packed, width);
  } else if (row_stride == 1) {
    gemm_pack_across<T, gemm_tile_packets>(k, columns, b, column_stride, width, packed);
  } else {
    for (Index l = 0; l < k; ++l) {
      for (Index j = 0; j < columns; ++j) {
        packed[l * width + j] = b[l * row_stride + j * column_stride];
      }
    }
  }
}

/// Copies `rows` rows of A, one column after the other: element (r, l) to packed[l * rows + r].
/// Writes up to gemm_pack_slack<T> elements past the end of the block.
///
/// Shapes: a (rows, k) with any strides, 1 <= rows <= gemm_tile_rows; `readable` >= rows rows exist
template <FloatScalar T>
__attribute__((noinline)) void gemm_pack_a(Index rows, Index readable, Index k, const T* a,
                                           Index row_stride, Index column_stride,
                                           T* packed) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  constexpr int groups = static_cast<int>((gemm_tile_rows + lanes - 1) / lanes);
  if (column_stride == 1 && rows > (groups - 1) * lanes) {
    gemm_pack_across<T, groups>(k, rows, a, row_stride, rows, packed);
  } else if (row_stride == 1 && readable >= groups * lanes) {
    for (Index l = 0; l < k; ++l) {
      for (int group = 0; group < groups; ++group) {
        Packet<T>::load(a + l * column_stride + group * lanes)
            .store(packed + l * rows + group * lanes);
      }
    }
  } else {
    for (Index l = 0; l < k; ++l) {
      for (Index r = 0; r < rows; ++r) {
        packed[l * rows + r] = a[r * row_stride + l * column_stride];
      }
    }
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
