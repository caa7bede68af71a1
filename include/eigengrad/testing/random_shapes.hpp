#pragma once
// check_random_shapes: an op's gradients on shapes that are drawn, small ones against central
// differences, large ones forward mode against backward. Part of the op suite (op_suite.hpp), which
// makes its other checks on the shapes that the samples name.

// clang-format off: before any header of an op
#include <eigengrad/testing/op_list.hpp>
// clang-format on

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/testing/cases.hpp>
#include <eigengrad/testing/check_gradients.hpp>
#include <eigengrad/testing/op_checks.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace eigengrad::testing {

namespace detail {

/// Which shapes are drawn: `elements` is their usual size, `most` their largest.
struct ShapeSize {
  double elements;
  Index most;
  bool large;
};
inline constexpr ShapeSize small_shapes{12, 40, false};
inline constexpr ShapeSize large_shapes{10000, 30000, true};

/// Draws shapes for cases, one after another from a stream.
class ShapeDraws {
 public:
  explicit ShapeDraws(const RandomKey& key) noexcept : draws_(key) {}

  /// Shapes that a case takes. Those of an elementwise op have any rank up to 5 and broadcast.
  [[nodiscard]] std::vector<Shape> draw(const Case<double>& sample, const ShapeSize& size) {
    for (;;) {
      std::vector<Shape> shapes = sample.elementwise ? broadcasting(sample.shapes.size(), size)
                                                     : other(sample.shapes, size);
      if (std::all_of(shapes.begin(), shapes.end(),
                      [&size](const Shape& shape) { return shape.size() <= size.most; })) {
        return shapes;
      }
    }
  }

 private:
  [[nodiscard]] Index between(Index low, Index high) noexcept {
    return low + static_cast<Index>(draws_.below(static_cast<std::uint64_t>(high - low + 1)));
  }
  /// One of `axes` extents of a shape of the usual size.
  [[nodiscard]] Index extent(int axes, const ShapeSize& size) {
    const double side = std::pow(size.elements, 1.0 / std::max(axes, 1));
    return size.large ? between(static_cast<Index>(0.8 * side), static_cast<Index>(1.25 * side) + 1)
                      : between(2, std::max(Index{3}, static_cast<Index>(2.5 * side)));
  }

  /// Shapes that broadcast with each other: each lacks some axes of one shape, in front or as 1.
  [[nodiscard]] std::vector<Shape> broadcasting(std::size_t count, const ShapeSize& size) {
    const auto rank = static_cast<int>(between(size.large ? 1 : 0, 5));
    Shape whole;
    for (int axis = 0; axis < rank; ++axis) {
      whole.push_back(extent(rank, size));
    }
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < count; ++i) {
      Shape shape;
      for (int axis = count > 1 && between(0, 2) == 0 ? static_cast<int>(between(0, rank)) : 0;
           axis < rank; ++axis) {
        shape.push_back(between(0, 4) == 0 ? 1 : whole[axis]);
      }
      shapes.push_back(shape);
    }
    return shapes;
  }

  /// Other extents in the places of those that are neither 0 nor 1: equal ones stay equal.
  [[nodiscard]] std::vector<Shape> other(const std::vector<Shape>& examples,
                                         const ShapeSize& size) {
    int axes = 0;
    for (const Shape& shape : examples) {
      int varying = 0;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        varying += shape[axis] > 1 ? 1 : 0;
      }
      axes = std::max(axes, varying);
    }
    std::vector<std::pair<Index, Index>> replaced;
    const auto replacement = [&](Index example) {
      for (const auto& [before, after] : replaced) {
        if (before == example) {
          return after;
        }
      }
      replaced.emplace_back(example, extent(axes, size));
      return replaced.back().second;
    };
    std::vector<Shape> shapes = examples;
    for (Shape& shape : shapes) {
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] > 1) {
          shape.set(axis, replacement(shape[axis]));
        }
      }
    }
    return shapes;
  }

  eigengrad::detail::BoundedDraws draws_;
};

/// "(2, 3) and (3,)".
[[nodiscard]] inline std::string shapes_text(const std::vector<Shape>& shapes) {
  std::string text;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    text += concat(i == 0 ? "" : " and ", shapes[i]);
  }
  return text;
}

