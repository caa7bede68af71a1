#pragma once
// How well scores rank the rows of class 1 before those of class 0: ROC and precision-recall curves
// and the areas under them, equal to scikit-learn's, ties included. They need all scores at once;
// what can be gathered batch by batch is in metric.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

namespace eigengrad::train {

/// Rates at every threshold, from the highest (infinity: nothing is predicted 1) to the lowest.
struct RocCurve {
  std::vector<double> false_positive_rate;
  std::vector<double> true_positive_rate;
  std::vector<double> thresholds;
};

/// Precision and recall when the rows with scores >= threshold are predicted 1, thresholds
/// ascending. The last point, precision 1 and recall 0, has no threshold.
struct PrecisionRecallCurve {
  std::vector<double> precision;
  std::vector<double> recall;
  std::vector<double> thresholds;
};

}  // namespace eigengrad::train

namespace eigengrad::detail {

/// Of the rows with a score >= threshold, how many are of class 1 and of class 0; thresholds are
/// the distinct scores, descending.
struct RankedCounts {
  std::vector<double> ones;
  std::vector<double> zeros;
  std::vector<double> thresholds;
};

/// Throws: ShapeError, ValueError
template <FloatScalar T, AnyScalar Y>
[[nodiscard]] RankedCounts ranked_counts(std::string_view op, const Tensor<T>& score,
                                         const Tensor<Y>& target) {
  const std::vector<T> scores = to_vector(score);
  const std::vector<Y> targets = to_vector(target);
  if (scores.size() != targets.size()) {
    throw ShapeError(op, concat("scores are ", score.shape(), ", targets are ", target.shape()),
                     score.shape(), target.shape());
  }
  if (scores.empty()) {
    throw ValueError(op, "no rows");
  }
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (!std::isfinite(scores[i])) {
      throw ValueError(op, concat("score ", scores[i], " at row ", i, " is not finite"));
    }
    if (targets[i] != Y(0) && targets[i] != Y(1)) {
      throw ValueError(op, concat("target ", targets[i], " at row ", i, " is neither 0 nor 1"));
    }
  }
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  RankedCounts result;
  double ones = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    ones += targets[order[i]] == Y(1) ? 1 : 0;
    // Rows of equal scores are predicted 1 together.
    if (i + 1 == order.size() || scores[order[i + 1]] != scores[order[i]]) {
      result.ones.push_back(ones);
      result.zeros.push_back(static_cast<double>(i + 1) - ones);
      result.thresholds.push_back(static_cast<double>(scores[order[i]]));
    }
  }
  return result;
}

/// Keeps the points that `wanted(i)` names, and both ends.
template <class Wanted>
void keep_points(RankedCounts& counts, Wanted&& wanted) {
  const std::size_t n = counts.ones.size();
  std::size_t kept = 0;
  const RankedCounts all = counts;
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || i + 1 == n || wanted(all, i)) {
      counts.ones[kept] = all.ones[i];
      counts.zeros[kept] = all.zeros[i];
      counts.thresholds[kept++] = all.thresholds[i];
    }
  }
  counts.ones.resize(kept);
  counts.zeros.resize(kept);
  counts.thresholds.resize(kept);
}

