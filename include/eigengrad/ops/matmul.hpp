#pragma once
// Matrix products: matmul with NumPy's rules for vectors and batches. Leaves out the dense layer's
// x w + b: linear.hpp.

#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/sum_to.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/view.hpp>

#include <array>
#include <utility>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_inner(std::string_view op, const Shape& x,
                                                    const Shape& y) {
  throw_shape_error(op, {"inner dimensions differ: ", x, " x ", y}, x, y);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_matmul_scalar(const Shape& x, const Shape& y) {
  throw_shape_error("matmul", {"operands need at least one axis: ", x, " x ", y}, x, y);
}

/// One matrix of a possibly batched operand: its elements and the steps between rows and columns.
template <FloatScalar T>
struct MatrixView {
  const T* data;
  Index row_stride;
  Index column_stride;
};

/// c (m, n, row-major) = a (m, k) b (k, n), or with `add` c += a b.
template <FloatScalar T>
EIGENGRAD_NOINLINE void multiply(Index m, Index n, Index k, const MatrixView<T>& a,
                                 const MatrixView<T>& b, T* c, bool add) {
  kernels::GemmArguments<T> p;
  p.m = m;
  p.n = n;
  p.k = k;
  p.a = a.data;
  p.a_row_stride = a.row_stride;
  p.a_column_stride = a.column_stride;
  p.b = b.data;
  p.b_row_stride = b.row_stride;
  p.b_column_stride = b.column_stride;
  p.c = c;
  p.c_row_stride = n;
  p.beta = add ? T(1) : T(0);
  kernels::gemm(p);
}

template <FloatScalar T>
[[nodiscard]] MatrixView<T> matrix_of(const Tensor<T>& x, Index offset = 0) {
  const auto rank = static_cast<std::size_t>(x.rank());
  return {x.data() + offset, x.strides()[rank - 2], x.strides()[rank - 1]};
}
template <FloatScalar T>
[[nodiscard]] MatrixView<T> transposed(const MatrixView<T>& x) {
  return {x.data, x.column_stride, x.row_stride};
}

/// out (batch..., m, n) = x (batch..., m, k) y (batch..., k, n); the batch axes broadcast; out is
/// contiguous.
template <FloatScalar T>
void batched_multiply(const Tensor<T>& x, const Tensor<T>& y, const Shape& batch, T* out,
                      bool add) {
  const Index m = x.extent(-2);
  const Index k = x.extent(-1);
  const Index n = y.extent(-1);
  const auto batch_strides = [&](const Tensor<T>& t) {
    Shape outer;
    for (int i = 0; i + 2 < t.rank(); ++i) {
      outer.push_back(t.shape()[i]);
    }
    return kernels::broadcast_strides(outer, t.strides(), batch);
  };
  const Strides x_strides = batch_strides(x);
  const Strides y_strides = batch_strides(y);
  const kernels::Walk<2> walk = kernels::plan_walk<2>(batch, {&x_strides, &y_strides});
  kernels::for_each_run(walk, [&](const std::array<Index, 2>& offset) {
    for (Index i = 0; i < walk.inner; ++i) {
      multiply(m, n, k, matrix_of(x, offset[0] + i * walk.inner_stride[0]),
               matrix_of(y, offset[1] + i * walk.inner_stride[1]), out, add);
      out += m * n;
    }
  });
}

/// x with its last two axes swapped, as a view.
template <FloatScalar T>
[[nodiscard]] Tensor<T> last_axes_swapped(const Tensor<T>& x) {
  return axes_swapped(x, -2, -1, "matmul");
}

}  // namespace detail

struct Matmul {
  static constexpr std::string_view name = "matmul";
  static constexpr std::string_view doc =
      "Matrix product; vectors and broadcast batches as NumPy's matmul. dx = g y^T, dy = x^T g.";

  /// x (batch..., m, k), y (batch..., k, n): vectors have been given their missing axis.
  template <class T>
  struct Payload {
    detail::Saved<T> x;
    detail::Saved<T> y;
    bool x_vector;
    bool y_vector;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    const Tensor<T> x = as_matrix(*saved.x, saved.x_vector, false);
    const Tensor<T> y = as_matrix(*saved.y, saved.y_vector, true);
    // g in the matrix shape of the product.
    Shape shape = batch_of(x, y);
    const Shape batch = shape;
    shape.push_back(x.extent(-2));
    shape.push_back(y.extent(-1));
    const Tensor<T> g = detail::reshape_view_or_copy(b.gradient(), shape);
    if (b.wants(0)) {
      give(b, 0, g, detail::last_axes_swapped(y), batch, x.shape(), saved.x->shape());
    }
    if (b.wants(1)) {
      give(b, 1, detail::last_axes_swapped(x), g, batch, y.shape(), saved.y->shape());
    }
  }

  /// A vector as a row (left operand) or a column (right operand); a matrix as it is.
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> as_matrix(const Tensor<T>& x, bool vector, bool right) {
    return vector ? detail::unsqueezed(x, right ? 1 : 0, "matmul") : x;
  }

