#pragma once
// Adagrad.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/update.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace eigengrad::optim {

/// learning_rate > 0, by default the convention's: 0.001 (keras), 0.01 (pytorch); initial
/// accumulator >= 0, by default 0.1 (keras), 0 (pytorch); epsilon > 0, by default 1e-7 (keras),
/// 1e-10 (pytorch); learning_rate_decay >= 0 (Keras has none); weight_decay >= 0.
struct AdagradOptions {
  std::optional<double> learning_rate = {};
  std::optional<double> initial_accumulator = {};
  std::optional<double> epsilon = {};
  double learning_rate_decay = 0.0;
  double weight_decay = 0.0;
  Convention convention = Convention::keras;
};

/// Gradient descent with steps divided by the root of the sum of all squared gradients.
///
/// keras (default): p -= lr wd p;  a += g^2;  p -= lr g / sqrt(a + eps)
/// pytorch:         g += wd p;     a += g^2;  p -= lr g / (sqrt(a) + eps)
/// with lr = learning_rate / (1 + (t - 1) learning_rate_decay) in step t = 1, 2, ...
///
/// Throws:    ValueError for a learning rate or epsilon <= 0, a negative initial accumulator, decay
///            of the learning rate or weight decay
/// Reference: Duchi, Hazan, Singer 2011; Keras `Adagrad`; PyTorch `Adagrad`
template <FloatScalar T>
class EIGENGRAD_API Adagrad final : public Optimizer<T> {
 public:
  explicit Adagrad(std::vector<Parameter<T>> parameters, AdagradOptions options = {})
      : Optimizer<T>(
            "Adagrad", std::move(parameters),
            options.learning_rate.value_or(options.convention == Convention::keras ? 1e-3 : 1e-2)),
        options_(options),
        keras_(options.convention == Convention::keras),
        epsilon_(options.epsilon.value_or(keras_ ? 1e-7 : 1e-10)) {
    const double initial = options.initial_accumulator.value_or(keras_ ? 0.1 : 0.0);
    eigengrad::detail::check_positive("Adagrad", "epsilon", epsilon_);
    eigengrad::detail::check_not_negative("Adagrad", "initial accumulator", initial);
    eigengrad::detail::check_not_negative("Adagrad", "learning rate decay",
                                          options.learning_rate_decay);
    eigengrad::detail::check_not_negative("Adagrad", "weight decay", options.weight_decay);
    this->add_state("sum");
    for (std::size_t i = 0; i < this->parameters().size(); ++i) {
      std::fill_n(this->state_data(0, i), this->parameters()[i].size(), static_cast<T>(initial));
    }
  }

 private:
  using P = kernels::Packet<T>;

  void update(std::size_t i, Index n, T* value, const T* gradient) override {
    const auto before = static_cast<double>(this->steps() - 1);
    const P rate =
        static_cast<T>(this->learning_rate() / (1.0 + before * options_.learning_rate_decay));
    const P epsilon = static_cast<T>(epsilon_);
    const P into_gradient = static_cast<T>(keras_ ? 0.0 : options_.weight_decay);
    const P shrink = static_cast<T>(keras_ ? this->learning_rate() * options_.weight_decay : 0.0);
    const bool keras = keras_;
    kernels::update(n, value, gradient, std::array<T*, 1>{this->state_data(0, i)},
                    [=](P& p, P g, std::array<P, 1>& s) {
                      g = g + into_gradient * p;
                      p = p - shrink * p;
                      s[0] = s[0] + g * g;
                      p = p - rate * g /
                                  (keras ? math::sqrt(s[0] + epsilon) : math::sqrt(s[0]) + epsilon);
                    });
  }

  AdagradOptions options_;
  bool keras_;
  double epsilon_;
};

template <FloatScalar T>
Adagrad(std::vector<Parameter<T>>, AdagradOptions) -> Adagrad<T>;
template <FloatScalar T>
Adagrad(std::vector<Parameter<T>>) -> Adagrad<T>;

}  // namespace eigengrad::optim
