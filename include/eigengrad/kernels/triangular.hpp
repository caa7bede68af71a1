#pragma once
// Systems with a triangular matrix, solved in place by blocks: rows of a block by substitution, all
// others by the product. Leaves out decompositions: eigen/decompositions.hpp.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <algorithm>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// A triangle of a matrix with any strides; swapped strides are its transpose, whose other triangle
/// it is then. With `unit` its diagonal counts as ones and is not read.
template <FloatScalar T>
struct Triangle {
  const T* data;
  Index row_stride;
  Index column_stride;
  bool upper;
  bool unit;
};

/// Rows from which a system is cut into blocks, and rows of a block.
inline constexpr Index triangular_block = 64;

namespace triangular_detail {

/// b -= factor * other, of n elements.
template <FloatScalar T>
inline void subtract_row(Index n, T factor, const T* other, T* b) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Packet<T> factors(factor);
  Index j = 0;
  for (; j + lanes <= n; j += lanes) {
    (Packet<T>::load(b + j) - factors * Packet<T>::load(other + j)).store(b + j);
  }
  for (; j < n; ++j) {
    b[j] -= factor * other[j];
  }
}

/// Rows [begin, end) of b, as if they were alone.
template <FloatScalar T>
void substitute(const Triangle<T>& a, Index begin, Index end, Index columns, T* b, Index stride) {
  for (Index step = 0; step < end - begin; ++step) {
    const Index i = a.upper ? end - 1 - step : begin + step;
    const T* const row = a.data + i * a.row_stride;
    T* const to = b + i * stride;
    for (Index l = a.upper ? i + 1 : begin; l < (a.upper ? end : i); ++l) {
      subtract_row(columns, row[l * a.column_stride], b + l * stride, to);
    }
    if (!a.unit) {
      const T diagonal = row[i * a.column_stride];
      for (Index j = 0; j < columns; ++j) {
        to[j] /= diagonal;
      }
    }
  }
}

}  // namespace triangular_detail

/// b = a^-1 b, for an a of n x n and a b of n x columns whose rows are contiguous. Divides by what
/// is on the diagonal, zeros too.
template <FloatScalar T>
void solve_triangular(const Triangle<T>& a, Index n, Index columns, T* b, Index stride) {
  for (Index done = 0; done < n; done += triangular_block) {
    const Index rows = std::min(triangular_block, n - done);
    const Index begin = a.upper ? n - done - rows : done;
    triangular_detail::substitute(a, begin, begin + rows, columns, b, stride);
    const Index rest = n - done - rows;
    if (rest == 0) {
      return;
    }
    const Index first = a.upper ? 0 : begin + rows;  // of the rows that are left
    GemmArguments<T> p;
    p.m = rest;
    p.n = columns;
    p.k = rows;
    p.a = a.data + first * a.row_stride + begin * a.column_stride;
    p.a_row_stride = a.row_stride;
    p.a_column_stride = a.column_stride;
    p.b = b + begin * stride;
    p.b_row_stride = stride;
    p.c = b + first * stride;
    p.c_row_stride = stride;
    p.alpha = T(-1);
    p.beta = T(1);
    gemm(p);
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
