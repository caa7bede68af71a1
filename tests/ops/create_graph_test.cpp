#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/error_function.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/testing/check_gradients.hpp>
#include <eigengrad/transforms.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <vector>

namespace eg = eigengrad;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using eg::equal;
using eg::Tensor;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return eg::from_vector(std::vector<double>(list));
}

}  // namespace

TEST_CASE("create_graph: three derivatives of x^2 tanh(x)", "[ops][transforms]") {
  const std::vector<double> points{0.3, -0.7, 1.2};
  eg::Tape tape;
  const auto x = tape.watch(eg::from_vector(points));
  const auto first = tape.gradients(sum(eg::tanh(x) * x * x), {x}, {.create_graph = true})[0];
  const auto second = tape.gradients(sum(first), {x}, {.create_graph = true})[0];
  const auto third = tape.gradients(sum(second), {x}, {.create_graph = true})[0];
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double v = points[i];
    const double t = std::tanh(v);
    const double s = 1 - t * t;  // tanh'
    const auto at = static_cast<eg::Index>(i);
    CHECK_THAT(first.at(at), WithinRel(s * v * v + 2 * t * v, 1e-14));
    CHECK_THAT(second.at(at), WithinRel(-2 * t * s * v * v + 4 * s * v + 2 * t, 1e-14));
    CHECK_THAT(third.at(at),
               WithinRel((4 * t * t * s - 2 * s * s) * v * v - 12 * t * s * v + 6 * s, 1e-13));
  }
}

TEST_CASE("create_graph: a penalty on the gradient of a parameter", "[ops][transforms]") {
  // loss = sum(w^3), penalty = sum of (3 w^2)^2 = 9 w^4, whose gradient is 36 w^3.
  eg::Parameter<double> w("w", values({1, -2}));
  eg::Tape tape;
  tape.backward(sum(w * w * w), {.create_graph = true});
  REQUIRE(w.has_gradient());
  const Tensor<double> gradient = w.gradient();
  CHECK(equal(gradient, values({3, 12})));
  const auto penalty = sum(square(gradient));
  w.zero_gradient();
  tape.backward(penalty);
  CHECK(equal(w.gradient(), values({36, -288})));
  CHECK(equal(gradient, values({3, 12})));  // what the caller holds is not written over
}

TEST_CASE("create_graph: gradients add up with those of ordinary passes", "[ops][transforms]") {
  eg::Parameter<double> w("w", values({1, -2}));
  eg::Tape tape;
  const auto squares = sum(w * w);
  tape.backward(squares, {.retain = true});
  tape.backward(squares, {.create_graph = true});
  CHECK(equal(w.gradient(), values({4, -8})));
  tape.backward(sum(w.gradient()));  // d(2 w)/dw = 2, on top of what is there
  CHECK(equal(w.gradient(), values({6, -6})));
  CHECK(w.gradient().body().link.tape == 0);
}

TEST_CASE("create_graph: parameters with one gradient do not share it", "[ops][transforms]") {
  eg::Parameter<double> a("a", values({1, 2}));
  eg::Parameter<double> b("b", values({3, 4}));
  eg::Tape tape;
  tape.backward(sum(a + b), {.create_graph = true});
  a.mutable_gradient().mutable_data()[0] = 7;
  CHECK(equal(a.gradient(), values({7, 1})));
  CHECK(equal(b.gradient(), values({1, 1})));
  const auto both = tape.gradients(sum(a + b), {a, b}, {.create_graph = true});
  CHECK_FALSE(is_same_storage(both[0], both[1]));
}

TEST_CASE("create_graph: a watched tensor's gradient is recorded too", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  tape.backward(sum(x * x * x), {.create_graph = true});
  const auto gradient = tape.gradient(x);
  CHECK(equal(gradient, values({3, 12})));
  CHECK(equal(tape.gradients(sum(gradient), {x})[0], values({6, 12})));
}

