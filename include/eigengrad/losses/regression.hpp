#pragma once
// Losses of real-valued predictions: squared, half squared, absolute and Huber's error. Each is
// computed in one pass together with its derivative.

#include <eigengrad/base/error.hpp>
#include <eigengrad/losses/loss.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <string_view>
#include <type_traits>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_huber_delta(double delta) {
  throw_error<ValueError>("huber", {"delta is not positive: ", delta});
}

/// The cases of a regression loss in the op suite; loss(x, target, options) computes it.
template <class Cases, class Loss>
void regression_cases(Cases& cases, std::string_view name, const Loss& loss) {
  const auto with = [loss](LossReduction reduction) {
    return [loss, reduction](const auto& in) { return loss(in[0], in[1], reduction, false); };
  };
  cases.vary("mean of (4, 3)", {{4, 3}, {4, 3}}, with(LossReduction::mean));
  cases.vary("sum of (5,)", {{5}, {5}}, with(LossReduction::sum));
  cases.vary("none of (2, 3)", {{2, 3}, {2, 3}}, with(LossReduction::none));
  cases.vary("target (4,) of (4, 1)", {{4, 1}, {4}}, with(LossReduction::mean));
  cases.add("a scalar", {{}, {}}, with(LossReduction::mean));
  cases.vary("a long batch", {{37, 1}, {37, 1}}, with(LossReduction::mean));
  cases.add("nothing, summed", {{0, 3}, {0, 3}}, with(LossReduction::sum));
  cases.add("weights of samples", {{3, 2}, {3, 2}},
            [loss](const auto& in) { return loss(in[0], in[1], LossReduction::mean, true); });
  cases.rejects(concat(name, ": target is (3,), prediction is (4, 1)"), {{4, 1}, {3}},
                with(LossReduction::mean));
}

/// Options of a case: weights 1, 0, 2.5 for three samples.
template <FloatScalar T>
[[nodiscard]] LossOptions<T> case_options(LossReduction reduction, bool weighted) {
  return {reduction, weighted ? tensor<T>({T(1), T(0), T(2.5)}) : Tensor<T>()};
}

}  // namespace detail

struct MeanSquaredError : detail::LossRecord {
  static constexpr std::string_view name = "mean_squared_error";
  static constexpr std::string_view doc = "(x - t)^2, averaged. dx = 2 (x - t) / n, dt = -dx.";
  static constexpr bool into_target = true;
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S x, S target) const {
    const S d = x - target;
    return {d * d, d + d};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    detail::regression_cases(
        cases, name,
        []<class T>(const Tensor<T>& x, const auto& target, auto reduction, bool weighted) {
          return mean_squared_error(x, target, detail::case_options<T>(reduction, weighted));
        });
  }
};

/// (x - t)^2, averaged over all elements.
///
/// Shapes:    x any, target the same but for extents of 1 -> (), or x's shape (reduction none)
/// Gradient:  2 (x - t) / n into x, the opposite into target
/// Throws:    ShapeError if the shapes differ, or the weights fit neither losses nor samples
/// Cost:      one pass; saves the derivative
/// Reference: PyTorch `mse_loss`, Keras `MeanSquaredError`
template <FloatScalar T>
[[nodiscard]] Tensor<T> mean_squared_error(
    const Tensor<T>& x, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  return detail::elementwise_loss(MeanSquaredError{}, x, target, options,
                                  detail::must_record(x, target));
}
EIGENGRAD_LIST_OP(MeanSquaredError);

struct HalfMeanSquaredError : detail::LossRecord {
  static constexpr std::string_view name = "half_mean_squared_error";
  static constexpr std::string_view doc = "(x - t)^2 / 2, averaged. dx = (x - t) / n, dt = -dx.";
  static constexpr bool into_target = true;
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S x, S target) const {
    const S d = x - target;
    return {d * d * constant<S>(0.5), d};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    detail::regression_cases(
        cases, name,
        []<class T>(const Tensor<T>& x, const auto& target, auto reduction, bool weighted) {
          return half_mean_squared_error(x, target, detail::case_options<T>(reduction, weighted));
        });
  }
};

