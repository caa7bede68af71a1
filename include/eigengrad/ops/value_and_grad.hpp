#pragma once
// Gradients of plain functions: value_and_grad and grad open a tape of their own, run the function
// and give its value and its gradients. No Parameter is written, so that several threads may do
// this with one model at once.

#include <eigengrad/ops/shape.hpp>
#include <eigengrad/tape/recording.hpp>

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

/// What value_and_grad gives: auto [value, gradients] = value_and_grad(...).
template <FloatScalar T, class Gradients>
struct ValueAndGradients {
  Tensor<T> value;
  Gradients gradients;
};

namespace detail {

/// The element type of the scalar tensor that a function gives.
template <class F, class... X>
using ValueScalar = typename std::remove_cvref_t<std::invoke_result_t<F&, X...>>::value_type;

[[noreturn]] EIGENGRAD_COLD inline void throw_gradient_inside(std::string_view op) {
  throw TapeError(op,
                  "inside the scope of a tape that records it, a gradient must be recorded too; "
                  "include eigengrad/transforms.hpp, or open a NoGrad scope");
}

/// Whether gradients of `value` must be recorded on a tape around `tape`, as `value` itself is.
[[nodiscard]] inline bool must_record_pass(const Tape& tape, std::string_view op,
                                           const TensorBody& value) {
  if (!RecordingAccess::is_recorded_around(tape, value)) {
    return false;
  }
  if (graph_pass == nullptr) {
    throw_gradient_inside(op);
  }
  return true;
}

/// Fills the sink with the gradients of `value`, which may be a constant or a parameter itself.
/// Returns whether they were recorded on a tape around this one.
template <FloatScalar T>
bool fill_if_recorded(Tape& tape, std::string_view op, GradientSink& sink, const Tensor<T>& value) {
  if (value.size() != 1) {
    throw_not_scalar(op, value.shape());
  }
  const TensorBody& body = value.body();
  if (RecordingAccess::record_of(tape, body) != no_record) {
    if (!must_record_pass(tape, op, body)) {
      RecordingAccess::fill(tape, op, sink, value, {});
      return false;
    }
    const RecordingAccess::SetAside aside(tape);
    RecordingAccess::fill(tape, op, sink, value, {.create_graph = true});
    return true;
  }
  GradientEntry* const itself = body.leaf != nullptr ? sink.find_parameter(&body) : nullptr;
  if (itself != nullptr && body.leaf->trainable) {
    itself->gradient = filled(value.shape(), T(1)).release();
  }
  return false;
}

/// `value` after its own tape has ended: still recorded if a tape around that one did, else a
/// constant.
template <FloatScalar T>
[[nodiscard]] Tensor<T> without_tape(const Tensor<T>& value) {
  for (const Tape* tape = tape_thread.innermost; tape != nullptr;
       tape = RecordingAccess::enclosing(*tape)) {
    if (RecordingAccess::record_of(*tape, value.body()) != no_record) {
      return value;
    }
  }
  return value.body().leaf != nullptr ? value : detach(value);
}

template <class F, std::size_t... I, FloatScalar... X>
[[nodiscard]] auto value_and_grad(std::string_view op, F& f, std::index_sequence<I...> /*inputs*/,
                                  const Tensor<X>&... inputs) {
  using T = ValueScalar<F, const Tensor<X>&...>;
  Tensor<T> value;
  std::tuple<Tensor<X>...> gradients;
  {
    Tape tape;
    GradientSink sink;
    const std::tuple<Tensor<X>...> watched{tape.watch(inputs)...};
    (sink.ask(std::get<I>(watched).body(),
              RecordingAccess::record_of(tape, std::get<I>(watched).body())),
     ...);
    value = f(std::get<I>(watched)...);
    const bool recorded = fill_if_recorded(tape, op, sink, value);
    gradients = std::tuple<Tensor<X>...>{
        sink.take<X>(static_cast<Index>(I), std::get<I>(watched).shape(), recorded)...};
  }
  return ValueAndGradients<T, std::tuple<Tensor<X>...>>{without_tape(value), std::move(gradients)};
}

}  // namespace detail

/// The value of f(inputs...) and its gradients with respect to each input, as a tuple. Parameters
/// that f uses count as constants. Inside another tape's scope the value is recorded there too, and
/// so are the gradients: transforms nest. That needs eigengrad/transforms.hpp.
///
/// Shapes:    f gives a tensor of size 1; gradients as inputs, zeros where f does not depend on one
/// Throws:    ShapeError if f does not give a scalar; TapeError if the gradients must be recorded
///            and the program cannot; what f throws
/// Cost:      f, and one backward pass over what it recorded
/// Reference: JAX `value_and_grad`
template <class F, FloatScalar... X>
requires(sizeof...(X) > 0 && std::is_invocable_v<F&, const Tensor<X>&...>)
    [[nodiscard]] auto value_and_grad(F&& f, const Tensor<X>&... inputs) {
  return detail::value_and_grad("value_and_grad", f, std::index_sequence_for<X...>(), inputs...);
}

/// The value of f() and its gradients with respect to parameters, in their order; no parameter is
/// written.
///
/// Shapes:    f gives a tensor of size 1; gradients as parameters, zeros where f does not depend on
///            one or it is frozen
/// Throws:    ShapeError if f does not give a scalar; what f throws
/// Reference: JAX `value_and_grad`
template <class F, FloatScalar T>
requires std::is_invocable_v<F&>
[[nodiscard]] ValueAndGradients<T, std::vector<Tensor<T>>> value_and_grad(
    F&& f, const std::vector<Parameter<T>>& parameters) {
  Tensor<T> value;
  std::vector<Tensor<T>> gradients;
  gradients.reserve(parameters.size());
  {
    Tape tape;
    detail::GradientSink sink;
    for (const Parameter<T>& parameter : parameters) {
      sink.ask(parameter.body(), detail::no_record);
    }
    value = f();
    const bool recorded = detail::fill_if_recorded(tape, "value_and_grad", sink, value);
    for (const Parameter<T>& parameter : parameters) {
      gradients.push_back(
          sink.take<T>(static_cast<Index>(gradients.size()), parameter.shape(), recorded));
    }
  }
  return {detail::without_tape(value), std::move(gradients)};
}

/// The gradient of f(inputs...): a tensor for one input, a tuple for several. Otherwise as
/// value_and_grad.
///
/// Reference: JAX `grad`
template <class F, FloatScalar... X>
requires(sizeof...(X) > 0 && std::is_invocable_v<F&, const Tensor<X>&...>)
    [[nodiscard]] auto grad(F&& f, const Tensor<X>&... inputs) {
  auto gradients =
      detail::value_and_grad("grad", f, std::index_sequence_for<X...>(), inputs...).gradients;
  if constexpr (sizeof...(X) == 1) {
    return std::get<0>(std::move(gradients));
  } else {
    return gradients;
  }
}

}  // namespace eigengrad
