// Every optimizer over 100 steps against PyTorch's and Keras's own, their defaults, and what the
// tests of single steps (optimizers_test.cpp) leave out: Adagrad, Nadam and Lion.

#include "optim/make_optimizer.hpp"

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::optim::Convention;
using optimizers::give_gradient;
using optimizers::make_optimizer;

namespace {

/// The gradient of a step, row `step` of the table.
template <class T>
eg::Tensor<T> row_of(const reference::Values& table, std::size_t step) {
  std::vector<T> g;
  for (std::size_t i = 0; i < 6; ++i) {
    g.push_back(static_cast<T>(table.values[step * 6 + i]));
  }
  return eg::from_vector(g);
}

/// 100 steps of a line's optimizer; compares the parameter after those that the line stores.
template <class T>
void check_run(const reference::Line& problem, const reference::Line& line, double tolerance) {
  eg::Parameter<T> p("p", problem.inputs[0].tensor<T>());
  const std::vector<double>& rates = problem.inputs[2].values;
  const std::vector<double>& stored = problem.inputs[3].values;
  const auto optimizer = make_optimizer(line, p, rates[0]);
  REQUIRE(optimizer != nullptr);
  std::size_t row = 0;
  for (std::size_t step = 0; step < rates.size(); ++step) {
    optimizer->set_learning_rate(rates[step]);
    give_gradient(p, row_of<T>(problem.inputs[1], step));
    optimizer->step();
    if (static_cast<double>(step + 1) != stored[row]) {
      continue;
    }
    for (std::size_t i = 0; i < 6; ++i) {
      const double expected = line.outputs[0].values[row * 6 + i];
      const auto found = static_cast<double>(p.data()[i]);
      INFO(line.text << ", step " << step + 1 << ", element " << i << ": " << found << ", expected "
                     << expected);
      CHECK(reference::close(found, expected, tolerance, tolerance));
    }
    ++row;
  }
  CHECK(row == stored.size());
}

}  // namespace

TEST_CASE("optimizers: 100 steps equal PyTorch's and Keras's", "[optim][reference]") {
  const std::vector<reference::Line> lines = reference::read("optimizer_runs.txt");
  REQUIRE(lines.size() == 27);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    check_run<double>(lines[0], lines[i], 1e-12);
    // Float: a parameter that the huge gradients carry to 1e3 has an ulp of 1e-4, but relative to
    // it the 100 steps' rounding errors of 6e-8 add up to some 1e-5.
    check_run<float>(lines[0], lines[i], 5e-5);
  }
}

TEST_CASE("optimizers: the defaults are those of the two libraries", "[optim][reference]") {
  // An optimizer made with nothing but the convention does the same to the bit as one that is given
  // every default of the library.
  int compared = 0;
  for (const reference::Line& line : reference::read("optimizer_defaults.txt")) {
    INFO(line.text);
    const Convention convention =
        line.attribute("convention") == "keras" ? Convention::keras : Convention::pytorch;
    eg::Parameter<double> p("p", eg::tensor<double>({1, -2, 1e-3}));
    eg::Parameter<double> q("q", eg::tensor<double>({1, -2, 1e-3}));
    const auto given = make_optimizer(line, p, line.number("learning_rate"));
    std::unique_ptr<eg::optim::Optimizer<double>> plain;
    const std::vector<eg::Parameter<double>> all{q};
    if (line.name == "sgd") {
      plain = std::make_unique<eg::optim::SGD<double>>(
          all, eg::optim::SGDOptions{.convention = convention});
    } else if (line.name == "adam") {
      plain = std::make_unique<eg::optim::Adam<double>>(
          all, eg::optim::AdamOptions{.convention = convention});
    } else if (line.name == "adamw") {
      plain = std::make_unique<eg::optim::AdamW<double>>(
          all, eg::optim::AdamWOptions{.convention = convention});
    } else if (line.name == "rmsprop") {
      plain = std::make_unique<eg::optim::RMSprop<double>>(
          all, eg::optim::RMSpropOptions{.convention = convention});
    } else if (line.name == "adagrad") {
      plain = std::make_unique<eg::optim::Adagrad<double>>(
          all, eg::optim::AdagradOptions{.convention = convention});
    } else if (line.name == "nadam") {
      plain = std::make_unique<eg::optim::Nadam<double>>(
          all, eg::optim::NadamOptions{.convention = convention});
    } else if (line.name == "lion") {
      plain = std::make_unique<eg::optim::Lion<double>>(all);
    }
    REQUIRE(plain != nullptr);
    CHECK(plain->learning_rate() == line.number("learning_rate"));
    for (const double g : {0.5, -0.25, 1e-7}) {
      give_gradient(p, eg::tensor<double>({g, -g, 3 * g}));
      give_gradient(q, eg::tensor<double>({g, -g, 3 * g}));
      given->step();
      plain->step();
    }
    CHECK(eg::to_vector<double>(p) == eg::to_vector<double>(q));
    ++compared;
  }
  CHECK(compared == 13);
}

