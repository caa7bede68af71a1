#pragma once
// Binary cross entropy, from probabilities and from logits. Given the result of sigmoid, the former
// is the latter: see tensor/origin.hpp. PyTorch's form is in clamped_binary_cross_entropy.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/kernels/loss.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/losses/loss.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/origin.hpp>

#include <string_view>
#include <type_traits>

namespace eigengrad {

namespace detail {

/// Refuses the first element outside [0, 1], as "target 2 at row 3 is outside [0, 1]", with its
/// column where rows have several.
template <FloatScalar T>
EIGENGRAD_COLD void refuse_outside_unit(std::string_view op, std::string_view what,
                                        const Tensor<T>& dense, bool nan_too,
                                        std::string_view hint) {
  const T* const x = dense.data();
  Index i = 0;
  while (i < dense.size() && ((x[i] >= T(0) && x[i] <= T(1)) || (x[i] != x[i] && !nan_too))) {
    ++i;
  }
  if (i == dense.size()) {
    return;
  }
  const Index rows = dense.rank() > 0 && dense.shape()[0] > 0 ? dense.shape()[0] : 1;
  const Index columns = dense.size() / rows;
  const std::string column = columns > 1 ? concat(", column ", i % columns) : std::string();
  throw_error<ValueError>(
      op, {what, " ", x[i], " at row ", i / columns, column, " is outside [0, 1]", hint});
}

/// Refuses elements outside [0, 1]; NaN among targets, but not among predictions, where it is the
/// trace of a diverged training.
template <FloatScalar T>
void check_unit_interval(std::string_view op, std::string_view what, const Tensor<T>& x,
                         bool nan_too, std::string_view hint = {}) {
  const Tensor<T> dense = packed(x);
  if (kernels::leaves_unit_interval(dense.data(), dense.size())) {
    refuse_outside_unit(op, what, dense, nan_too, hint);
  }
}

}  // namespace detail

struct BinaryCrossEntropyWithLogits : detail::LossRecord {
  static constexpr std::string_view name = "binary_cross_entropy_with_logits";
  static constexpr std::string_view doc =
      "softplus(z) - t z, averaged, without overflow. dz = (sigmoid(z) - t) / n.";
  static constexpr bool into_target = false;
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S z, S target) const {
    // log(1 + e^z) - t z, by sign of z: each term keeps its digits in both tails.
    const S one = constant<S>(1);
    const S e = math::exp(-math::abs(z));
    const S tail = e / (one + e);
    const auto above = z >= constant<S>(0);
    return {math::select(above, (one - target) * z, -(target * z)) + math::log1p(e),
            math::select(above, (one - target) - tail, tail - target)};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    const auto with = [](LossReduction reduction) {
      return [reduction]<class X>(const X& in) {
        using T = typename std::decay_t<decltype(in[0])>::value_type;
        return binary_cross_entropy_with_logits(in[0], tensor<T>({T(0), T(1), T(1), T(0.3)}),
                                                {reduction, tensor<T>({T(1), T(0.5), T(0), T(2)})});
      };
    };
    cases.add("weighted mean of (4, 1)", {{4, 1}}, with(LossReduction::mean));
    cases.add("weighted sum of (4,)", {{4}}, with(LossReduction::sum));
    cases.add("weighted none of (4, 1)", {{4, 1}}, with(LossReduction::none));
    cases.add("a long batch", {{37}}, [](const auto& in) {
      using T = typename std::decay_t<decltype(in[0])>::value_type;
      return binary_cross_entropy_with_logits(in[0], full<T>({37, 1}, T(1)));
    });
    const auto soft = [](LossReduction reduction) {
      return [reduction](const auto& in) {
        return binary_cross_entropy_with_logits(in[0], detail::soft_targets(in[0]), {reduction});
      };
    };
    cases.vary("soft targets, mean", {{2, 3}}, soft(LossReduction::mean));
    cases.vary("soft targets, none", {{2, 3, 4}}, soft(LossReduction::none));
    cases.rejects("binary_cross_entropy_with_logits: target is (4,), prediction is (2, 2)",
                  {{2, 2}}, with(LossReduction::mean));
  }
};