/// (x - t)^2 / 2, averaged over all elements: the 1/(2n) sum of textbooks.
///
/// Shapes, throws, cost: as mean_squared_error
/// Gradient:  (x - t) / n into x, the opposite into target
/// Reference: Bishop 2006, eq. 3.12
template <FloatScalar T>
[[nodiscard]] Tensor<T> half_mean_squared_error(
    const Tensor<T>& x, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  return detail::elementwise_loss(HalfMeanSquaredError{}, x, target, options,
                                  detail::must_record(x, target));
}
EIGENGRAD_LIST_OP(HalfMeanSquaredError);

struct MeanAbsoluteError : detail::LossRecord {
  static constexpr std::string_view name = "mean_absolute_error";
  static constexpr std::string_view doc = "|x - t|, averaged. dx = sign(x - t) / n, dt = -dx.";
  static constexpr bool into_target = true;
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S x, S target) const {
    const S d = x - target;
    const S zero = constant<S>(0);
    return {math::abs(d),
            math::select(d > zero, constant<S>(1), math::select(d < zero, constant<S>(-1), zero))};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    detail::regression_cases(
        cases, name,
        []<class T>(const Tensor<T>& x, const auto& target, auto reduction, bool weighted) {
          return mean_absolute_error(x, target, detail::case_options<T>(reduction, weighted));
        });
  }
};

/// |x - t|, averaged over all elements.
///
/// Shapes, throws, cost: as mean_squared_error
/// Gradient:  sign(x - t) / n into x, the opposite into target; 0 where x equals t, and at NaN
/// Reference: PyTorch `l1_loss`, Keras `MeanAbsoluteError`
template <FloatScalar T>
[[nodiscard]] Tensor<T> mean_absolute_error(
    const Tensor<T>& x, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  return detail::elementwise_loss(MeanAbsoluteError{}, x, target, options,
                                  detail::must_record(x, target));
}
EIGENGRAD_LIST_OP(MeanAbsoluteError);

struct HuberLoss : detail::LossRecord {
  static constexpr std::string_view name = "huber";
  static constexpr std::string_view doc =
      "d^2 / 2 up to delta, delta (|d| - delta / 2) beyond, averaged; d = x - t.";
  static constexpr bool into_target = true;
  double delta = 1.0;
  template <class S>
  [[nodiscard]] kernels::LossAndSlope<S> f(S x, S target) const {
    const S limit = constant<S>(delta);
    const S d = x - target;
    const S size = math::abs(d);
    const auto near = size < limit;
    return {math::select(near, d * d * constant<S>(0.5), limit * (size - limit * constant<S>(0.5))),
            math::select(near, d, math::select(d != d, d, math::copysign(limit, d)))};
  }
  template <class Cases>
  static void samples(Cases& cases) {
    detail::regression_cases(
        cases, name,
        []<class T>(const Tensor<T>& x, const auto& target, auto reduction, bool weighted) {
          return huber(x, target, 0.8, detail::case_options<T>(reduction, weighted));
        });
    cases.rejects("huber: delta is not positive: 0", {{2}, {2}},
                  [](const auto& in) { return huber(in[0], in[1], 0.0); });
  }
};

/// Huber's loss: d^2 / 2 where |d| < delta and delta (|d| - delta / 2) beyond, d = x - t, averaged
/// over all elements.
///
/// Shapes, cost: as mean_squared_error
/// Gradient:  d / n limited to [-delta, delta] / n into x, the opposite into target
/// Throws:    as mean_squared_error; ValueError if delta is not positive
/// Reference: Huber 1964; PyTorch `huber_loss`, Keras `Huber`
template <FloatScalar T>
[[nodiscard]] Tensor<T> huber(const Tensor<T>& x, const std::type_identity_t<Tensor<T>>& target,
                              double delta = 1.0,
                              const std::type_identity_t<LossOptions<T>>& options = {}) {
  if (!(delta > 0) || !std::isfinite(delta)) {
    detail::throw_huber_delta(delta);
  }
  return detail::elementwise_loss(HuberLoss{{}, delta}, x, target, options,
                                  detail::must_record(x, target));
}
EIGENGRAD_LIST_OP(HuberLoss);

}  // namespace eigengrad
