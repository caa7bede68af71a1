// Step a: one training step of 30-128-64-1, batch 32, binary cross entropy, Adam, in float on one
// thread: eigengrad against the loop that a good engineer writes by hand on Eigen. Both see the
// same data and start from the same weights; rounds are interleaved, and the program fails if the
// two drift apart.
//
//   step_a [rounds] [steps a round]

#include "eigen_step.hpp"

#include <eigengrad/eigengrad.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace eg = eigengrad;

namespace {

constexpr eg::Index batch = 32;

/// Nanoseconds a step of `steps` calls.
template <class Step>
double time_steps(int steps, const Step& step) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < steps; ++i) {
    step();
  }
  const auto stop = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::nano>(stop - start).count() / steps;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Copies a parameter into the hand-written network's matrix or row.
template <class M>
void copy_value(const eg::Parameter<float>& from, M& to) {
  std::copy(from.values().begin(), from.values().end(), to.data());
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 40;
  const int steps = argc > 2 ? std::atoi(argv[2]) : 2000;
  eg::set_num_threads(1);
  Eigen::setNbThreads(1);

  eg::nn::Sequential<float> model({eg::nn::Dense(30, 128), eg::nn::ReLU(),  //
                                   eg::nn::Dense(128, 64), eg::nn::ReLU(),  //
                                   eg::nn::Dense(64, 1), eg::nn::Sigmoid()},
                                  {.seed = 42});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  const auto x = eg::normal<float>({batch, 30}, 0.0, 1.0, eg::RandomKey::named(1, "x"));
  const auto y = eg::cast<float>(eg::bernoulli({batch, 1}, 0.5, eg::RandomKey::named(1, "y")));

  floor_step::Network floor(batch);
  const auto parameters = model.parameters();
  copy_value(parameters[0], floor.w1.value);
  copy_value(parameters[1], floor.b1.value);
  copy_value(parameters[2], floor.w2.value);
  copy_value(parameters[3], floor.b2.value);
  copy_value(parameters[4], floor.w3.value);
  copy_value(parameters[5], floor.b3.value);
  const Eigen::Map<const floor_step::Matrix> eigen_x(x.data(), batch, 30);
  const Eigen::Map<const floor_step::Matrix> eigen_y(y.data(), batch, 1);

  float loss = 0;
  const auto ours = [&] {
    eg::Tape tape;
    const auto value = eg::binary_cross_entropy(model(x), y);
    loss = value.item();
    tape.backward(value);
    adam.step();
  };
  float floor_loss = 0;
  const auto by_hand = [&] { floor_loss = floor.step(eigen_x, eigen_y); };

  // The same training: the losses of the first steps agree.
  for (int i = 0; i < 20; ++i) {
    ours();
    by_hand();
    if (!(std::fabs(loss - floor_loss) <= 1e-4F * std::fabs(floor_loss))) {
      std::fprintf(stderr, "step_a: the losses differ at step %d: %g and %g\n", i,
                   static_cast<double>(loss), static_cast<double>(floor_loss));
      return 1;
    }
  }

  std::vector<double> a, b;
  for (int round = 0; round < rounds; ++round) {
    a.push_back(time_steps(steps, ours));
    b.push_back(time_steps(steps, by_hand));
  }
  const double best_a = *std::min_element(a.begin(), a.end());
  const double best_b = *std::min_element(b.begin(), b.end());
  std::printf("step a (30-128-64-1, batch 32, BCE, Adam, float, 1 thread), %d rounds of %d steps\n",
              rounds, steps);
  std::printf("%-24s %10s %10s\n", "", "best us", "median us");
  std::printf("%-24s %10.2f %10.2f\n", "eigengrad", best_a / 1e3, median(a) / 1e3);
  std::printf("%-24s %10.2f %10.2f\n", "hand-written on Eigen", best_b / 1e3, median(b) / 1e3);
  std::printf("%-24s %10.3f %10.3f\n", "ratio", best_a / best_b, median(a) / median(b));
  return 0;
}
