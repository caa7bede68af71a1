#pragma once
// evaluate and predict: a model over a whole data set, in batches, in evaluation mode and without
// recording.

#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/view.hpp>
#include <eigengrad/train/metric.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// Options of evaluate().
struct EvaluateOptions {
  Index batch_size = 32;
  std::vector<Metric> metrics = {};
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
[[noreturn]] EIGENGRAD_COLD inline void throw_loss_shape(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"the loss gave ", shape, ", expected a scalar"}, shape);
}

/// Whether fit() and evaluate() take a loss for predictions of T and targets of Y. A plain value:
/// of a concept the compiler would print the whole derivation.
template <class Loss, class T, class Y>
inline constexpr bool is_loss =
    std::is_invocable_r_v<Tensor<T>, const Loss&, const Tensor<T>&, const Tensor<Y>&>;

/// The words of those who are given another: a static_assert takes a literal only.
#define EIGENGRAD_LOSS_MESSAGE                                                                 \
  "a loss is a callable (Tensor<T> prediction, Tensor<Y> target) -> Tensor<T>, T and Y as in " \
  "the Dataset<T, Y>; those of train/loss.hpp but CrossEntropy want Y = T: see cast<T>()"

/// The loss as evaluation sees it: class weights are for training (train/class_weights.hpp).
template <class Loss>
[[nodiscard]] const auto& evaluation_loss(const Loss& loss) noexcept {
  if constexpr (requires { loss.unweighted(); }) {
    return loss.unweighted();
  } else {
    return loss;
  }
}

/// A model in evaluation mode for the length of a scope, if it has modes.
template <class Model>
class EvaluationMode {
 public:
  explicit EvaluationMode(Model& model) : model_(model) {
    if constexpr (requires { model.is_training(); }) {
      was_training_ = model.is_training();
      model.eval();
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

/// The mean loss over the data set, each batch weighted by its rows; adds every batch to the
/// metrics.
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
[[nodiscard]] double evaluate_batches(Model& model, const Tensor<T>& x, const Tensor<Y>& y,
                                      const Loss& loss, Index batch_size,
                                      std::vector<MetricTotals>& totals) {
  const EvaluationMode<Model> mode(model);
  const NoGrad no_grad;
  const Index rows = rows_of("evaluate", x, y);
  double sum = 0;
  for (Index start = 0; start < rows; start += batch_size) {
    const Index stop = std::min(start + batch_size, rows);
    const Tensor<T> prediction = model(sliced(x, 0, start, stop));
    const Tensor<Y> target = sliced(y, 0, start, stop);
    const Tensor<T> value = evaluation_loss(loss)(prediction, target);
    if (value.size() != 1) {
      throw_loss_shape("evaluate", value.shape());
    }
    sum += static_cast<double>(value.item()) * static_cast<double>(stop - start);
    for (MetricTotals& total : totals) {
      total.add(prediction, target);
    }
  }
  return sum / static_cast<double>(rows);
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// The model's loss and metrics on a data set.
///
/// Shapes: data.x (n, ...), data.y (n, ...); loss(model(x), y) -> ()
/// Throws: ValueError for no rows or a batch size < 1; ShapeError from the model, the loss or a
///         metric
/// Cost:   one forward pass in batches, in evaluation mode; records nothing
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
[[nodiscard]] Evaluation evaluate(Model& model, const Dataset<T, Y>& data, const Loss& loss,
                                  const EvaluateOptions& options = {}) {
  static_assert(eigengrad::detail::is_loss<Loss, T, Y>, EIGENGRAD_LOSS_MESSAGE);
  if (options.batch_size < 1) {
    eigengrad::detail::throw_batch_size("evaluate", options.batch_size);
  }
  if (eigengrad::detail::rows_of("evaluate", data.x, data.y) == 0) {
    eigengrad::detail::throw_no_data("evaluate");
  }
  std::vector<eigengrad::detail::MetricTotals> totals(options.metrics.begin(),
                                                      options.metrics.end());
  Evaluation result;
  if constexpr (eigengrad::detail::is_loss<Loss, T, Y>) {
    result.loss = eigengrad::detail::evaluate_batches(model, data.x, data.y, loss,
                                                      options.batch_size, totals);
  }
  for (const eigengrad::detail::MetricTotals& total : totals) {
    result.metrics.emplace_back(total.metric().name(), total.value());
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
