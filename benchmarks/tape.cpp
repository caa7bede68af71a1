// What the tape costs: the time of an op, forward and backward together, in a chain of 1000 cheap
// ops on 1, 8 and 64 elements (items are ops); beside it the best small tape of scalars, which
// needs one node an element: a flat vector of nodes with two partial derivatives and two parents.

#include "tape/chain.hpp"

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

/// A product and a sum in turn, so that values stay bounded: y = y w + x.
void ours(benchmark::State& state, Index elements) {
  eg::Parameter<float> x("x", eg::full<float>({elements}, 0.5F));
  eg::Parameter<float> w("w", eg::full<float>({elements}, 0.25F));
  for (auto _ : state) {
    eg::Tape tape;
    eg::Tensor<float> y = x;
    for (Index i = 0; i < chain / 2; ++i) {
      y = y * w + x;
    }
    tape.backward(elements == 1 ? y : eg::sum(y));
    benchmark::DoNotOptimize(w.gradient().data());
    x.zero_gradient();
    w.zero_gradient();
  }
  state.SetItemsProcessed(state.iterations() * chain);
}

/// A scalar on the tape below.
struct Scalar {
  float value;
  std::uint32_t node;
};

class ScalarTape {
 public:
  [[nodiscard]] Scalar leaf(float value) { return push(value, 0, 0, 0, 0); }
  [[nodiscard]] Scalar multiply(Scalar a, Scalar b) {
    return push(a.value * b.value, b.value, a.value, a.node, b.node);
  }
  [[nodiscard]] Scalar add(Scalar a, Scalar b) {
    return push(a.value + b.value, 1.0F, 1.0F, a.node, b.node);
  }

  /// Gradients of the sum of `outputs` by every node.
  const std::vector<float>& backward(const std::vector<Scalar>& outputs) {
    gradients_.assign(nodes_.size(), 0.0F);
    for (const Scalar& output : outputs) {
      gradients_[output.node] += 1.0F;
    }
    for (std::size_t i = nodes_.size(); i-- > 0;) {
      const Node& node = nodes_[i];
      const float g = gradients_[i];
      gradients_[node.parents[0]] += g * node.partials[0];
      gradients_[node.parents[1]] += g * node.partials[1];
    }
    return gradients_;
  }
  void clear() { nodes_.clear(); }

 private:
  struct Node {
    float partials[2];
    std::uint32_t parents[2];
  };

  Scalar push(float value, float partial_a, float partial_b, std::uint32_t a, std::uint32_t b) {
    nodes_.push_back({{partial_a, partial_b}, {a, b}});
    return {value, static_cast<std::uint32_t>(nodes_.size() - 1)};
  }

  std::vector<Node> nodes_;
  std::vector<float> gradients_;
};

void scalar_tape(benchmark::State& state, Index elements) {
  ScalarTape tape;
  const auto count = static_cast<std::size_t>(elements);
  std::vector<Scalar> x(count);
  std::vector<Scalar> w(count);
  std::vector<Scalar> y(count);
  for (auto _ : state) {
    tape.clear();
    for (std::size_t k = 0; k < count; ++k) {
      x[k] = tape.leaf(0.5F);
      w[k] = tape.leaf(0.25F);
    }
    y = x;
    for (Index i = 0; i < chain / 2; ++i) {
      for (std::size_t k = 0; k < count; ++k) {
        y[k] = tape.add(tape.multiply(y[k], w[k]), x[k]);
      }
    }
    benchmark::DoNotOptimize(tape.backward(y).data());
  }
  state.SetItemsProcessed(state.iterations() * chain);
}

}  // namespace

int main(int argc, char** argv) {
  for (const Index elements : {1, 8, 64}) {
    const std::string size = "/" + std::to_string(elements);
    benchmark::RegisterBenchmark(("ours/chain" + size).c_str(),
                                 [=](benchmark::State& state) { ours(state, elements); });
    benchmark::RegisterBenchmark(("scalar tape/chain" + size).c_str(),
                                 [=](benchmark::State& state) { scalar_tape(state, elements); });
#if BENCHMARK_LIBTORCH
    benchmark::RegisterBenchmark(("libtorch/chain" + size).c_str(),
                                 [=](benchmark::State& state) { libtorch_chain(state, elements); });
#endif
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
