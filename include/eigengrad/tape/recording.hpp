#pragma once
// How an op records itself: whether it must, on which tapes, and what its derivative will read.

#include <eigengrad/tape/anomaly.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/passes.hpp>
#include <eigengrad/tape/tape.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_dead_operand(std::string_view op, std::size_t i,
                                                           std::uint64_t tape) {
  const bool own = (tape >> tape_serial_shift) == tape_thread.serial;
  throw_error<TapeError>(op, {"operand ", i, " was recorded on a tape ",
                              own ? "that has ended or was cleared" : "of another thread",
                              "; keep that tape, or detach() the operand"});
}
/// Whether gradients flow through a tensor: it is a trainable parameter or was recorded somewhere.
[[nodiscard]] inline bool is_live(const TensorBody& body) noexcept {
  return body.link.tape != 0 || (body.leaf != nullptr && body.leaf->trainable);
}

/// Hands tensors to a record's payload and notes their versions.
struct Saver {
  Buffer<SavedVersion>& versions;
  std::uint32_t record;

  template <AnyScalar T>
  [[nodiscard]] Saved<T> operator()(const Tensor<T>& x) {
    note(x.body());
    return Saved<T>(x);
  }

  /// Notes the version of what is kept in another way.
  EIGENGRAD_NOINLINE void note(TensorBody& x) {
    versions.push_back({owner_of(&x), version_of(&x), record});
  }
};

/// A function that builds a record's payload, its type erased. It refers to the function that it
/// was made from.
struct PayloadMaker {
  std::size_t size;
  void (*build)(const void* make, Saver& save, void* payload);
  const void* make;
};

/// `make(save)` as a PayloadMaker.
template <class Make>
[[nodiscard]] PayloadMaker payload_maker(const Make& make) noexcept {
  using Payload = std::invoke_result_t<const Make&, Saver&>;
  static_assert(alignof(Payload) <= 16);
  return {sizeof(Payload),
          [](const void* erased, Saver& save, void* payload) {
            new (payload) Payload((*static_cast<const Make*>(erased))(save));
          },
          &make};
}

struct RecordingAccess {
  [[nodiscard]] static bool anomaly(const Tape& tape) noexcept { return tape.detect_anomaly_; }
  /// Whether a record of this tape reads the elements of `x`.
  [[nodiscard]] static bool saves(const Tape& tape, TensorBody& x) noexcept {
    for (Index i = 0; i < tape.saved_.size(); ++i) {
      if (tape.saved_[i].owner == owner_of(&x)) {
        return true;
      }
    }
    return false;
  }
  [[nodiscard]] static Tape* enclosing(const Tape& tape) noexcept { return tape.enclosing_; }
  /// Whether no NoGrad scope was opened after the tape.
  [[nodiscard]] static bool records(const Tape& tape) noexcept {
    return tape_thread.no_grad <= tape.no_grad_;
  }
  template <FloatScalar T>
  static void fill(Tape& tape, std::string_view op, GradientSink& sink, const Tensor<T>& output,
                   BackwardOptions options) {
    tape.fill(op, sink, output, options);
  }

  /// Whether a tape around `inner` has recorded `x` and records now: then what is made of x must be
  /// recorded there.
  [[nodiscard]] static bool is_recorded_around(const Tape& inner, const TensorBody& x) noexcept {
    for (const Tape* tape = inner.enclosing_; tape != nullptr; tape = tape->enclosing_) {
      const TensorBody* const operand = &x;
      if (records(*tape) && needs(*tape, &operand, 1)) {
        return true;
      }
    }
    return false;
  }

  /// While in scope, the innermost tape records nothing and the others do: it stands behind them.
  class SetAside {
   public:
    explicit SetAside(Tape& tape) noexcept : tape_(tape), no_grad_(tape.no_grad_) {
      unlink();
      Tape** last = &tape_thread.innermost;
      while (*last != nullptr) {
        last = &(*last)->enclosing_;
      }
      *last = &tape_;
      tape_.enclosing_ = nullptr;
      tape_.no_grad_ = -1;
    }
    SetAside(const SetAside&) = delete;
    SetAside& operator=(const SetAside&) = delete;
    ~SetAside() {
      unlink();
      tape_.enclosing_ = tape_thread.innermost;
      tape_thread.innermost = &tape_;
      tape_.no_grad_ = no_grad_;
    }

   private:
    void unlink() noexcept {
      Tape** link = &tape_thread.innermost;
      while (*link != &tape_) {
        link = &(*link)->enclosing_;
      }
      *link = tape_.enclosing_;
    }

