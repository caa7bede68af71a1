#pragma once
// Where the largest or smallest element along an axis is.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/axis_split.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <algorithm>
#include <cstdint>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

namespace argument_detail {

/// Whether x comes before `best`, the earlier one: a NaN before every number.
template <bool Largest, AnyScalar T>
[[nodiscard]] inline bool beats(T x, T best) noexcept {
  if constexpr (FloatScalar<T>) {
    if (x != x) {
      return best == best;
    }
  }
  return Largest ? x > best : x < best;
}

}  // namespace argument_detail

/// out (outer, inner) = the first position along the axis of the largest (else the smallest)
/// element, or of a NaN. The axis is not empty. Throws nothing.
template <bool Largest, AnyScalar T>
void argument(const AxisSplit& split, const T* x, std::int64_t* out) {
  const Index n = split.n;
  const Index inner = split.inner;
  if (inner == 0) {
    return;
  }
  const Index grain = std::max<Index>(1, Index{16384} / n);
  parallel_for(split.outer * inner, grain, [&](Index begin, Index end) noexcept {
    for (Index line = begin; line < end; ++line) {
      const T* const from = x + line / inner * n * inner + line % inner;
      Index at = 0;
      T best = from[0];
      for (Index i = 1; i < n; ++i) {
        const T value = from[i * inner];
        if (argument_detail::beats<Largest>(value, best)) {
          best = value;
          at = i;
        }
      }
      out[line] = at;
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
