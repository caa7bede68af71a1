#pragma once
// root: f(x, theta) = 0 by Newton's method; linear_solve: a linear system that is given by its
// products. Both differentiable by the implicit function theorem.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/implicit/fixed_point.hpp>
#include <eigengrad/ops/implicit/implicit.hpp>
#include <eigengrad/ops/implicit/linear_system.hpp>
#include <eigengrad/ops/implicit/system.hpp>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace eigengrad {

struct RootOptions {
  double tolerance = 0;       // |f(x)| <= tolerance max(1, |f(x0)|); 0: 1e-5 in float, else 1e-10
  Index max_iterations = 50;  // Newton steps
  LinearOptions linear{};     // of the system of a step, and of a derivative
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_descent(Index iteration, double residual) {
  throw_error<ValueError>(
      "root", {"no step decreases the residual at iteration ", iteration, ": it is ", residual});
}

/// x - step, or with half of the step as often as it takes to make |f| smaller.
template <FloatScalar T, class G>
[[nodiscard]] Tensor<T> damped_step(const G& g, const Tensor<T>& x, const Tensor<T>& step,
                                    double residual, Index iteration) {
  constexpr int halvings = 30;
  double part = 1;
  for (int i = 0; i < halvings; ++i, part /= 2) {
    Tensor<T> next = x - step * part;
    if (norm_of(g(next)) < residual) {
      return next;
    }
  }
  throw_no_descent(iteration, residual);
}

}  // namespace detail

/// An x with f(x, theta) = 0, by Newton's method from x0, as a function of theta and of whatever
/// else f reads that a tape knows. Steps are solved for by GMRES and halved until they lessen |f|.
/// A tape holds one call of f. What fixed_point says of f, theta and x0 holds here.
///
/// Shapes:    x0 and f(x, theta) alike -> the same
/// Gradient:  -u^T df/dtheta at x, with J^T u = g, J = df/dx; differentiable any number of
///            times by theta
/// Throws:    ShapeError if f changes the shape; ValueError if x is not reached, or a step or, in a
///            derivative, u is not
/// Cost:      for each step a call of f with as many jvps as GMRES takes, and one or more calls; a
///            derivative calls f once more, and takes one vjp for each iteration of GMRES
/// Reference: JAX `lax.custom_root`; SciPy `optimize.newton_krylov`
template <class F, FloatScalar T, class Theta>
[[nodiscard]] Tensor<T> root(const F& f, const Tensor<T>& x0, const Theta& theta,
                             const RootOptions& options = {}) {
  constexpr std::string_view op = "root";
  const auto residual = [&](const Tensor<T>& at) { return f(at, theta); };
  const double tolerance = detail::tolerance_or_default<T>(options.tolerance);
  Tensor<T> x = detail::copied(x0);
  {
    const NoGrad no_grad;
    double bound = 0;
    for (Index i = 0;; ++i) {
      Tensor<T> step;
      double length = 0;
      {
        detail::Linearization<T> jacobian(op, residual, x, detail::Side::plain);
        const Tensor<T> value = detach(jacobian.value());
        length = detail::norm_of(value);
        bound = i == 0 ? tolerance * std::max(1.0, length) : bound;
        if (length <= bound) {
          break;
        }
        if (i == options.max_iterations || std::isnan(length)) {
          detail::throw_not_converged(op, i, "the residual", length, bound);
        }
        step = detail::solve_by_products<T>(op, jacobian, value, options.linear);
      }
      x = detail::damped_step(residual, x, step, length, i);
    }
  }
  return detail::implicit(op, std::move(x), f, theta, options.linear);
}

/// The x with matvec(x, theta) = b for a matvec that is linear in x, by GMRES: for a matrix that is
/// too large to be written down. As a function of b, of theta and of whatever else matvec reads
/// that a tape knows; what fixed_point says of f and theta holds here.
///
/// Shapes:    b and matvec(x, theta) alike -> the same
/// Gradient:  u into b, with A^T u = g; that of -matvec at x into theta, from u
/// Throws:    ShapeError if matvec changes the shape; ValueError if x or, in a derivative, u is not
///            reached
/// Cost:      a jvp of matvec for each iteration; a derivative the same with vjps
/// Reference: JAX `lax.custom_linear_solve`; SciPy `sparse.linalg.gmres`
template <class F, FloatScalar T, class Theta>
[[nodiscard]] Tensor<T> linear_solve(const F& matvec, const Tensor<T>& b, const Theta& theta,
                                     const LinearOptions& options = {}) {
  constexpr std::string_view op = "linear_solve";
  Tensor<T> x;
  {
    const auto product = [&](const Tensor<T>& at) { return matvec(at, theta); };
    detail::Linearization<T> matrix(op, product, zeros<T>(b.shape()), detail::Side::plain);
    x = detail::solve_by_products<T>(op, matrix, detach(b), options);
  }
  const auto residual = [matvec](const Tensor<T>& at, const std::tuple<Theta, Tensor<T>>& of) {
    return matvec(at, std::get<0>(of)) - std::get<1>(of);
  };
  return detail::implicit(op, std::move(x), residual, std::tuple(theta, b), options);
}

}  // namespace eigengrad
