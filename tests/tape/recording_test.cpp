#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

using namespace eigengrad;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return from_vector(std::vector<double>(list));
}

/// y = x, whose derivative does as told.
struct Told {
  static constexpr std::string_view name = "told";
  template <class T>
  struct Payload {
    void (*action)();
  };
  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    saved.action();
    b.add(0, b.gradient());
  }
};

Tensor<double> told(const Tensor<double>& x, void (*action)()) {
  Tensor<double> y = detail::copied(x);
  if (detail::must_record(x)) {
    detail::record<Told>(
        y, [&](detail::Saver&) { return Told::Payload<double>{action}; }, x);
  }
  return y;
}

}  // namespace

TEST_CASE("saved tensors: a change before backward is an error, and touches no gradient",
          "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Parameter<double> v("v", values({5, 6}));
  Tape tape;
  const auto loss = sum(w * w) + sum(v);
  w.assign(values({3, 4}));
  CHECK_THROWS_TEXT(tape.backward(loss), TapeError,
                    "backward: a tensor that 'mul' saved was changed after it was recorded: "
                    "parameter 'w' (2,), by assign");
  CHECK_FALSE(w.has_gradient());
  CHECK_FALSE(v.has_gradient());
}

TEST_CASE("saved tensors: a change through a view or of a result counts", "[tape]") {
  const std::string text =
      "backward: a tensor that 'exp' saved was changed after it was recorded: "
      "tensor (2,), by a write to its elements (mutable_data, set, ...)";
  Tape tape;
  auto x = tape.watch(values({1, 2}));
  auto y = exp(x);
  const auto loss = sum(y);
  auto view = reshape(y, {2, 1});
  view.set({0, 0}, 7);
  CHECK_THROWS_TEXT(tape.backward(loss), TapeError, text);
}

TEST_CASE("saved tensors: changes of others do not matter", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Parameter<double> bias("bias", values({1, 2}));
  Tape tape;
  const auto loss = sum(w * w + bias);
  const auto unrelated = sum(bias * bias);
  bias.assign(values({9, 9}));  // add saves nothing, and `unrelated` is not part of the loss
  tape.backward(loss);
  CHECK(equal(w.gradient(), values({2, 4})));
  CHECK(equal(bias.gradient(), values({1, 1})));
  CHECK_THROWS_AS(tape.backward(unrelated), TapeError);
}

TEST_CASE("recording: an operand of a dead tape is refused while a tape records", "[tape]") {
  Tensor<double> y;
  {
    Tape dead;
    y = dead.watch(values({1, 2})) * 2.0;
  }
  CHECK(equal(y * 2.0, values({4, 8})));  // no tape: plain arithmetic
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  CHECK_THROWS_TEXT(w * y, TapeError,
                    "mul: operand 1 was recorded on a tape that has ended or was cleared; keep "
                    "that tape, or detach() the operand");
  CHECK(tape.size() == 0);
  tape.backward(sum(w * detach(y)));
  CHECK(equal(w.gradient(), values({2, 4})));
}

TEST_CASE("recording: clear() forgets, and the tape can be used again", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto old = sum(w * w);
  CHECK(tape.size() == 2);
  tape.clear();
  CHECK(tape.size() == 0);
  CHECK_THROWS_AS(tape.backward(old), TapeError);
  CHECK_THROWS_TEXT(old * 2.0, TapeError,
                    "mul_scalar: operand 0 was recorded on a tape that has ended or was cleared; "
                    "keep that tape, or detach() the operand");
  for (int i = 0; i < 3; ++i) {
    w.zero_gradient();
    tape.backward(sum(w * w));
    CHECK(equal(w.gradient(), values({2, 4})));
    tape.clear();
  }
}

TEST_CASE("recording: NoGrad and constants record nothing", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  {
    const NoGrad no_grad;
    const NoGrad nested;
    static_cast<void>(w * w);
  }
  static_cast<void>(values({1}) * values({2}));
  CHECK(tape.size() == 0);
  static_cast<void>(w * w);
  CHECK(tape.size() == 1);
}

TEST_CASE("recording: detach stops the gradient", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto y = w * w;
  const auto fixed = detach(y);
  CHECK(is_same_storage(fixed, y));
  tape.backward(sum(fixed * w));
  CHECK(equal(w.gradient(), values({1, 4})));
}

TEST_CASE("recording: a frozen parameter is a constant", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Parameter<double> frozen("frozen", values({3, 4}));
  frozen.set_trainable(false);
  Tape tape;
  static_cast<void>(frozen * frozen);
  CHECK(tape.size() == 0);
  tape.backward(sum(w * frozen));
  CHECK(equal(w.gradient(), values({3, 4})));
  CHECK_FALSE(frozen.has_gradient());
}

