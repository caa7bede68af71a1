#pragma once
// PyTorch's names for what this library calls otherwise or does otherwise by default:
// `torch::Linear`, `torch::BCELoss`, `torch::Adam`, ... Thin: each one is the part of the library
// that its documentation names, with PyTorch's conventions and defaults. What has the same name and
// does the same (ReLU, Sequential, ...) is in nn/. Not in the umbrella.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/mersenne_twister.hpp>
#include <eigengrad/losses/clamped_binary_cross_entropy.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/initializers.hpp>
#include <eigengrad/optim/adagrad.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/nadam.hpp>
#include <eigengrad/optim/optimizer.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/train/loss.hpp>
#include <eigengrad/train/reduce_on_plateau.hpp>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace eigengrad::torch {

// The names are PyTorch's, also those of functions.
// NOLINTBEGIN(readability-identifier-naming)

/// nn::Dense with weight and bias from U(-1/sqrt(in), 1/sqrt(in)). The weight is (in, out).
[[nodiscard]] inline nn::Dense Linear(Index in, Index out, bool bias = true) {
  return {in, out, {.initializer = nn::Initializer::pytorch(), .use_bias = bias}};
}
/// nn::LeakyReLU with slope 0.01.
[[nodiscard]] inline nn::LeakyReLU LeakyReLU(double negative_slope = 0.01) {
  return {negative_slope};
}

/// U(-a, a), a = sqrt(6 / (in + out)): PyTorch's `xavier_uniform_`.
[[nodiscard]] inline nn::Initializer xavier_uniform() {
  return nn::Initializer::glorot_uniform();
}
/// Normal, deviation sqrt(2 / (in + out)), not truncated (Keras's glorot_normal is): PyTorch's
/// `xavier_normal_`.
[[nodiscard]] inline nn::Initializer xavier_normal(Index in, Index out) {
  return nn::Initializer::normal(0.0, std::sqrt(2.0 / static_cast<double>(in + out)));
}
/// U(-a, a), a = sqrt(6 / in): PyTorch's `kaiming_uniform_(nonlinearity="relu")`.
[[nodiscard]] inline nn::Initializer kaiming_uniform() {
  return nn::Initializer::he_uniform();
}
/// Normal, deviation sqrt(2 / in), not truncated (Keras's he_normal is): PyTorch's
/// `kaiming_normal_(nonlinearity="relu")`.
[[nodiscard]] inline nn::Initializer kaiming_normal(Index in) {
  return nn::Initializer::normal(0.0, std::sqrt(2.0 / static_cast<double>(in)));
}

/// clamped_binary_cross_entropy as an object for fit(): logarithms are limited to -100.
struct BCELoss {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return clamped_binary_cross_entropy(prediction, target, {.weights = weights});
  }
};
using BCEWithLogitsLoss = train::BinaryCrossEntropyWithLogits;
using CrossEntropyLoss = train::CrossEntropy;
using MSELoss = train::MeanSquaredError;
using L1Loss = train::MeanAbsoluteError;
using HuberLoss = train::Huber;

/// optim::SGD in PyTorch's form, learning rate 0.001.
template <FloatScalar T>
[[nodiscard]] optim::SGD<T> SGD(std::vector<Parameter<T>> parameters,
                                optim::SGDOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return optim::SGD<T>(std::move(parameters), options);
}
/// optim::Adam in PyTorch's form, epsilon 1e-8 after the bias correction.
template <FloatScalar T>
[[nodiscard]] optim::Adam<T> Adam(std::vector<Parameter<T>> parameters,
                                  optim::AdamOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return optim::Adam<T>(std::move(parameters), options);
}
/// optim::AdamW in PyTorch's form, weight decay 0.01.
template <FloatScalar T>
[[nodiscard]] optim::AdamW<T> AdamW(std::vector<Parameter<T>> parameters,
                                    optim::AdamWOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return optim::AdamW<T>(std::move(parameters), options);
}
/// optim::RMSprop in PyTorch's form, learning rate 0.01, rho (its alpha) 0.99.
template <FloatScalar T>
[[nodiscard]] optim::RMSprop<T> RMSprop(std::vector<Parameter<T>> parameters,
                                        optim::RMSpropOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return optim::RMSprop<T>(std::move(parameters), options);
}
/// optim::Adagrad in PyTorch's form, learning rate 0.01, accumulators from 0.
template <FloatScalar T>
[[nodiscard]] optim::Adagrad<T> Adagrad(std::vector<Parameter<T>> parameters,
                                        optim::AdagradOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return optim::Adagrad<T>(std::move(parameters), options);
}
/// optim::Nadam in PyTorch's form, learning rate 0.002, momentum decay 0.004.
template <FloatScalar T>
[[nodiscard]] optim::Nadam<T> NAdam(std::vector<Parameter<T>> parameters,
                                    optim::NadamOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return optim::Nadam<T>(std::move(parameters), options);
}

/// train::ReduceOnPlateau in PyTorch's form: min_delta is relative, patience epochs are tolerated.
template <FloatScalar T>
[[nodiscard]] train::ReduceOnPlateau<T> ReduceLROnPlateau(
    train::ReduceOnPlateauOptions options = {}) {
  options.convention = optim::Convention::pytorch;
  return train::ReduceOnPlateau<T>(std::move(options));
}

/// The order in which `DataLoader(data, shuffle=True,
/// generator=torch.Generator().manual_seed(seed))` goes through the rows in an epoch, from 0: for
/// LoaderOptions::order and FitOptions::order.
///
/// Shapes:    -> (rows,)
/// Throws:    ValueError for a negative number of rows or epoch, or for 214,748,364 rows or more,
///            from where on PyTorch draws otherwise
/// Cost:      O(rows (epoch + 1)): PyTorch's generator runs on from epoch to epoch
/// Reference: PyTorch `DataLoader`, `RandomSampler` and `torch.randperm` on a processor
[[nodiscard]] inline Tensor<std::int64_t> data_loader_order(Index rows, std::uint64_t seed,
                                                            Index epoch) {
  constexpr Index limit = 0xffffffffLL / 20;
  if (rows < 0 || rows >= limit || epoch < 0) {
    throw ValueError(
        "data_loader_order",
        detail::concat("rows outside [0, ", limit, ") or a negative epoch: ", rows, ", ", epoch));
  }
  detail::MersenneTwister random(static_cast<std::uint32_t>(seed));
  const auto skip = [&](Index draws) {
    for (Index i = 0; i < draws; ++i) {
      static_cast<void>(random.next());
    }
  };
  // Each epoch draws a seed for the workers, the permutation, and one more of which nothing is
  // used.
  const Index draws = rows > 0 ? rows - 1 : 0;
  for (Index before = 0; before < epoch; ++before) {
    skip(2 + 2 * draws);
  }
  skip(2);
  Tensor<std::int64_t> order = detail::uninitialized<std::int64_t>(Shape{rows});
  std::int64_t* const to = order.mutable_data();
  for (Index i = 0; i < rows; ++i) {
    to[i] = i;
  }
  for (Index i = 0; i < draws; ++i) {
    std::swap(to[i], to[i + static_cast<Index>(random.next()) % (rows - i)]);
  }
  return order;
}

// NOLINTEND(readability-identifier-naming)

}  // namespace eigengrad::torch
