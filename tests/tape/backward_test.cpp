#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/slice.hpp>
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

TEST_CASE("backward: a scalar's gradient reaches parameters and watched tensors", "[tape]") {
  Parameter<double> w("w", values({1, 2, 3}));
  Tape tape;
  const auto x = tape.watch(values({4, 5, 6}));
  const auto loss = sum(w * x);
  CHECK(tape.size() == 3);
  CHECK_FALSE(w.has_gradient());
  tape.backward(loss);
  CHECK(w.has_gradient());
  CHECK(equal(w.gradient(), values({4, 5, 6})));
  CHECK(equal(tape.gradient(x), values({1, 2, 3})));
}

TEST_CASE("backward: any shape of one element is a scalar", "[tape]") {
  Parameter<double> w("w", full<double>({1, 1}, 3));
  Tape tape;
  tape.backward(w * w);
  CHECK(w.gradient().item() == 6);
}

TEST_CASE("backward: from a cotangent", "[tape]") {
  Parameter<double> w("w", values({1, 2, 3}));
  Tape tape;
  tape.backward(w * w, values({1, 10, 100}));
  CHECK(equal(w.gradient(), values({2, 40, 600})));
}

TEST_CASE("backward: a cotangent may be a strided view, and may be changed afterwards", "[tape]") {
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  auto both = tensor<double>({10, 0, 20, 0}, {2, 2});
  tape.backward(x + 1.0, select(both, 1, 0));
  both.set({0, 0}, -1);
  CHECK(equal(tape.gradient(x), values({10, 20})));
}

TEST_CASE("backward: a non-scalar needs a cotangent of its shape", "[tape]") {
  Parameter<double> w("w", values({1, 2, 3}));
  Tape tape;
  const auto y = w * w;
  CHECK_THROWS_TEXT(tape.backward(y), ShapeError,
                    "backward: output is (3,), not a scalar; sum or mean it first");
  CHECK_THROWS_TEXT(tape.backward(y, values({1, 2})), ShapeError,
                    "backward: cotangent is (2,), output is (3,)");
  CHECK_FALSE(w.has_gradient());
}

TEST_CASE("backward: an output that was not recorded here is refused", "[tape]") {
  const std::string text =
      "backward: the output was not recorded on this tape; it depends on no trainable parameter "
      "or watched tensor, or was computed under NoGrad or outside the tape's scope";
  Parameter<double> w("w", values({1, 2, 3}));
  const auto before = sum(w);
  Tape tape;
  CHECK_THROWS_TEXT(tape.backward(before), TapeError, text);
  CHECK_THROWS_TEXT(tape.backward(sum(values({1, 2}))), TapeError, text);
  Tensor<double> hidden;
  {
    const NoGrad no_grad;
    hidden = sum(w);
  }
  CHECK_THROWS_TEXT(tape.backward(hidden), TapeError, text);
}

TEST_CASE("backward: gradients accumulate until they are used", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  const auto step = [&w] {
    Tape tape;
    tape.backward(sum(w * w));
  };
  step();
  step();
  CHECK(equal(w.gradient(), values({4, 8})));
  w.zero_gradient();
  CHECK_FALSE(w.has_gradient());
  step();
  CHECK(equal(w.gradient(), values({2, 4})));
}

TEST_CASE("backward: two outputs of one tape add up", "[tape]") {
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  tape.backward(sum(x * x));
  tape.backward(sum(x * 3.0));
  CHECK(equal(tape.gradient(x), values({5, 7})));
}

TEST_CASE("backward: a second one over consumed records is an error", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto shared = w * w;
  const auto loss = sum(shared);
  const auto other = sum(shared * 2.0);
  tape.backward(loss);
  const std::string text =
      "backward: an earlier backward consumed these records; pass {.retain = true} to the first";
  CHECK_THROWS_TEXT(tape.backward(loss), TapeError, text);
  CHECK_THROWS_TEXT(tape.backward(other), TapeError, text);
  CHECK(equal(w.gradient(), values({2, 4})));
}

TEST_CASE("backward: records that share nothing with the consumed ones stay", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto first = sum(w * w);
  const auto second = sum(w * 3.0);
  tape.backward(second);
  tape.backward(first);
  CHECK(equal(w.gradient(), values({5, 7})));
}

TEST_CASE("backward: retained records can be run again", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto x = tape.watch(values({3, 4}));
  const auto loss = sum(sigmoid(w * x) * x);
  tape.backward(loss, {.retain = true});
  const auto once = clone(w.gradient());
  tape.backward(loss, {.retain = true});
  CHECK(equal(w.gradient(), once + once));
  tape.backward(loss);
  CHECK(allclose(w.gradient(), once * 3.0, 1e-15));
  CHECK_THROWS_AS(tape.backward(loss), TapeError);
}

