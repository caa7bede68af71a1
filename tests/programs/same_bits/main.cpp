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
  eg::train::Mlp layers;
  Index batch;
};

/// Every loss, and all parameters after the last step.
std::vector<float> trained(const Network& network) {
  const auto model = eg::train::make_mlp<float>(network.layers, 42);
  eg::optim::Adam<float> adam(model.parameters(), {.learning_rate = 1e-3});
  const bool binary = network.layers.task == eg::train::Task::binary;
  const Index classes = binary ? 2 : network.layers.outputs;
  const auto x = eg::normal<float>({network.batch, network.layers.features}, 0.0, 1.0,
                                   eg::RandomKey::named(1, "x"));
  auto labels = eg::zeros<std::int64_t>({network.batch});
  auto targets = eg::zeros<float>({network.batch, 1});
  for (Index i = 0; i < network.batch; ++i) {
    labels.set({i}, i * 7 % classes);
    targets.set({i, 0}, static_cast<float>(i * 7 % 2));
  }
  std::vector<float> values;
  for (int step = 0; step < steps; ++step) {
    eg::Tape tape;
    const auto output = model(x);
    const auto loss =
        binary ? eg::binary_cross_entropy(output, targets) : eg::cross_entropy(output, labels);
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
  constexpr auto multiclass = eg::train::Task::multiclass;
  const Network networks[] = {
      {'a', {.features = 30, .hidden = {128, 64}}, 32},
      {'b', {.features = 784, .hidden = {512, 256}, .outputs = 10, .task = multiclass}, 128},
      {'c', {.features = 784, .hidden = {2048, 2048}, .outputs = 10, .task = multiclass}, 256}};
  bool same = true;
  for (const Network& network : networks) {
    same = same_on_all_threads(network) && same;
  }
  return same ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "same_bits: %s\n", error.what());
  return 1;
}
