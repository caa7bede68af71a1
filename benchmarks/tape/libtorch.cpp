// The chain of tape.cpp in libtorch; compiled where CMake finds it.

#include "chain.hpp"

#include <torch/torch.h>

void libtorch_chain(benchmark::State& state, std::int64_t elements) {
  torch::set_num_threads(1);
  const auto x = torch::full({elements}, 0.5F, torch::requires_grad());
  const auto w = torch::full({elements}, 0.25F, torch::requires_grad());
  for (auto _ : state) {
    auto y = x;
    for (int i = 0; i < chain / 2; ++i) {
      y = y * w + x;
    }
    (elements == 1 ? y : y.sum()).backward();
    x.mutable_grad().zero_();
    w.mutable_grad().zero_();
  }
  state.SetItemsProcessed(state.iterations() * chain);
}
