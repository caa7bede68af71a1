// recompute: the same bits and gradients as without, from less memory.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/nn/recompute.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

using namespace eigengrad;
namespace nn = eigengrad::nn;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return from_vector(std::vector<double>(list));
}

/// All gradients of a model after some steps of training with `forward`, and the last loss.
template <class Forward>
std::vector<Tensor<float>> trained(const Forward& forward) {
  nn::Sequential<float> model({nn::Dense(6, 16), nn::ReLU(), nn::Dropout(0.3), nn::Dense(16, 16),
                               nn::Tanh(), nn::Dropout(0.5), nn::Dense(16, 3), nn::Sigmoid()},
                              {.seed = 3});
  const auto x = uniform<float>({9, 6}, -1.F, 1.F, {1, 1});
  const auto t = uniform<float>({9, 3}, 0.F, 1.F, {1, 2});
  std::vector<Tensor<float>> results;
  for (int step = 0; step < 3; ++step) {
    Tape tape;
    const auto loss = binary_cross_entropy(forward(model, x), t);
    tape.backward(loss);
    results.push_back(loss);
  }
  for (const auto& parameter : model.parameters()) {
    results.push_back(parameter.gradient());
  }
  return results;
}

void check_equal(const std::vector<Tensor<float>>& a, const std::vector<Tensor<float>>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    INFO("tensor " << i);
    CHECK(equal(a[i], b[i]));
  }
}

}  // namespace

TEST_CASE("recompute: one record for a segment, and the gradients of its inputs and captures",
          "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto captured = x * x;
  const auto y = recompute([&](const Tensor<double>& in) { return sum(in * w * captured); }, x);
  CHECK(y.item() == 43);  // sum of w x^3
  CHECK(tape.size() == 3);
  tape.backward(y);
  CHECK(equal(tape.gradient(x), values({9, 60})));
  CHECK(equal(w.gradient(), values({1, 8})));
  CHECK(tape.size() == 3);
}

TEST_CASE("recompute: parameters alone, with an input that needs no gradient", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Tape tape;
  const auto y = recompute([w](const Tensor<double>& x) { return sum(w * w * x); }, values({1, 2}));
  const auto z = recompute([w] { return sum(w); });
  tape.backward(y + z);
  CHECK(equal(w.gradient(), values({7, 21})));
}

TEST_CASE("recompute: a model with dropout trains to the same bits", "[ops][recompute]") {
  const auto plain = trained([](const auto& model, const auto& x) { return model(x); });
  for (const Index segments : {1, 2, 3, 8}) {
    INFO(segments << " segments");
    check_equal(plain, trained([=](const auto& model, const auto& x) {
                  return nn::recompute_sequential(model, segments, x);
                }));
  }
  check_equal(plain, trained([](const auto& model, const auto& x) { return recompute(model, x); }));
}

TEST_CASE("recompute: nested segments give the same bits", "[ops][recompute]") {
  const auto plain = trained([](const auto& model, const auto& x) { return model(x); });
  check_equal(
      plain, trained([](const auto& model, const auto& x) {
        return recompute(
            [&](const Tensor<float>& in) {
              const auto half = recompute(
                  [&](const Tensor<float>& a) { return nn::recompute_sequential(model, 8, a); },
                  in);
              return half;
            },
            x);
      }));
}

TEST_CASE("recompute: gradients() gives those asked for, and a second pass with retain",
          "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto y = recompute([&](const Tensor<double>& in) { return in * w; }, x);
  const auto z = sum(recompute([&](const Tensor<double>& in) { return in * in; }, y));
  for (int i = 0; i < 2; ++i) {
    const auto gradients = tape.gradients(z, {x, y, w}, {.retain = true});
    CHECK(equal(gradients[0], values({18, 100})));
    CHECK(equal(gradients[1], values({6, 20})));
    CHECK(equal(gradients[2], values({6, 40})));
    CHECK_FALSE(w.has_gradient());
  }
  tape.backward(z);
  CHECK(equal(w.gradient(), values({6, 40})));
  CHECK_THROWS_TEXT(tape.backward(z), TapeError,
                    "backward: an earlier backward consumed these records; pass {.retain = true} "
                    "to the first");
}

