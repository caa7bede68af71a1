#pragma once
// Metrics: what a person wants to know of predictions besides the loss. A Metric is a plain value
// that says which; a MetricTotals gathers batches and gives the number.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::train {

/// Which metric, and the probability from which a binary prediction counts as the class 1.
struct Metric {
  enum class Kind { accuracy, precision, recall, f1, mae, rmse, r2 };
  Kind kind = Kind::accuracy;
  double threshold = 0.5;

  /// Its name in a History: "accuracy", "f1", ...
  [[nodiscard]] std::string_view name() const noexcept {
    constexpr std::string_view names[] = {"accuracy", "precision", "recall", "f1",
                                          "mae",      "rmse",      "r2"};
    return names[static_cast<unsigned>(kind)];
  }
};

/// Share of right rows. Rows of several scores: the largest one's class against a class index or a
/// one-hot row. Rows of one probability: class 1 above `threshold`; pass 0 when the model gives
/// logits.
[[nodiscard]] inline Metric accuracy(double threshold = 0.5) {
  return {Metric::Kind::accuracy, threshold};
}
/// Of the rows predicted 1, the share that is 1; 0 if none was predicted 1, as in scikit-learn.
/// Binary only.
[[nodiscard]] inline Metric precision(double threshold = 0.5) {
  return {Metric::Kind::precision, threshold};
}
/// Of the rows that are 1, the share predicted 1; 0 if there is none. Binary only.
[[nodiscard]] inline Metric recall(double threshold = 0.5) {
  return {Metric::Kind::recall, threshold};
}
/// Harmonic mean of precision and recall; 0 if both are. Binary only.
[[nodiscard]] inline Metric f1(double threshold = 0.5) {
  return {Metric::Kind::f1, threshold};
}
/// Mean absolute error over all elements.
[[nodiscard]] inline Metric mean_absolute_error() {
  return {Metric::Kind::mae};
}
/// Root of the mean squared error over all elements.
[[nodiscard]] inline Metric root_mean_squared_error() {
  return {Metric::Kind::rmse};
}
/// 1 - sum of squared errors / sum of squared deviations from the mean target, over all elements;
/// for a constant target 1 without errors and 0 with. Reference: scikit-learn `r2_score`
[[nodiscard]] inline Metric r2() {
  return {Metric::Kind::r2};
}

}  // namespace eigengrad::train

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_metric_shapes(std::string_view name,
                                                            const Shape& prediction,
                                                            const Shape& target) {
  throw_shape_error(name, {"prediction is ", prediction, ", target is ", target}, prediction,
                    target);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_metric_binary(std::string_view name,
                                                            const Shape& prediction) {
  throw_shape_error(name, {"needs one probability a row; the prediction is ", prediction},
                    prediction);
}

[[noreturn]] EIGENGRAD_COLD inline void throw_metric_weights(std::string_view name,
                                                             const Shape& prediction,
                                                             const Shape& weights) {
  throw_shape_error(name, {"prediction is ", prediction, ", sample_weight is ", weights},
                    prediction, weights);
}

/// The weight of an element: that of its row, or 1.
template <FloatScalar T>
class RowWeights {
 public:
  /// Throws: ShapeError unless the weights are undefined or one for each row of the prediction
  RowWeights(std::string_view name, const Tensor<T>& prediction, const Tensor<T>& weights) {
    if (!weights.defined()) {
      return;
    }
    if (prediction.rank() == 0 || weights.size() != prediction.extent(0)) {
      throw_metric_weights(name, prediction.shape(), weights.shape());
    }
    weights_ = weights.data();
    width_ = weights.size() > 0 ? prediction.size() / weights.size() : 1;
  }
  [[nodiscard]] double operator()(Index element) const noexcept {
    return weights_ == nullptr ? 1.0 : static_cast<double>(weights_[element / width_]);
  }

 private:
  const T* weights_ = nullptr;
  Index width_ = 1;
};

/// Sums over the batches seen since reset(); O(1) memory.
class MetricTotals {
 public:
  explicit MetricTotals(train::Metric metric) noexcept : metric_(metric) {}

  [[nodiscard]] const train::Metric& metric() const noexcept { return metric_; }
  void reset() noexcept { *this = MetricTotals(metric_); }

  /// Adds a batch. Weights are contiguous, one for each row; undefined ones are 1.
  /// Shapes: prediction (n, ...), target (n,), (n, 1) or as prediction, weights (n,)
  /// Throws: ShapeError
  template <FloatScalar T, AnyScalar Y>
  void add(const Tensor<T>& prediction, const Tensor<Y>& target, const Tensor<T>& weights = {}) {
    using Kind = train::Metric::Kind;
    const Tensor<T> p = packed(prediction);
    const Tensor<Y> t = packed(target);
    const RowWeights<T> w(metric_.name(), p, weights);
    const bool scores = p.rank() >= 2 && p.extent(-1) > 1;
    switch (metric_.kind) {
      case Kind::accuracy:
        return scores ? add_classes(p, t, w) : add_binary(p, t, w);
      case Kind::precision:
      case Kind::recall:
      case Kind::f1:
        if (scores) {
          throw_metric_binary(metric_.name(), p.shape());
        }
        return add_binary(p, t, w);
      case Kind::mae:
      case Kind::rmse:
      case Kind::r2:
        return add_errors(p, t, w);
    }
  }

  /// Shows the sums to a StateVisitor<T>, see state_visitor.hpp.
  template <class Visitor>
  void visit_state(Visitor& state, const std::string& name) {
    double* const sums[] = {&count_,          &right_,          &true_positive_,
                            &false_positive_, &false_negative_, &absolute_,
                            &squares_,        &mean_,           &deviation_};
    for (std::size_t i = 0; i < std::size(sums); ++i) {
      state.real(concat(name, ".", i), *sums[i]);
    }
  }

  /// The metric over all batches; NaN before the first.
  [[nodiscard]] double value() const noexcept {
    using Kind = train::Metric::Kind;
    const auto part = [](double a, double b) { return b > 0 ? a / b : 0.0; };
    const double precision = part(true_positive_, true_positive_ + false_positive_);
    const double recall = part(true_positive_, true_positive_ + false_negative_);
    if (count_ == 0) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    switch (metric_.kind) {
      case Kind::accuracy:
        return right_ / count_;
      case Kind::precision:
        return precision;
      case Kind::recall:
        return recall;
      case Kind::f1:
        return part(2 * precision * recall, precision + recall);
      case Kind::mae:
        return absolute_ / count_;
      case Kind::rmse:
        return std::sqrt(squares_ / count_);
      case Kind::r2:
        return squares_ == 0 ? 1.0 : deviation_ > 0 ? 1.0 - squares_ / deviation_ : 0.0;
    }
    return 0;
  }

 private:
  template <FloatScalar T, AnyScalar Y>
  void add_classes(const Tensor<T>& p, const Tensor<Y>& t, const RowWeights<T>& w) {
    const Index classes = p.extent(-1);
    const Index rows = p.size() / classes;
    const bool one_hot = t.shape() == p.shape();
    if (!one_hot && t.size() != rows) {
      throw_metric_shapes(metric_.name(), p.shape(), t.shape());
    }
    for (Index row = 0; row < rows; ++row) {
      const Index wanted =
          one_hot ? argmax(t.data() + row * classes, classes) : static_cast<Index>(t.data()[row]);
      const double weight = w(row * classes);
      right_ += argmax(p.data() + row * classes, classes) == wanted ? weight : 0;
      count_ += weight;
    }
  }

  template <FloatScalar T, AnyScalar Y>
  void add_binary(const Tensor<T>& p, const Tensor<Y>& t, const RowWeights<T>& w) {
    check_sizes(p, t);
    for (Index i = 0; i < p.size(); ++i) {
      const bool said = static_cast<double>(p.data()[i]) > metric_.threshold;
      const bool is = static_cast<double>(t.data()[i]) > 0.5;
      const double weight = w(i);
      right_ += said == is ? weight : 0;
      true_positive_ += said && is ? weight : 0;
      false_positive_ += said && !is ? weight : 0;
      false_negative_ += !said && is ? weight : 0;
      count_ += weight;
    }
  }

  template <FloatScalar T, AnyScalar Y>
  void add_errors(const Tensor<T>& p, const Tensor<Y>& t, const RowWeights<T>& w) {
    check_sizes(p, t);
    for (Index i = 0; i < p.size(); ++i) {
      const double target = static_cast<double>(t.data()[i]);
      const double error = static_cast<double>(p.data()[i]) - target;
      const double weight = w(i);
      if (weight == 0) {
        continue;
      }
      absolute_ += weight * std::fabs(error);
      squares_ += weight * error * error;
      // Welford 1962, West 1979: the textbook difference of sums cancels.
      count_ += weight;
      const double step = target - mean_;
      mean_ += weight * step / count_;
      deviation_ += weight * step * (target - mean_);
    }
  }

  template <FloatScalar T, AnyScalar Y>
  void check_sizes(const Tensor<T>& p, const Tensor<Y>& t) const {
    if (p.size() != t.size()) {
      throw_metric_shapes(metric_.name(), p.shape(), t.shape());
    }
  }

  template <class V>
  [[nodiscard]] static Index argmax(const V* values, Index n) noexcept {
    Index best = 0;
    for (Index i = 1; i < n; ++i) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  train::Metric metric_;
  double count_ = 0;
  double right_ = 0;
  double true_positive_ = 0;
  double false_positive_ = 0;
  double false_negative_ = 0;
  double absolute_ = 0;
  double squares_ = 0;
  double mean_ = 0;
  double deviation_ = 0;
};

}  // namespace eigengrad::detail
