// The smallest program that trains a network with the library's own loop: 30-128-64-1 on one batch
// of 32. What compiling it costs is in the tables; what a warm step executes is held by the budgets
// of .ci/. The argument is the number of steps, else 100.

#include <eigengrad/eigengrad.hpp>

#include <cstdio>
#include <cstdlib>

namespace eg = eigengrad;

int main(int count, char** arguments) {
  const eg::nn::Sequential<float> model(
      {eg::nn::Dense(30, 128), eg::nn::ReLU(), eg::nn::Dense(128, 64), eg::nn::ReLU(),
       eg::nn::Dense(64, 1), eg::nn::Sigmoid()},
      {.seed = 42});
  eg::optim::Adam<float> adam(model.parameters(), {.learning_rate = 1e-3});
  const auto x = eg::normal<float>({32, 30}, 0.0, 1.0, eg::RandomKey::named(1, "x"));
  const auto y = eg::cast<float>(eg::bernoulli({32, 1}, 0.5, eg::RandomKey::named(1, "y")));
  for (int step = count > 1 ? std::atoi(arguments[1]) : 100; step > 0; --step) {
    eg::Tape tape;
    const auto loss = eg::binary_cross_entropy(model(x), y);
    tape.backward(loss);
    adam.step();
    if (step == 1) {
      std::printf("loss %.6f\n", static_cast<double>(loss.item()));
    }
  }
}
