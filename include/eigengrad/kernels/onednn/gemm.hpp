#pragma once
// The matrix product of floats on oneDNN's dnnl_sgemm: the backend of EIGENGRAD_GEMM_ONEDNN.
// Declares nothing where oneDNN's header is not found. Leaves out double, which oneDNN does not
// have, and matrix times vector; both are our own.
//
// Threads are oneDNN's matter: built for OpenMP it follows OMP_NUM_THREADS and
// omp_set_num_threads(), and set_num_threads() does not reach it. So are bits: it does not promise
// the same ones at any number of threads, and 2.6 does give others at 2 than at 1. Bias and
// activation are added by our own threads.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/library.hpp>

#if __has_include(<dnnl.h>)
#include <dnnl.h>
#define EIGENGRAD_HAS_ONEDNN 1
#elif defined(EIGENGRAD_GEMM_ONEDNN)
#error \
    "EIGENGRAD_GEMM_ONEDNN needs dnnl.h, the header of oneDNN, on the include path (Debian, Ubuntu: libdnnl-dev)"
#else
#define EIGENGRAD_HAS_ONEDNN 0
#endif

#include <limits>
#include <new>
#include <type_traits>

#if EIGENGRAD_HAS_ONEDNN
namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Multiply-adds from which the seam gives a product to oneDNN. Measured with benchmarks/gemm.cpp
/// on one thread of an AMD processor with AVX2, oneDNN 2.6: our own is ahead at 32^3 (by 1.8)
/// and level at 64^3, oneDNN by 1.15 at 128^3 = 2^21; past 512^3 either is ahead, shape by shape.
inline constexpr Index onednn_least_work = Index{1} << 20;

/// What gemm() computes, by oneDNN, or false when oneDNN cannot take it (double, and what
/// library_product() refuses) or reports a failure that left C as it was.
///
/// Shapes: A (m, k), B (k, n), bias (n,) -> C (m, n)
/// Throws: std::bad_alloc when oneDNN has no memory and beta is not 0: it scales C before it asks
/// Cost:   2 m n k flops; with bias or activation one more pass over C; memory and threads as
///         oneDNN takes them; its first call compiles a kernel
template <FloatScalar T>
[[nodiscard]] bool gemm_onednn(const GemmArguments<T>& p) {
  if constexpr (std::is_same_v<T, float>) {
    const LibraryProduct product = library_product(p, std::numeric_limits<dnnl_dim_t>::max());
    if (!product.fits) {
      return false;
    }
    const dnnl_status_t status = dnnl_sgemm(
        product.a.transposed ? 'T' : 'N', product.b.transposed ? 'T' : 'N', p.m, p.n, p.k, p.alpha,
        p.a, product.a.stride, p.b, product.b.stride, p.beta, p.c, product.c_stride);
    if (status == dnnl_out_of_memory && p.beta != 0) {
      throw std::bad_alloc();
    }
    if (status != dnnl_success) {
      return false;
    }
    library_epilogue(p);
    return true;
  } else {
    return false;
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
#endif
