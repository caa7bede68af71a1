#pragma once
// The seam of every matrix product of the library: one function, whatever runs below it.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/direct.hpp>
#include <eigengrad/kernels/gemm/plan.hpp>
#include <eigengrad/kernels/gemm/vector.hpp>
#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <utility>

#if !EIGENGRAD_GEMM_DIRECT
#include <eigengrad/kernels/eigen/gemm.hpp>
#endif
#if defined(EIGENGRAD_GEMM_BLAS)
#include <eigengrad/kernels/blas/gemm.hpp>
#elif defined(EIGENGRAD_GEMM_ONEDNN)
#include <eigengrad/kernels/onednn/gemm.hpp>
#endif

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Blocks of C, on several threads when the plan says so.
template <FloatScalar T>
void gemm_blocks(const GemmArguments<T>& p) {
  const GemmPlan plan = gemm_plan(p);
  const Index row_tasks = pieces_of(p.m, plan.task_rows);
  const Index tasks = row_tasks * pieces_of(p.n, plan.columns);
  const int threads = plan.parallel ? threads_for(tasks) : 1;
  const Index share = gemm_scratch<T>(plan);
  detail::Scratch<T> scratch(share * threads);
  parallel_tasks(tasks, threads, [&](Index task, int thread) noexcept {
    const Index i = task % row_tasks * plan.task_rows;
    const Index j = task / row_tasks * plan.columns;
    gemm_task(p, plan, {i, p.m - i < plan.task_rows ? p.m : i + plan.task_rows},
              {j, p.n - j < plan.columns ? p.n : j + plan.columns},
              scratch.data() + thread * share);
  });
}

/// A matrix-vector product, on several threads where that pays.
template <FloatScalar T>
void gemm_vector_tasks(const VectorProduct<T>& product) {
  if (product.rows * product.k < gemm_parallel_matrix) {
    gemm_vector_block(product, 0, product.rows);
    return;
  }
  parallel_for(product.rows, gemm_vector_rows,
               [&](Index begin, Index end) noexcept { gemm_vector_block(product, begin, end); });
}

/// C is one column or one row. M is A with x a column of B, or the transpose of B with x a row of
/// A.
template <FloatScalar T>
void gemm_vector(const GemmArguments<T>& p, bool column) {
  const T* const x = column ? p.b : p.a;
  const Index x_stride = column ? p.b_row_stride : p.a_column_stride;
  VectorProduct<T> product{.rows = column ? p.m : p.n,
                           .k = p.k,
                           .matrix = column ? p.a : p.b,
                           .row_stride = column ? p.a_row_stride : p.b_column_stride,
                           .column_stride = column ? p.a_column_stride : p.b_row_stride,
                           .x = x,
                           .c = p.c,
                           .c_stride = column ? p.c_row_stride : 1,
                           .alpha = p.alpha,
                           .beta = p.beta,
                           .bias = p.bias,
                           .bias_stride = column ? 0 : 1,
                           .activation = p.activation};
  if (x_stride == 1) {
    gemm_vector_tasks(product);
    return;
  }
  detail::Scratch<T> contiguous(p.k);
  for (Index l = 0; l < p.k; ++l) {
    contiguous[l] = x[l * x_stride];
  }
  product.x = contiguous.data();
  gemm_vector_tasks(product);
}

/// C has fewer rows than a block: one row after the other.
template <FloatScalar T>
void gemm_rows(GemmArguments<T> p) {
  const bool contiguous = p.b_row_stride == 1 || p.b_column_stride == 1;
  detail::Scratch<T> copy(contiguous ? 0 : p.k * p.n);
  if (!contiguous) {
    for (Index l = 0; l < p.k; ++l) {
      for (Index j = 0; j < p.n; ++j) {
        copy[l * p.n + j] = p.b[l * p.b_row_stride + j * p.b_column_stride];
      }
    }
    p.b = copy.data();
    p.b_row_stride = p.n;
    p.b_column_stride = 1;
  }
  for (Index rows = std::exchange(p.m, 1); rows > 0; --rows) {
    gemm_vector(p, false);
    p.a += p.a_row_stride;
    p.c += p.c_row_stride;
  }
}

/// What gemm() computes, with the direct kernel.
template <FloatScalar T>
void gemm_direct(const GemmArguments<T>& p) {
  if (p.m <= 0 || p.n <= 0) {
    return;
  }
  const bool column = p.n == 1 && (p.a_row_stride == 1 || p.a_column_stride == 1);
  const bool row = p.m == 1 && (p.b_row_stride == 1 || p.b_column_stride == 1);
  if (column || row) {
    gemm_vector(p, column);
  } else if (p.m < gemm_least_rows) {
    gemm_rows(p);
  } else {
    gemm_blocks(p);
  }
}

/// C = f(alpha A B + beta C + bias), row by row as GemmArguments describes.
/// Zero extents are legal: with k = 0 the product is zero and C becomes f(beta C + bias).
///
/// Shapes: A (m, k), B (k, n), bias (n,) -> C (m, n)
/// Throws: std::bad_alloc when there is no memory for packing
/// Cost:   2 m n k flops in one pass over C; no heap call when warm; the same bits at any number of
///         threads. Of a product that goes to a BLAS or to oneDNN none of this is promised but the
///         flops
template <FloatScalar T>
void gemm(const GemmArguments<T>& p) {
#if defined(EIGENGRAD_GEMM_BLAS)
  if (library_pays(p, blas_least_work) && gemm_blas(p)) {
    return;
  }
#elif defined(EIGENGRAD_GEMM_ONEDNN)
  if (library_pays(p, onednn_least_work) && gemm_onednn(p)) {
    return;
  }
#endif
#if EIGENGRAD_GEMM_DIRECT
  gemm_direct(p);
#else
  gemm_eigen(p);
#endif
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
