#pragma once
// EarlyStopping: stops when a quantity no longer improves, and goes back to the best weights.

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/train/callback.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// Which way a monitored quantity improves. `automatic`: down for losses and errors, up for the
/// rest.
enum class Improves { automatic, down, up };

}  // namespace eigengrad::train

namespace eigengrad::detail {

[[nodiscard]] inline bool improves_down(std::string_view name, train::Improves improves) noexcept {
  const auto ends = [&](std::string_view tail) {
    return name.size() >= tail.size() && name.substr(name.size() - tail.size()) == tail;
  };
  return improves == train::Improves::down ||
         (improves == train::Improves::automatic && (ends("loss") || ends("mae") || ends("rmse")));
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  Index patience = 0;      // epochs without improvement that are tolerated
  double min_delta = 0.0;  // what counts as an improvement is more than this
  Improves improves = Improves::automatic;
  bool restore_best = true;
};

/// Stops when `monitor` has not improved for more than `patience` epochs; at the end of training
/// the weights of the best epoch come back, whether it stopped or not.
///
/// Throws:    ValueError at the first epoch's end if the history has no such series
/// Reference: Keras `EarlyStopping(restore_best_weights=True)`, which tolerates one epoch less:
/// keras::EarlyStopping counts like it
template <FloatScalar T>
class EIGENGRAD_API EarlyStopping final : public Callback<T> {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {})
      : options_(std::move(options)),
        down_(eigengrad::detail::improves_down(options_.monitor, options_.improves)) {}

  /// The best epoch, from 1; 0 before the first.
  [[nodiscard]] Index best_epoch() const noexcept { return best_epoch_; }
  [[nodiscard]] double best_value() const noexcept { return best_; }

  void on_train_begin(TrainingState<T>& /*state*/) override {
    best_epoch_ = 0;
    best_values_.clear();
  }

  void on_epoch_end(TrainingState<T>& state) override {
    const double value = state.history().last(options_.monitor);
    const bool better = best_epoch_ == 0 || (down_ ? value < best_ - options_.min_delta
                                                   : value > best_ + options_.min_delta);
    if (better) {
      best_ = value;
      best_epoch_ = state.epoch;
      keep(state.optimizer().parameters());
    } else if (state.epoch - best_epoch_ > options_.patience) {
      state.stop(eigengrad::detail::concat(options_.monitor, " has not improved since epoch ",
                                           best_epoch_));
    }
  }

  void on_train_end(TrainingState<T>& state) override {
    if (!options_.restore_best || best_epoch_ == 0 || best_epoch_ == state.epoch) {
      return;
    }
    std::vector<Parameter<T>> parameters = state.optimizer().parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].assign(best_values_[i]);
    }
  }

  void visit_state(StateVisitor<T>& state) override {
    state.integer("early_stopping.best_epoch", best_epoch_);
    state.real("early_stopping.best", best_);
    state.tensors("early_stopping.best_values", best_values_);
  }

 private:
  void keep(const std::vector<Parameter<T>>& parameters) {
    if (!options_.restore_best) {
      return;
    }
    best_values_.clear();
    for (const Parameter<T>& parameter : parameters) {
      best_values_.push_back(eigengrad::detail::copied<T>(parameter));
    }
  }

  EarlyStoppingOptions options_;
  bool down_;
  double best_ = 0;
  Index best_epoch_ = 0;
  std::vector<Tensor<T>> best_values_;
};

}  // namespace eigengrad::train
