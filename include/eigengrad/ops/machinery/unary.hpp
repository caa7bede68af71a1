#pragma once
// unary(x, op): maps an elementwise op over a tensor and records it. An op is a struct:
//
//   struct Softsign {
//     static constexpr std::string_view name = "softsign";
//     static constexpr std::string_view doc = "x / (1 + |x|), elementwise.";
//     static constexpr Save saves = Save::input;
//     static constexpr Domain samples{-4.0, 4.0};
//     template <class S> static S f(S x);
//     template <class S> static S df(S x);
//   };
//
// df is dy/dx from x, y or (x, y), as `saves` names; with Save::none it is the gradient of x
// itself, from that of y. An op that masks its gradient has `S pull(S g, S x)` in place of df: the
// gradient of x from that of y, so that an infinite g times a derivative of 0 is 0 and not NaN.
//
// An op with attributes (a slope) has them as members, with defaults, and its functions are const
// members. Inside them only functions of eigengrad::math are called, always qualified. An optional
// `static constexpr std::array kinks{0.0}` names the points that the gradient check keeps away
// from.

#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/map.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tape/recording.hpp>

#include <string_view>

namespace eigengrad::detail {

/// The gradient of an operand from g, that of the result, and what was saved.
template <class Op, class S, class... Saved>
[[nodiscard]] EIGENGRAD_INLINE S pulled(const Op& op, S g, Saved... saved) {
  if constexpr (requires { op.pull(g, saved...); }) {
    return op.pull(g, saved...);
  } else {
    return g * op.df(saved...);
  }
}

/// The tape's view of an elementwise op of one operand.
template <class Op>
struct UnaryRecord {
  static constexpr std::string_view name = Op::name;
  static constexpr bool saves_input = Op::saves == Save::input || Op::saves == Save::both;
  static constexpr bool saves_output = Op::saves == Save::output || Op::saves == Save::both;

  template <class T>
  struct Payload {
    Op op;
    Saved<T> x;
    Saved<T> y;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& g = b.gradient();
    const Op& op = saved.op;
    const auto target = b.template target<T>(0, g.shape());
    if constexpr (Op::saves == Save::none) {
      map_into(
          target, g.shape(), [&op](auto gi) { return op.df(gi); }, g);
    } else if constexpr (Op::saves == Save::both) {
      map_into(
          target, g.shape(), [&op](auto gi, auto xi, auto yi) { return pulled(op, gi, xi, yi); }, g,
          *saved.x, *saved.y);
    } else {
      map_into(
          target, g.shape(), [&op](auto gi, auto ri) { return pulled(op, gi, ri); }, g,
          saves_input ? *saved.x : *saved.y);
    }
  }
};

/// y = op.f(x), elementwise, in a new contiguous tensor.
template <class Op, FloatScalar T>
[[nodiscard]] Tensor<T> unary(const Tensor<T>& x, const Op& op = {}) {
  Tensor<T> y = map_to(
      x.shape(), [&op](auto xi) { return op.f(xi); }, x);
  if (must_record(x)) {
    using Self = UnaryRecord<Op>;
    record<Self>(
        y,
        [&](Saver& save) {
          return typename Self::template Payload<T>{op, Self::saves_input ? save(x) : Saved<T>(),
                                                    Self::saves_output ? save(y) : Saved<T>()};
        },
        x);
  }
  return y;
}

}  // namespace eigengrad::detail
