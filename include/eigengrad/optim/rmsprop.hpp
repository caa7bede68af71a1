#pragma once
// RMSprop.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/update.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// learning_rate > 0, by default the convention's: 0.001 (keras), 0.01 (pytorch); rho (PyTorch's
/// alpha) in [0, 1), by default the convention's: 0.9 (keras), 0.99 (pytorch); epsilon > 0, by
/// default 1e-7 (keras), 1e-8 (pytorch); momentum in [0, 1); weight_decay >= 0.
struct RMSpropOptions {
  std::optional<double> learning_rate = {};
  std::optional<double> rho = {};
  double momentum = 0.0;
  std::optional<double> epsilon = {};
  double weight_decay = 0.0;
  Convention convention = Convention::keras;
};

/// Gradient descent with steps divided by the root of a running mean of squared gradients.
///
/// v = rho v + (1 - rho) g^2
/// keras (default): p -= lr wd p;  u = lr g / sqrt(v + eps);    m = mu m + u;  p -= m
/// pytorch:         g += wd p;     u = g / (sqrt(v) + eps);     m = mu m + u;  p -= lr m
///
/// Throws:    ValueError for a learning rate or epsilon <= 0, rho or momentum outside [0, 1), a
///            negative weight decay
/// Reference: Hinton 2012, lecture 6e; Keras `RMSprop`; PyTorch `RMSprop`
template <FloatScalar T>
class EIGENGRAD_API RMSprop final : public Optimizer<T> {
 public:
  explicit RMSprop(std::vector<Parameter<T>> parameters, RMSpropOptions options = {})
      : Optimizer<T>(
            "RMSprop", std::move(parameters),
            options.learning_rate.value_or(options.convention == Convention::keras ? 1e-3 : 1e-2)),
        options_(options),
        keras_(options.convention == Convention::keras),
        rho_(options.rho.value_or(keras_ ? 0.9 : 0.99)),
        epsilon_(options.epsilon.value_or(keras_ ? 1e-7 : 1e-8)) {
    eigengrad::detail::check_decay("RMSprop", "rho", rho_);
    eigengrad::detail::check_decay("RMSprop", "momentum", options.momentum);
    eigengrad::detail::check_positive("RMSprop", "epsilon", epsilon_);
    eigengrad::detail::check_not_negative("RMSprop", "weight decay", options.weight_decay);
    this->add_state("square_avg");
    if (options.momentum > 0) {
      this->add_state("momentum_buffer");
    }
  }

 private:
  using P = kernels::Packet<T>;

  void update(std::size_t i, Index n, T* value, const T* gradient) override {
    const P rate = static_cast<T>(this->learning_rate());
    const P rho = static_cast<T>(rho_);
    const P rest = static_cast<T>(1.0 - rho_);
    const P epsilon = static_cast<T>(epsilon_);
    const P mu = static_cast<T>(options_.momentum);
    const P into_gradient = static_cast<T>(keras_ ? 0.0 : options_.weight_decay);
    const P shrink = static_cast<T>(keras_ ? this->learning_rate() * options_.weight_decay : 0.0);
    const bool keras = keras_;
    // The step before momentum, and the new mean of squares in v.
    const auto step = [=](P& p, P g, P& v) {
      g = g + into_gradient * p;
      p = p - shrink * p;
      v = rho * v + rest * (g * g);
      return keras ? rate * g / math::sqrt(v + epsilon) : g / (math::sqrt(v) + epsilon);
    };
    if (options_.momentum == 0) {
      kernels::update(n, value, gradient, std::array<T*, 1>{this->state_data(0, i)},
                      [=](P& p, P g, std::array<P, 1>& s) {
                        const P u = step(p, g, s[0]);
                        p = p - (keras ? u : rate * u);
                      });
      return;
    }
    kernels::update(n, value, gradient,
                    std::array<T*, 2>{this->state_data(0, i), this->state_data(1, i)},
                    [=](P& p, P g, std::array<P, 2>& s) {
                      s[1] = mu * s[1] + step(p, g, s[0]);
                      p = p - (keras ? s[1] : rate * s[1]);
                    });
  }

  RMSpropOptions options_;
  bool keras_;
  double rho_;
  double epsilon_;
};

template <FloatScalar T>
RMSprop(std::vector<Parameter<T>>, RMSpropOptions) -> RMSprop<T>;
template <FloatScalar T>
RMSprop(std::vector<Parameter<T>>) -> RMSprop<T>;

}  // namespace eigengrad::optim
