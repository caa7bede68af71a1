// ReduceOnPlateau against Keras's and PyTorch's own, and its refusals.

#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/train/reduce_on_plateau.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

/// The changes of the learning rate, (epoch, rate) after each other, over the values of a series.
std::vector<double> changes(const train::ReduceOnPlateauOptions& options,
                            const std::vector<double>& values) {
  const train_tests::LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  train::History history;
  train::TrainingState<double> state(sgd, history, 100, 1);
  train::ReduceOnPlateau<double> plateau(options);
  plateau.on_train_begin(state);
  std::vector<double> result;
  for (const double value : values) {
    const double before = sgd.learning_rate();
    ++state.epoch;
    history.append(options.monitor, value);
    plateau.on_epoch_end(state);
    if (sgd.learning_rate() != before) {
      result.push_back(static_cast<double>(state.epoch));
      result.push_back(sgd.learning_rate());
    }
  }
  CHECK(static_cast<std::size_t>(plateau.reductions()) == result.size() / 2);
  return result;
}

}  // namespace

TEST_CASE("reduce on plateau: every change equals Keras's and PyTorch's", "[train][callback]") {
  std::vector<std::vector<double>> series;
  int compared = 0;
  for (const reference::Line& line : reference::read("plateau.txt")) {
    if (line.name == "series") {
      series.push_back(line.inputs[0].values);
      continue;
    }
    const bool keras = line.attribute("convention") == "keras";
    train::ReduceOnPlateauOptions options{
        .monitor = "val",
        .factor = line.number("factor"),
        .patience = static_cast<eg::Index>(line.number("patience")),
        .min_delta = line.number("min_delta"),
        .cooldown = static_cast<eg::Index>(line.number("cooldown")),
        .min_learning_rate = line.number("min_lr")};
    options.improves =
        line.attribute("mode") == "min" ? train::Improves::down : train::Improves::up;
    options.convention = keras ? eg::optim::Convention::keras : eg::optim::Convention::pytorch;
    if (line.attribute("threshold_mode") == "abs") {  // not the convention's default
      options.relative = false;
    }
    INFO(line.text);
    const std::vector<double> found =
        changes(options, series[static_cast<std::size_t>(line.number("series"))]);
    CHECK(found == line.outputs[0].values);
    ++compared;
  }
  CHECK(compared == 252);
}

TEST_CASE("reduce on plateau: losses improve downwards by default", "[train][callback]") {
  const auto of = [](const char* monitor) {
    return changes({.monitor = monitor, .patience = 1}, {1, 2}).size();
  };
  CHECK(of("val_loss") == 2);
  CHECK(of("val_accuracy") == 0);
}

TEST_CASE("reduce on plateau: what it refuses", "[train][callback]") {
  const auto make = [](const train::ReduceOnPlateauOptions& options) {
    return train::ReduceOnPlateau<float>(options).reductions();
  };
  CHECK_THROWS_TEXT(make({.factor = 1}), eg::ValueError,
                    "ReduceOnPlateau: factor is outside (0, 1): 1");
  CHECK_THROWS_TEXT(make({.patience = -1}), eg::ValueError,
                    "ReduceOnPlateau: patience is outside [0, inf): -1");
  CHECK_THROWS_TEXT(make({.min_delta = -0.5}), eg::ValueError,
                    "ReduceOnPlateau: min_delta is outside [0, inf): -0.5");
  CHECK_THROWS_TEXT(make({.cooldown = -2}), eg::ValueError,
                    "ReduceOnPlateau: cooldown is outside [0, inf): -2");
  CHECK_THROWS_TEXT(make({.min_learning_rate = -1}), eg::ValueError,
                    "ReduceOnPlateau: min_learning_rate is outside [0, inf): -1");
  const train_tests::LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters());
  train::History none;
  train::TrainingState<double> state(sgd, none, 1, 1);
  train::ReduceOnPlateau<double> plateau;
  CHECK_THROWS_TEXT(plateau.on_epoch_end(state), eg::ValueError,
                    "History: no series 'val_loss' among: ");
}
