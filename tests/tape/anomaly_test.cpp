// Anomaly mode: the first NaN or infinity, forward or backward, by op, shapes and scope. Places in
// the program: trace_test.cpp.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tape/scope.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/transforms.hpp>

#include <support/catch.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace eigengrad;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return from_vector(std::vector<double>(list));
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// An error whose text is `text` and then, where the system can tell, a place in the program.
auto placed(const std::string& text) {
  return Catch::Matchers::Predicate<ValueError>(
      [text](const ValueError& error) {
        const std::string said = error.what();
#if defined(EIGENGRAD_TRACES)
        return said.rfind(text + "; called at ", 0) == 0 ||
               said.rfind(text + "; recorded at ", 0) == 0;
#else
        return said == text;
#endif
      },
      text + "; and a place");
}
#define CHECK_THROWS_PLACED(expression, type, text) \
  CHECK_THROWS_MATCHES(expression, type, placed(text))

}  // namespace

TEST_CASE("anomaly: the first op that gives a NaN or an infinity is named", "[tape][anomaly]") {
  Parameter<double> w("w", values({1, 0, 2}));
  Tape tape({.detect_anomaly = true});
  const auto fine = w * w;
  CHECK_THROWS_PLACED(log(fine), ValueError,
                      "anomaly: 'log' of (3,) gave infinity at element 1 of its result (3,)");
  CHECK_THROWS_PLACED(fine / fine, ValueError,
                      "anomaly: 'div' of (3,), (3,) gave nan at element 1 of its result (3,)");
  const Scope model("model");
  const Scope layer("layer 2");
  CHECK_THROWS_PLACED(
      log(fine), ValueError,
      "anomaly: 'log' of (3,) gave infinity at element 1 of its result (3,) in scope "
      "'model/layer 2'");
}

TEST_CASE("anomaly: an operand that brought it is named too", "[tape][anomaly]") {
  Parameter<float> w("w", full<float>({2, 2}, 1.F));
  Tape tape({.detect_anomaly = true});
  auto x = transpose(full<float>({2, 2}, 1.F));
  x.set({0, 1}, static_cast<float>(not_a_number));
  CHECK_THROWS_PLACED(
      w + x, ValueError,
      "anomaly: 'add' of (2, 2), (2, 2) gave nan at element 1 of its result (2, 2); "
      "operand 1 holds nan at element 1");
}

TEST_CASE("anomaly: the first derivative that gives one is named", "[tape][anomaly]") {
  Parameter<double> w("w", values({1, 0, 4}));
  Tape tape({.detect_anomaly = true});
  Tensor<double> root;
  {
    const Scope scope("encoder");
    root = sqrt(w * w);
  }
  const std::string at_zero =
      " of (3,) with result (3,) gave infinity at element 1 of the gradient "
      "of operand 0 in scope 'encoder'";
  CHECK_THROWS_PLACED(tape.backward(sum(root)), ValueError,
                      "anomaly: the derivative of 'sqrt'" + at_zero);
  CHECK_FALSE(w.has_gradient());
  tape.clear();
  const auto direct = sqrt(w);
  CHECK_THROWS_PLACED(tape.backward(sum(direct)), ValueError,
                      "anomaly: the derivative of 'sqrt' of (3,) with result (3,) gave infinity at "
                      "element 1 of the gradient of parameter 'w' (3,)");
  w.zero_gradient();
  tape.clear();
  const auto again = sqrt(w * 1.0);
  CHECK_THROWS_PLACED(tape.gradients(sum(again), {w}), ValueError,
                      "anomaly: the derivative of 'sqrt' of (3,) with result (3,) gave infinity at "
                      "element 1 of the gradient of operand 0");
}

TEST_CASE("anomaly: a cotangent of the user's", "[tape][anomaly]") {
  Parameter<double> w("w", values({1, 0}));
  Tape tape({.detect_anomaly = true});
  CHECK_THROWS_TEXT(tape.backward(w * 2.0, values({1, not_a_number})), ValueError,
                    "anomaly: the cotangent (2,) holds nan at element 1");
}

TEST_CASE("anomaly: with create_graph", "[tape][anomaly]") {
  Parameter<double> w("w", values({1, 0, 4}));
  Tape tape({.detect_anomaly = true});
  // The derivative is itself made of ops, and the first of them to give an infinity is named.
  CHECK_THROWS_AS(tape.backward(sum(sqrt(w)), {.create_graph = true}), ValueError);
  tape.clear();
  tape.backward(sum(w * w * w), {.create_graph = true});
  CHECK(equal(w.gradient(), values({3, 0, 48})));
}

TEST_CASE("anomaly: inside a recomputed segment, forward and backward", "[tape][anomaly]") {
  Parameter<double> w("w", values({1, 0, 4}));
  Tape tape({.detect_anomaly = true});
  const Scope scope("block");
  const auto f = [](const auto& x) {
    const Scope inner("inner");
    return sqrt(x * 1.0);
  };
  CHECK_THROWS_PLACED(
      recompute([&](const Tensor<double>& x) { return log(f(x)); }, w), ValueError,
      "anomaly: 'log' of (3,) gave infinity at element 1 of its result (3,) in scope "
      "'block'");
  const auto loss = sum(recompute(f, w));
  CHECK_THROWS_PLACED(tape.backward(loss), ValueError,
                      "anomaly: the derivative of 'sqrt' of (3,) with result (3,) gave infinity at "
                      "element 1 of the gradient of operand 0 in scope 'block/inner'");
  CHECK(tape.size() == 2);
}

TEST_CASE("scope: the error of a changed tensor names where it was saved", "[tape][scope]") {
  Parameter<double> w("w", values({1, 2}));
  const Scope whole("model");
  Tape tape;
  Tensor<double> y;
  {
    const Scope scope(std::string("layer ") + "with a long name");
    y = w * w;
  }
  const auto loss = sum(exp(y));
  w.assign(values({3, 4}));
  CHECK_THROWS_TEXT(tape.backward(loss), TapeError,
                    "backward: a tensor that 'mul' saved in scope 'model/layer with a long name' "
                    "was changed after it was recorded: parameter 'w' (2,), by assign");
  tape.clear();
  auto z = exp(w);
  const auto next = sum(z);
  z.set({0}, 1);
  CHECK_THROWS_TEXT(tape.backward(next), TapeError,
                    "backward: a tensor that 'exp' saved in scope 'model' was changed after it was "
                    "recorded: tensor (2,), by a write to its elements (mutable_data, set, ...)");
}
