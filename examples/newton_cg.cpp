// Newton's method for logistic regression, by Hessian-vector products alone: conjugate gradients
// solve H d = -g with hvp, and no Hessian is ever written down. Checked against a long gradient
// descent, which finds the same optimum.

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/transforms.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tuple>

namespace eg = eigengrad;
using Vector = eg::Tensor<double>;

namespace {

double dot(const Vector& a, const Vector& b) {
  return eg::sum(a * b).item();
}

/// An approximate solution of H d = -g, where `hessian(v)` gives H v. It stops early far from the
/// optimum (Dembo, Eisenstat, Steihaug 1982), which keeps the convergence superlinear.
template <class Hessian>
Vector newton_direction(const Vector& g, const Hessian& hessian, int& products) {
  Vector d = eg::zeros<double>(g.shape());
  Vector r = -g;
  Vector p = r;
  const double norm = std::sqrt(dot(g, g));
  const double target = std::min(0.5, std::sqrt(norm)) * norm;
  double rr = dot(r, r);
  while (std::sqrt(rr) > target) {
    const Vector hp = hessian(p);
    ++products;
    const double step = rr / dot(p, hp);
    d = d + p * step;
    r = r - hp * step;
    const double next = dot(r, r);
    p = r + p * (next / rr);
    rr = next;
  }
  return d;
}

}  // namespace

int main() {
  const auto table = eg::datasets::breast_cancer<double>();
  const auto x = eg::Standardizer<double>().fit_transform(table.x);
  const auto y = eg::reshape(eg::cast<double>(table.y), {-1, 1});
  constexpr double penalty = 0.01;

  // theta: the weights of the columns, then the bias, which is not penalised.
  const eg::Index columns = x.extent(1);
  const auto loss = [&](const Vector& theta) {
    const auto w = eg::slice(theta, 0, 0, columns);
    const auto b = eg::slice(theta, 0, columns, columns + 1);
    const auto logits = eg::matmul(x, w) + b;
    return eg::binary_cross_entropy_with_logits(logits, y) + eg::sum(w * w) * (penalty / 2);
  };
  const Vector start = eg::zeros<double>({columns + 1, 1});

  std::printf("Newton-CG\n step         loss     |gradient|  products\n");
  Vector theta = start;
  int steps = 0;
  for (int products = 0; steps < 30; ++steps) {
    const auto [value, gradients] = eg::value_and_grad(loss, theta);
    const Vector& g = std::get<0>(gradients);
    const double norm = std::sqrt(dot(g, g));
    std::printf("%5d  %.10f  %.3e  %6d\n", steps, value.item(), norm, products);
    if (norm < 1e-9) {
      break;
    }
    const Vector at = theta;
    const Vector d = newton_direction(
        g, [&](const Vector& v) { return eg::hvp(loss, at, v).tangent; }, products);
    double part = 1;
    while (loss(theta + d * part).item() > value.item() + 1e-4 * part * dot(g, d) && part > 1e-6) {
      part /= 2;
    }
    theta = theta + d * part;
  }

  std::printf("gradient descent\n");
  Vector slow = start;
  int count = 0;
  for (double norm = 1; norm > 1e-7 && count < 20000; ++count) {
    const Vector g = eg::grad(loss, slow);
    norm = std::sqrt(dot(g, g));
    slow = slow - g * 0.5;
  }
  std::printf("%5d  %.10f\n", count, loss(slow).item());

  const double apart = eg::max(eg::abs(theta - slow)).item();
  std::printf("optima apart by %.1e, after %d Newton steps and %d gradient steps\n", apart, steps,
              count);
  return apart < 1e-4 && steps < 15 ? 0 : 1;
}
