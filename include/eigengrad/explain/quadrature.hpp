#pragma once
// Points and weights of integrals over [0, 1], for integrated gradients.

#include <eigengrad/base/index.hpp>

#include <cmath>
#include <cstddef>
#include <vector>

namespace eigengrad::explain {

/// How the path is sampled. Gauss-Legendre is exact for polynomials of degree 2 steps - 1.
enum class Quadrature { gauss_legendre, riemann_left, riemann_right, riemann_middle };

}  // namespace eigengrad::explain

namespace eigengrad::detail {

struct QuadratureRule {
  std::vector<double> points;
  std::vector<double> weights;
};

/// The rule of `steps` points on [0, 1]: the roots of the Legendre polynomial by Newton's method.
/// Reference: Abramowitz, Stegun 1964, 25.4.29 and 22.16.6 for the start; NumPy `leggauss`
[[nodiscard]] inline QuadratureRule gauss_legendre(Index steps) {
  constexpr double pi = 3.14159265358979323846;
  QuadratureRule rule;
  const auto n = static_cast<double>(steps);
  for (Index i = 0; i < steps; ++i) {
    double x = -std::cos(pi * (static_cast<double>(i) + 0.75) / (n + 0.5));
    double slope = 1;
    // Quadratic convergence from an error below 1e-2; the last round is for the slope at the root.
    for (int round = 0; round < 8; ++round) {
      double before = 0;
      double value = 1;
      for (Index k = 0; k < steps; ++k) {
        const auto degree = static_cast<double>(k);
        const double next = ((2 * degree + 1) * x * value - degree * before) / (degree + 1);
        before = value;
        value = next;
      }
      slope = n * (x * value - before) / (x * x - 1);
      x -= value / slope;
    }
    rule.points.push_back((1 + x) / 2);
    rule.weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

/// Points and weights; the weights sum to 1.
[[nodiscard]] inline QuadratureRule quadrature_rule(explain::Quadrature kind, Index steps) {
  if (kind == explain::Quadrature::gauss_legendre) {
    return gauss_legendre(steps);
  }
  const double shift = kind == explain::Quadrature::riemann_left    ? 0.0
                       : kind == explain::Quadrature::riemann_right ? 1.0
                                                                    : 0.5;
  const auto n = static_cast<double>(steps);
  QuadratureRule rule;
  for (Index i = 0; i < steps; ++i) {
    rule.points.push_back((static_cast<double>(i) + shift) / n);
    rule.weights.push_back(1 / n);
  }
  return rule;
}

}  // namespace eigengrad::detail