TEST_CASE("optimizers: Adagrad and Lion, one step by hand", "[optim]") {
  using Catch::Matchers::WithinRel;
  eg::Parameter<double> p("p", eg::tensor<double>({1}));
  eg::optim::Adagrad<double> adagrad({p}, {.learning_rate = 0.5, .initial_accumulator = 0});
  give_gradient(p, eg::tensor<double>({4}));
  adagrad.step();  // g / sqrt(g^2) = 1, but for epsilon
  CHECK_THAT(p.item(), WithinRel(0.5, 1e-8));
  eg::Parameter<double> q("q", eg::tensor<double>({1, 1, 1}));
  eg::optim::Lion<double> lion({q}, {.learning_rate = 0.25});
  give_gradient(q, eg::tensor<double>({1e-9, 0, -1e9}));
  lion.step();  // the sign alone counts
  CHECK(eg::to_vector<double>(q) == std::vector{0.75, 1.0, 1.25});
  give_gradient(q, eg::tensor<double>({NAN, 0, 0}));
  lion.step();
  CHECK(std::isnan(q.at(0)));
}

TEST_CASE("optimizers: Nadam goes on exactly from a stored state", "[optim]") {
  const auto run = [](eg::optim::Nadam<double>& nadam, eg::Parameter<double>& p, int steps) {
    for (int i = 0; i < steps; ++i) {
      give_gradient(p, eg::tensor<double>({0.5, -0.25 * i}));
      nadam.step();
    }
  };
  eg::Parameter<double> p("p", eg::tensor<double>({1, 2}));
  eg::optim::Nadam<double> nadam({p});
  run(nadam, p, 7);
  eg::Parameter<double> q("p", eg::detail::copied<double>(p));
  eg::optim::Nadam<double> second({q});
  for (std::size_t i = 0; i < 2; ++i) {
    eg::Tensor<double> to = second.state()[i].value;
    eg::detail::copy_into(to, nadam.state()[i].value);
  }
  second.set_steps(nadam.steps());
  run(nadam, p, 5);
  run(second, q, 5);
  CHECK(eg::to_vector<double>(p) == eg::to_vector<double>(q));
  // Back to an earlier step, too.
  nadam.set_steps(7);
  second.set_steps(7);
  run(nadam, p, 1);
  run(second, q, 1);
  CHECK(eg::to_vector<double>(p) == eg::to_vector<double>(q));
}

TEST_CASE("optimizers: Adagrad, Nadam and Lion refuse values that make no sense",
          "[optim][errors]") {
  const std::vector<eg::Parameter<float>> p{eg::Parameter<float>("p", eg::tensor<float>({1}))};
  using eg::ValueError;
  CHECK_THROWS_TEXT(eg::optim::Adagrad<float>(p, {.learning_rate = 0}), ValueError,
                    "Adagrad: learning rate is not positive: 0");
  CHECK_THROWS_TEXT(eg::optim::Adagrad<float>(p, {.initial_accumulator = -1}), ValueError,
                    "Adagrad: initial accumulator is outside [0, inf): -1");
  CHECK_THROWS_TEXT(eg::optim::Adagrad<float>(p, {.epsilon = 0}), ValueError,
                    "Adagrad: epsilon is not positive: 0");
  CHECK_THROWS_TEXT(eg::optim::Adagrad<float>(p, {.learning_rate_decay = -0.5}), ValueError,
                    "Adagrad: learning rate decay is outside [0, inf): -0.5");
  CHECK_THROWS_TEXT(eg::optim::Adagrad<float>(p, {.weight_decay = -1}), ValueError,
                    "Adagrad: weight decay is outside [0, inf): -1");
  CHECK_THROWS_TEXT(eg::optim::Nadam<float>(p, {.beta_1 = 1}), ValueError,
                    "Nadam: beta_1 is outside [0, 1): 1");
  CHECK_THROWS_TEXT(eg::optim::Nadam<float>(p, {.beta_2 = -0.5}), ValueError,
                    "Nadam: beta_2 is outside [0, 1): -0.5");
  CHECK_THROWS_TEXT(eg::optim::Nadam<float>(p, {.epsilon = 0}), ValueError,
                    "Nadam: epsilon is not positive: 0");
  CHECK_THROWS_TEXT(eg::optim::Nadam<float>(p, {.momentum_decay = -1}), ValueError,
                    "Nadam: momentum decay is outside [0, inf): -1");
  CHECK_THROWS_TEXT(eg::optim::Nadam<float>(p, {.weight_decay = -1}), ValueError,
                    "Nadam: weight decay is outside [0, inf): -1");
  CHECK_THROWS_TEXT(eg::optim::Lion<float>(p, {.beta_1 = 1}), ValueError,
                    "Lion: beta_1 is outside [0, 1): 1");
  CHECK_THROWS_TEXT(eg::optim::Lion<float>(p, {.beta_2 = 1}), ValueError,
                    "Lion: beta_2 is outside [0, 1): 1");
  CHECK_THROWS_TEXT(eg::optim::Lion<float>(p, {.weight_decay = -1}), ValueError,
                    "Lion: weight decay is outside [0, inf): -1");
}

TEST_CASE("optimizers: a step of Adagrad, Nadam and Lion makes no heap call", "[optim][heap]") {
  eg::Parameter<float> p("p", eg::ones<float>({37, 5}));
  const auto calls_of = [&](auto optimizer) {
    Index calls = -1;
    for (int i = 0; i < 4; ++i) {
      give_gradient(p, eg::ones<float>({37, 5}));
      const Index before = eg::testing::heap_calls();
      optimizer.step();
      calls = eg::testing::heap_calls() - before;
    }
    return calls;
  };
  const std::vector<eg::Parameter<float>> all{p};
  CHECK(calls_of(eg::optim::Adagrad<float>(all)) == 0);
  CHECK(calls_of(eg::optim::Nadam<float>(all)) == 0);
  CHECK(calls_of(eg::optim::Lion<float>(all)) == 0);
}
