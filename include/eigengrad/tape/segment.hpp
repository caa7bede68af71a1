#pragma once
// Segments: functions that a tape runs again instead of keeping what they made. What both runs
// share, and what they do to a tape. Leaves out the first run (probe.hpp), the second (rerun.hpp)
// and the function that users call (ops/recompute.hpp).

#include <eigengrad/base/error.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tape/replay.hpp>
#include <eigengrad/tape/tape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// Counted tensors, their types erased.
class HeldTensors {
 public:
  HeldTensors() noexcept = default;
  HeldTensors(const HeldTensors&) = delete;
  HeldTensors& operator=(const HeldTensors&) = delete;
  ~HeldTensors() { clear(); }
  void clear() noexcept {
    for (TensorBody* body : bodies_) {
      release(body);
    }
    bodies_.clear();
  }
  void hold(TensorBody& body) {
    bodies_.push_back(&body);
    retain(&body);
  }
  [[nodiscard]] bool holds(const TensorBody& body) noexcept {
    return std::find(bodies_.begin(), bodies_.end(), &body) != bodies_.end();
  }
  [[nodiscard]] Index size() const noexcept { return bodies_.size(); }
  [[nodiscard]] TensorBody& operator[](Index i) noexcept { return *bodies_[i]; }

 private:
  Buffer<TensorBody*> bodies_;
};

/// A function with its inputs, which the records of its results share.
struct Segment {
  void (*run)(Segment& segment, HeldTensors& results);
  void (*destroy)(Segment& segment) noexcept;
  HeldTensors inputs;
  DrawLog draws;
  std::uint32_t count = 1;  // a segment belongs to the tapes of one thread
};

class SegmentHandle {
 public:
  explicit SegmentHandle(Segment* segment) noexcept : segment_(segment) {}
  SegmentHandle(const SegmentHandle& other) noexcept : segment_(other.segment_) {
    ++segment_->count;
  }
  SegmentHandle& operator=(const SegmentHandle&) = delete;
  ~SegmentHandle() {
    if (--segment_->count == 0) {
      segment_->destroy(*segment_);
    }
  }
  [[nodiscard]] Segment& operator*() const noexcept { return *segment_; }
  [[nodiscard]] Segment* operator->() const noexcept { return segment_; }

 private:
  Segment* segment_;
};

/// What the record of one of a segment's results saves.
struct SegmentPayload {
  SegmentHandle segment;
  std::uint32_t first;  // record of the first of the segment's results; the others follow
  std::uint32_t count;  // of these records
  Index output;         // which of the results this is
  Index ops;            // that the segment recorded
  HeldTensors captured;
};

/// One tape while a segment runs first: it notes what ops read and records nothing.
struct TapeProbe : Probe {
  struct External {
    TensorBody* body;
    bool parameter;  // borrowed; else counted
  };
  /// The index of what the segment makes itself.
  static constexpr std::uint32_t interior = no_record - 1;

  explicit TapeProbe(Tape& on, TapeProbe* others) noexcept;
  TapeProbe(const TapeProbe&) = delete;
  TapeProbe& operator=(const TapeProbe&) = delete;
  ~TapeProbe();

  static std::uint32_t note_op(Probe& probe, const Tape& tape, const TensorBody* const* operands,
                               std::size_t count);
  static bool lose_parameter(Probe& probe, const TensorBody* parameter) noexcept;
  /// The tape is what it was before.
  void end() noexcept;
  /// Drops what was noted twice.
  void compact() noexcept;

  Tape& tape;
  TapeProbe* next;
  std::uint64_t number;  // of the tape meanwhile
  OtherNumber before;    // its number
  Buffer<External> externals;
  Index compact_at = 256;
  Index ops = 0;
  int folds = 0;        // depth of segments inside this one, each of which counts as one op
  bool folded = false;  // such a segment has recorded something
  bool lost = false;    // a parameter that was read has been destroyed
  bool ended = false;
};

