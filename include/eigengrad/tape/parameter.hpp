#pragma once
// Parameter<T>: a tensor that training changes, with a name and a gradient. It is a Tensor<T> whose
// body also carries the gradient, so it goes wherever a tensor goes. Leaves out initial values:
// those are in nn/initializers.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace eigengrad {

namespace detail {

/// Tells every live tape of this thread that a parameter's value is gone (tape/tape.hpp).
void forget_parameter(const TensorBody* value, const std::string& name) noexcept;

[[noreturn]] EIGENGRAD_COLD inline void throw_no_gradient(const std::string& name) {
  throw_error<TapeError>("gradient",
                         {"parameter '", name, "' has no gradient; call Tape::backward first"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_a_parameter() {
  throw_error<TapeError>("Parameter",
                         {"a plain tensor was put in its place through a Tensor&; use assign()"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_assign(const std::string& name, const Shape& to,
                                                     const Shape& from) {
  throw_shape_error("assign", {"'", name, "' is ", to, ", the new value is ", from}, to, from);
}

template <FloatScalar T>
class EIGENGRAD_API ParameterState final : public LeafState {
 public:
  explicit ParameterState(std::string_view label) : name(label) {}
  ParameterState(const ParameterState&) = delete;
  ParameterState& operator=(const ParameterState&) = delete;
  ~ParameterState() override { forget_parameter(value, name); }

  std::string name;
  Tensor<T> gradient;  // allocated by the first backward, then kept
  bool fresh = false;  // `gradient` holds what the optimizer has not used yet
  const TensorBody* value = nullptr;
};

template <FloatScalar T>
[[nodiscard]] ParameterState<T>& state_of(const TensorBody& value) noexcept {
  return *static_cast<ParameterState<T>*>(value.leaf);
}

/// Notes what has just changed a parameter's value, for the error of a tape that saved it.
inline void note_change(const TensorBody& value, const char* by) noexcept {
  value.leaf->changed_version = value.version;
  value.leaf->changed_by = by;
}

}  // namespace detail

/// A named tensor with a gradient; copies of the handle share both. Optimizers and modules hold
/// such copies.
///
/// Shapes:  any
/// Threads: many threads may read a parameter while none writes; Tape::backward writes its gradient
template <FloatScalar T>
class EIGENGRAD_API Parameter : public Tensor<T> {
 public:
  Parameter() noexcept = default;

  /// Takes a copy of `value`'s elements.
  Parameter(std::string_view name, const Tensor<T>& value)
      : Tensor<T>(detail::uninitialized<T>(value.shape())) {
    auto* const state = new detail::ParameterState<T>(name);
    state->value = &this->body();
    this->body().leaf = state;
    assign(value);
  }

  [[nodiscard]] const std::string& name() const { return state().name; }
  /// Containers prefix the names of what they hold: "0.weight".
  void rename(std::string_view name) { state().name = name; }

  /// Whether a backward has added to the gradient since the last optimizer step or zero_gradient().
  [[nodiscard]] bool has_gradient() const { return state().fresh; }
  /// The gradient. After an optimizer step it still holds the values that the step used, and the
  /// next backward assigns instead of adding. Throws: TapeError if no backward has ever reached
  /// this parameter
  [[nodiscard]] const Tensor<T>& gradient() const {
    if (!state().gradient.defined()) {
      detail::throw_no_gradient(name());
    }
    return state().gradient;
  }
  /// The same for writing (clipping).
  [[nodiscard]] Tensor<T>& mutable_gradient() {
    static_cast<void>(gradient());
    return state().gradient;
  }
  /// Marks the gradient as used: the next backward assigns. Costs nothing; the memory stays.
  void zero_gradient() { state().fresh = false; }

  /// Whether ops record this parameter; a frozen one is a constant.
  [[nodiscard]] bool trainable() const { return state().trainable; }
  void set_trainable(bool trainable) { state().trainable = trainable; }

  /// Copies new elements in; the address, the name and the gradient stay. Counts as a change for
  /// tapes. Throws: ShapeError if the shapes differ
  void assign(const Tensor<T>& value) {
    static_cast<void>(state());
    if (!(value.shape() == this->shape())) {
      detail::throw_assign(name(), this->shape(), value.shape());
    }
    if (value.is_contiguous()) {
      const T* const from = value.data();
      T* const to = this->mutable_data();
      if (this->size() > 0) {
        std::memmove(to, from, static_cast<std::size_t>(this->size()) * sizeof(T));
      }
    } else {
      copy_strided(value);
    }
    detail::note_change(this->body(), "assign");
  }

 private:
  [[nodiscard]] detail::ParameterState<T>& state() const {
    const detail::TensorBody& value = this->body();
    if (value.leaf == nullptr) {
      detail::throw_not_a_parameter();
    }
    return detail::state_of<T>(value);
  }

  EIGENGRAD_COLD void copy_strided(const Tensor<T>& value) {
    detail::Scratch<T> elements(this->size());
    kernels::copy(value.shape(), elements.data(), contiguous_strides(value.shape()), value.data(),
                  value.strides());
    std::memcpy(this->mutable_data(), elements.data(),
                static_cast<std::size_t>(this->size()) * sizeof(T));
  }
};

}  // namespace eigengrad
