// Chains of a million ops: recording, running and ending them takes no stack.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/tape/picture.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/transforms.hpp>

#include <support/catch.hpp>

#include <cstddef>
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

TEST_CASE("deep chain: a million recomputed segments", "[tape][deep]") {
  Parameter<float> w("w", full<float>({}, 1.F));
  Tape tape;
  Tensor<float> y = w * 1.F;
  for (int i = 1; i < million; ++i) {
    y = recompute([](const Tensor<float>& x) { return x * 1.F; }, y);
  }
  CHECK(tape.size() == million);
  tape.backward(y);
  CHECK(tape.size() == million);
  CHECK(w.gradient().item() == 1.F);
}

TEST_CASE("deep chain: one recomputed segment of a million sigmoids", "[tape][deep]") {
  Parameter<double> w("w", full<double>({}, 0.5));
  Tape tape;
  const auto y = recompute(
      [](const Tensor<double>& x) {
        Tensor<double> h = sigmoid(x);
        for (int i = 1; i < million; ++i) {
          h = sigmoid(h);
        }
        return h;
      },
      w);
  CHECK(tape.size() == 2);  // the result, and the logits behind it
  tape.backward(y);
  CHECK_THAT(y.item(), Catch::Matchers::WithinAbs(0.6590460684074, 1e-12));
  CHECK(w.gradient().item() == 0);
}

TEST_CASE("deep chain: a million ops with create_graph, and their gradients", "[tape][deep]") {
  Parameter<double> w("w", full<double>({}, 1.0));
  {
    Tape tape;
    Tensor<double> y = w * w;
    for (int i = 2; i < million / 2; ++i) {
      y = y * w;
    }
    tape.backward(y, {.create_graph = true});  // w^(n - 1) n
    CHECK(w.gradient().item() == million / 2);
    const auto slope = w.gradient() * 1.0;
    w.zero_gradient();
    tape.backward(slope);
  }
  CHECK(w.gradient().item() == double(million / 2) * (million / 2 - 1));
}

TEST_CASE("deep chain: pictures and a report of a million ops", "[tape][deep]") {
  Parameter<float> w("w", full<float>({}, 1.F));
  Tape tape;
  Tensor<float> y = w * 1.F;
  for (int i = 1; i < million; ++i) {
    y = y * w;
  }
  CHECK(memory_report(tape).saved_bytes == 4 * (million - 1));
  CHECK(to_dot(tape).size() > million * std::size_t{20});
  CHECK(to_mermaid(tape).size() > million * std::size_t{20});
}
