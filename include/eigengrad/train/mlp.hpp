#pragma once
// Mlp: a multilayer perceptron described by a few plain values, so that it can be built from a
// command line and rebuilt from a file.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/sequential.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::train {

/// What a model is asked: one of two classes, one of several, or a number.
enum class Task { binary, multiclass, regression };

/// "binary", "multiclass" or "regression".
[[nodiscard]] inline std::string_view task_name(Task task) noexcept {
  constexpr std::string_view names[] = {"binary", "multiclass", "regression"};
  return names[static_cast<unsigned>(task)];
}

/// A multilayer perceptron: Dense layers with one activation between them. A binary one ends in a
/// sigmoid and gives probabilities, a multiclass one gives logits, a regression gives numbers.
struct Mlp {
  Index features = 0;
  std::vector<Index> hidden = {128, 64};
  Index outputs = 1;
  std::string activation = "relu";
  Task task = Task::binary;
};

/// The activations that an Mlp may have, by name.
inline constexpr std::string_view mlp_activations[] = {"relu", "leaky_relu", "elu",      "gelu",
                                                       "silu", "sigmoid",    "softplus", "tanh"};

}  // namespace eigengrad::train

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_activation(std::string_view name) {
  std::string known;
  for (const std::string_view activation : train::mlp_activations) {
    known += (known.empty() ? "" : ", ") + std::string(activation);
  }
  throw_error<ValueError>("Mlp", {"unknown activation '", name, "', expected one of: ", known});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_width(Index width) {
  throw_error<ValueError>("Mlp", {"layer width is not positive: ", width});
}

template <FloatScalar T>
[[nodiscard]] nn::LayerSpec<T> activation_named(std::string_view name) {
  if (name == "relu") {
    return nn::ReLU();
  }
  if (name == "leaky_relu") {
    return nn::LeakyReLU();
  }
  if (name == "elu") {
    return nn::ELU();
  }
  if (name == "gelu") {
    return nn::GELU();
  }
  if (name == "silu") {
    return nn::SiLU();
  }
  if (name == "sigmoid") {
    return nn::Sigmoid();
  }
  if (name == "softplus") {
    return nn::Softplus();
  }
  if (name == "tanh") {
    return nn::Tanh();
  }
  throw_activation(name);
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// The model that `mlp` describes, its weights initialised from `seed` (glorot_uniform, zero
/// biases).
///
/// Throws: ValueError for a width < 1 or an unknown activation
template <FloatScalar T>
[[nodiscard]] nn::Sequential<T> make_mlp(const Mlp& mlp, std::uint64_t seed) {
  std::vector<nn::LayerSpec<T>> layers;
  Index width = mlp.features;
  for (const Index hidden : mlp.hidden) {
    if (hidden < 1) {
      eigengrad::detail::throw_width(hidden);
    }
    layers.push_back(nn::Dense(width, hidden));
    layers.push_back(eigengrad::detail::activation_named<T>(mlp.activation));
    width = hidden;
  }
  layers.push_back(nn::Dense(width, mlp.outputs));
  if (mlp.task == Task::binary) {
    layers.push_back(nn::Sigmoid());
  }
  return nn::Sequential<T>(layers, {.seed = seed});
}

}  // namespace eigengrad::train
