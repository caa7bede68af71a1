#pragma once
// BackwardPass and Backward<T>: what a derivative sees. It reads the incoming gradient, asks which
// operands want theirs, and hands each one over as a tensor or writes it straight into its
// destination.

#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/kernels/map.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/record.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

namespace eigengrad {

namespace detail {

/// Whether nobody else holds a gradient, and its elements are its own.
[[nodiscard]] inline bool is_alone(const TensorBody& gradient) noexcept {
  return gradient.count.load(std::memory_order_acquire) == 1 && gradient.base == nullptr &&
         gradient.data == reinterpret_cast<const char*>(&gradient) + body_bytes;
}
/// Whether a gradient may be added to in place: nor is it the result of a recorded op.
[[nodiscard]] inline bool is_own(const TensorBody& gradient) noexcept {
  return is_alone(gradient) && gradient.link.tape == 0;
}

template <FloatScalar T>
[[nodiscard]] Tensor<T> filled(const Shape& shape, T value) {
  Tensor<T> x = uninitialized<T>(shape);
  T* const data = static_cast<T*>(x.body().data);
  for (Index i = 0; i < x.size(); ++i) {
    data[i] = value;
  }
  return x;
}

/// Where Tape::gradients collects: one entry per requested input.
struct GradientEntry {
  const TensorBody* parameter;
  std::uint32_t record;
  TensorBody* gradient;  // owned
};
struct GradientSink {
  Buffer<GradientEntry> entries;

  GradientSink() = default;
  GradientSink(const GradientSink&) = delete;
  GradientSink& operator=(const GradientSink&) = delete;
  ~GradientSink() {
    for (GradientEntry& entry : entries) {
      if (entry.gradient != nullptr) {
        release(entry.gradient);
      }
    }
  }
  /// Adds a request for the gradient of a parameter or of a record.
  void ask(const TensorBody& input, std::uint32_t record) {
    entries.push_back({input.leaf != nullptr ? &input : nullptr, record, nullptr});
  }
  /// The gradient of request i, zeros if nothing reached it; its elements are nobody else's. The
  /// first entry of an input that was asked for twice holds the gradient of both. `recorded`: as
  /// the result of recorded ops, which run_graph_pass has left with elements of its own.
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> take(Index i, const Shape& shape, bool recorded = false) {
    const GradientEntry& asked = entries[i];
    TensorBody* const gradient =
        (asked.parameter != nullptr ? find_parameter(asked.parameter) : find_record(asked.record))
            ->gradient;
    if (gradient == nullptr) {
      return filled(shape, T(0));
    }
    const bool own = recorded || is_own(*gradient);
    retain(gradient);
    Tensor<T> result(gradient);
    return own ? result : copied(result);
  }
  [[nodiscard]] EIGENGRAD_NOINLINE GradientEntry* find_parameter(
      const TensorBody* parameter) noexcept {
    for (GradientEntry& entry : entries) {
      if (entry.parameter == parameter) {
        return &entry;
      }
    }
    return nullptr;
  }
  [[nodiscard]] EIGENGRAD_NOINLINE GradientEntry* find_record(std::uint32_t record) noexcept {
    for (GradientEntry& entry : entries) {
      if (entry.parameter == nullptr && entry.record == record) {
        return &entry;
      }
    }
    return nullptr;
  }
};

/// A buffer, contiguous over the operand's shape, that a derivative fills: by assignment or, with
/// `add`, by adding.
template <FloatScalar T>
struct GradientTarget {
  T* data;
  bool add;
};

/// out += x, both of one shape, `out` contiguous.
template <FloatScalar T>
void add_in_place(T* out, const Tensor<T>& x) noexcept {
  if (x.is_contiguous()) {
    kernels::map_dense<true>([](auto value) { return value; }, x.size(), out,
                             std::array<const T*, 1>{x.data()});
    return;
  }
  kernels::map<true>([](auto value) { return value; }, x.shape(), out,
                     std::array<const T*, 1>{x.data()}, std::array<Strides, 1>{x.strides()});
}

/// out = x, both of one shape, `out` contiguous.
template <FloatScalar T>
void copy_to(T* out, const Tensor<T>& x) noexcept {
  kernels::copy(x.shape(), out, contiguous_strides(x.shape()), x.data(), x.strides());
}

/// Makes a slot's gradient one that may be added to in place.
template <FloatScalar T>
void make_own(TensorBody*& slot) {
  if (!is_own(*slot)) {
    const Tensor<T> before(std::exchange(slot, nullptr));
    slot = copied(before).release();
  }
}

/// Adds `g` to a slot: the first write hands the tensor over, later ones add.
template <FloatScalar T>
void accumulate(TensorBody*& slot, Tensor<T> g) {
  if (slot == nullptr) {
    slot = g.release();
    return;
  }
  if (is_own(*slot)) {
    add_in_place(static_cast<T*>(slot->data), g);
    return;
  }
  Tensor<T> sum = uninitialized<T>(g.shape());
  const Tensor<T> before(std::exchange(slot, nullptr));
  kernels::map([](auto a, auto b) { return a + b; }, g.shape(), static_cast<T*>(sum.body().data),
               std::array<const T*, 2>{before.data(), g.data()},
               std::array<Strides, 2>{before.strides(), g.strides()});
  slot = sum.release();
}

/// A parameter's gradient as a buffer that may be written: a new one in place of none, and in place
/// of the result of a recorded op, whose elements it gets if they are to be added to.
template <FloatScalar T>
EIGENGRAD_COLD void renew_gradient(ParameterState<T>& state, const Shape& shape, bool keep) {
  Tensor<T> buffer = uninitialized<T>(shape);
  if (keep && state.gradient.defined()) {
    copy_to(static_cast<T*>(buffer.body().data), state.gradient);
  }
  state.gradient = std::move(buffer);
}
template <FloatScalar T>
[[nodiscard]] bool needs_renewal(const ParameterState<T>& state) noexcept {
  return !state.gradient.defined() || state.gradient.body().link.tape != 0;
}

/// One run of a tape backwards.
class BackwardPass {
 public:
  explicit BackwardPass(Tape& tape, GradientSink* sink = nullptr) noexcept
      : tape_(tape), sink_(sink) {}

