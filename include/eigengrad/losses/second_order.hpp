#pragma once
// The rules of the losses: their derivatives by the prediction, written on tensors. Included by
// eigengrad/transforms.hpp.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/clamped_binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/loss.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/transforms/elementwise_rules.hpp>
#include <eigengrad/ops/transforms/lead.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/ops/transforms/traced.hpp>
#include <eigengrad/ops/where.hpp>

#include <string_view>
#include <type_traits>

namespace eigengrad::detail {

/// The tensor that a loss was made from. Throws: TapeError if it was changed since, or if the loss
/// was computed before the program could differentiate twice (by a library loaded later)
template <AnyScalar T>
[[nodiscard]] const Tensor<T>& source_of(std::string_view op, const Kept<T>& kept) {
  if (!kept.tensor->defined()) {
    throw_not_linked(op);
  }
  if (version_of(&kept.tensor->body()) != kept.version) {
    throw_changed("backward", op, {}, *owner_of(&kept.tensor->body()));
  }
  return *kept.tensor;
}

/// g times the factor of the reduction and the weights: one for each loss, or one for all.
template <FloatScalar T>
[[nodiscard]] Tensor<T> loss_factor(std::string_view op, const Tensor<T>& g,
                                    const LossPayload<T>& saved, const Shape& losses,
                                    const Lead& lead) {
  const Tensor<T> led = aligned(g, lead, losses.rank());
  Tensor<T> scaled = saved.scale == T(1) ? led : led * static_cast<double>(saved.scale);
  if (!saved.source.weights.tensor->defined()) {
    return scaled;
  }
  const Tensor<T>& weights = source_of(op, saved.source.weights);
  Shape shape = losses;
  for (int axis = 1; weights.size() != losses.size() && axis < shape.rank(); ++axis) {
    shape.set(axis, 1);  // one for each sample
  }
  return scaled * reshape(weights, shape);
}

/// The tangent of a loss from those of its single losses, which are (losses...) behind the lead.
template <FloatScalar T>
void set_loss_tangent(std::string_view op, TangentForward<T>& f, const Tensor<T>& losses,
                      const LossPayload<T>& saved) {
  const Lead& lead = f.lead();
  const Shape shape = lead.behind(losses.shape());
  const Tensor<T> all = loss_factor(op, losses, saved, shape, lead);
  if (f.result().rank() > 0 || shape.rank() == 0) {
    f.set(all);
  } else {
    f.set(lead.axes() > 0 ? sum(reshape(all, {lead.extent, shape.size()}), {1}) : sum(all));
  }
}

/// slope(x, target): the derivative of a loss of single elements.
template <class Op>
struct ElementwiseSlope {
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> slope(const Tensor<T>& x, const Tensor<T>& target,
                                       double parameter) {
    Op op{};
    if constexpr (requires { op.delta; }) {
      op.delta = parameter;
    }
    return op.f(Traced<T>(x), Traced<T>(target)).slope.over(x.shape());
  }
};
/// Without the absolute value in the kernel's form, whose derivative at logits of 0 is not that of
/// the whole.
template <>
struct ElementwiseSlope<BinaryCrossEntropyWithLogits> {
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> slope(const Tensor<T>& z, const Tensor<T>& target,
                                       double /*parameter*/) {
    return sigmoid(z) - target;
  }
};

template <class Op>
struct ElementwiseLossRule {
  static constexpr bool takes_lead = true;

