#pragma once
// Features brought to a common scale: normalize (one mean and deviation for everything, as the
// Keras tutorial does) and Standardizer (one for each feature, as scikit-learn's StandardScaler).
// All in double, rounded once. Results are constants: nothing is recorded on a tape.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/data/checks.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace eigengrad {

/// What is subtracted, and what is divided by.
struct Normalization {
  double mean = 0.0;
  double scale = 1.0;
};

namespace detail {

/// scikit-learn's test whether a variance is that of a constant up to rounding.
/// Reference: Chan, Golub, LeVeque 1983, for the error of the two-pass variance
[[nodiscard]] inline bool is_constant(double variance, double mean, Index count) noexcept {
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  const auto n = static_cast<double>(count);
  const double error = n * mean * epsilon;
  return variance <= n * epsilon * variance + error * error;
}

/// Deviation to divide by: 1 where there is none.
[[nodiscard]] inline double scale_of(double variance, double mean, Index count) noexcept {
  return is_constant(variance, mean, count) ? 1.0 : std::sqrt(variance);
}

[[noreturn]] EIGENGRAD_COLD inline void throw_not_features(const Shape& shape) {
  throw_shape_error("Standardizer", {"x is not (rows, features): ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_features_differ(Index found, Index fitted) {
  throw_shape_error("Standardizer", {"x has ", found, " features, the fitted data had ", fitted});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_fitted() {
  throw_error<ValueError>("Standardizer", {"used before fit"});
}

}  // namespace detail

/// Mean and population standard deviation over all elements; the deviation of a constant is given
/// as 1.
///
/// Throws:    ValueError if there is no element, or one is not finite
/// Cost:      two passes
template <FloatScalar T>
[[nodiscard]] Normalization normalization_of(const Tensor<T>& x) {
  if (x.size() == 0) {
    detail::throw_error<ValueError>("normalization_of", {"x has no elements: ", x.shape()});
  }
  detail::check_finite_for("normalization_of", x, {});
  const Tensor<T> elements = detail::packed(x);
  const auto count = static_cast<double>(x.size());
  double sum = 0.0;
  for (const T value : elements.values()) {
    sum += static_cast<double>(value);
  }
  const double mean = sum / count;
  // Two passes, and the rounding of the mean taken out (Chan, Golub, LeVeque 1983).
  double squares = 0.0;
  double rest = 0.0;
  for (const T value : elements.values()) {
    const double difference = static_cast<double>(value) - mean;
    squares += difference * difference;
    rest += difference;
  }
  const double variance = (squares - rest * rest / count) / count;
  return {mean, detail::scale_of(variance, mean, x.size())};
}

/// (x - mean) / scale with given statistics: those of the training part, for the test part.
///
/// Shapes:    any -> the same
/// Gradient:  none; the result is a constant
/// Throws:    ValueError unless mean is finite and scale is finite and above 0
/// Cost:      one pass
template <FloatScalar T>
[[nodiscard]] Tensor<T> normalize(const Tensor<T>& x, const Normalization& by) {
  if (!std::isfinite(by.mean) || !std::isfinite(by.scale) || !(by.scale > 0.0)) {
    detail::throw_error<ValueError>(
        "normalize", {"mean and scale must be finite, scale above 0: ", by.mean, ", ", by.scale});
  }
  Tensor<T> y = detail::copied(x);
  for (T& value : y.mutable_values()) {
    value = static_cast<T>((static_cast<double>(value) - by.mean) / by.scale);
  }
  return y;
}

/// (x - mean) / std over all elements; a constant x gives zeros.
///
/// Shapes:    any -> the same
/// Gradient:  none; the result is a constant
/// Throws:    ValueError if there is no element, or one is not finite
/// Cost:      three passes
/// Reference: Keras tutorials: x = (x - x.mean()) / x.std()
template <FloatScalar T>
[[nodiscard]] Tensor<T> normalize(const Tensor<T>& x) {
  return normalize(x, normalization_of(x));
}

/// Gives every feature mean 0 and standard deviation 1 over the rows that it was fitted on. Fit it
/// on the training part alone. A feature that is constant there (up to rounding, by scikit-learn's
/// rule) is shifted and not scaled.
///
/// Reference: scikit-learn, sklearn.preprocessing.StandardScaler: population deviation (ddof 0)
template <FloatScalar T>
class Standardizer {
 public:
  Standardizer() = default;

  /// From stored statistics, such as mean() and scale() of another one.
  ///
  /// Shapes:    mean (features,), scale (features,)
  /// Throws:    ShapeError for other shapes; ValueError unless all are finite and scale above 0
  Standardizer(const Tensor<double>& mean, const Tensor<double>& scale);

  /// Learns mean and deviation of every feature.
  ///
  /// Shapes:    x (rows, features), at least one row
  /// Throws:    ShapeError; ValueError if there is no row, or a value is not finite (naming row and
  ///            column)
  /// Cost:      three passes
  Standardizer& fit(const Tensor<T>& x);

  /// (x - mean) / scale, feature by feature.
  ///
  /// Shapes:    x (rows, features) -> the same
  /// Gradient:  none; the result is a constant
  /// Throws:    ValueError before fit; ShapeError if x has another number of features
  /// Cost:      one pass
  [[nodiscard]] Tensor<T> transform(const Tensor<T>& x) const;

  /// fit(x), then transform(x). Throws: as both
  [[nodiscard]] Tensor<T> fit_transform(const Tensor<T>& x);

  /// x * scale + mean: back to the original units.
  ///
  /// Shapes:    x (rows, features) -> the same
  /// Throws:    as transform
  [[nodiscard]] Tensor<T> inverse_transform(const Tensor<T>& x) const;

  /// Whether there are statistics.
  [[nodiscard]] bool is_fitted() const noexcept { return mean_.defined(); }
  /// The mean of every feature, (features,). Throws: ValueError before fit
  [[nodiscard]] const Tensor<double>& mean() const { return fitted(mean_); }
  /// What every feature is divided by, (features,). Throws: ValueError before fit
  [[nodiscard]] const Tensor<double>& scale() const { return fitted(scale_); }

 private:
  [[nodiscard]] static const Tensor<double>& fitted(const Tensor<double>& statistics) {
    if (!statistics.defined()) {
      detail::throw_not_fitted();
    }
    return statistics;
  }

  template <class Map>
  [[nodiscard]] Tensor<T> mapped(const Tensor<T>& x, const Map& map) const {
    const double* const m = mean().data();
    const double* const s = scale().data();
    if (x.rank() != 2) {
      detail::throw_not_features(x.shape());
    }
    const Index features = x.shape()[1];
    if (features != mean_.size()) {
      detail::throw_features_differ(features, mean_.size());
    }
    Tensor<T> y = detail::copied(x);
    T* const to = y.mutable_data();
    for (Index i = 0; i < x.size(); ++i) {
      to[i] = static_cast<T>(map(static_cast<double>(to[i]), m[i % features], s[i % features]));
    }
    return y;
  }

  Tensor<double> mean_;
  Tensor<double> scale_;
};

template <FloatScalar T>
Standardizer<T>::Standardizer(const Tensor<double>& mean, const Tensor<double>& scale)
    : mean_(detail::copied(mean)), scale_(detail::copied(scale)) {
  if (mean.rank() != 1 || mean.shape() != scale.shape()) {
    detail::throw_shape_error(
        "Standardizer",
        {"mean and scale are not both (features,): ", mean.shape(), " and ", scale.shape()},
        mean.shape(), scale.shape());
  }
  for (Index j = 0; j < mean.size(); ++j) {
    const double divisor = scale_.at(j);
    if (!std::isfinite(mean_.at(j)) || !std::isfinite(divisor) || !(divisor > 0.0)) {
      detail::throw_error<ValueError>(
          "Standardizer", {"mean and scale of feature ", j,
                           " must be finite, scale above 0: ", mean_.at(j), ", ", divisor});
    }
  }
}

template <FloatScalar T>
Standardizer<T>& Standardizer<T>::fit(const Tensor<T>& x) {
  if (x.rank() != 2) {
    detail::throw_not_features(x.shape());
  }
  const Index rows = x.shape()[0];
  const Index features = x.shape()[1];
  if (rows == 0) {
    detail::throw_error<ValueError>("Standardizer", {"no rows to fit: ", x.shape()});
  }
  detail::check_finite_for("Standardizer", x, {});
  const Tensor<T> elements = detail::packed(x);
  const T* const from = elements.data();
  const auto n = static_cast<double>(rows);
  Tensor<double> mean = zeros<double>({features});
  Tensor<double> squares = zeros<double>({features});
  Tensor<double> rest = zeros<double>({features});
  double* const m = mean.mutable_data();
  double* const s = squares.mutable_data();
  double* const r = rest.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    m[i % features] += static_cast<double>(from[i]);
  }
  for (Index j = 0; j < features; ++j) {
    m[j] /= n;
  }
  // Two passes, and the rounding of the mean taken out (Chan, Golub, LeVeque 1983).
  for (Index i = 0; i < x.size(); ++i) {
    const Index j = i % features;
    const double difference = static_cast<double>(from[i]) - m[j];
    s[j] += difference * difference;
    r[j] += difference;
  }
  for (Index j = 0; j < features; ++j) {
    s[j] = detail::scale_of((s[j] - r[j] * r[j] / n) / n, m[j], rows);
  }
  mean_ = std::move(mean);
  scale_ = std::move(squares);
  return *this;
}

template <FloatScalar T>
Tensor<T> Standardizer<T>::transform(const Tensor<T>& x) const {
  return mapped(x, [](double value, double mean, double scale) { return (value - mean) / scale; });
}

template <FloatScalar T>
Tensor<T> Standardizer<T>::fit_transform(const Tensor<T>& x) {
  return fit(x).transform(x);
}

template <FloatScalar T>
Tensor<T> Standardizer<T>::inverse_transform(const Tensor<T>& x) const {
  return mapped(x, [](double value, double mean, double scale) { return value * scale + mean; });
}

}  // namespace eigengrad
