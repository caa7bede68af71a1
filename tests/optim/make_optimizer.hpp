#pragma once
// What the tests of the optimizers share: the optimizer that a line of reference data is about, and
// a gradient of one's choice.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/optim/adagrad.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/lion.hpp>
#include <eigengrad/optim/nadam.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <support/reference.hpp>

#include <memory>
#include <vector>

namespace optimizers {

namespace eg = eigengrad;
using eg::optim::Convention;

/// Gives a parameter exactly this gradient, through the tape.
template <class T>
void give_gradient(eg::Parameter<T>& p, const eg::Tensor<T>& gradient) {
  eg::Tape tape;
  tape.backward(eg::sum(eg::mul<T>(p, gradient)));
}

/// The optimizer that a line is about; null for what this library does not offer.
template <class T>
std::unique_ptr<eg::optim::Optimizer<T>> make_optimizer(const reference::Line& line,
                                                        const eg::Parameter<T>& p, double rate) {
  const Convention convention =
      line.attribute("convention") == "keras" ? Convention::keras : Convention::pytorch;
  const double decay = line.number("weight_decay", 0.0);
  if (line.has("centered") || line.has("amsgrad")) {
    return nullptr;
  }
  if (line.name == "sgd") {
    return std::make_unique<eg::optim::SGD<T>>(
        std::vector{p},
        eg::optim::SGDOptions{rate, line.number("momentum", 0.0), line.number("nesterov", 0.0) != 0,
                              decay, convention});
  }
  if (line.name == "adam") {
    return std::make_unique<eg::optim::Adam<T>>(
        std::vector{p}, eg::optim::AdamOptions{rate, line.number("beta_1"), line.number("beta_2"),
                                               line.number("epsilon"), decay, convention});
  }
  if (line.name == "adamw") {
    return std::make_unique<eg::optim::AdamW<T>>(
        std::vector{p}, eg::optim::AdamWOptions{rate, line.number("beta_1"), line.number("beta_2"),
                                                line.number("epsilon"), decay, convention});
  }
  if (line.name == "rmsprop") {
    return std::make_unique<eg::optim::RMSprop<T>>(
        std::vector{p},
        eg::optim::RMSpropOptions{rate, line.number("rho"), line.number("momentum", 0.0),
                                  line.number("epsilon"), decay, convention});
  }
  if (line.name == "adagrad") {
    return std::make_unique<eg::optim::Adagrad<T>>(
        std::vector{p}, eg::optim::AdagradOptions{
                            rate, line.number("initial_accumulator", 0.0), line.number("epsilon"),
                            line.number("learning_rate_decay", 0.0), decay, convention});
  }
  if (line.name == "nadam") {
    return std::make_unique<eg::optim::Nadam<T>>(
        std::vector{p},
        eg::optim::NadamOptions{rate, line.number("beta_1"), line.number("beta_2"),
                                line.number("epsilon"), line.number("momentum_decay", 1.0), decay,
                                convention});
  }
  if (line.name == "lion") {
    return std::make_unique<eg::optim::Lion<T>>(
        std::vector{p},
        eg::optim::LionOptions{rate, line.number("beta_1"), line.number("beta_2"), decay});
  }
  return nullptr;
}

}  // namespace optimizers
