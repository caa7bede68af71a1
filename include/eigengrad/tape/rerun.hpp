#pragma once
// The second run of a segment, in a backward pass: it is recorded at the end of the tape, the pass
// goes over these records, and they are forgotten. Gradients are added to the same places and in
// the same order as without recomputation, so the bits are the same too.

#include <eigengrad/base/error.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tape/probe.hpp>
#include <eigengrad/tape/segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_repeated(Index ops, Index before) {
  throw_error<TapeError>("recompute", {"the function did not repeat itself: it recorded ", before,
                                       " ops at first and ", ops, " when it was run again"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_other_draws(Index draws, Index before) {
  throw_error<TapeError>("recompute", {"the function did not repeat itself: it drew ", before,
                                       " times at first and ", draws, " when it was run again"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_other_operand(std::string_view op) {
  throw_error<TapeError>("recompute",
                         {"the function did not repeat itself: when it was run again, '", op,
                          "' used a tensor that it had not used at first"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_other_result(Index i, const Shape& shape,
                                                           const Shape& before) {
  throw_error<TapeError>("recompute", {"the function did not repeat itself: result ", i, " was ",
                                       before, " at first and ", shape, " when it was run again"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_result_not_made(Index i) {
  throw_error<TapeError>("recompute", {"the function did not repeat itself: result ", i,
                                       " was not made by it when it was run again"});
}

/// One second run, on a tape that runs backwards.
class Rerun {
 public:
  /// Runs the segment of a record. `first`: on this tape alone, which forgets it afterwards.
  Rerun(BackwardPass& pass, Record& record, bool first)
      : pass_(pass),
        record_(record),
        saved_(*static_cast<SegmentPayload*>(record.payload())),
        begin_(pass.tape().size()) {
    const ScopeLabel scope{SegmentAccess::scope(tape(), saved_.first), nullptr};
    const Around around(*saved_.segment, scope);
    const SegmentAccess::Resumed recording(tape(), first);
    saved_.segment->run(*saved_.segment, results_);
    Probing::add_logits(results_, [this](const TensorBody& body) {
      const std::uint32_t made = RecordingAccess::record_of(tape(), body);
      return made != no_record && Index{made} >= begin_;
    });
    end_ = tape().size();
    check();
  }

  /// Gives the gradients of the segment's results to the results of the second run.
  void seed() {
    for (std::uint32_t i = saved_.first; i < saved_.first + saved_.count; ++i) {
      Record& from = *SegmentAccess::records(tape())[Index{i}];
      if (from.gradient == nullptr || from.consumed) {
        continue;
      }
      const Index output = static_cast<SegmentPayload*>(from.payload())->output;
      seed(output, *from.gradient);
      if (&from == &record_) {
        continue;
      }
      pass_.keep_if_asked(i, from.gradient);
      release(std::exchange(from.gradient, nullptr));
    }
    // The run was for all of them.
    for (std::uint32_t i = saved_.first; i < saved_.first + saved_.count && !pass_.retain; ++i) {
      Record& other = *SegmentAccess::records(tape())[Index{i}];
      if (&other != &record_ && !other.consumed) {
        other.op->destroy(other);
        other.consumed = true;
      }
    }
  }

  [[nodiscard]] Tape& tape() const noexcept { return pass_.tape(); }
  [[nodiscard]] Index begin() const noexcept { return begin_; }
  [[nodiscard]] Index end() const noexcept { return end_; }
  /// Lets go of the results: the pass no longer needs them.
  void drop_results() noexcept { results_.clear(); }

 private:
  /// What the thread keeps aside for the length of the run.
  class Around {
   public:
    Around(Segment& segment, const ScopeLabel& scope) noexcept
        : draws_(std::exchange(tape_thread.draws, &segment.draws)),
          scope_(std::exchange(tape_thread.scope, scope.name.empty() ? nullptr : &scope)) {
      segment.draws.replays = true;
      segment.draws.next = 0;
    }
    Around(const Around&) = delete;
    Around& operator=(const Around&) = delete;
    ~Around() {
      tape_thread.draws = draws_;
      tape_thread.scope = scope_;
    }

   private:
    DrawLog* draws_;
    const ScopeLabel* scope_;
  };

  void seed(Index output, TensorBody& gradient) {
    if (output >= results_.size()) {
      throw_result_not_made(output);
    }
    const TensorBody& result = results_[output];
    if (!(result.shape == gradient.shape)) {
      throw_other_result(output, result.shape, gradient.shape);
    }
    const std::uint32_t made = RecordingAccess::record_of(tape(), result);
    if (made == no_record || Index{made} < begin_) {
      throw_result_not_made(output);
    }
    Record& to = *SegmentAccess::records(tape())[Index{made}];
    if (to.gradient != nullptr) {
      throw_result_not_made(output);
    }
    retain(&gradient);
    to.gradient = &gradient;
  }

  /// Whether the function did what it did at first, as far as that can be told for nothing.
  void check() {
    const auto less = [](const Operand& a, const Operand& b) {
      return a.parameter == b.parameter ? a.record < b.record
                                        : reinterpret_cast<std::uintptr_t>(a.parameter) <
                                              reinterpret_cast<std::uintptr_t>(b.parameter);
    };
    Scratch<Operand> known(Index{record_.operand_count} + 1);
    std::copy_n(record_.operands(), record_.operand_count, known.data());
    std::sort(known.data(), known.data() + record_.operand_count, less);
    Index ops = 0;
    for (Index i = begin_; i < end_; ++i) {
      Record& made = *SegmentAccess::records(tape())[i];
      // The results of a segment inside count as one op.
      ops += made.op->vjp != record_.op->vjp ||
                     Index{static_cast<SegmentPayload*>(made.payload())->first} == i
                 ? 1
                 : 0;
      for (std::size_t k = 0; k < made.operand_count; ++k) {
        const Operand& operand = made.operands()[k];
        const bool outside = operand.parameter != nullptr ||
                             (operand.record != no_record && Index{operand.record} < begin_);
        if (outside && !std::binary_search(known.data(), known.data() + record_.operand_count,
                                           operand, less)) {
          throw_other_operand(made.op->name);
        }
      }
    }
    if (ops != saved_.ops) {
      throw_not_repeated(ops, saved_.ops);
    }
    const DrawLog& draws = saved_.segment->draws;
    if (draws.next != draws.draws.size()) {
      throw_other_draws(draws.next, draws.draws.size());
    }
  }

  BackwardPass& pass_;
  Record& record_;
  SegmentPayload& saved_;
  Index begin_;
  Index end_ = 0;
  HeldTensors results_;
};

/// The vjp of a segment's result.
inline void rerun_segment(BackwardPass& pass, Record& record) {
  /// The end of the tape, where the run is recorded under a number of its own: a tensor that the
  /// function hides somewhere is foreign to the tape afterwards.
  class Appended {
   public:
    explicit Appended(Tape& tape) noexcept : tape_(tape), place_(SegmentAccess::place(tape)) {
      SegmentAccess::renumber(tape, before_);
    }
    Appended(const Appended&) = delete;
    Appended& operator=(const Appended&) = delete;
    ~Appended() {
      SegmentAccess::rewind(tape_, place_);
      SegmentAccess::restore_number(tape_, before_);
    }

   private:
    Tape& tape_;
    SegmentAccess::Place place_;
    OtherNumber before_{};
  };
  const Appended appended(pass.tape());
  Rerun rerun(pass, record, true);
  rerun.seed();
  rerun.drop_results();
  SegmentAccess::run_records(pass, rerun.begin(), rerun.end());
}

}  // namespace eigengrad::detail
