// The optimizers against PyTorch's and Keras's own, step by step; by hand; and their refusals.

#include "optim/make_optimizer.hpp"

#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::optim::Convention;
using optimizers::give_gradient;
using optimizers::make_optimizer;

namespace {

/// Runs a line's steps and compares the parameter after each; false if the line is not for us.
template <class T>
bool check_line(const reference::Line& line, double relative, double absolute) {
  eg::Parameter<T> p("p", line.inputs[0].tensor<T>());
  const std::vector<double>& gradients = line.inputs[1].values;
  const std::vector<double>& rates = line.inputs[2].values;
  const auto optimizer = make_optimizer(line, p, rates[0]);
  if (optimizer == nullptr) {
    return false;
  }
  const auto n = static_cast<std::size_t>(p.size());
  for (std::size_t step = 0; step < rates.size(); ++step) {
    optimizer->set_learning_rate(rates[step]);
    std::vector<T> g;
    for (std::size_t i = 0; i < n; ++i) {
      g.push_back(static_cast<T>(gradients[step * n + i]));
    }
    give_gradient(p, eg::from_vector(g));
    optimizer->step();
    for (std::size_t i = 0; i < n; ++i) {
      const double expected = line.outputs[0].values[step * n + i];
      const auto found = static_cast<double>(p.data()[i]);
      INFO(line.text << ", step " << step << ", element " << i << ": " << found << ", expected "
                     << expected);
      CHECK(reference::close(found, expected, relative, absolute));
    }
  }
  return true;
}

}  // namespace

TEST_CASE("optimizers: every step equals PyTorch's and Keras's", "[optim][reference]") {
  int compared = 0;
  int left_out = 0;
  for (const reference::Line& line : reference::read("optimizers.txt")) {
    // Lines that Keras computed in float32 in part are good to 1e-6. In double a step of 0.1 after
    // gradients of 1e6 loses no more than rounding of numbers up to 1e6.
    const bool rough = line.attribute("precision") == "float32";
    const bool done = check_line<double>(line, rough ? 2e-6 : 1e-12, rough ? 2e-6 : 1e-12);
    ++(done ? compared : left_out);
    if (done) {
      // Float: gradients up to 1e6 cancel in v and m, whose rounding errors are relative to that.
      check_line<float>(line, 3e-5, 3e-5);
    }
  }
  CHECK(compared >= 40);
  // centered RMSprop alone is not offered.
  CHECK(left_out <= 4);
}

TEMPLATE_TEST_CASE("optimizers: one step by hand", "[optim]", float, double) {
  using T = TestType;
  // g = 2 for every element.
  const auto after = [](auto make) {
    eg::Parameter<T> p("p", eg::tensor<T>({1}));
    auto optimizer = make(std::vector{p});
    give_gradient(p, eg::tensor<T>({2}));
    optimizer.step();
    return static_cast<double>(p.item());
  };
  const double tolerance = 4 * std::numeric_limits<T>::epsilon();
  using Catch::Matchers::WithinRel;
  CHECK_THAT(after([](auto p) { return eg::optim::SGD<T>(p, {.learning_rate = 0.25}); }),
             WithinRel(0.5, tolerance));
  // Decay is added to the gradient, 2 + .5 1, or shrinks p first, which is the same in one step.
  CHECK_THAT(after([](auto p) {
               return eg::optim::SGD<T>(p, {.learning_rate = 0.25, .weight_decay = 0.5});
             }),
             WithinRel(0.375, tolerance));
  // Nesterov from rest: g + mu g = 2 (1 + .5).
  CHECK_THAT(after([](auto p) {
               return eg::optim::SGD<T>(p,
                                        {.learning_rate = 0.25, .momentum = 0.5, .nesterov = true});
             }),
             WithinRel(0.25, tolerance));
  // Adam's first step is the rate, but for epsilon: m/(1-b1) = g, sqrt(v/(1-b2)) = |g|.
  CHECK_THAT(after([](auto p) { return eg::optim::Adam<T>(p, {.learning_rate = 0.5}); }),
             WithinRel(0.5, 1e-5));
  CHECK_THAT(after([](auto p) {
               return eg::optim::AdamW<T>(p, {.learning_rate = 0.5, .weight_decay = 0.2});
             }),
             WithinRel(0.4, 1e-5));
  // v = .1 4, so u = 2 / sqrt(.4) = 3.16227766.
  CHECK_THAT(after([](auto p) { return eg::optim::RMSprop<T>(p, {.learning_rate = 0.1}); }),
             WithinRel(1 - 0.316227766, 1e-6));
}

