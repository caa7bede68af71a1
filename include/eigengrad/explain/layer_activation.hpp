#pragma once
// Layer activations: what a layer inside a Sequential gives.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_activation_layer(Index layer, Index size) {
  throw_error<IndexError>("layer_activation",
                          {"layer ", layer, " is outside [", -size, ", ", size, ")"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_activation_name(std::string_view name,
                                                              const std::string& known) {
  throw_error<ValueError>("layer_activation",
                          {"no layer is named '", name, "': there are ", known});
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// The output of one layer for x, in evaluation mode; layers count from 0, negative ones from the
/// end. A Dense gives what it gives before the ReLU that follows it, also where the model computes
/// both in one pass.
///
/// Shapes:    x (n, ...) -> the layer's output
/// Gradient:  none; the result is a constant
/// Throws:    IndexError for a layer that there is not; ValueError for an empty x or a const model
///            in training mode; what the layers throw
/// Cost:      a forward pass up to the layer
/// Reference: Captum `LayerActivation`
template <FloatScalar T, class Model>
requires std::is_base_of_v<nn::Sequential<T>, Model>
[[nodiscard]] Tensor<T> layer_activation(Model& model, const Tensor<T>& x, Index layer) {
  static_cast<void>(eigengrad::detail::rows_to_explain("layer_activation", x));
  const Index size = model.size();
  if (layer < -size || layer >= size) {
    eigengrad::detail::throw_activation_layer(layer, size);
  }
  const eigengrad::detail::InferenceMode mode("layer_activation", model);
  const NoGrad no_grad;
  return model.apply(detach(x), 0, (layer < 0 ? layer + size : layer) + 1);
}

/// The same of the layer of that name.
/// Throws: ValueError naming the layers that have a name
template <FloatScalar T, class Model>
requires std::is_base_of_v<nn::Sequential<T>, Model>
[[nodiscard]] Tensor<T> layer_activation(Model& model, const Tensor<T>& x, std::string_view layer) {
  std::string known;
  for (std::size_t i = 0; i < model.layers().size(); ++i) {
    const std::string& name = model.layers()[i].name();
    if (name == layer && !name.empty()) {
      return layer_activation(model, x, static_cast<Index>(i));
    }
    known += name.empty() ? "" : (known.empty() ? "" : ", ") + name;
  }
  eigengrad::detail::throw_activation_name(layer, known.empty() ? "none with a name" : known);
}

}  // namespace eigengrad::explain
