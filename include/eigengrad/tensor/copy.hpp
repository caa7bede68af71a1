#pragma once
// Copies of tensors, conversion of the element type, and comparison of whole tensors. Nothing here
// is recorded on a tape: a copy is a constant. The differentiable clone, contiguous and cast are in
// ops/.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_shapes_differ(std::string_view op, const Shape& lhs,
                                                            const Shape& rhs) {
  throw_shape_error(op, {"shapes differ: ", lhs, " and ", rhs}, lhs, rhs);
}

/// Writes the elements of `src` over those of `dst`, which may be a strided view, converting the
/// type. The two must not overlap in part.
/// Throws: ShapeError if the shapes differ; ValueError as Tensor::mutable_data()
template <AnyScalar To, AnyScalar From>
void copy_into(Tensor<To>& dst, const Tensor<From>& src, std::string_view op = "copy") {
  if (dst.shape() != src.shape()) {
    throw_shapes_differ(op, dst.shape(), src.shape());
  }
  kernels::copy(dst.shape(), dst.mutable_data(), dst.strides(), src.data(), src.strides());
}

/// The same for a temporary view: `copy_into(sliced(x, ...), src)`.
template <AnyScalar To, AnyScalar From>
void copy_into(Tensor<To>&& dst, const Tensor<From>& src, std::string_view op = "copy") {
  copy_into(dst, src, op);
}

/// A new contiguous tensor with the elements of `x` as another type, converted as by NumPy's
/// astype; `x` itself when the type is the same. Cost: one pass, not recorded
template <AnyScalar To, AnyScalar From>
[[nodiscard]] Tensor<To> converted(const Tensor<From>& x) {
  if constexpr (std::same_as<To, From>) {
    return x;
  } else {
    Tensor<To> y = uninitialized<To>(x.shape());
    kernels::copy(x.shape(), static_cast<To*>(y.body().data), y.strides(), x.data(), x.strides());
    return y;
  }
}

/// A new contiguous tensor with the elements of `x`. Not recorded
template <AnyScalar T>
[[nodiscard]] EIGENGRAD_NOINLINE Tensor<T> copied(const Tensor<T>& x) {
  Tensor<T> y = uninitialized<T>(x.shape());
  kernels::copy(x.shape(), static_cast<T*>(y.body().data), y.strides(), x.data(), x.strides());
  return y;
}

/// `x` itself if it is contiguous, else a contiguous copy. What kernels that want plain rows call;
/// not recorded
template <AnyScalar T>
[[nodiscard]] Tensor<T> packed(const Tensor<T>& x) {
  return x.is_contiguous() ? x : copied(x);
}

/// Whether test(a_i, b_i) holds for every pair over `shape`. Stops at the first innermost run
/// that fails.
template <AnyScalar A, AnyScalar B, class Test>
[[nodiscard]] bool all_pairs(const Shape& shape, const Tensor<A>& a, const Strides& a_strides,
                             const Tensor<B>& b, const Strides& b_strides, const Test& test) {
  const kernels::Walk<2> walk = kernels::plan_walk<2>(shape, {&a_strides, &b_strides});
  const A* const x = a.data();
  const B* const y = b.data();
  bool holds = true;
  kernels::for_each_run(walk, [&](const std::array<Index, 2>& offset) {
    for (Index i = 0; holds && i < walk.inner; ++i) {
      holds =
          test(x[offset[0] + i * walk.inner_stride[0]], y[offset[1] + i * walk.inner_stride[1]]);
    }
  });
  return holds;
}

}  // namespace detail

/// Whether a change of one tensor's elements may show in the other: both are views of one owner.
/// Two view_of() the same user memory are not known to each other.
template <AnyScalar A, AnyScalar B>
[[nodiscard]] bool is_same_storage(const Tensor<A>& a, const Tensor<B>& b) {
  return detail::owner_of(&a.body()) == detail::owner_of(&b.body());
}

/// Whether two tensors have the same shape and the same elements. NaN equals nothing, -0 equals 0.
///
/// Reference: numpy.array_equal
template <AnyScalar T>
[[nodiscard]] bool equal(const Tensor<T>& a, const Tensor<T>& b) {
  return a.shape() == b.shape() && detail::all_pairs(a.shape(), a, a.strides(), b, b.strides(),
                                                     [](T x, T y) { return x == y; });
}

/// Whether |a - b| <= absolute + relative |b| for every pair, after broadcasting, computed in
/// double. Equal infinities are close; NaN is close to NaN only with `equal_nan`.
///
/// Shapes:    any two that broadcast
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: numpy.allclose, the same defaults
template <AnyScalar T>
[[nodiscard]] bool allclose(const Tensor<T>& a, const Tensor<T>& b, double relative = 1e-5,
                            double absolute = 1e-8, bool equal_nan = false) {
  const Shape shape = broadcast_shapes("allclose", a.shape(), b.shape());
  return detail::all_pairs(shape, a, kernels::broadcast_strides(a.shape(), a.strides(), shape), b,
                           kernels::broadcast_strides(b.shape(), b.strides(), shape),
                           [&](T left, T right) {
                             const auto x = static_cast<double>(left);
                             const auto y = static_cast<double>(right);
                             if (std::isfinite(x) && std::isfinite(y)) {
                               return std::abs(x - y) <= absolute + relative * std::abs(y);
                             }
                             return x == y || (equal_nan && std::isnan(x) && std::isnan(y));
                           });
}

/// The elements in row-major order.
template <AnyScalar T>
[[nodiscard]] std::vector<T> to_vector(const Tensor<T>& x) {
  const Tensor<T> row_major = detail::packed(x);
  const T* const from = row_major.data();
  return std::vector<T>(from, from + row_major.size());
}

}  // namespace eigengrad
