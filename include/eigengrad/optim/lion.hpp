#pragma once
// Lion: steps of one size, in the direction of the momentum's sign.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/update.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <array>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// learning_rate > 0; beta_1, beta_2 in [0, 1); weight_decay >= 0.
struct LionOptions {
  double learning_rate = 1e-3;
  double beta_1 = 0.9;
  double beta_2 = 0.99;
  double weight_decay = 0.0;
};

/// p -= lr wd p;  p -= lr sign(b1 m + (1 - b1) g);  m = b2 m + (1 - b2) g
/// One state tensor where Adam has two. It wants a learning rate 3 to 10 times smaller than Adam's
/// and a weight decay as much larger.
///
/// Throws:    ValueError for a learning rate <= 0, a beta outside [0, 1), a negative weight decay
/// Reference: Chen et al. 2023, "Symbolic discovery of optimization algorithms"; Keras `Lion`
/// (PyTorch has none)
template <FloatScalar T>
class EIGENGRAD_API Lion final : public Optimizer<T> {
 public:
  explicit Lion(std::vector<Parameter<T>> parameters, LionOptions options = {})
      : Optimizer<T>("Lion", std::move(parameters), options.learning_rate), options_(options) {
    eigengrad::detail::check_decay("Lion", "beta_1", options.beta_1);
    eigengrad::detail::check_decay("Lion", "beta_2", options.beta_2);
    eigengrad::detail::check_not_negative("Lion", "weight decay", options.weight_decay);
    this->add_state("exp_avg");
  }

 private:
  using P = kernels::Packet<T>;

  void update(std::size_t i, Index n, T* value, const T* gradient) override {
    const P rate = static_cast<T>(this->learning_rate());
    const P beta_1 = static_cast<T>(options_.beta_1);
    const P rest_1 = static_cast<T>(1.0 - options_.beta_1);
    const P beta_2 = static_cast<T>(options_.beta_2);
    const P rest_2 = static_cast<T>(1.0 - options_.beta_2);
    const P shrink = static_cast<T>(this->learning_rate() * options_.weight_decay);
    kernels::update(n, value, gradient, std::array<T*, 1>{this->state_data(0, i)},
                    [=](P& p, P g, std::array<P, 1>& s) {
                      p = p - shrink * p;
                      p = p - rate * math::sign(beta_1 * s[0] + rest_1 * g);
                      s[0] = beta_2 * s[0] + rest_2 * g;
                    });
  }

  LionOptions options_;
};

template <FloatScalar T>
Lion(std::vector<Parameter<T>>, LionOptions) -> Lion<T>;
template <FloatScalar T>
Lion(std::vector<Parameter<T>>) -> Lion<T>;

}  // namespace eigengrad::optim
