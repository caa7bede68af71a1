#pragma once
// Keras's names for what this library calls otherwise or does otherwise by default:
// `keras::BinaryCrossentropy`, `keras::EarlyStopping`, ... Thin: each one is the part of the
// library that its documentation names. Where the two libraries differ, the defaults of this one
// are Keras's anyway, so most programs do without. Not in the umbrella.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/optim/adagrad.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/lion.hpp>
#include <eigengrad/optim/nadam.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/train/early_stopping.hpp>
#include <eigengrad/train/loss.hpp>
#include <eigengrad/train/reduce_on_plateau.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eigengrad::keras {

// The names are Keras's, also those of functions.
// NOLINTBEGIN(readability-identifier-naming)

/// nn::Dense, whose defaults are Keras's. The number of inputs comes first; an activation is a
/// layer of its own.
using nn::Dense;
/// nn::LeakyReLU with slope 0.3.
[[nodiscard]] inline nn::LeakyReLU LeakyReLU(double negative_slope = 0.3) {
  return {negative_slope};
}

using BinaryCrossentropy = train::BinaryCrossEntropy;
using MeanSquaredError = train::MeanSquaredError;
using MeanAbsoluteError = train::MeanAbsoluteError;
using Huber = train::Huber;

/// categorical_cross_entropy of one-hot rows, for a model that ends in Softmax.
struct CategoricalCrossentropy {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return categorical_cross_entropy(prediction, target, {.weights = weights});
  }
};
/// The same of class indices.
struct SparseCategoricalCrossentropy {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction,
                                     const Tensor<std::int64_t>& target,
                                     const Tensor<T>& weights = {}) const {
    return categorical_cross_entropy(prediction, target, {.weights = weights});
  }
};

/// optim::SGD in Keras's form, learning rate 0.01.
template <FloatScalar T>
[[nodiscard]] optim::SGD<T> SGD(std::vector<Parameter<T>> parameters,
                                optim::SGDOptions options = {}) {
  options.convention = optim::Convention::keras;
  return optim::SGD<T>(std::move(parameters), options);
}
/// optim::Adam in Keras's form, epsilon 1e-7 before the bias correction.
template <FloatScalar T>
[[nodiscard]] optim::Adam<T> Adam(std::vector<Parameter<T>> parameters,
                                  optim::AdamOptions options = {}) {
  options.convention = optim::Convention::keras;
  return optim::Adam<T>(std::move(parameters), options);
}
/// optim::AdamW in Keras's form, weight decay 0.004.
template <FloatScalar T>
[[nodiscard]] optim::AdamW<T> AdamW(std::vector<Parameter<T>> parameters,
                                    optim::AdamWOptions options = {}) {
  options.convention = optim::Convention::keras;
  return optim::AdamW<T>(std::move(parameters), options);
}
/// optim::RMSprop in Keras's form, epsilon inside the root.
template <FloatScalar T>
[[nodiscard]] optim::RMSprop<T> RMSprop(std::vector<Parameter<T>> parameters,
                                        optim::RMSpropOptions options = {}) {
  options.convention = optim::Convention::keras;
  return optim::RMSprop<T>(std::move(parameters), options);
}
/// optim::Adagrad in Keras's form, accumulators from 0.1, epsilon inside the root.
template <FloatScalar T>
[[nodiscard]] optim::Adagrad<T> Adagrad(std::vector<Parameter<T>> parameters,
                                        optim::AdagradOptions options = {}) {
  options.convention = optim::Convention::keras;
  return optim::Adagrad<T>(std::move(parameters), options);
}
/// optim::Nadam in Keras's form.
template <FloatScalar T>
[[nodiscard]] optim::Nadam<T> Nadam(std::vector<Parameter<T>> parameters,
                                    optim::NadamOptions options = {}) {
  options.convention = optim::Convention::keras;
  return optim::Nadam<T>(std::move(parameters), options);
}
/// optim::Lion.
template <FloatScalar T>
[[nodiscard]] optim::Lion<T> Lion(std::vector<Parameter<T>> parameters,
                                  optim::LionOptions options = {}) {
  return optim::Lion<T>(std::move(parameters), options);
}

/// train::ReduceOnPlateau in Keras's form.
template <FloatScalar T>
[[nodiscard]] train::ReduceOnPlateau<T> ReduceLROnPlateau(
    train::ReduceOnPlateauOptions options = {}) {
  options.convention = optim::Convention::keras;
  return train::ReduceOnPlateau<T>(std::move(options));
}

/// What Keras's EarlyStopping takes, with its defaults.
struct EarlyStoppingOptions {
  std::string monitor = "val_loss";
  double min_delta = 0.0;
  Index patience = 0;
  train::Improves mode = train::Improves::automatic;
  bool restore_best_weights = false;
};
/// train::EarlyStopping as Keras counts: training stops in the patience-th epoch without
/// improvement (or the first, if patience is 0), where train::EarlyStopping tolerates `patience` of
/// them.
template <FloatScalar T>
[[nodiscard]] train::EarlyStopping<T> EarlyStopping(const EarlyStoppingOptions& options = {}) {
  return train::EarlyStopping<T>({.monitor = options.monitor,
                                  .patience = options.patience > 0 ? options.patience - 1 : 0,
                                  .min_delta = options.min_delta,
                                  .improves = options.mode,
                                  .restore_best = options.restore_best_weights});
}

// NOLINTEND(readability-identifier-naming)

}  // namespace eigengrad::keras
