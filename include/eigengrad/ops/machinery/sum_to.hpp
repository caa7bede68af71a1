#pragma once
// sum_to: takes a gradient in a broadcast shape back to the shape of the operand that was
// broadcast.

#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/tensor/tensor.hpp>

namespace eigengrad::detail {

/// The axes of `from` along which an operand of shape `to` was repeated.
[[nodiscard]] inline kernels::AxisSet broadcast_axes(const Shape& from, const Shape& to) noexcept {
  kernels::AxisSet axes = 0;
  const int shift = from.rank() - to.rank();
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (axis < shift || (to[axis - shift] == 1 && from[axis] != 1)) {
      axes |= 1U << axis;
    }
  }
  return axes;
}

/// The sum of g over the axes along which `shape` was broadcast to g's shape; g itself if there are
/// none.
template <FloatScalar T>
[[nodiscard]] Tensor<T> sum_to(const Tensor<T>& g, const Shape& shape) {
  if (g.shape() == shape) {
    return g;
  }
  Tensor<T> sum = uninitialized<T>(shape);
  kernels::reduce(kernels::SumOf<T>{}, g.shape(), g.data(), g.strides(),
                  broadcast_axes(g.shape(), shape), static_cast<T*>(sum.body().data));
  return sum;
}

}  // namespace eigengrad::detail
