#pragma once
// Transforms of plain functions: vjp, jvp and hvp. (grad and value_and_grad are in
// ops/value_and_grad.hpp, whole matrices of derivatives in jacobian.hpp.) Each opens a tape of its
// own, writes to no parameter, and can be used inside any other.
//
// Inputs are a tensor, a std::vector of them (one argument of f), a std::tuple (several arguments),
// or a list of parameters, of which f() is then a function without arguments. Results may be
// tensors, vectors and tuples too.

#include <eigengrad/ops/transforms/pull.hpp>
#include <eigengrad/ops/transforms/tangent.hpp>
#include <eigengrad/ops/transforms/tree.hpp>
#include <eigengrad/tape/recording.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

/// What jvp gives: auto [value, tangent] = jvp(...).
template <class Value, class Tangent>
struct ValueAndTangent {
  Value value;
  Tangent tangent;
};
/// What vjp gives: auto [value, gradients] = vjp(...).
template <class Value, class Gradients>
struct ValueAndVjp {
  Value value;
  Gradients gradients;
};

namespace detail {

/// The value of f(inputs), a structure of inputs, and the gradients from cotangents, which
/// `cotangents_of(value)` gives.
template <class F, class Inputs, class Cotangents>
[[nodiscard]] auto vjp_tree(std::string_view op, F& f, const Inputs& inputs,
                            const Cotangents& cotangents_of) {
  using Value = std::remove_cvref_t<decltype(f(inputs))>;
  Value value;
  TensorsLike<Inputs> gradients;
  {
    Tape tape;
    const auto& watched = watch_inputs(tape, inputs);
    GradientSink sink;
    static_cast<void>(Tree::map(watched, [&](const auto& x) {
      sink.ask(x.body(), RecordingAccess::record_of(tape, x.body()));
      return x;
    }));
    value = f(watched);
    const auto& cotangents = cotangents_of(value);
    Buffer<Seed> seeds;
    Tree::zip_shapes(op, "cotangent", value, cotangents, [&](const auto& y, const auto& g) {
      const std::uint32_t record = RecordingAccess::record_of(tape, y.body());
      if (record != no_record) {
        seeds.push_back({record, &g.body(), &y.body()});
      } else if (GradientEntry* const itself = y.body().leaf != nullptr && y.body().leaf->trainable
                                                   ? sink.find_parameter(&y.body())
                                                   : nullptr) {
        retain(&g.body());
        itself->gradient = &g.body();  // f gives a parameter as it is
      }
    });
    const std::span<const Seed> all(seeds.begin(), static_cast<std::size_t>(seeds.size()));
    const bool recorded = pull_back(tape, op, sink, all, false);
    Index i = 0;
    gradients = Tree::map(inputs, [&]<FloatScalar T>(const Tensor<T>& x) {
      return sink.take<T>(i++, x.shape(), recorded);
    });
  }
  return ValueAndVjp<Value, TensorsLike<Inputs>>{without_tapes(value), std::move(gradients)};
}

/// The value of f(inputs), a structure, and its tangents.
template <class F, class Inputs, class Tangents>
[[nodiscard]] auto jvp_tree(std::string_view op, F& f, const Inputs& inputs,
                            const Tangents& tangents) {
  using Value = std::remove_cvref_t<decltype(f(inputs))>;
  Value value;
  TensorsLike<Value> tangent;
  {
    Tape tape;
    TangentPass pass(tape);
    const auto& watched = watch_inputs(tape, inputs);
    Tree::zip_shapes(op, "tangent", watched, tangents,
                     [&](const auto& x, const auto& t) { pass.seed(x, t); });
    value = f(watched);
    std::vector<std::uint32_t> outputs;
    static_cast<void>(Tree::map(value, [&](const auto& y) {
      const std::uint32_t record = RecordingAccess::record_of(tape, y.body());
      if (record != no_record) {
        outputs.push_back(record);
      }
      return y;
    }));
    const RecordingAccess::SetAside aside(tape);
    pass.run(outputs);
    tangent = Tree::map(value, [&](const auto& y) { return pass.tangent_of(y); });
  }
  return ValueAndTangent<Value, TensorsLike<Value>>{without_tapes(value), std::move(tangent)};
}

/// f, which takes the elements of structures, as a function of structures.
template <class F>
[[nodiscard]] auto of_tree(F& f) {
  return [&f](const auto& inputs) { return apply_to(f, inputs); };
}

/// The gradients of f(inputs), a scalar, as a structure like the inputs.
template <class F, class Inputs>
[[nodiscard]] auto gradients_of(std::string_view op, F& f, const Inputs& inputs) {
  auto function = of_tree(f);
  return vjp_tree(op, function, inputs, [op]<FloatScalar T>(const Tensor<T>& value) {
    if (value.size() != 1) {
      throw_not_scalar(op, value.shape());
    }
    return filled(value.shape(), T(1));
  });
}

}  // namespace detail

/// The value of f(inputs) and the product of cotangents with its Jacobian.
///
/// Shapes:    cotangents as the value, gradients as the inputs
/// Throws:    ShapeError or ValueError if the cotangents do not fit the value; what f throws
/// Cost:      f, and one backward pass over what it recorded
/// Reference: PyTorch `torch.autograd.functional.vjp`; JAX `vjp`
template <class F, class Inputs, class Cotangents>
[[nodiscard]] auto vjp(F&& f, const Inputs& inputs, const Cotangents& cotangents) {
  auto function = detail::of_tree(f);
  return detail::vjp_tree("vjp", function, inputs,
                          [&](const auto& /*value*/) -> const Cotangents& { return cotangents; });
}

/// The value of f(inputs) and the product of its Jacobian with tangents: the derivative of f in
/// their direction, by forward mode. Parameters that f uses and that are not its inputs are
/// constants.
///
/// Shapes:    tangents as the inputs, the tangent as the value
/// Throws:    ShapeError or ValueError if the tangents do not fit the inputs; TapeError, by the
///            op's name, for an op that has neither a jvp nor a vjp written on tensors
/// Cost:      f, and as much again or twice that, whatever the number of inputs; memory as for a
///            backward pass
/// Reference: PyTorch `torch.func.jvp`; JAX `jvp`
template <class F, class Inputs>
[[nodiscard]] auto jvp(F&& f, const Inputs& inputs,
                       const std::type_identity_t<detail::TensorsLike<Inputs>>& tangents) {
  auto function = detail::of_tree(f);
  return detail::jvp_tree("jvp", function, inputs, tangents);
}

/// The gradient of a scalar f at inputs, and the product of its Hessian with tangents: forward mode
/// over a backward pass. The result's `value` is the gradient.
///
/// Shapes:    f gives a tensor of size 1; tangents and results as the inputs
/// Throws:    as jvp; ShapeError if f does not give a scalar
/// Cost:      a few gradients of f, whatever the number of inputs
/// Reference: Pearlmutter 1994; JAX's cookbook: `jvp(grad(f), (x,), (v,))[1]`
template <class F, class Inputs>
[[nodiscard]] auto hvp(F&& f, const Inputs& inputs,
                       const std::type_identity_t<detail::TensorsLike<Inputs>>& tangents) {
  auto gradient = [&f](const auto& at) { return detail::gradients_of("hvp", f, at).gradients; };
  return detail::jvp_tree("hvp", gradient, inputs, tangents);
}

}  // namespace eigengrad