TEST_CASE("recompute: several results, of which any may be used", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  const auto f = [&](const Tensor<double>& in) {
    return std::tuple(in * w, sum(in * in), in, values({1}));
  };
  for (const int used : {0, 1, 2}) {
    INFO(used);
    w.zero_gradient();
    Tape tape;
    const auto x = tape.watch(values({1, 2}));
    const auto [a, b, same, constant] = recompute(f, x);
    CHECK(tape.size() == 3);
    CHECK(&same.body() == &x.body());
    tape.backward(used == 0 ? sum(a) : used == 1 ? b : sum(a) * b);
    if (used == 0) {
      CHECK(equal(tape.gradient(x), values({3, 5})));
    } else if (used == 1) {
      CHECK(equal(tape.gradient(x), values({2, 4})));
      CHECK_FALSE(w.has_gradient());
    } else {
      CHECK(equal(tape.gradient(x), values({15 + 26, 25 + 52})));
      CHECK(equal(w.gradient(), values({5, 10})));
    }
  }
}

TEST_CASE("recompute: nested tapes each get their gradient", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Tape outer;
  const auto x = outer.watch(values({1, 2}));
  Tape inner;
  const auto y = inner.watch(values({7, 11}));
  const auto z = recompute(
      [&](const Tensor<double>& a, const Tensor<double>& b) { return sum(tanh(a) * b * w); }, x, y);
  inner.backward(z);
  const auto from_inner = eigengrad::clone(w.gradient());
  CHECK(equal(inner.gradient(y), tanh(values({1, 2})) * values({3, 5})));
  outer.backward(z);
  CHECK(equal(w.gradient(), from_inner * 2.0));
  CHECK(outer.size() == 2);
}

TEST_CASE("recompute: without a tape, or under NoGrad, it is a call", "[ops][recompute]") {
  int calls = 0;
  const auto f = [&](const Tensor<double>& x) {
    ++calls;
    return x * 2.0;
  };
  CHECK(equal(recompute(f, values({1})), values({2})));
  Tape tape;
  const auto x = tape.watch(values({1}));
  {
    const NoGrad no_grad;
    static_cast<void>(recompute(f, x));
  }
  CHECK(tape.size() == 1);
  CHECK(calls == 2);
  const auto y = recompute(f, x);
  CHECK(calls == 3);
  tape.backward(y);
  CHECK(calls == 4);
  CHECK(equal(recompute(f, values({1})), values({2})));  // nothing to record
  CHECK(tape.size() == 2);
}

TEST_CASE("recompute: a function that does not repeat itself is an error", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Parameter<double> v("v", values({3, 5}));
  const std::string start = "recompute: the function did not repeat itself: ";
  bool again = false;
  const auto check = [&](const auto& f, const std::string& text) {
    again = false;
    Tape tape;
    const auto loss = sum(recompute(f, values({1, 2})));
    again = true;
    CHECK_THROWS_TEXT(tape.backward(loss), TapeError, start + text);
    CHECK_FALSE(w.has_gradient());
    again = false;
    tape.backward(sum(w * 0.0));  // the tape still works
    w.zero_gradient();
  };
  using X = const Tensor<double>&;
  check([&](X x) { return again ? x * w * 1.0 : x * w; },
        "it recorded 1 ops at first and 2 when it was run again");
  check([&](X x) { return x * (again ? v : w); },
        "when it was run again, 'mul' used a tensor that it had not used at first");
  check([&](X x) { return again ? sum(x * w) : x * w * 1.0; },
        "result 0 was (2,) at first and () when it was run again");
  check(
      [&](X x) {
        const auto y = x * w;
        return again ? x : y;
      },
      "result 0 was not made by it when it was run again");
  std::atomic<std::uint64_t> draws{0};
  check(
      [&](X x) {
        for (int i = 0; i < (again ? 1 : 2); ++i) {
          static_cast<void>(next_draw(draws));
        }
        return x * w;
      },
      "it drew 2 times at first and 1 when it was run again");
  check(
      [&](X x) {
        for (int i = 0; i < (again ? 3 : 2); ++i) {
          static_cast<void>(next_draw(draws));
        }
        return x * w;
      },
      "it drew more than 2 times when it was run again");
  CHECK(draws == 4);
}

