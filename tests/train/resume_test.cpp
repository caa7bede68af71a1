// A training that is interrupted and resumed from its checkpoints gives the bits of one that never
// stopped.

#include "io/event_reader.hpp"
#include "io/scratch_folder.hpp"
#include "support/catch.hpp"
#include "train/checkpointed_run.hpp"

#include <eigengrad/train/tensorboard.hpp>
#include <eigengrad/train/weight_histograms.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using checkpointed::Process;
using checkpointed::Result;
namespace eg = eigengrad;
namespace train = eigengrad::train;

TEST_CASE("checkpoint: every optimizer goes on to the bit, at 1 and 2 threads", "[train][json]") {
  for (const char* const name :
       {"SGD", "SGD, momentum", "Adam", "AdamW", "RMSprop", "Adagrad", "Nadam", "Lion"}) {
    CAPTURE(name);
    const Result whole = Process{.optimizer = name}.run();
    for (const int threads : {1, 2}) {
      CAPTURE(threads);
      const ScratchFolder folder;
      REQUIRE(
          Process{.optimizer = name, .threads = threads, .folder = folder / "run", .kill_after = 8}
              .dies());
      const Result resumed =
          Process{.optimizer = name, .threads = 3 - threads, .folder = folder / "run"}.run();
      CHECK(resumed == whole);
    }
  }
}

TEST_CASE("checkpoint: a training that is killed after any step goes on to the bit",
          "[train][json]") {
  const Result whole = Process{}.run();
  REQUIRE(whole.steps == 15);
  for (eg::Index step = 1; step <= 15; ++step) {
    CAPTURE(step);
    const ScratchFolder folder;
    REQUIRE(Process{.folder = folder / "run", .kill_after = step}.dies());
    CHECK(Process{.folder = folder / "run"}.run() == whole);
  }
}

TEST_CASE("checkpoint: a training that is saved within epochs goes on there", "[train][json]") {
  struct Begins final : train::Callback<float> {
    void on_epoch_begin(train::TrainingState<float>& /*state*/) override { ++epochs; }
    void on_batch_end(train::TrainingState<float>& /*state*/) override { ++steps; }
    eg::Index epochs = 0;
    eg::Index steps = 0;
  };
  const Result whole = Process{}.run();
  for (const eg::Index every : {1, 2, 4}) {
    for (eg::Index step = 1; step <= 15; ++step) {
      CAPTURE(every, step);
      const ScratchFolder folder;
      const train::CheckpointOptions options{.every = 3, .every_steps = every, .keep = 2};
      Begins first;
      REQUIRE(Process{
          .callbacks = {&first}, .folder = folder / "run", .options = options, .kill_after = step}
                  .dies());
      // Killed in on_batch_end: that step itself was not saved. The end of an epoch is saved by
      // `every` alone.
      eg::Index saved = 0;
      for (eg::Index done = 1; done < step; ++done) {
        saved = done % (done % 3 == 0 ? 9 : every) == 0 ? done : saved;
      }
      Begins second;
      CHECK(Process{.callbacks = {&second}, .folder = folder / "run", .options = options}.run() ==
            whole);
      CHECK(second.steps == 15 - saved);
      CHECK(second.epochs == 5 - (saved + 2) / 3);
    }
  }
}

TEST_CASE("checkpoint: a training that is killed over and over goes on to the bit",
          "[train][json]") {
  const Result whole = Process{}.run();
  const ScratchFolder folder;
  int deaths = 0;
  for (const eg::Index step : {2, 4, 5, 8, 11, 13}) {
    deaths += Process{.folder = folder / "run", .kill_after = step}.dies() ? 1 : 0;
  }
  CHECK(deaths == 6);
  CHECK(Process{.folder = folder / "run"}.run() == whole);
}

