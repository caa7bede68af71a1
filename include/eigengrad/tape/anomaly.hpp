#pragma once
// Anomaly mode: what a tape with detect_anomaly looks at after each op, forward and backward, and
// what it says; where a record was made. Leaves out where it is asked: recording.hpp and
// passes.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/errors.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tape/trace.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// The first NaN or infinity of a tensor, in row-major order.
struct NotFinite {
  Index at = -1;  // -1: none
  bool nan = false;

  [[nodiscard]] std::string_view name() const noexcept { return nan ? "nan" : "infinity"; }
};

/// Not a template, and slow: every program that opens a tape compiles it.
[[nodiscard]] EIGENGRAD_COLD inline NotFinite first_not_finite(const TensorBody& x) {
  if (x.dtype != DType::float32 && x.dtype != DType::float64) {
    return {};
  }
  std::array<Index, max_rank> position{};
  Index offset = 0;
  for (Index i = 0; i < x.size; ++i) {
    const double value = x.dtype == DType::float32
                             ? double{static_cast<const float*>(x.data)[offset]}
                             : static_cast<const double*>(x.data)[offset];
    if (!(value - value == 0)) {
      return {i, value != value};
    }
    for (int axis = x.shape.rank(); axis-- > 0;) {
      const auto k = static_cast<std::size_t>(axis);
      offset += x.strides[k];
      if (++position[k] < x.shape[axis]) {
        break;
      }
      offset -= position[k] * x.strides[k];
      position[k] = 0;
    }
  }
  return {};
}

/// What errors and pictures may look at.
struct DiagnosisAccess {
  [[nodiscard]] static Record& record(const Tape& tape, Index i) noexcept {
    return *tape.records_[i];
  }
  /// What is kept beside a record, or null.
  [[nodiscard]] static Description* description(Tape& tape, Index i) noexcept {
    return i < tape.descriptions_.size() ? &tape.descriptions_[i] : nullptr;
  }
  [[nodiscard]] static const Description* description(const Tape& tape, Index i) noexcept {
    return i < tape.descriptions_.size() ? &tape.descriptions_[i] : nullptr;
  }
  /// The shapes of a record's result and of its operands, or null.
  [[nodiscard]] static const Shape* shapes(const Tape& tape, Index i) noexcept {
    const Description* const kept = description(tape, i);
    return kept != nullptr ? kept->shapes : nullptr;
  }
  [[nodiscard]] static Tape* enclosing(const Tape& tape) noexcept { return tape.enclosing_; }
  /// Whether traces of the records so far may be added: not while a segment runs, after which the
  /// arena goes back.
  [[nodiscard]] static bool traces(const Tape& tape) noexcept {
    return tape.detect_anomaly_ && tape.others_ == nullptr;
  }
  [[nodiscard]] static Arena& arena(Tape& tape) noexcept { return tape.arena_; }
  [[nodiscard]] static std::string_view scope(const Tape& tape, Index i) noexcept {
    return tape.scope_of(static_cast<std::uint32_t>(i));
  }
  [[nodiscard]] static const std::string& lost_parameter(const Tape& tape) noexcept {
    return tape.lost_parameter_;
  }
  [[nodiscard]] static const Buffer<SavedVersion>& saved(const Tape& tape) noexcept {
    return tape.saved_;
  }
};

/// "; `what` model.cpp:12 in encode(...)", where that is known.
EIGENGRAD_COLD inline void add_place(Message& message, std::string_view what, Trace at) {
  try {
    const std::string place = place_of(at);
    if (!place.empty()) {
      message << "; " << what << " " << place;
    }
  } catch (...) {  // no memory: the error is more important than its place
  }
}

/// Notes that guarded elements are about to be written, on the tapes that have saved them so.
EIGENGRAD_COLD inline void trace_write(TensorBody& owner) {
  bool wanted = false;
  for (Tape* tape = tape_thread.innermost; tape != nullptr;
       tape = DiagnosisAccess::enclosing(*tape)) {
    if (!DiagnosisAccess::traces(*tape)) {
      continue;
    }
    const TracedWrite* write = nullptr;
    const Buffer<SavedVersion>& list = DiagnosisAccess::saved(*tape);
    for (Index i = 0; i < list.size(); ++i) {
      const SavedVersion& saved = list[i];
      Description* const kept = DiagnosisAccess::description(*tape, saved.record);
      if (saved.owner != &owner || saved.version != owner.version || kept == nullptr) {
        continue;
      }
      Arena& arena = DiagnosisAccess::arena(*tape);
      const Trace at = write != nullptr ? write->at : take_trace(arena);
      write = new (arena.allocate(sizeof(TracedWrite))) TracedWrite{&owner, at, kept->writes};
      kept->writes = write;
      wanted = true;
    }
  }
  if (!wanted) {  // not again, until it is saved again
    std::atomic_ref(owner.guards).fetch_and(static_cast<std::uint8_t>(~traced_guard));
  }
}

