#pragma once
// Forward mode: tangents go over the records of a tape in the order in which they were made. A rule
// gives the tangent of a result from those of its operands; an op without one gets it from its vjp,
// differentiated once more.

#include <eigengrad/ops/transforms/graph.hpp>
#include <eigengrad/ops/transforms/pull.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// One run of a tape forwards, which keeps its results.
class TangentPass {
 public:
  explicit TangentPass(Tape& tape) : tape_(tape) { PassAccess::keep_results(tape); }
  TangentPass(const TangentPass&) = delete;
  TangentPass& operator=(const TangentPass&) = delete;
  ~TangentPass() { restart(); }

  /// Forgets all tangents. Those to come have `lead` in front.
  void restart(Lead lead = {}) noexcept {
    lead_ = lead;
    for (TensorBody* tangent : tangents_) {
      if (tangent != nullptr) {
        release(tangent);
      }
    }
    for (Entry& entry : parameters_) {
      release(entry.tangent);
    }
    tangents_.clear();
    parameters_.clear();
  }

  /// Gives an input, a parameter or a watched tensor, its tangent.
  template <FloatScalar T>
  void seed(const Tensor<T>& input, const Tensor<T>& tangent) {
    retain(&tangent.body());
    if (input.body().leaf != nullptr) {
      parameters_.push_back({&input.body(), &tangent.body()});
      return;
    }
    const std::uint32_t record = RecordingAccess::record_of(tape_, input.body());
    fill_up(record + Index{1});
    tangents_[record] = &tangent.body();
  }

  /// Computes the tangents of what `outputs`, records in any order, depend on. Ops that make
  /// tangents are recorded on the tapes around this one, which stands aside.
  void run(const std::vector<std::uint32_t>& outputs) {
    const Index count = tape_.size();
    fill_up(count);
    Scratch<bool> needed(count + 1);
    PassAccess::mark_reachable(tape_, outputs, needed.data());
    for (current_ = 0; current_ < count; ++current_) {
      Record& record = PassAccess::record(tape_, static_cast<std::uint32_t>(current_));
      if (!needed[current_] || record.op->vjp == nullptr || !has_tangent(record)) {
        continue;
      }
      if (record.op->rules->jvp == nullptr) {
        throw_not_linked(record.op->name);
      }
      record.op->rules->jvp(*this, record);
    }
  }

  [[nodiscard]] TensorBody* find(const Operand& operand) const noexcept {
    if (operand.parameter != nullptr) {
      return find_parameter(operand.parameter);
    }
    return operand.record == no_record ? nullptr : tangents_[operand.record];
  }
  /// The tangent of something that the function gave; zeros if it depends on no input.
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> tangent_of(const Tensor<T>& y) const {
    const std::uint32_t record = RecordingAccess::record_of(tape_, y.body());
    TensorBody* const found = y.body().leaf != nullptr ? find_parameter(&y.body())
                              : record != no_record    ? tangents_[record]
                                                       : nullptr;
    if (found == nullptr) {
      return zeros<T>(lead_.with(y.shape()));
    }
    retain(found);
    return Tensor<T>(found);
  }

  [[nodiscard]] const Lead& lead() const noexcept { return lead_; }
  [[nodiscard]] TensorBody& result() const noexcept { return PassAccess::result(tape_, current_); }
  void set(TensorBody* tangent) noexcept { tangents_[current_] = tangent; }

  /// The current record's tangent by two vjps: u -> vjp(u) is linear, and its own vjp is the jvp.
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> by_two_vjps(Record& record, void (*vjp)(GraphPass& pass, Record& record));

 private:
  struct Entry {
    const TensorBody* parameter;
    TensorBody* tangent;  // owned
  };