  /// The broadcast batch shape of two operands with at least two axes. Throws: ShapeError
  template <FloatScalar T>
  [[nodiscard]] static Shape batch_of(const Tensor<T>& x, const Tensor<T>& y) {
    Shape x_batch;
    Shape y_batch;
    for (int i = 0; i + 2 < x.rank(); ++i) {
      x_batch.push_back(x.shape()[i]);
    }
    for (int i = 0; i + 2 < y.rank(); ++i) {
      y_batch.push_back(y.shape()[i]);
    }
    return broadcast_shapes(name, x_batch, y_batch);
  }

  template <class Cases>
  static void samples(Cases& cases) {
    const auto product = [](const auto& in) { return matmul(in[0], in[1]); };
    cases.vary("(2, 3) x (3, 4)", {{2, 3}, {3, 4}}, product);
    cases.add("(1, 1) x (1, 1)", {{1, 1}, {1, 1}}, product);
    cases.vary("vector x vector", {{4}, {4}}, product);
    cases.vary("matrix x vector", {{2, 3}, {3}}, product);
    cases.vary("vector x matrix", {{3}, {3, 2}}, product);
    cases.vary("vector x batch", {{3}, {2, 3, 2}}, product);
    cases.vary("batch x vector", {{2, 4, 3}, {3}}, product);
    cases.vary("batches", {{2, 2, 3}, {2, 3, 2}}, product);
    cases.vary("broadcast batches", {{2, 1, 2, 3}, {3, 3, 2}}, product);
    cases.vary("batch x matrix", {{2, 2, 3}, {3, 2}}, product);
    cases.add("inner extent 0", {{2, 0}, {0, 3}}, product);
    cases.add("no rows", {{0, 3}, {3, 2}}, product);
    cases.rejects("matmul: inner dimensions differ: (2, 3) x (4, 5)", {{2, 3}, {4, 5}}, product);
    cases.rejects("matmul: shapes do not broadcast: (2,) and (3,)", {{2, 1, 2}, {3, 2, 1}},
                  product);
    cases.rejects("matmul: operands need at least one axis: () x (2, 3)", {{}, {2, 3}}, product);
  }

 private:
  /// Operand i's gradient: left x right, summed over the batch axes that were broadcast.
  template <FloatScalar T>
  static void give(Backward<T>& b, Index i, const Tensor<T>& left, const Tensor<T>& right,
                   const Shape& batch, const Shape& matrix_shape, const Shape& operand_shape) {
    Shape full = batch;
    full.push_back(left.extent(-2));
    full.push_back(right.extent(-1));
    if (full == matrix_shape) {
      const auto target = b.template target<T>(i, operand_shape);
      detail::batched_multiply(left, right, batch, target.data, target.add);
      return;
    }
    Tensor<T> products = detail::uninitialized<T>(full);
    detail::batched_multiply(left, right, batch, products.mutable_data(), false);
    b.add(i, detail::reshape_view_or_copy(detail::sum_to(products, matrix_shape), operand_shape));
  }
};

/// Matrix product. Operands with more than two axes are batches of matrices whose batch axes
/// broadcast; a vector counts as a row on the left and as a column on the right, and its axis is
/// dropped from the result.
///
/// Shapes:    x (..., m, k) or (k,), y (..., k, n) or (k,) -> (..., m, n)
/// Gradient:  g y^T into x, x^T g into y, summed over broadcast batch axes
/// Throws:    ShapeError if an operand is a scalar, the inner extents differ or the batches do not
///            broadcast
/// Cost:      2 m n k flops per matrix; saves both operands
/// Reference: NumPy `matmul`
template <FloatScalar T>
[[nodiscard]] Tensor<T> matmul(const Tensor<T>& x, const Tensor<T>& y) {
  if (x.rank() == 0 || y.rank() == 0) {
    detail::throw_matmul_scalar(x.shape(), y.shape());
  }
  const bool x_vector = x.rank() == 1;
  const bool y_vector = y.rank() == 1;
  const Tensor<T> a = Matmul::as_matrix(x, x_vector, false);
  const Tensor<T> c = Matmul::as_matrix(y, y_vector, true);
  if (a.extent(-1) != c.extent(-2)) {
    detail::throw_inner("matmul", x.shape(), y.shape());
  }
  const Shape batch = Matmul::batch_of(a, c);
  Shape shape = batch;
  if (!x_vector) {
    shape.push_back(a.extent(-2));
  }
  if (!y_vector) {
    shape.push_back(c.extent(-1));
  }
  Tensor<T> z = detail::uninitialized<T>(shape);
  detail::batched_multiply(a, c, batch, z.mutable_data(), false);
  if (detail::must_record(x, y)) {
    detail::record<Matmul>(
        z,
        [&](detail::Saver& save) {
          return Matmul::Payload<T>{save(x), save(y), x_vector, y_vector};
        },
        x, y);
  }
  return z;
}
EIGENGRAD_LIST_OP(Matmul);

}  // namespace eigengrad
