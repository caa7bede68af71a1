#pragma once
// Adam and AdamW.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/update.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// learning_rate > 0; beta_1, beta_2 in [0, 1); epsilon > 0, by default the convention's: 1e-7
/// (keras), 1e-8 (pytorch).
struct AdamOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  std::optional<double> epsilon = {};
  double weight_decay = 0.0;
  Convention convention = Convention::keras;
};

/// The options of AdamW: weight_decay is by default the convention's, 0.004 (keras) or 0.01
/// (pytorch).
struct AdamWOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  std::optional<double> epsilon = {};
  std::optional<double> weight_decay = {};
  Convention convention = Convention::keras;
};

}  // namespace eigengrad::optim

namespace eigengrad::detail {

/// The moments and the update that Adam and AdamW share; `coupled` decay goes into the gradient.
template <FloatScalar T>
class EIGENGRAD_API AdamBase : public optim::Optimizer<T> {
 public:
  AdamBase(std::string_view kind, std::vector<Parameter<T>> parameters,
           const optim::AdamOptions& options, bool coupled);

 private:
  using P = kernels::Packet<T>;

  void begin_step() override;

  void update(std::size_t i, Index n, T* value, const T* gradient) override;

  optim::AdamOptions options_;
  double epsilon_;
  bool coupled_;
  double rate_ = 0;
  double scale_ = 1;
};

template <FloatScalar T>
AdamBase<T>::AdamBase(std::string_view kind, std::vector<Parameter<T>> parameters,
                      const optim::AdamOptions& options, bool coupled)
    : optim::Optimizer<T>(kind, std::move(parameters), options.learning_rate),
      options_(options),
      epsilon_(
          options.epsilon.value_or(options.convention == optim::Convention::keras ? 1e-7 : 1e-8)),
      coupled_(coupled) {
  check_decay(kind, "beta_1", options.beta_1);
  check_decay(kind, "beta_2", options.beta_2);
  check_positive(kind, "epsilon", epsilon_);
  check_not_negative(kind, "weight decay", options.weight_decay);
  this->add_state("exp_avg");
  this->add_state("exp_avg_sq");
}

template <FloatScalar T>
void AdamBase<T>::begin_step() {
  const auto t = static_cast<double>(this->steps());
  const double correction_1 = 1.0 - std::pow(options_.beta_1, t);
  const double correction_2 = std::sqrt(1.0 - std::pow(options_.beta_2, t));
  // keras: lr sqrt(c2)/c1 m / (sqrt(v) + eps);  pytorch: lr/c1 m / (sqrt(v)/sqrt(c2) + eps)
  const bool keras = options_.convention == optim::Convention::keras;
  rate_ = this->learning_rate() / correction_1 * (keras ? correction_2 : 1.0);
  scale_ = keras ? 1.0 : correction_2;
}

template <FloatScalar T>
void AdamBase<T>::update(std::size_t i, Index n, T* value, const T* gradient) {
  const P rate = static_cast<T>(rate_);
  const P scale = static_cast<T>(scale_);
  const P rest_1 = static_cast<T>(1.0 - options_.beta_1);
  const P rest_2 = static_cast<T>(1.0 - options_.beta_2);
  const P epsilon = static_cast<T>(epsilon_);
  const P into_gradient = static_cast<T>(coupled_ ? options_.weight_decay : 0.0);
  const P shrink = static_cast<T>(coupled_ ? 0.0 : this->learning_rate() * options_.weight_decay);
  const std::array<T*, 2> state{this->state_data(0, i), this->state_data(1, i)};
  if (options_.weight_decay == 0 && options_.convention == optim::Convention::keras) {
    kernels::update(n, value, gradient, state, [=](P& p, P g, std::array<P, 2>& s) {
      s[0] = s[0] + (g - s[0]) * rest_1;
      s[1] = s[1] + (g * g - s[1]) * rest_2;
      p = p - rate * s[0] / (math::sqrt(s[1]) + epsilon);
    });
    return;
  }
  kernels::update(n, value, gradient, state, [=](P& p, P g, std::array<P, 2>& s) {
    g = g + into_gradient * p;
    p = p - shrink * p;
    s[0] = s[0] + (g - s[0]) * rest_1;
    s[1] = s[1] + (g * g - s[1]) * rest_2;
    p = p - rate * s[0] / (math::sqrt(s[1]) / scale + epsilon);
  });
}

}  // namespace eigengrad::detail

namespace eigengrad::optim {

/// Adam: steps scaled by running moments of the gradient.
///
/// m += (1 - b1) (g - m);  v += (1 - b2) (g^2 - v)
/// keras (default): p -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps), eps 1e-7
/// pytorch:         p -= lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps), eps 1e-8
/// weight_decay: keras shrinks p by lr wd p first; pytorch adds wd p to the gradient.
///
/// Throws:    ValueError for a learning rate or epsilon <= 0, a beta outside [0, 1), a negative
///            weight decay
/// Reference: Kingma and Ba 2015 (keras: the form before section 2.1, "epsilon hat")
template <FloatScalar T>
class EIGENGRAD_API Adam final : public eigengrad::detail::AdamBase<T> {
 public:
  explicit Adam(std::vector<Parameter<T>> parameters, AdamOptions options = {})
      : eigengrad::detail::AdamBase<T>("Adam", std::move(parameters), options,
                                       options.convention == Convention::pytorch) {}
};

template <FloatScalar T>
Adam(std::vector<Parameter<T>>, AdamOptions) -> Adam<T>;
template <FloatScalar T>
Adam(std::vector<Parameter<T>>) -> Adam<T>;

/// Adam with weight decay decoupled from the gradient: p -= lr wd p before each update.
///
/// Throws:    as Adam
/// Reference: Loshchilov and Hutter 2019; Keras `AdamW`; PyTorch `AdamW`
template <FloatScalar T>
class EIGENGRAD_API AdamW final : public eigengrad::detail::AdamBase<T> {
 public:
  explicit AdamW(std::vector<Parameter<T>> parameters, AdamWOptions options = {})
      : eigengrad::detail::AdamBase<T>(
            "AdamW", std::move(parameters),
            AdamOptions{options.learning_rate, options.beta_1, options.beta_2, options.epsilon,
                        options.weight_decay.value_or(
                            options.convention == Convention::keras ? 0.004 : 0.01),
                        options.convention},
            false) {}
};

template <FloatScalar T>
AdamW(std::vector<Parameter<T>>, AdamWOptions) -> AdamW<T>;
template <FloatScalar T>
AdamW(std::vector<Parameter<T>>) -> AdamW<T>;

}  // namespace eigengrad::optim