/// Binary cross entropy of logits z: log(1 + e^z) - t z, averaged over all elements. Finite for any
/// finite input; at |z| = 40 and beyond it keeps the relative accuracy of the tails.
///
/// Shapes:    z any, target the same but for extents of 1 -> (), or z's shape (reduction none)
/// Gradient:  (sigmoid(z) - t) / n into z; none into target
/// Throws:    ShapeError if the shapes differ; ValueError if a target is outside [0, 1] or NaN;
///            TapeError if the target is trainable or recorded
/// Cost:      one pass; saves the derivative
/// Reference: PyTorch `binary_cross_entropy_with_logits`; Keras `BinaryCrossentropy` from logits
template <FloatScalar T>
[[nodiscard]] Tensor<T> binary_cross_entropy_with_logits(
    const Tensor<T>& z, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  constexpr std::string_view name = BinaryCrossEntropyWithLogits::name;
  detail::check_target(name, target.shape(), z.shape(), z.shape());
  detail::check_unit_interval(name, "target", target, true);
  return detail::elementwise_loss(BinaryCrossEntropyWithLogits{}, z, target, options,
                                  detail::must_record(z));
}
EIGENGRAD_LIST_OP(BinaryCrossEntropyWithLogits);

struct BinaryCrossEntropy : detail::LossRecord {
  static constexpr std::string_view name = "binary_cross_entropy";
  static constexpr std::string_view doc =
      "-t log p - (1 - t) log(1 - p), averaged, p clipped to [1e-7, 1 - 1e-7]; of a sigmoid's "
      "result, from its logits. dp = (p - t) / (p (1 - p) n), 0 where clipped.";
  static constexpr bool into_target = false;
  static constexpr double epsilon = 1e-7;
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S p, S target) const {
    const S one = constant<S>(1);
    const S low = constant<S>(epsilon);
    const S high = constant<S>(1.0 - epsilon);
    const S clipped = math::minimum(math::maximum(p, low), high);
    const auto outside = p < low || p > high;
    const S rest = one - clipped;
    return {-(target * math::log(clipped) + (one - target) * math::log1p(-clipped)),
            math::select(outside, constant<S>(0), (clipped - target) / (clipped * rest))};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    const auto with = [](LossReduction reduction) {
      return [reduction](const auto& in) {
        using T = typename std::decay_t<decltype(in[0])>::value_type;
        return binary_cross_entropy(in[0], tensor<T>({T(0), T(1), T(1), T(0.3)}), {reduction});
      };
    };
    const Domain inside{0.05, 0.95};
    cases.add("mean of (4, 1)", {{4, 1}}, with(LossReduction::mean), inside);
    cases.add("sum of (4,)", {{4}}, with(LossReduction::sum), inside);
    cases.add("none of (4, 1, 1)", {{4, 1, 1}}, with(LossReduction::none), inside);
    const auto soft = [](LossReduction reduction) {
      return [reduction](const auto& in) {
        return binary_cross_entropy(in[0], detail::soft_targets(in[0]), {reduction});
      };
    };
    cases.vary("soft targets, mean", {{2, 3}}, soft(LossReduction::mean), inside);
    cases.vary("soft targets, none", {{2, 3, 4}}, soft(LossReduction::none), inside);
    cases.rejects("binary_cross_entropy: target is (4,), prediction is (3, 2)", {{3, 2}},
                  with(LossReduction::mean));
  }
};

/// Binary cross entropy of probabilities p: -t log p - (1 - t) log(1 - p), averaged over all
/// elements, with p clipped to [1e-7, 1 - 1e-7] as in Keras (PyTorch limits the logarithms to -100
/// instead). When p is the result of sigmoid, it is binary_cross_entropy_with_logits of sigmoid's
/// input, with and without a tape: exact where p rounds to 0 or 1, and the gradient goes straight
/// to the logits, not through p.
///
/// Shapes:    p any, target the same but for extents of 1 -> (), or p's shape (reduction none)
/// Gradient:  (p - t) / (p (1 - p) n) into p, 0 where it is clipped; none into target
/// Throws:    ShapeError if the shapes differ; ValueError if a target is outside [0, 1] or NaN, or
///            p is outside [0, 1]; TapeError if the target is trainable or recorded
/// Cost:      one pass; saves the derivative
/// Reference: Keras `BinaryCrossentropy`
template <FloatScalar T>
[[nodiscard]] Tensor<T> binary_cross_entropy(
    const Tensor<T>& p, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  constexpr std::string_view name = BinaryCrossEntropy::name;
  detail::check_target(name, target.shape(), p.shape(), p.shape());
  detail::check_unit_interval(name, "target", target, true);
  const Tensor<T> logits = detail::origin_of(p, detail::Origin::sigmoid);
  if (logits.defined()) {
    return detail::elementwise_loss(BinaryCrossEntropyWithLogits{}, logits, target, options,
                                    detail::must_record(p));
  }
  detail::check_unit_interval(name, "prediction", p, false,
                              "; for logits there is binary_cross_entropy_with_logits");
  return detail::elementwise_loss(BinaryCrossEntropy{}, p, target, options, detail::must_record(p));
}
EIGENGRAD_LIST_OP(BinaryCrossEntropy);

}  // namespace eigengrad
