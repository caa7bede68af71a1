#pragma once
// Partial dependence: the model's outputs as one or two features take each value of a grid, for
// every row (individual conditional expectation) and on average.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

namespace eigengrad::explain {

struct PartialDependenceOptions {
  /// From which to which quantile of the feature the grid goes.
  std::array<double, 2> percentiles = {0.05, 0.95};
  /// Points along a feature; one of fewer distinct values has those.
  Index grid_resolution = 100;
  /// Rows in one call of the model.
  Index batch_size = 256;
};

/// What partial_dependence gives; scikit-learn's names. Outputs are those of a row.
template <FloatScalar T>
struct PartialDependence {
  std::vector<Tensor<T>> grid_values;  ///< of each feature, (g,) or (g1,) and (g2,)
  Tensor<T> average;                   ///< (outputs, g) or (outputs, g1, g2)
  Tensor<T> individual;                ///< (outputs, n, g) or (outputs, n, g1, g2)
};

}  // namespace eigengrad::explain

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_feature_count(std::size_t count) {
  throw_error<ValueError>("partial_dependence", {"expected one or two features, got ", count});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_feature(Index feature, Index features) {
  throw_error<IndexError>("partial_dependence",
                          {"feature ", feature, " is outside [0, ", features, ")"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_grid_resolution(Index resolution) {
  throw_error<ValueError>("partial_dependence", {"grid_resolution is below 2: ", resolution});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_percentiles(double low, double high) {
  throw_error<ValueError>("partial_dependence",
                          {"percentiles are not 0 <= low < high <= 1: ", low, ", ", high});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_feature_value(Index feature, double value) {
  throw_error<ValueError>("partial_dependence",
                          {"feature ", feature, " has a value that is not finite: ", value});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_percentiles_meet(Index feature, double value) {
  throw_error<ValueError>("partial_dependence", {"both percentiles of feature ", feature, " are ",
                                                 value, "; choose some further apart"});
}

/// Quantile of ascending values between those whose ranks enclose n p + 0.4 + 0.2 p.
/// Reference: Cunnane 1978; SciPy `mquantiles`, its defaults
[[nodiscard]] inline double cunnane_quantile(const std::vector<double>& values, double p) {
  const auto n = static_cast<double>(values.size());
  const double place = n * p + 0.4 + 0.2 * p;
  const double rank = std::floor(std::clamp(place, 1.0, std::max(1.0, n - 1)));
  const double part = std::clamp(place - rank, 0.0, 1.0);
  const auto at = static_cast<std::size_t>(rank);
  const double above = at < values.size() ? values[at] : values.back();
  return (1 - part) * values[at - 1] + part * above;
}

/// The grid of one column: its distinct values if they are fewer than the resolution, else equal
/// steps between the percentiles. Throws: ValueError
template <FloatScalar T>
[[nodiscard]] Tensor<T> feature_grid(const Tensor<T>& x, Index feature,
                                     const explain::PartialDependenceOptions& options) {
  std::vector<double> values;
  for (const T value : to_vector(selected(x, 1, feature))) {
    if (!std::isfinite(value)) {
      throw_feature_value(feature, static_cast<double>(value));
    }
    values.push_back(static_cast<double>(value));
  }
  std::sort(values.begin(), values.end());
  std::vector<double> distinct = values;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const Index steps = options.grid_resolution;
  if (static_cast<Index>(distinct.size()) < steps) {
    Tensor<T> grid = uninitialized<T>({static_cast<Index>(distinct.size())});
    std::transform(distinct.begin(), distinct.end(), grid.mutable_data(),
                   [](double value) { return static_cast<T>(value); });
    return grid;
  }
  const double low = cunnane_quantile(values, options.percentiles[0]);
  const double high = cunnane_quantile(values, options.percentiles[1]);
  if (std::abs(low - high) <= 1e-8 + 1e-5 * std::abs(high)) {
    throw_percentiles_meet(feature, low);
  }
  Tensor<T> grid = uninitialized<T>({steps});
  T* const to = grid.mutable_data();
  for (Index i = 0; i < steps; ++i) {
    const double way = static_cast<double>(i) / static_cast<double>(steps - 1);
    to[i] = static_cast<T>(i + 1 == steps ? high : low + way * (high - low));
  }
  return grid;
}

/// Throws: ShapeError, ValueError, IndexError
inline void check_partial_dependence(const Shape& x, const std::vector<Index>& features,
                                     const explain::PartialDependenceOptions& options) {
  if (x.rank() != 2) {
    throw_not_table("partial_dependence", x);
  }
  if (features.empty() || features.size() > 2) {
    throw_feature_count(features.size());
  }
  for (const Index feature : features) {
    if (feature < 0 || feature >= x[1]) {
      throw_feature(feature, x[1]);
    }
  }
  const auto [low, high] = options.percentiles;
  if (!(low >= 0 && low < high && high <= 1)) {
    throw_percentiles(low, high);
  }
  if (options.grid_resolution < 2) {
    throw_grid_resolution(options.grid_resolution);
  }
  check_positive("partial_dependence", "batch size", options.batch_size);
}

/// The model's outputs (n, outputs) for the rows of a table, in batches, as one vector.
template <FloatScalar T, class F>
[[nodiscard]] std::vector<T> table_outputs(F& f, const Tensor<T>& x, Index batch_size) {
  const Index rows = x.shape()[0];
  std::vector<T> all;
  for (Index start = 0; start < rows; start += batch_size) {
    const Index stop = std::min(start + batch_size, rows);
    const Tensor<T> y = f(sliced(x, 0, start, stop));
    if (y.rank() == 0 || y.shape()[0] != stop - start) {
      throw_model_rows("partial_dependence", y.shape(), stop - start);
    }
    if (y.rank() > 2) {
      throw_model_outputs("partial_dependence", y.shape());
    }
    const Tensor<T> values = packed(y);
    all.insert(all.end(), values.data(), values.data() + values.size());
  }
  return all;
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// The outputs of a model for all rows of x when one feature, or two, has each value of a grid
/// instead of its own. Where features go together the grid leaves what the data looks like.
///
/// Shapes:    x (n, features); f(x) is (n,) or (n, outputs) -> see PartialDependence
/// Gradient:  none; the results are constants
/// Throws:    ShapeError for an x that is no table or outputs of more axes; ValueError for an empty
///            x, another number of features, percentiles that are not in order or meet,
///            grid_resolution < 2, batch_size < 1 or a feature that is not finite; IndexError for a
///            feature that there is not
/// Cost:      a forward pass over the rows for each point of the grid
/// Reference: Friedman 2001; scikit-learn `partial_dependence`, method "brute"
template <FloatScalar T, class F>
[[nodiscard]] PartialDependence<T> partial_dependence(
    F&& f, const Tensor<T>& x, const std::vector<Index>& features,
    const PartialDependenceOptions& options = {}) {
  eigengrad::detail::check_partial_dependence(x.shape(), features, options);
  const Index rows = eigengrad::detail::rows_to_explain("partial_dependence", x);
  const eigengrad::detail::InferenceMode mode("partial_dependence", f);
  const NoGrad no_grad;
  PartialDependence<T> result;
  Shape grid;
  for (const Index feature : features) {
    result.grid_values.push_back(eigengrad::detail::feature_grid(x, feature, options));
    grid.push_back(result.grid_values.back().size());
  }

  const Index points = grid.size();
  const Index width = x.shape()[1];
  Index outputs = 0;
  T* individual = nullptr;
  for (Index point = 0; point < points; ++point) {
    Tensor<T> table = eigengrad::detail::copied(x);
    Index rest = point;
    for (std::size_t k = features.size(); k-- > 0;) {
      const Index count = result.grid_values[k].size();
      const T value = result.grid_values[k].data()[rest % count];
      rest /= count;
      T* const to = table.mutable_data() + features[k];
      for (Index row = 0; row < rows; ++row) {
        to[row * width] = value;
      }
    }
    const std::vector<T> y = eigengrad::detail::table_outputs(f, table, options.batch_size);
    if (point == 0) {
      outputs = static_cast<Index>(y.size()) / rows;
      Shape average{outputs};
      Shape each{outputs, rows};
      for (const Index count : grid) {
        average.push_back(count);
        each.push_back(count);
      }
      result.average = empty<T>(average);
      result.individual = empty<T>(each);
      individual = result.individual.mutable_data();
    }
    for (Index output = 0; output < outputs; ++output) {
      double sum = 0;
      for (Index row = 0; row < rows; ++row) {
        const T value = y[static_cast<std::size_t>(row * outputs + output)];
        individual[(output * rows + row) * points + point] = value;
        sum += static_cast<double>(value);
      }
      result.average.mutable_data()[output * points + point] =
          static_cast<T>(sum / static_cast<double>(rows));
    }
  }
  return result;
}

/// The same of one feature.
template <FloatScalar T, class F>
[[nodiscard]] PartialDependence<T> partial_dependence(
    F&& f, const Tensor<T>& x, Index feature, const PartialDependenceOptions& options = {}) {
  return partial_dependence(f, x, std::vector<Index>{feature}, options);
}

}  // namespace eigengrad::explain
