#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/extrema.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/product.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/trigonometric.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/transforms.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <tuple>
#include <vector>

namespace eg = eigengrad;
using eg::allclose;
using eg::equal;
using eg::Tensor;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return eg::from_vector(std::vector<double>(list));
}
Tensor<double> drawn(const eg::Shape& shape, std::string_view name) {
  return eg::uniform<double>(shape, -1, 1, eg::RandomKey::named(3, name));
}

const auto cubes = [](const auto& x) { return x * x * x; };
const auto sum_of_cubes = [](const auto& x) { return sum(x * x * x); };

}  // namespace

TEST_CASE("vjp: value and gradients from a cotangent", "[ops][transforms]") {
  const auto [value, gradient] = eg::vjp(cubes, values({1, 2}), values({1, -1}));
  CHECK(equal(value, values({1, 8})));
  CHECK(equal(gradient, values({3, -12})));
}

TEST_CASE("vjp: tuples and vectors of inputs and results", "[ops][transforms]") {
  const auto f = [](const auto& x, const auto& list) {
    return std::tuple(x * list[0], std::vector{sum(list[1]), sum(x)});
  };
  const std::tuple inputs(values({1, 2}), std::vector{values({3, 4}), values({5})});
  const std::tuple cotangents(values({1, 1}), std::vector{eg::scalar(2.0), eg::scalar(10.0)});
  const auto [value, gradients] = eg::vjp(f, inputs, cotangents);
  CHECK(equal(std::get<0>(value), values({3, 8})));
  CHECK(std::get<1>(value)[1].item() == 3);
  CHECK(equal(std::get<0>(gradients), values({13, 14})));
  CHECK(equal(std::get<1>(gradients)[0], values({1, 2})));
  CHECK(equal(std::get<1>(gradients)[1], values({2})));
}

TEST_CASE("vjp: of parameters, written nowhere; also of one that is the result",
          "[ops][transforms]") {
  const std::vector<eg::Parameter<double>> p{{"w", values({1, 2})}, {"b", values({3, 4})}};
  const auto f = [&] { return std::tuple(p[0] * p[1], Tensor<double>(p[1])); };
  const auto gradients = eg::vjp(f, p, std::tuple(values({1, 1}), values({10, 20}))).gradients;
  CHECK(equal(gradients[0], values({3, 4})));
  CHECK(equal(gradients[1], values({11, 22})));
  CHECK_FALSE(p[0].has_gradient());
}

TEST_CASE("jvp: the derivative in a direction", "[ops][transforms]") {
  const auto [value, tangent] = eg::jvp(cubes, values({1, 2}), values({1, -1}));
  CHECK(equal(value, values({1, 8})));
  CHECK(equal(tangent, values({3, -12})));
  const auto product = [](const auto& x, const auto& y) { return x * y; };
  const auto both = eg::jvp(product, std::tuple(values({1, 2}), values({3, 4})),
                            std::tuple(values({1, 0}), values({0, 1})));
  CHECK(equal(both.tangent, values({3, 2})));
  const auto constant = [](const auto&) { return values({7}); };
  CHECK(equal(eg::jvp(constant, values({1}), values({1})).tangent, values({0})));
}

TEST_CASE("jvp: of parameters; others are constants", "[ops][transforms]") {
  const std::vector<eg::Parameter<double>> p{{"w", values({1, 2})}};
  const eg::Parameter<double> other("b", values({3, 4}));
  const auto f = [&] { return p[0] * p[0] + other; };
  CHECK(equal(eg::jvp(f, p, {values({1, 10})}).tangent, values({2, 40})));
}

TEST_CASE("jvp: agrees with backward on a wide network", "[ops][transforms]") {
  // <u, J t> = <J^T u, t>, every layer large enough for blocked products.
  const std::vector<Tensor<double>> in{drawn({33, 150}, "x"), drawn({150, 90}, "w"),
                                       drawn({90}, "b"), drawn({90, 70}, "v")};
  const auto f = [](const auto& at) {
    return eg::log_softmax(eg::matmul(eg::linear_relu(at[0], at[1], at[2]), at[3]));
  };
  const std::vector<Tensor<double>> t{drawn({33, 150}, "tx"), drawn({150, 90}, "tw"),
                                      drawn({90}, "tb"), drawn({90, 70}, "tv")};
  const auto u = drawn({33, 70}, "u");
  const double forward = sum(eg::jvp(f, in, t).tangent * u).item();
  const auto gradients = eg::vjp(f, in, u).gradients;
  double reverse = 0;
  for (std::size_t k = 0; k < t.size(); ++k) {
    reverse += sum(gradients[k] * t[k]).item();
  }
  CHECK(std::abs(forward - reverse) <= 1e-10 * std::abs(reverse));
}

