// fixed_point, root and linear_solve: derivatives against closed forms and unrolled iterations,
// what a tape holds of them, and what they refuse. The op behind them is in the op suite too.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/implicit.hpp>
#include <eigengrad/testing/check_gradients.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <tuple>
#include <vector>

namespace eg = eigengrad;
using Catch::Matchers::WithinAbs;
using eg::Index;
using eg::Tensor;

namespace {

Tensor<double> drawn(const eg::Shape& shape, std::string_view name) {
  return eg::uniform<double>(shape, -1, 1, eg::RandomKey::named(7, name));
}

/// Heron's step: the fixed point is the square root of theta.
const auto heron = [](const auto& x, const auto& theta) { return (x + theta / x) * 0.5; };
const auto square_root = [](const Tensor<double>& theta) {
  return eg::fixed_point(heron, eg::ones<double>(theta.shape()), theta);
};

using Layer = std::tuple<Tensor<double>, Tensor<double>>;
const auto layer = [](const Tensor<double>& x, const Layer& theta) {
  return eg::tanh(eg::matmul(x, std::get<0>(theta)) * 0.3 + std::get<1>(theta));
};

}  // namespace

TEST_CASE("fixed_point: square roots with their derivatives of two orders", "[ops][implicit]") {
  const auto theta = eg::tensor<double>({4, 2.25});
  const auto total = [](const Tensor<double>& x) { return eg::sum(square_root(x)); };
  CHECK(eg::allclose(square_root(theta), eg::tensor<double>({2, 1.5})));
  CHECK(eg::allclose(eg::grad(total, theta), eg::tensor<double>({0.25, 1.0 / 3})));
  // -1/4 theta^(-3/2) on the diagonal
  CHECK(eg::allclose(eg::hessian(total, theta),
                     eg::tensor<double>({{-1.0 / 32, 0}, {0, -2.0 / 27}})));
  const auto [value, tangent] = eg::jvp(square_root, theta, eg::tensor<double>({4, 3}));
  CHECK(eg::allclose(tangent, eg::tensor<double>({1, 1})));
}

TEST_CASE("fixed_point: gradients equal those of the unrolled iteration", "[ops][implicit]") {
  const Layer theta{drawn({4, 4}, "w"), drawn({3, 4}, "b")};
  const auto start = eg::zeros<double>({3, 4});
  const auto unrolled = [&](const Tensor<double>& w, const Tensor<double>& b) {
    Tensor<double> x = start;
    for (int i = 0; i < 80; ++i) {
      x = layer(x, Layer{w, b});
    }
    return eg::sum(x * x);
  };
  const auto [dw, db] = eg::grad(unrolled, std::get<0>(theta), std::get<1>(theta));
  for (const eg::LinearMethod method : {eg::LinearMethod::gmres, eg::LinearMethod::neumann}) {
    eg::FixedPointOptions options;
    options.tolerance = 1e-14;
    options.gradient.method = method;
    options.gradient.tolerance = 1e-13;
    const auto implicit = [&](const Tensor<double>& w, const Tensor<double>& b) {
      const auto x = eg::fixed_point(layer, start, Layer{w, b}, options);
      return eg::sum(x * x);
    };
    const auto [w, b] = eg::grad(implicit, std::get<0>(theta), std::get<1>(theta));
    CHECK(eg::allclose(w, dw, 1e-11, 1e-12));
    CHECK(eg::allclose(b, db, 1e-11, 1e-12));
  }
}

TEST_CASE("fixed_point: a tape holds as much after many iterations as after few",
          "[ops][implicit]") {
  const auto slow = [](const Tensor<double>& x, const Tensor<double>& theta) {
    return x * 0.95 + theta;
  };
  Index calls = 0;
  const auto counted = [&](const Tensor<double>& x, const Tensor<double>& theta) {
    ++calls;
    return slow(x, theta);
  };
  std::vector<Index> records;
  std::vector<Index> steps;
  for (const double tolerance : {1e-1, 1e-9}) {
    calls = 0;
    eg::Tape tape;
    const auto theta = tape.watch(eg::tensor<double>({1, 2}));
    const auto x = eg::fixed_point(counted, eg::zeros<double>({2}), theta,
                                   {.tolerance = tolerance, .max_iterations = 1000});
    records.push_back(tape.size());
    steps.push_back(calls);
    tape.backward(eg::sum(x));
    // x = theta / (1 - 0.95), whatever x0 and the tolerance were
    CHECK(eg::allclose(tape.gradient(theta), eg::tensor<double>({20, 20})));
  }
  CHECK(steps[1] > 4 * steps[0]);
  CHECK(records[0] == records[1]);
}

