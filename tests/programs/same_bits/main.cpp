// Fifty training steps of the networks a, b and c of the benchmarks give the same bits on 1, 2, 4
// and 8 threads. Prints the first difference and exits with 1, or a line for each network.

#include <eigengrad/eigengrad.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

constexpr int steps = 50;
constexpr int thread_counts[] = {1, 2, 4, 8};

struct Network {
  char name;
  std::vector<Index> widths;  // inputs, hidden layers, outputs; one output: two classes
  Index batch;
};

/// Every loss, and all parameters after the last step.
std::vector<float> trained(const Network& network) {
  std::vector<eg::nn::LayerSpec<float>> layers;
  const std::size_t dense_layers = network.widths.size() - 1;
  for (std::size_t l = 0; l < dense_layers; ++l) {
    layers.emplace_back(eg::nn::Dense(network.widths[l], network.widths[l + 1]));
    if (l + 1 < dense_layers) {
      layers.emplace_back(eg::nn::ReLU());
    }
  }
  const Index classes = network.widths.back();
  eg::nn::Sequential<float> model(layers, {.seed = 42});
  eg::optim::Adam<float> adam(model.parameters(), {.learning_rate = 1e-3});
  const auto x =
      eg::normal<float>({network.batch, network.widths[0]}, 0.0, 1.0, eg::RandomKey::named(1, "x"));
  auto labels = eg::zeros<std::int64_t>({network.batch});
  auto targets = eg::zeros<float>({network.batch, 1});
  for (Index i = 0; i < network.batch; ++i) {
    labels.set({i}, i * 7 % (classes > 1 ? classes : 2));
    targets.set({i, 0}, static_cast<float>(i * 7 % 2));
  }
  std::vector<float> values;
  for (int step = 0; step < steps; ++step) {
    eg::Tape tape;
    const auto logits = model(x);
    const auto loss = classes > 1 ? eg::cross_entropy(logits, labels)
                                  : eg::binary_cross_entropy_with_logits(logits, targets);
    tape.backward(loss);
    adam.step();
    values.push_back(loss.item());
  }
  for (const auto& parameter : model.parameters()) {
    values.insert(values.end(), parameter.data(), parameter.data() + parameter.size());
  }
  return values;
}

bool same_on_all_threads(const Network& network) {
  std::vector<float> first;
  for (const int threads : thread_counts) {
    eg::set_num_threads(threads);
    const std::vector<float> values = trained(network);
    if (threads == 1) {
      first = values;
      if (!(first[steps - 1] < first[0])) {  // it must have computed something
        std::printf("%c: the loss did not fall: %g, then %g\n", network.name,
                    static_cast<double>(first[0]), static_cast<double>(first[steps - 1]));
        return false;
      }
      continue;
    }
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (std::memcmp(&first[i], &values[i], sizeof(float)) != 0) {
        std::printf("%c: %s %zu is %.9g on 1 thread and %.9g on %d\n", network.name,
                    i < steps ? "the loss of step" : "of losses and parameters, number", i + 1,
                    static_cast<double>(first[i]), static_cast<double>(values[i]), threads);
        return false;
      }
    }
  }
  std::printf("%c: %zu numbers are the same on 1, 2, 4 and 8 threads\n", network.name,
              first.size());
  return true;
}

}  // namespace

int main() try {
  const Network networks[] = {{'a', {30, 128, 64, 1}, 32},
                              {'b', {784, 512, 256, 10}, 128},
                              {'c', {784, 2048, 2048, 10}, 256}};
  bool same = true;
  for (const Network& network : networks) {
    same = same_on_all_threads(network) && same;
  }
  return same ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "same_bits: %s\n", error.what());
  return 1;
}
