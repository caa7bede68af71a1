// A warm training step makes no call to the heap: the loop of the quick start, and a classifier.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>

namespace eg = eigengrad;
namespace nn = eigengrad::nn;
using eg::Index;

namespace {

/// Calls to the heap of each of ten steps after three warm ones, added.
template <class Step>
Index warm_calls(const Step& step) {
  for (int i = 0; i < 3; ++i) {
    step();
  }
  const Index before = eg::testing::heap_calls();
  for (int i = 0; i < 10; ++i) {
    step();
  }
  return eg::testing::heap_calls() - before;
}

}  // namespace

TEMPLATE_TEST_CASE("heap: 30-128-64-1 with sigmoid, cross entropy and Adam makes no call",
                   "[nn][heap]", float, double) {
  using T = TestType;
  const nn::Sequential<T> model({nn::Dense(30, 128), nn::ReLU(), nn::Dense(128, 64), nn::ReLU(),
                                 nn::Dense(64, 1), nn::Sigmoid()},
                                {.seed = 42});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  const auto x = eg::normal<T>({32, 30}, 0, 1, {1, 1});
  auto y = eg::zeros<T>({32, 1});
  for (Index i = 0; i < 32; ++i) {
    y.set({i, 0}, x.at(i, 0) > 0 ? T(1) : T(0));
  }
  const Index before = eg::testing::heap_calls();
  T first = 0;
  T last = 0;
  const auto step = [&] {
    eg::Tape tape;
    const auto loss = eg::binary_cross_entropy(model(x), y);
    tape.backward(loss);
    adam.step();
    last = loss.item();
    first = adam.steps() == 1 ? last : first;
  };
  step();
  CHECK(eg::testing::heap_calls() > before);  // the counter counts
  CHECK(warm_calls(step) == 0);
  CHECK(last < first);
  const auto evaluate = [&] {
    const eg::NoGrad no_grad;
    last = eg::binary_cross_entropy(model(x), y).item();
  };
  CHECK(warm_calls(evaluate) == 0);
}

TEMPLATE_TEST_CASE("heap: 784-512-10 with softmax, cross entropy and dropout makes no call",
                   "[nn][heap]", float, double) {
  using T = TestType;
  const nn::Sequential<T> model(
      {nn::Dense(784, 512), nn::ReLU(), nn::Dropout(0.1), nn::Dense(512, 10), nn::Softmax()});
  eg::optim::Adam adam(model.parameters());
  const auto x = eg::normal<T>({128, 784}, 0, 1, {1, 1});
  auto classes = eg::zeros<std::int64_t>({128});
  auto one_hot = eg::zeros<T>({128, 10});
  for (Index i = 0; i < 128; ++i) {
    classes.set({i}, i % 10);
    one_hot.set({i, i % 10}, T(1));
  }
  const auto step = [&](const auto& loss_of) {
    return [&] {
      eg::Tape tape;
      tape.backward(loss_of(model(x)));
      adam.step();
    };
  };
  CHECK(warm_calls(step([&](const auto& p) { return eg::cross_entropy(p, classes); })) == 0);
  CHECK(warm_calls(step([&](const auto& p) {
          return eg::categorical_cross_entropy(p, one_hot, {.weights = eg::ones<T>({128})});
        })) == 0);
}