TEST_CASE("hvp: the gradient and the Hessian's product", "[ops][transforms]") {
  const auto [gradient, product] = eg::hvp(sum_of_cubes, values({1, 2}), values({1, -1}));
  CHECK(equal(gradient, values({3, 12})));
  CHECK(equal(product, values({6, -12})));
}

TEST_CASE("hvp: of a network's parameters, against differences of gradients", "[ops][transforms]") {
  const auto x = drawn({6, 4}, "x");
  const auto classes = eg::tensor<std::int64_t>({0, 1, 2, 2, 1, 0});
  std::vector<eg::Parameter<double>> p{
      {"w", drawn({4, 5}, "w")}, {"b", drawn({5}, "b")}, {"v", drawn({5, 3}, "v")}};
  const auto loss = [&] {
    return eg::cross_entropy(eg::linear(eg::tanh(eg::linear(x, p[0], p[1])), p[2]), classes);
  };
  const std::vector<Tensor<double>> t{drawn({4, 5}, "tw"), drawn({5}, "tb"), drawn({5, 3}, "tv")};
  const auto product = eg::hvp(loss, p, t).tangent;
  const double step = 1e-6;
  const auto gradients_at = [&](double distance) {
    std::vector<Tensor<double>> before;
    for (std::size_t k = 0; k < p.size(); ++k) {
      before.push_back(eg::detail::copied(Tensor<double>(p[k])));
      p[k].assign(before[k] + t[k] * distance);
    }
    auto gradients = eg::value_and_grad(loss, p).gradients;
    for (std::size_t k = 0; k < p.size(); ++k) {
      p[k].assign(before[k]);
    }
    return gradients;
  };
  const auto above = gradients_at(step);
  const auto below = gradients_at(-step);
  for (std::size_t k = 0; k < p.size(); ++k) {
    CHECK(allclose(product[k], (above[k] - below[k]) / (2 * step), 1e-6, 1e-9));
  }
}

TEST_CASE("transforms nest: every order of forward and reverse", "[ops][transforms]") {
  const auto x = values({0.5, -1.5});
  const auto e = values({1, 2});
  const auto once = [&](const auto& at) { return eg::jvp(cubes, at, e).tangent; };  // 3 x^2 e
  CHECK(equal(eg::jvp(once, x, e).tangent, values({3, -36})));                      // 6 x e^2
  const auto second = [&](const auto& at) { return eg::hvp(sum_of_cubes, at, e).tangent; };
  CHECK(equal(eg::jvp(second, x, e).tangent, values({6, 24})));  // 6 e^2
  CHECK(equal(eg::grad([&](const auto& at) { return sum(second(at)); }, x), values({6, 12})));
  const auto gradient = [](const auto& at) { return eg::grad(sum_of_cubes, at); };
  CHECK(equal(eg::vjp(gradient, x, e).gradients, values({3, -18})));
  const auto third = [&](const auto& at) {
    return eg::grad([&](const auto& z) { return sum(gradient(z)); }, at);
  };
  CHECK(equal(eg::jvp(third, x, e).tangent, values({6, 12})));
}

TEST_CASE("transforms nest: inside a tape the results are recorded", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto e = tape.watch(values({1, 1}));
  tape.backward(sum(eg::jvp(cubes, x, e).tangent));  // 3 x^2 e
  CHECK(equal(tape.gradient(x), values({6, 12})));
  CHECK(equal(tape.gradient(e), values({3, 12})));
  eg::Tape second;
  const auto y = second.watch(values({1, 2}));
  const auto u = second.watch(values({1, 1}));
  second.backward(sum(eg::vjp(cubes, y, u).gradients));
  CHECK(equal(second.gradient(y), values({6, 12})));
  CHECK(equal(second.gradient(u), values({3, 12})));
}

