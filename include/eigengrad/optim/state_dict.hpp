#pragma once
// state_dict and load_state_dict of optimizers: all that a step depends on besides the options and
// the gradients. Leaves out files: train/checkpoint.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::optim {

/// An optimizer's state as values.
template <FloatScalar T>
struct OptimizerState {
  std::string kind;  ///< "Adam"
  Index steps = 0;
  double learning_rate = 0;
  std::vector<NamedState<T>> tensors;  ///< "exp_avg.0.weight", ..., in the optimizer's order
};

}  // namespace eigengrad::optim

namespace eigengrad::detail {

/// Refuses a state that is not of this optimizer, before anything is written.
template <FloatScalar T>
void check_optimizer_state(std::string_view op, const optim::Optimizer<T>& optimizer,
                           const optim::OptimizerState<T>& state) {
  if (state.kind != optimizer.kind()) {
    throw ValueError(op, concat("the state is of ", state.kind, ", not of ", optimizer.kind()));
  }
  if (state.steps < 0) {
    throw ValueError(op, concat("steps is negative: ", state.steps));
  }
  check_positive(op, "learning rate", state.learning_rate);
  const std::vector<optim::NamedState<T>>& own = optimizer.state();
  if (state.tensors.size() != own.size()) {
    throw ValueError(op, concat("the state has ", state.tensors.size(), " tensors, ",
                                optimizer.kind(), " has ", own.size()));
  }
  for (std::size_t i = 0; i < own.size(); ++i) {
    const optim::NamedState<T>& given = state.tensors[i];
    if (given.name != own[i].name) {
      throw ValueError(op,
                       concat("expected '", own[i].name, "', the state has '", given.name, "'"));
    }
    if (!(given.value.shape() == own[i].value.shape())) {
      throw_shape_error(op,
                        {"'", given.name, "' is ", given.value.shape(), " in the state, ",
                         own[i].value.shape(), " in ", optimizer.kind()},
                        given.value.shape(), own[i].value.shape());
    }
  }
}

}  // namespace eigengrad::detail

namespace eigengrad::optim {

/// A copy of an optimizer's state.
///
/// Cost:      one copy of the state's tensors
/// Reference: torch.optim.Optimizer.state_dict, whose names the tensors have
template <FloatScalar T>
[[nodiscard]] OptimizerState<T> state_dict(const Optimizer<T>& optimizer) {
  OptimizerState<T> state{optimizer.kind(), optimizer.steps(), optimizer.learning_rate(), {}};
  for (const NamedState<T>& one : optimizer.state()) {
    state.tensors.push_back({one.name, eigengrad::detail::copied(one.value)});
  }
  return state;
}

/// Gives an optimizer that was made with the same options for the same parameters the state that
/// another one had: its next step is then the other's, bit for bit. All or nothing.
///
/// Throws:    ValueError for a state of another kind, other tensors, or numbers out of range;
///            ShapeError for another shape; nothing has been written then
/// Cost:      one copy of the state's tensors
/// Reference: torch.optim.Optimizer.load_state_dict
template <FloatScalar T>
void load_state_dict(Optimizer<T>& optimizer, const OptimizerState<T>& state) {
  eigengrad::detail::check_optimizer_state("load_state_dict", optimizer, state);
  for (std::size_t i = 0; i < state.tensors.size(); ++i) {
    Tensor<T> to = optimizer.state()[i].value;  // a handle
    eigengrad::detail::copy_into(to, state.tensors[i].value);
  }
  optimizer.set_steps(state.steps);
  optimizer.set_learning_rate(state.learning_rate);
}

}  // namespace eigengrad::optim
