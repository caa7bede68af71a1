#pragma once
// What the ops that give a view have in common: how they are recorded, and the ways back for a
// gradient: into another shape, or into a region of a larger buffer.

#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/kernels/scatter.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cstddef>

namespace eigengrad::detail {

/// Records y, a view of x, with a payload made of `parts`. Tensors without gradients are only
/// views.
template <class Op, AnyScalar T, class... Parts>
[[nodiscard]] Tensor<T> record_view(Tensor<T> y, const Tensor<T>& x, const Parts&... parts) {
  if constexpr (FloatScalar<T>) {
    if (must_record(x)) {
      record<Op>(
          y, [&](Saver&) { return typename Op::template Payload<T>{parts...}; }, x);
    }
  }
  return y;
}

/// An op that reads x's elements in row-major order in another shape.
struct ReshapeRecord {
  template <class T>
  struct Payload {
    Shape shape;  // of x
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      b.add(0, reshape_view_or_copy(b.gradient(), saved.shape));
    }
  }
};

/// An op that reads a part of x: its result's elements are `strides` apart in a contiguous x, from
/// `offset` on.
struct RegionRecord {
  template <class T>
  struct Payload {
    Shape shape;  // of x
    Index offset;
    Strides strides;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& g = b.gradient();
    const auto target = b.template target<T>(0, saved.shape);
    T* const region = target.data + saved.offset;
    if (target.add) {
      kernels::add_strided(g.shape(), region, saved.strides, g.data(), g.strides());
      return;
    }
    std::fill_n(target.data, saved.shape.size(), T(0));
    kernels::copy(g.shape(), region, saved.strides, g.data(), g.strides());
  }
};

}  // namespace eigengrad::detail