TEST_CASE("transforms nest: an op without a jvp takes two vjps", "[ops][transforms]") {
  // prod and the losses have none of their own.
  const auto f = [](const auto& at) { return prod(at, {1}); };
  const auto x = eg::tensor<double>({{1, 2, 3}, {0, 5, 0}});
  const auto t = eg::tensor<double>({{1, 1, 1}, {1, 1, 1}});
  const auto once = [&](const auto& at) { return eg::jvp(f, at, t).tangent; };
  CHECK(equal(once(x), values({11, 0})));
  CHECK(equal(eg::jvp(once, x, t).tangent, values({12, 10})));
  CHECK(equal(eg::grad([&](const auto& at) { return sum(once(at)); }, x),
              eg::tensor<double>({{5, 4, 3}, {5, 0, 5}})));
}

TEST_CASE("jacobian: both ways give the same, shaped as result by input", "[ops][transforms]") {
  const auto w = drawn({3, 2}, "w");
  const auto f = [&](const auto& x) { return eg::matmul(x, w); };
  const auto x = drawn({2, 3}, "x");
  const auto j = eg::jacobian(f, x);
  REQUIRE(j.shape() == eg::Shape{2, 2, 2, 3});
  for (eg::Index i = 0; i < 2; ++i) {
    for (eg::Index k = 0; k < 3; ++k) {
      CHECK(j.at(0, i, 0, k) == w.at(k, i));
      CHECK(j.at(0, i, 1, k) == 0);
    }
  }
  CHECK(allclose(eg::jacobian(f, x, eg::JacobianMode::forward), j, 1e-14));
  CHECK(equal(eg::jacobian([](const auto& z) { return z; }, values({5, 6})), eg::eye<double>(2)));
  const auto constant = [](const auto&) { return values({1, 2, 3}); };
  CHECK(equal(eg::jacobian(constant, values({5, 6})), eg::zeros<double>({3, 2})));
  CHECK(eg::jacobian(f, eg::zeros<double>({0, 3})).shape() == eg::Shape{0, 2, 0, 3});
}

TEST_CASE("jacobian: by a tuple of inputs and by parameters", "[ops][transforms]") {
  const auto f = [](const auto& x, const auto& y) { return x * sum(y); };
  const auto [by_x, by_y] = eg::jacobian(f, std::tuple(values({1, 2}), values({3, 4, 5})));
  CHECK(equal(by_x, eg::tensor<double>({{12, 0}, {0, 12}})));
  CHECK(equal(by_y, eg::tensor<double>({{1, 1, 1}, {2, 2, 2}})));
  const std::vector<eg::Parameter<double>> p{{"w", values({1, 2})}, {"b", values({3, 4})}};
  const auto blocks = eg::jacobian([&] { return p[0] * p[1]; }, p);
  CHECK(equal(blocks[0], eg::tensor<double>({{3, 0}, {0, 4}})));
  CHECK(equal(blocks[1], eg::tensor<double>({{1, 0}, {0, 2}})));
  const auto itself = eg::jacobian([&] { return Tensor<double>(p[1]); }, p);
  CHECK(equal(itself[0], eg::zeros<double>({2, 2})));
  CHECK(equal(itself[1], eg::eye<double>(2)));
}

TEST_CASE("jacobian: several rows or columns in one pass, or one at a time", "[ops][transforms]") {
  const auto w = drawn({5, 7}, "w");
  const auto v = drawn({7, 4}, "v");
  const auto b = drawn({7}, "b");
  const auto network = [&](const auto& x) {
    return eg::log_softmax(eg::matmul(eg::tanh(eg::linear(x, w, b)), v));
  };
  const auto with_prod = [&](const auto& x) { return network(x) * eg::prod(x, {-1}); };
  const auto x = drawn({5}, "x");
  const auto at_once = [&](const auto& f, const auto& at) {
    eg::Tape tape({.describe = true});
    const auto y = f(tape.watch(at));
    return eg::detail::passes_at_once(tape, eg::detail::RecordingAccess::record_of(tape, y.body()));
  };
  CHECK(at_once(network, x) == eg::detail::most_led_elements / 7);
  CHECK(at_once(with_prod, x) == 1);
  CHECK(at_once(cubes, eg::zeros<double>({1, 1, 1, 1, 1, 2})) == 1);  // no axis is left
  CHECK(at_once(cubes, eg::zeros<double>({eg::detail::most_led_elements})) == 1);
  for (const auto mode : {eg::JacobianMode::reverse, eg::JacobianMode::forward}) {
    const auto each = eg::detail::jacobian_of("jacobian", network, x, mode, {.most = 1});
    REQUIRE(each.shape() == eg::Shape{4, 5});
    for (const eg::Index most : {2, 3, 4, 100}) {
      CHECK(allclose(
          eg::detail::jacobian_of("jacobian", network, x, mode, {.fewest_rows = 2, .most = most}),
          each, 1e-14));
    }
    CHECK(allclose(eg::jacobian(with_prod, x, mode),
                   eg::detail::jacobian_of("jacobian", with_prod, x, mode, {.most = 1}), 1e-14));
  }
}

