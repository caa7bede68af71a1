#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <vector>

using namespace eigengrad;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return from_vector(std::vector<double>(list));
}

}  // namespace

TEST_CASE("gradients: of parameters, written nowhere", "[tape]") {
  const std::vector<Parameter<double>> parameters{Parameter<double>("w", values({1, 2})),
                                                  Parameter<double>("v", values({3, 4})),
                                                  Parameter<double>("unused", values({5}))};
  Tape tape;
  const auto x = tape.watch(values({6, 7}));
  const auto loss = sum(parameters[0] * parameters[1] * x);
  const auto g = tape.gradients(loss, parameters);
  REQUIRE(g.size() == 3);
  CHECK(equal(g[0], values({18, 28})));
  CHECK(equal(g[1], values({6, 14})));
  CHECK(equal(g[2], values({0})));
  for (const auto& parameter : parameters) {
    CHECK_FALSE(parameter.has_gradient());
  }
  CHECK(equal(tape.gradient(x), values({0, 0})));
}

TEST_CASE("gradients: of watched tensors and of results of ops", "[tape]") {
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto y = x * x;
  const auto loss = sum(y * y + x);
  const auto g = tape.gradients(loss, {x, y, loss}, {.retain = true});
  CHECK(equal(g[0], values({5, 33})));  // 4 x^3 + 1
  CHECK(equal(g[1], values({2, 8})));
  CHECK(g[2].item() == 1);
  CHECK(equal(tape.gradients(loss, {y})[0], values({2, 8})));
  CHECK_THROWS_AS(tape.gradients(loss, {y}), TapeError);
}

TEST_CASE("gradients: the output may itself be the input", "[tape]") {
  Tape tape;
  const auto x = tape.watch(full<double>({1}, 3));
  const auto other = tape.watch(full<double>({1}, 4));
  const auto g = tape.gradients(x, {x, other}, {.retain = true});
  CHECK(g[0].item() == 1);
  CHECK(g[1].item() == 0);
  CHECK(tape.gradients(x, {other})[0].item() == 0);
}

TEST_CASE("gradients: results share nothing, even of one input asked for twice", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto a = tape.watch(values({1, 1}));
  const auto b = tape.watch(values({1, 1}));
  auto g = tape.gradients(sum(a + b + w), {a, b, a, w, w});
  for (auto& each : g) {
    CHECK(equal(each, values({1, 1})));
    each.set({0}, 7);
  }
  for (std::size_t i = 0; i < g.size(); ++i) {
    CHECK(equal(g[i], values({7, 1})));
    for (std::size_t k = 0; k < i; ++k) {
      CHECK_FALSE(is_same_storage(g[i], g[k]));
    }
  }
}

TEST_CASE("gradients: come out contiguous from views", "[tape]") {
  Tape tape;
  const auto x = tape.watch(tensor<double>({1, 2, 3, 4, 5, 6}, {2, 3}));
  const auto c = tensor<double>({1, 2, 3, 4, 5, 6}, {3, 2});
  const auto g = tape.gradients(sum(transpose(x) * c), {x});
  CHECK(g[0].is_contiguous());
  CHECK(equal(g[0], tensor<double>({1, 3, 5, 2, 4, 6}, {2, 3})));
}

TEST_CASE("gradients: agree with backward bit for bit", "[tape]") {
  const auto x = tensor<double>({0.3, -1, 2, 0.5, 0.1, -0.7}, {2, 3});
  Parameter<double> w("w", tensor<double>({1, 2, 3, 4, 5, 6}, {3, 2}));
  Parameter<double> b("b", values({0.1, 0.2}));
  const auto loss = [&] { return mean(sigmoid(linear(x, w, b)) * matmul(x, w)); };
  Tape tape;
  const auto g = tape.gradients(loss(), std::vector<Parameter<double>>{w, b});
  tape.backward(loss());
  CHECK(equal(g[0], w.gradient()));
  CHECK(equal(g[1], b.gradient()));
}

TEST_CASE("gradients: a frozen parameter's are zeros", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Parameter<double> frozen("frozen", values({3, 4}));
  frozen.set_trainable(false);
  Tape tape;
  const auto g = tape.gradients(sum(w * frozen), std::vector<Parameter<double>>{w, frozen});
  CHECK(equal(g[0], values({3, 4})));
  CHECK(equal(g[1], values({0, 0})));
}

TEST_CASE("gradients: mistakes are refused before anything runs", "[tape]") {
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto loss = sum(x * x);
  CHECK_THROWS_TEXT(tape.gradients(x * x, {x}), ShapeError,
                    "gradients: output is (2,), not a scalar; sum or mean it first");
  CHECK_THROWS_TEXT(tape.gradients(loss, {x, values({1})}), TapeError,
                    "gradients: input 1 is neither a parameter nor recorded on this tape");
  CHECK_THROWS_TEXT(
      tape.gradients(sum(values({1})), {x}), TapeError,
      "gradients: the output was not recorded on this tape; it depends on no trainable parameter "
      "or watched tensor, or was computed under NoGrad or outside the tape's scope");
  CHECK(equal(tape.gradients(loss, {x})[0], values({2, 4})));
  CHECK_THROWS_TEXT(
      tape.gradients(loss, {x}), TapeError,
      "gradients: an earlier backward consumed these records; pass {.retain = true} to the first");
}
