#pragma once
// Callback: what a user hangs into fit(). The ready-made ones are in early_stopping.hpp and
// schedule_callback.hpp.

#include <eigengrad/base/index.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/train/history.hpp>

#include <string>
#include <type_traits>
#include <utility>

namespace eigengrad::train {

/// Where a training run stands, as its callbacks see it.
template <FloatScalar T>
class TrainingState {
 public:
  TrainingState(optim::Optimizer<T>& optimizer, History& history, Index epochs,
                Index steps_per_epoch) noexcept
      : optimizer_(optimizer),
        history_(history),
        epochs_(epochs),
        steps_per_epoch_(steps_per_epoch) {}

  /// Epochs count from 1.
  Index epoch = 0;
  /// Optimizer steps since the start of fit(), and since the start of this epoch.
  Index step = 0;
  Index step_in_epoch = 0;
  /// Loss of the last batch, before its step.
  double batch_loss = 0;

  [[nodiscard]] Index epochs() const noexcept { return epochs_; }
  [[nodiscard]] Index steps_per_epoch() const noexcept { return steps_per_epoch_; }
  [[nodiscard]] optim::Optimizer<T>& optimizer() noexcept { return optimizer_; }
  /// At the end of an epoch it holds that epoch too.
  [[nodiscard]] const History& history() const noexcept { return history_; }

  /// Ends training after this batch or epoch; the first reason is kept for History::stop_reason().
  void stop(std::string reason) {
    if (!stopped_) {
      stopped_ = true;
      reason_ = std::move(reason);
    }
  }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] const std::string& stop_reason() const noexcept { return reason_; }

 private:
  optim::Optimizer<T>& optimizer_;
  History& history_;
  Index epochs_;
  Index steps_per_epoch_;
  bool stopped_ = false;
  std::string reason_;
};

/// Hooks of a training run. All do nothing by default; any may call state.stop().
template <FloatScalar T>
class EIGENGRAD_API Callback {
 public:
  Callback() = default;
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  virtual ~Callback() = default;

  virtual void on_train_begin(TrainingState<T>& /*state*/) {}
  virtual void on_epoch_begin(TrainingState<T>& /*state*/) {}
  /// Before each optimizer step, after its gradients are there: clipping, learning rates.
  virtual void on_gradients(TrainingState<T>& /*state*/) {}
  virtual void on_batch_end(TrainingState<T>& /*state*/) {}
  virtual void on_epoch_end(TrainingState<T>& /*state*/) {}
  virtual void on_train_end(TrainingState<T>& /*state*/) {}
};

/// What a list of callbacks holds: the address of one, which must outlive the run.
template <FloatScalar T>
class CallbackPointer {
 public:
  CallbackPointer(Callback<T>* callback) noexcept  // NOLINT: implicit on purpose
      : callback_(callback) {}
  template <class F>
  requires(!std::is_convertible_v<F, Callback<T>*>)
      CallbackPointer(const F& /*function*/) {  // NOLINT: implicit on purpose
    static_assert(std::is_convertible_v<F, Callback<T>*>,
                  "a callback is the address of a train::Callback<T>; "
                  "train::epoch_hook<T>(function) makes one of a function");
  }

  [[nodiscard]] Callback<T>* operator->() const noexcept { return callback_; }
  [[nodiscard]] Callback<T>& operator*() const noexcept { return *callback_; }

 private:
  Callback<T>* callback_ = nullptr;
};

/// Calls a function at the end of every epoch: `bool(TrainingState<T>&)`; false stops training.
template <FloatScalar T, class Function>
class EpochHook final : public Callback<T> {
 public:
  explicit EpochHook(Function function) : function_(std::move(function)) {}
  void on_epoch_end(TrainingState<T>& state) override {
    if (!function_(state)) {
      state.stop("an epoch hook said so");
    }
  }

 private:
  Function function_;
};

/// An EpochHook<T> of a lambda: `auto hook = train::epoch_hook<float>([](auto& state) { ...; return
/// true; });`
template <FloatScalar T, class Function>
[[nodiscard]] EpochHook<T, Function> epoch_hook(Function function) {
  return EpochHook<T, Function>(std::move(function));
}

}  // namespace eigengrad::train
