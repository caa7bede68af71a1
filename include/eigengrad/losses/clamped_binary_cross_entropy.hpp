#pragma once
// Binary cross entropy of probabilities in PyTorch's form. Keras's, which this library prefers, is
// in binary_cross_entropy.hpp.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/loss.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <string_view>
#include <type_traits>

namespace eigengrad {

struct ClampedBinaryCrossEntropy : detail::LossRecord {
  static constexpr std::string_view name = "clamped_binary_cross_entropy";
  static constexpr std::string_view doc =
      "-t log p - (1 - t) log(1 - p), averaged, logarithms at least -100. dp = (p - t) / max(p (1 "
      "- "
      "p), 1e-12) / n.";
  static constexpr bool into_target = false;
  static constexpr double epsilon = 1e-12F;  // in PyTorch too a float, whatever the element type
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S p, S target) const {
    const S one = constant<S>(1);
    const S least = constant<S>(-100);
    const S log_p = math::maximum(math::log(p), least);
    const S log_rest = math::maximum(math::log1p(-p), least);
    return {(target - one) * log_rest - target * log_p,
            (p - target) / math::maximum((one - p) * p, constant<S>(epsilon))};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    const auto mean = [](const auto& in) {
      using T = typename std::decay_t<decltype(in[0])>::value_type;
      return clamped_binary_cross_entropy(in[0], tensor<T>({T(0), T(1), T(1), T(0.3)}));
    };
    cases.add("mean of (4, 1)", {{4, 1}}, mean, Domain{0.05, 0.95});
    const auto soft = [](const auto& in) {
      return clamped_binary_cross_entropy(in[0], detail::soft_targets(in[0]));
    };
    cases.vary("soft targets of (2, 3)", {{2, 3}}, soft, Domain{0.05, 0.95});
    cases.vary("soft targets of (2, 3, 4)", {{2, 3, 4}}, soft, Domain{0.05, 0.95});
    cases.rejects("clamped_binary_cross_entropy: target is (4,), prediction is (3, 2)", {{3, 2}},
                  mean);
  }
};

/// Binary cross entropy as PyTorch's BCELoss computes it: no logarithm is below -100, and the
/// gradient goes through p also when p is the result of sigmoid. For models that are ported to the
/// bit; binary_cross_entropy keeps its digits where this one loses them.
///
/// Shapes:    p any, target the same but for extents of 1 -> (), or p's shape (reduction none)
/// Gradient:  (p - t) / max(p (1 - p), 1e-12) / n into p; none into target
/// Throws:    ShapeError if the shapes differ; ValueError if a target is outside [0, 1] or NaN, or
///            p is outside [0, 1]; TapeError if the target is trainable or recorded
/// Cost:      one pass; saves the derivative
/// Reference: PyTorch `binary_cross_entropy`
template <FloatScalar T>
[[nodiscard]] Tensor<T> clamped_binary_cross_entropy(
    const Tensor<T>& p, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  constexpr std::string_view name = ClampedBinaryCrossEntropy::name;
  detail::check_target(name, target.shape(), p.shape(), p.shape());
  detail::check_unit_interval(name, "target", target, true);
  detail::check_unit_interval(name, "prediction", p, false,
                              "; for logits there is binary_cross_entropy_with_logits");
  return detail::elementwise_loss(ClampedBinaryCrossEntropy{}, p, target, options,
                                  detail::must_record(p));
}
EIGENGRAD_LIST_OP(ClampedBinaryCrossEntropy);

}  // namespace eigengrad