TEST_CASE("create_graph: mixed second derivatives through cast", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(eg::full<float>({2}, 2.F));
  const auto y = tape.watch(values({3, 4}));
  const auto dy = tape.gradients(sum(eg::cast<double>(x * x) * y * y), {y}, {.create_graph = true});
  CHECK(equal(dy[0], values({24, 32})));  // 2 x^2 y
  tape.backward(sum(dy[0]));
  CHECK(equal(tape.gradient(x), eg::from_vector(std::vector<float>{24, 32})));  // 4 x y
  CHECK(equal(tape.gradient(y), values({8, 8})));                               // 2 x^2
}

TEST_CASE("create_graph: binary cross entropy has curvature 1/4 at logits of 0",
          "[ops][transforms]") {
  eg::Tape tape;
  const auto z = tape.watch(values({0, 0}));
  const auto loss =
      eg::binary_cross_entropy_with_logits(z, values({0, 1}), {eg::LossReduction::sum});
  const auto first = tape.gradients(loss, {z}, {.create_graph = true})[0];
  CHECK(equal(first, values({0.5, -0.5})));
  CHECK(equal(tape.gradients(sum(first), {z})[0], values({0.25, 0.25})));
}

TEST_CASE("create_graph: elu's second derivative is 0 far above 0", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1000, -1}));
  const auto first = tape.gradients(sum(eg::elu(x)), {x}, {.create_graph = true})[0];
  const auto second = tape.gradients(sum(first), {x})[0];
  CHECK(second.at(0) == 0);
  CHECK_THAT(second.at(1), WithinRel(std::exp(-1.0), 1e-15));
}

TEST_CASE("create_graph: second derivatives of a network with each loss", "[ops][transforms]") {
  const auto inputs = [] {
    return std::vector<Tensor<double>>{
        eg::uniform<double>({4, 3}, -1, 1, eg::RandomKey::named(1, "x")),
        eg::uniform<double>({3, 5}, -1, 1, eg::RandomKey::named(1, "w")),
        eg::uniform<double>({5}, -1, 1, eg::RandomKey::named(1, "b")),
        eg::uniform<double>({5, 3}, -1, 1, eg::RandomKey::named(1, "v"))};
  }();
  const auto logits = [](const auto& in) {
    return eg::linear(eg::gelu(eg::linear(in[0], in[1], in[2])), in[3]);
  };
  const eg::testing::GradientOptions second{.seed = 7, .order = 2};
  const auto check = [&](const auto& loss) {
    const auto report = eg::testing::check_gradients(
        [&](const auto& in) { return loss(logits(in)); }, inputs, second);
    INFO(report.message);
    CHECK(report.passed());
  };
  const auto targets = eg::uniform<double>({4, 3}, 0, 1, eg::RandomKey::named(1, "t"));
  const auto classes = eg::tensor<std::int64_t>({0, 2, 1, 1});
  check([&](const auto& z) { return eg::cross_entropy(z, classes); });
  check([&](const auto& z) { return eg::cross_entropy(softmax(z), targets); });
  check([&](const auto& z) { return eg::binary_cross_entropy(sigmoid(z), targets); });
  check([&](const auto& z) { return eg::mean_squared_error(eg::tanh(z), targets); });
  check([&](const auto& z) {
    return eg::huber(z, targets, 0.5, {eg::LossReduction::sum, values({1, 0.5, 2, 0.25})});
  });
}

TEST_CASE("create_graph: through recomputed segments, with the same bits", "[ops][recompute]") {
  const auto start = values({0.3, -0.7, 1.1});
  const auto run = [&](bool again) {
    eg::Parameter<double> w("w", values({0.5, 0.25, 2}));
    const auto f = [&](const eg::Tensor<double>& x) { return eg::sigmoid(x * w) * x; };
    const auto g = [&](const eg::Tensor<double>& x) {
      return again ? eg::recompute([&](const auto& in) { return eg::recompute(f, in); }, f(x))
                   : f(f(x));
    };
    eg::Tape tape;
    const auto x = tape.watch(start);
    tape.backward(eg::sum(g(x)), {.create_graph = true});
    const auto penalty = eg::sum(w.gradient() * w.gradient()) + eg::sum(tape.gradient(x));
    w.zero_gradient();
    tape.backward(penalty);
    const auto nested = eg::grad(
        [&](const auto& at) {
          return eg::sum(eg::grad([&](const auto& in) { return eg::sum(g(in)); }, at) * at);
        },
        start);
    return std::vector{
        eg::clone(w.gradient()), tape.gradient(x), nested,
        eg::hvp([&](const auto& in) { return eg::sum(g(in)); }, start, start).tangent};
  };
  const auto plain = run(false);
  const auto recomputed = run(true);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    INFO(i);
    CHECK(equal(plain[i], recomputed[i]));
  }
}

