#pragma once
// map_to and map_into: an elementwise function over tensors that broadcast to a shape, for ops that
// are more than one such function. Nothing here is recorded.

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>

namespace eigengrad::detail {

/// f(x...) over `shape`, to which every x broadcasts, assigned to the contiguous `out` or with Add
/// added to it.
template <bool Add = false, FloatScalar T, class F, class... X>
void map_over(const Shape& shape, T* out, const F& f, const X&... x) noexcept {
  kernels::map<Add>(f, shape, out, std::array<const T*, sizeof...(X)>{x.data()...},
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
