#pragma once
// fit: the training loop, with Keras's semantics for epochs, batches and validation_split.

#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/loader.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/divergence.hpp>
#include <eigengrad/train/evaluate.hpp>
#include <eigengrad/train/history.hpp>
#include <eigengrad/train/loss_traits.hpp>
#include <eigengrad/train/metric.hpp>
#include <eigengrad/train/progress.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// Options of fit(). The validation data is either `validation` or the last part of the training
/// data.
template <FloatScalar T, AnyScalar Y>
struct FitOptions {
  Index epochs = 1;
  Index batch_size = 32;
  /// In [0, 1): the LAST rows, cut off before any shuffling at floor(n (1 - validation_split)), as
  /// Keras does.
  double validation_split = 0.0;
  std::optional<Dataset<T, Y>> validation = {};
  /// What each sample of the training data counts, (n,), validation_split's part included: its loss
  /// is multiplied by it before the mean over the batch, which divides by the number of samples.
  Tensor<T> sample_weight = {};
  /// The same for `validation`.
  Tensor<T> validation_sample_weight = {};
  bool shuffle = true;
  /// Key of the shuffle.
  std::uint64_t seed = 42;
  /// How to shuffle instead of by the loader's own way, such as torch::data_loader_order.
  ShuffleOrder order = nullptr;
  std::vector<Metric> metrics = {};
  /// Metrics in which a sample counts by its weight: by sample_weight or, in training, by the
  /// weight of its class (train/class_weights.hpp). One that is among `metrics` too is "weighted_"
  /// + name.
  std::vector<Metric> weighted_metrics = {};
  std::vector<CallbackPointer<T>> callbacks =
      {};  ///< checkpoint.hpp has the one that saves the run
  /// Stop after this many optimizer steps, in the midst of an epoch if need be.
  std::optional<Index> max_steps = {};
  /// Stop at the end of the first epoch whose training loss is at most this.
  std::optional<double> stop_at_loss = {};
  Verbosity verbose = Verbosity::automatic;
};

}  // namespace eigengrad::train

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_epochs(Index epochs) {
  throw_error<ValueError>("fit", {"epochs is not positive: ", epochs});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_max_steps(Index steps) {
  throw_error<ValueError>("fit", {"max_steps is not positive: ", steps});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_validation_split(double split) {
  throw_error<ValueError>("fit", {"validation_split is outside [0, 1): ", split});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_validation_twice() {
  throw_error<ValueError>("fit", {"both validation data and a validation_split were given"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_weights_of_nothing() {
  throw_error<ValueError>("fit", {"validation_sample_weight was given without validation data"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_empty_part(double split, Index rows, Index train) {
  throw_error<ValueError>("fit", {"validation_split ", split, " of ", rows, " rows leaves ", train,
                                  " to train and ", rows - train, " to validate"});
}

/// What is trained on (undefined: a loader has it), and what is held out (undefined: nothing).
template <FloatScalar T, AnyScalar Y>
struct FitData {
  Tensor<T> x;
  Tensor<Y> y;
  Tensor<T> weights;  // of the samples; undefined: all 1
  Tensor<T> validation_x;
  Tensor<Y> validation_y;
  Tensor<T> validation_weights;
};

/// Throws: ValueError for options that suit no data
template <FloatScalar T, AnyScalar Y>
void check_fit_options(const train::FitOptions<T, Y>& options) {
  if (options.epochs < 1) {
    throw_epochs(options.epochs);
  }
  if (options.batch_size < 1) {
    throw_batch_size("fit", options.batch_size);
  }
  if (options.max_steps.has_value() && *options.max_steps < 1) {
    throw_max_steps(*options.max_steps);
  }
  if (!(options.validation_split >= 0 && options.validation_split < 1)) {
    throw_validation_split(options.validation_split);
  }
  if (options.validation_sample_weight.defined() && !options.validation.has_value()) {
    throw_weights_of_nothing();
  }
  if (options.validation.has_value() && options.validation_split > 0) {
    throw_validation_twice();
  }
}

/// Adds the data of `validation`, if there is any.
template <class Loss, FloatScalar T, AnyScalar Y>
void add_validation(FitData<T, Y>& parts, const train::FitOptions<T, Y>& options) {
  if (options.validation.has_value()) {
    const Index held_out = rows_of("fit", options.validation->x, options.validation->y);
    if (held_out == 0) {
      throw_no_data("fit");
    }
    parts.validation_x = options.validation->x;
    parts.validation_y = options.validation->y;
    parts.validation_weights =
        weights_for<EvaluationLoss<Loss>, Y>("fit", options.validation_sample_weight, held_out);
  }
}

/// Checks the options and splits the data, by views.
template <class Loss, FloatScalar T, AnyScalar Y>
[[nodiscard]] FitData<T, Y> prepare_fit(const Dataset<T, Y>& data,
                                        const train::FitOptions<T, Y>& options) {
  const Index rows = rows_of("fit", data.x, data.y);
  if (rows == 0) {
    throw_no_data("fit");
  }
  check_fit_options(options);
  const Tensor<T> weights = weights_for<Loss, Y>("fit", options.sample_weight, rows);
  FitData<T, Y> result{data.x, data.y, weights, {}, {}, {}};
  add_validation<Loss>(result, options);
  if (options.validation_split > 0) {
    const auto cut = static_cast<Index>(
        std::floor(static_cast<double>(rows) * (1.0 - options.validation_split)));
    if (cut == 0 || cut == rows) {
      throw_empty_part(options.validation_split, rows, cut);
    }
    result.x = sliced(data.x, 0, 0, cut);
    result.y = sliced(data.y, 0, 0, cut);
    result.validation_x = sliced(data.x, 0, cut, rows);
    result.validation_y = sliced(data.y, 0, cut, rows);
    if (weights.defined()) {
      result.weights = sliced(weights, 0, 0, cut);
      result.validation_weights = sliced(weights, 0, cut, rows);
    }
  }
  return result;
}

/// One call of fit(). `parts` holds what the loader does not: validation data and weights.
template <class Model, FloatScalar T, AnyScalar Y, class Loss, class Loader>
class FitRun {
 public:
  FitRun(Model& model, Loader loader, FitData<T, Y> parts, const train::BatchPlan& batches,
         optim::Optimizer<T>& optimizer, const Loss& loss, const train::FitOptions<T, Y>& options)
      : model_(model),
        optimizer_(optimizer),
        loss_(loss),
        options_(options),
        parts_(std::move(parts)),
        loader_(std::move(loader)),
        metrics_(options.metrics, options.weighted_metrics),
        state_(optimizer, history_, options.epochs, loader_.steps(), batches, &options.callbacks,
               &metrics_.totals),
        progress_(options.verbose) {}

  [[nodiscard]] train::History run() {
    const double started = seconds_now();
    if constexpr (requires { model_.train(); }) {
      model_.train();
    }
    call(&train::Callback<T>::on_train_begin);
    call(&train::Callback<T>::on_train_ready);
    if (state_.epoch > 0) {  // resumed after that epoch, or in it
      loader_.set_epoch(state_.step_in_epoch > 0 ? state_.epoch - 1 : state_.epoch);
      stop_at_limits();
    }
    if (!state_.stopped() && state_.step_in_epoch > 0) {
      run_epoch();
    }
    while (!state_.stopped() && state_.epoch < options_.epochs) {
      state_.step_in_epoch = 0;
      ++state_.epoch;
      run_epoch();
    }
    call(&train::Callback<T>::on_train_end);
    if (state_.stopped()) {
      progress_.say(concat("stopped after epoch ", state_.epoch, ": ", state_.stop_reason()));
    }
    history_.set_end(state_.step, state_.stop_reason(), seconds_now() - started);
    return std::move(history_);
  }

 private:
  void call(void (train::Callback<T>::*hook)(train::TrainingState<T>&)) {
    for (const train::CallbackPointer<T>& callback : options_.callbacks) {
      ((*callback).*hook)(state_);
    }
  }

  void run_epoch() {
    progress_.begin_epoch(state_.epoch, options_.epochs, loader_.steps());
    if (state_.step_in_epoch == 0) {
      state_.loss_sum = 0;
      state_.rows = 0;
      metrics_.reset();
      call(&train::Callback<T>::on_epoch_begin);
    }
    auto at = loader_.begin();
    for (Index done = 0; done < state_.step_in_epoch; ++done) {
      ++at;
    }
    for (; at != loader_.end(); ++at) {
      const auto [x, y] = *at;
      run_batch(x, y, weights_at(at));
      if (state_.stopped()) {
        break;
      }
    }
    history_.append("loss", state_.loss_sum / state_.rows);
    append_metrics("");
    if (parts_.validation_x.defined()) {
      metrics_.reset();
      history_.append("val_loss",
                      evaluate_batches(model_, parts_.validation_x, parts_.validation_y,
                                       parts_.validation_weights, evaluation_loss(loss_),
                                       state_.batches().batch_size, metrics_));
      append_metrics("val_");
    }
    progress_.end_epoch(history_, state_.step_in_epoch);
    call(&train::Callback<T>::on_epoch_end);
    stop_at_limits();
    call(&train::Callback<T>::on_epoch_done);
  }

  template <class At>
  [[nodiscard]] Tensor<T> weights_at(const At& at) const {
    if constexpr (requires { at.rows_of(parts_.weights); }) {
      return parts_.weights.defined() ? at.rows_of(parts_.weights) : Tensor<T>();
    } else {
      return {};
    }
  }

  void stop_at_limits() {
    if (options_.max_steps.has_value() && state_.step >= *options_.max_steps) {
      state_.stop_at_limit(concat("reached the limit of ", *options_.max_steps, " steps"));
    }
    if (options_.stop_at_loss.has_value() && history_.epochs() > 0 &&
        history_.last("loss") <= *options_.stop_at_loss) {
      state_.stop_at_limit(concat("the loss reached ", *options_.stop_at_loss));
    }
  }

  void run_batch(const Tensor<T>& x, const Tensor<Y>& y, const Tensor<T>& weights) {
    compute_gradients(x, y, weights);
    call(&train::Callback<T>::on_gradients);
    optimizer_.step();
    ++state_.step;
    ++state_.step_in_epoch;
    const auto rows = static_cast<double>(x.shape()[0]);
    state_.loss_sum += state_.batch_loss * rows;
    state_.rows += rows;
    progress_.step(state_.step_in_epoch, state_.loss_sum / state_.rows);
    if (options_.max_steps.has_value() && state_.step >= *options_.max_steps) {
      state_.stop_at_limit(concat("reached the limit of ", *options_.max_steps, " steps"));
    }
    call(&train::Callback<T>::on_batch_end);
    call(&train::Callback<T>::on_batch_done);
  }

  void compute_gradients(const Tensor<T>& x, const Tensor<Y>& y, const Tensor<T>& weights) {
    Tape tape;
    const Tensor<T> prediction = model_(x);
    const Tensor<T> value = loss_of("fit", loss_, prediction, y, weights);
    state_.batch_loss = static_cast<double>(value.item());
    if (!std::isfinite(state_.batch_loss)) {
      const Index step = state_.step_in_epoch + 1;
      throw DivergenceError(
          concat("the loss is ", state_.batch_loss, " at epoch ", state_.epoch, ", step ", step,
                 ": ", find_culprit(model_, x, y, weights, loss_)),
          state_.epoch, step);
    }
    tape.backward(value);
    metrics_.add(prediction, y, metric_weights(y, weights));
  }

  [[nodiscard]] Tensor<T> metric_weights(const Tensor<Y>& y, const Tensor<T>& weights) const {
    if constexpr (weighs_classes<Loss>) {
      return metrics_.any_weighted() ? loss_.template sample_weight<T>(y) : weights;
    } else {
      return weights;
    }
  }
  void append_metrics(std::string_view prefix) {
    for (std::size_t i = 0; i < metrics_.totals.size(); ++i) {
      history_.append(concat(prefix, metrics_.name(i)), metrics_.totals[i].value());
    }
  }

  Model& model_;
  optim::Optimizer<T>& optimizer_;
  const Loss& loss_;
  const train::FitOptions<T, Y>& options_;
  FitData<T, Y> parts_;
  Loader loader_;
  MetricList metrics_;
  train::History history_;
  train::TrainingState<T> state_;
  Progress progress_;
};

/// Trains on the batches of a loader, whose epochs `batches` describes.
template <class Model, FloatScalar T, AnyScalar Y, class Loss, class Loader>
[[nodiscard]] train::History run_fit(Model& model, Loader loader, FitData<T, Y> parts,
                                     const train::BatchPlan& batches,
                                     optim::Optimizer<T>& optimizer, const Loss& loss,
                                     const train::FitOptions<T, Y>& options) {
  return FitRun<Model, T, Y, Loss, Loader>(model, std::move(loader), std::move(parts), batches,
                                           optimizer, loss, options)
      .run();
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Trains a model: for every epoch the batches in a new order, each one a forward pass, a backward
/// pass and a step of the optimizer; then the validation data. Series of the History: "loss" and
/// each metric's name, means over the epoch's batches while the weights changed, as Keras reports
/// them; with validation data also "val_loss" and "val_" + metric.
///
/// Shapes:    data.x (n, ...), data.y (n, ...); loss(model(x), y) -> ()
/// Throws:    ValueError for options out of range, a split that leaves a part empty, a sample
///            weight outside [0, inf), weights for a loss that takes none or weighs by class
///            already; ShapeError for weights that are not (n,); DivergenceError when a loss is not
///            finite, naming the epoch, the step and the first op that gave such a value, with its
///            place in the program as anomaly mode does; what the model, the loss, a metric or a
///            callback throws
/// Cost:      no heap call in a warm step; the last, smaller batch is kept
/// Reference: Keras `Model.fit`
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
History fit(Model& model, const Dataset<T, Y>& data, optim::Optimizer<T>& optimizer,
            const Loss& loss, const std::type_identity_t<FitOptions<T, Y>>& options = {}) {
  static_assert(eigengrad::detail::is_loss<Loss, T, Y>, EIGENGRAD_LOSS_MESSAGE);
  if constexpr (eigengrad::detail::is_loss<Loss, T, Y>) {
    auto parts = eigengrad::detail::prepare_fit<Loss>(data, options);
    DataLoader<T, Y> loader(parts.x, parts.y,
                            {.batch_size = options.batch_size,
                             .shuffle = options.shuffle,
                             .seed = options.seed,
                             .order = options.order});
    const BatchPlan batches{.rows = loader.rows(),
                            .batch_size = options.batch_size,
                            .seed = options.seed,
                            .shuffle = options.shuffle,
                            .own_order = options.order != nullptr};
    return eigengrad::detail::run_fit(model, std::move(loader), std::move(parts), batches,
                                      optimizer, loss, options);
  } else {
    return {};
  }
}

}  // namespace eigengrad::train
