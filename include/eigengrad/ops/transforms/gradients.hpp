#pragma once
// grad of tensors that have been computed: several outputs by several inputs, on the tape that
// knows them. The grad of functions is in ops/value_and_grad.hpp, that of one scalar
// Tape::gradients.

#include <eigengrad/ops/transforms/graph.hpp>
#include <eigengrad/ops/transforms/tree.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tape/tape.hpp>

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

/// Options of grad(outputs, inputs).
template <FloatScalar T>
struct GradOptions {
  std::vector<Tensor<T>> cotangents = {};  // of the outputs; without them, ones for scalars
  bool retain = false;                     // as in BackwardOptions
  bool create_graph = false;
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_outputs() {
  throw ValueError("grad", "expected at least one output");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_outputs_unknown() {
  throw TapeError("grad", "no tape of this thread that is live recorded every output");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_input_unknown(std::size_t i) {
  throw TapeError(
      "grad",
      concat("input ", i, " is neither a parameter nor recorded on the tape of the outputs"));
}

/// The innermost tape that recorded all outputs. Throws: TapeError
template <FloatScalar T>
[[nodiscard]] Tape& tape_of(const std::vector<Tensor<T>>& outputs) {
  for (Tape* tape = tape_thread.innermost; tape != nullptr;
       tape = RecordingAccess::enclosing(*tape)) {
    const auto known = [tape](const Tensor<T>& y) {
      return RecordingAccess::record_of(*tape, y.body()) != no_record;
    };
    if (std::all_of(outputs.begin(), outputs.end(), known)) {
      return *tape;
    }
  }
  throw_outputs_unknown();
}

}  // namespace detail

/// The gradients of outputs by inputs (parameters, watched tensors or results of ops), summed over
/// the outputs, each with its cotangent. No parameter is written.
///
/// Shapes:    cotangents as outputs, which are scalars without; results as inputs, zeros where no
///            output depends on one
/// Throws:    TapeError if no live tape recorded the outputs, or an input is unknown to it, and as
///            Tape::gradients; ShapeError or ValueError if the cotangents do not fit
/// Reference: PyTorch `torch.autograd.grad`
template <FloatScalar T>
[[nodiscard]] std::vector<Tensor<T>> grad(
    const std::vector<Tensor<T>>& outputs,
    const std::type_identity_t<std::vector<Tensor<T>>>& inputs,
    const std::type_identity_t<GradOptions<T>>& options = {}) {
  if (outputs.empty()) {
    detail::throw_no_outputs();
  }
  std::vector<Tensor<T>> cotangents = options.cotangents;
  for (std::size_t i = 0; options.cotangents.empty() && i < outputs.size(); ++i) {
    if (outputs[i].size() != 1) {
      detail::throw_not_scalar("grad", outputs[i].shape());
    }
    cotangents.push_back(detail::filled(outputs[i].shape(), T(1)));
  }
  Tape& tape = detail::tape_of(outputs);
  detail::GradientSink sink;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const std::uint32_t record = detail::RecordingAccess::record_of(tape, inputs[i].body());
    if (inputs[i].body().leaf == nullptr && record == detail::no_record) {
      detail::throw_input_unknown(i);
    }
    sink.ask(inputs[i].body(), record);
  }
  const BackwardOptions pass_options{.retain = options.retain,
                                     .create_graph = options.create_graph};
  std::uint32_t root = 0;
  for (const Tensor<T>& y : outputs) {
    root = std::max(root, detail::RecordingAccess::record_of(tape, y.body()));
  }
  detail::PassAccess::check_ready(tape, "grad", root);
  detail::PassAccess::check_graph(tape, "grad", pass_options);
  detail::GraphPass pass(tape, &sink);
  detail::Tree::zip_shapes(
      "grad", "cotangent", outputs, cotangents, [&](const Tensor<T>& y, const Tensor<T>& g) {
        const detail::Operand output{nullptr, detail::RecordingAccess::record_of(tape, y.body())};
        if (pass.wants(output)) {
          options.create_graph ? pass.add(output, g) : pass.BackwardPass::add(output, g);
        }
      });
  detail::PassAccess::run(tape, pass, root, pass_options);
  std::vector<Tensor<T>> gradients;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    gradients.push_back(
        sink.take<T>(static_cast<Index>(i), inputs[i].shape(), options.create_graph));
  }
  return gradients;
}
template <FloatScalar T>
[[nodiscard]] std::vector<Tensor<T>> grad(
    const std::vector<Tensor<T>>& outputs, const std::vector<Parameter<T>>& inputs,
    const std::type_identity_t<GradOptions<T>>& options = {}) {
  return grad(outputs, std::vector<Tensor<T>>(inputs.begin(), inputs.end()), options);
}

}  // namespace eigengrad