    Tape& tape_;
    int no_grad_;
  };

  [[nodiscard]] static std::uint32_t record_of(const Tape& tape, const TensorBody& x) noexcept {
    return tape.record_of(x);
  }

  /// Whether this tape needs a record of an op on these operands.
  [[nodiscard]] static bool needs(const Tape& tape, const TensorBody* const* operands,
                                  std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      const TensorBody& x = *operands[i];
      if ((x.leaf != nullptr && x.leaf->trainable) || tape.record_of(x) != no_record) {
        return true;
      }
    }
    return false;
  }

  /// Whether every operand that was recorded anywhere was recorded on this tape first.
  [[nodiscard]] static bool all_on(const Tape& tape, const TensorBody* const* operands,
                                   std::size_t count) noexcept {
    bool on = true;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = operands[i]->link.tape;
      on = on && (number == 0 || number == tape.number_);
    }
    return on;
  }

  /// Refuses an operand that was recorded, but on no tape that is live on this thread.
  static void check_operands(std::string_view op, const TensorBody* const* operands,
                             std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const TensorBody& x = *operands[i];
      bool live = x.link.tape == 0;
      for (const Tape* tape = tape_thread.innermost; !live && tape != nullptr;
           tape = tape->enclosing_) {
        live = tape->record_of(x) != no_record;
      }
      if (!live) {
        throw_dead_operand(op, i, x.link.tape);
      }
    }
  }

  /// Adds a record whose payload `payload` builds, for the result.
  static void append(Tape& tape, const OpTable& op, TensorBody& result,
                     const TensorBody* const* operands, std::size_t count,
                     const PayloadMaker& payload) {
    if (tape.probe_ != nullptr) {
      link(result, {tape.number_, tape.probe_->note(*tape.probe_, tape, operands, count)});
      return;
    }
    const std::uint32_t index = add_record(tape, op, operands, count, payload);
    if (tape.keeps_results_ || tape.describes_) {
      describe(tape, result, operands, count);
    }
    link(result, {tape.number_, index});
  }

  /// Adds a record; returns its index.
  static std::uint32_t add_record(Tape& tape, const OpTable& op, const TensorBody* const* operands,
                                  std::size_t count, const PayloadMaker& payload) {
    const std::size_t offset = (sizeof(Record) + count * sizeof(Operand) + 15) / 16 * 16;
    const auto index = static_cast<std::uint32_t>(tape.records_.size());
    auto* const record = new (tape.arena_.allocate(offset + payload.size))
        Record{&op,   nullptr, static_cast<std::uint16_t>(count),
               false, false,   static_cast<std::uint32_t>(offset)};
    for (std::size_t i = 0; i < count; ++i) {
      // The body is only written through when it is a parameter's: its gradient.
      auto* const x = const_cast<TensorBody*>(operands[i]);
      const bool parameter = x->leaf != nullptr && x->leaf->trainable;
      new (record->operands() + i)
          Operand{parameter ? x : nullptr, parameter ? no_record : tape.record_of(*x)};
    }
    const Index saved = tape.saved_.size();
    try {
      Saver saver{tape.saved_, index};
      payload.build(payload.make, saver, record->payload());
      tape.records_.push_back(record);
    } catch (...) {
      tape.saved_.shrink(saved);
      throw;
    }
    return index;
  }

  /// Keeps what the tape's options ask for beside a record, the last one.
  EIGENGRAD_COLD static void describe(Tape& tape, TensorBody& result,
                                      const TensorBody* const* operands, std::size_t count) {
    if (tape.describes_) {
      auto* const shapes = static_cast<Shape*>(tape.arena_.allocate((count + 1) * sizeof(Shape)));
      new (shapes) Shape(result.shape);
      for (std::size_t i = 0; i < count; ++i) {
        new (shapes + 1 + i) Shape(operands[i]->shape);
      }
      tape.descriptions_.push_back({shapes, {}, nullptr});
      if (tape.detect_anomaly_) {
        trace_record(tape);
      }
    }
    if (tape.keeps_results_) {
      tape.results_.push_back(&result);
      retain(&result);
    }
  }

 private:
  friend class eigengrad::Tape;
  friend struct SegmentAccess;

  static void link(TensorBody& result, TapeLink to) {
    if (result.link.tape == 0) {
      result.link = to;
      return;
    }
    result.more_links = new (pool_allocate(sizeof(MoreLinks))) MoreLinks{to, result.more_links};
  }
};

