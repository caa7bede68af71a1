#pragma once
// The seam of every matrix product of the library: one function, whatever runs below it.

#include <eigengrad/kernels/gemm/arguments.hpp>

#include <type_traits>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// C = f(alpha A B + beta C + bias), row by row as GemmArguments describes. `f` is applied to the
/// final values; it is called with Packet<T> and must treat every lane alike.
/// Zero extents are legal: with k = 0 the product is zero and C becomes f(beta C + bias).
///
/// Shapes: A (m, k), B (k, n), bias (n,) -> C (m, n)
/// Cost:   2 m n k flops in one pass over C; no heap call when warm; the same bits at any number of
///         threads
template <FloatScalar T, class Activation = Identity>
void gemm(const GemmArguments<T>& arguments, Activation activation = {}) noexcept {
  const auto& p = arguments;
  using P = Packet<T>;
  for (Index i = 0; i < p.m; ++i) {
    T* c = p.c + i * p.c_row_stride;
    for (Index j = 0; j < p.n; ++j) {
      c[j] = (p.beta == T(0) ? T(0) : p.beta * c[j]) + (p.bias != nullptr ? p.bias[j] : T(0));
    }
    for (Index l = 0; l < p.k; ++l) {
      const T factor = p.alpha * p.a[i * p.a_row_stride + l * p.a_column_stride];
      const T* b = p.b + l * p.b_row_stride;
      for (Index j = 0; j < p.n; ++j) {
        c[j] += factor * b[j * p.b_column_stride];
      }
    }
    if constexpr (!std::is_same_v<Activation, Identity>) {
      Index j = 0;
      for (; j + P::lanes <= p.n; j += P::lanes) {
        activation(P::load(c + j)).store(c + j);
      }
      if (j < p.n) {
        activation(P::load_part(c + j, p.n - j)).store_part(c + j, p.n - j);
      }
    }
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