TEST_CASE("backward: an operand used twice in one op gets both gradients", "[tape]") {
  Tape tape;
  const auto x = tape.watch(values({3, -2}));
  tape.backward(sum(x * x - x / x + (x + x)));
  // 2x - 0 + 2
  CHECK(equal(tape.gradient(x), values({8, -2})));
  const auto m = tape.watch(tensor<double>({1, 2, 3, 4}, {2, 2}));
  tape.backward(sum(matmul(m, m)));
  // d/dm sum(m m) = 1 m^T + m^T 1: column sums along rows plus row sums along columns
  CHECK(equal(tape.gradient(m), tensor<double>({3 + 4, 7 + 4, 3 + 6, 7 + 6}, {2, 2})));
}

TEST_CASE("backward: a parameter used in many places sums over them", "[tape]") {
  Parameter<double> w("w", full<double>({}, 2));
  Tape tape;
  Tensor<double> y = w * 1.0;
  for (int i = 0; i < 9; ++i) {
    y = y * w;
  }
  tape.backward(y);
  CHECK(w.gradient().item() == 10 * 512);  // 10 w^9
}

TEST_CASE("backward: one gradient handed to two operands is not shared by them", "[tape]") {
  Tape tape;
  const auto a = tape.watch(values({1, 1}));
  const auto b = tape.watch(values({1, 1}));
  // The gradient of a + b goes to both uncopied; then a gets more.
  const auto total = sum((a + b) * values({1, 2})) + sum(a * values({10, 10}));
  tape.backward(total, {.retain = true});
  CHECK(equal(tape.gradient(a), values({11, 12})));
  CHECK(equal(tape.gradient(b), values({1, 2})));
  tape.backward(total);
  CHECK(equal(tape.gradient(a), values({22, 24})));
  CHECK(equal(tape.gradient(b), values({2, 4})));
}

TEST_CASE("backward: a watched tensor's gradient is the caller's own", "[tape]") {
  Tape tape;
  const auto a = tape.watch(values({1, 1}));
  const auto b = tape.watch(values({1, 1}));
  tape.backward(sum(a + b), {.retain = true});
  auto g = tape.gradient(a);
  g.set({0}, 99);
  CHECK(equal(tape.gradient(a), values({1, 1})));
  CHECK(equal(tape.gradient(b), values({1, 1})));
}

TEST_CASE("backward: views as gradients are added to without harm", "[tape]") {
  Tape tape;
  const auto x = tape.watch(tensor<double>({1, 2, 3, 4, 5, 6}, {2, 3}));
  const auto t = transpose(x);
  const auto flat = reshape(t, {6});
  const auto loss = sum(slice(flat, 0, 0, 3) * values({1, 2, 3})) + sum(t * 10.0) + sum(x * x);
  tape.backward(loss);
  // flat is 1 4 2 5 3 6: weights 1, 2, 3 fall on 1, 4, 2.
  CHECK(equal(tape.gradient(x),
              tensor<double>({1 + 10 + 2, 3 + 10 + 4, 16, 2 + 10 + 8, 20, 22}, {2, 3})));
}

TEST_CASE("backward: float and double records meet through cast", "[tape]") {
  Parameter<float> w("w", full<float>({2}, 3.F));
  Parameter<double> v("v", full<double>({2}, 5.0));
  Tape tape;
  const auto y = sum(cast<double>(w * w) * v);
  tape.backward(y);
  CHECK(equal(w.gradient(), full<float>({2}, 30.F)));
  CHECK(equal(v.gradient(), full<double>({2}, 9.0)));
}

TEST_CASE("backward: is refused on another tape's output and while it runs", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto loss = sum(w);
  {
    Tape inner;
    CHECK_THROWS_AS(inner.backward(loss), TapeError);
  }
  tape.backward(loss);
  CHECK(equal(w.gradient(), values({1, 1})));
}

TEST_CASE("tape: gradient() of what was not watched is refused", "[tape]") {
  Tape tape;
  const auto x = values({1, 2});
  const auto watched = tape.watch(x);
  const auto y = watched * 2.0;
  const std::string text =
      "gradient: the tensor was not watched on this tape; use the one that watch() returned";
  CHECK_THROWS_TEXT(tape.gradient(x), TapeError, text);
  CHECK_THROWS_TEXT(tape.gradient(y), TapeError, text);
  CHECK(equal(tape.gradient(watched), zeros<double>({2})));
}

TEST_CASE("parameter: asking for a gradient that never was is refused", "[tape]") {
  Parameter<double> w("layer.weight", values({1, 2}));
  CHECK_THROWS_TEXT(
      w.gradient(), TapeError,
      "gradient: parameter 'layer.weight' has no gradient; call Tape::backward first");
  CHECK_THROWS_TEXT(w.assign(values({1, 2, 3})), ShapeError,
                    "assign: 'layer.weight' is (2,), the new value is (3,)");
}
