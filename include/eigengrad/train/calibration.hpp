#pragma once
// calibration_curve: whether of the rows that a model calls 80 % likely 80 % are of class 1.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace eigengrad::train {

/// Points of a reliability diagram: one for every bin that holds a row, ascending.
struct CalibrationCurve {
  std::vector<double> prob_true;  ///< the share of class 1 among the bin's rows
  std::vector<double> prob_pred;  ///< the mean of their probabilities
  std::vector<double> count;      ///< how many they are
};

/// Bins of equal width over [0, 1], each without its lower end and with its upper one; 0 is in the
/// first.
///
/// Shapes:    probability (n,) or (n, 1), target as many labels 0 and 1
/// Throws:    ShapeError if they differ in size; ValueError for n_bins < 1, no rows, a probability
///            outside [0, 1] or a target that is neither 0 nor 1
/// Reference: scikit-learn `calibration_curve(strategy="uniform")`
template <FloatScalar T, AnyScalar Y>
[[nodiscard]] CalibrationCurve calibration_curve(const Tensor<T>& probability,
                                                 const Tensor<Y>& target, Index n_bins = 5) {
  constexpr std::string_view op = "calibration_curve";
  using eigengrad::detail::concat;
  const std::vector<T> p = to_vector(probability);
  const std::vector<Y> y = to_vector(target);
  if (n_bins < 1) {
    throw ValueError(op, concat("n_bins is not positive: ", n_bins));
  }
  if (p.size() != y.size()) {
    throw ShapeError(
        op, concat("probabilities are ", probability.shape(), ", targets are ", target.shape()),
        probability.shape(), target.shape());
  }
  if (p.empty()) {
    throw ValueError(op, "no rows");
  }
  const auto bins = static_cast<std::size_t>(n_bins);
  std::vector<double> ends;  // of all bins but the last
  for (std::size_t i = 1; i < bins; ++i) {
    ends.push_back(static_cast<double>(i) * (1.0 / static_cast<double>(n_bins)));
  }
  std::vector<double> count(bins);
  std::vector<double> ones(bins);
  std::vector<double> sum(bins);
  for (std::size_t row = 0; row < p.size(); ++row) {
    if (!(p[row] >= T(0) && p[row] <= T(1))) {
      throw ValueError(op, concat("probability ", p[row], " at row ", row, " is outside [0, 1]"));
    }
    if (y[row] != Y(0) && y[row] != Y(1)) {
      throw ValueError(op, concat("target ", y[row], " at row ", row, " is neither 0 nor 1"));
    }
    const auto value = static_cast<double>(p[row]);
    const auto bin =
        static_cast<std::size_t>(std::lower_bound(ends.begin(), ends.end(), value) - ends.begin());
    count[bin] += 1;
    ones[bin] += y[row] == Y(1) ? 1 : 0;
    sum[bin] += value;
  }
  CalibrationCurve curve;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    if (count[bin] > 0) {
      curve.prob_true.push_back(ones[bin] / count[bin]);
      curve.prob_pred.push_back(sum[bin] / count[bin]);
      curve.count.push_back(count[bin]);
    }
  }
  return curve;
}

}  // namespace eigengrad::train
