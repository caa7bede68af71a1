// How the solution of a differential equation depends on its parameters: the tape goes through
// every step of a Runge-Kutta integrator, and one backward pass gives all derivatives. Logistic
// growth y' = r y (1 - y / K) has a closed form to check against.

#include <eigengrad/eigengrad.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace eg = eigengrad;
using Scalar = eg::Tensor<double>;

namespace {

/// y(end) from y(0) = y, by the classical method of order 4.
template <class F>
Scalar runge_kutta(const F& f, Scalar y, double end, int steps) {
  const double h = end / steps;
  for (int i = 0; i < steps; ++i) {
    const auto k1 = f(y);
    const auto k2 = f(y + k1 * (h / 2));
    const auto k3 = f(y + k2 * (h / 2));
    const auto k4 = f(y + k3 * h);
    y = y + (k1 + (k2 + k3) * 2.0 + k4) * (h / 6);
  }
  return y;
}

}  // namespace

int main() {
  constexpr double r0 = 0.8;
  constexpr double capacity = 10;
  constexpr double y0 = 0.5;
  constexpr double end = 5;

  // y(t) = K y0 e / d with e = exp(r t) and d = K + y0 (e - 1), and its derivatives by r, K and y0.
  const double e = std::exp(r0 * end);
  const double d = capacity + y0 * (e - 1);
  const double value = capacity * y0 * e / d;
  const std::array<double, 3> exact{end * capacity * y0 * e * (capacity - y0) / (d * d),
                                    y0 * y0 * e * (e - 1) / (d * d),
                                    capacity * capacity * e / (d * d)};
  std::printf("closed form:  y %.10f  dy/dr %.10f  dy/dK %.10f  dy/dy0 %.10f\n", value, exact[0],
              exact[1], exact[2]);

  const auto solution = [&](int steps) {
    return [=](const Scalar& r, const Scalar& k, const Scalar& start) {
      const auto growth = [&](const Scalar& y) { return r * y * (1.0 - y / k); };
      return runge_kutta(growth, start, end, steps);
    };
  };

  std::array<double, 3> errors{};  // of the gradient, with 20, 40 and 80 steps
  int steps = 20;
  for (double& error : errors) {
    const auto [y, gradients] =
        eg::value_and_grad(solution(steps), eg::scalar(r0), eg::scalar(capacity), eg::scalar(y0));
    const auto& [dr, dk, dy0] = gradients;
    error = std::max({std::abs(dr.item() - exact[0]), std::abs(dk.item() - exact[1]),
                      std::abs(dy0.item() - exact[2])});
    std::printf("%5d steps:  y %.10f  dy/dr %.10f  dy/dK %.10f  dy/dy0 %.10f  error %.1e\n", steps,
                y.item(), dr.item(), dk.item(), dy0.item(), error);
    steps *= 2;
  }

  // The gradient is that of the numerical solution: it converges as fast, with the fourth power.
  const double order = std::log2(errors[1] / errors[2]);
  std::printf("order of convergence of the gradient: %.2f\n", order);
  return errors[2] < 1e-5 && std::abs(order - 4) < 0.3 ? 0 : 1;
}
