#pragma once
// The members of Tape: opening and closing, and the backward pass with the checks that come before
// it.

#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Watched tensors: a record without operands whose gradient stays.
inline constexpr OpTable watched_table{"watch", nullptr, nullptr, nullptr};

// What the errors of a tape say.
[[noreturn]] EIGENGRAD_COLD inline void throw_not_recorded(std::string_view op) {
  throw_error<TapeError>(
      op,
      {"the output was not recorded on this tape; it depends on no trainable parameter or watched "
       "tensor, or was computed under NoGrad or outside the tape's scope"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_consumed(std::string_view op) {
  throw_error<TapeError>(
      op, {"an earlier backward consumed these records; pass {.retain = true} to the first"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_changed(std::string_view op, std::string_view by) {
  throw_error<TapeError>(op, {"a tensor that '", by, "' saved was changed after it was recorded"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_lost_parameter(std::string_view op,
                                                             const std::string& name) {
  throw_error<TapeError>(op,
                         {"parameter '", name, "' was destroyed before the tape that recorded it"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_wrong_thread(std::string_view op) {
  throw_error<TapeError>(op, {"the tape belongs to another thread"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_running(std::string_view op) {
  throw_error<TapeError>(op, {"a backward pass is already running on this tape"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_scalar(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"output is ", shape, ", not a scalar; sum or mean it first"}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_cotangent(std::string_view op, const Shape& output,
                                                        const Shape& cotangent) {
  throw_shape_error(op, {"cotangent is ", cotangent, ", output is ", output}, output, cotangent);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_transforms(std::string_view op) {
  throw TapeError(op,
                  "create_graph needs a unit of the program to include eigengrad/transforms.hpp");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_graph_under_no_grad(std::string_view op) {
  throw TapeError(op, "create_graph under NoGrad: nothing would be recorded");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_watched() {
  throw_error<TapeError>(
      "gradient", {"the tensor was not watched on this tape; use the one that watch() returned"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_input_not_recorded(Index i) {
  throw_error<TapeError>("gradients",
                         {"input ", i, " is neither a parameter nor recorded on this tape"});
}

#if EIGENGRAD_BODIES

EIGENGRAD_COLD EIGENGRAD_BODY void forget_parameter(const TensorBody* value,
                                                    const std::string& name) noexcept {
  for (Tape* tape = tape_thread.innermost; tape != nullptr; tape = tape->enclosing_) {
    bool needed = false;
    for (SavedVersion& saved : tape->saved_) {
      if (saved.owner == value && !tape->records_[saved.record]->consumed) {
        needed = true;
      }
    }
    for (Record* record : tape->records_) {
      for (std::size_t i = 0; i < record->operand_count && !record->consumed; ++i) {
        needed = needed || record->operands()[i].parameter == value;
      }
    }
    if (needed) {
      tape->lost_parameter_ = name;
    }
  }
}

/// Marks which records up to `root` the output depends on.
EIGENGRAD_COLD inline void mark_reachable(const Buffer<Record*>& records, std::uint32_t root,
                                          bool* marks) noexcept {
  for (std::uint32_t i = 0; i <= root; ++i) {
    marks[i] = i == root;
  }
  for (std::uint32_t i = root + 1; i-- > 0;) {
    Record& record = *records[i];
    for (std::size_t k = 0; marks[i] && k < record.operand_count; ++k) {
      const std::uint32_t operand = record.operands()[k].record;
      if (operand != no_record) {
        marks[operand] = true;
      }
    }
  }
}

#endif

}  // namespace detail

#if EIGENGRAD_BODIES

EIGENGRAD_BODY Tape::Tape(TapeOptions options) : detect_anomaly_(options.detect_anomaly) {
  detail::TapeThread& thread = detail::tape_thread;
  if (thread.serial == 0) {
    thread.serial = detail::tape_thread_count.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  thread_ = thread.serial;
  open_number();
  no_grad_ = thread.no_grad;
  enclosing_ = thread.innermost;
  thread.innermost = this;
}

EIGENGRAD_BODY Tape::~Tape() {
  if (detail::tape_thread.serial != thread_) {
    std::fputs("eigengrad: a Tape was destroyed on another thread than the one that made it\n",
               stderr);
    std::abort();
  }
  forget();
  Tape** link = &detail::tape_thread.innermost;
  while (*link != this) {
    link = &(*link)->enclosing_;
  }
  *link = enclosing_;
}

EIGENGRAD_BODY void Tape::open_number() noexcept {
  number_ = (thread_ << detail::tape_serial_shift) | ++detail::tape_thread.opened;
}

EIGENGRAD_BODY void Tape::check_thread(std::string_view op) const {
  if (detail::tape_thread.serial != thread_) {
    detail::throw_wrong_thread(op);
  }
}

EIGENGRAD_BODY void Tape::clear() {
  check_thread("clear");
  if (running_) {
    detail::throw_running("clear");
  }
  forget();
  open_number();
}

EIGENGRAD_BODY void Tape::forget() noexcept {
  for (detail::Record* record : records_) {
    if (record->gradient != nullptr) {
      detail::release(record->gradient);
    }
    if (!record->consumed && record->op->destroy != nullptr) {
      record->op->destroy(*record);
    }
  }
  for (detail::TensorBody* result : results_) {
    detail::release(result);
  }
  records_.clear();
  results_.clear();
  saved_.clear();
  arena_.clear();
  lost_parameter_.clear();
  any_consumed_ = false;
}

EIGENGRAD_BODY std::uint32_t Tape::record_of(const detail::TensorBody& body) const noexcept {
  if (body.link.tape == number_) {
    return body.link.record;
  }
  for (const detail::MoreLinks* more = body.more_links; more != nullptr; more = more->next) {
    if (more->link.tape == number_) {
      return more->link.record;
    }
  }
  return detail::no_record;
}

EIGENGRAD_BODY void Tape::check_ready(std::string_view op, std::uint32_t record) {
  check_thread(op);
  if (running_) {
    detail::throw_running(op);
  }
  if (record == detail::no_record) {
    detail::throw_not_recorded(op);
  }
  if (!lost_parameter_.empty()) {
    detail::throw_lost_parameter(op, lost_parameter_);
  }
  if (any_consumed_) {
    check_not_consumed(op, record);
  }
  check_versions(op, record);
  if (detail::backward_hook != nullptr) {
    for (std::uint32_t i = 0; i <= record; ++i) {
      if (records_[i]->op->vjp != nullptr) {
        detail::backward_hook(records_[i]->op->name);
      }
    }
  }
}

EIGENGRAD_BODY void Tape::check_not_consumed(std::string_view op, std::uint32_t root) {
  detail::Scratch<bool> marks(Index{root} + 1);
  detail::mark_reachable(records_, root, marks.data());
  for (std::uint32_t i = 0; i <= root; ++i) {
    if (marks[i] && records_[i]->consumed) {
      detail::throw_consumed(op);
    }
  }
}

EIGENGRAD_BODY void Tape::check_versions(std::string_view op, std::uint32_t root) const {
  for (Index i = 0; i < saved_.size(); ++i) {
    const detail::SavedVersion& saved = saved_[i];
    if (saved.record > root || records_[saved.record]->consumed ||
        saved.owner->version == saved.version) {
      continue;
    }
    // It was changed; that only matters if the output depends on this record.
    detail::Scratch<bool> marks(Index{root} + 1);
    detail::mark_reachable(records_, root, marks.data());
    if (marks[saved.record]) {
      detail::throw_changed(op, records_[saved.record]->op->name);
    }
  }
}

EIGENGRAD_BODY void Tape::drop_gradients(std::uint32_t last) noexcept {
  for (std::uint32_t i = 0; i <= last; ++i) {
    detail::Record& record = *records_[i];
    if (record.gradient != nullptr && record.op->vjp != nullptr) {
      detail::release(std::exchange(record.gradient, nullptr));
    }
  }
}

EIGENGRAD_BODY void Tape::check_graph(std::string_view op, BackwardOptions options) const {
  if (!options.create_graph) {
    return;
  }
  if (detail::graph_pass == nullptr) {
    detail::throw_no_transforms(op);
  }
  if (detail::tape_thread.no_grad > no_grad_) {
    detail::throw_graph_under_no_grad(op);
  }
}

EIGENGRAD_BODY void Tape::run(detail::BackwardPass& pass, std::uint32_t root,
                              BackwardOptions options) {
  if (options.create_graph) {
    detail::graph_pass(*this, pass.sink(), root);
    return;
  }
  const bool retain = options.retain;

  struct Running {
    explicit Running(bool& running) noexcept : flag(running) { flag = true; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { flag = false; }
    bool& flag;
  };
  const Running running(running_);
  const NoGrad no_grad;
  any_consumed_ = any_consumed_ || !retain;
  try {
    for (std::uint32_t i = root + 1; i-- > 0;) {
      detail::Record& record = *records_[i];
      if (record.gradient == nullptr || record.op->vjp == nullptr) {
        continue;
      }
      if (pass.sink() != nullptr) {
        if (detail::GradientEntry* const entry = pass.sink()->find_record(i)) {
          detail::retain(record.gradient);
          entry->gradient = record.gradient;
        }
      }
      record.op->vjp(pass, record);
      detail::release(std::exchange(record.gradient, nullptr));
      if (!retain) {
        record.op->destroy(record);
        record.consumed = true;
      }
    }
  } catch (...) {
    drop_gradients(root);
    throw;
  }
}

#endif

template <FloatScalar T>
void Tape::backward(const Tensor<T>& output, BackwardOptions options) {
  if (output.size() != 1) {
    detail::throw_not_scalar("backward", output.shape());
  }
  const std::uint32_t root = record_of(output.body());
  check_ready("backward", root);
  check_graph("backward", options);
  detail::BackwardPass pass(*this);
  pass.seed(root, detail::filled(output.shape(), T(1)));
  run(pass, root, options);
}

template <FloatScalar T>
void Tape::backward(const Tensor<T>& output, const Tensor<T>& cotangent, BackwardOptions options) {
  if (!(cotangent.shape() == output.shape())) {
    detail::throw_cotangent("backward", output.shape(), cotangent.shape());
  }
  const std::uint32_t root = record_of(output.body());
  check_ready("backward", root);
  check_graph("backward", options);
  detail::BackwardPass pass(*this);
  // A copy: what is handed on must not change when the caller writes to the cotangent.
  pass.seed(root, detail::copied(cotangent));
  run(pass, root, options);
}

template <FloatScalar T>
Tensor<T> Tape::gradient(const Tensor<T>& x) const {
  check_thread("gradient");
  const std::uint32_t record = record_of(x.body());
  if (record == detail::no_record || records_[record]->op->vjp != nullptr) {
    detail::throw_not_watched();
  }
  detail::TensorBody* const gradient = records_[record]->gradient;
  if (gradient == nullptr) {
    return detail::filled(x.shape(), T(0));
  }
  detail::retain(gradient);
  const Tensor<T> found(gradient);
  return records_[record]->graph_gradient ? found : detail::copied(found);
}

template <FloatScalar T>
void Tape::fill(std::string_view op, detail::GradientSink& sink, const Tensor<T>& output,
                BackwardOptions options) {
  if (output.size() != 1) {
    detail::throw_not_scalar(op, output.shape());
  }
  const std::uint32_t root = record_of(output.body());
  check_ready(op, root);
  detail::BackwardPass pass(*this, &sink);
  if (records_[root]->op->vjp != nullptr || sink.find_record(root) != nullptr) {
    pass.seed(root, detail::filled(output.shape(), T(1)));
  }
  run(pass, root, options);
}

template <FloatScalar T>
std::vector<Tensor<T>> Tape::gradients(const Tensor<T>& output, std::span<const Tensor<T>> inputs,
                                       BackwardOptions options) {
  check_thread("gradients");
  check_graph("gradients", options);
  detail::GradientSink sink;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const detail::TensorBody& body = inputs[i].body();
    const std::uint32_t record = record_of(body);
    if (body.leaf == nullptr && record == detail::no_record) {
      detail::throw_input_not_recorded(static_cast<Index>(i));
    }
    sink.ask(body, record);
  }
  fill("gradients", sink, output, options);
  std::vector<Tensor<T>> results;
  results.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    results.push_back(sink.take<T>(static_cast<Index>(i), inputs[i].shape(), options.create_graph));
  }
  return results;
}

template <FloatScalar T>
std::vector<Tensor<T>> Tape::gradients(const Tensor<T>& output,
                                       const std::vector<Parameter<T>>& inputs,
                                       BackwardOptions options) {
  const std::vector<Tensor<T>> tensors(inputs.begin(), inputs.end());
  return gradients(output, std::span<const Tensor<T>>(tensors), options);
}

}  // namespace eigengrad