TEST_CASE("optimizers: defaults are the convention's", "[optim]") {
  // With v tiny, epsilon decides the step: g = 1e-7.
  const auto step = [](Convention convention) {
    eg::Parameter<double> p("p", eg::tensor<double>({0}));
    eg::optim::Adam<double> adam({p}, {.learning_rate = 1, .convention = convention});
    give_gradient(p, eg::tensor<double>({1e-7}));
    adam.step();
    return -p.item();
  };
  using Catch::Matchers::WithinRel;
  // pytorch: g / (g + 1e-8) = 1/1.1.
  CHECK_THAT(step(Convention::pytorch), WithinRel(1 / 1.1, 1e-9));
  // keras: sqrt(.001)/.1 .1 g / (sqrt(.001) g + 1e-7) = s / (s + 1), s = sqrt(.001).
  CHECK_THAT(step(Convention::keras), WithinRel(0.0316227766 / 1.0316227766, 1e-8));
}

TEST_CASE("optimizers: a step uses a gradient once", "[optim]") {
  eg::Parameter<double> p("p", eg::tensor<double>({1, 2}));
  eg::Parameter<double> other("other", eg::tensor<double>({5}));
  eg::Parameter<double> frozen("frozen", eg::tensor<double>({7}));
  eg::optim::SGD<double> sgd({p, other, frozen}, {.learning_rate = 1});
  give_gradient(p, eg::tensor<double>({0.5, 0.25}));
  give_gradient(frozen, eg::tensor<double>({1}));
  frozen.set_trainable(false);
  CHECK(p.has_gradient());
  sgd.step();
  CHECK(eg::to_vector<double>(p) == std::vector{0.5, 1.75});
  CHECK_FALSE(p.has_gradient());
  CHECK(other.item() == 5);
  CHECK(frozen.item() == 7);
  sgd.step();  // no backward in between: nothing to do
  CHECK(eg::to_vector<double>(p) == std::vector{0.5, 1.75});
  // Two backwards before a step add up; a step or zero_gradients starts over.
  give_gradient(p, eg::tensor<double>({1, 0}));
  give_gradient(p, eg::tensor<double>({1, 0}));
  CHECK(p.gradient().at(0) == 2);
  sgd.zero_gradients();
  give_gradient(p, eg::tensor<double>({0.5, 0}));
  sgd.step();
  CHECK(eg::to_vector<double>(p) == std::vector{0.0, 1.75});
  CHECK(sgd.steps() == 3);
}

TEST_CASE("optimizers: the state can be named, read and restored", "[optim]") {
  const auto run = [](eg::optim::Adam<double>& adam, eg::Parameter<double>& p, double g) {
    give_gradient(p, eg::tensor<double>({g, -g}));
    adam.step();
  };
  eg::Parameter<double> p("0.weight", eg::tensor<double>({1, 2}));
  eg::optim::Adam<double> adam({p});
  run(adam, p, 1.0);
  run(adam, p, 0.25);
  REQUIRE(adam.state().size() == 2);
  CHECK(adam.state()[0].name == "exp_avg.0.weight");
  CHECK(adam.state()[1].name == "exp_avg_sq.0.weight");
  CHECK(adam.kind() == "Adam");

  eg::Parameter<double> q("0.weight", eg::detail::copied<double>(p));
  eg::optim::Adam<double> second({q});
  for (std::size_t i = 0; i < 2; ++i) {
    eg::Tensor<double> to = second.state()[i].value;
    eg::detail::copy_into(to, adam.state()[i].value);
  }
  second.set_steps(adam.steps());
  run(adam, p, -0.5);
  run(second, q, -0.5);
  CHECK(eg::to_vector<double>(p) == eg::to_vector<double>(q));
}