TEST_CASE("checkpoint: early stopping, plateaus and schedules go on where they were",
          "[train][json]") {
  // The callbacks of one process; a resumed one has new ones.
  struct Callbacks {
    explicit Callbacks(const std::string& which) {
      if (which == "early stopping") {
        list = {&early};
      } else if (which == "plateau") {
        list = {&plateau};
      } else if (which == "schedule by epoch") {
        list = {&by_epoch};
      } else {
        list = {&by_step, &clip};
      }
    }
    train::EarlyStopping<float> early{{.monitor = "val_loss", .patience = 2}};
    train::ReduceOnPlateau<float> plateau{
        {.monitor = "val_loss", .patience = 2, .min_delta = 0.02, .cooldown = 1}};
    train::LearningRateSchedule<float> by_epoch{eg::optim::Schedule::cosine(0.01, 20)};
    train::LearningRateSchedule<float> by_step{
        eg::optim::Schedule::exponential(0.01, 0.9).with_warm_up(5), train::Per::step};
    train::ClipByGlobalNorm<float> clip{0.5};
    std::vector<train::Callback<float>*> list;
  };
  for (const char* const which :
       {"early stopping", "plateau", "schedule by epoch", "schedule by step"}) {
    Callbacks first(which);
    const Result whole = Process{.epochs = 12, .callbacks = first.list}.run();
    if (first.list[0] == &first.early) {
      CHECK(whole.stop_reason.starts_with("val_loss has not improved since epoch"));
    }
    for (const eg::Index step : {eg::Index{5}, eg::Index{12}, eg::Index{17}, whole.steps}) {
      CAPTURE(which, step);
      const ScratchFolder folder;
      Callbacks second(which);
      REQUIRE(Process{
          .epochs = 12, .callbacks = second.list, .folder = folder / "run", .kill_after = step}
                  .dies());
      Callbacks third(which);
      const Process last{.epochs = 12, .callbacks = third.list, .folder = folder / "run"};
      CHECK(last.run() == whole);
      CHECK(last.run() == whole);  // it had ended: nothing is trained again
      if (third.list[0] == &third.plateau) {
        CHECK(third.plateau.reductions() == first.plateau.reductions());
        CHECK(third.plateau.reductions() > 0);
      }
    }
  }
}

TEST_CASE("checkpoint: histograms of a resumed training begin with its first epoch",
          "[train][json]") {
  // Takes the parameters of the model that each process makes anew from the optimizer.
  struct Histograms final : train::Callback<float> {
    void on_train_begin(train::TrainingState<float>& state) override {
      inner.emplace(state.optimizer().parameters());
      inner->on_train_begin(state);
    }
    void on_gradients(train::TrainingState<float>& state) override { inner->on_gradients(state); }
    void on_epoch_end(train::TrainingState<float>& state) override { inner->on_epoch_end(state); }
    void visit_state(train::StateVisitor<float>& state) override { inner->visit_state(state); }
    std::optional<train::WeightHistograms<float>> inner;
  };
  const auto same = [](const std::vector<train::Histogram>& a,
                       const std::vector<train::Histogram>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const train::Histogram& x, const train::Histogram& y) {
                        return x.low == y.low && x.high == y.high && x.counts == y.counts &&
                               x.not_finite == y.not_finite;
                      });
  };
  Histograms whole;
  const Result expected = Process{.callbacks = {&whole}}.run();
  for (const eg::Index every_steps : {0, 2}) {
    for (const eg::Index step : {2, 8, 15}) {
      CAPTURE(every_steps, step);
      const ScratchFolder folder;
      const train::CheckpointOptions options{.every_steps = every_steps};
      Histograms first;
      REQUIRE(Process{
          .callbacks = {&first}, .folder = folder / "run", .options = options, .kill_after = step}
                  .dies());
      Histograms second;
      CHECK(Process{.callbacks = {&second}, .folder = folder / "run", .options = options}.run() ==
            expected);
      const auto& parameters = second.inner->parameters();
      REQUIRE(parameters.size() == 4);
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        CHECK(parameters[i].values.size() == 5);
        CHECK(same(parameters[i].values, whole.inner->parameters()[i].values));
        CHECK(same(parameters[i].gradients, whole.inner->parameters()[i].gradients));
      }
    }
  }
}

