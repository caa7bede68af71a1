#pragma once
// binary(x, y, op): maps an elementwise op over two tensors with NumPy broadcasting and records it.
// An op is a struct as in unary.hpp with f(x, y) and the partial derivatives dfx and dfy, both of
// (x, y); with Save::none they give the gradients themselves, from that of the result. An op that
// masks has pullx(g, x, y) and pully(g, x, y) instead. `kinks` are points of x - y.

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/sum_to.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tape/recording.hpp>

#include <array>
#include <utility>

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
    Shape x_shape;
    Shape y_shape;
    Saved<T> x;
    Saved<T> y;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    const Op& op = saved.op;
    if (b.wants(0)) {
      b.add(0, sum_to(mapped(b.gradient(), saved,
                             [&op](auto g, auto... v) { return pulled_x(op, g, v...); }),
                      saved.x_shape));
    }
    if (b.wants(1)) {
      b.add(1, sum_to(mapped(b.gradient(), saved,
                             [&op](auto g, auto... v) { return pulled_y(op, g, v...); }),
                      saved.y_shape));
    }
  }

 private:
  /// pull(g, x, y), or pull(g) if nothing was saved, over g's shape.
  template <FloatScalar T, class Pull>
  [[nodiscard]] static Tensor<T> mapped(const Tensor<T>& g, const Payload<T>& saved,
                                        const Pull& pull) {
    Tensor<T> out = uninitialized<T>(g.shape());
    T* const to = static_cast<T*>(out.body().data);
    if constexpr (saves_inputs) {
      const Tensor<T>& x = *saved.x;
      const Tensor<T>& y = *saved.y;
      kernels::map(pull, g.shape(), to, std::array<const T*, 3>{g.data(), x.data(), y.data()},
                   std::array<Strides, 3>{
                       g.strides(), kernels::broadcast_strides(x.shape(), x.strides(), g.shape()),
                       kernels::broadcast_strides(y.shape(), y.strides(), g.shape())});
    } else {
      kernels::map(pull, g.shape(), to, std::array<const T*, 1>{g.data()},
                   std::array<Strides, 1>{g.strides()});
    }
    return out;
  }
};

/// z = op.f(x, y), elementwise over the broadcast shape.
/// Throws: ShapeError if the shapes do not broadcast
template <class Op, FloatScalar T>
[[nodiscard]] Tensor<T> binary(const Tensor<T>& x, const Tensor<T>& y, const Op& op = {}) {
  const Shape shape = broadcast_shapes(Op::name, x.shape(), y.shape());
  Tensor<T> z = uninitialized<T>(shape);
  kernels::map([&op](auto xi, auto yi) { return op.f(xi, yi); }, shape,
               static_cast<T*>(z.body().data), std::array<const T*, 2>{x.data(), y.data()},
               std::array<Strides, 2>{kernels::broadcast_strides(x.shape(), x.strides(), shape),
                                      kernels::broadcast_strides(y.shape(), y.strides(), shape)});
  if (must_record(x, y)) {
    using Self = BinaryRecord<Op>;
    record<Self>(
        z,
        [&](Saver& save) {
          return typename Self::template Payload<T>{op, x.shape(), y.shape(),
                                                    Self::saves_inputs ? save(x) : Saved<T>(),
                                                    Self::saves_inputs ? save(y) : Saved<T>()};
        },
        x, y);
  }
  return z;
}

}  // namespace eigengrad::detail
