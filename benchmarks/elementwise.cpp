// Elementwise functions of 10^6, 10^4 and 10^3 floats: the library's ops, which allocate their
// result from the pool, against Eigen's expressions assigned to a ready array. Items are elements;
// bytes are those read and those written, to be held against a copy's. One thread.

#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/error_function.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/tensor/random.hpp>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <string>
#include <unsupported/Eigen/SpecialFunctions>

namespace eg = eigengrad;
using eg::Index;

namespace {

using Array = Eigen::ArrayXf;
using ConstMap = Eigen::Map<const Array>;

constexpr Index sizes[] = {1000, 10000, 1000000};

/// Counters of a run over n elements with `operands` arrays read.
void report(benchmark::State& state, Index n, int operands) {
  state.SetItemsProcessed(state.iterations() * n);
  state.SetBytesProcessed(state.iterations() * n * (operands + 1) * Index{sizeof(float)});
}

eg::Tensor<float> samples(Index n, const char* name) {
  return eg::uniform<float>({n}, -4.0, 4.0, eg::RandomKey::named(1, name));
}

/// Registers ours(x, y) and eigen(x, y), an op and an expression, for every size.
template <class Ours, class Expression>
void add(const std::string& name, int operands, Ours ours, Expression eigen) {
  for (const Index n : sizes) {
    const std::string suffix = "/" + name + "/" + std::to_string(n);
    benchmark::RegisterBenchmark(("ours" + suffix).c_str(), [=](benchmark::State& state) {
      const auto x = samples(n, "x");
      const auto y = samples(n, "y");
      for (auto _ : state) {
        const auto z = ours(x, y);
        benchmark::DoNotOptimize(z.data());
        benchmark::ClobberMemory();
      }
      report(state, n, operands);
    });
    benchmark::RegisterBenchmark(("eigen" + suffix).c_str(), [=](benchmark::State& state) {
      const auto x = samples(n, "x");
      const auto y = samples(n, "y");
      Array z(n);
      for (auto _ : state) {
        z = eigen(ConstMap(x.data(), n), ConstMap(y.data(), n));
        benchmark::DoNotOptimize(z.data());
        benchmark::ClobberMemory();
      }
      report(state, n, operands);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  eg::set_num_threads(1);
  // Eigen's expressions hold their operands by value when these are maps.
  add(
      "copy", 1, [](const auto& x, const auto&) { return eg::clone(x); },
      [](const ConstMap& x, const ConstMap&) { return x; });
  add(
      "add", 2, [](const auto& x, const auto& y) { return x + y; },
      [](const ConstMap& x, const ConstMap& y) { return x + y; });
  add(
      "relu", 1, [](const auto& x, const auto&) { return eg::relu(x); },
      [](const ConstMap& x, const ConstMap&) { return x.max(0.0F); });
  add(
      "exp", 1, [](const auto& x, const auto&) { return eg::exp(x); },
      [](const ConstMap& x, const ConstMap&) { return x.exp(); });
  add(
      "tanh", 1, [](const auto& x, const auto&) { return eg::tanh(x); },
      [](const ConstMap& x, const ConstMap&) { return x.tanh(); });
  add(
      "sigmoid", 1, [](const auto& x, const auto&) { return eg::sigmoid(x); },
      [](const ConstMap& x, const ConstMap&) { return x.logistic(); });
  add(
      "erf", 1, [](const auto& x, const auto&) { return eg::erf(x); },
      [](const ConstMap& x, const ConstMap&) { return x.erf(); });
  add(
      "gelu", 1, [](const auto& x, const auto&) { return eg::gelu(x); },
      [](const ConstMap& x, const ConstMap&) {
        return 0.5F * x * (1.0F + (x * 0.70710678F).erf());
      });
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
