#pragma once
// Callback: what a user hangs into fit(). Ready-made ones are in early_stopping.hpp,
// schedule_callback.hpp, reduce_on_plateau.hpp, interrupt.hpp and checkpoint.hpp.

#include <eigengrad/base/index.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/train/history.hpp>
#include <eigengrad/train/metric.hpp>
#include <eigengrad/train/state_visitor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad::train {

template <FloatScalar T>
class CallbackPointer;

/// What decides the batches of a run besides the data's values.
struct BatchPlan {
  Index rows = 0;
  Index batch_size = 0;
  std::uint64_t seed = 0;
  bool shuffle = false;
  bool own_order = false;   ///< FitOptions::order was given
  Index block_rows = 0;     ///< of a StreamLoader; 0: the data is in memory
  Index window_blocks = 0;  ///< the same
};

/// Where a training run stands, as its callbacks see it.
template <FloatScalar T>
class TrainingState {
 public:
  TrainingState(optim::Optimizer<T>& optimizer, History& history, Index epochs,
                Index steps_per_epoch, const BatchPlan& batches = {},
                const std::vector<CallbackPointer<T>>* callbacks = nullptr,
                std::vector<eigengrad::detail::MetricTotals>* totals = nullptr) noexcept
      : optimizer_(optimizer),
        history_(history),
        epochs_(epochs),
        steps_per_epoch_(steps_per_epoch),
        batches_(batches),
        callbacks_(callbacks),
        totals_(totals) {}

  /// Epochs count from 1.
  Index epoch = 0;
  /// Optimizer steps since the start of fit(), and since the start of this epoch.
  Index step = 0;
  Index step_in_epoch = 0;
  /// Loss of the last batch, before its step.
  double batch_loss = 0;
  /// Sum of the losses of the epoch's rows so far, and how many they are.
  double loss_sum = 0;
  double rows = 0;

  [[nodiscard]] Index epochs() const noexcept { return epochs_; }
  [[nodiscard]] Index steps_per_epoch() const noexcept { return steps_per_epoch_; }
  [[nodiscard]] optim::Optimizer<T>& optimizer() noexcept { return optimizer_; }
  /// At the end of an epoch it holds that epoch too.
  [[nodiscard]] const History& history() const noexcept { return history_; }

  [[nodiscard]] const BatchPlan& batches() const noexcept { return batches_; }
  /// All callbacks of the run; a null pointer outside of fit().
  [[nodiscard]] const std::vector<CallbackPointer<T>>* callbacks() const noexcept {
    return callbacks_;
  }

  /// Ends training after this batch or epoch; the first reason is kept for History::stop_reason().
  void stop(std::string reason) {
    if (!stopped_) {
      stopped_ = true;
      reason_ = std::move(reason);
    }
  }
  /// The same for a limit among fit()'s own options, which a resumed run applies anew.
  void stop_at_limit(std::string reason) {
    at_limit_ = at_limit_ || !stopped_;
    stop(std::move(reason));
  }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] const std::string& stop_reason() const noexcept { return reason_; }

  /// How far the run is, the history, and whether a callback has stopped it.
  void visit_state(StateVisitor<T>& state) {
    state.integer("run.epoch", epoch);
    state.integer("run.step", step);
    visit_epoch(state);
    bool stopped = stopped_ && !at_limit_;
    std::string reason = stopped ? reason_ : std::string();
    state.boolean("run.stopped", stopped);
    state.text("run.stop_reason", reason);
    if (stopped) {
      stop(std::move(reason));
    }
    history_.visit_state(state);
  }

 private:
  /// What of an unfinished epoch is done.
  void visit_epoch(StateVisitor<T>& state) {
    Index done = step_in_epoch < steps_per_epoch_ ? step_in_epoch : 0;
    state.integer("run.step_in_epoch", done);
    step_in_epoch = done == 0 ? step_in_epoch : done;
    if (done == 0 || totals_ == nullptr) {
      return;
    }
    state.real("run.loss_sum", loss_sum);
    state.real("run.rows", rows);
    for (std::size_t i = 0; i < totals_->size(); ++i) {
      (*totals_)[i].visit_state(state, eigengrad::detail::concat("run.metrics.", i));
    }
  }

  optim::Optimizer<T>& optimizer_;
  History& history_;
  Index epochs_;
  Index steps_per_epoch_;
  BatchPlan batches_;
  const std::vector<CallbackPointer<T>>* callbacks_;
  std::vector<eigengrad::detail::MetricTotals>* totals_;
  bool stopped_ = false;
  bool at_limit_ = false;
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
  /// After every callback's on_train_begin: where a run that was interrupted is restored.
  virtual void on_train_ready(TrainingState<T>& /*state*/) {}
  virtual void on_epoch_begin(TrainingState<T>& /*state*/) {}
  /// Before each optimizer step, after its gradients are there: clipping, learning rates.
  virtual void on_gradients(TrainingState<T>& /*state*/) {}
  virtual void on_batch_end(TrainingState<T>& /*state*/) {}
  /// After every callback's on_batch_end: where a run is saved in the midst of an epoch.
  virtual void on_batch_done(TrainingState<T>& /*state*/) {}
  virtual void on_epoch_end(TrainingState<T>& /*state*/) {}
  /// After every callback's on_epoch_end: where a run is saved.
  virtual void on_epoch_done(TrainingState<T>& /*state*/) {}
  virtual void on_train_end(TrainingState<T>& /*state*/) {}

  /// Shows what the callback must remember for a resumed run: see StateVisitor. Called when a
  /// checkpoint is written, and after on_train_begin when one is read.
  virtual void visit_state(StateVisitor<T>& /*state*/) {}
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