/// <u, J t> = <J^T u, t> for random t and u: forward mode against backward.
inline void check_identity(const Case<double>& sample, const std::vector<Tensor<double>>& inputs,
                           std::uint64_t seed, Failures& failures) {
  std::vector<Tensor<double>> direction;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    direction.push_back(
        uniform<double>(inputs[k].shape(), -1, 1, RandomKey::named(seed, concat("tangent ", k))));
  }
  const Tensor<double> tangent = jvp(sample.apply, inputs, direction).tangent;
  const Tensor<double> cotangent =
      uniform<double>(tangent.shape(), -1, 1, RandomKey::named(seed, "cotangent"));
  const Outcome<double> outcome = evaluate(sample, inputs, cotangent);
  GradientOptions options;
  options.identity = identity_of(sample);
  failures.add_if("large shapes", concat("(seed ", seed, ")"),
                  compare_products(tangent, cotangent, outcome.gradients, direction, options));
}

/// Runs `check(sample, inputs, number)` on `count` different draws of the cases that vary. Fewer
/// are left than that only if the cases do not take so many.
template <class Check>
void for_random_shapes(std::vector<Case<double>*>& varying, std::string_view op, int count,
                       const ShapeSize& size, std::uint64_t seed, Failures& failures,
                       const Check& check) {
  ShapeDraws draws(
      RandomKey::named(seed, concat(size.large ? "large" : "small", " shapes of ", op)));
  std::vector<std::string> seen;
  for (int attempt = 0; static_cast<int>(seen.size()) < count && attempt < 20 * count; ++attempt) {
    Case<double>& sample = *varying[static_cast<std::size_t>(attempt) % varying.size()];
    const std::string name = sample.label;
    const std::vector<Shape> examples = sample.shapes;
    sample.shapes = draws.draw(sample, size);
    sample.label = concat(name, " drawn as ", shapes_text(sample.shapes));
    if (std::find(seen.begin(), seen.end(), sample.label) == seen.end()) {
      seen.push_back(sample.label);
      failures.label = sample.label;
      try {
        check(sample, draw_inputs(sample, seed));
      } catch (const std::exception& error) {
        failures.add("threw", concat("(seed ", seed, ") ", error.what()));
      }
    }
    sample.label = name;
    sample.shapes = examples;
  }
  if (static_cast<int>(seen.size()) < count) {
    failures.label = "random shapes";
    failures.add("samples",
                 concat("only ", seen.size(), " different ones of ", count, " (seed ", seed, ")"));
  }
}

}  // namespace detail

/// Checks one op on `count` different shapes drawn from `seed`, in double: the whole
/// Jacobian, gradients of gradients and tangents against central differences; and on three shapes
/// of about 10,000 elements, that forward mode agrees with backward to 1e-10. Elementwise ops take
/// shapes of any rank up to 5 that broadcast; other ops the cases that they declare with
/// Cases::vary. Returns what failed, one line each, with the shapes and the seed.
[[nodiscard]] inline std::vector<std::string> check_random_shapes(const OpEntry& op,
                                                                  std::uint64_t seed = 1,
                                                                  int count = 20) {
  std::vector<std::string> texts;
  detail::Failures failures{texts, op.name, {}, "float64"};
  Cases<double> cases;
  if (op.double_cases != nullptr) {
    op.double_cases(cases);
  }
  std::vector<Case<double>*> varying;
  for (Case<double>& sample : cases.cases()) {
    // One case of an elementwise op stands for all: the shapes are free.
    if (sample.varies && !(sample.elementwise && !varying.empty())) {
      varying.push_back(&sample);
    }
  }
  if (varying.empty()) {
    failures.label = "random shapes";
    failures.add("samples", "no case takes other extents; declare one with vary");
    return texts;
  }
  detail::for_random_shapes(
      varying, op.name, count, detail::small_shapes, seed, failures,
      [&](const Case<double>& sample, const std::vector<Tensor<double>>& inputs) {
        detail::check_central_differences(sample, inputs, seed, failures, true);
      });
  detail::for_random_shapes(
      varying, op.name, 3, detail::large_shapes, seed, failures,
      [&](const Case<double>& sample, const std::vector<Tensor<double>>& inputs) {
        detail::check_identity(sample, inputs, seed, failures);
      });
  return texts;
}

}  // namespace eigengrad::testing
