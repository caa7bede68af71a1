// A regression that says how sure it is: a deep ensemble, whose members predict a mean and a
// variance each. Its band covers what the noise does where there are data, and widens where there
// are none. Writes uncertainty_band.svg.
// Reference: Lakshminarayanan, Pritzel, Blundell 2017, without their adversarial training.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/plot/curves.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace eg = eigengrad;
using Vector = eg::Tensor<float>;
using Network = eg::nn::Sequential<float>;

namespace {

constexpr eg::Index members = 5;

struct Sample {
  Vector x;  // (n, 1)
  Vector y;  // (n, 1)
};

/// x in [-4, -1] and [1.5, 4], nothing between; the noise grows with x.
Sample draw(eg::Index count, std::uint64_t seed) {
  const auto key = eg::RandomKey::named(seed, "samples");
  const auto u = eg::uniform<float>({count, 1}, 0, 5.5, key.fold(0));
  const auto x = eg::where(eg::lt(u, 3.0), u - 4.0, u - 1.5);
  const auto noise = eg::normal<float>({count, 1}, 0, 1, key.fold(1));
  return {x, sin(x) + noise * (x * 0.02 + 0.11)};
}

struct Gaussian {
  Vector mean;      // (n, 1)
  Vector variance;  // (n, 1)
};

Gaussian predict(const Network& network, const Vector& x) {
  const auto out = network(x);
  return {slice(out, 1, 0, 1), softplus(slice(out, 1, 1, 2)) + 1e-4};
}

/// The mean negative log-likelihood, without its constant.
Vector negative_log_likelihood(const Gaussian& p, const Vector& y) {
  return mean(log(p.variance) + square(y - p.mean) / p.variance) * 0.5;
}

Network trained(const Sample& sample, std::uint64_t seed) {
  // The first layer's slopes and offsets are large, so that a member can bend anywhere, and each
  // bends elsewhere.
  Network network({eg::nn::Dense(1, 64,
                                 {.initializer = eg::nn::Initializer::normal(0, 2),
                                  .bias_initializer = eg::nn::Initializer::uniform(-4, 4)}),
                   eg::nn::Tanh(), eg::nn::Dense(64, 64), eg::nn::Tanh(), eg::nn::Dense(64, 2)},
                  {.seed = seed});
  eg::optim::Adam adam(network.parameters(), {});
  constexpr int steps = 600;
  const auto rate = eg::optim::Schedule::cosine(5e-3, steps, 1e-4);
  for (int step = 0; step < steps; ++step) {
    eg::Tape tape;
    tape.backward(negative_log_likelihood(predict(network, sample.x), sample.y));
    eg::optim::clip_by_global_norm(network.parameters(), 1.0);
    adam.set_learning_rate(rate(step));
    adam.step();
  }
  return network;
}

/// The mixture of the members as one mean and one variance: their own variances on average, and how
/// far their means are apart.
Gaussian mixture(const std::vector<Network>& ensemble, const Vector& x) {
  const eg::NoGrad no_grad;
  const auto count = static_cast<double>(ensemble.size());
  auto first = eg::zeros<float>(x.shape());
  auto second = eg::zeros<float>(x.shape());
  for (const Network& network : ensemble) {
    const Gaussian p = predict(network, x);
    first = first + p.mean / count;
    second = second + (p.variance + square(p.mean)) / count;
  }
  return {first, second - square(first)};
}

std::vector<double> doubles(const Vector& x) {
  const auto values = x.values();
  return {values.begin(), values.end()};
}

/// The mean deviation at the places of x within [low, high].
double mean_deviation(const Gaussian& p, const Vector& x, double low, double high) {
  double sum = 0;
  double count = 0;
  for (eg::Index i = 0; i < x.extent(0); ++i) {
    if (x.at(i, 0) >= low && x.at(i, 0) <= high) {
      sum += std::sqrt(p.variance.at(i, 0));
      count += 1;
    }
  }
  return sum / count;
}

void write_picture(const Sample& sample, const Vector& grid, const Gaussian& band) {
  const Vector two_deviations = sqrt(band.variance) * 2.0;
  const auto truth = sin(grid);
  eg::write_file(
      "uncertainty_band.svg",
      eg::plot::curves({{.name = "ensemble, 2 deviations",
                         .x = doubles(grid),
                         .y = doubles(band.mean),
                         .lower = doubles(band.mean - two_deviations),
                         .upper = doubles(band.mean + two_deviations)},
                        {.name = "a quarter of the data",
                         .x = doubles(slice(sample.x, 0, 0, 250)),
                         .y = doubles(slice(sample.y, 0, 0, 250)),
                         .line = false},
                        {.name = "truth", .x = doubles(grid), .y = doubles(truth), .dashed = true}},
                       {.title = "A regression that says how sure it is"}));
}

}  // namespace

int main() {
  eg::set_num_threads(1);
  const Sample train = draw(1000, 1);
  std::vector<Network> ensemble;
  for (eg::Index i = 0; i < members; ++i) {
    ensemble.push_back(trained(train, static_cast<std::uint64_t>(i + 1)));
  }

  const Sample held_out = draw(5000, 2);
  const Gaussian predicted = mixture(ensemble, held_out.x);
  eg::Index inside = 0;
  for (eg::Index i = 0; i < held_out.y.extent(0); ++i) {
    const double distance = std::abs(held_out.y.at(i, 0) - predicted.mean.at(i, 0));
    inside += distance <= 2 * std::sqrt(predicted.variance.at(i, 0)) ? 1 : 0;
  }
  const double coverage = static_cast<double>(inside) / 5000;

  const auto grid = eg::reshape(eg::linspace<float>(-4, 4, 161), {-1, 1});
  const Gaussian band = mixture(ensemble, grid);
  const double where_data_lies =
      (3 * mean_deviation(band, grid, -4, -1) + 2.5 * mean_deviation(band, grid, 1.5, 4)) / 5.5;
  const double in_the_gap = mean_deviation(band, grid, -0.75, 1.25);
  write_picture(train, grid, band);
  std::printf("%.1f %% of 5000 held-out points lie within 2 deviations (a Gaussian: 95.4 %%)\n",
              100 * coverage);
  std::printf("mean deviation: %.3f where data lie, %.3f in the gap\n", where_data_lies,
              in_the_gap);
  return coverage >= 0.925 && coverage <= 0.975 && in_the_gap > 1.5 * where_data_lies ? 0 : 1;
}