TEST_CASE("create_graph: mistakes", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  Tensor<double> target = values({0, 0});
  const auto loss = eg::mean_squared_error(x, target);
  {
    const eg::NoGrad no_grad;
    CHECK_THROWS_TEXT(tape.backward(loss, {.create_graph = true}), eg::TapeError,
                      "backward: create_graph under NoGrad: nothing would be recorded");
  }
  target.mutable_data()[0] = 1;  // an ordinary pass does not read it any more
  CHECK_THROWS_TEXT(tape.backward(loss, {.create_graph = true}), eg::TapeError,
                    "backward: a tensor that 'mean_squared_error' saved was changed after it was "
                    "recorded: tensor (2,), by a write to its elements (mutable_data, set, ...)");
  tape.backward(loss);
  CHECK(equal(tape.gradient(x), values({1, 2})));
}

TEST_CASE("grad: several outputs by several inputs of one tape", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const std::vector<eg::Parameter<double>> p{{"w", values({3, 4})}};
  const auto product = x * p[0];
  const std::vector outputs{product, product * product};
  const std::vector<Tensor<double>> inputs{x, p[0], product};
  const eg::GradOptions<double> recorded{{values({1, 10}), values({1, 1})}, false, true};
  const auto first = eg::grad(outputs, inputs, recorded);  // g w + 2 x w^2, and so on
  CHECK(equal(first[0], values({21, 104})));
  CHECK(equal(first[1], values({7, 52})));
  CHECK(equal(first[2], values({7, 26})));
  CHECK_FALSE(p[0].has_gradient());
  const std::vector sums{sum(first[0]), sum(first[1])};
  // d/dx of (g w + 2 x w^2) + (g x + 2 x^2 w)
  CHECK(equal(eg::grad(sums, {x}, {.retain = true})[0], values({2 * 9 + 1 + 12, 32 + 10 + 32})));
  // d/dw
  CHECK(equal(eg::grad(sums, p)[0], values({1 + 12 + 2, 10 + 32 + 8})));
}

TEST_CASE("grad: of tensors, mistakes", "[ops][transforms]") {
  eg::Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const std::vector outputs{x * x};
  const std::vector inputs{x};
  CHECK_THROWS_TEXT(eg::grad(std::vector<Tensor<double>>{}, inputs), eg::ValueError,
                    "grad: expected at least one output");
  CHECK_THROWS_TEXT(eg::grad(outputs, inputs), eg::ShapeError,
                    "grad: output is (2,), not a scalar; sum or mean it first");
  CHECK_THROWS_TEXT(eg::grad(outputs, inputs, {.cotangents = {values({1})}}), eg::ShapeError,
                    "grad: cotangent 0 is (1,), expected (2,)");
  CHECK_THROWS_TEXT(eg::grad(std::vector{values({1})}, inputs, {.cotangents = {values({1})}}),
                    eg::TapeError,
                    "grad: no tape of this thread that is live recorded every output");
  CHECK_THROWS_TEXT(eg::grad(outputs, std::vector{values({1})}, {.cotangents = {values({1, 1})}}),
                    eg::TapeError,
                    "grad: input 0 is neither a parameter nor recorded on the tape of the outputs");
  CHECK(equal(eg::grad(outputs, inputs, {.cotangents = {values({1, 1})}})[0], values({2, 4})));
}

TEST_CASE("erfc: the complement of erf, accurate in the tail", "[ops]") {
  const auto y = eg::erfc(values({0, 0.5, 10}));
  CHECK(y.at(0) == 1);
  CHECK_THAT(y.at(1), WithinRel(0.47950012218695346, 1e-15));     // Abramowitz, Stegun, table 7.1
  CHECK_THAT(y.at(2), WithinRel(2.0884875837625448e-45, 1e-14));  // mpmath, 50 digits
}
