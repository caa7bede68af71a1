// Chains of a million ops: recording, running and ending them takes no stack.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <memory>

using namespace eigengrad;

namespace {

constexpr int million = 1'000'000;

}  // namespace

TEST_CASE("deep chain: a million ops forward, backward and away", "[tape][deep]") {
  Parameter<float> w("w", full<float>({}, 1.F));
  {
    Tape tape;
    Tensor<float> y = w * 1.F;
    for (int i = 1; i < million; ++i) {
      y = y * 1.F;
    }
    CHECK(tape.size() == million);
    tape.backward(y);
  }
  CHECK(w.gradient().item() == 1.F);
}

TEST_CASE("deep chain: a million sigmoids, which hold their logits", "[tape][deep]") {
  Parameter<double> w("w", full<double>({}, 0.5));
  Tensor<double> y;
  {
    Tape tape;
    y = sigmoid(w);
    for (int i = 1; i < million; ++i) {
      y = sigmoid(y);
    }
    CHECK(tape.size() == million);
    tape.backward(y);
  }
  // The fixed point of the sigmoid, where every factor is y (1 - y) = .225.
  CHECK_THAT(y.item(), Catch::Matchers::WithinAbs(0.6590460684074, 1e-12));
  CHECK(w.gradient().item() == 0);
  y = Tensor<double>();  // a million logits end here
}

TEST_CASE("deep chain: a million views", "[tape][deep]") {
  Parameter<float> w("w", full<float>({2, 3}, 1.F));
  Tape tape;
  Tensor<float> y = transpose(w);
  for (int i = 1; i < million; ++i) {
    y = transpose(y);
  }
  tape.backward(y, full<float>({2, 3}, 2.F));
  CHECK(equal(w.gradient(), full<float>({2, 3}, 2.F)));
}

TEST_CASE("deep chain: an undone tape of a million ops ends without running", "[tape][deep]") {
  Parameter<float> w("w", full<float>({}, 1.F));
  auto tape = std::make_unique<Tape>();
  Tensor<float> y = w * w;
  for (int i = 1; i < million; ++i) {
    y = y * w;
  }
  tape.reset();
  CHECK(y.item() == 1.F);
  CHECK_FALSE(w.has_gradient());
}
