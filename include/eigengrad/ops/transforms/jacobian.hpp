#pragma once
// Whole matrices of derivatives of plain functions: jacobian, hessian, laplacian, and the gradients
// of each sample of a batch. Each runs f once, or twice, and then one pass for each row or column.

#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

/// How jacobian goes through f: row by row (reverse), column by column (forward), or whichever
/// takes fewer passes.
enum class JacobianMode { fewest, reverse, forward };

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_jacobian_rank(std::string_view op, const Shape& y,
                                                            const Shape& x) {
  throw ShapeError(
      op, concat("the result would have more than ", max_rank, " axes: ", y, " by ", x), y, x);
}
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

/// The extents of y, then those of x. Throws: ShapeError
[[nodiscard]] inline Shape joined_shape(std::string_view op, const Shape& y, const Shape& x) {
  if (y.rank() + x.rank() > max_rank) {
    throw_jacobian_rank(op, y, x);
  }
  Shape shape = y;
  for (int axis = 0; axis < x.rank(); ++axis) {
    shape.push_back(x[axis]);
  }
  return shape;
}

/// 1 at one element of `shape`, else 0.
template <FloatScalar T>
[[nodiscard]] Tensor<T> basis(const Shape& shape, Index element) {
  Tensor<T> e = zeros<T>(shape);
  static_cast<T*>(e.body().data)[element] = T(1);
  return e;
}

/// Tensors of n elements as the rows of (count, n), recorded where they are.
template <FloatScalar T>
[[nodiscard]] Tensor<T> rows_of(const std::vector<Tensor<T>>& rows, Index n) {
  if (rows.empty()) {
    return zeros<T>({0, n});
  }
  std::vector<Tensor<T>> flat;
  flat.reserve(rows.size());
  for (const Tensor<T>& row : rows) {
    flat.push_back(reshape(row, Shape{1, n}));
  }
  return eigengrad::concat(flat, 0);
}

/// The Jacobian of f at x as (y's extents..., x's extents...). f is a function of one tensor.
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> jacobian_of(std::string_view op, F& f, const Tensor<T>& x,
                                    JacobianMode mode) {
  Tape tape;
  TangentPass forward(tape);
  const Tensor<T> watched = tape.watch(x);
  const Tensor<T> y = f(watched);
  const Shape shape = joined_shape(op, y.shape(), x.shape());
  const std::uint32_t output = RecordingAccess::record_of(tape, y.body());
  if (output == no_record) {
    return zeros<T>(shape);
  }
  const bool by_rows =
      mode == JacobianMode::reverse || (mode == JacobianMode::fewest && y.size() <= x.size());
  std::vector<Tensor<T>> lines;
  if (by_rows) {
    for (Index i = 0; i < y.size(); ++i) {
      const Tensor<T> cotangent = basis<T>(y.shape(), i);
      GradientSink sink;
      sink.ask(watched.body(), RecordingAccess::record_of(tape, watched.body()));
      const std::vector<Seed> seeds{{output, &cotangent.body(), &y.body()}};
      const bool recorded = pull_back(tape, op, sink, seeds, true);
      lines.push_back(sink.take<T>(0, x.shape(), recorded));
    }
    return reshape(rows_of(lines, x.size()), shape);
  }
  const RecordingAccess::SetAside aside(tape);
  for (Index i = 0; i < x.size(); ++i) {
    forward.restart();
    forward.seed(watched, basis<T>(x.shape(), i));
    forward.run({output});
    lines.push_back(forward.tangent_of(y));
  }
  return reshape(transpose(rows_of(lines, y.size())), shape);
}

}  // namespace detail

/// All derivatives of a tensor's function f at x: J[i..., j...] = d f(x)[i...] / d x[j...].
///
/// Shapes:    x (j...), f(x) (i...) -> (i..., j...), six axes at most
/// Throws:    ShapeError past six axes; what f throws
/// Cost:      f once, and one pass over its records for each element of f(x), or in forward mode of
///            x, whichever are fewer
/// Reference: PyTorch `torch.autograd.functional.jacobian`; JAX `jacrev` and `jacfwd`
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> jacobian(F&& f, const Tensor<T>& x,
                                 JacobianMode mode = JacobianMode::fewest) {
  const auto& function = f;
  const Tensor<T> matrix = detail::jacobian_of("jacobian", function, x, mode);
  return detail::without_tape(matrix);
}

/// The same by several inputs, a structure of tensors or a list of parameters as for vjp: a
/// Jacobian in place of each tensor, row by row.
template <class F, class Inputs>
[[nodiscard]] auto jacobian(F&& f, const Inputs& inputs) {
  detail::TensorsLike<Inputs> blocks;
  {
    Tape tape;
    const auto& watched = detail::watch_inputs(tape, inputs);
    auto y = detail::apply_to(f, watched);
    using T = typename decltype(y)::value_type;
    // A view, since f may give a parameter as it is, which no tape has recorded.
    const Tensor<T> result = reshape(y, y.shape());
    const std::uint32_t output = detail::RecordingAccess::record_of(tape, result.body());
    std::vector<std::unique_ptr<detail::GradientSink>> rows;
    bool recorded = false;
    for (Index i = 0; i < result.size(); ++i) {
      rows.push_back(std::make_unique<detail::GradientSink>());
      static_cast<void>(detail::Tree::map(watched, [&](const auto& x) {
        rows.back()->ask(x.body(), detail::RecordingAccess::record_of(tape, x.body()));
        return x;
      }));
      const Tensor<T> cotangent = detail::basis<T>(result.shape(), i);
      std::vector<detail::Seed> seeds;
      if (output != detail::no_record) {
        seeds.push_back({output, &cotangent.body(), &result.body()});
      }
      recorded = detail::pull_back(tape, "jacobian", *rows.back(), seeds, true);
    }
    Index place = 0;
    blocks = detail::Tree::map(inputs, [&]<FloatScalar X>(const Tensor<X>& x) {
      const Shape shape = detail::joined_shape("jacobian", result.shape(), x.shape());
      std::vector<Tensor<X>> lines;
      for (const auto& row : rows) {
        lines.push_back(row->template take<X>(place, x.shape(), recorded));
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
/// Cost:      one gradient, recorded, and one pass over its records for each element of x
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
