#pragma once
// The backward pass that records itself (create_graph): gradients are tensors, added by recorded
// ops, and a derivative is one written on tensors (rule.hpp). Leaves out ordinary passes, which
// write into buffers: tape/passes.hpp.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/transforms/lead.hpp>
#include <eigengrad/tape/anomaly.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/passes.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tape/tape.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_linked(std::string_view op) {
  throw TapeError(op,
                  "not twice differentiable here: the unit that applied it does not include "
                  "eigengrad/transforms.hpp");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_twice(std::string_view op) {
  throw TapeError(op, "not twice differentiable: its vjp is not written on tensors");
}

/// What the passes of ops/transforms/ do to a tape.
struct PassAccess {
  /// Marks a tape as running.
  class Running {
   public:
    explicit Running(Tape& tape) noexcept : tape_(tape) { tape_.running_ = true; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { tape_.running_ = false; }

   private:
    Tape& tape_;
  };

  [[nodiscard]] static Record& record(Tape& tape, std::uint32_t index) noexcept {
    return *tape.records_[index];
  }
  static void drop_gradients(Tape& tape, std::uint32_t last) noexcept { tape.drop_gradients(last); }
  static void check_ready(Tape& tape, std::string_view op, std::uint32_t root) {
    tape.check_ready(op, root);
  }
  static void check_graph(const Tape& tape, std::string_view op, BackwardOptions options) {
    tape.check_graph(op, options);
  }
  static void run(Tape& tape, BackwardPass& pass, std::uint32_t root, BackwardOptions options) {
    tape.run(pass, root, options);
  }
  /// Marks which records the outputs depend on.
  static void mark_reachable(Tape& tape, const std::vector<std::uint32_t>& outputs,
                             bool* marks) noexcept {
    const Index count = tape.records_.size();
    std::fill_n(marks, count, false);
    for (const std::uint32_t output : outputs) {
      marks[output] = true;
    }
    for (Index i = count; i-- > 0;) {
      Record& record = *tape.records_[i];
      for (std::size_t k = 0; marks[i] && k < record.operand_count; ++k) {
        const std::uint32_t operand = record.operands()[k].record;
        if (operand != no_record) {
          marks[operand] = true;
        }
      }
    }
  }
  /// From now on the tape keeps the results of its records.
  static void keep_results(Tape& tape) noexcept { tape.keeps_results_ = true; }
  [[nodiscard]] static TensorBody& result(Tape& tape, Index record) noexcept {
    return *tape.results_[record];
  }
};

class GraphPass : public BackwardPass {
 public:
  explicit GraphPass(Tape& tape, GradientSink* sink = nullptr, Lead lead = {}) noexcept
      : BackwardPass(tape, sink), lead_(lead) {}

  /// What stands in front of every gradient.
  [[nodiscard]] const Lead& lead() const noexcept { return lead_; }

  template <FloatScalar T>
  void add(const Operand& operand, Tensor<T> g) {
    if (!wants(operand)) {
      ++tape_thread.wasted;
      return;
    }
    if (operand.parameter != nullptr && sink() == nullptr) {
      add_to_parameter(state_of<T>(*operand.parameter), std::move(g));
      return;
    }
    TensorBody*& place = slot(operand);
    if (place == nullptr) {
      place = g.release();
      return;
    }
    const Tensor<T> before(std::exchange(place, nullptr));
    place = eigengrad::add(before, g).release();
  }

  /// What was added for an operand, and is now the caller's; null if nothing.
  [[nodiscard]] TensorBody* take(const Operand& operand) const noexcept {
    const bool somewhere = operand.parameter != nullptr || operand.record != no_record;
    return somewhere && wants(operand) ? std::exchange(slot(operand), nullptr) : nullptr;
  }

