#pragma once
// fixed_point: x = f(x, theta) by iteration, differentiable by the implicit function theorem.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/implicit/implicit.hpp>
#include <eigengrad/ops/implicit/linear_system.hpp>
#include <eigengrad/ops/implicit/system.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/trigonometric.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

namespace eigengrad {

struct FixedPointOptions {
  double tolerance = 0;        // |f(x) - x| <= tolerance max(1, |x|); 0: 1e-5 in float, else 1e-10
  Index max_iterations = 100;  // calls of f
  LinearOptions gradient{};    // of the system that a derivative solves
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_converged(std::string_view op, Index iterations,
                                                            std::string_view what, double found,
                                                            double tolerance) {
  throw_error<ValueError>(op, {"not converged after ", iterations, " iterations: ", what, " is ",
                               found, ", the tolerance ", tolerance});
}

}  // namespace detail

/// The x with x = f(x, theta) that x, f(x), f(f(x)), ... goes to from x0, as a function of theta.
/// The iteration is not recorded: a tape holds the result, however many steps there were. No
/// gradient goes into x0.
///
/// theta is a tensor, a std::vector or std::tuple of such, or parameters; f is kept with it until
/// the tape is done, so it should hold what it reads by value. Other tensors that f reads and a
/// tape knows get gradients too, as parameters do, but cannot be differentiated twice.
///
/// Shapes:    x0 and f(x, theta) alike -> the same
/// Gradient:  u^T df/dtheta at x, with u = g + J^T u, J = df/dx; differentiable any number
///            of times by theta
/// Throws:    ShapeError if f changes the shape; ValueError if x is not reached, or, in a
///            derivative, u is not
/// Cost:      a call of f for each iteration, and one more where it is recorded; a derivative calls
///            f twice and takes one vjp for each iteration of its solver
/// Reference: jaxopt `FixedPointIteration` with implicit differentiation; Bai, Kolter, Koltun 2019
template <class F, FloatScalar T, class Theta>
[[nodiscard]] Tensor<T> fixed_point(const F& f, const Tensor<T>& x0, const Theta& theta,
                                    const FixedPointOptions& options = {}) {
  constexpr std::string_view op = "fixed_point";
  const double tolerance = detail::tolerance_or_default<T>(options.tolerance);
  Tensor<T> x = detail::copied(x0);
  {
    const NoGrad no_grad;
    double step = std::numeric_limits<double>::infinity();
    double bound = 0;
    for (Index i = 0; !(step <= bound); ++i) {
      if (i == options.max_iterations || std::isnan(step)) {
        detail::throw_not_converged(op, i, "the last step", step, bound);
      }
      const Tensor<T> next = f(x, theta);
      if (!(next.shape() == x.shape())) {
        detail::throw_implicit_shape(op, x.shape(), next.shape());
      }
      step = detail::norm_of(next - x);
      x = detail::copied(next);
      bound = tolerance * std::max(1.0, detail::norm_of(x));
    }
  }
  const auto residual = [f](const Tensor<T>& at, const auto& of) { return f(at, of) - at; };
  return detail::implicit(op, std::move(x), residual, theta, options.gradient);
}

template <class Cases>
void Implicit::samples(Cases& cases) {
  using T = typename Cases::value_type;
  constexpr bool single = sizeof(T) == sizeof(float);
  const auto with = [](LinearMethod method) {
    return [method](const auto& in) {
      const auto f = [](const Tensor<T>& x, const std::tuple<Tensor<T>, Tensor<T>>& theta) {
        const double contraction = 0.4 / static_cast<double>(x.extent(-1));
        return matmul(sin(x), std::get<0>(theta)) * contraction + std::get<1>(theta);
      };
      FixedPointOptions options;
      options.tolerance = single ? 1e-6 : 1e-15;
      options.gradient = {.method = method, .tolerance = single ? 1e-6 : 1e-14};
      return fixed_point(f, zeros<T>(in[1].shape()), std::tuple(in[0], in[1]), options);
    };
  };
  constexpr Domain small{-1, 1};
  cases.vary("a fixed point", {{2, 2}, {3, 2}}, with(LinearMethod::gmres), small);
  cases.vary("by a Neumann series", {{2, 2}, {1, 2}}, with(LinearMethod::neumann), small);
  cases.rejects(
      "fixed_point: f gives (2, 3) for x (3,), not the same shape", {{2, 3}}, [](const auto& in) {
        const auto f = [](const Tensor<T>& x, const Tensor<T>& theta) { return theta + x; };
        return fixed_point(f, zeros<T>({3}), in[0]);
      });
}
EIGENGRAD_LIST_OP(Implicit);

}  // namespace eigengrad