/// Whether an op on these operands must record itself.
template <AnyScalar... T>
[[nodiscard]] bool must_record(const Tensor<T>&... x) {
  const Tape* const tape = tape_thread.innermost;
  return tape != nullptr && RecordingAccess::records(*tape) && (is_live(x.body()) || ...);
}

template <class Op, FloatScalar T>
void run_vjp(BackwardPass& pass, Record& record) {
  Backward<T> b(pass, record);
  Op::vjp(b, *static_cast<typename Op::template Payload<T>*>(record.payload()));
}
template <class Payload>
void destroy_payload(Record& record) noexcept {
  static_cast<Payload*>(record.payload())->~Payload();
}

/// The tape's view of Op for element type T. Op has `name`, `template <class T> struct Payload` and
/// `static void vjp(Backward<T>&, Payload<T>&)`, or one that is a template over its first
/// parameter.
template <class Op, FloatScalar T>
inline constexpr OpTable op_table{Op::name, &run_vjp<Op, T>,
                                  &destroy_payload<typename Op::template Payload<T>>,
                                  rules_of<Op, T>()};

/// Records a result on every tape that needs it.
EIGENGRAD_NOINLINE inline void record_erased(TensorBody& result, const TensorBody* const* operands,
                                             std::size_t count, const OpTable& op,
                                             const PayloadMaker& payload) {
  Tape* const innermost = tape_thread.innermost;
  // The usual case: one tape, which every recorded operand is on.
  if (!RecordingAccess::all_on(*innermost, operands, count)) {
    RecordingAccess::check_operands(op.name, operands, count);
  }
  for (Tape* tape = innermost; tape != nullptr; tape = RecordingAccess::enclosing(*tape)) {
    if (RecordingAccess::records(*tape) && RecordingAccess::needs(*tape, operands, count)) {
      if (RecordingAccess::anomaly(*tape)) {
        check_result(*tape, op.name, result, operands, count);
      }
      RecordingAccess::append(*tape, op, result, operands, count, payload);
    }
  }
}

/// Records y = Op(operands...) on every tape that needs it. `make(save)` builds the payload and is
/// called once per tape. The caller has asked must_record().
template <class Op, FloatScalar T, class Make>
void record_list(Tensor<T>& y, const TensorBody* const* operands, std::size_t count,
                 const Make& make) {
  record_erased(y.body(), operands, count, op_table<Op, T>, payload_maker(make));
}

template <class Op, FloatScalar T, class Make, AnyScalar... X>
void record(Tensor<T>& y, const Make& make, const Tensor<X>&... operands) {
  const std::array<const TensorBody*, sizeof...(X)> bodies{&operands.body()...};
  record_list<Op>(y, bodies.data(), bodies.size(), make);
}

/// The tape's view of a tensor that another tape watches.
struct WatchRecord {
  static constexpr std::string_view name = "watch";

  template <class T>
  struct Payload {};

  template <class B, class P>
  static void vjp(B& b, P& /*saved*/) {
    if (b.wants(0)) {
      b.add(0, b.gradient());
    }
  }
  template <class F, class P>
  static void jvp(F& f, P& /*saved*/) {
    f.set(f.tangent(0));
  }
};

}  // namespace eigengrad::detail

namespace eigengrad {

template <FloatScalar T>
Tensor<T> Tape::watch(const Tensor<T>& x) {
  check_thread("watch");
  check_no_segment("watch");
  Tensor<T> watched = detail::make_view(x, x.shape(), x.strides(), 0);
  const auto index = static_cast<std::uint32_t>(records_.size());
  records_.push_back(new (arena_.allocate(sizeof(detail::Record))) detail::Record{
      &detail::watched_table, nullptr, 0, false, false, sizeof(detail::Record)});
  using Access = detail::RecordingAccess;
  if (keeps_results_ || describes_) {
    Access::describe(*this, watched.body(), nullptr, 0);
  }
  Access::link(watched.body(), {number_, index});
  const detail::TensorBody* const operand = &x.body();
  const auto make = [](detail::Saver&) { return detail::WatchRecord::Payload<T>{}; };
  for (Tape* tape = detail::tape_thread.innermost; tape != nullptr; tape = tape->enclosing_) {
    if (tape != this && Access::records(*tape) && Access::needs(*tape, &operand, 1)) {
      Access::append(*tape, detail::op_table<detail::WatchRecord, T>, watched.body(), &operand, 1,
                     detail::payload_maker(make));
    }
  }
  return watched;
}

}  // namespace eigengrad
