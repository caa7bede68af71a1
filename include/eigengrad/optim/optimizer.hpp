#pragma once
// Optimizer<T>: what all optimizers share: their parameters, the learning rate, the step count and
// named state.

#include <eigengrad/base/error.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// Whose formula and default constants an optimizer uses, where Keras and PyTorch differ.
enum class Convention { keras, pytorch };

/// A tensor of an optimizer's state and its name: PyTorch's of the state, and the parameter's,
/// "exp_avg.0.weight".
template <FloatScalar T>
struct NamedState {
  std::string name;
  Tensor<T> value;
};

}  // namespace eigengrad::optim

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_positive(std::string_view op,
                                                           std::string_view what, double value) {
  throw_error<ValueError>(op, {what, " is not positive: ", value});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_outside(std::string_view op, std::string_view what,
                                                      double value, std::string_view range) {
  throw_error<ValueError>(op, {what, " is outside ", range, ": ", value});
}

inline void check_positive(std::string_view op, std::string_view what, double value) {
  if (!(value > 0) || !std::isfinite(value)) {
    throw_not_positive(op, what, value);
  }
}
/// Rates of decaying averages: [0, 1).
inline void check_decay(std::string_view op, std::string_view what, double value) {
  if (!(value >= 0 && value < 1)) {
    throw_outside(op, what, value, "[0, 1)");
  }
}
inline void check_not_negative(std::string_view op, std::string_view what, double value) {
  if (!(value >= 0) || !std::isfinite(value)) {
    throw_outside(op, what, value, "[0, inf)");
  }
}

}  // namespace eigengrad::detail

namespace eigengrad::optim {

/// Changes parameters by their gradients. Holds handles: the model may move or go away.
template <FloatScalar T>
class EIGENGRAD_API Optimizer {
 public:
  Optimizer(std::string_view kind, std::vector<Parameter<T>> parameters, double learning_rate);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer(Optimizer&&) noexcept = default;
  Optimizer& operator=(Optimizer&&) noexcept = default;
  virtual ~Optimizer();

  /// One step: updates every parameter that a backward has reached since the last step, and marks
  /// its gradient used, so that the next backward assigns. Parameters without a fresh gradient, and
  /// frozen ones, stay as they are. Cost: one pass over parameters, gradients and state; no heap
  /// call
  void step();

  /// Forgets the gradients: the next backward assigns.
  void zero_gradients() {
    for (Parameter<T>& parameter : parameters_) {
      parameter.zero_gradient();
    }
  }

  [[nodiscard]] double learning_rate() const noexcept { return learning_rate_; }
  /// Throws: ValueError if the rate is not positive and finite
  void set_learning_rate(double learning_rate) {
    eigengrad::detail::check_positive(kind_, "learning rate", learning_rate);
    learning_rate_ = learning_rate;
  }

  /// Steps taken so far; bias corrections depend on it.
  [[nodiscard]] Index steps() const noexcept { return steps_; }
  void set_steps(Index steps) noexcept { steps_ = steps; }

  [[nodiscard]] const std::vector<Parameter<T>>& parameters() const noexcept { return parameters_; }
  /// The state as named handles, in a fixed order; writing through them restores it.
  [[nodiscard]] const std::vector<NamedState<T>>& state() const noexcept { return state_; }
  /// "Adam", "SGD", ...
  [[nodiscard]] const std::string& kind() const noexcept { return kind_; }

 protected:
  /// Adds a state tensor of zeros for every parameter; slot k of parameter i is state_data(k, i).
  EIGENGRAD_COLD void add_state(std::string_view label);
  [[nodiscard]] T* state_data(std::size_t slot, std::size_t parameter) {
    return state_[slot * parameters_.size() + parameter].value.mutable_data();
  }

  /// Scalars of this step, from steps() and learning_rate().
  virtual void begin_step() {}
  /// The update of parameter i.
  virtual void update(std::size_t i, Index n, T* value, const T* gradient) = 0;

 private:
  std::string kind_;
  std::vector<Parameter<T>> parameters_;
  std::vector<NamedState<T>> state_;
  double learning_rate_ = 0;
  Index steps_ = 0;
};

template <FloatScalar T>
Optimizer<T>::Optimizer(std::string_view kind, std::vector<Parameter<T>> parameters,
                        double learning_rate)
    : kind_(kind), parameters_(std::move(parameters)) {
  set_learning_rate(learning_rate);
}

template <FloatScalar T>
Optimizer<T>::~Optimizer() = default;

template <FloatScalar T>
void Optimizer<T>::step() {
  ++steps_;
  begin_step();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter<T>& parameter = parameters_[i];
    if (parameter.has_gradient() && parameter.trainable()) {
      update(i, parameter.size(), parameter.mutable_data(), parameter.gradient().data());
      eigengrad::detail::note_change(parameter.body(), "an optimizer's step");
      parameter.zero_gradient();
    }
  }
}

template <FloatScalar T>
void Optimizer<T>::add_state(std::string_view label) {
  for (const Parameter<T>& parameter : parameters_) {
    state_.push_back(
        {eigengrad::detail::concat(label, ".", parameter.name()), zeros<T>(parameter.shape())});
  }
}

}  // namespace eigengrad::optim
