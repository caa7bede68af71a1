#pragma once
// linear, the fused x w + b of a dense layer, and linear_relu, which applies relu in the same pass.

#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/view.hpp>

#include <string_view>
#include <type_traits>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_linear(std::string_view op, const Shape& x,
                                                     const Shape& w, const Shape& b) {
  throw_shape_error(op, {"expects w (in, out) and b (out,): w is ", w, ", b is ", b, ", x is ", x},
                    x, w);
}

/// A tensor as a matrix: its leading axes are rows, and a strided batch is copied unless its rows
/// merge. Refers to x, which has a handle of its own.
template <FloatScalar T>
struct RowsOf {
  Tensor<T> merged;  // only of what is no matrix yet
  MatrixView<T> view;

  RowsOf(const Tensor<T>& x, Index rows, Index columns)
      : merged(x.rank() == 2 || x.is_contiguous() ? Tensor<T>()
                                                  : reshape_view_or_copy(x, Shape{rows, columns})),
        view(merged.defined() ? matrix_of(merged)
             : x.rank() == 2  ? matrix_of(x)
                              : MatrixView<T>{x.data(), columns, 1}) {}
};

/// y = f(x w + b) in one pass, not recorded; `bias` and `f` may be null.
template <FloatScalar T>
[[nodiscard]] Tensor<T> dense_product(std::string_view op, const Tensor<T>& x, const Tensor<T>& w,
                                      const Tensor<T>* bias, kernels::GemmActivation<T> f) {
  if (w.rank() != 2 || (bias != nullptr && !(bias->shape() == Shape{w.shape()[1]}))) {
    throw_linear(op, x.shape(), w.shape(), bias != nullptr ? bias->shape() : Shape{});
  }
  const Index in = w.shape()[0];
  const Index out = w.shape()[1];
  if (x.rank() == 0 || x.shape()[x.rank() - 1] != in) {
    throw_inner(op, x.shape(), w.shape());
  }
  Shape shape = x.shape();
  shape.set(x.rank() - 1, out);
  Tensor<T> y = uninitialized<T>(shape);
  const Index rows = x.rank() == 2 ? x.shape()[0] : out > 0 ? y.size() / out : 0;
  const RowsOf<T> a(x, rows, in);
  const bool packs = bias != nullptr && !bias->is_contiguous();
  const Tensor<T> dense_bias = packs ? copied(*bias) : Tensor<T>();
  kernels::gemm(kernels::GemmArguments<T>{
      .m = rows,
      .n = out,
      .k = in,
      .a = a.view.data,
      .a_row_stride = a.view.row_stride,
      .a_column_stride = a.view.column_stride,
      .b = w.data(),
      .b_row_stride = w.strides()[0],
      .b_column_stride = w.strides()[1],
      .c = static_cast<T*>(y.body().data),
      .c_row_stride = out,
      .bias = bias == nullptr ? nullptr : (packs ? dense_bias : *bias).data(),
      .activation = f});
  return y;
}

/// The gradients of x, w and b from that of x w + b.
template <FloatScalar T>
void give_dense_gradients(Backward<T>& b, const Tensor<T>& x, const Tensor<T>& w,
                          const Tensor<T>& gradient) {
  const Index in = w.shape()[0];
  const Index out = w.shape()[1];
  const Index rows =
      x.size() == 0 && in == 0 ? gradient.size() / (out > 0 ? out : 1) : x.size() / in;
  const RowsOf<T> g(gradient, rows, out);
  if (b.operand_count() > 2 && b.wants(2)) {
    const auto target = b.template target<T>(2, Shape{out});
    kernels::reduce(kernels::SumOf<T>{}, Shape{rows, out}, g.view.data,
                    Strides{g.view.row_stride, g.view.column_stride}, 1U, target.data, target.add);
  }
  if (b.wants(1)) {
    const RowsOf<T> a(x, rows, in);
    const auto target = b.template target<T>(1, w.shape());
    multiply(in, out, rows, transposed(a.view), g.view, target.data, target.add);
  }
  if (b.wants(0)) {
    const auto target = b.template target<T>(0, x.shape());
    multiply(rows, in, out, g.view, transposed(matrix_of(w)), target.data, target.add);
  }
}

}  // namespace detail

struct Linear {
  static constexpr std::string_view name = "linear";
  static constexpr std::string_view doc =
      "x w + b in one pass: the dense layer. dx = g w^T, dw = x^T g, db = sum of g over rows.";

  template <class T>
  struct Payload {
    detail::Saved<T> x;
    detail::Saved<T> w;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    detail::give_dense_gradients(b, *saved.x, *saved.w, b.gradient());
  }

