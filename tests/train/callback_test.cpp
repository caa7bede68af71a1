#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>

#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using train_tests::line_data;
using train_tests::LinearModel;

namespace {

/// Drives a callback through epochs with given values of one series.
struct Epochs {
  LinearModel model;
  eg::optim::SGD<double> sgd{model.parameters(), {.learning_rate = 0.1}};
  train::History history;
  train::TrainingState<double> state{sgd, history, 100, 1};

  /// Runs until the callback stops; w is set to the epoch's number. Gives the last epoch.
  eg::Index run(train::Callback<double>& callback, const char* series,
                const std::vector<double>& values) {
    callback.on_train_begin(state);
    for (const double value : values) {
      ++state.epoch;
      model.w.assign(eg::tensor<double>({static_cast<double>(state.epoch)}, {1, 1}));
      history.append(series, value);
      callback.on_epoch_end(state);
      if (state.stopped()) {
        break;
      }
    }
    callback.on_train_end(state);
    return state.epoch;
  }
};

}  // namespace

TEST_CASE("early stopping: patience counts epochs without improvement, the best weights come back",
          "[train][callback]") {
  Epochs epochs;
  train::EarlyStopping<double> early({.patience = 2});
  CHECK(epochs.run(early, "val_loss", {3, 2, 2.5, 2.1, 2.2, 1}) == 5);
  CHECK(epochs.state.stop_reason() == "val_loss has not improved since epoch 2");
  CHECK(early.best_epoch() == 2);
  CHECK(early.best_value() == 2.0);
  CHECK(epochs.model.w.item() == 2.0);
}

TEST_CASE("early stopping: without restore_best the last weights stay", "[train][callback]") {
  Epochs epochs;
  train::EarlyStopping<double> early({.patience = 0, .restore_best = false});
  CHECK(epochs.run(early, "val_loss", {3, 4}) == 2);
  CHECK(epochs.model.w.item() == 2.0);
}

TEST_CASE("early stopping: the best weights come back though training ended by itself",
          "[train][callback]") {
  Epochs epochs;
  train::EarlyStopping<double> early({.patience = 10});
  CHECK(epochs.run(early, "val_loss", {3, 1, 2}) == 3);
  CHECK_FALSE(epochs.state.stopped());
  CHECK(epochs.model.w.item() == 2.0);
}

TEST_CASE("early stopping: accuracies improve upwards, errors downwards, min_delta is a margin",
          "[train][callback]") {
  Epochs up;
  train::EarlyStopping<double> accuracy({.monitor = "val_accuracy", .patience = 0});
  CHECK(up.run(accuracy, "val_accuracy", {0.5, 0.6, 0.6, 0.9}) == 3);
  Epochs down;
  train::EarlyStopping<double> error({.monitor = "rmse", .patience = 0});
  CHECK(down.run(error, "rmse", {0.5, 0.4, 0.6}) == 3);
  Epochs margin;
  train::EarlyStopping<double> strict({.patience = 0, .min_delta = 0.5});
  CHECK(margin.run(strict, "val_loss", {3, 2, 1.6}) == 3);
  Epochs forced;
  train::EarlyStopping<double> reversed({.patience = 0, .improves = train::Improves::up});
  CHECK(forced.run(reversed, "val_loss", {1, 2, 1.5}) == 3);
}

TEST_CASE("early stopping: a series that is not there is refused", "[train][callback]") {
  Epochs epochs;
  train::EarlyStopping<double> early;
  CHECK_THROWS_TEXT(epochs.run(early, "loss", {1}), eg::ValueError,
                    "History: no series 'val_loss' among: loss");
}

TEST_CASE("schedule: sets the learning rate per epoch or per step", "[train][callback]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  std::vector<double> rates;
  struct Watch final : train::Callback<double> {
    explicit Watch(std::vector<double>& rates_seen) : seen(rates_seen) {}
    std::vector<double>& seen;
    void on_batch_end(train::TrainingState<double>& state) override {
      seen.push_back(state.optimizer().learning_rate());
    }
  } watch(rates);
  train::LearningRateSchedule<double> epochs(eg::optim::Schedule::exponential(0.01, 0.5));
  static_cast<void>(train::fit(model, line_data(4), sgd, train::MeanSquaredError{},
                               {.epochs = 2,
                                .batch_size = 2,
                                .callbacks = {&epochs, &watch},
                                .verbose = train::Verbosity::silent}));
  CHECK(rates == std::vector<double>{0.01, 0.01, 0.005, 0.005});
  rates.clear();
  train::LearningRateSchedule<double> steps(eg::optim::Schedule::exponential(0.01, 0.5),
                                            train::Per::step);
  static_cast<void>(train::fit(
      model, line_data(4), sgd, train::MeanSquaredError{},
      {.batch_size = 2, .callbacks = {&steps, &watch}, .verbose = train::Verbosity::silent}));
  CHECK(rates == std::vector<double>{0.01, 0.005});
}

TEST_CASE("clipping: the step uses the clipped gradient", "[train][callback]") {
  // Loss (0 * 1 - 3)^2: gradient -6, clipped to norm 1 (times 6 / (6 + 1e-6)).
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  train::ClipByGlobalNorm<double> clip(1.0);
  static_cast<void>(train::fit(model, line_data(1), sgd, train::MeanSquaredError{},
                               {.callbacks = {&clip}, .verbose = train::Verbosity::silent}));
  CHECK_THAT(model.w.item(), Catch::Matchers::WithinRel(0.1, 1e-6));
  CHECK_THROWS_TEXT(train::ClipByGlobalNorm<double>(0.0), eg::ValueError,
                    "ClipByGlobalNorm: max_norm is not positive: 0");
}
