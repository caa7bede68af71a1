#pragma once
// What fit() and evaluate() ask of a loss: whether it is one, whether it takes weights of samples,
// and which one evaluation uses. The losses themselves are in train/loss.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_loss_shape(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"the loss gave ", shape, ", expected a scalar"}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_weight_shape(std::string_view op,
                                                           const Shape& weights, Index rows) {
  throw_shape_error(op, {"sample_weight is ", weights, ", expected (", rows, ",)"}, weights);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_weight(std::string_view op, double weight,
                                                     Index row) {
  throw_error<ValueError>(op, {"sample_weight ", weight, " at row ", row, " is outside [0, inf)"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_weights(std::string_view op) {
  throw_error<ValueError>(op, {"sample_weight was given, but the loss takes no weights"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_weights_twice(std::string_view op) {
  throw_error<ValueError>(op, {"both sample_weight and class weights were given"});
}

/// Whether fit() and evaluate() take a loss for predictions of T and targets of Y. A plain value:
/// of a concept the compiler would print the whole derivation.
template <class Loss, class T, class Y>
inline constexpr bool is_loss =
    std::is_invocable_r_v<Tensor<T>, const Loss&, const Tensor<T>&, const Tensor<Y>&>;

/// Whether a loss takes weights of samples as a third argument, undefined when there are none.
template <class Loss, class T, class Y>
inline constexpr bool takes_weights =
    std::is_invocable_r_v<Tensor<T>, const Loss&, const Tensor<T>&, const Tensor<Y>&,
                          const Tensor<T>&>;

/// Whether a loss weighs the samples by itself, by their classes (train/class_weights.hpp).
template <class Loss>
inline constexpr bool weighs_classes = requires(const Loss& loss) {
  loss.unweighted();
};

/// The words of those who are given another: a static_assert takes a literal only.
#define EIGENGRAD_LOSS_MESSAGE                                                                 \
  "a loss is a callable (Tensor<T> prediction, Tensor<Y> target) -> Tensor<T>, T and Y as in " \
  "the Dataset<T, Y>; those of train/loss.hpp but CrossEntropy want Y = T: see cast<T>()"

/// The loss as evaluation sees it: class weights are for training.
template <class Loss>
[[nodiscard]] const auto& evaluation_loss(const Loss& loss) noexcept {
  if constexpr (weighs_classes<Loss>) {
    return loss.unweighted();
  } else {
    return loss;
  }
}

template <class Loss>
using EvaluationLoss = std::remove_cvref_t<decltype(evaluation_loss(std::declval<const Loss&>()))>;

/// The loss of a batch. Throws: ShapeError unless it is a scalar; what the loss throws
template <class Loss, FloatScalar T, AnyScalar Y>
[[nodiscard]] Tensor<T> loss_of(std::string_view op, const Loss& loss, const Tensor<T>& prediction,
                                const Tensor<Y>& target, const Tensor<T>& weights) {
  Tensor<T> value;
  if constexpr (takes_weights<Loss, T, Y>) {
    value = loss(prediction, target, weights);
  } else {
    value = loss(prediction, target);
  }
  if (value.size() != 1) {
    throw_loss_shape(op, value.shape());
  }
  return value;
}

/// Weights of samples as the loops read them: contiguous, or undefined when there are none.
///
/// Throws:    ShapeError unless they are (rows,); ValueError for one that is negative or not finite
template <FloatScalar T>
[[nodiscard]] Tensor<T> checked_weights(std::string_view op, const Tensor<T>& weights, Index rows) {
  if (!weights.defined()) {
    return {};
  }
  if (weights.rank() != 1 || weights.size() != rows) {
    throw_weight_shape(op, weights.shape(), rows);
  }
  Tensor<T> dense = packed(weights);
  for (Index i = 0; i < rows; ++i) {
    const auto weight = static_cast<double>(dense.data()[i]);
    if (!(weight >= 0) || !std::isfinite(weight)) {
      throw_weight(op, weight, i);
    }
  }
  return dense;
}

/// The same for a loss, which must take them. Throws: ValueError too if it does not
template <class Loss, AnyScalar Y, FloatScalar T>
[[nodiscard]] Tensor<T> weights_for(std::string_view op, const Tensor<T>& weights, Index rows) {
  if (!takes_weights<Loss, T, Y> && weights.defined()) {
    if (weighs_classes<Loss>) {
      throw_weights_twice(op);
    }
    throw_no_weights(op);
  }
  return checked_weights(op, weights, rows);
}

}  // namespace eigengrad::detail
