#pragma once
// check_gradients: compares the gradients of any function of tensors, and on request their
// gradients and the tangents of forward mode, with central differences. For the tests of ops,
// layers and losses, ours and users'. Needs no test framework.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/print.hpp>
#include <eigengrad/tensor/random.hpp>

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::testing {

/// How closely gradients must match. The defaults are those of PyTorch's gradcheck.
struct GradientOptions {
  double step = 1e-6;      // of the central differences
  double absolute = 1e-5;  // |difference| <= absolute + relative |central difference|
  double relative = 1e-3;
  std::uint64_t seed = 0;  // of the cotangents
  // What else is checked; order and forward need eigengrad/transforms.hpp to be included.
  int order = 1;            // 2: second derivatives
  bool forward = false;     // forward mode
  bool jacobian = false;    // each element of the Jacobian, by one backward pass for each result
  double identity = 1e-10;  // how closely it agrees with backward, relative to 1 + the number
};

/// The outcome of a check: true if it passed, else what is wrong, one line.
struct GradientReport {
  std::string message;  // empty if passed
  [[nodiscard]] bool passed() const noexcept { return message.empty(); }
  explicit operator bool() const noexcept { return passed(); }
};

namespace detail {

/// The position of an element in row-major order: "(1, 2)".
[[nodiscard]] inline std::string position_text(const Shape& shape, Index element) {
  Shape position = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position.set(axis, element % shape[axis]);
    element /= shape[axis];
  }
  return to_string(position);
}

/// d f(inputs) / d inputs[k][i] by central differences, for each element of the result. Perturbs a
/// copy.
template <class F>
[[nodiscard]] std::vector<double> central_differences(const F& f,
                                                      std::vector<Tensor<double>>& inputs,
                                                      std::size_t k, Index i, double step) {
  const double before = inputs[k].mutable_data()[i];
  // The steps that were really taken, after rounding.
  const double above = before + step;
  const double below = before - step;
  inputs[k].mutable_data()[i] = above;
  std::vector<double> slopes = to_vector(Tensor<double>(f(inputs)));
  inputs[k].mutable_data()[i] = below;
  const std::vector<double> low = to_vector(Tensor<double>(f(inputs)));
  inputs[k].mutable_data()[i] = before;
  for (std::size_t j = 0; j < slopes.size(); ++j) {
    slopes[j] = (slopes[j] - low[j]) / (above - below);
  }
  return slopes;
}

/// d sum(cotangent * f(inputs)) / d inputs[k][i] by a central difference.
template <class F>
[[nodiscard]] double central_difference(const F& f, std::vector<Tensor<double>>& inputs,
                                        std::size_t k, Index i, const Tensor<double>& cotangent,
                                        double step) {
  const std::vector<double> slopes = central_differences(f, inputs, k, i, step);
  const std::vector<double> weight = to_vector(cotangent);
  double sum = 0;
  for (std::size_t j = 0; j < slopes.size(); ++j) {
    sum += weight[j] * slopes[j];
  }
  return sum;
}

/// Compares one input's gradient with central differences; empty if they match. `what` is what the
/// messages call it.
template <class F>
[[nodiscard]] std::string compare_gradient(const F& f, std::vector<Tensor<double>>& inputs,
                                           std::size_t k, const Tensor<double>& gradient,
                                           const Tensor<double>& cotangent,
                                           const GradientOptions& options,
                                           std::string_view what = "gradient of input ") {
  using eigengrad::detail::concat;
  std::string first;
  Index wrong = 0;
  const Shape shape = inputs[k].shape();
  if (!(gradient.shape() == shape)) {
    return concat("input ", k, " is ", shape, ", its gradient is ", gradient.shape());
  }
  const std::vector<double> values = to_vector(gradient);
  for (Index i = 0; i < inputs[k].size(); ++i) {
    const double expected = central_difference(f, inputs, k, i, cotangent, options.step);
    const double found = values[static_cast<std::size_t>(i)];
    // Written so that NaN fails.
    if (std::abs(found - expected) <= options.absolute + options.relative * std::abs(expected)) {
      continue;
    }
    if (wrong++ == 0) {
      first = concat(what, k, " ", shape, " at ", position_text(shape, i), ", where it is ",
                     inputs[k].data()[i], ": ", found, " by backward, ", expected,
                     " by central differences");
    }
  }
  return wrong > 1 ? concat(first, "; so are ", wrong - 1, " more of ", inputs[k].size()) : first;
}

}  // namespace detail

