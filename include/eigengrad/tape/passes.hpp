#pragma once
// The members of Tape: opening and closing, and the backward pass with the checks that come before
// it.

#include <eigengrad/tape/anomaly.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/errors.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Watched tensors: a record without operands whose gradient stays.
inline constexpr OpTable watched_table{"watch", nullptr, nullptr, nullptr};

#if EIGENGRAD_BODIES

EIGENGRAD_COLD EIGENGRAD_BODY void forget_parameter(const TensorBody* value,
                                                    const std::string& name) noexcept {
  for (Tape* tape = tape_thread.innermost; tape != nullptr; tape = tape->enclosing_) {
    bool needed = tape->probe_ != nullptr && tape->probe_->lose(*tape->probe_, value);
    for (SavedVersion& saved : tape->saved_) {
      if (saved.owner == value && !tape->records_[saved.record]->consumed) {
        needed = true;
        saved.owner = nullptr;
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

EIGENGRAD_BODY Tape::Tape(TapeOptions options)
    : detect_anomaly_(options.detect_anomaly),
      describes_(options.describe || options.detect_anomaly) {
  detail::TapeThread& thread = detail::tape_thread;
  if (thread.serial == 0) {
    thread.serial = detail::tape_thread_count.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  thread_ = thread.serial;
  open_number();
  no_grad_ = thread.no_grad;
  enclosing_ = thread.innermost;
  thread.innermost = this;
  if (thread.scope != nullptr) {
    mark_scope();
  }
}

EIGENGRAD_BODY Tape::~Tape() {
  if (detail::tape_thread.serial != thread_) {
    detail::abort_tape("on another thread than the one that made it");
  }
  if (running_ || probe_ != nullptr) {
    detail::abort_tape("while it ran backwards or inside the function that recompute runs");
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

EIGENGRAD_BODY void Tape::check_no_segment(std::string_view op) const {
  if (probe_ != nullptr) {
    detail::throw_in_segment(op);
  }
}

EIGENGRAD_BODY void Tape::clear() {
  check_thread("clear");
  check_no_segment("clear");
  if (running_) {
    detail::throw_running("clear");
  }
  forget();
  open_number();
  if (detail::tape_thread.scope != nullptr) {
    mark_scope();
  }
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
  descriptions_.clear();
  scopes_ = nullptr;
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
  return others_ == nullptr ? detail::no_record : record_elsewhere(body);
}

EIGENGRAD_COLD inline std::uint32_t Tape::record_elsewhere(
    const detail::TensorBody& body) const noexcept {
  for (const detail::OtherNumber* other = others_; other != nullptr; other = other->next) {
    if (body.link.tape == other->number) {
      return body.link.record;
    }
    for (const detail::MoreLinks* more = body.more_links; more != nullptr; more = more->next) {
      if (more->link.tape == other->number) {
        return more->link.record;
      }
    }
  }
  return detail::no_record;
}

EIGENGRAD_BODY void Tape::check_ready(std::string_view op, std::uint32_t record) {
  check_thread(op);
  check_no_segment(op);
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
    if (saved.record > root || records_[saved.record]->consumed || saved.owner == nullptr ||
        saved.owner->version == saved.version) {
      continue;
    }
    // It was changed; that only matters if the output depends on this record.
    detail::Scratch<bool> marks(Index{root} + 1);
    detail::mark_reachable(records_, root, marks.data());
    if (marks[saved.record]) {
      detail::throw_changed(op, records_[saved.record]->op->name, scope_of(saved.record),
                            *saved.owner, detail::places_of_change(*this, saved));
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

/// The backward pass over the records of [first, last).
EIGENGRAD_BODY void Tape::run_records(detail::BackwardPass& pass, Index first, Index last,
                                      bool retain) {
  for (Index i = last; i-- > first;) {
    detail::Record& record = *records_[i];
    if (record.gradient == nullptr || record.op->vjp == nullptr) {
      continue;
    }
    pass.keep_if_asked(static_cast<std::uint32_t>(i), record.gradient);
    record.op->vjp(pass, record);
    if (detect_anomaly_) {
      detail::check_gradients_of(pass, static_cast<std::uint32_t>(i));
    }
    detail::release(std::exchange(record.gradient, nullptr));
    if (!retain) {
      record.op->destroy(record);
      record.consumed = true;
    }
  }
}

EIGENGRAD_BODY void Tape::run(detail::BackwardPass& pass, std::uint32_t root,
                              BackwardOptions options) {
  if (options.create_graph) {
    detail::graph_pass(*this, pass.sink(), root);
    return;
  }
  const bool retain = options.retain;
  pass.retain = retain;

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
    run_records(pass, 0, Index{root} + 1, retain);
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
  if (detect_anomaly_) {
    detail::check_cotangent(cotangent.body());
  }
  detail::BackwardPass pass(*this);
  // A copy: what is handed on must not change when the caller writes to the cotangent.
  pass.seed(root, detail::copied(cotangent));
  run(pass, root, options);
}

template <FloatScalar T>
Tensor<T> Tape::gradient(const Tensor<T>& x) const {
  check_thread("gradient");
  check_no_segment("gradient");
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
