#pragma once
// Reading and adding at positions that an index names along one axis. Indices have been checked.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/axis_split.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/scatter.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// The walk over a contiguous index and, in step with it, over x without the axis that is indexed.
struct GatherPlan {
  Walk<2> walk;
  Index axis_stride;  // of x

  GatherPlan(const Shape& index, Strides x_strides, int axis) noexcept
      : axis_stride(x_strides[static_cast<std::size_t>(axis)]) {
    x_strides[static_cast<std::size_t>(axis)] = 0;
    const Strides own = contiguous_strides(index);
    walk = plan_walk<2>(index, {&own, &x_strides});
  }

  /// Calls body(element of the index, offset in x of position 0 along the axis) for each element.
  template <class Body>
  void each(const Body& body) const {
    for_each_run(walk, [&](const std::array<Index, 2>& offset) {
      for (Index i = 0; i < walk.inner; ++i) {
        body(offset[0] + i, offset[1] + i * walk.inner_stride[1]);
      }
    });
  }
};

/// out[i] = x at position index[i]; out and index are contiguous.
template <AnyScalar T>
void gather(const GatherPlan& plan, T* out, const std::int64_t* index, const T* x) {
  plan.each([=, step = plan.axis_stride](Index i, Index at) { out[i] = x[at + index[i] * step]; });
}

/// out at position index[i] += g[i], in the order of i.
template <FloatScalar T>
void scatter_add(const GatherPlan& plan, T* out, const std::int64_t* index, const T* g) {
  plan.each([=, step = plan.axis_stride](Index i, Index at) { out[at + index[i] * step] += g[i]; });
}

/// out (outer, count, inner) = the lines of x (outer, n, inner) that the index names.
template <AnyScalar T>
void take_lines(const AxisSplit& split, T* out, const std::int64_t* index, Index count,
                const T* x) noexcept {
  for (Index o = 0; o < split.outer; ++o) {
    for (Index i = 0; i < count; ++i) {
      out = std::copy_n(x + index[i] * split.inner, split.inner, out);
    }
    x += split.n * split.inner;
  }
}

/// The lines of out (outer, n, inner) that the index names += g (outer, count, inner), in order.
template <FloatScalar T>
void add_lines(const AxisSplit& split, T* out, const std::int64_t* index, Index count,
               const T* g) noexcept {
  for (Index o = 0; o < split.outer; ++o) {
    for (Index i = 0; i < count; ++i) {
      add_run(out + index[i] * split.inner, g, split.inner);
      g += split.inner;
    }
    out += split.n * split.inner;
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
