#pragma once
// Stochastic gradient descent with momentum, Nesterov's momentum and weight decay.

#include <eigengrad/kernels/update.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// learning_rate > 0, by default the convention's: 0.01 (keras), 0.001 (pytorch); momentum in [0,
/// 1); weight_decay >= 0.
struct SGDOptions {
  std::optional<double> learning_rate = {};
  double momentum = 0.0;
  bool nesterov = false;
  double weight_decay = 0.0;
  Convention convention = Convention::keras;
};

/// Gradient descent, p -= lr g, with optional momentum.
///
/// keras (default): p -= lr wd p;  m = mu m - lr g;  p += m, or p += mu m - lr g (Nesterov)
/// pytorch:         g += wd p;     m = mu m + g;     p -= lr m, or p -= lr (g + mu m) (Nesterov)
/// The two differ once the learning rate changes, and in that Keras's weight decay is decoupled
/// from the gradient.
///
/// Throws:    ValueError for a learning rate <= 0, momentum outside [0, 1), a negative weight
///            decay, or Nesterov without momentum
/// Reference: Sutskever et al. 2013; Keras `SGD`; PyTorch `SGD`
template <FloatScalar T>
class EIGENGRAD_API SGD final : public Optimizer<T> {
 public:
  explicit SGD(std::vector<Parameter<T>> parameters, SGDOptions options = {})
      : Optimizer<T>(
            "SGD", std::move(parameters),
            options.learning_rate.value_or(options.convention == Convention::keras ? 1e-2 : 1e-3)),
        options_(options) {
    eigengrad::detail::check_decay("SGD", "momentum", options.momentum);
    eigengrad::detail::check_not_negative("SGD", "weight decay", options.weight_decay);
    if (options.nesterov && options.momentum == 0) {
      detail::throw_error<ValueError>("SGD", {"nesterov needs momentum > 0"});
    }
    if (options.momentum > 0) {
      this->add_state("momentum_buffer");
    }
  }

 private:
  using P = kernels::Packet<T>;

  void update(std::size_t i, Index n, T* value, const T* gradient) override {
    const P rate = static_cast<T>(this->learning_rate());
    const P mu = static_cast<T>(options_.momentum);
    const P decay = static_cast<T>(options_.weight_decay);
    const P shrink = static_cast<T>(this->learning_rate() * options_.weight_decay);
    const bool nesterov = options_.nesterov;
    const bool keras = options_.convention == Convention::keras;
    if (options_.momentum == 0) {
      kernels::update(n, value, gradient, std::array<T*, 0>{},
                      [=](P& p, P g, std::array<P, 0>&) { p = p - rate * (g + decay * p); });
    } else if (keras) {
      kernels::update(n, value, gradient, std::array<T*, 1>{this->state_data(0, i)},
                      [=](P& p, P g, std::array<P, 1>& m) {
                        p = p - shrink * p;
                        m[0] = mu * m[0] - rate * g;
                        p = nesterov ? p + (mu * m[0] - rate * g) : p + m[0];
                      });
    } else {
      kernels::update(n, value, gradient, std::array<T*, 1>{this->state_data(0, i)},
                      [=](P& p, P g, std::array<P, 1>& m) {
                        g = g + decay * p;
                        m[0] = mu * m[0] + g;
                        p = p - rate * (nesterov ? g + mu * m[0] : m[0]);
                      });
    }
  }

  SGDOptions options_;
};

template <FloatScalar T>
SGD(std::vector<Parameter<T>>, SGDOptions) -> SGD<T>;
template <FloatScalar T>
SGD(std::vector<Parameter<T>>) -> SGD<T>;

}  // namespace eigengrad::optim