TEST_CASE("jacobian: by parameters, with several rows in one pass", "[ops][transforms]") {
  const std::vector<eg::Parameter<double>> p{{"w", drawn({3, 4}, "w")}, {"b", drawn({4}, "b")}};
  const auto x = drawn({2, 3}, "x");
  const auto blocks = eg::jacobian([&] { return eg::tanh(eg::linear(x, p[0], p[1])); }, p);
  REQUIRE(blocks[0].shape() == eg::Shape{2, 4, 3, 4});
  REQUIRE(blocks[1].shape() == eg::Shape{2, 4, 4});
  const auto slope = 1.0 - square(eg::tanh(eg::linear(x, p[0], p[1])));
  for (eg::Index i = 0; i < 2; ++i) {
    for (eg::Index j = 0; j < 4; ++j) {
      CHECK(std::abs(blocks[1].at(i, j, j) - slope.at(i, j)) < 1e-14);
      CHECK(std::abs(blocks[0].at(i, j, 2, j) - slope.at(i, j) * x.at(i, 2)) < 1e-14);
      CHECK(blocks[0].at(i, j, 2, (j + 1) % 4) == 0);
    }
  }
  CHECK_FALSE(p[0].has_gradient());
}

TEST_CASE("jacobian: recorded, with several rows in one pass, it is differentiated further",
          "[ops][transforms]") {
  const auto x = drawn({3}, "x");
  const auto w = drawn({3, 3}, "w");
  const auto f = [&](const auto& at) { return eg::tanh(eg::matmul(at, w)); };
  const auto weights = drawn({3, 3}, "weights");
  for (const auto mode : {eg::JacobianMode::reverse, eg::JacobianMode::forward}) {
    const auto total = [&](const auto& at, eg::Index most) {
      return sum(
          eg::detail::jacobian_of("jacobian", f, at, mode, {.fewest_rows = 2, .most = most}) *
          weights);
    };
    const auto several = eg::grad([&](const auto& at) { return total(at, 100); }, x);
    const auto single = eg::grad([&](const auto& at) { return total(at, 1); }, x);
    CHECK(allclose(several, single, 1e-13));
    CHECK(eg::max(eg::abs(several)).item() > 0.01);
  }
}

TEST_CASE("hessian: of a polynomial, and its own Jacobian", "[ops][transforms]") {
  const auto f = [](const auto& x) {
    return sum(x * x * x) + select(x, 0, 0) * select(x, 0, 1) * select(x, 0, 2);
  };
  const auto x = values({1, 2, 3});
  CHECK(equal(eg::hessian(f, x), eg::tensor<double>({{6, 3, 2}, {3, 12, 1}, {2, 1, 18}})));
  const auto third = eg::jacobian([&](const auto& at) { return eg::hessian(f, at); }, x);
  REQUIRE(third.shape() == eg::Shape{3, 3, 3});
  CHECK(third.at(0, 0, 0) == 6);
  CHECK(third.at(0, 1, 2) == 1);
  CHECK(third.at(0, 0, 1) == 0);
}

TEST_CASE("laplacian: of each point of a batch, and its gradient", "[ops][transforms]") {
  const auto points = drawn({5, 2}, "points");
  const auto u = [](const auto& at) {
    const auto x = select(at, 1, 0);
    const auto y = select(at, 1, 1);
    return x * x * y + sin(y);
  };
  const auto y = select(points, 1, 1);
  CHECK(allclose(eg::laplacian(u, points), y * 2.0 - sin(y), 1e-13));
  const auto slope = eg::grad([&](const auto& at) { return sum(eg::laplacian(u, at)); }, points);
  CHECK(allclose(select(slope, 1, 1), 2.0 - cos(y), 1e-13));
  CHECK(allclose(select(slope, 1, 0), eg::zeros<double>({5})));
  CHECK(eg::laplacian(sum_of_cubes, values({1, 2})).item() == 18);
}

