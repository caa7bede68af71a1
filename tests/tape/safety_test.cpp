// Misuse is an error and never undefined behaviour: tensors that hold nothing, tapes that have
// ended, parameters that are gone. The address sanitizer runs these too.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/compare.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/ops/where.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/picture.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/print.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace eigengrad;

namespace {

using X = Tensor<double>;

X values(std::initializer_list<double> list) {
  return from_vector(std::vector<double>(list));
}

const std::string holds_nothing =
    "Tensor: used while it holds nothing: it was default-constructed or moved from";

#define CHECK_EMPTY(expression) CHECK_THROWS_TEXT(expression, ValueError, holds_nothing)

}  // namespace

TEST_CASE("moved-from tensors: every kind of op says so", "[tape][safety]") {
  X empty = values({1, 2});
  const X taken = std::move(empty);
  const X x = values({1, 2});
  const X table = zeros<double>({2, 2});
  Parameter<double> w("w", values({1, 2}));
  std::optional<Tape> tape;
  if (GENERATE(false, true)) {
    tape.emplace();
  }
  CHECK_EMPTY(tanh(empty));
  CHECK_EMPTY(empty + w);
  CHECK_EMPTY(w + empty);
  CHECK_EMPTY(empty * 2.0);
  CHECK_EMPTY(-empty);
  CHECK_EMPTY(sum(empty));
  CHECK_EMPTY(softmax(empty));
  CHECK_EMPTY(matmul(empty, table));
  CHECK_EMPTY(matmul(table, empty));
  CHECK_EMPTY(linear(empty, table, w));
  CHECK_EMPTY(linear(table, empty, w));
  CHECK_EMPTY(linear(table, table, empty));
  CHECK_EMPTY(concat({x, empty}));
  CHECK_EMPTY(stack({empty, x}));
  CHECK_EMPTY(where(Tensor<bool>(), x, w));
  CHECK_EMPTY(where(gt(x, w), empty, w));
  CHECK_EMPTY(gather(x, 0, Tensor<std::int64_t>()));
  CHECK_EMPTY(gather(empty, 0, tensor<std::int64_t>({0}, {1})));
  CHECK_EMPTY(dropout(empty, 0.5, {1, 2}));
  CHECK_EMPTY(cast<float>(empty));
  CHECK_EMPTY(eigengrad::clone(empty));
  CHECK_EMPTY(reshape(empty, {2}));
  CHECK_EMPTY(transpose(empty));
  CHECK_EMPTY(slice(empty, 0, 0, 1));
  CHECK_EMPTY(detach(empty));
  CHECK_EMPTY(equal(empty, x));
  CHECK_EMPTY(binary_cross_entropy(empty, x));
  CHECK_EMPTY(binary_cross_entropy(x, empty));
  CHECK_EMPTY(cross_entropy(empty, tensor<std::int64_t>({0}, {1})));
  CHECK_EMPTY(cross_entropy(table, Tensor<std::int64_t>()));
  CHECK_EMPTY(recompute([](const X& in) { return in * 2.0; }, empty));
  CHECK_EMPTY(value_and_grad([](const X& in) { return sum(in); }, empty));
  CHECK_EMPTY(grad([](const X&) { return X(); }, x));
  CHECK_EMPTY(empty.item());
  CHECK_EMPTY(empty.mutable_data());
  if (tape) {
    CHECK_EMPTY(tape->watch(empty));
    CHECK_EMPTY(tape->backward(empty));
    CHECK_EMPTY(tape->backward(sum(w), empty));
    CHECK_EMPTY(tape->gradient(empty));
    CHECK_EMPTY(tape->gradients(empty, {w}));
    CHECK_EMPTY(recompute([](const X&) { return X(); }, x));
    CHECK_EMPTY(tape->gradients(sum(w), {empty}));
    w.zero_gradient();
    tape->backward(sum(w * 3.0));  // nothing has been harmed
    CHECK(equal(w.gradient(), values({3, 3})));
  }
}

TEST_CASE("moved-from parameters: every member says so", "[tape][safety]") {
  Parameter<double> w("w", values({1, 2}));
  const Parameter<double> taken = std::move(w);
  CHECK_EMPTY(w.name());
  CHECK_EMPTY(w.rename("v"));
  CHECK_EMPTY(w.has_gradient());
  CHECK_EMPTY(w.gradient());
  CHECK_EMPTY(w.mutable_gradient());
  CHECK_EMPTY(w.zero_gradient());
  CHECK_EMPTY(w.trainable());
  CHECK_EMPTY(w.set_trainable(false));
  CHECK_EMPTY(w.assign(values({1, 2})));
  CHECK_EMPTY(Parameter<double>("v", X()));
  optim::SGD<double> sgd({w}, {.learning_rate = 0.1});
  CHECK_EMPTY(sgd.step());
  CHECK_EMPTY(sgd.zero_gradients());
  CHECK(taken.name() == "w");
}

