#pragma once
// The matrix product on cblas_sgemm and cblas_dgemm of whatever BLAS the program is linked with:
// the backend of EIGENGRAD_GEMM_BLAS. Declares nothing where no header of a BLAS is found. Leaves
// out matrix times vector, which is our own.
//
// Threads are the BLAS's matter: it has a pool and settings of its own (OPENBLAS_NUM_THREADS,
// BLIS_NUM_THREADS, MKL_NUM_THREADS), and set_num_threads() does not reach them. So are bits: no
// BLAS promises the same ones at any number of threads, and OpenBLAS 0.3.21 does give others at 2
// than at 1. Bias and activation are added by our own threads.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/library.hpp>

#if __has_include(<cblas.h>)
#include <cblas.h>
#define EIGENGRAD_HAS_CBLAS 1
#elif __has_include(<mkl_cblas.h>)
#include <mkl_cblas.h>
#define EIGENGRAD_HAS_CBLAS 1
#elif defined(EIGENGRAD_GEMM_BLAS)
#error \
    "EIGENGRAD_GEMM_BLAS needs cblas.h, the header of a BLAS, on the include path (Debian, Ubuntu: libopenblas-dev)"
#else
#define EIGENGRAD_HAS_CBLAS 0
#endif

#include <limits>
#include <type_traits>

#if EIGENGRAD_HAS_CBLAS
namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Multiply-adds from which the seam gives a product to the BLAS. Measured with
/// benchmarks/gemm.cpp, floats on one thread of an AMD processor with AVX2, OpenBLAS 0.3.21: our
/// own is ahead by 1.2 to 2 up to 64^3, by 1.05 to 1.15 at 128^3 and 256^3 = 2^24, and behind by
/// 0.85 to 0.9 at 512^3.
inline constexpr Index blas_least_work = Index{1} << 24;

/// The type of extents, read from the header: int, or 64 bits where the BLAS was built for them.
/// Only ever named, never called.
template <class Order, class Transpose, class Integer>
Integer blas_integer(void (*)(Order, Transpose, Transpose, Integer, Integer, Integer, float,
                              const float*, Integer, const float*, Integer, float, float*,
                              Integer));
using BlasInteger = decltype(blas_integer(&cblas_sgemm));

/// What gemm() computes, by the BLAS, or false and nothing written when the BLAS cannot take it
/// (library_product()).
///
/// Shapes: A (m, k), B (k, n), bias (n,) -> C (m, n)
/// Cost:   2 m n k flops; with bias or activation one more pass over C; memory and threads as the
///         BLAS takes them
template <FloatScalar T>
[[nodiscard]] bool gemm_blas(const GemmArguments<T>& p) {
  const LibraryProduct product = library_product(p, std::numeric_limits<BlasInteger>::max());
  if (!product.fits) {
    return false;
  }
  const auto size = [](Index n) { return static_cast<BlasInteger>(n); };
  const auto call = [&](auto* function) {
    function(CblasRowMajor, product.a.transposed ? CblasTrans : CblasNoTrans,
             product.b.transposed ? CblasTrans : CblasNoTrans, size(p.m), size(p.n), size(p.k),
             p.alpha, p.a, size(product.a.stride), p.b, size(product.b.stride), p.beta, p.c,
             size(product.c_stride));
  };
  if constexpr (std::is_same_v<T, float>) {
    call(cblas_sgemm);
  } else {
    call(cblas_dgemm);
  }
  library_epilogue(p);
  return true;
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
#endif