TEST_CASE("per_sample_gradients: one for each row, whose mean is the batch's",
          "[ops][transforms]") {
  const std::vector<eg::Parameter<double>> p{{"w", drawn({3, 2}, "w")}, {"b", drawn({2}, "b")}};
  const auto loss = [&](const auto& x, const auto& classes) {
    return eg::cross_entropy(eg::linear(x, p[0], p[1]), classes);
  };
  const auto x = drawn({4, 3}, "x");
  const auto classes = eg::tensor<std::int64_t>({0, 1, 1, 0});
  const auto each = eg::per_sample_gradients(loss, p, x, classes);
  REQUIRE(each[0].shape() == eg::Shape{4, 3, 2});
  REQUIRE(each[1].shape() == eg::Shape{4, 2});
  const auto all = eg::value_and_grad([&] { return loss(x, classes); }, p).gradients;
  CHECK(allclose(mean(each[0], {0}), all[0], 1e-13));
  CHECK(allclose(mean(each[1], {0}), all[1], 1e-13));
  const auto third =
      eg::value_and_grad([&] { return loss(slice(x, 0, 2, 3), slice(classes, 0, 2, 3)); }, p);
  CHECK(equal(select(each[0], 0, 2), third.gradients[0]));
  CHECK_THROWS_TEXT(eg::per_sample_gradients(loss, p, x, eg::tensor<std::int64_t>({0, 1})),
                    eg::ShapeError,
                    "per_sample_gradients: batches differ in length: (4, 3) and (2,)");
}

TEST_CASE("transforms: mistakes", "[ops][transforms]") {
  CHECK_THROWS_TEXT(eg::vjp(cubes, values({1, 2}), values({1})), eg::ShapeError,
                    "vjp: cotangent 0 is (1,), expected (2,)");
  CHECK_THROWS_TEXT(eg::jvp(cubes, values({1, 2}), values({1, 2, 3})), eg::ShapeError,
                    "jvp: tangent 0 is (3,), expected (2,)");
  const auto total = [](const auto& list) { return sum(list[0]); };
  CHECK_THROWS_TEXT(eg::jvp(total, std::vector{values({1})}, {}), eg::ValueError,
                    "jvp: expected 1 tangent, got 0");
  CHECK_THROWS_TEXT(eg::hvp(cubes, values({1, 2}), values({1, 2})), eg::ShapeError,
                    "hvp: output is (2,), not a scalar; sum or mean it first");
  CHECK_THROWS_TEXT(eg::hessian(cubes, values({1, 2})), eg::ShapeError,
                    "hessian: output is (2,), not a scalar; sum or mean it first");
  CHECK_THROWS_TEXT(eg::jacobian(cubes, eg::zeros<double>({1, 1, 1, 1})), eg::ShapeError,
                    "jacobian: the result would have more than 6 axes: (1, 1, 1, 1) by "
                    "(1, 1, 1, 1)");
  CHECK_THROWS_TEXT(eg::laplacian(cubes, eg::scalar(1.0)), eg::ShapeError,
                    "laplacian: x is neither (d,) nor (n, d): ()");
  CHECK_THROWS_TEXT(eg::laplacian(cubes, eg::zeros<double>({2, 2})), eg::ShapeError,
                    "laplacian: f gives (2, 2) for x (2, 2), not one number for each row");
}

TEST_CASE("jvp: of a product, nested", "[ops][transforms]") {
  const auto f = [](const auto& x) { return eg::prod(x, {0}); };
  const auto x = eg::tensor<double>({2, 3, 5});
  const auto ones = eg::ones<double>({3});
  const auto first = [&](const auto& at) { return eg::jvp(f, at, ones).tangent; };
  const auto second = [&](const auto& at) { return eg::jvp(first, at, ones).tangent; };
  CHECK(first(x).item() == 31);   // 3 5 + 2 5 + 2 3
  CHECK(second(x).item() == 20);  // 2 (2 + 3 + 5)
  CHECK(eg::jvp(second, x, ones).tangent.item() == 6);
  // Forward mode takes no square of the number of elements: 8 TB here.
  const auto many = eg::ones<double>({1000000});
  CHECK(eg::jvp(f, many, many).tangent.item() == 1000000);
}
