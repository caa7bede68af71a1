#pragma once
// Class weights: a loss in which every row counts by its class, as Keras's `class_weight`. Weights
// of single rows are FitOptions::sample_weight; both at once are refused, as Keras does.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/train/loss_traits.hpp>

#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// Calls visit(row, class) for every row of targets: class indices (n,) or (n, 1), whole numbers
/// also as floats, or one-hot rows (n, classes).
///
/// Throws:    ShapeError for targets of another shape; ValueError for a target that is no class
///            index in [0, classes)
template <AnyScalar Y, class Visit>
void for_each_class(std::string_view op, const Tensor<Y>& target, Index classes, Visit&& visit) {
  if (target.rank() < 1 || target.rank() > 2) {
    throw ShapeError(op,
                     concat("targets are neither (n,), (n, 1) nor (n, classes): ", target.shape()),
                     target.shape());
  }
  const Tensor<Y> dense = packed(target);
  const Index rows = dense.shape()[0];
  const Index width = dense.rank() == 2 ? dense.shape()[1] : 1;
  if (width > 1 && width != classes) {
    throw ShapeError(op, concat(classes, " classes, targets are ", dense.shape()), dense.shape());
  }
  for (Index row = 0; row < rows; ++row) {
    const Y* const y = dense.data() + row * width;
    Index found = 0;
    if (width > 1) {
      for (Index i = 1; i < width; ++i) {
        found = y[i] > y[found] ? i : found;
      }
    } else {
      const auto value = static_cast<double>(y[0]);
      if (!(value >= 0 && value < static_cast<double>(classes) && value == std::floor(value))) {
        throw ValueError(
            op, concat("target ", value, " at row ", row, " is no class of [0, ", classes, ")"));
      }
      found = static_cast<Index>(value);
    }
    visit(row, found);
  }
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Weights that give every class the same say: rows / (classes count). A class without rows has
/// weight 0.
///
/// Shapes:    class indices (n,) or (n, 1), whole numbers also as floats, or one-hot rows (n,
///            classes) -> one weight a class
/// Throws:    ValueError if classes < 1 or a target is no class index; ShapeError for other targets
/// Reference: scikit-learn `compute_class_weight("balanced")`
template <AnyScalar Y>
[[nodiscard]] std::vector<double> balanced_class_weights(const Tensor<Y>& target, Index classes) {
  constexpr std::string_view op = "balanced_class_weights";
  if (classes < 1) {
    throw ValueError(op, eigengrad::detail::concat("classes is not positive: ", classes));
  }
  std::vector<double> counts(static_cast<std::size_t>(classes));
  double rows = 0;
  eigengrad::detail::for_each_class(op, target, classes, [&](Index /*row*/, Index y) {
    ++counts[static_cast<std::size_t>(y)];
    ++rows;
  });
  for (double& count : counts) {
    count = count > 0 ? rows / (static_cast<double>(classes) * count) : 0.0;
  }
  return counts;
}

/// A loss whose rows are multiplied by the weight of their class before the mean over the batch,
/// which divides by the number of rows: `train::fit(model, data, adam,
/// train::ClassWeighted(train::BinaryCrossEntropy{}, {1.0, 5.0}))`. As in Keras the weights are for
/// training: validation in fit() and evaluate() use the plain loss; in training they are the
/// weights of weighted_metrics too.
///
/// Shapes:    targets as for balanced_class_weights
/// Throws:    ValueError for no weights, or one that is negative or not finite; on its call as
///            balanced_class_weights, and what the loss throws
/// Reference: Keras `Model.fit(class_weight=...)`
template <class Loss>
class ClassWeighted {
 public:
  ClassWeighted(Loss loss, std::vector<double> weights)
      : loss_(std::move(loss)), weights_(std::move(weights)) {
    if (weights_.empty()) {
      throw ValueError("ClassWeighted", "no weights");
    }
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      if (!(weights_[i] >= 0) || !std::isfinite(weights_[i])) {
        throw ValueError("ClassWeighted",
                         eigengrad::detail::concat("weight of class ", i,
                                                   " is outside [0, inf): ", weights_[i]));
      }
    }
  }

  template <FloatScalar T, AnyScalar Y>
  requires(eigengrad::detail::takes_weights<Loss, T, Y>) [[nodiscard]] Tensor<T> operator()(
      const Tensor<T>& prediction, const Tensor<Y>& target) const {
    return loss_(prediction, target, sample_weight<T>(target));
  }

  /// The weight of every row. Throws: as its call
  template <FloatScalar T, AnyScalar Y>
  [[nodiscard]] Tensor<T> sample_weight(const Tensor<Y>& target) const {
    Tensor<T> of_rows =
        eigengrad::detail::uninitialized<T>(Shape{target.rank() > 0 ? target.shape()[0] : 0});
    T* const to = of_rows.mutable_data();
    eigengrad::detail::for_each_class(
        "ClassWeighted", target, static_cast<Index>(weights_.size()), [&](Index row, Index y) {
          to[row] = static_cast<T>(weights_[static_cast<std::size_t>(y)]);
        });
    return of_rows;
  }

  /// What validation uses.
  [[nodiscard]] const Loss& unweighted() const noexcept { return loss_; }

 private:
  Loss loss_;
  std::vector<double> weights_;
};

}  // namespace eigengrad::train
