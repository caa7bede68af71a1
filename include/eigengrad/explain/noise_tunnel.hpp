#pragma once
// Attributions averaged over noisy copies of the input: SmoothGrad, its square, and VarGrad.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/explain/gradients.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <vector>

namespace eigengrad::explain {

/// What becomes of the samples' attributions: their mean, the mean of their squares, or their
/// variance (over n, not n - 1).
enum class NoiseTunnelType { smooth_grad, smooth_grad_sq, var_grad };

template <FloatScalar T>
struct NoiseTunnelOptions {
  NoiseTunnelType type = NoiseTunnelType::smooth_grad;
  Index samples = 5;
  double standard_deviation = 1.0;
  /// Key of the noise.
  std::uint64_t seed = 0;
  /// The noise itself, (samples, ...) with the shape of x, instead of drawing it.
  Tensor<T> noise = {};
};

template <FloatScalar T>
struct SmoothGradOptions {
  Target target = {};
  Index samples = 50;
  double standard_deviation = 0.15;
  std::uint64_t seed = 0;
  Tensor<T> noise = {};
};

}  // namespace eigengrad::explain

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_noise_deviation(std::string_view op,
                                                              double deviation) {
  throw_error<ValueError>(op, {"standard deviation is not a finite number >= 0: ", deviation});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_noise_shape(std::string_view op, const Shape& noise,
                                                          Index samples, const Shape& x) {
  throw_shape_error(op, {"noise is ", noise, " for ", samples, " samples of ", x}, noise, x);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_attribution_shape(std::string_view op,
                                                                const Shape& attribution,
                                                                const Shape& x) {
  throw_shape_error(op, {"attributions are ", attribution, " for an input ", x}, attribution, x);
}

/// Whether `noise` is `samples` times `shape`.
[[nodiscard]] inline bool is_noise_shape(const Shape& noise, Index samples,
                                         const Shape& shape) noexcept {
  bool same = noise.rank() == shape.rank() + 1 && noise[0] == samples;
  for (int axis = 0; same && axis < shape.rank(); ++axis) {
    same = noise[axis + 1] == shape[axis];
  }
  return same;
}

/// Mean and sum of squared deviations of numbers, one more at a time.
/// Reference: Welford 1962: mean(a^2) - mean(a)^2 cancels
struct RunningMoments {
  double mean = 0;
  double squares = 0;
  void add(double value, double count) noexcept {
    const double step = value - mean;
    mean += step / count;
    squares += step * (value - mean);
  }
};

template <FloatScalar T, class Attribute>
[[nodiscard]] Tensor<T> noise_tunnel(std::string_view op, Attribute&& attribute, const Tensor<T>& x,
                                     const explain::NoiseTunnelOptions<T>& options) {
  static_cast<void>(rows_to_explain(op, x));
  check_positive(op, "samples", options.samples);
  if (!(options.standard_deviation >= 0) || !std::isfinite(options.standard_deviation)) {
    throw_noise_deviation(op, options.standard_deviation);
  }
  if (options.noise.defined() &&
      !is_noise_shape(options.noise.shape(), options.samples, x.shape())) {
    throw_noise_shape(op, options.noise.shape(), options.samples, x.shape());
  }
  const RandomKey key = RandomKey::named(options.seed, "noise_tunnel");
  std::vector<RunningMoments> moments(static_cast<std::size_t>(x.size()));
  for (Index sample = 0; sample < options.samples; ++sample) {
    const Tensor<T> noise = options.noise.defined()
                                ? packed(selected(options.noise, 0, sample))
                                : normal<T>(x.shape(), 0.0, options.standard_deviation,
                                            key.fold(static_cast<std::uint64_t>(sample)));
    Tensor<T> noisy = copied(x);
    T* const to = noisy.mutable_data();
    for (Index i = 0; i < noisy.size(); ++i) {
      to[i] += noise.data()[i];
    }
    const Tensor<T> attribution = attribute(noisy);
    if (attribution.shape() != x.shape()) {
      throw_attribution_shape(op, attribution.shape(), x.shape());
    }
    const Tensor<T> values = packed(attribution);
    for (std::size_t i = 0; i < moments.size(); ++i) {
      moments[i].add(static_cast<double>(values.data()[i]), static_cast<double>(sample + 1));
    }
  }
  Tensor<T> result = uninitialized<T>(x.shape());
  T* const to = result.mutable_data();
  const auto count = static_cast<double>(options.samples);
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const double variance = moments[i].squares / count;
    const double mean = moments[i].mean;
    to[i] = static_cast<T>(options.type == explain::NoiseTunnelType::smooth_grad ? mean
                           : options.type == explain::NoiseTunnelType::var_grad
                               ? variance
                               : variance + mean * mean);
  }
  return result;
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// Attributions of x with normal noise, over several samples: `attribute` is any method as a
/// function of a batch, such as [&](const auto& noisy) { return saliency(model, noisy); }. Sample s
/// has its own random stream, so that more samples begin like fewer.
///
/// Shapes:    x (n, ...), attribute(x) as x -> as x
/// Gradient:  none; the result is a constant
/// Throws:    ValueError for an empty x, samples < 1 or a deviation that is negative or not finite;
///            ShapeError if the noise or the attributions do not fit x; what `attribute` throws
/// Cost:      `samples` calls of `attribute`
/// Reference: Smilkov, Thorat, Kim, Viegas, Wattenberg 2017; Adebayo et al. 2018 (VarGrad); Captum
///            `NoiseTunnel`, the same defaults
template <FloatScalar T, class Attribute>
[[nodiscard]] Tensor<T> noise_tunnel(
    Attribute&& attribute, const Tensor<T>& x,
    const std::type_identity_t<NoiseTunnelOptions<T>>& options = {}) {
  return eigengrad::detail::noise_tunnel<T>("noise_tunnel", attribute, x, options);
}

/// SmoothGrad: the gradient, with its sign, averaged over noisy copies of x. The paper takes 50
/// samples and a deviation of 10 to 20 % of the input's range; the default is meant for inputs in
/// [0, 1] or standardised ones.
///
/// Shapes:    as saliency
/// Gradient:  none; the result is a constant
/// Throws:    as saliency and noise_tunnel
/// Cost:      `samples` forward and backward passes
/// Reference: Smilkov, Thorat, Kim, Viegas, Wattenberg 2017
template <FloatScalar T, class F>
[[nodiscard]] Tensor<T> smooth_grad(
    F&& f, const Tensor<T>& x, const std::type_identity_t<SmoothGradOptions<T>>& options = {}) {
  const eigengrad::detail::InferenceMode mode("smooth_grad", f);
  const auto gradient = [&](const Tensor<T>& noisy) {
    return eigengrad::detail::input_gradient("smooth_grad", f, noisy, options.target);
  };
  return eigengrad::detail::noise_tunnel<T>(
      "smooth_grad", gradient, x,
      {NoiseTunnelType::smooth_grad, options.samples, options.standard_deviation, options.seed,
       options.noise});
}

}  // namespace eigengrad::explain