TEST_CASE("recording: a parameter destroyed before backward is reported by name", "[tape]") {
  const std::string text =
      "backward: parameter 'gone' was destroyed before the tape that recorded it";
  SECTION("a trainable one") {
    Tape tape;
    Tensor<double> loss;
    {
      Parameter<double> gone("gone", values({1, 2}));
      loss = sum(gone * 2.0);
    }
    CHECK_THROWS_TEXT(tape.backward(loss), TapeError, text);
    tape.clear();
    Parameter<double> w("w", values({1, 2}));
    tape.backward(sum(w));
    CHECK(equal(w.gradient(), values({1, 1})));
  }
  SECTION("a frozen one whose value was saved") {
    Parameter<double> w("w", values({1, 2}));
    Tape tape;
    Tensor<double> loss;
    {
      Parameter<double> gone("gone", values({3, 4}));
      gone.set_trainable(false);
      loss = sum(w * gone);
    }
    CHECK_THROWS_TEXT(tape.backward(loss), TapeError, text);
    CHECK_FALSE(w.has_gradient());
  }
  SECTION("after the backward pass it may go") {
    Parameter<double> w("w", values({1, 2}));
    Tape tape;
    {
      Parameter<double> gone("gone", values({3, 4}));
      tape.backward(sum(w * gone));
    }
    tape.backward(sum(w * w));
    CHECK(equal(w.gradient(), values({5, 8})));
  }
  SECTION("a view keeps the elements, but the gradient has no place to go") {
    Tape tape;
    Tensor<double> view;
    {
      Parameter<double> gone("gone", values({1, 2}));
      view = reshape(gone, {2, 1});
    }
    // The view holds the parameter's elements and with them the parameter.
    tape.backward(sum(view));
  }
}

TEST_CASE("recording: an exception in a derivative leaves the tape usable", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto y = told(w * w, [] { throw std::runtime_error("told to"); });
  CHECK_THROWS_TEXT(tape.backward(sum(y)), std::runtime_error, "told to");
  CHECK_FALSE(w.has_gradient());
  tape.backward(sum(w * 3.0));  // the same tape, other records
  CHECK(equal(w.gradient(), values({3, 3})));
  tape.clear();
  tape.backward(sum(w));
  CHECK(equal(w.gradient(), values({4, 4})));
}

TEST_CASE("recording: a derivative may open a tape of its own", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  const auto y = told(w * w, [] {
    Tape inner;
    const auto x = inner.watch(from_vector(std::vector<double>{3}));
    inner.backward(sum(x * x));
    CHECK(inner.gradient(x).item() == 6);
  });
  tape.backward(sum(y));
  CHECK(equal(w.gradient(), values({2, 4})));
}

TEST_CASE("recording: a tape cannot run backwards or be cleared inside its own backward",
          "[tape]") {
  static Tape* running = nullptr;
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  running = &tape;
  const auto other = sum(w);
  static const Tensor<double>* output = nullptr;
  output = &other;
  const auto y = told(w * w, [] {
    CHECK_THROWS_TEXT(running->backward(*output), TapeError,
                      "backward: a backward pass is already running on this tape");
    CHECK_THROWS_TEXT(running->clear(), TapeError,
                      "clear: a backward pass is already running on this tape");
  });
  tape.backward(sum(y));
  CHECK(equal(w.gradient(), values({2, 4})));
}

TEST_CASE("origin: a sigmoid or softmax under NoGrad does not lead back to its logits", "[tape]") {
  Parameter<double> w("w", values({1, 2}));
  Tape tape;
  Tensor<double> p;
  Tensor<double> q;
  {
    const NoGrad no_grad;
    p = sigmoid(w);
    q = softmax(w);
  }
  for (const auto& [y, kind] :
       {std::pair(p, detail::Origin::sigmoid), std::pair(q, detail::Origin::softmax_last)}) {
    const auto logits = detail::origin_of(y, kind);
    REQUIRE(logits.defined());
    CHECK(equal(logits, values({1, 2})));
    CHECK_FALSE(detail::must_record(logits));
  }
  CHECK(detail::must_record(detail::origin_of(sigmoid(w), detail::Origin::sigmoid)));
  w.assign(values({3, 4}));  // the logits are gone, the probabilities are not
  CHECK_FALSE(detail::origin_of(p, detail::Origin::sigmoid).defined());
}
