#pragma once
// What all losses share: reduction, sample weights, shapes, and the record on the tape. The losses
// themselves are in regression.hpp, binary_cross_entropy.hpp and cross_entropy.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/loss.hpp>
#include <eigengrad/kernels/map.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace eigengrad {

/// What becomes of the losses of a batch: their mean, their sum, or nothing.
enum class LossReduction { mean, sum, none };

/// Options of all losses.
///
/// weights: one for each loss, or one for each sample (n,) along axis 0; undefined means 1. Each
///          loss is multiplied by its weight before the reduction, and the mean divides by the
///          number of losses, not by the sum of the weights: Keras's "sum_over_batch_size". No
///          gradient flows into weights.
template <FloatScalar T>
struct LossOptions {
  LossReduction reduction = LossReduction::mean;
  Tensor<T> weights = {};
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_loss_shapes(std::string_view op, const Shape& x,
                                                          const Shape& target) {
  throw_shape_error(op, {"target is ", target, ", prediction is ", x}, x, target);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_loss_weights(std::string_view op,
                                                           const Shape& weights,
                                                           const Shape& losses) {
  throw_shape_error(op, {"weights are ", weights, ", losses are ", losses}, weights, losses);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_live_target(std::string_view op) {
  throw_error<TapeError>(
      op, {"no gradient flows into the target, which is trainable or recorded; detach() it"});
}

/// Whether two shapes are the same but for extents of 1.
[[nodiscard]] inline bool same_but_ones(const Shape& a, const Shape& b) noexcept {
  int i = 0;
  int j = 0;
  for (;;) {
    while (i < a.rank() && a[i] == 1) {
      ++i;
    }
    while (j < b.rank() && b[j] == 1) {
      ++j;
    }
    if (i == a.rank() || j == b.rank()) {
      return i == a.rank() && j == b.rank();
    }
    if (a[i++] != b[j++]) {
      return false;
    }
  }
}

/// Refuses a target that has not the shape of the losses, but for extents of 1. A target never
/// broadcasts: (n,) against (n, 1) is n losses, not n^2.
/// Throws: ShapeError
inline void check_target(std::string_view op, const Shape& target, const Shape& expected,
                         const Shape& prediction) {
  if (!same_but_ones(target, expected)) {
    throw_loss_shapes(op, prediction, target);
  }
}

/// Targets 0, 1/2 and 1 for the samples of the op suite, in the shape of a prediction.
template <FloatScalar T>
[[nodiscard]] Tensor<T> soft_targets(const Tensor<T>& x) {
  Tensor<T> target = uninitialized<T>(x.shape());
  for (Index i = 0; i < target.size(); ++i) {
    static_cast<T*>(target.body().data)[i] = static_cast<T>(i % 3) / T(2);
  }
  return target;
}

/// A tensor that only a backward pass with create_graph reads, and its version when it was kept.
template <AnyScalar T>
struct Kept {
  Saved<T> tensor;
  std::uint32_t version = 0;
};

/// What a loss was made from, besides its prediction: real targets or class indices, and the
/// parameter of a loss that has one.
template <FloatScalar T>
struct LossInputs {
  const Tensor<T>* target = nullptr;
  const Tensor<std::int64_t>* classes = nullptr;
  double parameter = 0;
};

/// What the second derivative of a loss reads. Kept in programs that can differentiate twice; empty
/// in others, where the prediction's memory is free for the backward pass.
template <FloatScalar T>
struct LossSource {
  Kept<T> x;
  Kept<T> target;
  Kept<T> weights;
  Kept<std::int64_t> classes;
  double parameter = 0;
};

template <AnyScalar T>
[[nodiscard]] Kept<T> kept(const Tensor<T>* x) {
  if (graph_pass == nullptr || x == nullptr || !x->defined()) {
    return {};
  }
  return {Saved<T>(*x), version_of(&x->body())};
}

/// What the derivative of a loss reads. The slope holds the derivative of every loss by the
/// elements of x that it depends on, weights included: (losses, per_loss).
template <class T>
struct LossPayload {
  Saved<T> slope;
  Shape x_shape;
  Shape target_shape;
  Index losses;
  Index per_loss;
  T scale;  // of the reduction: 1, or 1 / losses
  LossSource<T> source;
};

/// The tape's view of a loss. Losses whose target has the gradient of x with the other sign are
/// recorded with two operands.
struct LossRecord {
  template <class T>
  using Payload = LossPayload<T>;

  template <FloatScalar T>
  static void vjp(Backward<T>& b, LossPayload<T>& saved) {
    give(b, 0, saved, saved.x_shape, saved.scale);
    if (b.operand_count() > 1) {
      give(b, 1, saved, saved.target_shape, -saved.scale);
    }
  }

 private:
  template <FloatScalar T>
  static void give(Backward<T>& b, Index operand, const LossPayload<T>& saved, const Shape& shape,
                   T scale) {
    if (!b.wants(operand)) {
      return;
    }
    const auto target = b.template target<T>(operand, shape);
    // A scalar gradient repeats over all losses, one for each loss over the elements of its row.
    const Tensor<T> g = packed(b.gradient());
    const Shape all{saved.losses, saved.per_loss};
    const std::array<const T*, 2> in{saved.slope->data(), g.data()};
    const std::array<Strides, 2> strides{contiguous_strides(all), Strides{g.size() == 1 ? 0 : 1}};
    const auto scaled = [scale](auto slope, auto gi) { return slope * (gi * scale); };
    kernels::map(kernels::map_function<T, 2>(scaled, target.add), all, target.data, in, strides);
  }
};

/// x[i, j] *= weight[i] over (rows, n).
template <FloatScalar T>
void scale_rows(T* x, Index rows, Index n, const T* weight) noexcept {
  const Shape shape{rows, n};
  kernels::map([](auto xi, auto wi) { return xi * wi; }, shape, x,
               std::array<const T*, 2>{x, weight},
               std::array<Strides, 2>{contiguous_strides(shape), Strides{1, 0}});
}

/// Multiplies losses and slopes by the sample weights.
/// Throws: ShapeError if they are neither one for each loss nor one for each sample
template <FloatScalar T>
void apply_weights(std::string_view op, const Tensor<T>& weights, Tensor<T>& values,
                   Tensor<T>& slope) {
  const Shape& losses = values.shape();
  const bool samples = weights.rank() == 1 && losses.rank() > 0 && weights.size() == losses[0];
  if (!samples && !same_but_ones(weights.shape(), losses)) {
    throw_loss_weights(op, weights.shape(), losses);
  }
  const Tensor<T> dense = packed(weights);
  const Index rows = dense.size();
  if (rows > 0) {
    scale_rows(static_cast<T*>(values.body().data), rows, values.size() / rows, dense.data());
    scale_rows(static_cast<T*>(slope.body().data), rows, slope.size() / rows, dense.data());
  }
}

/// The reduced loss, recorded if `recorded`. `values` are the losses, `slope` their derivatives;
/// both are fresh and contiguous. `target` is null unless the gradient flows into it too.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_NOINLINE Tensor<T> finish_loss(const OpTable& op, Tensor<T> values,
                                                       Tensor<T> slope,
                                                       const LossOptions<T>& options, bool recorded,
                                                       const LossInputs<T>& inputs,
                                                       const Tensor<T>& x,
                                                       const Tensor<T>* target = nullptr) {
  if (options.weights.defined()) {
    apply_weights(op.name, options.weights, values, slope);
  }
  const Index losses = values.size();
  const Index per_loss = losses > 0 ? slope.size() / losses : 1;
  T scale = T(1);
  Tensor<T> loss = values;
  if (options.reduction != LossReduction::none) {
    loss = uninitialized<T>(Shape{});
    T* const out = static_cast<T*>(loss.body().data);
    kernels::reduce(kernels::SumOf<T>{}, Shape{losses}, values.data(), Strides{1}, 1U, out);
    if (options.reduction == LossReduction::mean) {
      *out /= static_cast<T>(losses);
      scale = T(1) / static_cast<T>(losses);
    }
  }
  if (!recorded) {
    return loss;
  }
  const auto make = [&](Saver& save) {
    return LossPayload<T>{save(slope),
                          x.shape(),
                          target != nullptr ? target->shape() : Shape{},
                          losses,
                          per_loss,
                          scale,
                          {kept(&x), kept(inputs.target), kept(&options.weights),
                           kept(inputs.classes), inputs.parameter}};
  };
  const std::array<const TensorBody*, 2> operands{&x.body(),
                                                  target != nullptr ? &target->body() : nullptr};
  record_erased(loss.body(), operands.data(), target != nullptr ? 2 : 1, op, payload_maker(make));
  return loss;
}

/// A loss of single elements, its type erased.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_NOINLINE Tensor<T> elementwise_loss(
    const OpTable& op, const kernels::LossFunction<T>& f, const Tensor<T>& x,
    const Tensor<T>& target, const LossOptions<T>& options, bool recorded, bool into_target,
    double parameter) {
  check_target(op.name, target.shape(), x.shape(), x.shape());
  if (!into_target && must_record(target)) {
    throw_live_target(op.name);
  }
  const Tensor<T> dense = packed(x);
  const Tensor<T> targets = packed(target);
  Tensor<T> values = uninitialized<T>(x.shape());
  Tensor<T> slope = uninitialized<T>(x.shape());
  kernels::elementwise_loss(f, x.size(), dense.data(), targets.data(),
                            static_cast<T*>(values.body().data),
                            static_cast<T*>(slope.body().data));
  return finish_loss(op, std::move(values), std::move(slope), options, recorded,
                     LossInputs<T>{&target, nullptr, parameter}, x,
                     into_target ? &target : nullptr);
}

/// A loss of single elements. Op has `f(x, target)`, which gives a kernels::LossAndSlope of
/// packets, `into_target`: whether the target gets the gradient of x with the other sign, and
/// perhaps one parameter, `delta`.
template <class Op, FloatScalar T>
[[nodiscard]] Tensor<T> elementwise_loss(const Op& op, const Tensor<T>& x, const Tensor<T>& target,
                                         const LossOptions<T>& options, bool recorded) {
  double parameter = 0;
  if constexpr (requires { op.delta; }) {
    parameter = op.delta;
  }
  return elementwise_loss(op_table<Op, T>, kernels::loss_function<T>(op), x, target, options,
                          recorded, Op::into_target, parameter);
}

}  // namespace detail

}  // namespace eigengrad