TEST_CASE("optimizers: refuse values that make no sense", "[optim][errors]") {
  const std::vector<eg::Parameter<float>> p{eg::Parameter<float>("p", eg::tensor<float>({1}))};
  using eg::ValueError;
  CHECK_THROWS_TEXT(eg::optim::SGD<float>(p, {.learning_rate = 0}), ValueError,
                    "SGD: learning rate is not positive: 0");
  CHECK_THROWS_TEXT(eg::optim::SGD<float>(p, {.learning_rate = -0.5}), ValueError,
                    "SGD: learning rate is not positive: -0.5");
  CHECK_THROWS_TEXT(eg::optim::Adam<float>(p, {.learning_rate = NAN}), ValueError,
                    "Adam: learning rate is not positive: nan");
  CHECK_THROWS_TEXT(eg::optim::RMSprop<float>(p, {.learning_rate = INFINITY}), ValueError,
                    "RMSprop: learning rate is not positive: inf");
  CHECK_THROWS_TEXT(eg::optim::SGD<float>(p, {.momentum = 1}), ValueError,
                    "SGD: momentum is outside [0, 1): 1");
  CHECK_THROWS_TEXT(eg::optim::SGD<float>(p, {.nesterov = true}), ValueError,
                    "SGD: nesterov needs momentum > 0");
  CHECK_THROWS_TEXT(eg::optim::SGD<float>(p, {.weight_decay = -1}), ValueError,
                    "SGD: weight decay is outside [0, inf): -1");
  CHECK_THROWS_TEXT(eg::optim::Adam<float>(p, {.beta_1 = 1}), ValueError,
                    "Adam: beta_1 is outside [0, 1): 1");
  CHECK_THROWS_TEXT(eg::optim::AdamW<float>(p, {.beta_2 = -0.1}), ValueError,
                    "AdamW: beta_2 is outside [0, 1): -0.1");
  CHECK_THROWS_TEXT(eg::optim::Adam<float>(p, {.epsilon = 0}), ValueError,
                    "Adam: epsilon is not positive: 0");
  CHECK_THROWS_TEXT(eg::optim::AdamW<float>(p, {.weight_decay = -1}), ValueError,
                    "AdamW: weight decay is outside [0, inf): -1");
  CHECK_THROWS_TEXT(eg::optim::RMSprop<float>(p, {.rho = 1.5}), ValueError,
                    "RMSprop: rho is outside [0, 1): 1.5");
  eg::optim::SGD<float> sgd(p);
  CHECK_THROWS_TEXT(sgd.set_learning_rate(0), ValueError, "SGD: learning rate is not positive: 0");
  CHECK(sgd.learning_rate() == 0.01);
}

TEMPLATE_TEST_CASE("optimizers: a step makes no heap call", "[optim][heap]", float, double) {
  using T = TestType;
  eg::Parameter<T> p("p", eg::ones<T>({37, 5}));
  const auto calls_of = [&](auto optimizer) {
    Index calls = -1;
    for (int i = 0; i < 4; ++i) {
      give_gradient(p, eg::ones<T>({37, 5}));
      const Index before = eg::testing::heap_calls();
      optimizer.step();
      calls = eg::testing::heap_calls() - before;
    }
    return calls;
  };
  const std::vector<eg::Parameter<T>> all{p};
  CHECK(calls_of(eg::optim::SGD<T>(all)) == 0);
  CHECK(calls_of(eg::optim::SGD<T>(all, {.momentum = 0.9, .nesterov = true})) == 0);
  CHECK(calls_of(eg::optim::Adam<T>(all)) == 0);
  CHECK(calls_of(eg::optim::AdamW<T>(all)) == 0);
  CHECK(calls_of(eg::optim::RMSprop<T>(all, {.momentum = 0.5})) == 0);
}
