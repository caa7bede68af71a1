#pragma once
// The walk over blocks of C around the micro-kernel: which operands are packed, how k is cut, and
// the fringes. Leaves out threads and the choice of path (see gemm.hpp).

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/pack.hpp>
#include <eigengrad/kernels/gemm/plan.hpp>
#include <eigengrad/kernels/gemm/tile.hpp>

#include <cstddef>
#include <iterator>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Rows of C, or columns.
struct GemmRange {
  Index begin;
  Index end;
};

/// Panels of B that a task holds: one, or all of its columns where several runs of rows share them.
template <FloatScalar T>
[[nodiscard]] constexpr Index gemm_panels(const GemmPlan& plan) noexcept {
  return plan.task_rows > plan.rows ? pieces_of(plan.columns, gemm_tile_columns<T>) : 1;
}

/// Elements of scratch that gemm_task needs under a plan: panels of B and rows of A, some of which
/// are copied twice.
template <FloatScalar T>
[[nodiscard]] constexpr Index gemm_scratch(const GemmPlan& plan) noexcept {
  const Index rows = plan.packs_a ? plan.rows + gemm_tile_rows : 0;
  return plan.depth * gemm_panels<T>(plan) * gemm_tile_columns<T> +
         gemm_row_step<T>(plan.depth) * rows;
}

/// Blocks of C that the micro-kernel cannot write in place, narrower than its packets or with rows
/// that stay as they are: one at a time through a padded copy. `p.b` is a padded panel.
template <FloatScalar T>
__attribute__((noinline)) void gemm_fringe_tiles(const RowRun& run, Index columns, int packets,
                                                 TileColumn<T> p) noexcept {
  const Index width = packets * Packet<T>::lanes;
  const Index rows = run.rows - run.skip;
  alignas(64) T block[gemm_tile_rows * gemm_tile_columns<T>] = {};
  alignas(64) T bias[gemm_tile_columns<T>] = {};
  T* const made = block + run.skip * width;
  T* c = p.c + run.skip * p.c_row_stride;
  const Index c_row_stride = p.c_row_stride;
  if (p.bias != nullptr) {
    gemm_copy_narrow(1, columns, p.bias, 0, bias, 0);
    p.bias = bias;
  }
  p.c = block;
  p.c_row_stride = width;
  for (Index count = run.count; count > 0; --count) {
    if (p.beta != T(0)) {
      gemm_copy_narrow(rows, columns, c, c_row_stride, made, width);
    }
    gemm_tiles_of<T>(run.rows, packets, 1, p);
    gemm_copy_narrow(rows, columns, made, width, c, c_row_stride);
    p.a += p.a_tile_stride;
    c += run.rows * c_row_stride;
  }
}

/// Rows of C, how they are cut, and their rows of A as the micro-kernel reads them.
template <FloatScalar T>
struct RowsOfA {
  RowCut cut;
  PackedRows<T> runs[std::size(RowCut::Runs{})];

  /// Rows [first, first + rows) and columns [l, l + depth) of A, copied to `packed` if the plan
  /// says so.
  RowsOfA(const GemmArguments<T>& p, bool packs, Index first, Index rows, Index l, Index depth,
          T* packed) noexcept
      : cut(rows, first) {
    for (std::size_t i = 0; i < std::size(runs); ++i) {
      const RowRun& run = cut.runs[i];
      const T* const from = p.a + (first + run.begin) * p.a_row_stride + l * p.a_column_stride;
      runs[i] = {from, p.a_row_stride, p.a_column_stride, run.rows * p.a_row_stride};
      if (packs && run.count > 0) {
        runs[i] = gemm_pack_a(run.rows, run.count, depth, from, p.a_row_stride, p.a_column_stride,
                              packed);
        packed += run.rows * run.count * gemm_row_step<T>(depth);
      }
    }
  }
};

/// The blocks of C in one panel of `columns` columns; `tiles` says what is the same for all.
template <FloatScalar T>
EIGENGRAD_INLINE void gemm_panel(const RowsOfA<T>& a, Index columns, int packets,
                                 TileColumn<T>& tiles) noexcept {
  T* const c = tiles.c;
  for (std::size_t i = 0; i < std::size(a.runs); ++i) {
    const RowRun& run = a.cut.runs[i];
    if (run.count == 0) {
      continue;
    }
    tiles.a = a.runs[i].data;
    tiles.a_row_stride = a.runs[i].row_stride;
    tiles.a_column_stride = a.runs[i].column_stride;
    tiles.a_tile_stride = a.runs[i].block_stride;
    tiles.c = c + run.begin * tiles.c_row_stride;
    if (run.skip > 0 || columns < packets * Packet<T>::lanes) {
      gemm_fringe_tiles(run, columns, packets, tiles);
    } else {
      gemm_tiles_of<T>(run.rows, packets, run.count, tiles);
    }
  }
}

/// Computes rows i and columns j of C: for each part of k, for each `plan.rows` rows, all columns.
template <FloatScalar T>
void gemm_task(const GemmArguments<T>& p, const GemmPlan& plan, GemmRange i, GemmRange j,
               T* scratch) noexcept {
  constexpr Index width = gemm_tile_columns<T>;
  constexpr Index lanes = Packet<T>::lanes;
  const bool shares_b = plan.task_rows > plan.rows;
  T* const a_packed = scratch + plan.depth * gemm_panels<T>(plan) * width;
  Index l = 0;
  do {  // once with k = 0 too: C = beta C + bias
    const Index depth = p.k - l < plan.depth ? p.k - l : plan.depth;
    const bool last = l + depth == p.k;
    for (Index first = i.begin; first < i.end; first += plan.rows) {
      const Index rows = i.end - first < plan.rows ? i.end - first : plan.rows;
      const RowsOfA<T> a(p, plan.packs_a, first, rows, l, depth, a_packed);
      for (Index column = j.begin; column < j.end; column += width) {
        const Index columns = j.end - column < width ? j.end - column : width;
        const int packets = columns <= lanes ? 1 : gemm_tile_packets;
        const T* b = p.b + l * p.b_row_stride + column * p.b_column_stride;
        const bool packs_b = plan.packs_b || columns < packets * lanes;
        if (packs_b) {
          T* const panel = scratch + (shares_b ? (column - j.begin) * plan.depth : 0);
          if (first == i.begin || !shares_b) {
            gemm_pack_b(depth, columns, packets, b, p.b_row_stride, p.b_column_stride, panel);
          }
          b = panel;
        }
        T* const c = p.c + first * p.c_row_stride + column;
        TileColumn<T> tiles{.k = depth,
                            .a = nullptr,
                            .a_row_stride = 0,
                            .a_column_stride = 0,
                            .a_tile_stride = 0,
                            .b = b,
                            .b_row_stride = packs_b ? packets * lanes : p.b_row_stride,
                            .c = c,
                            .c_row_stride = p.c_row_stride,
                            .alpha = p.alpha,
                            .beta = l == 0 ? p.beta : T(1),
                            .bias = last && p.bias != nullptr ? p.bias + column : nullptr};
        gemm_panel(a, columns, packets, tiles);
        if (last && p.activation != nullptr) {
          p.activation(rows, columns, c, p.c_row_stride);
        }
      }
    }
    l += depth;
  } while (l < p.k);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