TEST_CASE("fixed_point: parameters and captured tensors get first derivatives", "[ops][implicit]") {
  const eg::Parameter<double> w("w", eg::tensor<double>({0.5, 0.25}));
  const std::vector<eg::Parameter<double>> parameters{w};
  const auto f = [](const Tensor<double>& x, const std::vector<eg::Parameter<double>>& theta) {
    return x * theta[0] + 1.0;
  };
  {
    eg::Tape tape;
    const auto x = eg::fixed_point(f, eg::zeros<double>({2}), parameters);
    tape.backward(eg::sum(x));
  }
  // x = 1 / (1 - w), dx/dw = x^2
  CHECK(eg::allclose(w.gradient(), eg::tensor<double>({4, 16.0 / 9})));

  const auto captured = [](const Tensor<double>& c) {
    const auto g = [c](const Tensor<double>& x, const Tensor<double>& theta) {
      return x * c + theta;
    };
    return eg::sum(eg::fixed_point(g, eg::zeros<double>({2}), eg::ones<double>({2})));
  };
  const auto c = eg::tensor<double>({0.5, 0.25});
  CHECK(eg::allclose(eg::grad(captured, c), eg::tensor<double>({4, 16.0 / 9})));
  constexpr auto text =
      "implicit: not twice differentiable by what f reads beside theta, nor by parameters; hand "
      "tensors over as theta";
  CHECK_THROWS_TEXT(eg::hessian(captured, c), eg::TapeError, text);
  const auto slope = [&](const Tensor<double>& at) { return eg::jvp(captured, at, c).tangent; };
  CHECK_THROWS_TEXT(eg::jvp(slope, c, c), eg::TapeError, text);
}

TEST_CASE("fixed_point: third and fourth derivatives of square roots", "[ops][implicit]") {
  const auto theta = eg::tensor<double>({4, 2.25});
  const auto ones = eg::ones<double>({2});
  const auto total = [](const Tensor<double>& x) { return eg::sum(square_root(x)); };
  const auto second = [&](const Tensor<double>& x) {
    return eg::sum(eg::hvp(total, x, ones).tangent);
  };
  // 3/8 theta^(-5/2), -15/16 theta^(-7/2)
  const auto third = eg::tensor<double>({3.0 / 256, 3.0 / 8 * std::pow(1.5, -5)});
  const auto fourth = eg::tensor<double>({-15.0 / 2048, -15.0 / 16 * std::pow(1.5, -7)});
  CHECK(eg::allclose(eg::grad(second, theta), third));
  CHECK(eg::allclose(eg::jvp(second, theta, ones).tangent, eg::sum(third)));
  CHECK(eg::allclose(eg::hvp(second, theta, ones).tangent, fourth));
  const auto slope = [&](const Tensor<double>& x) { return eg::jvp(square_root, x, ones).tangent; };
  const auto bend = [&](const Tensor<double>& x) { return eg::jvp(slope, x, ones).tangent; };
  CHECK(eg::allclose(eg::jvp(bend, theta, ones).tangent, third));
  eg::Tape tape;
  const auto x = tape.watch(theta);
  auto derivative = total(x);
  for (int order = 1; order < 4; ++order) {
    derivative = eg::sum(tape.gradients(derivative, {x}, {.create_graph = true})[0]);
  }
  CHECK(eg::allclose(derivative, eg::sum(third)));
}

