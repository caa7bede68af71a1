#pragma once
// binary(x, y, op): maps an elementwise op over two tensors with NumPy broadcasting and records it.
// An op is a struct as in unary.hpp with f(x, y) and the partial derivatives dfx and dfy, both of
// (x, y); with Save::none they give the gradients themselves, from that of the result.

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/sum_to.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tape/recording.hpp>

#include <array>
#include <utility>

namespace eigengrad::detail {

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
      b.add(0, sum_to(times(b.gradient(), saved, [&op](auto... v) { return op.dfx(v...); }),
                      saved.x_shape));
    }
    if (b.wants(1)) {
      b.add(1, sum_to(times(b.gradient(), saved, [&op](auto... v) { return op.dfy(v...); }),
                      saved.y_shape));
    }
  }

 private:
  /// g * df(x, y) over g's shape.
  template <FloatScalar T, class Df>
  [[nodiscard]] static Tensor<T> times(const Tensor<T>& g, const Payload<T>& saved, const Df& df) {
    Tensor<T> out = uninitialized<T>(g.shape());
    T* const to = static_cast<T*>(out.body().data);
    if constexpr (saves_inputs) {
      const Tensor<T>& x = *saved.x;
      const Tensor<T>& y = *saved.y;
      kernels::map([&df](auto gi, auto xi, auto yi) { return gi * df(xi, yi); }, g.shape(), to,
                   std::array<const T*, 3>{g.data(), x.data(), y.data()},
                   std::array<Strides, 3>{
                       g.strides(), kernels::broadcast_strides(x.shape(), x.strides(), g.shape()),
                       kernels::broadcast_strides(y.shape(), y.strides(), g.shape())});
    } else {
      kernels::map([&df](auto gi) { return df(gi); }, g.shape(), to,
                   std::array<const T*, 1>{g.data()}, std::array<Strides, 1>{g.strides()});
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
