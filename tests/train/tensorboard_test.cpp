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

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

using train_tests::HeapWatch;

namespace {

/// The events of the only file in a folder, or of all its files in the order of their names.
std::vector<event_reader::Event> events_in(const ScratchFolder& folder, const std::string& run) {
  std::vector<std::string> names = eg::detail::names_in("test", folder / run);
  std::sort(names.begin(), names.end());
  std::vector<event_reader::Event> events;
  for (const std::string& name : names) {
    if (name.find("tfevents") != std::string::npos) {
      const auto more = event_reader::events(eg::read_file(folder / (run + "/" + name)));
      events.insert(events.end(), more.begin(), more.end());
    }
  }
  return events;
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

/// A run that was resumed after some epochs.
struct Resumed final : train::Callback<double> {
  explicit Resumed(eg::Index epochs) : epochs_(epochs) {}
  void on_train_begin(train::TrainingState<double>& state) override { state.epoch = epochs_; }

 private:
  eg::Index epochs_;
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
  CHECK(curve(training, "batch_loss") ==
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

TEST_CASE("TensorBoard: a resumed run says from where on it counts", "[train]") {
  const ScratchFolder folder;
  train::TensorBoard<double> board(folder / "run", {.histogram_every = 0});
  static_cast<void>(fit_line({&board}, 3));
  Resumed resumed(2);
  train::TensorBoard<double> again(folder / "run", {.histogram_every = 0});
  static_cast<void>(fit_line({&again, &resumed}, 4));
  const auto training = events_in(folder, "run/train");
  std::vector<std::int64_t> steps;
  for (const auto& event : training) {
    if (event.restart) {
      steps.push_back(-event.step);
    } else if (event.tag == "epoch_loss") {
      steps.push_back(event.step);
    }
  }
  CHECK(steps == std::vector<std::int64_t>{1, 2, 3, -3, 3, 4});
  CHECK(events_in(folder, "run/validation")[6].restart);
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