namespace detail {

[[nodiscard]] inline std::vector<Tensor<double>> watch_all(
    Tape& tape, const std::vector<Tensor<double>>& points) {
  std::vector<Tensor<double>> watched;
  watched.reserve(points.size());
  for (const Tensor<double>& x : points) {
    watched.push_back(tape.watch(eigengrad::detail::copied(x)));
  }
  return watched;
}

/// Compares every element of the Jacobian with central differences; its rows are those of backward
/// passes from single elements of the result. Empty if they match.
template <class F>
[[nodiscard]] std::string compare_jacobian(const F& f, std::vector<Tensor<double>>& inputs,
                                           const Shape& result, const GradientOptions& options) {
  using eigengrad::detail::concat;
  std::vector<std::vector<std::vector<double>>> rows;  // of each result, of each input
  for (Index j = 0; j < result.size(); ++j) {
    Tensor<double> cotangent = zeros<double>(result);
    cotangent.mutable_data()[j] = 1;
    Tape tape;
    const std::vector<Tensor<double>> watched = watch_all(tape, inputs);
    tape.backward(Tensor<double>(f(watched)), cotangent);
    rows.emplace_back();
    for (const Tensor<double>& x : watched) {
      rows.back().push_back(to_vector(tape.gradient(x)));
    }
  }
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    for (Index i = 0; i < inputs[k].size(); ++i) {
      const std::vector<double> expected = central_differences(f, inputs, k, i, options.step);
      for (std::size_t j = 0; j < expected.size(); ++j) {
        const double found = rows[j][k][static_cast<std::size_t>(i)];
        if (!(std::abs(found - expected[j]) <=
              options.absolute + options.relative * std::abs(expected[j]))) {
          return concat("Jacobian of the result ", result, " at ",
                        position_text(result, static_cast<Index>(j)), " by input ", k, " ",
                        inputs[k].shape(), " at ", position_text(inputs[k].shape(), i), ": ", found,
                        " by backward, ", expected[j], " by central differences");
        }
      }
    }
  }
  return {};
}

/// sum(f(inputs) * cotangent), where `inputs` is followed by the cotangent.
template <class F>
[[nodiscard]] Tensor<double> paired(const F& f, const std::vector<Tensor<double>>& all) {
  const std::vector<Tensor<double>> inputs(all.begin(), all.end() - 1);
  return sum(f(inputs) * all.back());
}

[[nodiscard]] inline Tensor<double> dot(const std::vector<Tensor<double>>& a,
                                        const std::vector<Tensor<double>>& b) {
  Tensor<double> total = full<double>({}, 0);
  for (std::size_t k = 0; k < a.size(); ++k) {
    total = total + sum(a[k] * b[k]);
  }
  return total;
}

/// Second derivatives, and first ones that are recorded, of sum(f(inputs) * cotangent): the
/// cotangent counts as an input. The gradients of a random combination of the recorded gradients
/// are compared with central differences of the same combination of ordinary ones.
template <class F>
[[nodiscard]] std::string compare_second(const F& f, std::vector<Tensor<double>> points,
                                         const Tensor<double>& cotangent,
                                         const GradientOptions& options) {
  using eigengrad::detail::concat;
  points.push_back(eigengrad::detail::copied(cotangent));
  std::vector<Tensor<double>> directions;
  for (std::size_t k = 0; k < points.size(); ++k) {
    directions.push_back(uniform<double>(points[k].shape(), -1, 1,
                                         RandomKey::named(options.seed, concat("direction ", k))));
  }
  const auto gradients = [&f](const std::vector<Tensor<double>>& at) {
    Tape tape;
    const std::vector<Tensor<double>> watched = watch_all(tape, at);
    return tape.gradients(paired(f, watched), std::span<const Tensor<double>>(watched));
  };
  const std::vector<Tensor<double>> ordinary = gradients(points);
  Tape tape;
  const std::vector<Tensor<double>> watched = watch_all(tape, points);
  const std::span<const Tensor<double>> inputs(watched);
  const std::vector<Tensor<double>> recorded =
      tape.gradients(paired(f, watched), inputs, {.create_graph = true});
  const std::vector<Tensor<double>> second = tape.gradients(dot(recorded, directions), inputs);
  for (std::size_t k = 0; k < points.size(); ++k) {
    if (!allclose(recorded[k], ordinary[k], 1e-10, 1e-12)) {
      return concat("gradient of input ", k, " ", points[k].shape(),
                    " differs between an ordinary pass and one with create_graph: ",
                    to_string(ordinary[k]), " and ", to_string(recorded[k]));
    }
  }
  const NoGrad no_grad;
  const auto combined = [&](const std::vector<Tensor<double>>& at) {
    return dot(gradients(at), directions);
  };
  const Tensor<double> one = full<double>({}, 1);
  for (std::size_t k = 0; k < points.size(); ++k) {
    std::string message = compare_gradient(combined, points, k, second[k], one, options,
                                           "second derivative by input ");
    if (!message.empty()) {
      return message;
    }
  }
  return {};
}