  [[nodiscard]] bool has_tangent(Record& record) const noexcept {
    for (std::size_t k = 0; k < record.operand_count; ++k) {
      if (find(record.operands()[k]) != nullptr) {
        return true;
      }
    }
    return false;
  }
  void fill_up(Index count) {
    while (tangents_.size() < count) {
      tangents_.push_back(nullptr);
    }
  }
  [[nodiscard]] TensorBody* find_parameter(const TensorBody* parameter) const noexcept {
    for (Index i = 0; i < parameters_.size(); ++i) {
      if (parameters_[i].parameter == parameter) {
        return parameters_[i].tangent;
      }
    }
    return nullptr;
  }

  Tape& tape_;
  Index current_ = 0;
  Buffer<TensorBody*> tangents_;  // of each record; owned, null: zero
  Buffer<Entry> parameters_;
  Lead lead_;
};

template <FloatScalar T>
Tensor<T> TangentPass::by_two_vjps(Record& record, void (*vjp)(GraphPass& pass, Record& record)) {
  Tape linear;
  const Tensor<T> u = linear.watch(zeros<T>(result().shape));
  GradientSink wanted;
  for (std::size_t k = 0; k < record.operand_count; ++k) {
    const Operand& operand = record.operands()[k];
    if (find(operand) != nullptr) {
      wanted.entries.push_back({operand.parameter, operand.record, nullptr});
    }
  }
  GraphPass back(tape_, &wanted);
  retain(&u.body());
  record.gradient = &u.body();
  struct Clear {
    Record& record;
    ~Clear() { release(std::exchange(record.gradient, nullptr)); }
  };
  {
    const Clear clear{record};
    vjp(back, record);
  }
  GradientSink sink;
  sink.ask(u.body(), RecordingAccess::record_of(linear, u.body()));
  std::vector<Seed> seeds;
  GradientSink held;
  for (std::size_t k = 0; k < record.operand_count; ++k) {
    const Operand& operand = record.operands()[k];
    TensorBody* const gradient = back.take(operand);
    if (gradient == nullptr) {
      continue;
    }
    held.entries.push_back({nullptr, no_record, gradient});
    const std::uint32_t at = RecordingAccess::record_of(linear, *gradient);
    if (at != no_record && find(operand) != nullptr) {
      seeds.push_back({at, find(operand), gradient});
    }
  }
  if (seeds.empty()) {
    return zeros<T>(result().shape);
  }
  const bool recorded = pull_back(linear, "jvp", sink, seeds, false);
  return sink.take<T>(0, result().shape, recorded);
}

}  // namespace detail

/// What a jvp receives: the tangents of its op's operands, the op's result, and a place for the
/// tangent of that.
template <FloatScalar T>
class TangentForward {
 public:
  explicit TangentForward(detail::TangentPass& pass, detail::Record& record) noexcept
      : pass_(pass), record_(record), result_(&pass.result()) {
    detail::retain(&pass.result());
  }

  /// The axis in front of the shapes of all tangents, where there is one: only for rules that say
  /// so.
  [[nodiscard]] const detail::Lead& lead() const noexcept { return pass_.lead(); }
  /// Whether operand i has a tangent; that of the others is zero. At least one has.
  [[nodiscard]] bool has(Index i) const noexcept {
    return pass_.find(record_.operands()[i]) != nullptr;
  }
  /// The tangent of operand i, in its shape; only if has(i).
  template <FloatScalar U = T>
  [[nodiscard]] Tensor<U> tangent(Index i) const {
    detail::TensorBody* const found = pass_.find(record_.operands()[i]);
    detail::retain(found);
    return Tensor<U>(found);
  }
  /// The op's result.
  [[nodiscard]] const Tensor<T>& result() const noexcept { return result_; }
  /// The tangent of the result, in its shape.
  void set(Tensor<T> tangent) noexcept { pass_.set(tangent.release()); }
  [[nodiscard]] Index operand_count() const noexcept { return record_.operand_count; }

 private:
  detail::TangentPass& pass_;
  detail::Record& record_;
  Tensor<T> result_;
};

}  // namespace eigengrad
