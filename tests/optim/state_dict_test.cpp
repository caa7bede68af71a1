#include "optim/make_optimizer.hpp"
#include "support/catch.hpp"

#include <eigengrad/optim/state_dict.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <string>
#include <vector>

namespace eg = eigengrad;
namespace optim = eigengrad::optim;
using optimizers::give_gradient;
using Parameters = std::vector<eg::Parameter<double>>;

namespace {

Parameters parameters() {
  return {eg::Parameter<double>("0.weight", eg::tensor<double>({1, 2, 3, 4}, {2, 2})),
          eg::Parameter<double>("0.bias", eg::tensor<double>({5, 6}))};
}

void step(optim::Optimizer<double>& optimizer, double g) {
  for (eg::Parameter<double> parameter : optimizer.parameters()) {
    give_gradient(parameter, eg::full<double>(parameter.shape(), g));
  }
  optimizer.step();
}

/// The names of the state, and that a step after load_state_dict is that of the optimizer which the
/// state came from, bit for bit. `make` makes a new one with the same options.
template <class Make>
std::vector<std::string> names_after_round_trip(const Make& make) {
  auto first = make(parameters());
  step(first, 1.0);
  step(first, -0.3);
  first.set_learning_rate(0.07);
  const auto state = optim::state_dict(first);
  Parameters copies;
  for (const auto& parameter : first.parameters()) {
    copies.emplace_back(parameter.name(), eg::detail::copied<double>(parameter));
  }
  auto second = make(copies);
  optim::load_state_dict(second, state);
  CHECK(second.steps() == 2);
  CHECK(second.learning_rate() == 0.07);
  for (const double g : {0.25, 2.0}) {
    step(first, g);
    step(second, g);
  }
  for (std::size_t i = 0; i < copies.size(); ++i) {
    CHECK(eg::to_vector<double>(second.parameters()[i]) ==
          eg::to_vector<double>(first.parameters()[i]));
  }
  // The copy in `state` did not follow the steps.
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    CHECK(eg::to_vector<double>(state.tensors[i].value) !=
          eg::to_vector<double>(first.state()[i].value));
  }
  std::vector<std::string> names{state.kind};
  for (const auto& one : state.tensors) {
    names.push_back(one.name);
  }
  return names;
}

}  // namespace

TEST_CASE("state dict: every optimizer goes on from it, under PyTorch's names", "[optim]") {
  using Names = std::vector<std::string>;
  CHECK(names_after_round_trip([](Parameters p) { return optim::SGD<double>(p); }) == Names{"SGD"});
  CHECK(names_after_round_trip([](Parameters p) {
          return optim::SGD<double>(p, {.momentum = 0.9});
        }) == Names{"SGD", "momentum_buffer.0.weight", "momentum_buffer.0.bias"});
  CHECK(names_after_round_trip([](Parameters p) { return optim::Adam<double>(p); }) ==
        Names{"Adam", "exp_avg.0.weight", "exp_avg.0.bias", "exp_avg_sq.0.weight",
              "exp_avg_sq.0.bias"});
  CHECK(names_after_round_trip([](Parameters p) { return optim::AdamW<double>(p); })[0] == "AdamW");
  CHECK(names_after_round_trip([](Parameters p) {
          return optim::RMSprop<double>(p, {.momentum = 0.5});
        }) == Names{"RMSprop", "square_avg.0.weight", "square_avg.0.bias",
                    "momentum_buffer.0.weight", "momentum_buffer.0.bias"});
  CHECK(names_after_round_trip([](Parameters p) {
          return optim::Adagrad<double>(p, {.learning_rate_decay = 0.1});
        }) == Names{"Adagrad", "sum.0.weight", "sum.0.bias"});
  CHECK(names_after_round_trip([](Parameters p) { return optim::Nadam<double>(p); })[3] ==
        "exp_avg_sq.0.weight");
  CHECK(names_after_round_trip([](Parameters p) { return optim::Lion<double>(p); }) ==
        Names{"Lion", "exp_avg.0.weight", "exp_avg.0.bias"});
}

TEST_CASE("state dict: one of another optimizer is refused and nothing is written", "[optim]") {
  optim::Adam<double> adam(parameters());
  step(adam, 1.0);
  const auto good = optim::state_dict(adam);
  const auto refuses = [&](optim::OptimizerState<double> state, const std::string& text) {
    CHECK_THROWS_TEXT(optim::load_state_dict(adam, state), eg::Error, "load_state_dict: " + text);
    CHECK(adam.steps() == 1);
    CHECK(adam.learning_rate() == 1e-3);
    CHECK(eg::to_vector<double>(adam.state()[0].value) ==
          eg::to_vector<double>(good.tensors[0].value));
  };
  auto state = good;
  state.kind = "AdamW";
  refuses(state, "the state is of AdamW, not of Adam");
  state = good;
  state.steps = -1;
  refuses(state, "steps is negative: -1");
  state = good;
  state.learning_rate = 0;
  refuses(state, "learning rate is not positive: 0");
  state = good;
  state.tensors[0].value = eg::zeros<double>({2, 2});
  state.tensors.pop_back();
  refuses(state, "the state has 3 tensors, Adam has 4");
  state = good;
  state.tensors[0].value = eg::zeros<double>({2, 2});
  state.tensors[3].name = "exp_avg_sq.1.bias";
  refuses(state, "expected 'exp_avg_sq.0.bias', the state has 'exp_avg_sq.1.bias'");
  state = good;
  state.tensors[0].value = eg::zeros<double>({2, 2});
  state.tensors[3].value = eg::zeros<double>({3});
  refuses(state, "'exp_avg_sq.0.bias' is (3,) in the state, (2,) in Adam");
}
