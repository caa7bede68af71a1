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

template <>
struct Rule<Matmul> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    const Tensor<T> x = saved.x_vector ? unsqueeze(*saved.x, 0) : *saved.x;
    const Tensor<T> y = saved.y_vector ? unsqueeze(*saved.y, 1) : *saved.y;
    Shape shape = Matmul::batch_of(x, y);
    shape.push_back(x.extent(-2));
    shape.push_back(y.extent(-1));
    const Tensor<T> g = reshape(b.gradient(), shape);
    if (b.wants(0)) {
      b.add(0, reshape(summed_to(matmul(g, transpose(y)), x.shape()), saved.x->shape()));
    }
    if (b.wants(1)) {
      b.add(1, reshape(summed_to(matmul(transpose(x), g), y.shape()), saved.y->shape()));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    if (!f.has(1)) {
      f.set(matmul(f.tangent(0), *saved.y));
    } else if (!f.has(0)) {
      f.set(matmul(*saved.x, f.tangent(1)));
    } else {
      f.set(matmul(f.tangent(0), *saved.y) + matmul(*saved.x, f.tangent(1)));
    }
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
  const Tensor<T> g = reshape(gradient, Shape{rows, out});
  if (b.operand_count() > 2 && b.wants(2)) {
    b.add(2, sum(g, {0}));
  }
  if (b.wants(1)) {
    b.add(1, matmul(transpose(reshape(x, Shape{rows, in})), g));
  }
  if (b.wants(0)) {
    b.add(0, reshape(matmul(g, transpose(w)), x.shape()));
  }
}

/// The tangent of x w + b.
template <FloatScalar T>
[[nodiscard]] Tensor<T> dense_tangent(const TangentForward<T>& f, const Tensor<T>& x,
                                      const Tensor<T>& w) {
  Tensor<T> t;
  if (f.operand_count() > 2 && f.has(2)) {
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
