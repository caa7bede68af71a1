#pragma once
// The walk over blocks of C around the micro-kernel: which operands are packed, how k is cut, and
// the fringes. Leaves out threads and the choice of path (see gemm.hpp).

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/pack.hpp>
#include <eigengrad/kernels/gemm/tile.hpp>

#include <type_traits>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// How one product is cut and which operands are copied. A function of the shape and strides alone.
struct GemmPlan {
  Index depth;    // of k that is summed at once
  Index rows;     // of C per block of packed A
  Index columns;  // of C per task
  bool packs_a;
  bool packs_b;
};

/// Elements of scratch that gemm_block needs under a plan.
template <FloatScalar T>
[[nodiscard]] constexpr Index gemm_scratch(const GemmPlan& plan) noexcept {
  return plan.depth * (gemm_tile_columns<T> + (plan.packs_a ? plan.rows : 0));
}

/// Applies f to a part of C that was just written.
template <FloatScalar T, class Activation>
EIGENGRAD_INLINE void gemm_activate(Index rows, Index columns, T* c, Index row_stride,
                                    const Activation& f) noexcept {
  if constexpr (!std::is_same_v<Activation, Identity>) {
    constexpr Index lanes = Packet<T>::lanes;
    for (Index r = 0; r < rows; ++r) {
      T* row = c + r * row_stride;
      Index j = 0;
      for (; j + lanes <= columns; j += lanes) {
        f(Packet<T>::load(row + j)).store(row + j);
      }
      if (j < columns) {
        f(Packet<T>::load_part(row + j, columns - j)).store_part(row + j, columns - j);
      }
    }
  }
}

/// A block of C narrower than the micro-kernel: through a padded copy. `b` is a padded panel.
template <FloatScalar T>
__attribute__((noinline)) void gemm_fringe_tile(int rows, Index columns, Index k, const T* a,
                                                Index a_row_stride, Index a_column_stride,
                                                const T* b, const TileOutput<T>& output) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  alignas(64) T block[gemm_tile_rows * width] = {};
  alignas(64) T bias[width] = {};
  if (output.beta != T(0)) {
    for (int r = 0; r < rows; ++r) {
      for (Index j = 0; j < columns; ++j) {
        block[r * width + j] = output.c[r * output.row_stride + j];
      }
    }
  }
  if (output.bias != nullptr) {
    for (Index j = 0; j < columns; ++j) {
      bias[j] = output.bias[j];
    }
  }
  gemm_tile_of<T, gemm_tile_packets>(rows, k, a, a_row_stride, a_column_stride, b, width,
                                     {block, width, output.alpha, output.beta, bias});
  for (int r = 0; r < rows; ++r) {
    for (Index j = 0; j < columns; ++j) {
      output.c[r * output.row_stride + j] = block[r * width + j];
    }
  }
}

/// Computes rows [i_begin, i_end) and columns [j_begin, j_end) of C.
template <FloatScalar T, class Activation>
void gemm_block(const GemmArguments<T>& p, const GemmPlan& plan, Index i_begin, Index i_end,
                Index j_begin, Index j_end, T* scratch, const Activation& activation) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  T* const b_packed = scratch;
  T* const a_packed = scratch + plan.depth * width;
  Index l = 0;
  do {  // once with k = 0 too: C = beta C + bias
    const Index depth = p.k - l < plan.depth ? p.k - l : plan.depth;
    const bool last = l + depth == p.k;
    if (plan.packs_a) {
      for (Index i = i_begin; i < i_end;) {
        const int rows = gemm_next_rows(i_end - i);
        gemm_pack_a(rows, depth, p.a + i * p.a_row_stride + l * p.a_column_stride, p.a_row_stride,
                    p.a_column_stride, a_packed + (i - i_begin) * depth);
        i += rows;
      }
    }
    for (Index j = j_begin; j < j_end; j += width) {
      const Index columns = j_end - j < width ? j_end - j : width;
      const T* b = p.b + l * p.b_row_stride + j * p.b_column_stride;
      Index b_row_stride = p.b_row_stride;
      if (plan.packs_b || columns < width) {
        gemm_pack_b(depth, columns, b, p.b_row_stride, p.b_column_stride, b_packed);
        b = b_packed;
        b_row_stride = width;
      }
      for (Index i = i_begin; i < i_end;) {
        const int rows = gemm_next_rows(i_end - i);
        const T* a = plan.packs_a ? a_packed + (i - i_begin) * depth
                                  : p.a + i * p.a_row_stride + l * p.a_column_stride;
        const Index a_row_stride = plan.packs_a ? 1 : p.a_row_stride;
        const Index a_column_stride = plan.packs_a ? rows : p.a_column_stride;
        const TileOutput<T> output{p.c + i * p.c_row_stride + j, p.c_row_stride, p.alpha,
                                   l == 0 ? p.beta : T(1),
                                   last && p.bias != nullptr ? p.bias + j : nullptr};
        if (columns == width) {
          gemm_tile_of<T, gemm_tile_packets>(rows, depth, a, a_row_stride, a_column_stride, b,
                                             b_row_stride, output);
        } else {
          gemm_fringe_tile(rows, columns, depth, a, a_row_stride, a_column_stride, b, output);
        }
        if (last) {
          gemm_activate(rows, columns, output.c, output.row_stride, activation);
        }
        i += rows;
      }
    }
    l += depth;
  } while (l < p.k);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
