// One step of Adam and of SGD on a single parameter of 10^3 to 10^7 floats: the library's
// optimizers, a loop on Eigen's arrays, and a copy that moves as many bytes, which is what a step
// cannot beat where memory decides. Items are parameters; bytes are those read and those written.
// One thread.

#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

using Array = Eigen::ArrayXf;

/// Arrays of n floats that a step reads or writes: Adam reads value, gradient and two moments and
/// writes all but the gradient; SGD reads value and gradient and writes the value.
constexpr int adam_arrays = 7;
constexpr int sgd_arrays = 3;

void report(benchmark::State& state, Index n, int arrays) {
  state.SetItemsProcessed(state.iterations() * n);
  state.SetBytesProcessed(state.iterations() * n * arrays * Index{sizeof(float)});
}

/// Steps of Optimizer with a gradient of ones that counts as fresh every time.
template <class Optimizer>
void ours(benchmark::State& state, Index n, int arrays) {
  eg::Parameter<float> parameter("p", eg::ones<float>({n}));
  Optimizer optimizer({parameter}, {.learning_rate = 1e-6});
  eg::Tape tape;
  tape.backward(eg::sum(parameter));
  auto& leaf = eg::detail::state_of<float>(parameter.body());
  for (auto _ : state) {
    leaf.fresh = true;
    optimizer.step();
    benchmark::ClobberMemory();
  }
  report(state, n, arrays);
}

void eigen_adam(benchmark::State& state, Index n) {
  Array value = Array::Ones(n);
  const Array gradient = Array::Ones(n);
  Array m = Array::Zero(n);
  Array v = Array::Zero(n);
  for (auto _ : state) {
    // Piece by piece, so that the four arrays are read from memory once.
    constexpr Index piece = 1024;
    for (Index i = 0; i < n; i += piece) {
      const Index count = n - i < piece ? n - i : piece;
      const auto g = gradient.segment(i, count);
      auto mi = m.segment(i, count);
      auto vi = v.segment(i, count);
      mi += 0.1F * (g - mi);
      vi += 0.001F * (g.square() - vi);
      value.segment(i, count) -= 1e-6F * mi / (vi.sqrt() + 1e-7F);
    }
    benchmark::ClobberMemory();
  }
  report(state, n, adam_arrays);
}

void eigen_sgd(benchmark::State& state, Index n) {
  Array value = Array::Ones(n);
  const Array gradient = Array::Ones(n);
  for (auto _ : state) {
    value -= 1e-6F * gradient;
    benchmark::ClobberMemory();
  }
  report(state, n, sgd_arrays);
}

/// Moves `arrays` times n floats, half of them read and half written.
void copy(benchmark::State& state, Index n, int arrays) {
  const auto count = static_cast<std::size_t>(n * arrays / 2);
  const std::vector<float> from(count, 1.0F);
  std::vector<float> to(count, 2.0F);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), count * sizeof(float));
    benchmark::ClobberMemory();
  }
  report(state, n, arrays);
}

}  // namespace

int main(int argc, char** argv) {
  eg::set_num_threads(1);
  for (const Index n : {1000, 10000, 100000, 1000000, 10000000}) {
    const std::string size = "/" + std::to_string(n);
    const auto add = [&](const std::string& name, auto run) {
      benchmark::RegisterBenchmark((name + size).c_str(), run);
    };
    using State = benchmark::State;
    add("ours/adam", [n](State& s) { ours<eg::optim::Adam<float>>(s, n, adam_arrays); });
    add("eigen/adam", [n](State& s) { eigen_adam(s, n); });
    add("copy/adam", [n](State& s) { copy(s, n, adam_arrays); });
    add("ours/sgd", [n](State& s) { ours<eg::optim::SGD<float>>(s, n, sgd_arrays); });
    add("eigen/sgd", [n](State& s) { eigen_sgd(s, n); });
    add("copy/sgd", [n](State& s) { copy(s, n, sgd_arrays); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
