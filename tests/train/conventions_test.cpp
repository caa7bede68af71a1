// keras.hpp and torch.hpp against the two libraries: the order of batches, initial values, slopes,
// early stopping, and which convention an optimizer follows. The formulas are pinned where they are
// implemented: tests/optim/ and tests/losses/.

#include "data/split_cases.hpp"
#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/keras.hpp>
#include <eigengrad/torch.hpp>

#include <support/reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using eg::Index;

namespace {

constexpr Index in = 300;
constexpr Index out = 200;

/// The deviation to 2 % (of 60,000 values its standard error is .3 %), the magnitude that one value
/// in 1,000 exceeds to 4 % (at most 1.1 %, where a normal distribution is not truncated).
void check_moments(const std::vector<double>& values, const std::vector<double>& expected) {
  const auto n = static_cast<double>(values.size());
  double mean = 0;
  double squares = 0;
  std::vector<double> magnitudes;
  for (const double value : values) {
    mean += value / n;
    magnitudes.push_back(std::abs(value));
  }
  for (const double value : values) {
    squares += (value - mean) * (value - mean) / n;
  }
  std::sort(magnitudes.begin(), magnitudes.end());
  const double large = magnitudes[(magnitudes.size() - 1) * 999 / 1000];
  CHECK(std::abs(std::sqrt(squares) - expected[0]) <= 0.02 * expected[0] + 1e-12);
  CHECK(std::abs(large - expected[1]) <= 0.04 * expected[1]);
}

std::vector<double> drawn(const eg::nn::Initializer& initializer, Index stream = 0) {
  const auto key = eg::RandomKey::named(11, "w").fold(static_cast<std::uint64_t>(stream));
  return eg::to_vector(initializer.make<double>({in, out}, key, {in, out}));
}

std::vector<double> parameter_of(const eg::nn::Dense& dense, std::size_t which) {
  eg::nn::Sequential<double> model({dense}, {.seed = 3});
  return eg::to_vector<double>(model.parameters()[which]);
}

}  // namespace

TEST_CASE("conventions: the order of batches is that of PyTorch's DataLoader", "[train]") {
  const auto lines = reference::read("conventions.txt", "data_loader_order");
  REQUIRE(lines.size() == 8);
  for (const reference::Line& line : lines) {
    INFO(line.text);
    const auto rows = static_cast<Index>(line.number("rows"));
    const std::uint64_t seed = std::stoull(line.attribute("seed"));
    const auto data = eg::arange<std::int64_t>(0, rows);
    eg::DataLoader loader(data, data, {.seed = seed, .order = eg::torch::data_loader_order});
    for (Index epoch = 0; epoch < 5; ++epoch) {
      std::vector<Index> order;
      for (const auto& [x, y] : loader) {
        order.insert(order.end(), x.values().begin(), x.values().end());
      }
      CHECK(split_cases::fnv1a64({order}) == line.attribute("epoch" + std::to_string(epoch)));
    }
  }
  CHECK_THROWS_TEXT(eg::torch::data_loader_order(3, 0, -1), eg::ValueError,
                    "data_loader_order: rows outside [0, 214748364) or a negative epoch: 3, -1");
}

TEST_CASE("conventions: fit takes the order too", "[train]") {
  const auto loss_of = [](eg::ShuffleOrder order) {
    train_tests::LinearModel model;
    eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-4});
    std::vector<double> losses;
    const auto loss = [&](const eg::Tensor<double>& p, const eg::Tensor<double>& y) {
      losses.push_back(y.at(0, 0) / 3);  // the row's x
      return eg::mean_squared_error(p, y);
    };
    train::fit(model, train_tests::line_data(10), sgd, loss,
               {.batch_size = 1, .seed = 42, .order = order, .verbose = train::Verbosity::silent});
    return losses;
  };
  // PyTorch 2.15: list(DataLoader(range(10), shuffle=True,
  // generator=torch.Generator().manual_seed(42))); x counts from 1.
  const std::vector<double> expected{7, 6, 5, 1, 9, 10, 3, 2, 4, 8};
  CHECK(loss_of(eg::torch::data_loader_order) == expected);
  CHECK(loss_of(nullptr) != expected);
}

TEST_CASE("conventions: initial values are distributed as the libraries'", "[train]") {
  using eg::nn::Initializer;
  int compared = 0;
  for (const reference::Line& line : reference::read("conventions.txt")) {
    if (line.outputs.empty() || line.outputs[0].values.size() != 2) {
      continue;
    }
    INFO(line.text);
    const std::vector<double>& expected = line.outputs[0].values;
    const bool torch = line.attribute("convention") == "torch";
    if (line.name == "kernel") {
      check_moments(parameter_of(torch ? eg::torch::Linear(in, out) : eg::keras::Dense(in, out), 0),
                    expected);
    } else if (line.name == "bias") {
      std::vector<double> values;
      for (int i = 0; i < (torch ? 300 : 1); ++i) {
        const eg::nn::Dense dense = torch ? eg::torch::Linear(in, out) : eg::keras::Dense(in, out);
        eg::nn::Sequential<double> model({dense}, {.seed = static_cast<std::uint64_t>(i)});
        const auto bias = eg::to_vector<double>(model.parameters()[1]);
        values.insert(values.end(), bias.begin(), bias.end());
      }
      check_moments(values, expected);
    } else if (line.name == "xavier_normal") {
      check_moments(drawn(eg::torch::xavier_normal(in, out)), expected);
    } else if (line.name == "kaiming_normal") {
      check_moments(drawn(eg::torch::kaiming_normal(in)), expected);
    } else if (line.name == "xavier_uniform") {
      check_moments(drawn(eg::torch::xavier_uniform()), expected);
    } else if (line.name == "kaiming_uniform") {
      check_moments(drawn(eg::torch::kaiming_uniform()), expected);
    } else {
      check_moments(drawn(Initializer(line.name)), expected);
    }
    ++compared;
  }
  CHECK(compared == 15);
}

