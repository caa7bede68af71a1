#pragma once
// What a matrix product is told: extents, pointers, strides, scale factors and epilogue.
// Leaves out every loop; those are behind kernels/gemm/gemm.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// A function that replaces the elements of a block of C, `columns` contiguous ones in each row, by
/// a function of each.
template <FloatScalar T>
using GemmActivation = void (*)(Index rows, Index columns, T* c, Index row_stride) noexcept;

/// C = f(alpha A B + beta C + bias), with A (m, k), B (k, n), C (m, n) and bias (n,).
/// Strides are in elements. A transposed operand is one with its strides swapped. A and B may have
/// any strides, 0 and negative ones too; those with a unit stride in one direction are read in
/// place. C has unit column stride and must not overlap A, B or bias.
template <FloatScalar T>
struct GemmArguments {
  Index m = 0;
  Index n = 0;
  Index k = 0;
  const T* a = nullptr;
  Index a_row_stride = 0;
  Index a_column_stride = 1;
  const T* b = nullptr;
  Index b_row_stride = 0;
  Index b_column_stride = 1;
  T* c = nullptr;
  Index c_row_stride = 0;
  T alpha = T(1);
  /// 0 means that C is written and never read, so it may hold anything before.
  T beta = T(0);
  /// n contiguous values added to every row of C; null for none.
  const T* bias = nullptr;
  /// f, applied to the final values: gemm_activation<T, F>; null for none.
  GemmActivation<T> activation = nullptr;
};

/// F as an activation; it has no state, is called with Packet<T> and treats every lane alike.
template <FloatScalar T, class F>
void gemm_activation(Index rows, Index columns, T* c, Index row_stride) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  for (Index r = 0; r < rows; ++r) {
    T* const row = c + r * row_stride;
    Index j = 0;
    for (; j + lanes <= columns; j += lanes) {
      Packet<T>(F{}(Packet<T>::load(row + j))).store(row + j);
    }
    if (j < columns) {
      Packet<T>(F{}(Packet<T>::load_part(row + j, columns - j))).store_part(row + j, columns - j);
    }
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
