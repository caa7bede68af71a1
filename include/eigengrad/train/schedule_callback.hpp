#pragma once
// Callbacks around the optimizer step: learning-rate schedules and gradient clipping.

#include <eigengrad/optim/clip.hpp>
#include <eigengrad/optim/schedule.hpp>
#include <eigengrad/train/callback.hpp>

namespace eigengrad::train {

/// What a schedule's time counts.
enum class Per { step, epoch };

/// Sets the learning rate from a Schedule before every step, or at the start of every epoch; t
/// counts from 0.
template <FloatScalar T>
class EIGENGRAD_API LearningRateSchedule final : public Callback<T> {
 public:
  explicit LearningRateSchedule(optim::Schedule schedule, Per per = Per::epoch) noexcept
      : schedule_(schedule), per_(per) {}

  void on_epoch_begin(TrainingState<T>& state) override {
    if (per_ == Per::epoch) {
      state.optimizer().set_learning_rate(schedule_(state.epoch - 1));
    }
  }
  void on_gradients(TrainingState<T>& state) override {
    if (per_ == Per::step) {
      state.optimizer().set_learning_rate(schedule_(state.step));
    }
  }

 private:
  optim::Schedule schedule_;
  Per per_;
};

/// Clips the gradients by their joint norm before every step. Throws: ValueError if max_norm is not
/// positive
template <FloatScalar T>
class EIGENGRAD_API ClipByGlobalNorm final : public Callback<T> {
 public:
  explicit ClipByGlobalNorm(double max_norm) : max_norm_(max_norm) {
    eigengrad::detail::check_positive("ClipByGlobalNorm", "max_norm", max_norm);
  }
  void on_gradients(TrainingState<T>& state) override {
    optim::clip_by_global_norm(state.optimizer().parameters(), max_norm_);
  }

 private:
  double max_norm_;
};

}  // namespace eigengrad::train
