#pragma once
// The first run of a segment: its tapes note what its ops read and record nothing, so that what it
// makes is gone as soon as it is no longer needed; then each of its results gets one record. Leaves
// out the second run: rerun.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/tape/segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <utility>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_lost_in_segment(const std::string& name) {
  throw_error<TapeError>("recompute",
                         {"parameter '", name, "' was destroyed in the function that had used it"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_too_many_externals(std::size_t count) {
  throw_error<TapeError>("recompute", {"a function may use at most ", max_operands,
                                       " parameters and recorded tensors, this one uses ", count});
}

inline TapeProbe::TapeProbe(Tape& on, TapeProbe* others) noexcept
    : Probe{&note_op, &lose_parameter}, tape(on), next(others) {
  SegmentAccess::renumber(on, before);
  SegmentAccess::set_probe(on, this);
  number = SegmentAccess::number(on);
}

inline TapeProbe::~TapeProbe() {
  end();
  for (External& external : externals) {
    if (!external.parameter) {
      release(external.body);
    }
  }
}

inline void TapeProbe::end() noexcept {
  if (!std::exchange(ended, true)) {
    SegmentAccess::restore_number(tape, before);
    SegmentAccess::set_probe(tape, nullptr);
  }
}

inline std::uint32_t TapeProbe::note_op(Probe& probe, const Tape& tape,
                                        const TensorBody* const* operands, std::size_t count) {
  auto& self = static_cast<TapeProbe&>(probe);
  if (self.folds == 0) {
    ++self.ops;
  } else {
    self.folded = true;
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto* const x = const_cast<TensorBody*>(operands[i]);  // for its count, and its gradient
    const bool parameter = x->leaf != nullptr && x->leaf->trainable;
    const std::uint32_t record = parameter ? no_record : RecordingAccess::record_of(tape, *x);
    if (!parameter && (record == no_record || record == interior)) {
      continue;
    }
    self.externals.push_back({x, parameter});
    if (!parameter) {
      retain(x);
    }
    if (self.externals.size() == self.compact_at) {
      self.compact();
      self.compact_at = std::max<Index>(256, 2 * self.externals.size());
    }
  }
  return interior;
}

inline bool TapeProbe::lose_parameter(Probe& probe, const TensorBody* parameter) noexcept {
  auto& self = static_cast<TapeProbe&>(probe);
  for (const External& external : self.externals) {
    if (external.body == parameter && external.parameter) {
      self.lost = true;
    }
  }
  return self.lost;
}

inline void TapeProbe::compact() noexcept {
  std::sort(externals.begin(), externals.end(), [](const External& a, const External& b) {
    return reinterpret_cast<std::uintptr_t>(a.body) < reinterpret_cast<std::uintptr_t>(b.body);
  });
  Index kept = 0;
  for (const External& external : externals) {
    if (kept > 0 && externals[kept - 1].body == external.body) {
      if (!external.parameter) {
        release(external.body);
      }
    } else {
      externals[kept++] = external;
    }
  }
  externals.shrink(kept);
}

/// All tapes of the thread that record now, while a segment runs first.
class Probing {
 public:
  /// Whether there is such a tape. Not if one of them is for forward mode, which wants everything
  /// kept, and those that an outer segment has in hand are none.
  [[nodiscard]] static bool is_needed() noexcept {
    bool needed = false;
    for (const Tape* tape = tape_thread.innermost; tape != nullptr;
         tape = RecordingAccess::enclosing(*tape)) {
      if (RecordingAccess::records(*tape)) {
        if (SegmentAccess::keeps_results(*tape)) {
          return false;
        }
        needed = needed || SegmentAccess::probe(*tape) == nullptr;
      }
    }
    return needed;
  }

  Probing() {
    for (Tape* tape = tape_thread.innermost; tape != nullptr;
         tape = RecordingAccess::enclosing(*tape)) {
      if (RecordingAccess::records(*tape) && SegmentAccess::probe(*tape) == nullptr) {
        probes_ = new (pool_allocate(sizeof(TapeProbe))) TapeProbe(*tape, probes_);
      }
    }
  }
  Probing(const Probing&) = delete;
  Probing& operator=(const Probing&) = delete;
  ~Probing() {
    while (probes_ != nullptr) {
      TapeProbe* const probe = std::exchange(probes_, probes_->next);
      probe->~TapeProbe();
      pool_release(probe, sizeof(TapeProbe));
    }
  }

  /// Ends the first run and records its results. The logits behind a sigmoid or softmax that the
  /// segment made are a result too, because a loss computes from them.
  void finish(const SegmentHandle& segment, HeldTensors& results, const OpTable& op) {
    for (TapeProbe* probe = probes_; probe != nullptr; probe = probe->next) {
      probe->end();
    }
    for (TapeProbe* probe = probes_; probe != nullptr; probe = probe->next) {
      check(*probe);
    }
    add_logits(results, [this](const TensorBody& body) { return is_interior(body); });
    for (TapeProbe* probe = probes_; probe != nullptr; probe = probe->next) {
      record(*probe, segment, results, op);
    }
  }

  /// Adds to the results the logits of those that lead to logits the segment made. These lead to
  /// nothing: what is behind them is gone.
  template <class IsInterior>
  static void add_logits(HeldTensors& results, const IsInterior& made_here) {
    for (Index i = results.size(); i-- > 0;) {
      TensorBody* const logits = results[i].origin;
      if (logits == nullptr || !made_here(*logits)) {
        continue;
      }
      if (logits->origin != nullptr && made_here(*logits->origin)) {
        logits->origin_kind = Origin::none;
        release(std::exchange(logits->origin, nullptr));
      }
      if (!results.holds(*logits)) {
        results.hold(*logits);
      }
    }
  }

 private:
  [[nodiscard]] static TapeLink* find_link(TensorBody& body, std::uint64_t number) noexcept {
    if (body.link.tape == number) {
      return &body.link;
    }
    for (MoreLinks* more = body.more_links; more != nullptr; more = more->next) {
      if (more->link.tape == number) {
        return &more->link;
      }
    }
    return nullptr;
  }
  [[nodiscard]] bool is_interior(const TensorBody& body) const noexcept {
    for (const TapeProbe* probe = probes_; probe != nullptr; probe = probe->next) {
      if (find_link(const_cast<TensorBody&>(body), probe->number) != nullptr) {
        return true;
      }
    }
    return false;
  }

  static void check(TapeProbe& probe) {
    const std::string lost = SegmentAccess::lost_parameter(probe.tape);
    if (!lost.empty() && probe.lost) {
      SegmentAccess::forget_lost(probe.tape);
      throw_lost_in_segment(lost);
    }
    probe.compact();
    if (static_cast<std::size_t>(probe.externals.size()) > max_operands) {
      throw_too_many_externals(static_cast<std::size_t>(probe.externals.size()));
    }
  }

  static void record(TapeProbe& probe, const SegmentHandle& segment, HeldTensors& results,
                     const OpTable& op) {
    Tape& tape = probe.tape;
    const auto first = static_cast<std::uint32_t>(tape.size());
    std::uint32_t count = 0;
    for (Index i = 0; i < results.size(); ++i) {
      count += find_link(results[i], probe.number) != nullptr ? 1U : 0U;
    }
    const auto used = static_cast<std::size_t>(probe.externals.size());
    Scratch<const TensorBody*> operands(probe.externals.size() + 1);
    for (std::size_t k = 0; k < used; ++k) {
      operands[static_cast<Index>(k)] = probe.externals[static_cast<Index>(k)].body;
    }
    for (Index i = 0; i < results.size(); ++i) {
      TapeLink* const link = find_link(results[i], probe.number);
      if (link == nullptr) {
        continue;  // not made by the segment: an input, or a constant
      }
      const auto make = [&](Saver& save) {
        note_all(save, segment->inputs, probe.externals);
        return SegmentPayload{segment, first, count, i, probe.ops, {}};
      };
      *link = {SegmentAccess::number(tape),
               RecordingAccess::add_record(tape, op, operands.data(), used, payload_maker(make))};
      Record& made = *SegmentAccess::records(tape)[Index{link->record}];
      for (const TapeProbe::External& external : probe.externals) {
        if (!external.parameter) {
          static_cast<SegmentPayload*>(made.payload())->captured.hold(*external.body);
        }
      }
      SegmentAccess::describe(tape, results[i], operands.data(), used);
    }
  }

  static void note_all(Saver& save, HeldTensors& inputs, Buffer<TapeProbe::External>& externals) {
    for (Index i = 0; i < inputs.size(); ++i) {
      save.note(inputs[i]);
    }
    for (const TapeProbe::External& external : externals) {
      if (!inputs.holds(*external.body)) {
        save.note(*external.body);
      }
    }
  }

  TapeProbe* probes_ = nullptr;
};

/// While in scope, what is noted on tapes that an outer segment has in hand counts as one op: the
/// one that they record when that segment is run again.
class Folding {
 public:
  Folding() noexcept { add(1); }
  Folding(const Folding&) = delete;
  Folding& operator=(const Folding&) = delete;
  ~Folding() { add(-1); }

 private:
  static void add(int step) noexcept {
    for (const Tape* tape = tape_thread.innermost; tape != nullptr;
         tape = RecordingAccess::enclosing(*tape)) {
      TapeProbe* const probe = SegmentAccess::probe(*tape);
      if (probe != nullptr) {
        probe->folds += step;
        if (probe->folds == 0 && std::exchange(probe->folded, false)) {
          ++probe->ops;
        }
      }
    }
  }
};

}  // namespace eigengrad::detail
