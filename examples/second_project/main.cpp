// The library inside a second CMake project: a small network learns the sine.

#include <eigengrad/eigengrad.hpp>

#include <cstdio>

namespace eg = eigengrad;

int main() {
  const auto x = eg::reshape(eg::linspace<float>(-3, 3, 64), {64, 1});
  const auto y = eg::sin(x);

  eg::nn::Sequential<float> model({eg::nn::Dense(1, 16), eg::nn::Tanh(), eg::nn::Dense(16, 1)},
                                  {.seed = 7});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 0.02});

  float last = 1;
  for (int step = 0; step < 500; ++step) {
    eg::Tape tape;
    const auto loss = eg::mean_squared_error(model(x), y);
    tape.backward(loss);
    adam.step();
    last = loss.item();
  }
  std::printf("mean squared error after 500 steps: %.5f\n", static_cast<double>(last));
  return last < 0.01F ? 0 : 1;
}
