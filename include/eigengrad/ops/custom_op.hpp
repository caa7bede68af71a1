#pragma once
// Ops of a user's own: custom_op applies a struct with a forward function and a vjp,
// custom_gradient a function with a gradient of its own, straight_through one whose gradient passes
// unchanged. For elementwise ops there is a shorter way, with f and df: machinery/unary.hpp.
// stop_gradient is beside detach: shape.hpp.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/tape/recording.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_custom_shape(std::string_view op, Index i,
                                                           const Shape& gradient,
                                                           const Shape& input) {
  throw ShapeError(op, concat("gradient of input ", i, " is ", gradient, ", the input is ", input),
                   gradient, input);
}

/// Whether an op has vjp(b, x...) or jvp(f, x...) for as many tensors as it saves.
template <class Op, class B, class T, std::size_t... I>
[[nodiscard]] consteval bool has_vjp(std::index_sequence<I...> /*saved*/) {
  return requires(const Op& op, B& b, const Tensor<T>& x) {
    op.vjp(b, (static_cast<void>(I), x)...);
  };
}
template <class Op, class F, class T, std::size_t... I>
[[nodiscard]] consteval bool has_jvp(std::index_sequence<I...> /*saved*/) {
  return requires(const Op& op, F& f, const Tensor<T>& x) {
    op.jvp(f, (static_cast<void>(I), x)...);
  };
}

/// The tape's view of a custom op of N operands.
template <class Op, std::size_t N>
struct CustomRecord {
  static constexpr std::string_view name = Op::name;
  static constexpr bool saves_input = Op::saves == Save::input || Op::saves == Save::both;
  static constexpr bool saves_output = Op::saves == Save::output || Op::saves == Save::both;
  using Inputs = std::make_index_sequence<saves_input ? N : 0>;
  using Reads = std::make_index_sequence<(saves_input ? N : 0) + (saves_output ? 1 : 0)>;

  template <class T>
  struct Payload {
    using value_type = T;
    Op op;
    std::array<Saved<T>, N> inputs;
    Saved<T> y;
  };

  template <class B, class P>
  requires(has_vjp<Op, B, typename P::value_type>(Reads())) static void vjp(B& b, P& saved) {
    bool wanted = false;
    for (Index i = 0; i < static_cast<Index>(N); ++i) {
      wanted = wanted || b.wants(i);
    }
    if (wanted) {
      with_saved(saved, Inputs(), [&](const auto&... x) { saved.op.vjp(b, x...); });
    }
  }
  template <class F, class P>
  requires(has_jvp<Op, F, typename P::value_type>(Reads())) static void jvp(F& f, P& saved) {
    with_saved(saved, Inputs(), [&](const auto&... x) { saved.op.jvp(f, x...); });
  }

 private:
  /// call(inputs..., y), as far as the op saves them.
  template <class P, std::size_t... I, class Call>
  static void with_saved(P& saved, std::index_sequence<I...> /*inputs*/, const Call& call) {
    if constexpr (saves_output) {
      call(*saved.inputs[I]..., *saved.y);
    } else {
      call(*saved.inputs[I]...);
    }
  }
};

}  // namespace detail

/// Applies an op of the user's own. Op is a struct:
///
///   struct Cube {
///     static constexpr std::string_view name = "cube";
///     static constexpr eg::Save saves = eg::Save::input;  // what vjp and jvp read
///     template <class T>
///     static eg::Tensor<T> forward(const eg::Tensor<T>& x) { return x * x * x; }
///     template <class B, class T>
///     static void vjp(B& b, const eg::Tensor<T>& x) { b.add(0, b.gradient() * x * x * 3.0); }
///   };
///   y = eg::custom_op<Cube>(x);
///
/// vjp gets the saved tensors, the inputs and then the result, and adds each input's gradient that
/// b.wants(i). Because its ops are recorded when they must be, the op is differentiable as often as
/// they are. An optional `jvp(F& f, x...)` gives the tangent of the result from those of the
/// inputs, f.set(...) from f.tangent(i) where f.has(i); without it forward mode takes two vjps. The
/// functions may be const members of an op with attributes. What forward computes on the way is
/// not recorded; with `doc`, `samples` and EIGENGRAD_LIST_OP the op suite checks the op as one of
/// the library's.
///
/// Shapes:    inputs any, all of one element type; the result as forward gives it
/// Gradient:  what vjp gives
/// Reference: PyTorch `torch.autograd.Function`; JAX `custom_vjp`
template <class Op, FloatScalar T, class... Rest>
requires(std::is_same_v<Rest, Tensor<T>>&&...)
    [[nodiscard]] Tensor<T> custom_op(const Op& op, const Tensor<T>& first, const Rest&... rest) {
  using Record = detail::CustomRecord<Op, 1 + sizeof...(Rest)>;
  Tensor<T> y;
  {
    const NoGrad no_grad;
    y = detach(op.forward(first, rest...));  // forward may hand an input on
  }
  if (detail::must_record(first, rest...)) {
    detail::record<Record>(
        y,
        [&](detail::Saver& save) {
          const auto input = [&](const Tensor<T>& x) {
            return Record::saves_input ? save(x) : detail::Saved<T>();
          };
          return typename Record::template Payload<T>{
              op,
              {input(first), input(rest)...},
              Record::saves_output ? save(y) : detail::Saved<T>()};
        },
        first, rest...);
  }
  return y;
}
template <class Op, FloatScalar T, class... Rest>
requires(std::is_same_v<Rest, Tensor<T>>&&...)
    [[nodiscard]] Tensor<T> custom_op(const Tensor<T>& first, const Rest&... rest) {
  return custom_op(Op{}, first, rest...);
}

