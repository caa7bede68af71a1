#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <memory>
#include <vector>

using namespace eigengrad;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return from_vector(std::vector<double>(list));
}

}  // namespace

TEST_CASE("nested tapes: operands of the enclosing tape are recorded there", "[tape]") {
  Tape outer;
  const auto x = outer.watch(values({1, 2}));
  const auto y = x * x;
  Tensor<double> z;
  {
    Tape inner;
    const auto w = inner.watch(values({3, 4}));
    z = sum(y * w);
    inner.backward(z);
    CHECK(equal(inner.gradient(w), values({1, 4})));
  }
  outer.backward(z);
  CHECK(equal(outer.gradient(x), values({6, 16})));  // 2 x w
}

TEST_CASE("nested tapes: each gets the right gradient of a parameter", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape outer;
  const auto y = w * w;
  {
    Tape inner;
    const auto z = sum(y + w * 3.0);
    inner.backward(z);  // y is a constant to the inner tape
    CHECK(equal(w.gradient(), values({3, 3})));
    w.zero_gradient();
    outer.backward(z);
    CHECK(equal(w.gradient(), values({5, 7})));
  }
}

TEST_CASE("nested tapes: an inner watch does not cut the outer tape off", "[tape]") {
  Tape outer;
  const auto x = outer.watch(values({1, 2}));
  Tensor<double> y;
  {
    Tape inner;
    const auto same = inner.watch(x);
    y = sum(same * same + x);
    inner.backward(y);
    CHECK(equal(inner.gradient(same), values({2, 4})));
  }
  outer.backward(y);
  CHECK(equal(outer.gradient(x), values({3, 5})));
}

TEST_CASE("nested tapes: a result of both outlives the inner one", "[tape]") {
  Tape outer;
  const auto x = outer.watch(values({1, 2}));
  Tensor<double> both;
  Tensor<double> inner_only;
  {
    Tape inner;
    const auto w = inner.watch(values({3, 4}));
    both = x * w;
    inner_only = w * 2.0;
  }
  const auto loss = sum(both * 5.0);  // legal: recorded on `outer` too
  CHECK_THROWS_AS(x * inner_only, TapeError);
  outer.backward(loss);
  CHECK(equal(outer.gradient(x), values({15, 20})));
}

TEST_CASE("nested tapes: clearing one leaves the other's record of a result", "[tape]") {
  Tape outer;
  const auto x = outer.watch(values({1, 2}));
  Tape inner;
  const auto w = inner.watch(values({3, 4}));
  const auto y = sum(x * w);
  inner.clear();
  CHECK_THROWS_AS(inner.backward(y), TapeError);
  outer.backward(y);
  CHECK(equal(outer.gradient(x), values({3, 4})));
}

TEST_CASE("nested tapes: may end in any order", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  auto first = std::make_unique<Tape>();
  auto second = std::make_unique<Tape>();
  auto third = std::make_unique<Tape>();
  const auto loss = sum(w * w);
  CHECK(first->size() == 2);
  CHECK(third->size() == 2);
  first.reset();
  second->backward(loss);
  CHECK(equal(w.gradient(), values({2, 4})));
  second.reset();
  third->backward(loss);
  CHECK(equal(w.gradient(), values({4, 8})));
  const auto more = sum(w);
  CHECK(third->size() == 3);
  third.reset();
  CHECK(sum(more * 2.0).item() == 6);  // no tape is left: plain arithmetic
}

TEST_CASE("nested tapes: one that is opened under NoGrad records alone", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape outer;
  const NoGrad no_grad;
  static_cast<void>(w * w);
  CHECK(outer.size() == 0);
  {
    Tape inner;
    inner.backward(sum(w * w));
    CHECK(equal(w.gradient(), values({2, 4})));
    const NoGrad deeper;
    static_cast<void>(w * w);
    CHECK(inner.size() == 2);
  }
  CHECK(outer.size() == 0);
}

TEST_CASE("nested tapes: six deep, every one has the derivative", "[tape]") {
  std::vector<std::unique_ptr<Tape>> tapes;
  std::vector<Tensor<double>> inputs;
  Tensor<double> y = full<double>({}, 1);
  for (int i = 0; i < 6; ++i) {
    tapes.push_back(std::make_unique<Tape>());
    inputs.push_back(tapes.back()->watch(full<double>({}, i + 2)));
    y = y * inputs.back();
  }
  for (std::size_t i = 0; i < 6; ++i) {
    tapes[i]->backward(y);
    CHECK(tapes[i]->gradient(inputs[i]).item() == 5040.0 / static_cast<double>(i + 2));
  }
  while (!tapes.empty()) {
    tapes.erase(tapes.begin());
  }
}