TEST_CASE("fixed_point: third derivatives of a layer equal differences of second ones",
          "[ops][implicit]") {
  const auto direction = drawn({2, 2}, "direction");
  const auto second = [&](const std::vector<Tensor<double>>& in) {
    eg::FixedPointOptions options;
    options.tolerance = 1e-15;
    options.gradient = {.tolerance = 1e-14};
    const auto loss = [&](const Tensor<double>& w) {
      const auto x = eg::fixed_point(layer, eg::zeros<double>({3, 2}), Layer(w, in[1]), options);
      return eg::sum(x * x);
    };
    return eg::hvp(loss, in[0], direction).tangent;
  };
  const eg::testing::GradientReport report = eg::testing::check_gradients(
      second, {drawn({2, 2}, "w"), drawn({3, 2}, "b")}, {.forward = true, .jacobian = true});
  CHECK(report.message.empty());
}

TEST_CASE("fixed_point: what does not converge is refused", "[ops][implicit]") {
  const auto theta = eg::scalar(2.0);
  const auto doubles = [](const Tensor<double>& x, const Tensor<double>& t) { return x * t + 1.0; };
  CHECK_THROWS_TEXT(
      eg::fixed_point(doubles, eg::scalar(0.0), theta, {.tolerance = 0.5, .max_iterations = 3}),
      eg::ValueError,
      "fixed_point: not converged after 3 iterations: the last step is 4, the "
      "tolerance 3.5");
  const auto nothing = [](const Tensor<double>& x, const Tensor<double>& t) {
    return eg::sqrt(x - t);
  };
  CHECK_THROWS_TEXT(eg::fixed_point(nothing, eg::scalar(0.0), theta), eg::ValueError,
                    "fixed_point: not converged after 1 iterations: the last step is nan, the "
                    "tolerance 1e-10");
  eg::FixedPointOptions neumann;
  neumann.gradient = {.method = eg::LinearMethod::neumann, .tolerance = 1e-3, .max_iterations = 2};
  const auto slow = [](const Tensor<double>& x, const Tensor<double>& t) { return x * 0.5 + t; };
  const auto by_neumann = [&](const Tensor<double>& t) {
    return eg::fixed_point(slow, eg::scalar(0.0), t, neumann);
  };
  CHECK_THROWS_TEXT(eg::grad(by_neumann, theta), eg::ValueError,
                    "fixed_point: linear system unsolved after 2 products: the relative residual "
                    "is 0.25, the tolerance 0.001");
}

TEST_CASE("root: a cubic equation with its derivatives of two orders", "[ops][implicit]") {
  const auto cubic = [](const Tensor<double>& x, const Tensor<double>& theta) {
    return x * x * x + x - theta;
  };
  const auto solved = [&](const Tensor<double>& theta) {
    return eg::root(cubic, eg::zeros<double>({2}), theta);
  };
  const auto theta = eg::tensor<double>({10, -30});
  const auto x = eg::tensor<double>({2, -3});
  CHECK(eg::allclose(solved(theta), x));
  const auto total = [&](const Tensor<double>& t) { return eg::sum(solved(t)); };
  CHECK(eg::allclose(eg::grad(total, theta), eg::tensor<double>({1.0 / 13, 1.0 / 28})));
  // -6 x / (3 x^2 + 1)^3
  CHECK(eg::allclose(eg::hvp(total, theta, eg::ones<double>({2})).tangent,
                     eg::tensor<double>({-12.0 / 2197, 18.0 / 21952})));
}

TEST_CASE("root: steps are halved, and failures are worded", "[ops][implicit]") {
  // Newton's own step is from x to -x^3.
  const auto slope = [](const Tensor<double>& x, const Tensor<double>& theta) {
    return x / eg::sqrt(x * x + 1.0) - theta;
  };
  CHECK_THAT(eg::root(slope, eg::scalar(3.0), eg::scalar(0.0)).item(), WithinAbs(0, 1e-9));
  const auto positive = [](const Tensor<double>& x, const Tensor<double>& theta) {
    return x * x + theta;
  };
  CHECK_THROWS_TEXT(
      eg::root(positive, eg::scalar(2.0), eg::scalar(1.0), {.max_iterations = 0}), eg::ValueError,
      "root: not converged after 0 iterations: the residual is 5, the tolerance 5e-10");
  CHECK_THROWS_TEXT(eg::root(positive, eg::scalar(0.0), eg::scalar(1.0)), eg::ValueError,
                    "root: linear system unsolved after 1 products: the relative residual is 1, "
                    "the tolerance 1e-10");
  // The slope at 0 is that of the left side, where f only grows.
  const auto kink = [](const Tensor<double>& x, const Tensor<double>& theta) {
    return eg::where(eg::gt(x, 0.0), x, x * -2.0) + theta;
  };
  CHECK_THROWS_TEXT(eg::root(kink, eg::scalar(0.0), eg::scalar(1.0)), eg::ValueError,
                    "root: no step decreases the residual at iteration 0: it is 1");
}

