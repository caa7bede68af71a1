#pragma once
// map_to and map_into: an elementwise function over tensors that broadcast to a shape, for ops that
// are more than one such function. Nothing here is recorded.

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <cstddef>

namespace eigengrad::detail {

/// Whether x's elements lie in row-major order over exactly `shape`.
template <FloatScalar T>
[[nodiscard]] bool is_dense_over(const Tensor<T>& x, const Shape& shape) {
  return x.is_contiguous() && x.shape() == shape;
}

/// f(x...) over `shape`, to which every x broadcasts, assigned or added to the contiguous `out`.
template <FloatScalar T, std::size_t N>
EIGENGRAD_NOINLINE void map_tensors(const kernels::MapFunction<T>& f, const Shape& shape, T* out,
                                    const std::array<const Tensor<T>*, N>& x) noexcept {
  std::array<const T*, N> in{};
  bool dense = true;
  for (std::size_t k = 0; k < N; ++k) {
    in[k] = x[k]->data();
    dense = dense && is_dense_over(*x[k], shape);
  }
  // The usual case needs no plan, which costs more than a few elements do.
  if (dense) {
    kernels::map_dense(f, shape.size(), out, in);
    return;
  }
  std::array<Strides, N> strides;
  for (std::size_t k = 0; k < N; ++k) {
    strides[k] = kernels::broadcast_strides(x[k]->shape(), x[k]->strides(), shape);
  }
  kernels::map(f, shape, out, in, strides);
}

/// The same for a plain function, assigned to `out`.
template <FloatScalar T, class F, class... X>
void map_over(const Shape& shape, T* out, const F& f, const X&... x) noexcept {
  map_tensors(kernels::map_function<T, sizeof...(X)>(f), shape, out,
              std::array<const Tensor<T>*, sizeof...(X)>{&x...});
}

/// Both as a new tensor.
template <FloatScalar T, std::size_t N>
[[nodiscard]] EIGENGRAD_NOINLINE Tensor<T> map_tensors(const kernels::MapFunction<T>& f,
                                                       const Shape& shape,
                                                       const std::array<const Tensor<T>*, N>& x) {
  Tensor<T> out = uninitialized<T>(shape);
  map_tensors(f, shape, static_cast<T*>(out.body().data), x);
  return out;
}
template <FloatScalar T, class F, class... X>
[[nodiscard]] Tensor<T> map_to(const Shape& shape, const F& f, const Tensor<T>& x, const X&... y) {
  return map_tensors(kernels::map_function<T, 1 + sizeof...(X)>(f), shape,
                     std::array<const Tensor<T>*, 1 + sizeof...(X)>{&x, &y...});
}

/// The same into an operand's gradient.
template <FloatScalar T, class F, class... X>
void map_into(const GradientTarget<T>& target, const Shape& shape, const F& f, const X&... x) {
  map_tensors(kernels::map_function<T, sizeof...(X)>(f, target.add), shape, target.data,
              std::array<const Tensor<T>*, sizeof...(X)>{&x...});
}

}  // namespace eigengrad::detail
