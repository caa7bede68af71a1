#pragma once
// cross_validate: the score of a procedure on each fold of a data set. The folds are made by
// data/k_fold.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/data/split.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigengrad::train {

/// The score of every fold.
struct CrossValidation {
  std::vector<double> scores;

  /// Mean of the scores.
  [[nodiscard]] double mean() const noexcept {
    double sum = 0;
    for (const double score : scores) {
      sum += score;
    }
    return sum / static_cast<double>(scores.size());
  }
  /// Standard deviation of the scores, dividing by their number as NumPy's std.
  [[nodiscard]] double standard_deviation() const noexcept {
    const double center = mean();
    double squares = 0;
    for (const double score : scores) {
      squares += (score - center) * (score - center);
    }
    return std::sqrt(squares / static_cast<double>(scores.size()));
  }
};

/// Runs score(train, test, fold) for every fold, counted from 0: it builds a new model, trains it
/// on `train` and gives its score on `test`. Scalers belong into it too: fitted on `train` alone.
///
/// Shapes:    data.x (n, ...), data.y (n, ...)
/// Throws:    ShapeError if x and y differ in rows; ValueError for no folds; IndexError if a fold
///            names a row outside [0, n); what score throws
/// Cost:      copies the data once a fold
/// Reference: scikit-learn `cross_val_score`
template <AnyScalar T, AnyScalar Y, class Score>
[[nodiscard]] CrossValidation cross_validate(const Dataset<T, Y>& data,
                                             const std::vector<SplitIndices>& folds,
                                             Score&& score) {
  static_cast<void>(eigengrad::detail::rows_of("cross_validate", data.x, data.y));
  if (folds.empty()) {
    throw ValueError("cross_validate", "no folds");
  }
  CrossValidation result;
  for (std::size_t i = 0; i < folds.size(); ++i) {
    const auto part = [&](const Tensor<std::int64_t>& rows) {
      return Dataset<T, Y>{take_rows(data.x, rows), take_rows(data.y, rows), data.feature_names,
                           data.class_names};
    };
    result.scores.push_back(static_cast<double>(
        score(part(folds[i].train), part(folds[i].test), static_cast<Index>(i))));
  }
  return result;
}

}  // namespace eigengrad::train
