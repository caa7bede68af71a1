#pragma once
// Comparisons, tests for NaN and infinity, and logic of masks. The results are Tensor<bool>;
// nothing here has a gradient or is recorded. Whole tensors are compared by equal and allclose in
// tensor/copy.hpp.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/zip.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace eigengrad {

namespace detail {

/// A tensor as an operand over the shape that it broadcasts to.
template <AnyScalar T>
[[nodiscard]] kernels::ZipOperand<T> over(const Shape& shape, const Tensor<T>& x) {
  return {x.data(), kernels::broadcast_strides(x.shape(), x.strides(), shape)};
}

/// test(x, y) over the broadcast shape. Throws: ShapeError
template <AnyScalar T, class Test>
[[nodiscard]] Tensor<bool> compared(std::string_view op, const Tensor<T>& x, const Tensor<T>& y,
                                    const Test& test) {
  const Shape shape = broadcast_shapes(op, x.shape(), y.shape());
  Tensor<bool> mask = uninitialized<bool>(shape);
  kernels::zip(test, shape, static_cast<bool*>(mask.body().data), over(shape, x), over(shape, y));
  return mask;
}

/// test(x), elementwise.
template <AnyScalar T, class Test>
[[nodiscard]] Tensor<bool> tested(const Tensor<T>& x, const Test& test) {
  Tensor<bool> mask = uninitialized<bool>(x.shape());
  kernels::zip(test, x.shape(), static_cast<bool*>(mask.body().data), over(x.shape(), x));
  return mask;
}

}  // namespace detail

/// Whether x = y, elementwise with broadcasting. NaN equals nothing, -0 equals 0.
///
/// Shapes:    x, y broadcast to the result; a number in place of y is taken as the element type
/// Gradient:  none
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: PyTorch `eq`
template <AnyScalar T>
[[nodiscard]] Tensor<bool> eq(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("eq", x, y, [](T a, T b) { return a == b; });
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> eq(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::tested(x, [y](T a) { return a == y; });
}

/// Whether x differs from y; NaN differs from everything. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> ne(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("ne", x, y, [](T a, T b) { return a != b; });
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> ne(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::tested(x, [y](T a) { return a != y; });
}

/// Whether x < y; false where either is NaN, as for the next three. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> lt(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("lt", x, y, [](T a, T b) { return a < b; });
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> lt(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::tested(x, [y](T a) { return a < y; });
}

/// Whether x <= y. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> le(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("le", x, y, [](T a, T b) { return a <= b; });
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> le(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::tested(x, [y](T a) { return a <= y; });
}

/// Whether x > y. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> gt(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("gt", x, y, [](T a, T b) { return a > b; });
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> gt(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::tested(x, [y](T a) { return a > y; });
}

/// Whether x >= y. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> ge(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("ge", x, y, [](T a, T b) { return a >= b; });
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> ge(const Tensor<T>& x, std::type_identity_t<T> y) {
  return detail::tested(x, [y](T a) { return a >= y; });
}

/// The operators of order, with a number on either side. There is no operator==: eq() compares
/// elementwise, equal() whole tensors. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator<(const Tensor<T>& x, const Tensor<T>& y) {
  return lt(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator<(const Tensor<T>& x, std::type_identity_t<T> y) {
  return lt(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator<(std::type_identity_t<T> x, const Tensor<T>& y) {
  return gt(y, x);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator<=(const Tensor<T>& x, const Tensor<T>& y) {
  return le(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator<=(const Tensor<T>& x, std::type_identity_t<T> y) {
  return le(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator<=(std::type_identity_t<T> x, const Tensor<T>& y) {
  return ge(y, x);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator>(const Tensor<T>& x, const Tensor<T>& y) {
  return gt(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator>(const Tensor<T>& x, std::type_identity_t<T> y) {
  return gt(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator>(std::type_identity_t<T> x, const Tensor<T>& y) {
  return lt(y, x);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator>=(const Tensor<T>& x, const Tensor<T>& y) {
  return ge(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator>=(const Tensor<T>& x, std::type_identity_t<T> y) {
  return ge(x, y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<bool> operator>=(std::type_identity_t<T> x, const Tensor<T>& y) {
  return le(y, x);
}

/// Whether x is NaN, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  none
/// Reference: PyTorch `isnan`
template <FloatScalar T>
[[nodiscard]] Tensor<bool> isnan(const Tensor<T>& x) {
  return detail::tested(x, [](T a) { return std::isnan(a); });
}
/// Whether x is inf or -inf, elementwise.
template <FloatScalar T>
[[nodiscard]] Tensor<bool> isinf(const Tensor<T>& x) {
  return detail::tested(x, [](T a) { return std::isinf(a); });
}
/// Whether x is neither infinite nor NaN, elementwise.
template <FloatScalar T>
[[nodiscard]] Tensor<bool> isfinite(const Tensor<T>& x) {
  return detail::tested(x, [](T a) { return std::isfinite(a); });
}

/// Whether x is 0 (false), elementwise. Elements other than 0 count as true, NaN too.
///
/// Shapes:    any -> the same
/// Gradient:  none
/// Reference: PyTorch `logical_not`
template <AnyScalar T>
[[nodiscard]] Tensor<bool> logical_not(const Tensor<T>& x) {
  return detail::tested(x, [](T a) { return a == T(0); });
}
/// Whether both are other than 0, elementwise with broadcasting. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> logical_and(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("logical_and", x, y, [](T a, T b) { return a != T(0) && b != T(0); });
}
/// Whether either is other than 0, elementwise with broadcasting. Shapes, throws: as eq
template <AnyScalar T>
[[nodiscard]] Tensor<bool> logical_or(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::compared("logical_or", x, y, [](T a, T b) { return a != T(0) || b != T(0); });
}

}  // namespace eigengrad
