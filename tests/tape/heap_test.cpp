// A loop that makes a tape for each step makes no heap call once it is warm.

#include <eigengrad/memory/pool.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <support/catch.hpp>

using namespace eigengrad;

EIGENGRAD_COUNT_HEAP_CALLS;

namespace {

/// Heap calls of the last of several equal runs.
template <class Step>
Index warm_calls(const Step& step) {
  Index calls = 0;
  for (int i = 0; i < 4; ++i) {
    const Index before = testing::heap_calls();
    step();
    calls = testing::heap_calls() - before;
  }
  return calls;
}

}  // namespace

TEST_CASE("heap: a step with a tape of its own makes no call", "[tape][heap]") {
  Parameter<float> w("w", uniform<float>({30, 16}, -1.F, 1.F, {1, 1}));
  Parameter<float> b("b", zeros<float>({16}));
  const auto x = uniform<float>({32, 30}, -1.F, 1.F, {1, 2});
  const auto step = [&] {
    Tape tape;
    const auto h = dropout(sigmoid(linear(x, w, b)), 0.1, {3, 4});
    const auto parts = h * h + slice(h, 1, 0, 1);
    tape.backward(mean(softmax(transpose(parts), 0)));
    w.zero_gradient();
    b.zero_gradient();
  };
  CHECK(warm_calls(step) == 0);
}

TEST_CASE("heap: a thousand records, nested tapes and clear() make no call", "[tape][heap]") {
  Parameter<float> w("w", full<float>({8}, 1.F));
  Tape outer;
  const auto step = [&] {
    {
      Tape inner;
      Tensor<float> y = w * 1.F;
      for (int i = 0; i < 1000; ++i) {
        y = y * w + w;
      }
      inner.backward(sum(y), {.retain = true});
      outer.backward(sum(y));
    }
    outer.clear();
    w.zero_gradient();
  };
  CHECK(warm_calls(step) == 0);
}
