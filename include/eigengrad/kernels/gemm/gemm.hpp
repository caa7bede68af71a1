#pragma once
// The seam of every matrix product of the library: one function, whatever runs below it.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/direct.hpp>
#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/memory/scratch.hpp>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Chooses how the direct kernel cuts a product.
template <FloatScalar T>
[[nodiscard]] GemmPlan gemm_plan(const GemmArguments<T>& p) noexcept {
  const Index cuts = (p.k + 255) / 256;
  const Index depth = cuts == 0 ? 0 : (p.k + cuts - 1) / cuts;
  return {depth, 144, p.n, p.n >= 64, p.b_column_stride != 1 || p.m >= 48};
}

/// C = f(alpha A B + beta C + bias), row by row as GemmArguments describes. `f` is applied to the
/// final values; it is called with Packet<T> and must treat every lane alike.
/// Zero extents are legal: with k = 0 the product is zero and C becomes f(beta C + bias).
///
/// Shapes: A (m, k), B (k, n), bias (n,) -> C (m, n)
/// Throws: std::bad_alloc when there is no memory for packing
/// Cost:   2 m n k flops in one pass over C; no heap call when warm; the same bits at any number of
///         threads
template <FloatScalar T, class Activation = Identity>
void gemm(const GemmArguments<T>& p, const Activation& activation = {}) {
  const GemmPlan plan = gemm_plan(p);
  detail::Scratch<T> scratch(gemm_scratch<T>(plan));
  for (Index i = 0; i < p.m; i += plan.rows) {
    const Index i_end = p.m - i < plan.rows ? p.m : i + plan.rows;
    gemm_block(p, plan, i, i_end, 0, p.n, scratch.data(), activation);
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
