#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>

#include <cmath>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using Catch::Matchers::WithinRel;
using train_tests::line_data;
using train_tests::LinearModel;

namespace {

constexpr auto silent = train::Verbosity::silent;

/// Notes when it is called and what it sees.
struct Recorder final : train::Callback<double> {
  std::string calls;
  std::vector<double> losses;
  void on_train_begin(train::TrainingState<double>& /*state*/) override { calls += "("; }
  void on_epoch_begin(train::TrainingState<double>& /*state*/) override { calls += "["; }
  void on_gradients(train::TrainingState<double>& /*state*/) override { calls += "g"; }
  void on_batch_end(train::TrainingState<double>& state) override {
    calls += "b";
    losses.push_back(state.batch_loss);
  }
  void on_epoch_end(train::TrainingState<double>& /*state*/) override { calls += "]"; }
  void on_train_end(train::TrainingState<double>& /*state*/) override { calls += ")"; }
};

}  // namespace

TEST_CASE("fit: two steps of gradient descent done by hand", "[train][fit]") {
  // x = 1, 2; y = 3, 6; batch size 1, no shuffle, lr 0.1, w from 0. Loss (w x - y)^2, gradient 2 x
  // (w x - y). Step 1: loss 9, gradient -6, w = 0.6. Step 2: loss (1.2 - 6)^2 = 23.04, gradient
  // -19.2, w = 2.52.
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  const auto history = train::fit(model, line_data(2), sgd, train::MeanSquaredError{},
                                  {.batch_size = 1, .shuffle = false, .verbose = silent});
  CHECK_THAT(model.w.item(), WithinRel(2.52, 1e-14));
  CHECK_THAT(history.last("loss"), WithinRel((9.0 + 23.04) / 2, 1e-14));
  CHECK(history.steps() == 2);
  CHECK(history.stop_reason().empty());
}

TEST_CASE("fit: the loss of an epoch weighs the last, smaller batch by its rows", "[train][fit]") {
  // w stays 0 within rounding: lr tiny. Batches {1, 2} and {3}: mean squares 9 (1 + 4) / 2 and 81.
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-12});
  const auto history = train::fit(model, line_data(3), sgd, train::MeanSquaredError{},
                                  {.batch_size = 2, .shuffle = false, .verbose = silent});
  CHECK_THAT(history.last("loss"), WithinRel((22.5 * 2 + 81.0) / 3, 1e-9));  // lr moves w by 1e-10
}

TEST_CASE("fit: validation_split cuts the last rows before any shuffle", "[train][fit]") {
  // 10 rows, split .25: floor(7.5) = 7 train, 3 validate (x = 8, 9, 10). With w near 0 the
  // validation loss is 9 (64 + 81 + 100) / 3.
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-12});
  const auto history = train::fit(model, line_data(10), sgd, train::MeanSquaredError{},
                                  {.batch_size = 4, .validation_split = 0.25, .verbose = silent});
  CHECK_THAT(history.last("val_loss"), WithinRel(9.0 * 245.0 / 3.0, 1e-9));
  CHECK(history.steps() == 2);
}

TEST_CASE("fit: validation data of the user's own, and metrics of both parts", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-12});
  const auto history = train::fit(model, line_data(4), sgd, train::MeanSquaredError{},
                                  {.epochs = 2,
                                   .validation = line_data(2),
                                   .metrics = {train::mean_absolute_error()},
                                   .verbose = silent});
  CHECK(history.series().size() == 4);
  CHECK_THAT(history["mae"][0], WithinRel(7.5, 1e-9));
  CHECK_THAT(history["val_mae"][1], WithinRel(4.5, 1e-9));
  CHECK_THAT(history["val_loss"][1], WithinRel(22.5, 1e-9));
}

TEST_CASE("fit: hooks are called in order", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.001});
  Recorder recorder;
  static_cast<void>(
      train::fit(model, line_data(3), sgd, train::MeanSquaredError{},
                 {.epochs = 2, .batch_size = 2, .callbacks = {&recorder}, .verbose = silent}));
  CHECK(recorder.calls == "([gbgb][gbgb])");
}

TEST_CASE("fit: a step limit ends training in the midst of an epoch", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.001});
  const auto history =
      train::fit(model, line_data(10), sgd, train::MeanSquaredError{},
                 {.epochs = 5, .batch_size = 2, .max_steps = 7, .verbose = silent});
  CHECK(history.steps() == 7);
  CHECK(history.epochs() == 2);
  CHECK(history.stop_reason() == "reached the limit of 7 steps");
}

