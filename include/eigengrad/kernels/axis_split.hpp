#pragma once
// AxisSplit: how kernels that work along one axis of a contiguous array see it.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// A contiguous array as (outer, n, inner): an axis of extent n with what lies outside and inside.
struct AxisSplit {
  Index outer = 1;
  Index n = 1;
  Index inner = 1;

  AxisSplit() noexcept = default;
  AxisSplit(const Shape& shape, int axis) noexcept {
    for (int i = 0; i < shape.rank(); ++i) {
      (i < axis ? outer : i == axis ? n : inner) *= shape[i];
    }
  }
};

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