  template <class Payload>
  [[nodiscard]] static auto slope(const Payload& saved) {
    const auto& x = source_of(Op::name, saved.source.x);
    const auto& target = source_of(Op::name, saved.source.target);
    return ElementwiseSlope<Op>::slope(x, reshape(target, x.shape()), saved.source.parameter);
  }
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    const Tensor<T> dx =
        slope(saved) * loss_factor(Op::name, b.gradient(), saved, saved.x_shape, b.lead());
    if (b.wants(0)) {
      b.add(0, dx);
    }
    if (b.operand_count() > 1 && b.wants(1)) {
      b.add(1, reshape(-dx, b.lead().with(saved.target_shape)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    Tensor<T> t;
    if (f.operand_count() > 1 && f.has(1)) {
      t = reshape(f.tangent(1), f.lead().with(saved.x_shape));
    }
    t = !t.defined() ? f.tangent(0) : f.has(0) ? f.tangent(0) - t : -t;
    set_loss_tangent(Op::name, f, slope(saved) * t, saved);
  }
};
template <>
struct Rule<MeanSquaredError> : ElementwiseLossRule<MeanSquaredError> {};
template <>
struct Rule<HalfMeanSquaredError> : ElementwiseLossRule<HalfMeanSquaredError> {};
template <>
struct Rule<MeanAbsoluteError> : ElementwiseLossRule<MeanAbsoluteError> {};
template <>
struct Rule<HuberLoss> : ElementwiseLossRule<HuberLoss> {};
template <>
struct Rule<BinaryCrossEntropy> : ElementwiseLossRule<BinaryCrossEntropy> {};
template <>
struct Rule<ClampedBinaryCrossEntropy> : ElementwiseLossRule<ClampedBinaryCrossEntropy> {};
template <>
struct Rule<BinaryCrossEntropyWithLogits> : ElementwiseLossRule<BinaryCrossEntropyWithLogits> {};

/// softmax(z) sum_j t_j - t.
struct CrossEntropySlope {
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> slope(const Tensor<T>& z, const Tensor<T>& target) {
    return softmax(z) * sum(target, {-1}, KeepDims::yes) - target;
  }
};
/// (a - sum of a u) / s with u = p / s, s = sum of p, and a = -t / u, 0 where u is clipped.
struct CategoricalSlope {
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> slope(const Tensor<T>& p, const Tensor<T>& target) {
    constexpr double epsilon = CategoricalCrossEntropy::epsilon;
    const Tensor<T> total = sum(p, {-1}, KeepDims::yes);
    const Tensor<T> u = p / total;
    const Tensor<bool> clipped = logical_or(lt(u, T(epsilon)), gt(u, T(1 - epsilon)));
    // Where it is clipped no part of the quotient may reach the derivative, not even an infinity.
    const Tensor<T> divisor = where(clipped, T(1), u);
    const Tensor<T> a = where(clipped, T(0), -target / divisor);
    return (a - sum(a * u, {-1}, KeepDims::yes)) / total;
  }
};

template <class Op, class Slope>
struct RowLossRule {
  static constexpr bool takes_lead = true;

  template <class Payload>
  [[nodiscard]] static auto slope(const Payload& saved) {
    const auto& x = source_of(Op::name, saved.source.x);
    using T = typename std::decay_t<decltype(x)>::value_type;
    if (!saved.source.classes.tensor->defined()) {
      return Slope::slope(x, reshape(source_of(Op::name, saved.source.target), x.shape()));
    }
    const Shape losses = row_shape(Op::name, x.shape());
    return Slope::slope(
        x, one_hot<T>(reshape(source_of(Op::name, saved.source.classes), losses), x.extent(-1)));
  }
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Shape losses = row_shape(Op::name, saved.x_shape);
    const Tensor<T> factor = loss_factor(Op::name, b.gradient(), saved, losses, b.lead());
    const bool by_row = b.lead().axes() > 0 || factor.shape() == losses;
    b.add(0, slope(saved) * (by_row ? unsqueeze(factor, -1) : factor));
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    set_loss_tangent(Op::name, f, sum(slope(saved) * f.tangent(0), {-1}), saved);
  }
};
template <>
struct Rule<CrossEntropy> : RowLossRule<CrossEntropy, CrossEntropySlope> {};
template <>
struct Rule<CategoricalCrossEntropy> : RowLossRule<CategoricalCrossEntropy, CategoricalSlope> {};

}  // namespace eigengrad::detail
