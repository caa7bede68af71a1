#pragma once
// What the ops of this folder share: checks of shapes, errors that name a matrix of a batch, walks
// over two batches; and the triangles of a matrix as tensors, tril and triu.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/where.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
#include <string>
#include <string_view>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_square(std::string_view op, const Shape& a) {
  throw_shape_error(op, {"expected square matrices: ", a}, a);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_matrix(std::string_view op, const Shape& a) {
  throw_shape_error(op, {"expected at least two axes: ", a}, a);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_right_side(std::string_view op, const Shape& a,
                                                         const Shape& b) {
  throw_shape_error(op, {"matrix and right side do not fit: ", a, " and ", b}, a, b);
}
/// `op: matrix (1, 0) is singular: pivot 2 is 0`; without the place where there is no batch.
[[noreturn]] EIGENGRAD_COLD inline void throw_pivot(std::string_view op, const Shape& batch,
                                                    Index matrix, std::string_view what,
                                                    Index pivot, std::string_view is) {
  Shape place = batch;
  for (int axis = batch.rank() - 1; axis >= 0; --axis) {
    place.set(axis, matrix % batch[axis]);
    matrix /= batch[axis];
  }
  const std::string at = batch.rank() == 0 ? "the matrix" : concat("matrix ", place);
  throw_error<ValueError>(op, {at, " is ", what, ": pivot ", pivot, " is ", is});
}

/// The axes before the last two. The caller has checked that there are two.
[[nodiscard]] inline Shape batch_of(const Shape& shape) {
  Shape batch;
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) {
    batch.push_back(shape[axis]);
  }
  return batch;
}
/// The shape of a batch of m x n matrices.
[[nodiscard]] inline Shape with_matrix(Shape batch, Index m, Index n) {
  batch.push_back(m);
  batch.push_back(n);
  return batch;
}
/// x, repeated where its batch is smaller than that of `shape`; recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> over_batch(const Tensor<T>& x, const Shape& shape) {
  return x.shape() == shape ? x : expand(x, shape);
}
/// Throws: ShapeError unless the last two axes exist and are equal
inline void check_square(std::string_view op, const Shape& a) {
  if (a.rank() < 2) {
    throw_not_matrix(op, a);
  }
  if (a[a.rank() - 1] != a[a.rank() - 2]) {
    throw_not_square(op, a);
  }
}

/// Calls body(x's matrix, y's row) for each place of the batch, in order: pointers into x
/// (batch..., m, n) and y (batch..., k).
template <FloatScalar T, AnyScalar Y, class Body>
void for_each_matrix(const Shape& batch, const Tensor<T>& x, const Tensor<Y>& y, int y_axes,
                     const Body& body) {
  Strides x_strides{};
  Strides y_strides{};
  for (int axis = 0; axis < batch.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    x_strides[a] = x.strides()[a];
    y_strides[a] = y.rank() - y_axes == batch.rank() ? y.strides()[a] : 0;
  }
  const kernels::Walk<2> walk = kernels::plan_walk<2>(batch, {&x_strides, &y_strides});
  kernels::for_each_run(walk, [&](const std::array<Index, 2>& offset) {
    for (Index i = 0; i < walk.inner; ++i) {
      body(x.data() + offset[0] + i * walk.inner_stride[0],
           y.data() + offset[1] + i * walk.inner_stride[1]);
    }
  });
}

/// Whether an element is on or below a diagonal, for all places of an m x n matrix.
[[nodiscard]] inline Tensor<bool> below_diagonal(Index m, Index n, Index diagonal) {
  Tensor<bool> mask = empty<bool>({m, n});
  bool* const to = fresh_data(mask);
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      to[i * n + j] = j - i <= diagonal;
    }
  }
  return mask;
}

}  // namespace detail

/// The lower triangle of matrices: x on and below a diagonal, 0 above it. Diagonal 0 is the main
/// one, 1 the one above it, -1 the one below it.
///
/// Shapes:    (..., m, n) -> the same
/// Gradient:  the lower triangle of g
/// Throws:    ShapeError if x has fewer than two axes
/// Reference: NumPy and PyTorch `tril`
template <FloatScalar T>
[[nodiscard]] Tensor<T> tril(const Tensor<T>& x, Index diagonal = 0) {
  if (x.rank() < 2) {
    detail::throw_not_matrix("tril", x.shape());
  }
  return where(detail::below_diagonal(x.extent(-2), x.extent(-1), diagonal), x, T(0));
}

/// The upper triangle of matrices: x on and above a diagonal, 0 below it. As tril.
///
/// Throws:    ShapeError if x has fewer than two axes
/// Reference: NumPy and PyTorch `triu`
template <FloatScalar T>
[[nodiscard]] Tensor<T> triu(const Tensor<T>& x, Index diagonal = 0) {
  if (x.rank() < 2) {
    detail::throw_not_matrix("triu", x.shape());
  }
  return where(detail::below_diagonal(x.extent(-2), x.extent(-1), diagonal - 1), T(0), x);
}

}  // namespace eigengrad
