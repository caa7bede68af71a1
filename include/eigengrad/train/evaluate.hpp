#pragma once
// evaluate and predict: a model over a whole data set, in batches, in evaluation mode and without
// recording.

#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/view.hpp>
#include <eigengrad/train/loss_traits.hpp>
#include <eigengrad/train/metric.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// Options of evaluate().
template <FloatScalar T>
struct EvaluateOptions {
  Index batch_size = 32;
  std::vector<Metric> metrics = {};
  /// What each sample counts in the loss and in weighted_metrics, (n,): see FitOptions.
  Tensor<T> sample_weight = {};
  std::vector<Metric> weighted_metrics = {};
};

/// The loss and the metrics of one data set.
struct Evaluation {
  double loss = 0;
  std::vector<std::pair<std::string, double>> metrics;  // name and value, in the order asked for

  /// A metric by its name. Throws: ValueError if it was not asked for
  [[nodiscard]] double operator[](std::string_view name) const {
    for (const auto& [metric, value] : metrics) {
      if (metric == name) {
        return value;
      }
    }
    eigengrad::detail::throw_error<ValueError>("Evaluation",
                                               {"no metric '", name, "' was evaluated"});
  }
};

}  // namespace eigengrad::train

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_batch_size(std::string_view op, Index batch_size) {
  throw_error<ValueError>(op, {"batch size is not positive: ", batch_size});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_data(std::string_view op) {
  throw_error<ValueError>(op, {"the data has no rows"});
}

/// A model in evaluation mode for the length of a scope, if it has modes.
template <class Model>
class EvaluationMode {
 public:
  explicit EvaluationMode(Model& model) : model_(model) {
    if constexpr (requires { model.is_training(); }) {
      was_training_ = model.is_training();
      if (was_training_) {  // else nothing is written: many threads may use one model
        model.eval();
      }
    }
  }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;
  ~EvaluationMode() {
    if constexpr (requires { model_.is_training(); }) {
      if (was_training_) {
        model_.train();
      }
    }
  }

 private:
  Model& model_;
  bool was_training_ = false;
};

/// Metrics that count samples alike, then those that weigh them. A name that the former have gets
/// the prefix "weighted_" among the latter, as in Keras.
struct MetricList {
  MetricList(const std::vector<train::Metric>& plain, const std::vector<train::Metric>& weighted)
      : totals(plain.begin(), plain.end()), plain_count(plain.size()) {
    for (const train::Metric& metric : weighted) {
      totals.emplace_back(metric);
    }
  }

  [[nodiscard]] bool any_weighted() const noexcept { return plain_count < totals.size(); }
  void reset() noexcept {
    for (MetricTotals& total : totals) {
      total.reset();
    }
  }
  template <FloatScalar T, AnyScalar Y>
  void add(const Tensor<T>& prediction, const Tensor<Y>& target, const Tensor<T>& weights) {
    for (std::size_t i = 0; i < totals.size(); ++i) {
      totals[i].add(prediction, target, i < plain_count ? Tensor<T>() : weights);
    }
  }
  [[nodiscard]] std::string name(std::size_t i) const {
    const std::string_view own = totals[i].metric().name();
    for (std::size_t j = 0; i >= plain_count && j < plain_count; ++j) {
      if (totals[j].metric().name() == own) {
        return concat("weighted_", own);
      }
    }
    return std::string(own);
  }

  std::vector<MetricTotals> totals;
  std::size_t plain_count;
};

/// The mean loss over the data set, each batch weighted by its rows; adds every batch to the
/// metrics. Weights are undefined, or contiguous and one a row.
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
[[nodiscard]] double evaluate_batches(Model& model, const Tensor<T>& x, const Tensor<Y>& y,
                                      const Tensor<T>& weights, const Loss& loss, Index batch_size,
                                      MetricList& metrics) {
  const EvaluationMode<Model> mode(model);
  const NoGrad no_grad;
  const Index rows = rows_of("evaluate", x, y);
  double sum = 0;
  for (Index start = 0; start < rows; start += batch_size) {
    const Index stop = std::min(start + batch_size, rows);
    const Tensor<T> prediction = model(sliced(x, 0, start, stop));
    const Tensor<Y> target = sliced(y, 0, start, stop);
    const Tensor<T> weight = weights.defined() ? sliced(weights, 0, start, stop) : weights;
    const Tensor<T> value = loss_of("evaluate", loss, prediction, target, weight);
    sum += static_cast<double>(value.item()) * static_cast<double>(stop - start);
    metrics.add(prediction, target, weight);
  }
  return sum / static_cast<double>(rows);
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// The model's loss and metrics on a data set. Weights of samples go into the loss, whose mean
/// divides by the number of samples, and into the weighted metrics, which divide by the sum of the
/// weights. Class weights count nothing here.
///
/// Shapes: data.x (n, ...), data.y (n, ...); loss(model(x), y) -> ()
/// Throws:    ValueError for no rows, a batch size < 1, a weight outside [0, inf) or weights for a
///            loss that takes none; ShapeError for weights other than (n,), from the model, the
///            loss or a metric
/// Cost:   one forward pass in batches, in evaluation mode; records nothing
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
[[nodiscard]] Evaluation evaluate(Model& model, const Dataset<T, Y>& data, const Loss& loss,
                                  const std::type_identity_t<EvaluateOptions<T>>& options = {}) {
  static_assert(eigengrad::detail::is_loss<Loss, T, Y>, EIGENGRAD_LOSS_MESSAGE);
  if (options.batch_size < 1) {
    eigengrad::detail::throw_batch_size("evaluate", options.batch_size);
  }
  const Index rows = eigengrad::detail::rows_of("evaluate", data.x, data.y);
  if (rows == 0) {
    eigengrad::detail::throw_no_data("evaluate");
  }
  eigengrad::detail::MetricList metrics(options.metrics, options.weighted_metrics);
  Evaluation result;
  if constexpr (eigengrad::detail::is_loss<Loss, T, Y>) {
    const auto& plain = eigengrad::detail::evaluation_loss(loss);
    const Tensor<T> weights =
        eigengrad::detail::weights_for<eigengrad::detail::EvaluationLoss<Loss>, Y>(
            "evaluate", options.sample_weight, rows);
    result.loss = eigengrad::detail::evaluate_batches(model, data.x, data.y, weights, plain,
                                                      options.batch_size, metrics);
  }
  for (std::size_t i = 0; i < metrics.totals.size(); ++i) {
    result.metrics.emplace_back(metrics.name(i), metrics.totals[i].value());
  }
  return result;
}

/// The model's outputs for all rows of x.
///
/// Shapes: x (n, ...) -> (n, ...), the extents past the first are the model's
/// Throws: ValueError for no rows or a batch size < 1; ShapeError from the model
/// Cost:   as evaluate
template <class Model, FloatScalar T>
[[nodiscard]] Tensor<T> predict(Model& model, const Tensor<T>& x, Index batch_size = 32) {
  if (batch_size < 1) {
    eigengrad::detail::throw_batch_size("predict", batch_size);
  }
  const Index rows = eigengrad::detail::rows_of("predict", x);
  if (rows == 0) {
    eigengrad::detail::throw_no_data("predict");
  }
  const eigengrad::detail::EvaluationMode<Model> mode(model);
  const NoGrad no_grad;
  Tensor<T> result;
  for (Index start = 0; start < rows; start += batch_size) {
    const Index stop = std::min(start + batch_size, rows);
    const Tensor<T> part =
        eigengrad::detail::packed<T>(model(eigengrad::detail::sliced(x, 0, start, stop)));
    if (!result.defined()) {
      result =
          eigengrad::detail::uninitialized<T>(eigengrad::detail::with_rows(part.shape(), rows));
    }
    const Index width = part.size() / (stop - start);
    std::memcpy(result.mutable_data() + start * width, part.data(),
                static_cast<std::size_t>(part.size()) * sizeof(T));
  }
  return result;
}

}  // namespace eigengrad::train
