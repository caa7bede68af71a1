#pragma once
// The losses as objects that fit() and evaluate() take. Any callable of (prediction, target) that
// gives a scalar tensor will do as well. A third argument weighs the samples or the losses: see
// LossOptions.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/tensor/tensor.hpp>

namespace eigengrad::train {

/// Keras's "binary_crossentropy": from probabilities, through the logits when the model ends in a
/// sigmoid.
struct BinaryCrossEntropy {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return binary_cross_entropy(prediction, target, {.weights = weights});
  }
};

/// The same from logits: the model ends in a Dense layer.
struct BinaryCrossEntropyWithLogits {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& logits, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return binary_cross_entropy_with_logits(logits, target, {.weights = weights});
  }
};

/// PyTorch's "cross_entropy": from logits, against class indices or one-hot rows.
struct CrossEntropy {
  template <FloatScalar T, AnyScalar Y>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& logits, const Tensor<Y>& target,
                                     const Tensor<T>& weights = {}) const {
    return cross_entropy(logits, target, {.weights = weights});
  }
};

/// Keras's "mean_squared_error".
struct MeanSquaredError {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return mean_squared_error(prediction, target, {.weights = weights});
  }
};

/// Keras's "mean_absolute_error".
struct MeanAbsoluteError {
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return mean_absolute_error(prediction, target, {.weights = weights});
  }
};

/// Huber's loss: quadratic up to `delta`, linear beyond.
struct Huber {
  double delta = 1.0;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& prediction, const Tensor<T>& target,
                                     const Tensor<T>& weights = {}) const {
    return huber(prediction, target, delta, {.weights = weights});
  }
};

}  // namespace eigengrad::train