TEST_CASE("recompute: what it used may not change or go before the backward pass",
          "[ops][recompute]") {
  Tape tape;
  Parameter<double> w("w", values({3, 5}));
  auto x = values({1, 2});
  const auto loss = sum(recompute([&](const Tensor<double>& in) { return in * w; }, x));
  x.set({0}, 7);
  CHECK_THROWS_TEXT(tape.backward(loss), TapeError,
                    "backward: a tensor that 'recompute' saved was changed after it was recorded: "
                    "tensor (2,), by a write to its elements (mutable_data, set, ...)");
  tape.clear();
  {
    auto model = std::make_unique<nn::Sequential<double>>(
        std::initializer_list<nn::LayerSpec<double>>{nn::Dense(2, 1, {.use_bias = false})});
    const auto y = sum(recompute(*model, values({1, 2})));
    model.reset();
    CHECK_THROWS_TEXT(tape.backward(y), TapeError,
                      "backward: parameter '0.weight' was destroyed before the tape that recorded "
                      "it");
  }
  tape.clear();
  CHECK_THROWS_TEXT(recompute(
                        [](const Tensor<double>& in) {
                          const Parameter<double> gone("gone", values({1, 2}));
                          return in * gone;
                        },
                        x),
                    TapeError,
                    "recompute: parameter 'gone' was destroyed in the function that had used it");
  tape.backward(sum(w));
  CHECK(equal(w.gradient(), values({1, 1})));
}

TEST_CASE("recompute: the function may not turn to a tape around it", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Tape tape;
  const auto x = tape.watch(values({1, 2}));
  const auto refuse = [&](const std::string& op, const auto& action) {
    CHECK_THROWS_TEXT(recompute(
                          [&](const Tensor<double>& in) {
                            const auto y = in * w;
                            action(y);
                            return y;
                          },
                          x),
                      TapeError, op + ": not inside the function that recompute runs");
  };
  refuse("watch", [&](const auto& y) { static_cast<void>(tape.watch(y)); });
  refuse("backward", [&](const auto& y) { tape.backward(sum(y)); });
  refuse("gradients", [&](const auto& y) { static_cast<void>(tape.gradients(sum(y), {x})); });
  refuse("gradient", [&](const auto& y) { static_cast<void>(tape.gradient(y)); });
  refuse("clear", [&](const auto& /*y*/) { tape.clear(); });
  CHECK(tape.size() == 1);
  tape.backward(sum(x * w));
  CHECK(equal(tape.gradient(x), values({3, 5})));
}

TEST_CASE("recompute: what the function hides is foreign to the tape", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  Tape tape;
  Tensor<double> hidden;
  const auto y = recompute(
      [&](const Tensor<double>& in) {
        hidden = in * w;
        return hidden * 2.0;
      },
      values({1, 2}));
  const std::string text =
      "mul_scalar: operand 0 was recorded on a tape that has ended or was cleared; keep that tape, "
      "or detach() the operand";
  CHECK_THROWS_TEXT(hidden * 2.0, TapeError, text);
  tape.backward(sum(y));
  CHECK_THROWS_TEXT(hidden * 2.0, TapeError, text);
  CHECK(equal(hidden, values({3, 10})));
}

TEST_CASE("recompute: an exception in the function leaves the tape usable", "[ops][recompute]") {
  Parameter<double> w("w", values({3, 5}));
  int calls = 0;
  const auto f = [&](const Tensor<double>& in) {
    const auto y = in * w;
    if (++calls != 2) {
      throw std::runtime_error("told to");
    }
    return y;
  };
  Tape tape;
  CHECK_THROWS_AS(recompute(f, values({1, 2})), std::runtime_error);
  CHECK(tape.size() == 0);
  const auto loss = sum(recompute(f, values({1, 2})));
  CHECK(tape.size() == 2);
  CHECK_THROWS_TEXT(tape.backward(loss), std::runtime_error, "told to");
  CHECK(tape.size() == 2);
  CHECK_FALSE(w.has_gradient());
  tape.backward(sum(w));
  CHECK(equal(w.gradient(), values({1, 1})));
}
