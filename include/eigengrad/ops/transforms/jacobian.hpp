#pragma once
// Whole matrices of derivatives of plain functions: jacobian, hessian, laplacian, and the gradients
// of each sample of a batch. Leaves out how rows and columns are computed: jacobian_passes.hpp.

#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/ops/transforms/jacobian_passes.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_laplacian(const Shape& x) {
  throw ShapeError("laplacian", concat("x is neither (d,) nor (n, d): ", x), x);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_laplacian_value(const Shape& x, const Shape& y) {
  throw ShapeError("laplacian",
                   concat("f gives ", y, " for x ", x, ", not one number for each row"), x, y);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_batch(const Shape& first, const Shape& other) {
  throw ShapeError("per_sample_gradients",
                   concat("batches differ in length: ", first, " and ", other), first, other);
}

}  // namespace detail

/// All derivatives of a tensor's function f at x: J[i..., j...] = d f(x)[i...] / d x[j...].
///
/// Shapes:    x (j...), f(x) (i...) -> (i..., j...), six axes at most
/// Throws:    ShapeError past six axes; what f throws
/// Cost:      f once, and one pass over its records for each element of f(x), or in forward mode of
///            x, whichever are fewer; several in one pass where they are small and every op that f
///            applied allows it (docs/autodiff.md)
/// Reference: PyTorch `torch.autograd.functional.jacobian`; JAX `jacrev` and `jacfwd`
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> jacobian(F&& f, const Tensor<T>& x,
                                 JacobianMode mode = JacobianMode::fewest) {
  const auto& function = f;
  const Tensor<T> matrix = detail::jacobian_of("jacobian", function, x, mode);
  return detail::without_tape(matrix);
}

/// The same by several inputs, a structure of tensors or a list of parameters as for vjp: a
/// Jacobian in place of each tensor, by rows.
template <class F, class Inputs>
[[nodiscard]] auto jacobian(F&& f, const Inputs& inputs) {
  detail::TensorsLike<Inputs> blocks;
  {
    Tape tape({.describe = true});
    const auto& watched = detail::watch_inputs(tape, inputs);
    auto y = detail::apply_to(f, watched);
    using T = typename decltype(y)::value_type;
    // A view, since f may give a parameter as it is, which no tape has recorded.
    const Tensor<T> result = reshape(y, y.shape());
    const std::uint32_t output = detail::RecordingAccess::record_of(tape, result.body());
    struct Rows {
      detail::Passes passes;
      detail::GradientSink sink;
    };
    std::vector<std::unique_ptr<Rows>> parts;
    bool recorded = false;
    const auto pull = [&](const detail::Passes& passes) {
      parts.push_back(std::make_unique<Rows>());
      parts.back()->passes = passes;
      detail::GradientSink& sink = parts.back()->sink;
      static_cast<void>(detail::Tree::map(watched, [&](const auto& x) {
        sink.ask(x.body(), detail::RecordingAccess::record_of(tape, x.body()));
        return x;
      }));
      recorded = detail::pull_rows(tape, "jacobian", sink, output, result, passes);
    };
    detail::in_parts(result.size(), detail::passes_at_once(tape, output),
                     detail::Several{}.fewest_rows, pull);
    Index place = 0;
    blocks = detail::Tree::map(inputs, [&]<FloatScalar X>(const Tensor<X>& x) {
      const Shape shape = detail::joined_shape("jacobian", result.shape(), x.shape());
      std::vector<Tensor<X>> lines;
      for (const auto& part : parts) {
        const Shape led = part->passes.lead.with(x.shape());
        lines.push_back(reshape(part->sink.template take<X>(place, led, recorded),
                                Shape{part->passes.count, x.size()}));
      }
      ++place;
      return reshape(detail::rows_of(lines, x.size()), shape);
    });
  }
  return detail::without_tapes(blocks);
}

