#pragma once
// The gradient of a product: each element's is the product of the others, without division.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <algorithm>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// out[r, i] = g[r] times the product of the row r of x without its element i. All contiguous.
/// Throws nothing.
template <FloatScalar T>
void products_of_others(Index rows, Index n, const T* x, const T* g, T* out) {
  if (n == 0) {
    return;
  }
  parallel_for(rows, std::max<Index>(1, Index{16384} / n), [&](Index begin, Index end) noexcept {
    for (Index r = begin; r < end; ++r) {
      const T* const from = x + r * n;
      T* const to = out + r * n;
      T before = T(1);
      for (Index i = 0; i < n; ++i) {
        to[i] = before;
        before *= from[i];
      }
      T after = T(1);
      for (Index i = n; i-- > 0;) {
        to[i] = g[r] * (to[i] * after);
        after *= from[i];
      }
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
