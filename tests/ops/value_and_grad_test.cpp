#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <stdexcept>
#include <tuple>
#include <vector>

namespace eg = eigengrad;
using eg::equal;
using eg::Tensor;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return eg::from_vector(std::vector<double>(list));
}

const auto cubes = [](const auto& x) { return sum(x * x * x); };

}  // namespace

TEST_CASE("value_and_grad: value and gradients of a plain function", "[ops]") {
  const auto f = [](const Tensor<double>& x, const Tensor<double>& y) { return sum(x * x * y); };
  const auto [value, gradients] = eg::value_and_grad(f, values({1, 2}), values({3, 4}));
  CHECK(value.item() == 19);
  CHECK(equal(std::get<0>(gradients), values({6, 16})));
  CHECK(equal(std::get<1>(gradients), values({1, 4})));
}

TEST_CASE("grad: a tensor for one input, a tuple for several", "[ops]") {
  CHECK(equal(eg::grad(cubes, values({1, 2})), values({3, 12})));
  const auto [dx, dy] = eg::grad([](const auto& x, const auto& y) { return sum(x * y); },
                                 values({1, 2}), values({3, 4}));
  CHECK(equal(dx, values({3, 4})));
  CHECK(equal(dy, values({1, 2})));
}

TEST_CASE("value_and_grad: inputs of different element types", "[ops]") {
  const auto f = [](const Tensor<float>& x, const Tensor<double>& y) {
    return sum(eg::cast<double>(x) * y);
  };
  const auto [value, gradients] = eg::value_and_grad(f, eg::full<float>({2}, 2.F), values({3, 4}));
  CHECK(value.item() == 14);
  CHECK(equal(std::get<0>(gradients), eg::from_vector(std::vector<float>{3, 4})));
  CHECK(equal(std::get<1>(gradients), values({2, 2})));
}

TEST_CASE("value_and_grad: what the function does not depend on has gradient zero", "[ops]") {
  const auto first = [](const auto& x, const auto&) { return sum(x); };
  const auto [dx, dy] = eg::grad(first, values({1, 2}), values({3}));
  CHECK(equal(dx, values({1, 1})));
  CHECK(equal(dy, values({0})));
  const auto constant = [](const auto&) { return eg::full<double>({}, 5); };
  const auto [value, gradients] = eg::value_and_grad(constant, values({1, 2}));
  CHECK(value.item() == 5);
  CHECK(equal(std::get<0>(gradients), values({0, 0})));
}

TEST_CASE("value_and_grad: the identity has gradient one", "[ops]") {
  const auto identity = [](const auto& x) { return x; };
  CHECK(eg::grad(identity, eg::full<double>({}, 7)).item() == 1);
  const std::vector<eg::Parameter<double>> scalars{{"s", eg::full<double>({}, 7)}};
  const auto [value, gradients] = eg::value_and_grad([&] { return scalars[0]; }, scalars);
  CHECK(value.item() == 7);
  CHECK(gradients[0].item() == 1);
}

TEST_CASE("value_and_grad: of parameters, which it does not write", "[ops]") {
  const std::vector<eg::Parameter<double>> parameters{
      {"w", values({1, 2})}, {"b", values({3, 4})}, {"unused", values({5})}};
  const auto f = [&] { return sum(parameters[0] * parameters[0] * parameters[1]); };
  const auto [value, gradients] = eg::value_and_grad(f, parameters);
  CHECK(value.item() == 19);
  REQUIRE(gradients.size() == 3);
  CHECK(equal(gradients[0], values({6, 16})));
  CHECK(equal(gradients[1], values({1, 4})));
  CHECK(equal(gradients[2], values({0})));
  for (const auto& parameter : parameters) {
    CHECK_FALSE(parameter.has_gradient());
  }
}

TEST_CASE("value_and_grad: parameters inside a plain function are not written either", "[ops]") {
  const eg::Parameter<double> w("w", values({1, 2}));
  const auto dx = eg::grad([&](const auto& x) { return sum(x * w); }, values({5, 6}));
  CHECK(equal(dx, values({1, 2})));
  CHECK_FALSE(w.has_gradient());
}

TEST_CASE("value_and_grad: the value is a constant once there is no tape around", "[ops]") {
  const auto value = eg::value_and_grad(cubes, values({1, 2})).value;
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  tape.backward(sum(x * value));  // an operand of a dead tape would throw
  CHECK(equal(tape.gradient(x), values({9, 9})));
}

TEST_CASE("value_and_grad: inside another tape the value is recorded there", "[ops]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto [value, gradients] = eg::value_and_grad(cubes, x * 1.0);
  CHECK(equal(std::get<0>(gradients), values({3, 12})));
  tape.backward(value * 2.0);
  CHECK(equal(tape.gradient(x), values({6, 24})));
}

TEST_CASE("value_and_grad: works under NoGrad and inside itself", "[ops]") {
  const eg::NoGrad no_grad;
  const auto outer = [](const Tensor<double>& x) {
    const auto inner = eg::grad(cubes, eg::detach(x));  // 3 x^2, a constant
    return sum(inner * x);
  };
  CHECK(equal(eg::grad(outer, values({1, 2})), values({3, 12})));
}

TEST_CASE("value_and_grad: mistakes", "[ops]") {
  const auto squares = [](const auto& x) { return x * x; };
  CHECK_THROWS_TEXT(eg::value_and_grad(squares, values({1, 2})), eg::ShapeError,
                    "value_and_grad: output is (2,), not a scalar; sum or mean it first");
  CHECK_THROWS_TEXT(eg::grad(squares, values({1, 2})), eg::ShapeError,
                    "grad: output is (2,), not a scalar; sum or mean it first");
  const auto throwing = [](const Tensor<double>& x) -> Tensor<double> {
    static_cast<void>(x * x);
    throw std::runtime_error("no value");
  };
  CHECK_THROWS_TEXT(eg::grad(throwing, values({1})), std::runtime_error, "no value");
  CHECK(equal(eg::grad(cubes, values({1, 2})), values({3, 12})));
}