  /// Whether a gradient for this operand would be used.
  [[nodiscard]] bool wants(const Operand& operand) const noexcept {
    if (operand.parameter != nullptr) {
      return sink_ == nullptr || sink_->find_parameter(operand.parameter) != nullptr;
    }
    if (operand.record == no_record) {
      return false;
    }
    return sink_ == nullptr || !is_input(operand.record) ||
           sink_->find_record(operand.record) != nullptr;
  }

  template <FloatScalar T>
  void add(const Operand& operand, Tensor<T> g) {
    if (!wants(operand)) {
      ++tape_thread.wasted;
      return;
    }
    if (operand.parameter != nullptr && sink_ == nullptr) {
      add_to_parameter(state_of<T>(*operand.parameter), std::move(g));
      return;
    }
    accumulate(slot(operand), std::move(g));
  }

  template <FloatScalar T>
  [[nodiscard]] GradientTarget<T> target(const Operand& operand, const Shape& shape) {
    if (operand.parameter != nullptr && sink_ == nullptr) {
      ParameterState<T>& state = state_of<T>(*operand.parameter);
      const bool add = std::exchange(state.fresh, true);
      if (needs_renewal(state)) {
        renew_gradient(state, shape, add);
      }
      return {static_cast<T*>(state.gradient.body().data), add};
    }
    TensorBody*& place = slot(operand);
    const bool add = place != nullptr;
    if (add) {
      make_own<T>(place);
    } else {
      place = uninitialized<T>(shape).release();
    }
    return {static_cast<T*>(place->data), add};
  }

  /// Seeds the gradient of a record.
  template <FloatScalar T>
  void seed(std::uint32_t record, Tensor<T> g) {
    accumulate(slot(Operand{nullptr, record}), std::move(g));
  }

