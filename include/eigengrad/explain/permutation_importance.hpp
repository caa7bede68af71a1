#pragma once
// Permutation importance: how much worse a model scores when one feature's values are shuffled
// among the rows.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>
#include <eigengrad/train/evaluate.hpp>
#include <eigengrad/train/metric.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace eigengrad::explain {

struct PermutationImportanceOptions {
  Index n_repeats = 5;
  /// Key of the permutations.
  std::uint64_t seed = 0;
  /// The permutations themselves, (n_repeats, n), the same for every feature, instead of drawing
  /// them.
  Tensor<std::int64_t> permutations = {};
  /// Rows in one call of the model.
  Index batch_size = 256;
};

/// What permutation_importance gives; scikit-learn's names.
struct PermutationImportance {
  double baseline_score = 0;        ///< with the features as they are; higher is better
  Tensor<double> importances;       ///< (features, n_repeats): what the score lost
  Tensor<double> importances_mean;  ///< (features,)
  Tensor<double> importances_std;   ///< (features,), over n_repeats, not one less
};

}  // namespace eigengrad::explain

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_permutations(const Shape& given, Index repeats,
                                                           Index rows) {
  throw_shape_error("permutation_importance",
                    {"permutations are ", given, ", expected (", repeats, ", ", rows, ")"}, given);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_permutation(Index repeat) {
  throw_error<ValueError>("permutation_importance",
                          {"row ", repeat, " of permutations does not name every row once"});
}

/// Throws: ValueError unless every row is named once
inline void check_permutation(const std::int64_t* order, Index rows, Index repeat) {
  std::vector<bool> seen(static_cast<std::size_t>(rows));
  for (Index i = 0; i < rows; ++i) {
    if (order[i] < 0 || order[i] >= rows || seen[static_cast<std::size_t>(order[i])]) {
      throw_no_permutation(repeat);
    }
    seen[static_cast<std::size_t>(order[i])] = true;
  }
}

/// Whether less of a metric is better.
[[nodiscard]] inline bool is_error(const train::Metric& metric) noexcept {
  return metric.kind == train::Metric::Kind::mae || metric.kind == train::Metric::Kind::rmse;
}

/// The metric of a model's predictions for x, negated if less of it is better.
template <class Model, FloatScalar T, AnyScalar Y>
[[nodiscard]] double metric_score(Model& model, const Tensor<T>& x, const Tensor<Y>& y,
                                  const train::Metric& metric, Index batch_size) {
  const NoGrad no_grad;
  MetricTotals totals(metric);
  const Index rows = x.shape()[0];
  for (Index start = 0; start < rows; start += batch_size) {
    const Index stop = std::min(start + batch_size, rows);
    totals.add(Tensor<T>(model(sliced(x, 0, start, stop))), sliced(y, 0, start, stop));
  }
  return is_error(metric) ? -totals.value() : totals.value();
}

/// The negative mean loss of a model's predictions for x, each batch weighted by its rows.
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
[[nodiscard]] double loss_score(Model& model, const Tensor<T>& x, const Tensor<Y>& y,
                                const Loss& loss, Index batch_size) {
  const NoGrad no_grad;
  const Index rows = x.shape()[0];
  double sum = 0;
  for (Index start = 0; start < rows; start += batch_size) {
    const Index stop = std::min(start + batch_size, rows);
    const Tensor<T> prediction = model(sliced(x, 0, start, stop));
    const Tensor<T> value = evaluation_loss(loss)(prediction, sliced(y, 0, start, stop));
    if (value.size() != 1) {
      throw_loss_shape("permutation_importance", value.shape());
    }
    sum += static_cast<double>(value.item()) * static_cast<double>(stop - start);
  }
  return -sum / static_cast<double>(rows);
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// What the score of x loses when a column is shuffled: score(x) - score(x with that column
/// permuted). `score` is any function of a table, higher is better; features that go together share
/// their importance. Take rows that the model was not trained on.
///
/// Shapes:    x (n, features), score(x) -> double
/// Throws:    ShapeError if x is not a table or permutations are not (n_repeats, n); ValueError for
///            an empty x, n_repeats or batch_size < 1, or a row that is no permutation; what
///            `score` throws
/// Cost:      1 + features n_repeats calls of `score`
/// Reference: Breiman 2001; Fisher, Rudin, Dominici 2019; scikit-learn `permutation_importance`
template <FloatScalar T, class Score>
requires std::is_invocable_r_v < double, Score&, const Tensor<T>
& > [[nodiscard]] PermutationImportance permutation_importance(
        Score&& score, const Tensor<T>& x, const PermutationImportanceOptions& options = {}) {
  constexpr std::string_view op = "permutation_importance";
  if (x.rank() != 2) {
    eigengrad::detail::throw_not_table(op, x.shape());
  }
  const Index rows = eigengrad::detail::rows_to_explain(op, x);
  const Index features = x.shape()[1];
  const Index repeats = options.n_repeats;
  eigengrad::detail::check_positive(op, "n_repeats", repeats);
  eigengrad::detail::check_positive(op, "batch size", options.batch_size);
  const bool given = options.permutations.defined();
  if (given && options.permutations.shape() != Shape{repeats, rows}) {
    eigengrad::detail::throw_permutations(options.permutations.shape(), repeats, rows);
  }
  const Tensor<std::int64_t> orders =
      given ? eigengrad::detail::packed(options.permutations) : Tensor<std::int64_t>();
  for (Index repeat = 0; given && repeat < repeats; ++repeat) {
    eigengrad::detail::check_permutation(orders.data() + repeat * rows, rows, repeat);
  }

  const Tensor<T> table = eigengrad::detail::packed(x);
  PermutationImportance result{score(table), empty<double>({features, repeats}),
                               empty<double>({features}), empty<double>({features})};
  const RandomKey key = RandomKey::named(options.seed, op);
  double* const losses = result.importances.mutable_data();
  double* const means = result.importances_mean.mutable_data();
  double* const deviations = result.importances_std.mutable_data();
  for (Index feature = 0; feature < features; ++feature) {
    double* const own = losses + feature * repeats;
    double sum = 0;
    for (Index repeat = 0; repeat < repeats; ++repeat) {
      // A tensor of its own: the score may keep what it was given.
      Tensor<T> shuffled = eigengrad::detail::copied(table);
      T* const to = shuffled.mutable_data() + feature;
      const Tensor<std::int64_t> drawn =
          given ? Tensor<std::int64_t>()
                : permutation(rows, key.fold(static_cast<std::uint64_t>(feature))
                                        .fold(static_cast<std::uint64_t>(repeat)));
      const std::int64_t* const order = given ? orders.data() + repeat * rows : drawn.data();
      for (Index row = 0; row < rows; ++row) {
        to[row * features] = table.data()[order[row] * features + feature];
      }
      own[repeat] = result.baseline_score - score(static_cast<const Tensor<T>&>(shuffled));
      sum += own[repeat];
    }
    means[feature] = sum / static_cast<double>(repeats);
    double squares = 0;
    for (Index repeat = 0; repeat < repeats; ++repeat) {
      squares += (own[repeat] - means[feature]) * (own[repeat] - means[feature]);
    }
    deviations[feature] = std::sqrt(squares / static_cast<double>(repeats));
  }
  return result;
}

}  // namespace eigengrad::explain

namespace eigengrad::detail {

/// Of a model in evaluation mode, whose score on a table `score` knows.
template <class Model, FloatScalar T, AnyScalar Y, class Score>
[[nodiscard]] explain::PermutationImportance importance_for_model(
    Model& model, const Dataset<T, Y>& data, const explain::PermutationImportanceOptions& options,
    const Score& score) {
  constexpr std::string_view op = "permutation_importance";
  check_positive(op, "batch size", options.batch_size);
  static_cast<void>(rows_of(op, data.x, data.y));
  const InferenceMode mode(op, model);
  return explain::permutation_importance(score, data.x, options);
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// The same of a model and a metric, in evaluation mode. Errors (mae, rmse) count as their
/// negative, as scikit-learn's `neg_mean_absolute_error` does: an importance says how much worse.
///
/// Shapes:    data.x (n, features), data.y (n, ...)
/// Throws:    as above; what the model or the metric throws
/// Cost:      1 + features n_repeats forward passes over the rows
/// Reference: scikit-learn `permutation_importance`, the metric being its `scoring`
template <class Model, FloatScalar T, AnyScalar Y>
[[nodiscard]] PermutationImportance permutation_importance(
    Model&& model, const Dataset<T, Y>& data, const train::Metric& metric,
    const PermutationImportanceOptions& options = {}) {
  return eigengrad::detail::importance_for_model(model, data, options, [&](const Tensor<T>& x) {
    return eigengrad::detail::metric_score(model, x, data.y, metric, options.batch_size);
  });
}

/// The same of a model and a loss: how much larger the mean loss becomes.
template <class Model, FloatScalar T, AnyScalar Y, class Loss>
requires(eigengrad::detail::is_loss<Loss, T, Y>) [[nodiscard]] PermutationImportance
    permutation_importance(Model&& model, const Dataset<T, Y>& data, const Loss& loss,
                           const PermutationImportanceOptions& options = {}) {
  return eigengrad::detail::importance_for_model(model, data, options, [&](const Tensor<T>& x) {
    return eigengrad::detail::loss_score(model, x, data.y, loss, options.batch_size);
  });
}

}  // namespace eigengrad::explain