TEST_CASE(
    "checkpoint: TensorBoard shows of a resumed training what it does of one that never stopped",
    "[train][json]") {
  const train::TensorBoardOptions options{
      .update_every = 2, .hyperparameters = {{"width", 64}}, .texts = {{"data", "600 rows"}}};
  const auto shown = [](const std::string& run) {
    return event_reader::shown(event_reader::events_of_run(run));
  };
  const ScratchFolder whole;
  train::TensorBoard<float> board(whole / "board", options);
  const Result expected = Process{.callbacks = {&board}}.run();
  const auto training = shown(whole / "board/train");
  const auto validation = shown(whole / "board/validation");
  const auto batches = shown(whole / "board/batches");
  // Five epochs of loss, accuracy and learning rate, and of values and gradients of four
  // parameters; 15 steps, and of those every second one.
  CHECK(training.size() == 5 * (3 + 2 * 4));
  CHECK(validation.size() == 5 * 2);
  CHECK(batches.size() == 7);
  const auto check = [&](const train::CheckpointOptions& saving,
                         const std::vector<eg::Index>& kills) {
    CAPTURE(saving.every, saving.every_steps, kills);
    const ScratchFolder folder;
    for (const eg::Index step : kills) {
      train::TensorBoard<float> first(folder / "board", options);
      REQUIRE(Process{
          .callbacks = {&first}, .folder = folder / "run", .options = saving, .kill_after = step}
                  .dies());
    }
    train::TensorBoard<float> last(folder / "board", options);
    CHECK(Process{.callbacks = {&last}, .folder = folder / "run", .options = saving}.run() ==
          expected);
    CHECK(shown(folder / "board/train") == training);
    CHECK(shown(folder / "board/validation") == validation);
    CHECK(shown(folder / "board/batches") == batches);
    // The text, and what the last process said of its hyperparameters.
    CHECK(shown(folder / "board").size() == 3);
  };
  for (const eg::Index step : {3, 9, 14}) {
    check({.every = 5, .every_steps = 1}, {step});  // goes on after points that are pending
    check({.every = 2}, {step});                    // trains again what was written, or begins anew
  }
  check({.every = 5, .every_steps = 4}, {7, 11, 11, 15});
}

TEST_CASE("checkpoint: a training that had ended goes on with more epochs", "[train][json]") {
  const Result whole = Process{.epochs = 5, .validates = false}.run();
  const ScratchFolder folder;
  const Result part = Process{.epochs = 3, .validates = false, .folder = folder / "run"}.run();
  CHECK(part.steps == 9);
  CHECK(Process{.epochs = 5, .validates = false, .folder = folder / "run"}.run() == whole);
}

TEST_CASE("checkpoint: an epoch that was cut short is run again", "[train][json]") {
  const auto train_to = [](const std::string& folder, std::optional<eg::Index> max_steps,
                           std::optional<double> stop_at_loss = {}) {
    eg::nn::Sequential<float> model({eg::nn::Dense(2, 8), eg::nn::ReLU(), eg::nn::Dropout(0.5),
                                     eg::nn::Dense(8, 1), eg::nn::Sigmoid()},
                                    {.seed = 1});
    eg::optim::Adam<float> adam(model.parameters());
    const eg::Dataset<float, float> data{
        eg::normal<float>({40, 2}, 0.0, 1.0, eg::RandomKey::named(1, "x")),
        eg::ones<float>({40, 1})};
    train::Checkpoint<float> checkpoint(model, folder);
    const auto history = train::fit(model, data, adam, train::BinaryCrossEntropy{},
                                    {.epochs = 4,
                                     .batch_size = 10,
                                     .callbacks = {&checkpoint},
                                     .max_steps = max_steps,
                                     .stop_at_loss = stop_at_loss,
                                     .verbose = train::Verbosity::silent});
    return std::pair(eg::to_vector<float>(model.parameter("0.weight")), history);
  };
  const ScratchFolder one;
  const auto whole = train_to(one / "run", {});
  const ScratchFolder folder;
  CHECK(train_to(folder / "run", 6).second.steps() == 6);  // in the second epoch
  CHECK(train_to(folder / "run", 8).second.stop_reason() == "reached the limit of 8 steps");
  CHECK(train_to(folder / "run", 8).second.steps() == 8);  // a limit that is reached already
  CHECK(train_to(folder / "run", {}, 100.0).second.stop_reason() == "the loss reached 100");
  const auto resumed = train_to(folder / "run", {});
  CHECK(resumed.first == whole.first);
  CHECK(resumed.second["loss"] == whole.second["loss"]);
  CHECK(resumed.second.stop_reason().empty());
}