TEST_CASE("a parameter whose handle was overwritten with a plain tensor says so",
          "[tape][safety]") {
  Parameter<double> w("w", values({1, 2}));
  X& handle = w;
  handle = values({3, 4});
  const std::string text =
      "Parameter: a plain tensor was put in its place through a Tensor&; use assign()";
  CHECK_THROWS_TEXT(w.name(), TapeError, text);
  CHECK_THROWS_TEXT(w.gradient(), TapeError, text);
  CHECK_THROWS_TEXT(w.assign(values({1, 2})), TapeError, text);
  CHECK_THROWS_TEXT(w.zero_gradient(), TapeError, text);
}

TEST_CASE("a tape that has ended: its results are values, and no other tape takes them",
          "[tape][safety]") {
  Parameter<double> w("w", values({1, 2}));
  X loss;
  X watched;
  X result;
  {
    Tape tape;
    watched = tape.watch(values({3, 4}));
    result = watched * w;
    loss = sum(result);
  }
  CHECK(loss.item() == 11);
  Tape other;
  const std::string not_recorded =
      ": the output was not recorded on this tape; it depends on no trainable parameter or watched "
      "tensor, or was computed under NoGrad or outside the tape's scope";
  CHECK_THROWS_TEXT(other.backward(loss), TapeError, "backward" + not_recorded);
  CHECK_THROWS_TEXT(other.gradients(loss, {w}), TapeError, "gradients" + not_recorded);
  CHECK_THROWS_TEXT(other.gradients(loss, {watched}), TapeError,
                    "gradients: input 0 is neither a parameter nor recorded on this tape");
  CHECK_THROWS_TEXT(other.gradient(watched), TapeError,
                    "gradient: the tensor was not watched on this tape; use the one that watch() "
                    "returned");
  const std::string ended =
      "was recorded on a tape that has ended or was cleared; keep that tape, "
      "or detach() the operand";
  CHECK_THROWS_TEXT(result * 2.0, TapeError, "mul_scalar: operand 0 " + ended);
  CHECK_THROWS_TEXT(recompute([](const X& in) { return in * 2.0; }, result), TapeError,
                    "mul_scalar: operand 0 " + ended);
  CHECK_THROWS_TEXT(w + loss, TapeError, "add: operand 1 " + ended);
  CHECK_THROWS_TEXT(binary_cross_entropy_with_logits(result, values({0, 1})), TapeError,
                    "binary_cross_entropy_with_logits: operand 0 " + ended);
  CHECK(other.size() == 0);
}

TEST_CASE("a changed tensor: both the op that saved it and what changed it are named",
          "[tape][safety]") {
  Parameter<double> w("w", values({1, 2}));
  const std::string start =
      "backward: a tensor that 'mul' saved was changed after it was recorded: "
      "parameter 'w' (2,), by ";
  const auto check = [&](const auto& change, const std::string& by) {
    Tape tape;
    const auto loss = sum(w * w);
    change();
    CHECK_THROWS_TEXT(tape.backward(loss), TapeError, start + by);
    CHECK_THROWS_TEXT(tape.gradients(loss, {w}), TapeError, "gradients" + (start + by).substr(8));
  };
  const auto written = [&] { w.set({0}, 3); };
  check([&] { w.assign(values({5, 6})); }, "assign");
  check(
      [&] {
        w.assign(select(transpose(tensor<double>({7, 8, 9, 10}, {2, 2})), 0, 0));
      },
      "assign");
  check(written, "a write to its elements (mutable_data, set, ...)");
  check(
      [&] {
        w.assign(values({5, 6}));
        written();
      },
      "a write to its elements (mutable_data, set, ...)");
  optim::SGD<double> sgd({w}, {.learning_rate = 0.1});
  check(
      [&] {
        Tape inner;
        inner.backward(sum(w));
        sgd.step();
      },
      "an optimizer's step");
}

TEST_CASE("a parameter that is gone: pictures, passes and pictures again", "[tape][safety]") {
  Parameter<double> v("v", values({1, 2}));
  Tape tape;
  X loss;
  {
    Parameter<double> w("w", values({3, 4}));
    w.set_trainable(GENERATE(true, false));
    loss = sum(w * v);
  }
  const std::string text = ": parameter 'w' was destroyed before the tape that recorded it";
  CHECK_THROWS_TEXT(tape.backward(loss), TapeError, "backward" + text);
  CHECK_THROWS_TEXT(tape.gradients(loss, {v}), TapeError, "gradients" + text);
  CHECK(memory_report(tape).records == 2);
  CHECK_FALSE(to_dot(tape).empty());
  tape.clear();
  tape.backward(sum(v));
  CHECK(equal(v.gradient(), values({1, 1})));
}
