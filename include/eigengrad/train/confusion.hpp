#pragma once
// The confusion matrix of class predictions, and precision, recall and F1 of every class with their
// averages, equal to scikit-learn's. The binary ones, batch by batch, are in metric.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eigengrad::train {

/// The class of each row: of several scores the largest one's, the first of equal ones; of one
/// probability class 1 above `threshold`, else 0 (pass 0 when the model gives logits).
///
/// Shapes:    prediction (n, classes) or (n, 1) or (n,) -> (n,)
/// Throws:    ShapeError for another rank or no classes
template <FloatScalar T>
[[nodiscard]] Tensor<std::int64_t> predicted_classes(const Tensor<T>& prediction,
                                                     double threshold = 0.5) {
  if (prediction.rank() < 1 || prediction.rank() > 2 || prediction.extent(-1) == 0) {
    throw ShapeError("predicted_classes",
                     eigengrad::detail::concat("prediction is neither (n,) nor (n, classes): ",
                                               prediction.shape()),
                     prediction.shape());
  }
  const Tensor<T> dense = eigengrad::detail::packed(prediction);
  const Index width = dense.rank() == 2 ? dense.shape()[1] : 1;
  const Index rows = dense.shape()[0];
  Tensor<std::int64_t> result = eigengrad::detail::uninitialized<std::int64_t>(Shape{rows});
  std::int64_t* const to = result.mutable_data();
  for (Index row = 0; row < rows; ++row) {
    const T* const p = dense.data() + row * width;
    to[row] = static_cast<double>(p[0]) > threshold ? 1 : 0;
    if (width > 1) {
      to[row] = 0;
      for (Index i = 1; i < width; ++i) {
        to[row] = p[i] > p[to[row]] ? i : to[row];
      }
    }
  }
  return result;
}

/// matrix[i, j]: how many rows of class i were predicted as class j.
///
/// Shapes:    predicted (n,), target as many class indices (whole numbers also as floats) ->
///            (classes, classes)
/// Throws:    ShapeError if they differ in size; ValueError if classes < 1 or a prediction or
///            target is no class of [0, classes)
/// Reference: scikit-learn `confusion_matrix`
template <AnyScalar P, AnyScalar Y>
[[nodiscard]] Tensor<std::int64_t> confusion_matrix(const Tensor<P>& predicted,
                                                    const Tensor<Y>& target, Index classes) {
  constexpr std::string_view op = "confusion_matrix";
  using eigengrad::detail::concat;
  if (classes < 1) {
    throw ValueError(op, concat("classes is not positive: ", classes));
  }
  if (predicted.size() != target.size()) {
    throw ShapeError(
        op, concat("predictions are ", predicted.shape(), ", targets are ", target.shape()),
        predicted.shape(), target.shape());
  }
  Tensor<std::int64_t> matrix = zeros<std::int64_t>({classes, classes});
  std::int64_t* const to = matrix.mutable_data();
  const std::vector<P> p = to_vector(predicted);
  const std::vector<Y> t = to_vector(target);
  const auto class_of = [&](std::string_view what, double value, std::size_t row) {
    if (!(value >= 0 && value < static_cast<double>(classes) && value == std::floor(value))) {
      throw ValueError(
          op, concat(what, " ", value, " at row ", row, " is no class of [0, ", classes, ")"));
    }
    return static_cast<Index>(value);
  };
  for (std::size_t row = 0; row < p.size(); ++row) {
    const Index is = class_of("target", static_cast<double>(t[row]), row);
    ++to[is * classes + class_of("prediction", static_cast<double>(p[row]), row)];
  }
  return matrix;
}

/// Precision, recall and F1 of one class, or their averages.
struct ClassScore {
  double precision = 0;  ///< of the rows predicted so, the share that is; 0 if there are none
  double recall = 0;     ///< of the rows that are, the share predicted so; 0 if there are none
  double f1 = 0;         ///< 2 true / (2 true + wrongly predicted + missed); 0 if that is 0 / 0
  Index support = 0;     ///< rows that are of the class
};

/// The scores of all classes and their averages.
struct ClassScores {
  std::vector<ClassScore> classes;
  ClassScore macro;     ///< plain mean over the classes
  ClassScore weighted;  ///< mean weighted by support
  double accuracy = 0;  ///< share of right rows, which is also the micro average of all three
};

/// The scores of a confusion matrix.
///
/// Shapes:    (classes, classes)
/// Throws:    ShapeError for another shape; ValueError for a matrix of zeros
/// Reference: scikit-learn `precision_recall_fscore_support(zero_division=0)` with every class in
///            `labels`
[[nodiscard]] inline ClassScores class_scores(const Tensor<std::int64_t>& matrix) {
  if (matrix.rank() != 2 || matrix.shape()[0] != matrix.shape()[1]) {
    throw ShapeError("class_scores",
                     eigengrad::detail::concat("the matrix is not square: ", matrix.shape()),
                     matrix.shape());
  }
  const Index n = matrix.shape()[0];
  const auto ratio = [](double a, double b) { return b > 0 ? a / b : 0.0; };
  ClassScores result;
  double rows = 0;
  double right = 0;
  for (Index i = 0; i < n; ++i) {
    Index predicted = 0;
    ClassScore score;
    for (Index j = 0; j < n; ++j) {
      score.support += matrix.at(i, j);
      predicted += matrix.at(j, i);
    }
    const auto hits = static_cast<double>(matrix.at(i, i));
    const auto support = static_cast<double>(score.support);
    score.precision = ratio(hits, static_cast<double>(predicted));
    score.recall = ratio(hits, support);
    score.f1 = ratio(2 * hits, static_cast<double>(predicted + score.support));
    result.classes.push_back(score);
    rows += support;
    right += hits;
  }
  if (rows == 0) {
    throw ValueError("class_scores", "the matrix counts no rows");
  }
  const auto average = [&](auto weight) {
    ClassScore sum;
    for (const ClassScore& score : result.classes) {
      const double share = weight(score);
      sum.precision += share * score.precision;
      sum.recall += share * score.recall;
      sum.f1 += share * score.f1;
      sum.support += score.support;
    }
    return sum;
  };
  result.macro = average([&](const ClassScore&) { return 1.0 / static_cast<double>(n); });
  result.weighted =
      average([&](const ClassScore& score) { return static_cast<double>(score.support) / rows; });
  result.accuracy = right / rows;
  return result;
}

}  // namespace eigengrad::train