  [[nodiscard]] GradientSink* sink() const noexcept { return sink_; }
  [[nodiscard]] Tape& tape() const noexcept { return tape_; }
  /// Gives a record's gradient to who asked for it by name.
  void keep_if_asked(std::uint32_t record, TensorBody* gradient) const noexcept {
    if (sink_ != nullptr) {
      if (GradientEntry* const entry = sink_->find_record(record)) {
        detail::retain(gradient);
        entry->gradient = gradient;
      }
    }
  }
  /// What has been added for an operand, or null.
  [[nodiscard]] const TensorBody* added(const Operand& operand) const {
    if (!wants(operand)) {
      return nullptr;
    }
    if (operand.parameter == nullptr || sink_ != nullptr) {
      return slot(operand);
    }
    return operand.parameter->dtype == DType::float32 ? written<float>(*operand.parameter)
                                                      : written<double>(*operand.parameter);
  }

  bool retain = false;  // records keep what they saved

 protected:
  [[nodiscard]] bool is_input(std::uint32_t record) const noexcept {
    return tape_.records_[record]->op->vjp == nullptr;
  }

  [[nodiscard]] TensorBody*& slot(const Operand& operand) const noexcept {
    if (sink_ != nullptr) {
      if (operand.parameter != nullptr) {
        return sink_->find_parameter(operand.parameter)->gradient;
      }
      if (is_input(operand.record)) {
        return sink_->find_record(operand.record)->gradient;
      }
    }
    return tape_.records_[operand.record]->gradient;
  }

 private:
  template <FloatScalar T>
  [[nodiscard]] static const TensorBody* written(const TensorBody& parameter) {
    const ParameterState<T>& state = state_of<T>(parameter);
    return state.fresh ? &state.gradient.body() : nullptr;
  }
  template <FloatScalar T>
  static void add_to_parameter(ParameterState<T>& state, Tensor<T> g) {
    const bool add = std::exchange(state.fresh, true);
    if (needs_renewal(state)) {
      renew_gradient(state, g.shape(), add);
    }
    T* const to = static_cast<T*>(state.gradient.body().data);
    if (add) {
      add_in_place(to, g);
    } else {
      copy_to(to, g);
    }
  }

  Tape& tape_;
  GradientSink* sink_;
};

}  // namespace detail

/// What the derivative of an op receives: the gradient of its result, and a place for each
/// operand's.
template <FloatScalar T>
class Backward {
 public:
  Backward(detail::BackwardPass& pass, detail::Record& record) noexcept
      : pass_(pass), record_(record), gradient_(record.gradient) {}
  Backward(const Backward&) = delete;
  Backward& operator=(const Backward&) = delete;
  ~Backward() { static_cast<void>(gradient_.release()); }

  /// d output / d result, in the result's shape; may be a strided view.
  [[nodiscard]] const Tensor<T>& gradient() const noexcept { return gradient_; }
  /// Whether operand i needs a gradient; a derivative computes nothing for the others.
  [[nodiscard]] bool wants(Index i) const noexcept { return pass_.wants(operand(i)); }
  /// Adds `g`, in operand i's shape, to operand i's gradient.
  template <FloatScalar U>
  void add(Index i, Tensor<U> g) {
    pass_.add(operand(i), std::move(g));
  }
  /// A contiguous buffer of `shape` (operand i's) to assign or add operand i's gradient to; only if
  /// wants(i), and then it must be filled before anything else is asked of this object: another
  /// operand may be the same tensor.
  template <FloatScalar U = T>
  [[nodiscard]] detail::GradientTarget<U> target(Index i, const Shape& shape) {
    return pass_.target<U>(operand(i), shape);
  }
  [[nodiscard]] Index operand_count() const noexcept { return record_.operand_count; }

 private:
  [[nodiscard]] const detail::Operand& operand(Index i) const noexcept {
    return record_.operands()[i];
  }

  detail::BackwardPass& pass_;
  detail::Record& record_;
  Tensor<T> gradient_;  // borrowed from the record
};

}  // namespace eigengrad
