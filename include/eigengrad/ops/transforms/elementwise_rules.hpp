#pragma once
// The rule of every elementwise op: its own derivative, evaluated on traced tensors.

#include <eigengrad/ops/machinery/binary.hpp>
#include <eigengrad/ops/machinery/unary.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/ops/transforms/traced.hpp>

namespace eigengrad::detail {

/// The sum of g over the axes along which `shape` was broadcast to g's shape, recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> summed_to(const Tensor<T>& g, const Shape& shape, const Lead& lead = {}) {
  const Shape led = lead.with(shape);
  if (g.shape() == led) {
    return g;
  }
  const Shape from = lead.over(shape, g.rank() - lead.axes());
  const Reduction reduction(g.shape(), broadcast_axes(g.shape(), from));
  return reshape(reduction.axes == 0 ? g : sum_or_mean<Sum>(g, reduction, false), led);
}

template <class Op>
struct Rule<UnaryRecord<Op>> {
  using Record = UnaryRecord<Op>;
  static constexpr bool takes_lead = true;

  /// The derivative times g. It is diagonal, so this is both vjp and jvp.
  template <FloatScalar T, class Payload>
  [[nodiscard]] static Tensor<T> scaled(const Tensor<T>& g, Payload& saved) {
    const auto on = [&](const auto&... read) {
      return pulled(saved.op, Traced<T>(g), Traced<T>(*read)...).over(g.shape());
    };
    if constexpr (Op::saves == Save::none) {
      return saved.op.df(Traced<T>(g)).over(g.shape());
    } else if constexpr (Op::saves == Save::both) {
      return on(saved.x, saved.y);
    } else if constexpr (Op::saves == Save::input) {
      return on(saved.x);
    } else {
      return on(saved.y);
    }
  }

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, scaled(b.gradient(), saved));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(scaled(f.tangent(0), saved));
  }
};

template <class Op>
struct Rule<BinaryRecord<Op>> {
  using Record = BinaryRecord<Op>;
  static constexpr bool takes_lead = true;

  /// The derivative by operand 0 or 1 times g, over the result's shape.
  template <int Operand, FloatScalar T, class Payload>
  [[nodiscard]] static Tensor<T> scaled(const Tensor<T>& g, Payload& saved, const Shape& shape) {
    const auto on = [&](const auto&... read) {
      if constexpr (Operand == 0) {
        return pulled_x(saved.op, Traced<T>(g), Traced<T>(*read)...).over(shape);
      } else {
        return pulled_y(saved.op, Traced<T>(g), Traced<T>(*read)...).over(shape);
      }
    };
    if constexpr (Record::saves_inputs) {
      return on(saved.x, saved.y);
    } else {
      return on();
    }
  }

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    const Shape shape = b.gradient().shape();
    if (b.wants(0)) {
      const Tensor<T> dx = scaled<0>(b.gradient(), saved, shape);
      b.add(0, saved.x_repeats ? summed_to(dx, saved.x_shape, b.lead()) : dx);
    }
    if (b.wants(1)) {
      const Tensor<T> dy = scaled<1>(b.gradient(), saved, shape);
      b.add(1, saved.y_repeats ? summed_to(dy, saved.y_shape, b.lead()) : dy);
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Shape shape = f.lead().with(f.result().shape());
    const auto tangent = [&](Index i) {
      return aligned(f.tangent(i), f.lead(), f.result().rank());
    };
    if (!f.has(1)) {
      f.set(scaled<0>(tangent(0), saved, shape));
    } else if (!f.has(0)) {
      f.set(scaled<1>(tangent(1), saved, shape));
    } else {
      f.set(scaled<0>(tangent(0), saved, shape) + scaled<1>(tangent(1), saved, shape));
    }
  }
};

}  // namespace eigengrad::detail