/// Keeps where the last record is made, and asks for where what it saves will be written.
EIGENGRAD_COLD inline void trace_record(Tape& tape) {
  const auto index = static_cast<std::uint32_t>(tape.size() - 1);
  DiagnosisAccess::description(tape, index)->at = take_trace(DiagnosisAccess::arena(tape));
  write_hook.store(&trace_write, std::memory_order_relaxed);
  const Buffer<SavedVersion>& saved = DiagnosisAccess::saved(tape);
  for (Index i = saved.size(); i-- > 0 && saved[i].record == index;) {
    auto* const owner = const_cast<TensorBody*>(saved[i].owner);
    std::atomic_ref(owner->guards).fetch_or(traced_guard);
  }
}

/// "; saved at ...; changed at ...", as far as that is known.
[[nodiscard]] EIGENGRAD_COLD inline std::string places_of_change(const Tape& tape,
                                                                 const SavedVersion& saved) {
  Message message;
  if (const Description* const kept = DiagnosisAccess::description(tape, saved.record)) {
    add_place(message, "saved at", kept->at);
    for (const TracedWrite* write = kept->writes; write != nullptr; write = write->before) {
      if (write->owner == saved.owner) {
        add_place(message, "changed at", write->at);
        break;
      }
    }
  }
  return message.text();
}

/// Throws if the result of an op holds a NaN or an infinity.
EIGENGRAD_COLD inline void check_result(const Tape& tape, std::string_view op,
                                        const TensorBody& result, const TensorBody* const* operands,
                                        std::size_t count) {
  const NotFinite found = first_not_finite(result);
  if (found.at < 0) {
    return;
  }
  Message message;
  message << "'" << op << "'";
  for (std::size_t k = 0; k < count; ++k) {
    message << (k == 0 ? " of " : ", ") << operands[k]->shape;
  }
  message << " gave " << found.name() << " at element " << found.at << " of its result "
          << result.shape;
  message.in_scope(DiagnosisAccess::scope(tape, tape.size()));
  for (std::size_t k = 0; k < count; ++k) {
    const NotFinite before = first_not_finite(*operands[k]);
    if (before.at >= 0) {
      message << "; operand " << k << " holds " << before.name() << " at element " << before.at;
      break;
    }
  }
  Arena arena;
  add_place(message, "called at", take_trace(arena));
  throw ValueError("anomaly", message.text());
}

/// Throws if the derivative of a record, which has just run, gave a NaN or an infinity.
EIGENGRAD_COLD inline void check_gradients_of(const BackwardPass& pass, std::uint32_t index) {
  const Tape& tape = pass.tape();
  Record& record = DiagnosisAccess::record(tape, index);
  NotFinite found;
  std::size_t operand = 0;
  for (; operand < record.operand_count && found.at < 0; ++operand) {
    const TensorBody* const gradient = pass.added(record.operands()[operand]);
    found = gradient != nullptr ? first_not_finite(*gradient) : NotFinite{};
  }
  if (found.at < 0) {
    return;
  }
  --operand;
  const Shape* const shapes = DiagnosisAccess::shapes(tape, index);  // detect_anomaly has them
  Message message;
  message << "the derivative of '" << record.op->name << "'";
  for (std::size_t k = 1; k <= record.operand_count; ++k) {
    message << (k == 1 ? " of " : ", ") << shapes[k];
  }
  message << " with result " << shapes[0] << " gave " << found.name() << " at element " << found.at
          << " of the gradient of ";
  if (record.operands()[operand].parameter != nullptr) {
    name_tensor(message, *record.operands()[operand].parameter);
  } else {
    message << "operand " << operand;
  }
  message.in_scope(DiagnosisAccess::scope(tape, index));
  add_place(message, "recorded at", DiagnosisAccess::description(tape, index)->at);
  throw ValueError("anomaly", message.text());
}

/// Throws if the gradient that a backward pass starts from holds a NaN or an infinity.
EIGENGRAD_COLD inline void check_cotangent(const TensorBody& cotangent) {
  const NotFinite found = first_not_finite(cotangent);
  if (found.at >= 0) {
    throw_error<ValueError>("anomaly", {"the cotangent ", cotangent.shape, " holds ", found.name(),
                                        " at element ", found.at});
  }
}

}  // namespace eigengrad::detail

namespace eigengrad {

/// The scope that is open now holds for the records to come.
EIGENGRAD_COLD inline void Tape::mark_scope() {
  std::size_t length = 0;
  for (const auto* label = detail::tape_thread.scope; label != nullptr; label = label->parent) {
    length += label->name.size() + (label->parent != nullptr ? 1 : 0);
  }
  char* const text = static_cast<char*>(arena_.allocate(length));
  char* end = text + length;
  for (const auto* label = detail::tape_thread.scope; label != nullptr; label = label->parent) {
    end -= label->name.size();
    label->name.copy(end, label->name.size());
    if (label->parent != nullptr) {
      *--end = '/';
    }
  }
  scopes_ = new (arena_.allocate(sizeof(detail::ScopeMark)))
      detail::ScopeMark{scopes_, static_cast<std::uint32_t>(records_.size()),
                        static_cast<std::uint32_t>(length), text};
}

EIGENGRAD_COLD inline std::string_view Tape::scope_of(std::uint32_t record) const noexcept {
  for (const detail::ScopeMark* mark = scopes_; mark != nullptr; mark = mark->before) {
    if (mark->record <= record) {
      return {mark->text, mark->length};
    }
  }
  return {};
}

}  // namespace eigengrad
