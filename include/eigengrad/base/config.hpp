#pragma once
// Every configuration macro of the library, in one table. Nothing here depends on another header.
//
// Set by the user before the first include (or on the command line):
//   EIGENGRAD_NO_OPENMP    keep every kernel on the calling thread even when OpenMP is on
//   EIGENGRAD_GEMM_EIGEN   compute every matrix product with Eigen's packing and micro-kernel
//   EIGENGRAD_GEMM_BLAS    compute large matrix products with the BLAS that the program links to
//   EIGENGRAD_GEMM_ONEDNN  compute large matrix products of floats with oneDNN (one of these three)
//   EIGENGRAD_COMPILED     the program links to eigengrad::compiled, whose CMake target says so
//   EIGENGRAD_LIST_OP      set by testing/op_list.hpp or op_suite.hpp: lists every op that follows
// Set here:
//   EIGENGRAD_API          default visibility: state and types shared between libraries
//   EIGENGRAD_COLD         an error path or inner set-up work: out of line, optimised for size, and
//                          so is what calls it unconditionally
//   EIGENGRAD_INLINE       must be inlined (packet arithmetic)
//   EIGENGRAD_BODIES       0 where eigengrad::compiled has the bodies of functions that are no
//                          templates, so that its users only see the declarations
//   EIGENGRAD_BODY         `inline` of such a body; the library's unit keeps it unused too
//   EIGENGRAD_NOINLINE     one copy for all its callers, which would gain nothing from their own
//   EIGENGRAD_OPENMP       1 when kernels may use OpenMP
//   EIGENGRAD_GEMM_DIRECT  1 when this instruction set has a direct matrix product, and it is used,
//                          if only for what a library does not take
//   EIGENGRAD_VECTOR_BYTES, EIGENGRAD_VECTOR_REGISTERS    size and number of vector registers
//   EIGENGRAD_KERNELS_KEY  name of the inline namespace of row 2, one per instruction set and
//                          backend, so that units compiled with different flags share no kernel

#define EIGENGRAD_VERSION_MAJOR 0
#define EIGENGRAD_VERSION_MINOR 1
#define EIGENGRAD_VERSION_PATCH 0
#define EIGENGRAD_VERSION_STRING "0.1.0"

#if !defined(__GNUC__)
#error "eigengrad needs GCC >= 12 or clang >= 14"
#elif defined(__clang__)
#if __clang_major__ < 14
#error "eigengrad needs clang >= 14"
#endif
#elif __GNUC__ < 12
#error "eigengrad needs GCC >= 12"
#endif
#if __cplusplus < 202002L
#error "eigengrad needs C++20: compile with -std=c++20 or later"
#endif
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error \
    "eigengrad promises IEEE behaviour for NaN and infinity: compile without -ffast-math and -ffinite-math-only"
#endif

#define EIGENGRAD_API __attribute__((visibility("default")))
#define EIGENGRAD_COLD __attribute__((noinline, cold))
#if defined(__clang__)
#define EIGENGRAD_NOINLINE __attribute__((noinline))
#else
#define EIGENGRAD_NOINLINE __attribute__((noinline, noclone))
#endif
#define EIGENGRAD_INLINE inline __attribute__((always_inline))

#if defined(EIGENGRAD_COMPILED) && !defined(EIGENGRAD_COMPILED_SOURCE)
#define EIGENGRAD_BODIES 0
#else
#define EIGENGRAD_BODIES 1
#endif
#if defined(EIGENGRAD_COMPILED_SOURCE)
#define EIGENGRAD_BODY inline __attribute__((used))
#else
#define EIGENGRAD_BODY inline
#endif

#if defined(_OPENMP) && !defined(EIGENGRAD_NO_OPENMP)
#define EIGENGRAD_OPENMP 1
#define EIGENGRAD_KEY_OPENMP omp
#else
#define EIGENGRAD_OPENMP 0
#define EIGENGRAD_KEY_OPENMP serial
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#define EIGENGRAD_ISA avx512
#define EIGENGRAD_VECTOR_REGISTERS 32
#define EIGENGRAD_VECTOR_BYTES 64
#elif defined(__AVX512F__)  // Eigen's vectors then have 64 bytes, ours 32
#define EIGENGRAD_ISA avx512f
#define EIGENGRAD_VECTOR_BYTES 32
#elif defined(__AVX2__) && defined(__FMA__)
#define EIGENGRAD_ISA avx2
#define EIGENGRAD_VECTOR_BYTES 32
#elif defined(__AVX__) && defined(__FMA__)  // Eigen packs other panels than without
#define EIGENGRAD_ISA avx_fma
#define EIGENGRAD_VECTOR_BYTES 32
#elif defined(__AVX__)
#define EIGENGRAD_ISA avx
#define EIGENGRAD_VECTOR_BYTES 32
#elif defined(__SSE4_1__)
#define EIGENGRAD_ISA sse41
#define EIGENGRAD_VECTOR_BYTES 16
#elif defined(__SSE2__)
#define EIGENGRAD_ISA sse2
#define EIGENGRAD_VECTOR_BYTES 16
#elif defined(__ARM_NEON)
#define EIGENGRAD_ISA neon
#define EIGENGRAD_VECTOR_REGISTERS 32
#define EIGENGRAD_VECTOR_BYTES 16
#else
#define EIGENGRAD_ISA generic
#define EIGENGRAD_VECTOR_BYTES 16
#endif
#if !defined(EIGENGRAD_VECTOR_REGISTERS)
#define EIGENGRAD_VECTOR_REGISTERS 16
#endif

#if defined(EIGENGRAD_GEMM_BLAS) || defined(EIGENGRAD_GEMM_ONEDNN)
#if defined(EIGENGRAD_GEMM_EIGEN) || \
    (defined(EIGENGRAD_GEMM_BLAS) && defined(EIGENGRAD_GEMM_ONEDNN))
#error \
    "eigengrad has one matrix product: define one of EIGENGRAD_GEMM_EIGEN, EIGENGRAD_GEMM_BLAS and EIGENGRAD_GEMM_ONEDNN"
#endif
#endif
#if defined(EIGENGRAD_GEMM_EIGEN) || !(defined(__SSE2__) || defined(__ARM_NEON))
#define EIGENGRAD_GEMM_DIRECT 0
#else
#define EIGENGRAD_GEMM_DIRECT 1
#endif
#if defined(EIGENGRAD_GEMM_BLAS)
#define EIGENGRAD_KEY_GEMM blas
#elif defined(EIGENGRAD_GEMM_ONEDNN)
#define EIGENGRAD_KEY_GEMM onednn
#elif EIGENGRAD_GEMM_DIRECT
#define EIGENGRAD_KEY_GEMM direct
#else
#define EIGENGRAD_KEY_GEMM eigen
#endif

#define EIGENGRAD_JOIN_(a, b) a##_##b
#define EIGENGRAD_JOIN(a, b) EIGENGRAD_JOIN_(a, b)
#define EIGENGRAD_KERNELS_KEY \
  EIGENGRAD_JOIN(EIGENGRAD_JOIN(EIGENGRAD_ISA, EIGENGRAD_KEY_OPENMP), EIGENGRAD_KEY_GEMM)
#define EIGENGRAD_TEXT_(a) #a
#define EIGENGRAD_TEXT(a) EIGENGRAD_TEXT_(a)