/// <u, J t> = <J^T u, t>, where `tangent` is J t and `gradients` are J^T u; empty if it holds.
[[nodiscard]] inline std::string compare_products(const Tensor<double>& tangent,
                                                  const Tensor<double>& cotangent,
                                                  const std::vector<Tensor<double>>& gradients,
                                                  const std::vector<Tensor<double>>& direction,
                                                  const GradientOptions& options) {
  const double forward = sum(tangent * cotangent).item();
  const double reverse = dot(gradients, direction).item();
  if (!(std::abs(forward - reverse) <= options.identity * (1 + std::abs(reverse)))) {
    return eigengrad::detail::concat("forward mode and backward disagree: <u, J t> = ", forward,
                                     ", <J^T u, t> = ", reverse);
  }
  return {};
}

/// The tangent of f in a random direction t, by jvp: equal to a central difference, and to what the
/// gradients say of it: <u, J t> = <J^T u, t>.
template <class F>
[[nodiscard]] std::string compare_forward(const F& f, const std::vector<Tensor<double>>& points,
                                          const std::vector<Tensor<double>>& gradients,
                                          const Tensor<double>& cotangent,
                                          const GradientOptions& options) {
  using eigengrad::detail::concat;
  std::vector<Tensor<double>> direction;
  std::vector<Tensor<double>> above;
  std::vector<Tensor<double>> below;
  for (std::size_t k = 0; k < points.size(); ++k) {
    direction.push_back(uniform<double>(points[k].shape(), -1, 1,
                                        RandomKey::named(options.seed, concat("tangent ", k))));
    above.push_back(points[k] + direction[k] * options.step);
    below.push_back(points[k] - direction[k] * options.step);
  }
  const Tensor<double> tangent = jvp(f, points, direction).tangent;
  const Tensor<double> expected = (f(above) - f(below)) / (2 * options.step);
  if (!(tangent.shape() == expected.shape())) {
    return concat("the result is ", expected.shape(), ", its tangent is ", tangent.shape());
  }
  const std::vector<double> found = to_vector(tangent);
  const std::vector<double> wanted = to_vector(expected);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!(std::abs(found[i] - wanted[i]) <=
          options.absolute + options.relative * std::abs(wanted[i]))) {
      return concat("tangent of the result ", tangent.shape(), " at ",
                    position_text(tangent.shape(), static_cast<Index>(i)), ": ", found[i],
                    " by forward mode, ", wanted[i], " by a central difference");
    }
  }
  return compare_products(tangent, cotangent, gradients, direction, options);
}

}  // namespace detail

/// Whether the gradients of f that a tape gives equal central differences, for every element of
/// every input, under a random cotangent. With order 2 also the gradients of those gradients, in a
/// random direction; input number n is then the cotangent, for n inputs. With `forward` also the
/// tangent of forward mode in a random direction, which must agree with the gradients. f
/// takes a `const std::vector<Tensor<double>>&` and gives a Tensor<double>; it must be
/// differentiable at the inputs, which are not changed.
///
/// Shapes:    any
/// Cost:      two evaluations of f for each element of the inputs
/// Reference: PyTorch `torch.autograd.gradcheck`, with its tolerances
template <class F>
[[nodiscard]] GradientReport check_gradients(const F& f, const std::vector<Tensor<double>>& inputs,
                                             const GradientOptions& options = {}) {
  std::vector<Tensor<double>> points;
  points.reserve(inputs.size());
  for (const Tensor<double>& x : inputs) {
    points.push_back(eigengrad::detail::copied(x));
  }
  Tape tape;
  const std::vector<Tensor<double>> watched = detail::watch_all(tape, points);
  const Tensor<double> y = f(watched);
  const Tensor<double> cotangent =
      uniform<double>(y.shape(), -1, 1, RandomKey::named(options.seed, "cotangent"));
  tape.backward(y, cotangent);
  std::vector<Tensor<double>> gradients;
  gradients.reserve(watched.size());
  for (const Tensor<double>& x : watched) {
    gradients.push_back(tape.gradient(x));
  }
  const NoGrad no_grad;
  std::string message;
  for (std::size_t k = 0; k < points.size() && message.empty(); ++k) {
    message = detail::compare_gradient(f, points, k, gradients[k], cotangent, options);
  }
  if (message.empty() && options.jacobian) {
    message = detail::compare_jacobian(f, points, y.shape(), options);
  }
  if (message.empty() && options.forward) {
    message = detail::compare_forward(f, points, gradients, cotangent, options);
  }
  if (message.empty() && options.order > 1) {
    message = detail::compare_second(f, points, cotangent, options);
  }
  return {std::move(message)};
}

}  // namespace eigengrad::testing