TEST_CASE("conventions: slopes of the leaky relu", "[train]") {
  for (const reference::Line& line : reference::read("conventions.txt", "leaky_relu")) {
    const auto layer =
        line.attribute("convention") == "keras" ? eg::keras::LeakyReLU() : eg::torch::LeakyReLU();
    CHECK_THAT(layer(eg::tensor<double>({-1})).item(),
               Catch::Matchers::WithinRel(line.outputs[0].values[0], 1e-7));
  }
}

TEST_CASE("conventions: early stopping counts as Keras", "[train][callback]") {
  const auto lines = reference::read("conventions.txt", "early_stopping");
  REQUIRE(lines.size() == 32);
  for (const reference::Line& line : lines) {
    INFO(line.text);
    const train_tests::LinearModel model;
    eg::optim::SGD<double> sgd(model.parameters());
    train::History history;
    train::TrainingState<double> state(sgd, history, 100, 1);
    auto early =
        eg::keras::EarlyStopping<double>({.min_delta = line.number("min_delta"),
                                          .patience = static_cast<Index>(line.number("patience"))});
    early.on_train_begin(state);
    for (const double value : line.inputs[0].values) {
      ++state.epoch;
      history.append("val_loss", value);
      early.on_epoch_end(state);
      if (state.stopped()) {
        break;
      }
    }
    CHECK(static_cast<double>(state.epoch) == line.outputs[0].values[0]);
    CHECK(state.stopped() == (line.outputs[1].values[0] != 0));
  }
}

TEST_CASE("conventions: each factory gives its library's optimizer", "[train]") {
  // The defaults of the two conventions are pinned in tests/optim/optimizer_runs_test.cpp.
  const std::vector<eg::Parameter<float>> p{eg::Parameter<float>("p", eg::tensor<float>({1}))};
  CHECK(eg::torch::SGD(p).learning_rate() == 1e-3);
  CHECK(eg::keras::SGD(p).learning_rate() == 1e-2);
  CHECK(eg::torch::RMSprop(p).learning_rate() == 1e-2);
  CHECK(eg::keras::RMSprop(p).learning_rate() == 1e-3);
  CHECK(eg::torch::Adagrad(p).learning_rate() == 1e-2);
  CHECK(eg::keras::Adagrad(p).state()[0].value.at(0) == 0.1F);
  CHECK(eg::torch::NAdam(p).learning_rate() == 2e-3);
  CHECK(eg::keras::Nadam(p, {.learning_rate = 0.5}).learning_rate() == 0.5);
  CHECK(eg::keras::Lion(p).kind() == "Lion");
  // Adam: epsilon after or before the bias correction, see optimizers_test.cpp; AdamW: the decay.
  const auto step = [](auto make) {
    eg::Parameter<double> q("q", eg::tensor<double>({1}));
    auto optimizer = make(std::vector{q});
    eg::Tape tape;
    tape.backward(eg::sum<double>(q) * 1e-7);
    optimizer.step();
    return 1 - q.item();
  };
  using Catch::Matchers::WithinRel;
  CHECK_THAT(step([](auto q) { return eg::torch::Adam(q); }), WithinRel(1e-3 / 1.1, 1e-9));
  CHECK_THAT(step([](auto q) { return eg::keras::Adam(q); }),
             WithinRel(1e-3 * 0.0316227766 / 1.0316227766, 1e-8));
  CHECK_THAT(step([](auto q) { return eg::torch::AdamW(q); }), WithinRel(1e-3 / 1.1 + 1e-5, 1e-9));
  CHECK_THAT(step([](auto q) { return eg::keras::AdamW(q); }),
             WithinRel(1e-3 * 0.0316227766 / 1.0316227766 + 4e-6, 1e-8));
}

TEST_CASE("conventions: the losses of both names", "[train]") {
  const auto p = eg::tensor<double>({{0.25, 0.75}, {0.5, 0.5}});
  const auto classes = eg::tensor<std::int64_t>({1, 0});
  const auto one_hot = eg::tensor<double>({{0, 1}, {1, 0}});
  const double expected = -(std::log(0.75) + std::log(0.5)) / 2;
  using Catch::Matchers::WithinRel;
  CHECK_THAT(eg::keras::SparseCategoricalCrossentropy{}(p, classes).item(),
             WithinRel(expected, 1e-14));
  CHECK_THAT(eg::keras::CategoricalCrossentropy{}(p, one_hot).item(), WithinRel(expected, 1e-14));
  // Outside the clipping of Keras, inside the clamp of PyTorch.
  const auto zero = eg::tensor<double>({0});
  const auto one = eg::tensor<double>({1});
  CHECK(eg::torch::BCELoss{}(zero, one).item() == 100.0);
  CHECK_THAT(eg::keras::BinaryCrossentropy{}(zero, one).item(), WithinRel(-std::log(1e-7), 1e-12));
  CHECK(eg::torch::BCELoss{}(zero, one, eg::tensor<double>({0.5})).item() == 50.0);
}