/// Each value over the last one; NaN throughout if that is 0.
inline void scale_to_rate(std::vector<double>& counts) {
  const double all = counts.back();
  for (double& count : counts) {
    count = all > 0 ? count / all : std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// The ROC curve: true against false positive rate. drop_intermediate leaves out points on a
/// straight line between others. Where a class has no row its rate is NaN.
///
/// Shapes:    score (n,) or (n, 1), target as many labels 0 and 1
/// Throws:    ShapeError if they differ in size; ValueError for no rows, a score that is not finite
///            or a target that is neither 0 nor 1
/// Cost:      O(n log n)
/// Reference: scikit-learn `roc_curve`
template <FloatScalar T, AnyScalar Y>
[[nodiscard]] RocCurve roc_curve(const Tensor<T>& score, const Tensor<Y>& target,
                                 bool drop_intermediate = true) {
  eigengrad::detail::RankedCounts counts =
      eigengrad::detail::ranked_counts("roc_curve", score, target);
  if (drop_intermediate) {
    eigengrad::detail::keep_points(counts, [](const auto& all, std::size_t i) {
      const auto bends = [i](const std::vector<double>& x) {
        return x[i + 1] - x[i] != x[i] - x[i - 1];
      };
      return bends(all.ones) || bends(all.zeros);
    });
  }
  RocCurve curve{{0.0}, {0.0}, {std::numeric_limits<double>::infinity()}};
  const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(curve.false_positive_rate, counts.zeros);
  append(curve.true_positive_rate, counts.ones);
  append(curve.thresholds, counts.thresholds);
  eigengrad::detail::scale_to_rate(curve.false_positive_rate);
  eigengrad::detail::scale_to_rate(curve.true_positive_rate);
  return curve;
}

/// Area under the ROC curve: the chance that a row of class 1 has a higher score than one of class
/// 0, ties counting half. NaN if all rows are of one class.
///
/// Shapes:    as roc_curve
/// Throws:    as roc_curve
/// Cost:      O(n log n)
/// Reference: scikit-learn `roc_auc_score`; Hanley and McNeil 1982
template <FloatScalar T, AnyScalar Y>
[[nodiscard]] double roc_auc(const Tensor<T>& score, const Tensor<Y>& target) {
  const eigengrad::detail::RankedCounts counts =
      eigengrad::detail::ranked_counts("roc_auc", score, target);
  double area = 0;  // in units of single rows: exact
  double ones = 0;
  double zeros = 0;
  for (std::size_t i = 0; i < counts.ones.size(); ++i) {
    area += (counts.zeros[i] - zeros) * (counts.ones[i] + ones) / 2.0;
    ones = counts.ones[i];
    zeros = counts.zeros[i];
  }
  return ones > 0 && zeros > 0 ? area / (ones * zeros) : std::numeric_limits<double>::quiet_NaN();
}

/// The precision-recall curve. drop_intermediate leaves out points between others of the same
/// recall. Without a row of class 1 the recall is 1 at every threshold.
///
/// Shapes:    as roc_curve
/// Throws:    as roc_curve
/// Cost:      O(n log n)
/// Reference: scikit-learn `precision_recall_curve`
template <FloatScalar T, AnyScalar Y>
[[nodiscard]] PrecisionRecallCurve precision_recall_curve(const Tensor<T>& score,
                                                          const Tensor<Y>& target,
                                                          bool drop_intermediate = false) {
  eigengrad::detail::RankedCounts counts =
      eigengrad::detail::ranked_counts("precision_recall_curve", score, target);
  if (drop_intermediate) {
    eigengrad::detail::keep_points(counts, [](const auto& all, std::size_t i) {
      return all.ones[i] != all.ones[i - 1] || all.ones[i + 1] != all.ones[i];
    });
  }
  PrecisionRecallCurve curve;
  const double ones = counts.ones.back();
  for (std::size_t i = counts.ones.size(); i-- > 0;) {
    curve.precision.push_back(counts.ones[i] / (counts.ones[i] + counts.zeros[i]));
    curve.recall.push_back(ones > 0 ? counts.ones[i] / ones : 1.0);
    curve.thresholds.push_back(counts.thresholds[i]);
  }
  curve.precision.push_back(1.0);
  curve.recall.push_back(0.0);
  return curve;
}

/// Average precision: the sum over thresholds of the precision times the gain in recall, without
/// interpolation. 0 without a row of class 1.
///
/// Shapes:    as roc_curve
/// Throws:    as roc_curve
/// Cost:      O(n log n)
/// Reference: scikit-learn `average_precision_score`
template <FloatScalar T, AnyScalar Y>
[[nodiscard]] double average_precision(const Tensor<T>& score, const Tensor<Y>& target) {
  const eigengrad::detail::RankedCounts counts =
      eigengrad::detail::ranked_counts("average_precision", score, target);
  double sum = 0;
  double before = 0;
  for (std::size_t i = 0; i < counts.ones.size(); ++i) {
    sum += (counts.ones[i] - before) * counts.ones[i] / (counts.ones[i] + counts.zeros[i]);
    before = counts.ones[i];
  }
  return before > 0 ? sum / before : 0.0;
}

}  // namespace eigengrad::train
