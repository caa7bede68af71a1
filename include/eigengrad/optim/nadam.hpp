#pragma once
// Nadam: Adam with Nesterov's momentum.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/update.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// learning_rate > 0 and epsilon > 0, by default the convention's: 0.001 and 1e-7 (keras), 0.002
/// and 1e-8 (pytorch); beta_1, beta_2 in [0, 1); momentum_decay >= 0, by default 1 (keras, which
/// has no such option), 0.004 (pytorch); weight_decay >= 0.
struct NadamOptions {
  std::optional<double> learning_rate = {};
  double beta_1 = 0.9;
  double beta_2 = 0.999;
  std::optional<double> epsilon = {};
  std::optional<double> momentum_decay = {};
  double weight_decay = 0.0;
  Convention convention = Convention::keras;
};

/// Adam whose momentum warms up and looks one step ahead.
///
/// mu_t = b1 (1 - 0.96^(t momentum_decay) / 2);  m += (1 - b1) (g - m);  v += (1 - b2) (g^2 - v)
/// p -= lr (mu_(t+1) m / (1 - mu_1 ... mu_(t+1)) + (1 - mu_t) g / (1 - mu_1 ... mu_t))
///         / (sqrt(v / (1 - b2^t)) + eps)
/// The conventions differ in defaults and in weight decay: keras shrinks p by lr wd p first;
/// pytorch adds wd p to the gradient.
///
/// Throws:    ValueError for a learning rate or epsilon <= 0, a beta outside [0, 1), a negative
///            momentum decay or weight decay
/// Reference: Dozat 2016; Keras `Nadam`; PyTorch `NAdam`
template <FloatScalar T>
class EIGENGRAD_API Nadam final : public Optimizer<T> {
 public:
  explicit Nadam(std::vector<Parameter<T>> parameters, NadamOptions options = {})
      : Optimizer<T>(
            "Nadam", std::move(parameters),
            options.learning_rate.value_or(options.convention == Convention::keras ? 1e-3 : 2e-3)),
        options_(options),
        keras_(options.convention == Convention::keras),
        epsilon_(options.epsilon.value_or(keras_ ? 1e-7 : 1e-8)),
        momentum_decay_(options.momentum_decay.value_or(keras_ ? 1.0 : 4e-3)) {
    eigengrad::detail::check_decay("Nadam", "beta_1", options.beta_1);
    eigengrad::detail::check_decay("Nadam", "beta_2", options.beta_2);
    eigengrad::detail::check_positive("Nadam", "epsilon", epsilon_);
    eigengrad::detail::check_not_negative("Nadam", "momentum decay", momentum_decay_);
    eigengrad::detail::check_not_negative("Nadam", "weight decay", options.weight_decay);
    this->add_state("exp_avg");
    this->add_state("exp_avg_sq");
  }

 private:
  using P = kernels::Packet<T>;

  [[nodiscard]] double momentum(Index t) const {
    return options_.beta_1 * (1.0 - 0.5 * std::pow(0.96, static_cast<double>(t) * momentum_decay_));
  }

  void begin_step() override {
    // The product of all momenta so far, in the same order after set_steps() as without it.
    const Index t = this->steps();
    if (product_steps_ >= t) {
      product_steps_ = 0;
      product_ = 1.0;
    }
    while (product_steps_ < t) {
      product_ *= momentum(++product_steps_);
    }
    const double now = momentum(t);
    const double next = momentum(t + 1);
    momentum_rate_ = this->learning_rate() * next / (1.0 - product_ * next);
    gradient_rate_ = this->learning_rate() * (1.0 - now) / (1.0 - product_);
    correction_ = 1.0 - std::pow(options_.beta_2, static_cast<double>(t));
  }

  void update(std::size_t i, Index n, T* value, const T* gradient) override {
    const P rest_1 = static_cast<T>(1.0 - options_.beta_1);
    const P rest_2 = static_cast<T>(1.0 - options_.beta_2);
    const P momentum_rate = static_cast<T>(momentum_rate_);
    const P gradient_rate = static_cast<T>(gradient_rate_);
    const P correction = static_cast<T>(correction_);
    const P epsilon = static_cast<T>(epsilon_);
    const P into_gradient = static_cast<T>(keras_ ? 0.0 : options_.weight_decay);
    const P shrink = static_cast<T>(keras_ ? this->learning_rate() * options_.weight_decay : 0.0);
    kernels::update(n, value, gradient,
                    std::array<T*, 2>{this->state_data(0, i), this->state_data(1, i)},
                    [=](P& p, P g, std::array<P, 2>& s) {
                      g = g + into_gradient * p;
                      p = p - shrink * p;
                      s[0] = s[0] + (g - s[0]) * rest_1;
                      s[1] = s[1] + (g * g - s[1]) * rest_2;
                      p = p - (momentum_rate * s[0] + gradient_rate * g) /
                                  (math::sqrt(s[1] / correction) + epsilon);
                    });
  }

  NadamOptions options_;
  bool keras_;
  double epsilon_;
  double momentum_decay_;
  Index product_steps_ = 0;
  double product_ = 1.0;
  double momentum_rate_ = 0;
  double gradient_rate_ = 0;
  double correction_ = 1;
};

template <FloatScalar T>
Nadam(std::vector<Parameter<T>>, NadamOptions) -> Nadam<T>;
template <FloatScalar T>
Nadam(std::vector<Parameter<T>>) -> Nadam<T>;

}  // namespace eigengrad::optim
