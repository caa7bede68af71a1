#pragma once
// How a product is cut and which of its operands are copied: the one table of thresholds, all
// measured on Zen 3 and Zen 4 cores with 32 KB of first- and 512 KB or 1 MB of second-level cache
// (benchmarks/gemm.cpp prints what they buy). Leaves out the loops that follow the plan.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/tile.hpp>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Most of k that is summed at once: a panel of B, or a block of A's rows, then stays in the
/// first-level cache while the other one comes from the second.
inline constexpr Index gemm_most_depth = 384;
/// Most rows of C that share a copied panel of B before the next one: what is copied of A for them
/// stays in the second-level cache.
inline constexpr Index gemm_most_rows = 264;
/// Bytes of B from which its panels are copied, and rows of C that repay it: read in place, the
/// rows of a panel fall into few sets of the first-level cache when B is wide.
inline constexpr Index gemm_pack_b_bytes = Index{1} << 16;
inline constexpr Index gemm_pack_b_rows = 64;
/// Bytes of A from which its rows are copied when k runs along them, and when k runs across them.
inline constexpr Index gemm_pack_a_bytes = Index{1} << 19;
inline constexpr Index gemm_pack_a_across_bytes = Index{1} << 17;
/// Columns of C that repay the copy of A.
inline constexpr Index gemm_pack_a_columns = 128;
/// Columns of a task, with A copied for each task or read in place.
inline constexpr Index gemm_packed_columns = 512;
inline constexpr Index gemm_direct_columns = 128;
/// Multiply-adds from which a product is given to several threads: 40 microseconds of one.
inline constexpr Index gemm_parallel_work = Index{1} << 21;
/// Tasks of such a product, so that the last ones end together; narrow ones cost A's copy again.
inline constexpr Index gemm_least_tasks = 8;
/// Elements of the matrix from which a matrix-vector product is given to several threads, and rows
/// of each of their tasks.
inline constexpr Index gemm_parallel_matrix = Index{1} << 18;
inline constexpr Index gemm_vector_rows = 128;

/// A function of the shape and the strides alone.
struct GemmPlan {
  Index depth;      // of k that is summed at once
  Index rows;       // of C that share a panel of B
  Index task_rows;  // of C per task: `rows`, or all
  Index columns;    // of C per task
  bool packs_a;
  bool packs_b;
  bool parallel;
};

/// How many pieces of `size` cover `total`; the usual one without a division.
[[nodiscard]] constexpr Index pieces_of(Index total, Index size) noexcept {
  return total <= size ? 1 : (total + size - 1) / size;
}

/// `total` in as few equal pieces of at most `most` as it takes, rounded up to a multiple of
/// `unit`.
[[nodiscard]] constexpr Index equal_pieces(Index total, Index most, Index unit) noexcept {
  if (total <= most) {
    return total;
  }
  const Index pieces = pieces_of(total, most);
  return (pieces_of(total, pieces) + unit - 1) / unit * unit;
}

/// Plans C = A B with blocks of C in registers.
template <FloatScalar T>
[[nodiscard]] GemmPlan gemm_plan(const GemmArguments<T>& p) noexcept {
  constexpr auto bytes = static_cast<Index>(sizeof(T));
  GemmPlan plan{};
  plan.depth = equal_pieces(p.k, gemm_most_depth * 4 / bytes, 8);
  plan.rows = equal_pieces(p.m, gemm_most_rows, gemm_tile_rows);
  plan.task_rows = p.m;
  const Index a_least =
      p.a_column_stride == 1 || p.k == 1 ? gemm_pack_a_bytes : gemm_pack_a_across_bytes;
  plan.packs_a = p.n >= gemm_pack_a_columns && p.m * p.k * bytes >= a_least;
  plan.packs_b = (p.b_column_stride != 1 && p.n > 1) ||
                 (p.m >= gemm_pack_b_rows && p.k * p.n * bytes >= gemm_pack_b_bytes);
  plan.parallel = p.m * p.n * p.k >= gemm_parallel_work;
  Index most = plan.packs_a ? gemm_packed_columns : gemm_direct_columns;
  if (plan.parallel) {
    const Index row_tasks = pieces_of(p.m, plan.rows);
    while (most > gemm_direct_columns && row_tasks * pieces_of(p.n, most) < gemm_least_tasks) {
      most /= 2;
    }
    // With tasks enough each takes all rows, and copies its columns of B once.
    if (pieces_of(p.n, most) < gemm_least_tasks) {
      plan.task_rows = plan.rows;
    }
  }
  plan.columns = equal_pieces(p.n, most, gemm_tile_columns<T>);
  return plan;
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
