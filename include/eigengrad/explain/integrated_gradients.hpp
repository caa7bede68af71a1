#pragma once
// Integrated gradients: the gradient averaged along the way from a baseline, times the difference;
// with the figure that says how far the attributions add up.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/explain/quadrature.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace eigengrad::explain {

/// What integrated_gradients gives.
template <FloatScalar T>
struct IntegratedGradients {
  Tensor<T> attributions;            ///< as x
  Tensor<double> output_difference;  ///< (n,): f(x) - f(baseline)
  Tensor<double> convergence_delta;  ///< (n,): sum of the row's attributions - that difference

  /// |convergence_delta| relative to |output_difference|, the largest of all rows: 0.01 says that
  /// every row's attributions sum to the difference of the outputs within 1 %. Infinite if a row's
  /// attributions do not sum to a difference of 0.
  [[nodiscard]] double completeness_error() const {
    double largest = 0;
    for (Index row = 0; row < convergence_delta.size(); ++row) {
      largest = std::max(largest, completeness_error(row));
    }
    return largest;
  }
  /// The same of one row. Throws: IndexError
  [[nodiscard]] double completeness_error(Index row) const {
    const double delta = std::abs(convergence_delta.at(row));
    const double difference = std::abs(output_difference.at(row));
    return delta == 0
               ? 0.0
               : (difference > 0 ? delta / difference : std::numeric_limits<double>::infinity());
  }
};

template <FloatScalar T>
struct IntegratedGradientsOptions {
  Target target = {};
  /// Where the way begins: as x, or one that broadcasts to it, such as one row. By default zeros.
  Tensor<T> baseline = {};
  Index steps = 50;
  Quadrature method = Quadrature::gauss_legendre;
  /// Rows in one call of the model, at least those of x.
  Index batch_size = 256;
  /// Throw if completeness_error() is larger.
  std::optional<double> tolerance = {};
};

}  // namespace eigengrad::explain

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_incomplete(Index row, double sum, double difference,
                                                         Index steps) {
  throw_error<ValueError>("integrated_gradients",
                          {"attributions of row ", row, " sum to ", sum, ", the outputs differ by ",
                           difference, "; give more than ", steps, " steps"});
}

/// The gradient's average over the rule's points from `base` to `x`, both contiguous.
template <FloatScalar T, class F>
[[nodiscard]] std::vector<double> path_gradient(
    F& f, const Tensor<T>& x, const Tensor<T>& base,
    const explain::IntegratedGradientsOptions<T>& options) {
  const QuadratureRule rule = quadrature_rule(options.method, options.steps);
  const Index rows = x.shape()[0];
  const Index at_once = std::max<Index>(1, options.batch_size / rows);
  std::vector<double> total(static_cast<std::size_t>(x.size()));
  for (Index first = 0; first < options.steps; first += at_once) {
    const Index count = std::min(at_once, options.steps - first);
    Tensor<T> points = uninitialized<T>(with_rows(x.shape(), count * rows));
    T* to = points.mutable_data();
    for (Index step = first; step < first + count; ++step) {
      const double way = rule.points[static_cast<std::size_t>(step)];
      for (Index i = 0; i < x.size(); ++i) {
        const auto start = static_cast<double>(base.data()[i]);
        *to++ = static_cast<T>(start + way * (static_cast<double>(x.data()[i]) - start));
      }
    }
    const Tensor<T> gradient =
        input_gradient("integrated_gradients", f, points, repeated(options.target, count));
    const T* from = gradient.data();
    for (Index step = first; step < first + count; ++step) {
      const double weight = rule.weights[static_cast<std::size_t>(step)];
      for (double& sum : total) {
        sum += weight * static_cast<double>(*from++);
      }
    }
  }
  return total;
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// What each input adds to f(x) - f(baseline): (x - baseline) times the gradient's average on the
/// straight way between the two. Rows of x must not depend on each other in f.
///
/// Shapes:    x (n, ...), baseline broadcasts to it; f(x) as saliency -> attributions as x
/// Gradient:  none; the result is a constant
/// Throws:    as saliency; ShapeError if the baseline does not broadcast to x; ValueError if steps
///            or batch_size is not positive, or if a row misses the tolerance
/// Cost:      `steps` forward and backward passes over the rows, and two forward passes
/// Reference: Sundararajan, Taly, Yan 2017; Captum `IntegratedGradients`
template <FloatScalar T, class F>
[[nodiscard]] IntegratedGradients<T> integrated_gradients(
    F&& f, const Tensor<T>& x,
    const std::type_identity_t<IntegratedGradientsOptions<T>>& options = {}) {
  constexpr std::string_view op = "integrated_gradients";
  const Index rows = eigengrad::detail::rows_to_explain(op, x);
  eigengrad::detail::check_positive(op, "steps", options.steps);
  eigengrad::detail::check_positive(op, "batch size", options.batch_size);
  const eigengrad::detail::InferenceMode mode(op, f);
  const Tensor<T> end = eigengrad::detail::packed(x);
  const Tensor<T> start = eigengrad::detail::packed(eigengrad::detail::expanded(
      options.baseline.defined() ? options.baseline : zeros<T>(Shape{}), x.shape(), op));

  const Tensor<T> there = eigengrad::detail::explained_outputs(op, f, end, options.target);
  const Tensor<T> here = eigengrad::detail::explained_outputs(op, f, start, options.target);
  const std::vector<double> gradient = eigengrad::detail::path_gradient<T>(f, end, start, options);

  IntegratedGradients<T> result{empty<T>(x.shape()), empty<double>({rows}), empty<double>({rows})};
  T* const attributions = result.attributions.mutable_data();
  double* const differences = result.output_difference.mutable_data();
  double* const deltas = result.convergence_delta.mutable_data();
  const Index width = x.size() / rows;
  for (Index row = 0; row < rows; ++row) {
    double sum = 0;
    for (Index i = row * width; i < (row + 1) * width; ++i) {
      const double difference =
          static_cast<double>(end.data()[i]) - static_cast<double>(start.data()[i]);
      attributions[i] = static_cast<T>(difference * gradient[static_cast<std::size_t>(i)]);
      sum += static_cast<double>(attributions[i]);
    }
    differences[row] =
        static_cast<double>(there.data()[row]) - static_cast<double>(here.data()[row]);
    deltas[row] = sum - differences[row];
    if (options.tolerance.has_value() && !(result.completeness_error(row) <= *options.tolerance)) {
      eigengrad::detail::throw_incomplete(row, sum, differences[row], options.steps);
    }
  }
  return result;
}

}  // namespace eigengrad::explain
