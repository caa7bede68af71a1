#pragma once
// ReduceOnPlateau: a smaller learning rate when a quantity no longer improves.

#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/early_stopping.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace eigengrad::train {

/// factor in (0, 1); patience, cooldown, min_delta and min_learning_rate not negative.
struct ReduceOnPlateauOptions {
  std::string monitor = "val_loss";
  double factor = 0.1;
  Index patience = 10;
  /// What counts as an improvement is more than this.
  double min_delta = 1e-4;
  /// Whether min_delta is a part of the best value (PyTorch's threshold_mode "rel") or a
  /// difference; by default the convention's: a difference (keras), a part (pytorch).
  std::optional<bool> relative = {};
  /// Epochs after a reduction in which nothing is counted.
  Index cooldown = 0;
  double min_learning_rate = 0.0;
  Improves improves = Improves::automatic;
  optim::Convention convention = optim::Convention::keras;
};

/// Multiplies the learning rate by `factor` when `monitor` has not improved for `patience` epochs
/// (keras, the default) or for more than `patience` (pytorch, which also leaves out reductions of
/// at most 1e-8). Do not combine it with a LearningRateSchedule: that one sets the rate anew.
///
/// Throws:    ValueError for options out of range; at the first epoch's end if the history has no
///            such series
/// Reference: Keras `ReduceLROnPlateau`; PyTorch `ReduceLROnPlateau`
template <FloatScalar T>
class EIGENGRAD_API ReduceOnPlateau final : public Callback<T> {
 public:
  explicit ReduceOnPlateau(ReduceOnPlateauOptions options = {})
      : options_(std::move(options)),
        keras_(options_.convention == optim::Convention::keras),
        relative_(options_.relative.value_or(!keras_)),
        down_(eigengrad::detail::improves_down(options_.monitor, options_.improves)) {
    const std::string_view name = "ReduceOnPlateau";
    if (!(options_.factor > 0 && options_.factor < 1)) {
      eigengrad::detail::throw_outside(name, "factor", options_.factor, "(0, 1)");
    }
    using eigengrad::detail::check_not_negative;
    check_not_negative(name, "patience", static_cast<double>(options_.patience));
    check_not_negative(name, "cooldown", static_cast<double>(options_.cooldown));
    check_not_negative(name, "min_delta", options_.min_delta);
    check_not_negative(name, "min_learning_rate", options_.min_learning_rate);
  }

  /// How often the rate was reduced since training began.
  [[nodiscard]] Index reductions() const noexcept { return reductions_; }

  void on_train_begin(TrainingState<T>& /*state*/) override {
    best_.reset();
    waited_ = 0;
    cooling_ = 0;
    reductions_ = 0;
  }

  void on_epoch_end(TrainingState<T>& state) override {
    const double value = state.history().last(options_.monitor);
    if (keras_) {
      keras_epoch(value, state.optimizer());
    } else {
      pytorch_epoch(value, state.optimizer());
    }
  }

  void visit_state(StateVisitor<T>& state) override {
    bool begun = best_.has_value();
    double best = best_.value_or(0.0);
    state.boolean("reduce_on_plateau.begun", begun);
    state.real("reduce_on_plateau.best", best);
    best_ = begun ? std::optional<double>(best) : std::nullopt;
    state.integer("reduce_on_plateau.waited", waited_);
    state.integer("reduce_on_plateau.cooling", cooling_);
    state.integer("reduce_on_plateau.reductions", reductions_);
  }

 private:
  void keras_epoch(double value, optim::Optimizer<T>& optimizer) {
    if (cooling_ > 0) {
      --cooling_;
      waited_ = 0;
    }
    if (better(value)) {
      best_ = value;
      waited_ = 0;
    } else if (cooling_ == 0 && ++waited_ >= options_.patience) {
      const double rate = optimizer.learning_rate();
      if (rate > options_.min_learning_rate && reduced(rate) > 0) {  // 0 is no learning rate
        reduce(optimizer, reduced(rate));
      }
    }
  }

  void pytorch_epoch(double value, optim::Optimizer<T>& optimizer) {
    if (better(value)) {
      best_ = value;
      waited_ = 0;
    } else {
      ++waited_;
    }
    if (cooling_ > 0) {
      --cooling_;
      waited_ = 0;
    }
    if (waited_ > options_.patience) {
      const double rate = optimizer.learning_rate();
      if (rate - reduced(rate) > 1e-8) {
        reduce(optimizer, reduced(rate));
      }
      waited_ = 0;
      cooling_ = options_.cooldown;
    }
  }

  [[nodiscard]] double reduced(double rate) const noexcept {
    return std::max(rate * options_.factor, options_.min_learning_rate);
  }

  void reduce(optim::Optimizer<T>& optimizer, double rate) {
    optimizer.set_learning_rate(rate);
    ++reductions_;
    waited_ = 0;
    cooling_ = options_.cooldown;
  }

  /// Before the first value Keras takes any, even NaN, and PyTorch one that is better than
  /// infinity. Keras then moves the value by min_delta, PyTorch the best.
  [[nodiscard]] bool better(double value) const noexcept {
    if (!best_.has_value()) {
      return keras_ || (down_ ? value < HUGE_VAL : value > -HUGE_VAL);
    }
    const double delta = options_.min_delta;
    if (relative_) {
      return down_ ? value < *best_ * (1.0 - delta) : value > *best_ * (delta + 1.0);
    }
    if (keras_) {
      return down_ ? value + delta < *best_ : value - delta > *best_;
    }
    return down_ ? value < *best_ - delta : value > *best_ + delta;
  }

  ReduceOnPlateauOptions options_;
  bool keras_;
  bool relative_;
  bool down_;
  std::optional<double> best_;
  Index waited_ = 0;
  Index cooling_ = 0;
  Index reductions_ = 0;
};

}  // namespace eigengrad::train
