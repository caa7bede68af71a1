// The TensorBoard callback: what it writes where, that a warm step makes no heap call, resumed
// runs, and folders that cannot be written. TensorBoard's own reader is asked by
// tests/reference/make_tensorboard_events.py --read.

#include "io/event_reader.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"
#include "train/heap_watch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/testing/heap_counter.hpp>
#include <eigengrad/train/tensorboard.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

using train_tests::HeapWatch;

namespace {

/// What is shown of a run.
std::vector<event_reader::Event> events_in(const ScratchFolder& folder, const std::string& run) {
  return event_reader::shown(event_reader::events_of_run(folder / run));
}
/// Steps and values of one tag.
std::vector<std::pair<std::int64_t, float>> curve(const std::vector<event_reader::Event>& events,
                                                  const std::string& tag) {
  std::vector<std::pair<std::int64_t, float>> points;
  for (const auto& event : events) {
    if (event.tag == tag) {
      points.emplace_back(event.step, event.scalar);
    }
  }
  return points;
}
std::vector<std::pair<std::int64_t, float>> points_of(const std::vector<double>& values,
                                                      std::int64_t first = 1) {
  std::vector<std::pair<std::int64_t, float>> points;
  for (const double value : values) {
    points.emplace_back(first++, static_cast<float>(value));
  }
  return points;
}

/// A run that was resumed after some epochs of so many steps in all; as the last of the callbacks.
struct Resumed final : train::Callback<double> {
  Resumed(eg::Index epochs, eg::Index steps) : epochs_(epochs), steps_(steps) {}
  void on_train_ready(train::TrainingState<double>& state) override {
    state.epoch = epochs_;
    state.step = steps_;
  }

 private:
  eg::Index epochs_;
  eg::Index steps_;
};

train::History fit_line(std::vector<train::CallbackPointer<double>> callbacks, eg::Index epochs) {
  train_tests::LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.01});
  return train::fit(model, train_tests::line_data(5), sgd, train::MeanSquaredError{},
                    {.epochs = epochs,
                     .batch_size = 2,
                     .validation_split = 0.2,
                     .metrics = {train::mean_absolute_error()},
                     .callbacks = std::move(callbacks),
                     .verbose = train::Verbosity::silent});
}

}  // namespace

TEST_CASE("TensorBoard: curves are the history's, training and validation under one tag",
          "[train]") {
  const ScratchFolder folder;
  train::TensorBoard<double> board(folder / "run/");
  const train::History history = fit_line({&board}, 3);
  const auto training = events_in(folder, "run/train");
  const auto validation = events_in(folder, "run/validation");
  CHECK(curve(training, "epoch_loss") == points_of(history["loss"]));
  CHECK(curve(training, "epoch_mae") == points_of(history["mae"]));
  CHECK(curve(validation, "epoch_loss") == points_of(history["val_loss"]));
  CHECK(curve(validation, "epoch_mae") == points_of(history["val_mae"]));
  CHECK(curve(training, "epoch_learning_rate") == points_of({0.01, 0.01, 0.01}));
  CHECK(validation.size() == 6);
  CHECK(curve(training, "batch_loss").empty());
  // Histograms of the weight and of its last gradient, one an epoch.
  CHECK(curve(training, "weights/w").size() == 3);
  CHECK(curve(training, "gradients/w").size() == 3);
  CHECK(training.size() == 3 * 5);
  // No hyperparameters and no texts: no file for them.
  for (const std::string& name : eg::detail::names_in("test", folder / "run")) {
    CHECK((name == "train" || name == "validation"));
  }
}

TEST_CASE("TensorBoard: batches, rarer histograms, texts and hyperparameters", "[train]") {
  const ScratchFolder folder;
  train::TensorBoard<double> board(folder / "run", {.histogram_every = 2,
                                                    .update_every = 3,
                                                    .hyperparameters = {{"learning_rate", 0.01}},
                                                    .texts = {{"data", "5 rows"}}});
  std::vector<double> losses;
  struct Watch final : train::Callback<double> {
    explicit Watch(std::vector<double>& to) : losses(to) {}
    void on_batch_end(train::TrainingState<double>& state) override {
      losses.push_back(state.batch_loss);
    }
    std::vector<double>& losses;
  } watch(losses);
  static_cast<void>(fit_line({&board, &watch}, 5));
  const auto training = events_in(folder, "run/train");
  // 2 steps in each of 5 epochs: the third, sixth and ninth.
  REQUIRE(losses.size() == 10);
  CHECK(curve(training, "batch_loss").empty());
  CHECK(curve(events_in(folder, "run/batches"), "batch_loss") ==
        std::vector<std::pair<std::int64_t, float>>{{3, static_cast<float>(losses[2])},
                                                    {6, static_cast<float>(losses[5])},
                                                    {9, static_cast<float>(losses[8])}});
  std::vector<std::int64_t> steps;
  for (const auto& event : training) {
    if (event.tag == "weights/w") {
      steps.push_back(event.step);
      CHECK_FALSE(event.histogram.empty());
    }
  }
  CHECK(steps == std::vector<std::int64_t>{2, 4});
  const auto run = events_in(folder, "run");
  REQUIRE(run.size() == 3);
  CHECK(run[0].tag == "_hparams_/session_start_info");
  CHECK(run[1].tag == "data");
  CHECK(run[2].tag == "_hparams_/session_end_info");
}

