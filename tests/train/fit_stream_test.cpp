// fit over a StreamLoader: the batches that the loader gives, checkpoints, and what it refuses.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"
#include "train/checkpointed_run.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/mapped_npy.hpp>
#include <eigengrad/train/fit_stream.hpp>

#include <cstdint>
#include <vector>

using Catch::Matchers::ContainsSubstring;
using checkpointed::Process;
using checkpointed::Result;
namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

constexpr eg::StreamOptions streamed{
    .batch_size = 64, .seed = 5, .block_rows = 16, .window_blocks = 8};

struct Problem {
  eg::Tensor<float> x = eg::normal<float>({500, 6}, 0.0, 1.0, eg::RandomKey::named(3, "x"));
  eg::Tensor<std::int64_t> y = eg::argmax(eg::slice(x, 1, 0, 4), 1);
  eg::nn::Sequential<float> model{{eg::nn::Dense(6, 16), eg::nn::ReLU(), eg::nn::Dense(16, 4)},
                                  {.seed = 1}};
  eg::optim::Adam<float> adam{model.parameters(), {.learning_rate = 0.01}};
};

}  // namespace

TEST_CASE("fit on a stream: the loader's batches from a file, step by step", "[train]") {
  const ScratchFolder folder;
  Problem by_hand;
  eg::save_npy(folder / "x.npy", by_hand.x);
  eg::save_npy(folder / "y.npy", by_hand.y);
  const eg::StreamLoader loader(eg::map_npy<float>(folder / "x.npy"),
                                eg::map_npy<std::int64_t>(folder / "y.npy"), streamed);
  std::vector<double> losses;
  eg::StreamLoader<float, std::int64_t> own = loader;
  for (int epoch = 0; epoch < 3; ++epoch) {
    double sum = 0;
    for (const auto& [x, y] : own) {
      eg::Tape tape;
      const auto loss = eg::cross_entropy(by_hand.model(x), y);
      tape.backward(loss);
      by_hand.adam.step();
      sum += static_cast<double>(loss.item()) * static_cast<double>(x.extent(0));
    }
    losses.push_back(sum / 500);
  }

  Problem fitted;
  const train::History history =
      train::fit(fitted.model, loader, fitted.adam, train::CrossEntropy{},
                 {.epochs = 3,
                  .validation = eg::Dataset{fitted.x, fitted.y},
                  .metrics = {train::accuracy()},
                  .verbose = train::Verbosity::silent});
  CHECK(history["loss"] == losses);
  CHECK(history.has("val_accuracy"));
  CHECK(eg::to_vector(fitted.model(fitted.x)) == eg::to_vector(by_hand.model(by_hand.x)));
  CHECK(loader.epoch() == 0);
}

TEST_CASE("fit on a stream: a training that is killed goes on to the bit", "[train][json]") {
  const Result whole = Process{.stream = streamed, .epochs = 3}.run();
  REQUIRE(whole.steps == 30);
  CHECK(whole != Process{.epochs = 3, .batch_size = 64}.run());
  for (const eg::Index kill_after : {4, 13, 27}) {
    CAPTURE(kill_after);
    const ScratchFolder folder;
    const train::CheckpointOptions often{.every_steps = 3};
    const Process first{.stream = streamed,
                        .epochs = 3,
                        .threads = 2,
                        .folder = folder / "run",
                        .options = often,
                        .kill_after = kill_after};
    REQUIRE(first.dies());
    CHECK(Process{.stream = streamed, .epochs = 3, .folder = folder / "run", .options = often}
              .run() == whole);
  }
}

TEST_CASE("fit on a stream: a checkpoint of other windows, or of none, is refused",
          "[train][json]") {
  const ScratchFolder folder;
  REQUIRE(
      Process{.stream = streamed, .epochs = 3, .folder = folder / "run", .kill_after = 20}.dies());
  eg::StreamOptions wider = streamed;
  wider.window_blocks = 9;
  CHECK_THROWS_WITH((Process{.stream = wider, .epochs = 3, .folder = folder / "run"}.run()),
                    ContainsSubstring("window_blocks"));
  CHECK_THROWS_AS((Process{.epochs = 3, .batch_size = 64, .folder = folder / "run"}.run()),
                  eg::Error);
}

TEST_CASE("fit on a stream: options of data in memory are refused by name", "[train]") {
  Problem problem;
  const eg::StreamLoader loader(problem.x, problem.y, streamed);
  const auto fit = [&](const train::FitOptions<float, std::int64_t>& options) {
    return train::fit(problem.model, loader, problem.adam, train::CrossEntropy{}, options);
  };
  CHECK_THROWS_WITH(fit({.validation_split = 0.1}),
                    "fit: a StreamLoader takes no validation_split: give validation data");
  CHECK_THROWS_WITH(fit({.sample_weight = eg::ones<float>({500})}),
                    "fit: a StreamLoader takes no sample_weight: weigh the classes in the loss");
  CHECK_THROWS_WITH(fit({.shuffle = false}),
                    "fit: a StreamLoader takes no order: its own shuffles blocks and windows");
  CHECK_THROWS_WITH(fit({.epochs = 0}), "fit: epochs is not positive: 0");
}
