// A gradient penalty: the norm of a gradient as a part of the loss. A critic that rises by at most
// 1 for each unit of distance tells two distributions apart by their Wasserstein distance (the
// largest mean of f over the one less that over the other); the penalty of Gulrajani et al. 2017
// holds its gradient there. The two distributions are a ring and the same ring moved by a vector
// of length 1, so that the distance is known: 1. Without the penalty the critic only grows.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/transforms.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>

namespace eg = eigengrad;
using Vector = eg::Tensor<float>;
using Network = eg::nn::Sequential<float>;

namespace {

/// n points around a circle of radius 1.
Vector ring(eg::Index n, const eg::RandomKey& key) {
  const auto angle = eg::uniform<float>({n, 1}, 0, 2 * std::numbers::pi, key.fold(0));
  const auto radius = eg::normal<float>({n, 1}, 1, 0.1, key.fold(1));
  return eg::concat({radius * cos(angle), radius * sin(angle)}, 1);
}
Vector moved_ring(eg::Index n, const eg::RandomKey& key) {
  return ring(n, key) + eg::tensor<float>({0.6F, 0.8F});
}

/// Points between those of x and y, each at a random place of the line between two.
Vector between(const Vector& x, const Vector& y, const eg::RandomKey& key) {
  const auto part = eg::uniform<float>({x.extent(0), 1}, 0, 1, key);
  return x * part + y * (1.0 - part);
}

/// The norm of the critic's gradient at each point (n, 2), recorded on the tape: one gradient of
/// the sum is all of them, since no row depends on another.
Vector slopes(eg::Tape& tape, const Network& critic, const Vector& points) {
  const auto at = tape.watch(points);
  const auto total = sum(critic(at));
  const auto gradient = tape.gradients(total, {at}, {.create_graph = true})[0];
  return sqrt(sum(square(gradient), {1}));
}

struct Outcome {
  double slope;     // mean norm of the gradient, at points that training has not seen
  double distance;  // mean of the critic on the one ring less that on the other
};

Outcome train(double weight) {
  constexpr int steps = 400;
  constexpr eg::Index batch = 256;
  const Network critic({eg::nn::Dense(2, 32), eg::nn::Tanh(), eg::nn::Dense(32, 32), eg::nn::Tanh(),
                        eg::nn::Dense(32, 1)},
                       {.seed = 1});
  eg::optim::Adam adam(critic.parameters(), {});
  const auto rate = eg::optim::Schedule::cosine(1e-2, steps, 1e-4);
  const auto real_stream = eg::RandomKey::named(1, "real");
  const auto fake_stream = eg::RandomKey::named(1, "fake");
  const auto place_stream = eg::RandomKey::named(1, "between");
  for (int step = 0; step < steps; ++step) {
    const auto number = static_cast<std::uint64_t>(step);
    const auto real = ring(batch, real_stream.fold(number));
    const auto fake = moved_ring(batch, fake_stream.fold(number));

    eg::Tape tape;
    auto loss = mean(critic(fake)) - mean(critic(real));
    if (weight > 0) {
      const auto points = between(real, fake, place_stream.fold(number));
      loss = loss + mean(square(slopes(tape, critic, points) - 1.0)) * weight;
    }
    tape.backward(loss);
    adam.set_learning_rate(rate(step));
    adam.step();
  }

  const eg::RandomKey unseen = eg::RandomKey::named(2, "test");
  const auto real = ring(4096, unseen.fold(0));
  const auto fake = moved_ring(4096, unseen.fold(1));
  eg::Tape tape;
  const auto slope = mean(slopes(tape, critic, between(real, fake, unseen.fold(2))));
  const auto distance = mean(critic(real)) - mean(critic(fake));
  return {slope.item(), distance.item()};
}

}  // namespace

int main() {
  const Outcome free = train(0);
  const Outcome held = train(10);
  std::printf("                  mean gradient norm   distance (1 is right)\n");
  std::printf("without penalty   %18.3f   %8.3f\n", free.slope, free.distance);
  std::printf("with penalty      %18.3f   %8.3f\n", held.slope, held.distance);
  // The best critic under a penalty of weight w has slopes of 1 + 1 / (2 w) here.
  const bool right = std::abs(held.slope - 1) < 0.1 && std::abs(held.distance - 1) < 0.1;
  return right && free.slope > 5 ? 0 : 1;
}