  template <class Cases>
  static void samples(Cases& cases) {
    const auto biased = [](const auto& in) { return linear(in[0], in[1], in[2]); };
    const auto plain = [](const auto& in) { return linear(in[0], in[1]); };
    cases.vary("(2, 3) (3, 4) (4,)", {{2, 3}, {3, 4}, {4}}, biased);
    cases.vary("one row", {{3}, {3, 2}, {2}}, biased);
    cases.vary("batch of sequences", {{2, 3, 4}, {4, 2}, {2}}, biased);
    cases.add("no rows", {{0, 3}, {3, 2}, {2}}, biased);
    cases.add("one output", {{5, 3}, {3, 1}, {1}}, biased);
    cases.vary("without bias", {{2, 3}, {3, 4}}, plain);
    cases.rejects("linear: inner dimensions differ: (2, 3) x (4, 5)", {{2, 3}, {4, 5}, {5}},
                  biased);
    cases.rejects("linear: expects w (in, out) and b (out,): w is (3, 5), b is (4,), x is (2, 3)",
                  {{2, 3}, {3, 5}, {4}}, biased);
  }
};

namespace detail {

template <FloatScalar T>
[[nodiscard]] Tensor<T> linear(const Tensor<T>& x, const Tensor<T>& w, const Tensor<T>* bias) {
  Tensor<T> y = dense_product(Linear::name, x, w, bias, {});
  const auto make = [&](Saver& save) { return Linear::Payload<T>{save(x), save(w)}; };
  if (bias != nullptr && must_record(x, w, *bias)) {
    record<Linear>(y, make, x, w, *bias);
  } else if (bias == nullptr && must_record(x, w)) {
    record<Linear>(y, make, x, w);
  }
  return y;
}

}  // namespace detail

/// x w + b: the dense layer's product with its bias, in one pass.
///
/// Shapes:    x (..., in), w (in, out), b (out,) -> (..., out)
/// Gradient:  g w^T into x, x^T g into w, g summed over rows into b
/// Throws:    ShapeError if w is not a matrix, b is not (out,) or x's last extent is not `in`
/// Cost:      2 n in out flops; saves x and w
/// Reference: Keras `Dense`; PyTorch `linear` with w transposed
template <FloatScalar T>
[[nodiscard]] Tensor<T> linear(const Tensor<T>& x, const Tensor<T>& w,
                               const std::type_identity_t<Tensor<T>>& b) {
  return detail::linear<T>(x, w, &b);
}
/// The same without a bias.
template <FloatScalar T>
[[nodiscard]] Tensor<T> linear(const Tensor<T>& x, const Tensor<T>& w) {
  return detail::linear<T>(x, w, nullptr);
}
EIGENGRAD_LIST_OP(Linear);

struct LinearRelu {
  static constexpr std::string_view name = "linear_relu";
  static constexpr std::string_view doc =
      "max(x w + b, 0) in one pass: the dense layer with its relu. The gradients of linear, from g "
      "where the result is positive.";

  template <class T>
  struct Payload {
    detail::Saved<T> x;
    detail::Saved<T> w;
    detail::Saved<T> y;
  };

  /// relu of packets.
  struct Function {
    template <class S>
    EIGENGRAD_INLINE S operator()(S x) const noexcept {
      return Relu::f(x);
    }
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    const Tensor<T>& y = *saved.y;
    detail::give_dense_gradients(
        b, *saved.x, *saved.w,
        detail::map_to(
            y.shape(), [](auto g, auto yi) { return Relu::pull(g, yi); }, b.gradient(), y));
  }

  template <class Cases>
  static void samples(Cases& cases) {
    const auto f = [](const auto& in) { return linear_relu(in[0], in[1], in[2]); };
    cases.vary("(2, 3) (3, 4) (4,)", {{2, 3}, {3, 4}, {4}}, f);
    cases.vary("one row", {{3}, {3, 2}, {2}}, f);
    cases.vary("batch of sequences", {{2, 3, 4}, {4, 2}, {2}}, f);
    cases.add("no rows", {{0, 3}, {3, 2}, {2}}, f);
    cases.add("one output", {{5, 3}, {3, 1}, {1}}, f);
    cases.rejects("linear_relu: inner dimensions differ: (2, 3) x (4, 5)", {{2, 3}, {4, 5}, {5}},
                  f);
    cases.rejects(
        "linear_relu: expects w (in, out) and b (out,): w is (3, 5), b is (4,), x is (2, 3)",
        {{2, 3}, {3, 5}, {4}}, f);
  }
};

/// relu(linear(x, w, b)) in one pass over the result; nn::Sequential uses it for a Dense that a
/// ReLU follows.
///
/// Shapes:    x (..., in), w (in, out), b (out,) -> (..., out)
/// Gradient:  that of linear, from g where the result is positive or NaN and 0 elsewhere
/// Throws:    ShapeError if w is not a matrix, b is not (out,) or x's last extent is not `in`
/// Cost:      2 n in out flops; saves x, w and the result
/// Reference: relu and linear
template <FloatScalar T>
[[nodiscard]] Tensor<T> linear_relu(const Tensor<T>& x, const Tensor<T>& w,
                                    const std::type_identity_t<Tensor<T>>& b) {
  Tensor<T> y = detail::dense_product(LinearRelu::name, x, w, &b,
                                      &kernels::gemm_activation<T, LinearRelu::Function>);
  if (detail::must_record(x, w, b)) {
    detail::record<LinearRelu>(
        y,
        [&](detail::Saver& save) {
          return LinearRelu::Payload<T>{save(x), save(w), save(y)};
        },
        x, w, b);
  }
  return y;
}
EIGENGRAD_LIST_OP(LinearRelu);

}  // namespace eigengrad