 private:
  /// Optimizers and clipping write to a gradient: its elements are its own, and in order.
  template <FloatScalar T>
  static void add_to_parameter(ParameterState<T>& state, Tensor<T> g) {
    if (state.fresh && state.gradient.defined()) {
      g = eigengrad::add(state.gradient, g);
    } else if (!is_alone(g.body())) {
      g = clone(g);
    }
    state.gradient = std::move(g);
    state.fresh = true;
  }

  Lead lead_;
};

/// The same for a gradient that a caller gets.
template <FloatScalar T>
void separate(TensorBody*& gradient) {
  const Tensor<T> shared(std::exchange(gradient, nullptr));
  gradient = clone(shared).release();
}

/// The pass over the records of [first, last).
inline void run_graph_records(GraphPass& pass, Index first, Index last) {
  Tape& tape = pass.tape();
  for (Index at = last; at-- > first;) {
    const auto i = static_cast<std::uint32_t>(at);
    Record& record = PassAccess::record(tape, i);
    if (record.gradient == nullptr) {
      continue;
    }
    if (record.op->vjp == nullptr) {
      record.graph_gradient = true;
      continue;
    }
    pass.keep_if_asked(i, record.gradient);
    const auto vjp = record.op->rules->graph_vjp;
    if (vjp == nullptr) {
      throw_not_linked(record.op->name);
    }
    vjp(pass, record);
    if (RecordingAccess::anomaly(tape)) {
      check_gradients_of(pass, i);
    }
    release(std::exchange(record.gradient, nullptr));
  }
}

/// The pass from `root` back, whose seeds have been placed.
inline void run_graph_pass(Tape& tape, GradientSink* sink, std::uint32_t root, const Lead& lead) {
  GraphPass pass(tape, sink, lead);
  pass.retain = true;
  const PassAccess::Running running(tape);
  try {
    run_graph_records(pass, 0, Index{root} + 1);
    for (Index i = 0; sink != nullptr && i < sink->entries.size(); ++i) {
      TensorBody*& gradient = sink->entries[i].gradient;
      if (gradient != nullptr && !is_alone(*gradient)) {
        gradient->dtype == DType::float32 ? separate<float>(gradient) : separate<double>(gradient);
      }
    }
  } catch (...) {
    PassAccess::drop_gradients(tape, root);
    throw;
  }
}
inline void run_graph_pass(Tape& tape, GradientSink* sink, std::uint32_t root) {
  run_graph_pass(tape, sink, root, Lead{});
}

}  // namespace detail

/// What a derivative that is written on tensors receives: as Backward<T>, but gradients are only
/// handed over as tensors, since the ops that make them may be recorded. A vjp that is a template
/// over the type of its first parameter serves both.
template <FloatScalar T>
class GraphBackward {
 public:
  GraphBackward(detail::GraphPass& pass, detail::Record& record) noexcept
      : pass_(pass), record_(record), gradient_(record.gradient) {}
  GraphBackward(const GraphBackward&) = delete;
  GraphBackward& operator=(const GraphBackward&) = delete;
  ~GraphBackward() { static_cast<void>(gradient_.release()); }

  /// d output / d result, in the result's shape.
  [[nodiscard]] const Tensor<T>& gradient() const noexcept { return gradient_; }
  /// The axis in front of that shape and of those of all gradients, where there is one: only for
  /// rules that say so.
  [[nodiscard]] const detail::Lead& lead() const noexcept { return pass_.lead(); }
  /// Whether operand i needs a gradient; a derivative computes nothing for the others.
  [[nodiscard]] bool wants(Index i) const noexcept { return pass_.wants(record_.operands()[i]); }
  /// Adds `g`, in operand i's shape, to operand i's gradient.
  template <FloatScalar U>
  void add(Index i, Tensor<U> g) {
    pass_.add(record_.operands()[i], std::move(g));
  }
  [[nodiscard]] Index operand_count() const noexcept { return record_.operand_count; }

 private:
  detail::GraphPass& pass_;
  detail::Record& record_;
  Tensor<T> gradient_;  // borrowed from the record
};

}  // namespace eigengrad
