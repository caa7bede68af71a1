#pragma once
// map_to and map_into: an elementwise function over tensors that broadcast to a shape, for ops that
// are more than one such function. Nothing here is recorded.

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>

namespace eigengrad::detail {

/// Whether x's elements lie in row-major order over exactly `shape`.
template <FloatScalar T>
[[nodiscard]] bool is_dense_over(const Tensor<T>& x, const Shape& shape) {
  return x.is_contiguous() && x.shape() == shape;
}

/// f(x...) over `shape`, to which every x broadcasts, assigned to the contiguous `out` or with Add
/// added to it.
template <bool Add = false, FloatScalar T, class F, class... X>
void map_over(const Shape& shape, T* out, const F& f, const X&... x) noexcept {
  const std::array<const T*, sizeof...(X)> in{x.data()...};
  // The usual case needs no plan, which costs more than a few elements do.
  if ((is_dense_over(x, shape) && ...)) {
    kernels::map_dense<Add>(f, shape.size(), out, in);
    return;
  }
  kernels::map<Add>(f, shape, out, in,
                    std::array<Strides, sizeof...(X)>{
                        kernels::broadcast_strides(x.shape(), x.strides(), shape)...});
}

/// The same as a new tensor.
template <FloatScalar T, class F, class... X>
[[nodiscard]] Tensor<T> map_to(const Shape& shape, const F& f, const Tensor<T>& x, const X&... y) {
  Tensor<T> out = uninitialized<T>(shape);
  map_over(shape, static_cast<T*>(out.body().data), f, x, y...);
  return out;
}

/// The same into an operand's gradient.
template <FloatScalar T, class F, class... X>
void map_into(const GradientTarget<T>& target, const Shape& shape, const F& f, const X&... x) {
  if (target.add) {
    map_over<true>(shape, target.data, f, x...);
  } else {
    map_over(shape, target.data, f, x...);
  }
}

}  // namespace eigengrad::detail
