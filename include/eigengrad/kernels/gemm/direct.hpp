#pragma once
// The walk over blocks of C around the micro-kernel: which operands are packed, how k is cut, and
// the fringes. Leaves out threads and the choice of path (see gemm.hpp).

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/pack.hpp>
#include <eigengrad/kernels/gemm/plan.hpp>
#include <eigengrad/kernels/gemm/tile.hpp>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of scratch that gemm_block needs under a plan.
template <FloatScalar T>
[[nodiscard]] constexpr Index gemm_scratch(const GemmPlan& plan) noexcept {
  return plan.depth * (gemm_tile_columns<T> + (plan.packs_a ? plan.rows : 0)) +
         2 * gemm_tile_columns<T>;
}

/// Blocks of C narrower than the micro-kernel, at the end of its rows: one at a time through a
/// padded copy. `p.b` is a padded panel.
template <FloatScalar T>
__attribute__((noinline)) void gemm_fringe_tiles(Index rows, Index count, Index columns,
                                                 TileColumn<T> p) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  alignas(64) T block[gemm_tile_rows * width] = {};
  alignas(64) T bias[width] = {};
  T* c = p.c;
  const Index c_row_stride = p.c_row_stride;
  if (p.bias != nullptr) {
    gemm_copy_narrow(1, columns, p.bias, 0, bias, 0);
    p.bias = bias;
  }
  p.c = block;
  p.c_row_stride = width;
  for (; count > 0; --count) {
    if (p.beta != T(0)) {
      gemm_copy_narrow(rows, columns, c, c_row_stride, block, width);
    }
    gemm_tiles_of<T, gemm_tile_packets>(rows, 1, p);
    gemm_copy_narrow(rows, columns, block, width, c, c_row_stride);
    p.a += p.a_tile_stride;
    c += rows * c_row_stride;
  }
}

/// Copies rows [i_begin, i_end) and columns [l, l + depth) of A, block after block.
template <FloatScalar T>
void gemm_pack_rows(const GemmArguments<T>& p, Index i_begin, Index i_end, Index l, Index depth,
                    T* packed) noexcept {
  Index i = i_begin;
  for (const RowRun& run : RowCut(i_end - i_begin).runs) {
    for (Index tile = 0; tile < run.count; ++tile) {
      gemm_pack_a(run.rows, p.m - i, depth, p.a + i * p.a_row_stride + l * p.a_column_stride,
                  p.a_row_stride, p.a_column_stride, packed + (i - i_begin) * depth);
      i += run.rows;
    }
  }
}

/// Computes rows [i_begin, i_end) and columns [j_begin, j_end) of C.
template <FloatScalar T>
void gemm_block(const GemmArguments<T>& p, const GemmPlan& plan, Index i_begin, Index i_end,
                Index j_begin, Index j_end, T* scratch) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  T* const b_packed = scratch;
  T* const a_packed = scratch + plan.depth * width;
  const RowCut cut(i_end - i_begin);
  Index l = 0;
  do {  // once with k = 0 too: C = beta C + bias
    const Index depth = p.k - l < plan.depth ? p.k - l : plan.depth;
    const bool last = l + depth == p.k;
    if (plan.packs_a) {
      gemm_pack_rows(p, i_begin, i_end, l, depth, a_packed);
    }
    for (Index j = j_begin; j < j_end; j += width) {
      const Index columns = j_end - j < width ? j_end - j : width;
      const T* b = p.b + l * p.b_row_stride + j * p.b_column_stride;
      const bool packs_b = plan.packs_b || columns < width;
      if (packs_b) {
        gemm_pack_b(depth, columns, b, p.b_row_stride, p.b_column_stride, b_packed);
      }
      TileColumn<T> tiles{
          .k = depth,
          .a = plan.packs_a ? a_packed : p.a + i_begin * p.a_row_stride + l * p.a_column_stride,
          .a_row_stride = plan.packs_a ? 1 : p.a_row_stride,
          .a_column_stride = p.a_column_stride,
          .a_tile_stride = 0,
          .b = packs_b ? b_packed : b,
          .b_row_stride = packs_b ? width : p.b_row_stride,
          .c = p.c + i_begin * p.c_row_stride + j,
          .c_row_stride = p.c_row_stride,
          .alpha = p.alpha,
          .beta = l == 0 ? p.beta : T(1),
          .bias = last && p.bias != nullptr ? p.bias + j : nullptr};
      for (const RowRun& run : cut.runs) {
        if (run.count == 0) {
          continue;
        }
        tiles.a_tile_stride = run.rows * (plan.packs_a ? depth : p.a_row_stride);
        if (plan.packs_a) {
          tiles.a_column_stride = run.rows;
        }
        if (columns == width) {
          gemm_tiles_of<T, gemm_tile_packets>(run.rows, run.count, tiles);
        } else {
          gemm_fringe_tiles(run.rows, run.count, columns, tiles);
        }
        tiles.a += run.count * tiles.a_tile_stride;
        tiles.c += run.count * run.rows * p.c_row_stride;
      }
      if (last && p.activation != nullptr) {
        p.activation(i_end - i_begin, columns, p.c + i_begin * p.c_row_stride + j, p.c_row_stride);
      }
    }
    l += depth;
  } while (l < p.k);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
