// A physics-informed network: it solves the viscous Burgers equation
//
//   u_t + u u_x = nu u_xx,   u(x, 0) = -sin(pi x),   u(-1, t) = u(1, t) = 0
//
// and is shown no value of the solution. The loss is how far the network is from satisfying the
// equation at random points; its derivatives are forward mode over forward mode, and training
// differentiates them once more. The solution in closed form says how good the result is.
// Reference: Raissi, Perdikaris, Karniadakis 2019.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/transforms.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>

namespace eg = eigengrad;
using Vector = eg::Tensor<float>;
using Network = eg::nn::Sequential<float>;

namespace {

constexpr double pi = std::numbers::pi;
constexpr double viscosity = 0.1 / pi;

/// u at points (n, 2) of (x, t). It has the initial and the boundary values whatever the network
/// gives, so that the loss is the equation alone (Lagaris, Likas, Fotiadis 1998).
Vector solution(const Network& network, const Vector& points) {
  const auto x = slice(points, 1, 0, 1);
  const auto t = slice(points, 1, 1, 2);
  return t * (1.0 - x * x) * network(points) - sin(x * pi);
}

/// u_t + u u_x - nu u_xx at each point: zero for the solution.
Vector residual(const Network& network, const Vector& points) {
  const auto along_x = expand(eg::tensor<float>({1, 0}), points.shape());
  const auto along_t = expand(eg::tensor<float>({0, 1}), points.shape());
  const auto u = [&](const Vector& at) { return solution(network, at); };
  const auto slope = [&](const Vector& at) { return eg::jvp(u, at, along_x).tangent; };
  const auto [value, u_t] = eg::jvp(u, points, along_t);
  const auto [u_x, u_xx] = eg::jvp(slope, points, along_x);
  return u_t + value * u_x - u_xx * viscosity;
}

/// The solution of Cole 1951 and Hopf 1950 as a ratio of two integrals over a Gaussian, by the
/// trapezoidal rule, which converges exponentially here.
double exact(double x, double t) {
  constexpr double step = 0.1;
  double above = 0;
  double below = 0;
  for (int i = -60; i <= 60; ++i) {
    const double z = step * i;
    const double y = x - std::sqrt(4 * viscosity * t) * z;
    const double weight = std::exp(-z * z - std::cos(pi * y) / (2 * pi * viscosity));
    above -= weight * std::sin(pi * y);
    below += weight;
  }
  return above / below;
}

/// |u - exact| / |exact| in the norm of L2, over a grid of the domain.
double relative_error(const Network& network) {
  constexpr eg::Index columns = 201;
  constexpr eg::Index rows = 51;
  Vector points = eg::empty<float>({rows * columns, 2});
  for (eg::Index i = 0; i < rows * columns; ++i) {
    const double x = -1 + 2.0 * static_cast<double>(i % columns) / (columns - 1);
    const eg::Index row = i / columns;
    const double t = static_cast<double>(row) / (rows - 1);
    points.mutable_data()[2 * i] = static_cast<float>(x);
    points.mutable_data()[2 * i + 1] = static_cast<float>(t);
  }
  const eg::NoGrad no_grad;
  const Vector u = solution(network, points);
  double difference = 0;
  double norm = 0;
  for (eg::Index i = 0; i < rows * columns; ++i) {
    const double expected = exact(points.at(i, 0), points.at(i, 1));
    difference += std::pow(u.at(i, 0) - expected, 2);
    norm += expected * expected;
  }
  return std::sqrt(difference / norm);
}

}  // namespace

int main() {
  constexpr int steps = 3000;
  constexpr eg::Index count = 256;  // points of a step
  const Network network(
      {eg::nn::Dense(2, 20), eg::nn::Tanh(), eg::nn::Dense(20, 20), eg::nn::Tanh(),
       eg::nn::Dense(20, 20), eg::nn::Tanh(), eg::nn::Dense(20, 1)},
      {.seed = 1});
  eg::optim::Adam adam(network.parameters(), {});
  const auto rate = eg::optim::Schedule::cosine(2e-2, steps, 1e-5);
  const auto stream = eg::RandomKey::named(1, "points");

  eg::set_num_threads(1);
  const auto begin = std::chrono::steady_clock::now();
  for (int step = 0; step < steps; ++step) {
    const auto key = stream.fold(static_cast<std::uint64_t>(step));
    const auto x = eg::uniform<float>({count, 1}, -1, 1, key.fold(0));
    const auto t = eg::uniform<float>({count, 1}, 0, 1, key.fold(1));

    eg::Tape tape;
    const auto loss = mean(square(residual(network, eg::concat({x, t}, 1))));
    tape.backward(loss);
    adam.set_learning_rate(rate(step));
    adam.step();
    if (step % 500 == 0) {
      std::printf("step %4d  loss %.2e  relative L2 error %6.2f %%\n", step, loss.item(),
                  100 * relative_error(network));
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const double error = relative_error(network);
  std::printf("relative L2 error %.2f %% after %d steps, %.1f s\n", 100 * error, steps,
              seconds.count());
  return error <= 0.01 ? 0 : 1;
}