TEST_CASE("linear_solve: equals solve, with gradients into matrix and right side",
          "[ops][implicit]") {
  constexpr Index n = 40;
  const Tensor<double> a = drawn({n, n}, "a") * 0.2 + eg::eye<double>(n) * 2.0;
  const Tensor<double> b = drawn({n}, "right");
  const auto matvec = [](const Tensor<double>& x, const Tensor<double>& matrix) {
    return eg::matmul(matrix, x);
  };
  const auto loss = [&](const Tensor<double>& matrix, const Tensor<double>& right) {
    // Seven vectors do not suffice: GMRES begins again.
    return eg::sum(
        eg::exp(eg::linear_solve(matvec, right, matrix, {.tolerance = 1e-13, .restart = 7})));
  };
  const Tensor<double> x = eg::linear_solve(matvec, b, a, {.tolerance = 1e-13, .restart = 7});
  CHECK(eg::allclose(eg::matmul(a, x), b, 1e-11, 1e-12));
  const auto [da, db] = eg::grad(loss, a, b);
  // db = A^-T g, da = -db x^T
  CHECK(eg::allclose(eg::matmul(eg::transpose(a), db), eg::exp(x), 1e-10, 1e-11));
  CHECK(eg::allclose(da, eg::reshape(db, {n, 1}) * eg::reshape(x, {1, n}) * -1.0, 1e-10, 1e-11));
}

TEST_CASE("linear_solve: the identity, and float", "[ops][implicit]") {
  const auto itself = [](const auto& x, const auto& /*theta*/) { return x; };
  const auto b = eg::tensor<double>({3, 4});
  CHECK(eg::allclose(eg::linear_solve(itself, b, b), b));
  const auto scaled = [](const Tensor<float>& x, const Tensor<float>& theta) { return x * theta; };
  const auto total = [&](const Tensor<float>& theta) {
    return eg::sum(eg::linear_solve(scaled, eg::tensor<float>({3, 4}), theta));
  };
  CHECK(eg::allclose(eg::grad(total, eg::tensor<float>({2, 4})),
                     eg::tensor<float>({-0.75F, -0.25F}), 1e-5, 1e-6));
}

TEST_CASE("implicit: theta must not change before the backward pass", "[ops][implicit]") {
  eg::Tape tape;
  Tensor<double> values = eg::tensor<double>({4, 9});
  const auto theta = tape.watch(values);
  const auto root = square_root(theta);
  values.mutable_values()[0] = 1;
  CHECK_THROWS_TEXT(tape.backward(eg::sum(root)), eg::TapeError,
                    "backward: a tensor that 'implicit' saved was changed after it was recorded: "
                    "tensor (2,), by a write to its elements (mutable_data, set, ...)");
}

TEST_CASE("linear_solve: a singular system is refused", "[ops][implicit]") {
  const auto projection = [](const Tensor<double>& x, const Tensor<double>& mask) {
    return x * mask;
  };
  CHECK_THROWS_TEXT(
      eg::linear_solve(projection, eg::tensor<double>({0, 1}), eg::tensor<double>({1, 0})),
      eg::ValueError,
      "linear_solve: linear system unsolved after 1 products: the relative residual "
      "is 1, the tolerance 1e-10");
  CHECK(eg::equal(eg::linear_solve(projection, eg::zeros<double>({2}), eg::tensor<double>({1, 0})),
                  eg::zeros<double>({2})));
}