/// All second derivatives of a scalar function f at x: the Jacobian of its gradient.
///
/// Shapes:    x (j...), f(x) of size 1 -> (j..., j...), six axes at most
/// Throws:    ShapeError if f does not give a scalar, or past six axes; TapeError, by the op's
///            name, for one that is not twice differentiable
/// Cost:      one gradient, recorded, and one pass over its records for each element of x, several
///            in one as for jacobian
/// Reference: PyTorch `torch.autograd.functional.hessian`
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> hessian(F&& f, const Tensor<T>& x) {
  const auto gradient = [&f](const Tensor<T>& at) {
    return detail::gradients_of("hessian", f, at).gradients;
  };
  return detail::without_tape(detail::jacobian_of("hessian", gradient, x, JacobianMode::fewest));
}

/// The sum of the second derivatives of f by each coordinate, for each row of x by itself: f gives
/// one number for each row, which depends on that row alone (a batch of points). By forward mode
/// over forward mode, all rows at once.
///
/// Shapes:    x (n, d), f(x) (n,) or (n, 1) -> as f(x); or x (d,), f(x) of size 1 -> as f(x)
/// Throws:    ShapeError if the shapes do not fit; TapeError as jvp
/// Cost:      d times f with its first and second tangents
/// Reference: Raissi, Perdikaris, Karniadakis 2019, where it is a sum of d backward passes
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> laplacian(F&& f, const Tensor<T>& x) {
  if (x.rank() != 1 && x.rank() != 2) {
    detail::throw_laplacian(x.shape());
  }
  const Index d = x.extent(-1);
  Tensor<T> total;
  for (Index k = 0; k < d; ++k) {
    const Tensor<T> direction = expand(detail::basis<T>({d}, k), x.shape());
    const auto slope = [&](const Tensor<T>& at) { return jvp(f, at, direction).tangent; };
    const Tensor<T> second = jvp(slope, x, direction).tangent;
    if (second.size() != (x.rank() == 2 ? x.extent(0) : 1)) {
      detail::throw_laplacian_value(x.shape(), second.shape());
    }
    total = k == 0 ? second : total + second;
  }
  return total.defined() ? total : f(x) * 0.0;
}

/// The gradients of loss(sample...) by parameters for each sample by itself: rows of the batches,
/// with an axis of extent 1 in front. For clipping gradients sample by sample and for their
/// variance; their mean is the gradient of a mean over the batch.
///
/// Shapes:    batches (n, ...) -> for each parameter (n, its extents...)
/// Throws:    ShapeError if the batches differ in length or loss does not give a scalar
/// Cost:      one gradient for each sample
/// Reference: PyTorch's tutorial on per-sample gradients; JAX `vmap(grad(f))`
template <class F, FloatScalar T, AnyScalar First, AnyScalar... Rest>
[[nodiscard]] std::vector<Tensor<T>> per_sample_gradients(
    F&& loss, const std::vector<Parameter<T>>& parameters, const Tensor<First>& first,
    const Tensor<Rest>&... rest) {
  const Index n = first.extent(0);
  (static_cast<void>(rest.extent(0) == n ? 0
                                         : (detail::throw_batch(first.shape(), rest.shape()), 0)),
   ...);
  std::vector<std::vector<Tensor<T>>> of_parameters(parameters.size());
  for (Index i = 0; i < n; ++i) {
    const auto one = [&] { return loss(slice(first, 0, i, i + 1), slice(rest, 0, i, i + 1)...); };
    std::vector<Tensor<T>> gradients = value_and_grad(one, parameters).gradients;
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      of_parameters[k].push_back(std::move(gradients[k]));
    }
  }
  std::vector<Tensor<T>> stacked;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    stacked.push_back(
        n > 0 ? stack(of_parameters[k])
              : zeros<T>(detail::joined_shape("per_sample_gradients", {0}, parameters[k].shape())));
  }
  return stacked;
}

}  // namespace eigengrad
