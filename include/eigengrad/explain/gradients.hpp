#pragma once
// Saliency: the gradient of a model's output with respect to its input, plain or times the input.
// Smoothed over noise: noise_tunnel.hpp; along a path: integrated_gradients.hpp.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>

namespace eigengrad::explain {

struct SaliencyOptions {
  Target target = {};
  /// The gradient's magnitude, as Captum and the paper; else the gradient itself.
  bool absolute = true;
};

/// How much the output changes with each input: |df/dx|. `f` is a model or any function of a batch
/// whose rows do not depend on each other; a model is in evaluation mode meanwhile.
///
/// Shapes:    x (n, ...); f(x) is (n,), (n, 1) or, with a target, (n, outputs) -> as x
/// Gradient:  none; the result is a constant and no parameter is written
/// Throws:    ValueError for an empty x, several outputs without a target, or a const model in
///            training mode; IndexError for a target that there is not; ShapeError for other
///            shapes; what f throws
/// Cost:      one forward and one backward pass over all rows
/// Reference: Simonyan, Vedaldi, Zisserman 2013; Captum `Saliency`
template <FloatScalar T, class F>
[[nodiscard]] Tensor<T> saliency(F&& f, const Tensor<T>& x, const SaliencyOptions& options = {}) {
  static_cast<void>(eigengrad::detail::rows_to_explain("saliency", x));
  const eigengrad::detail::InferenceMode mode("saliency", f);
  Tensor<T> gradient = eigengrad::detail::input_gradient("saliency", f, x, options.target);
  if (!options.absolute) {
    return gradient;
  }
  Tensor<T> magnitude = eigengrad::detail::copied(gradient);
  for (T& value : magnitude.mutable_values()) {
    value = std::abs(value);
  }
  return magnitude;
}

struct InputXGradientOptions {
  Target target = {};
};

/// The input times the gradient: what each input adds to the output, were the model linear.
///
/// Shapes:    as saliency
/// Gradient:  none; the result is a constant
/// Throws:    as saliency
/// Cost:      as saliency
/// Reference: Shrikumar, Greenside, Shcherbina, Kundaje 2016; Captum `InputXGradient`
template <FloatScalar T, class F>
[[nodiscard]] Tensor<T> input_x_gradient(F&& f, const Tensor<T>& x,
                                         const InputXGradientOptions& options = {}) {
  static_cast<void>(eigengrad::detail::rows_to_explain("input_x_gradient", x));
  const eigengrad::detail::InferenceMode mode("input_x_gradient", f);
  const Tensor<T> gradient =
      eigengrad::detail::input_gradient("input_x_gradient", f, x, options.target);
  Tensor<T> product = eigengrad::detail::copied(x);
  T* const to = product.mutable_data();
  for (Index i = 0; i < product.size(); ++i) {
    to[i] *= gradient.data()[i];
  }
  return product;
}

}  // namespace eigengrad::explain
