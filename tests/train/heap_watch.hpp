#pragma once
// The callback that counts heap calls of warm steps.

#include <eigengrad/base/index.hpp>
#include <eigengrad/testing/heap_counter.hpp>
#include <eigengrad/train/callback.hpp>

namespace train_tests {

/// Heap calls made by the steps of every epoch but the first.
struct HeapWatch final : eigengrad::train::Callback<float> {
  eigengrad::Index calls = 0;
  eigengrad::Index steps = 0;
  eigengrad::Index before = 0;
  void on_epoch_begin(eigengrad::train::TrainingState<float>& /*state*/) override {
    before = eigengrad::testing::heap_calls();
  }
  void on_batch_end(eigengrad::train::TrainingState<float>& state) override {
    if (state.epoch > 1) {
      calls += eigengrad::testing::heap_calls() - before;
      ++steps;
    }
    before = eigengrad::testing::heap_calls();
  }
};

}  // namespace train_tests