struct SegmentAccess {
  [[nodiscard]] static bool keeps_results(const Tape& tape) noexcept { return tape.keeps_results_; }
  [[nodiscard]] static TapeProbe* probe(const Tape& tape) noexcept {
    return static_cast<TapeProbe*>(tape.probe_);
  }
  [[nodiscard]] static std::uint64_t number(const Tape& tape) noexcept { return tape.number_; }
  static void renumber(Tape& tape, OtherNumber& before) noexcept {
    before = {tape.number_, tape.others_};
    tape.others_ = &before;
    tape.open_number();
  }
  static void restore_number(Tape& tape, const OtherNumber& before) noexcept {
    tape.number_ = before.number;
    tape.others_ = before.next;
  }
  static void set_probe(Tape& tape, Probe* probe) noexcept { tape.probe_ = probe; }
  [[nodiscard]] static const std::string& lost_parameter(const Tape& tape) noexcept {
    return tape.lost_parameter_;
  }
  static void forget_lost(Tape& tape) noexcept { tape.lost_parameter_.clear(); }
  [[nodiscard]] static const Buffer<Record*>& records(const Tape& tape) noexcept {
    return tape.records_;
  }
  static void run_records(BackwardPass& pass, Index first, Index last) {
    pass.tape().run_records(pass, first, last, false);
  }
  static void drop_gradients(Tape& tape) noexcept {
    if (tape.records_.size() > 0) {
      tape.drop_gradients(static_cast<std::uint32_t>(tape.records_.size() - 1));
    }
  }
  static void describe(Tape& tape, TensorBody& result, const TensorBody* const* operands,
                       std::size_t count) {
    if (tape.describes_) {
      RecordingAccess::describe(tape, result, operands, count);
    }
  }
  [[nodiscard]] static std::string_view scope(const Tape& tape, std::uint32_t record) noexcept {
    return tape.scope_of(record);
  }

  /// Where a tape is, to go back to.
  struct Place {
    Index records;
    Index saved;
    Index descriptions;
    const ScopeMark* scopes;
    Arena::Mark arena;
  };
  [[nodiscard]] static Place place(const Tape& tape) noexcept {
    return {tape.records_.size(), tape.saved_.size(), tape.descriptions_.size(), tape.scopes_,
            tape.arena_.mark()};
  }
  /// Forgets the records that were made since.
  static void rewind(Tape& tape, const Place& to) noexcept {
    for (Index i = to.records; i < tape.records_.size(); ++i) {
      Record& record = *tape.records_[i];
      if (record.gradient != nullptr) {
        release(record.gradient);
      }
      if (!record.consumed && record.op->destroy != nullptr) {
        record.op->destroy(record);
      }
    }
    tape.records_.shrink(to.records);
    tape.saved_.shrink(to.saved);
    tape.descriptions_.shrink(to.descriptions);
    tape.scopes_ = to.scopes;
    tape.arena_.rewind(to.arena);
  }

  /// While in scope, a tape that runs backwards records, the first of its thread to be asked if
  /// `first`.
  class Resumed {
   public:
    Resumed(Tape& tape, bool first) noexcept : tape_(tape), no_grad_(tape.no_grad_), moved_(first) {
      tape.no_grad_ = tape_thread.no_grad;
      if (moved_) {
        before_ = unlink();
        insert(nullptr);
      }
    }
    Resumed(const Resumed&) = delete;
    Resumed& operator=(const Resumed&) = delete;
    ~Resumed() {
      tape_.no_grad_ = no_grad_;
      if (moved_) {
        unlink();
        insert(before_);
      }
    }

   private:
    /// Takes the tape off the stack; returns which one was inside it, or null.
    Tape* unlink() noexcept {
      Tape* inside = nullptr;
      Tape** link = &tape_thread.innermost;
      while (*link != &tape_) {
        inside = *link;
        link = &inside->enclosing_;
      }
      *link = tape_.enclosing_;
      return inside;
    }
    /// Puts the tape around `inside`, or in front of all if that is null or gone.
    void insert(const Tape* inside) noexcept {
      Tape** link = &tape_thread.innermost;
      for (Tape* tape = *link; inside != nullptr && tape != nullptr; tape = tape->enclosing_) {
        if (tape == inside) {
          link = &tape->enclosing_;
        }
      }
      tape_.enclosing_ = *link;
      *link = &tape_;
    }

    Tape& tape_;
    Tape* before_ = nullptr;
    int no_grad_;
    bool moved_;
  };
};

}  // namespace eigengrad::detail