TEST_CASE("fit: a loss threshold ends training at the end of its epoch", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.01});
  const auto history = train::fit(model, line_data(4), sgd, train::MeanSquaredError{},
                                  {.epochs = 1000, .stop_at_loss = 0.5, .verbose = silent});
  CHECK(history.stop_reason() == "the loss reached 0.5");
  CHECK(history.last("loss") <= 0.5);
  CHECK(history["loss"][static_cast<std::size_t>(history.epochs() - 2)] > 0.5);
}

TEST_CASE("fit: an epoch hook may stop", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.001});
  auto hook = train::epoch_hook<double>([](auto& state) { return state.epoch < 3; });
  const auto history = train::fit(model, line_data(4), sgd, train::MeanSquaredError{},
                                  {.epochs = 9, .callbacks = {&hook}, .verbose = silent});
  CHECK(history.epochs() == 3);
  CHECK(history.stop_reason() == "an epoch hook said so");
}

TEST_CASE("fit: the same seed gives the same bits, another one another order", "[train][fit]") {
  const auto run = [](std::uint64_t seed) {
    LinearModel model;
    eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.001});
    static_cast<void>(train::fit(model, line_data(20), sgd, train::MeanSquaredError{},
                                 {.epochs = 2, .batch_size = 3, .seed = seed, .verbose = silent}));
    return model.w.item();
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("fit: a loss that is not finite names epoch, step and the first op", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  const auto loss = [](const auto& p, const auto& t) { return eg::mean(eg::log(p - t)); };
  try {
    static_cast<void>(train::fit(model, line_data(2), sgd, loss,
                                 {.batch_size = 1, .shuffle = false, .verbose = silent}));
    FAIL("the logarithm of a negative number did not stop fit");
  } catch (const eg::DivergenceError& error) {
    std::string text =
        "fit: the loss is nan at epoch 1, step 1: anomaly: 'log' of (1, 1) gave nan at element 0 "
        "of its result (1, 1)";
#if defined(EIGENGRAD_TRACES)
    text += "; called at ";
    CHECK(std::string(error.what()).substr(0, text.size()) == text);  // then a place
#else
    CHECK(error.what() == text);
#endif
    CHECK(error.epoch() == 1);
    CHECK(error.step() == 1);
  }
  CHECK(model.w.item() == 0.0);
}

TEST_CASE("fit: options out of range are refused before anything is trained", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  const auto data = line_data(4);
  const train::MeanSquaredError mse;
  const auto fit = [&](train::FitOptions<double, double> options) {
    options.verbose = silent;
    static_cast<void>(train::fit(model, data, sgd, mse, options));
  };
  CHECK_THROWS_TEXT(fit({.epochs = 0}), eg::ValueError, "fit: epochs is not positive: 0");
  CHECK_THROWS_TEXT(fit({.batch_size = 0}), eg::ValueError, "fit: batch size is not positive: 0");
  CHECK_THROWS_TEXT(fit({.max_steps = 0}), eg::ValueError, "fit: max_steps is not positive: 0");
  CHECK_THROWS_TEXT(fit({.validation_split = 1.0}), eg::ValueError,
                    "fit: validation_split is outside [0, 1): 1");
  CHECK_THROWS_TEXT(fit({.validation_split = -0.1}), eg::ValueError,
                    "fit: validation_split is outside [0, 1): -0.1");
  CHECK_THROWS_TEXT(fit({.validation_split = 0.9}), eg::ValueError,
                    "fit: validation_split 0.9 of 4 rows leaves 0 to train and 4 to validate");
  CHECK_THROWS_TEXT(fit({.validation_split = 0.1, .validation = data}), eg::ValueError,
                    "fit: both validation data and a validation_split were given");
  CHECK(model.calls == 0);
}

TEST_CASE("fit: data and losses that do not fit are refused", "[train][fit]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  const auto fit = [&](const eg::Dataset<double, double>& data, const auto& loss) {
    static_cast<void>(train::fit(model, data, sgd, loss, {.verbose = silent}));
  };
  const train::MeanSquaredError mse;
  CHECK_THROWS_TEXT(fit({eg::zeros<double>({3, 1}), eg::zeros<double>({2, 1})}, mse),
                    eg::ShapeError, "fit: x and y differ in rows: (3, 1) and (2, 1)");
  CHECK_THROWS_TEXT(fit({eg::zeros<double>({0, 1}), eg::zeros<double>({0, 1})}, mse),
                    eg::ValueError, "fit: the data has no rows");
  CHECK_THROWS_TEXT(fit(line_data(2), [](const auto& p, const auto& t) { return p - t; }),
                    eg::ShapeError, "fit: the loss gave (2, 1), expected a scalar");
}
