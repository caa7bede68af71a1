#pragma once
// The rules of matrix products and dense layers.

#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/transforms/elementwise_rules.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/ops/where.hpp>

namespace eigengrad::detail {

/// x y, where the matrices of x behind the lead stand in one above the other if y is one matrix.
template <FloatScalar T>
[[nodiscard]] Tensor<T> led_product(const Tensor<T>& x, const Tensor<T>& y, const Lead& lead) {
  if (lead.axes() == 0 || y.rank() != 2) {
    return matmul(x, y);
  }
  Shape shape = x.shape();
  shape.set(x.rank() - 1, 1);
  const Index rows = shape.size();
  shape.set(x.rank() - 1, y.extent(1));
  return reshape(matmul(reshape(x, Shape{rows, y.extent(0)}), y), shape);
}

template <>
struct Rule<Matmul> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    const Lead& lead = b.lead();
    const Tensor<T> x = as_row(saved);
    const Tensor<T> y = as_column(saved);
    const Tensor<T> g = reshape(b.gradient(), lead.with(matrices(x, y)));
    if (b.wants(0)) {
      const Tensor<T> dx = led_product(g, transpose(y), lead);
      b.add(0, reshape(summed_to(dx, x.shape(), lead), lead.with(saved.x->shape())));
    }
    if (b.wants(1)) {
      const Tensor<T> dy = matmul(transpose(x), g);
      b.add(1, reshape(summed_to(dy, y.shape(), lead), lead.with(saved.y->shape())));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    if (f.lead().axes() > 0) {
      f.set(led_tangent(f, saved));
    } else if (!f.has(1)) {
      f.set(matmul(f.tangent(0), *saved.y));
    } else if (!f.has(0)) {
      f.set(matmul(*saved.x, f.tangent(1)));
    } else {
      f.set(matmul(f.tangent(0), *saved.y) + matmul(*saved.x, f.tangent(1)));
    }
  }

 private:
  template <class Payload>
  [[nodiscard]] static auto as_row(const Payload& saved) {
    return saved.x_vector ? unsqueeze(*saved.x, 0) : *saved.x;
  }
  template <class Payload>
  [[nodiscard]] static auto as_column(const Payload& saved) {
    return saved.y_vector ? unsqueeze(*saved.y, 1) : *saved.y;
  }
  /// The shape of the product as a batch of matrices.
  template <FloatScalar T>
  [[nodiscard]] static Shape matrices(const Tensor<T>& x, const Tensor<T>& y) {
    Shape shape = Matmul::batch_of(x, y);
    shape.push_back(x.extent(-2));
    shape.push_back(y.extent(-1));
    return shape;
  }
  template <FloatScalar T, class Payload>
  [[nodiscard]] static Tensor<T> led_tangent(const TangentForward<T>& f, Payload& saved) {
    const Lead& lead = f.lead();
    const Tensor<T> x = as_row(saved);
    const Tensor<T> y = as_column(saved);
    const int rank = matrices(x, y).rank();
    Tensor<T> t;
    if (f.has(0)) {
      t = led_product(reshape(f.tangent(0), lead.over(x.shape(), rank)), y, lead);
    }
    if (f.has(1)) {
      const Tensor<T> by_y = matmul(x, reshape(f.tangent(1), lead.over(y.shape(), rank)));
      t = t.defined() ? t + by_y : by_y;
    }
    return reshape(t, lead.with(f.result().shape()));
  }
};

/// The gradients of x, w and b from that of x w + b.
template <FloatScalar T>
void add_dense_gradients(GraphBackward<T>& b, const Tensor<T>& x, const Tensor<T>& w,
                         const Tensor<T>& gradient) {
  const Index in = w.extent(0);
  const Index out = w.extent(1);
  Index rows = 1;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) {
    rows *= x.shape()[axis];
  }
  const Lead& lead = b.lead();
  const Tensor<T> g = reshape(gradient, lead.with(Shape{rows, out}));
  if (b.operand_count() > 2 && b.wants(2)) {
    b.add(2, sum(g, {Index{lead.axes()}}));
  }
  if (b.wants(1)) {
    b.add(1, matmul(transpose(reshape(x, Shape{rows, in})), g));
  }
  if (b.wants(0)) {
    b.add(0, reshape(led_product(g, transpose(w), lead), lead.with(x.shape())));
  }
}

/// The part of the tangent of x w + b that comes from w and b, behind a lead; undefined if none.
template <FloatScalar T>
[[nodiscard]] Tensor<T> led_dense_tangent(const TangentForward<T>& f, const Tensor<T>& x,
                                          const Tensor<T>& w) {
  const Lead& lead = f.lead();
  const Shape shape = lead.with(f.result().shape());
  const Index in = w.extent(0);
  Tensor<T> t;
  if (f.has(1)) {
    Shape rows = f.result().shape();
    rows.set(rows.rank() - 1, 1);
    t = reshape(matmul(reshape(x, Shape{rows.size(), in}), f.tangent(1)), shape);
  }
  if (f.operand_count() > 2 && f.has(2)) {
    const Tensor<T> by_b = expand(aligned(f.tangent(2), lead, f.result().rank()), shape);
    t = t.defined() ? t + by_b : by_b;
  }
  return t;
}

/// The tangent of x w + b.
template <FloatScalar T>
[[nodiscard]] Tensor<T> dense_tangent(const TangentForward<T>& f, const Tensor<T>& x,
                                      const Tensor<T>& w) {
  Tensor<T> t;
  if (f.lead().axes() > 0) {
    t = led_dense_tangent(f, x, w);
  } else if (f.operand_count() > 2 && f.has(2)) {
    t = f.has(1) ? linear(x, f.tangent(1), f.tangent(2)) : expand(f.tangent(2), f.result().shape());
  } else if (f.has(1)) {
    t = linear(x, f.tangent(1));
  }
  if (!f.has(0)) {
    return t;
  }
  const Tensor<T> through = linear(f.tangent(0), w);
  return t.defined() ? t + through : through;
}

template <>
struct Rule<Linear> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    add_dense_gradients(b, *saved.x, *saved.w, b.gradient());
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(dense_tangent(f, *saved.x, *saved.w));
  }
};

template <>
struct Rule<LinearRelu> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    add_dense_gradients(b, *saved.x, *saved.w, where(le(*saved.y, T(0)), T(0), b.gradient()));
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(where(le(*saved.y, T(0)), T(0), dense_tangent(f, *saved.x, *saved.w)));
  }
};

}  // namespace eigengrad::detail