TEST_CASE("TensorBoard: what an epoch gave is in the file at its end", "[train]") {
  const ScratchFolder folder;
  train::TensorBoard<double> board(folder / "run");
  auto hook = train::epoch_hook<double>([&](train::TrainingState<double>& state) {
    CHECK(curve(events_in(folder, "run/train"), "epoch_loss").size() ==
          static_cast<std::size_t>(state.epoch));
    return true;
  });
  static_cast<void>(fit_line({&board, &hook}, 2));
}

TEST_CASE("TensorBoard: every run says from where on it counts", "[train]") {
  const ScratchFolder folder;
  const train::TensorBoardOptions options{
      .histogram_every = 0, .update_every = 1, .texts = {{"data", "5 rows"}}};
  train::TensorBoard<double> board(folder / "run", options);
  static_cast<void>(fit_line({&board}, 3));
  Resumed resumed(2, 4);
  train::TensorBoard<double> again(folder / "run", options);
  static_cast<void>(fit_line({&again, &resumed}, 4));
  // Steps, and those of restarts with a minus.
  const auto steps = [&](const std::string& run, const std::string& tag) {
    std::vector<std::int64_t> found;
    for (const auto& event : event_reader::events_of_run(folder / run)) {
      if (event.restart || event.tag == tag) {
        found.push_back(event.restart ? -event.step : event.step);
      }
    }
    return found;
  };
  using Steps = std::vector<std::int64_t>;
  CHECK(steps("run/train", "epoch_loss") == Steps{-1, 1, 2, 3, -3, 3, 4});
  CHECK(steps("run/validation", "epoch_loss") == Steps{-1, 1, 2, 3, -3, 3, 4});
  CHECK(steps("run/batches", "batch_loss") == Steps{-1, 1, 2, 3, 4, 5, 6, -5, 5, 6, 7, 8});
  CHECK(steps("run", "data") == Steps{0, 0, 0, 0});
  CHECK(curve(events_in(folder, "run"), "data").size() == 1);
}

TEST_CASE("TensorBoard: a training begun anew replaces what was in its folder", "[train]") {
  const ScratchFolder folder;
  train::TensorBoard<double> board(folder / "run", {.update_every = 1});
  static_cast<void>(fit_line({&board}, 3));
  const train::History history = fit_line({&board}, 2);
  CHECK(curve(events_in(folder, "run/train"), "epoch_loss") == points_of(history["loss"]));
  CHECK(curve(events_in(folder, "run/train"), "weights/w").size() == 2);
  CHECK(curve(events_in(folder, "run/validation"), "epoch_loss") == points_of(history["val_loss"]));
  CHECK(curve(events_in(folder, "run/batches"), "batch_loss").size() == 4);
}

TEST_CASE("TensorBoard: a warm step makes no heap call", "[train][heap]") {
  const ScratchFolder folder;
  eg::nn::Sequential<float> model({eg::nn::Dense(30, 64), eg::nn::ReLU(), eg::nn::Dense(64, 1)});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  const auto x = eg::normal<float>({100, 30}, 0.0, 1.0, eg::RandomKey::named(1, "x"));
  train::TensorBoard<float> board(folder / "run", {.update_every = 1});
  HeapWatch watch;
  static_cast<void>(train::fit(model, eg::Dataset{x, eg::zeros<float>({100, 1})}, adam,
                               train::MeanSquaredError{},
                               {.epochs = 4,
                                .batch_size = 32,
                                .callbacks = {&board, &watch},
                                .verbose = train::Verbosity::silent}));
  CHECK(watch.steps == 12);
  CHECK(watch.calls == 0);
}

TEST_CASE("TensorBoard: refuses a folder that cannot be written, and options below 0",
          "[train][errors]") {
  const ScratchFolder folder;
  eg::write_file(folder / "file", "");
  train::TensorBoard<double> board(folder / "file/run");
  CHECK_THROWS_TEXT(fit_line({&board}, 1), eg::FileError,
                    "TensorBoard: " + (folder / "file/run") + ": cannot create: Not a directory");
  CHECK_THROWS_TEXT(train::TensorBoard<double>("x", {.histogram_every = -1}), eg::ValueError,
                    "TensorBoard: histogram_every is negative: -1");
  CHECK_THROWS_TEXT(train::TensorBoard<double>("x", {.update_every = -2}), eg::ValueError,
                    "TensorBoard: update_every is negative: -2");
}
