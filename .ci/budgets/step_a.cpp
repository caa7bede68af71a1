// Trains 30-128-64-1 on a batch of 32 for as many steps as the argument says: what two such runs
// differ by is what a warm step costs.

#include <eigengrad/eigengrad.hpp>

#include <cstdio>
#include <cstdlib>

namespace eg = eigengrad;

int main(int, char** arguments) {
  const eg::nn::Sequential<float> model(
      {eg::nn::Dense(30, 128), eg::nn::ReLU(), eg::nn::Dense(128, 64), eg::nn::ReLU(),
       eg::nn::Dense(64, 1), eg::nn::Sigmoid()},
      {.seed = 42});
  eg::optim::Adam<float> adam(model.parameters(), {.learning_rate = 1e-3});
  const auto x = eg::normal<float>({32, 30}, 0.0, 1.0, eg::RandomKey::named(1, "x"));
  const auto y = eg::cast<float>(eg::bernoulli({32, 1}, 0.5, eg::RandomKey::named(1, "y")));
  for (int step = std::atoi(arguments[1]); step > 0; --step) {
    eg::Tape tape;
    const auto loss = eg::binary_cross_entropy(model(x), y);
    tape.backward(loss);
    adam.step();
    if (step == 1) {
      std::printf("loss %.6f\n", static_cast<double>(loss.item()));
    }
  }
}
