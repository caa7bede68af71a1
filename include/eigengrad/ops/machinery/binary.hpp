#pragma once
// binary(x, y, op): maps an elementwise op over two tensors with NumPy broadcasting and records it.
// An op is a struct as in unary.hpp with f(x, y) and the partial derivatives dfx and dfy, both of
// (x, y); with Save::none they give the gradients themselves, from that of the result. An op that
// masks has pullx(g, x, y) and pully(g, x, y) instead. `kinks` are points of x - y.
// dfx_is_identity and dfy_is_identity, where true, let the gradient be handed on uncopied.

#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/map.hpp>
#include <eigengrad/ops/machinery/sum_to.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tape/recording.hpp>

#include <string_view>

namespace eigengrad::detail {

/// The gradient of the first and the second operand from g, that of the result, and what was saved.
template <class Op, class S, class... Operands>
[[nodiscard]] EIGENGRAD_INLINE S pulled_x(const Op& op, S g, Operands... saved) {
  if constexpr (Op::saves == Save::none) {
    return op.dfx(g);
  } else if constexpr (requires { op.pullx(g, saved...); }) {
    return op.pullx(g, saved...);
  } else {
    return g * op.dfx(saved...);
  }
}
template <class Op, class S, class... Operands>
[[nodiscard]] EIGENGRAD_INLINE S pulled_y(const Op& op, S g, Operands... saved) {
  if constexpr (Op::saves == Save::none) {
    return op.dfy(g);
  } else if constexpr (requires { op.pully(g, saved...); }) {
    return op.pully(g, saved...);
  } else {
    return g * op.dfy(saved...);
  }
}

/// The tape's view of an elementwise op of two operands.
template <class Op>
struct BinaryRecord {
  static constexpr std::string_view name = Op::name;
  static_assert(Op::saves == Save::none || Op::saves == Save::input,
                "a binary op saves its inputs or nothing");
  static constexpr bool saves_inputs = Op::saves == Save::input;

  template <class T>
  struct Payload {
    Op op;
    bool x_repeats;  // was broadcast
    bool y_repeats;
    Shape x_shape;  // set if it repeats: copying a shape costs as much as a small op
    Shape y_shape;
    Saved<T> x;
    Saved<T> y;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    const Op& op = saved.op;
    if (b.wants(0)) {
      const Shape* const shape = saved.x_repeats ? &saved.x_shape : nullptr;
      if constexpr (requires { requires Op::dfx_is_identity; }) {
        b.add(0, shape == nullptr ? b.gradient() : sum_to(b.gradient(), *shape));
      } else {
        give(b, 0, shape, saved, [&op](auto g, auto... v) { return pulled_x(op, g, v...); });
      }
    }
    if (b.wants(1)) {
      const Shape* const shape = saved.y_repeats ? &saved.y_shape : nullptr;
      if constexpr (requires { requires Op::dfy_is_identity; }) {
        b.add(1, shape == nullptr ? b.gradient() : sum_to(b.gradient(), *shape));
      } else {
        give(b, 1, shape, saved, [&op](auto g, auto... v) { return pulled_y(op, g, v...); });
      }
    }
  }

  /// The payload of an op on x and y with a result of `shape`.
  template <FloatScalar T>
  [[nodiscard]] static Payload<T> payload(const Op& op, const Shape& shape, const Tensor<T>& x,
                                          const Tensor<T>& y, Saver& save) {
    const bool x_repeats = !(x.shape() == shape);
    const bool y_repeats = !(y.shape() == shape);
    return {op,
            x_repeats,
            y_repeats,
            x_repeats ? x.shape() : Shape(),
            y_repeats ? y.shape() : Shape(),
            saves_inputs ? save(x) : Saved<T>(),
            saves_inputs ? save(y) : Saved<T>()};
  }

 private:
  /// pull(g, x, y), or pull(g) if nothing was saved, into operand i's gradient; summed to `shape`
  /// if the operand repeats.
  template <FloatScalar T, class Pull>
  static void give(Backward<T>& b, Index i, const Shape* shape, const Payload<T>& saved,
                   const Pull& pull) {
    const Tensor<T>& g = b.gradient();
    const auto mapped_into = [&](const GradientTarget<T>& target) {
      if constexpr (saves_inputs) {
        map_into(target, g.shape(), pull, g, *saved.x, *saved.y);
      } else {
        map_into(target, g.shape(), pull, g);
      }
    };
    if (shape == nullptr) {
      mapped_into(b.template target<T>(i, g.shape()));
      return;
    }
    Tensor<T> whole = uninitialized<T>(g.shape());
    mapped_into(GradientTarget<T>{static_cast<T*>(whole.body().data), false});
    b.add(i, sum_to(whole, *shape));
  }
};

/// z = op.f(x, y), elementwise over the broadcast shape.
/// Throws: ShapeError if the shapes do not broadcast
template <class Op, FloatScalar T>
[[nodiscard]] Tensor<T> binary(const Tensor<T>& x, const Tensor<T>& y, const Op& op = {}) {
  const bool same = x.shape() == y.shape();
  const Shape broadcast = same ? Shape() : broadcast_shapes(Op::name, x.shape(), y.shape());
  const Shape& shape = same ? x.shape() : broadcast;
  Tensor<T> z = map_to(
      shape, [&op](auto xi, auto yi) { return op.f(xi, yi); }, x, y);
  if (must_record(x, y)) {
    using Self = BinaryRecord<Op>;
    record<Self>(
        z, [&](Saver& save) { return Self::payload(op, shape, x, y, save); }, x, y);
  }
  return z;
}

}  // namespace eigengrad::detail
