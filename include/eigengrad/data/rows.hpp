#pragma once
// Rows of tensors: the first axis counts them. take_rows gathers some of them into a new tensor.
// Leaves out the differentiable index_select: ops/.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_rows(std::string_view op) {
  throw_shape_error(op, {"a scalar has no rows: ()"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_rows_differ(std::string_view op, const Shape& x,
                                                          const Shape& y) {
  throw_shape_error(op, {"x and y differ in rows: ", x, " and ", y}, x, y);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_row(std::string_view op, Index row, Index rows) {
  throw_error<IndexError>(op, {"row ", row, " is outside [0, ", rows, ")"});
}

/// Number of rows. Throws: ShapeError for a scalar
template <AnyScalar T>
[[nodiscard]] Index rows_of(std::string_view op, const Tensor<T>& x) {
  if (x.rank() == 0) {
    throw_no_rows(op);
  }
  return x.shape()[0];
}

/// Number of rows of two tensors. Throws: ShapeError if they differ
template <AnyScalar T, AnyScalar Y>
[[nodiscard]] Index rows_of(std::string_view op, const Tensor<T>& x, const Tensor<Y>& y) {
  const Index rows = rows_of(op, x);
  if (rows_of(op, y) != rows) {
    throw_rows_differ(op, x.shape(), y.shape());
  }
  return rows;
}

/// The shape of `rows` rows like those of `shape`.
[[nodiscard]] inline Shape with_rows(const Shape& shape, Index rows) noexcept {
  Shape result = shape;
  result.set(0, rows);
  return result;
}

/// Elements of one row. The caller answers for a rank of at least 1.
[[nodiscard]] inline Index row_size(const Shape& shape) noexcept {
  Index size = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    size *= shape[axis];
  }
  return size;
}

/// Copies the rows that `indices` name, one after the other, from the contiguous `x`. Unchecked.
template <AnyScalar T>
void gather_rows(T* out, const Tensor<T>& x, std::span<const Index> indices) noexcept {
  const Index width = row_size(x.shape());
  const T* const from = x.data();
  for (const Index row : indices) {
    std::memcpy(out, from + row * width, static_cast<std::size_t>(width) * sizeof(T));
    out += width;
  }
}

}  // namespace detail

/// The rows of `x` that `indices` name, in that order; a row may come more than once.
///
/// Shapes:    x (n, ...), k indices -> (k, ...)
/// Gradient:  none; the result is a constant
/// Throws:    ShapeError for a scalar; IndexError if an index is outside [0, n)
/// Cost:      one pass over the rows taken; a strided view is copied first
template <AnyScalar T>
[[nodiscard]] Tensor<T> take_rows(const Tensor<T>& x, std::span<const Index> indices) {
  const Index rows = detail::rows_of("take_rows", x);
  for (const Index row : indices) {
    if (row < 0 || row >= rows) {
      detail::throw_row("take_rows", row, rows);
    }
  }
  Tensor<T> out =
      detail::uninitialized<T>(detail::with_rows(x.shape(), static_cast<Index>(indices.size())));
  detail::gather_rows(out.mutable_data(), detail::packed(x), indices);
  return out;
}

/// The same with the indices in a tensor.
///
/// Shapes:    x (n, ...), indices (k,) -> (k, ...)
/// Throws:    as above; ShapeError if `indices` is not (k,)
template <AnyScalar T>
[[nodiscard]] Tensor<T> take_rows(const Tensor<T>& x, const Tensor<std::int64_t>& indices) {
  if (indices.rank() != 1) {
    detail::throw_shape_error("take_rows", {"indices are not (k,): ", indices.shape()}, x.shape(),
                              indices.shape());
  }
  const Tensor<std::int64_t> rows = detail::packed(indices);
  return take_rows(x, rows.values());
}

}  // namespace eigengrad
