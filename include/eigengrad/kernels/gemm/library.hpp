#pragma once
// What the matrix products of other libraries (kernels/blas/, kernels/onednn/) share: which
// products they can take, and the bias and the activation, which they do not know. Leaves the
// libraries themselves out.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/parallel.hpp>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of C from which bias and activation are given to several threads, and in one task.
inline constexpr Index library_epilogue_grain = Index{1} << 16;

/// An operand as libraries take it: row-major lines `stride` elements apart, or the transpose of
/// such a matrix.
struct LibraryOperand {
  bool fits = false;  ///< else nothing below counts
  bool transposed = false;
  Index stride = 0;
};

/// The operand (rows, columns), both at least 1. A stride along an extent of 1 may be anything.
/// Does not fit: no unit stride, or lines that overlap or run backwards.
[[nodiscard]] inline LibraryOperand library_operand(Index rows, Index columns, Index row_stride,
                                                    Index column_stride) noexcept {
  if ((column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1)) {
    return {.fits = true, .transposed = false, .stride = rows == 1 ? columns : row_stride};
  }
  if ((row_stride == 1 || rows == 1) && column_stride >= rows) {
    return {.fits = true, .transposed = true, .stride = column_stride};
  }
  return {};
}

/// A whole product as libraries take it.
struct LibraryProduct {
  bool fits = false;  ///< else nothing below counts
  LibraryOperand a;
  LibraryOperand b;
  Index c_stride = 0;
};

/// `p` for a library that counts up to `most`. What does not fit is computed by our own product:
/// operands that do not fit, extents and strides past `most`, and what libraries treat differently,
/// which are empty extents and alpha = 0 (they then leave NaN in A and B unread).
template <FloatScalar T>
[[nodiscard]] LibraryProduct library_product(const GemmArguments<T>& p, Index most) noexcept {
  if (p.m <= 0 || p.n <= 0 || p.k <= 0 || p.alpha == T(0)) {
    return {};
  }
  const LibraryProduct product{.fits = true,
                               .a = library_operand(p.m, p.k, p.a_row_stride, p.a_column_stride),
                               .b = library_operand(p.k, p.n, p.b_row_stride, p.b_column_stride),
                               .c_stride = p.m == 1 ? p.n : p.c_row_stride};
  const bool fits = product.a.fits && product.b.fits && product.c_stride >= p.n;
  const bool counts = p.m <= most && p.n <= most && p.k <= most && product.a.stride <= most &&
                      product.b.stride <= most && product.c_stride <= most;
  return fits && counts ? product : LibraryProduct{};
}

/// Whether C is a matrix and takes at least `work` multiply-adds; vectors run at the speed of
/// memory here already.
template <FloatScalar T>
[[nodiscard]] bool library_pays(const GemmArguments<T>& p, Index work) noexcept {
  return p.m > 1 && p.n > 1 && p.m * p.n * p.k >= work;
}

/// C = f(C + bias) after a library has computed the rest.
///
/// Cost: one pass over C, none without bias and activation; the same bits at any number of threads
template <FloatScalar T>
void library_epilogue(const GemmArguments<T>& p) {
  if (p.bias == nullptr && p.activation == nullptr) {
    return;
  }
  const Index grain = library_epilogue_grain / p.n + 1;
  parallel_for(p.m, grain, [&](Index begin, Index end) noexcept {
    for (Index i = begin; p.bias != nullptr && i < end; ++i) {
      T* const c = p.c + i * p.c_row_stride;
      for (Index j = 0; j < p.n; ++j) {
        c[j] += p.bias[j];
      }
    }
    if (p.activation != nullptr) {
      p.activation(end - begin, p.n, p.c + begin * p.c_row_stride, p.c_row_stride);
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