namespace detail {

/// A function f(x...) whose gradients are those that gradient(g, x...) gives.
template <class F, class G>
struct CustomGradientOp {
  static constexpr std::string_view name = "custom_gradient";
  static constexpr Save saves = Save::input;
  F f;
  G gradient;

  template <class... X>
  [[nodiscard]] auto forward(const X&... x) const {
    return f(x...);
  }
  template <class B, class T, class... Rest>
  void vjp(B& b, const Tensor<T>& first, const Rest&... rest) const {
    if constexpr (sizeof...(Rest) == 0) {
      add(b, 0, gradient(b.gradient(), first), first);
    } else {
      const auto gradients = gradient(b.gradient(), first, rest...);
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        const std::tuple<const Tensor<T>&, const Rest&...> inputs(first, rest...);
        (add(b, static_cast<Index>(I), std::get<I>(gradients), std::get<I>(inputs)), ...);
      }
      (std::index_sequence_for<Tensor<T>, Rest...>());
    }
  }

 private:
  template <class B, FloatScalar T>
  static void add(B& b, Index i, const Tensor<T>& g, const Tensor<T>& x) {
    if (!(g.shape() == x.shape())) {
      throw_custom_shape(name, i, g.shape(), x.shape());
    }
    if (b.wants(i)) {
      b.add(i, g);
    }
  }
};

}  // namespace detail

/// f(x...) with the gradients that `gradient(g, x...)` gives in place of f's own: a tensor for one
/// input, a std::tuple for several, g that of the result. For a gradient that is clipped, reversed
/// or better conditioned than the one that f's ops have. `gradient` is made of recorded ops and so
/// may be differentiated further.
///
/// Shapes:    gradients as the inputs
/// Throws:    ShapeError, in the backward pass, if a gradient has another shape than its input
/// Reference: JAX `custom_vjp`
template <class F, class G, FloatScalar T, class... Rest>
[[nodiscard]] Tensor<T> custom_gradient(F f, G gradient, const Tensor<T>& x, const Rest&... rest) {
  return custom_op(detail::CustomGradientOp<F, G>{std::move(f), std::move(gradient)}, x, rest...);
}

/// f(x) with the gradient of x itself: a rounding or a threshold through which training still
/// reaches x.
///
/// Shapes:    f gives x's shape
/// Gradient:  g
/// Throws:    ShapeError, in the backward pass, if f(x) has another shape than x
/// Reference: Bengio, Leonard, Courville 2013
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> straight_through(F f, const Tensor<T>& x) {
  return custom_gradient(
      std::move(f), [](const Tensor<T>& g, const Tensor<T>& /*x*/) { return g; }, x);
}

/// Lists what custom_gradient records.
struct CustomGradient {
  static constexpr std::string_view name = "custom_gradient";
  static constexpr std::string_view doc =
      "A user's function with a gradient of its own (straight_through: that of x itself).";

  template <class Cases>
  static void samples(Cases& cases) {
    // The gradients given are those that the functions have.
    const auto square = [](const auto& in) {
      return custom_gradient([](const auto& x) { return x * x; },
                             [](const auto& g, const auto& x) { return g * x * 2.0; }, in[0]);
    };
    const auto identity = [](const auto& in) {
      return straight_through([](const auto& x) { return x; }, in[0]);
    };
    cases.vary("one input", {{2, 3}}, square);
    cases.add("a scalar", {{}}, square);
    cases.vary("identity, straight through", {{19}}, identity);
  }
};
EIGENGRAD_LIST_OP(CustomGradient);

}  // namespace eigengrad
