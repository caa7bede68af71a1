// The op suite itself: it must find what is wrong with an op. Each op here is broken in one way.

#include <eigengrad/testing/op_suite.hpp>

#include <support/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

/// What a broken op starts from: y = 2 x, recorded as Op with x in its payload.
template <class Op, FloatScalar T>
Tensor<T> doubled(const Tensor<T>& x, const Tensor<T>& recorded, bool saves = true) {
  Tensor<T> y = detail::uninitialized<T>(x.shape());
  const Tensor<T> dense = detail::copied(x);
  for (Index i = 0; i < x.size(); ++i) {
    static_cast<T*>(y.body().data)[i] = 2 * dense.data()[i];
  }
  if (detail::must_record(recorded)) {
    detail::record<Op>(
        y,
        [&](detail::Saver& save) {
          return typename Op::template Payload<T>{saves ? save(x) : detail::Saved<T>(x)};
        },
        recorded);
  }
  return y;
}
template <class T>
struct OnePayload {
  detail::Saved<T> x;
};

/// The gradient of 2 x, from g.
template <FloatScalar T>
Tensor<T> twice(const Tensor<T>& g) {
  Tensor<T> dx = detail::copied(g);
  for (T& value : dx.mutable_values()) {
    value *= 2;
  }
  return dx;
}

struct GoodOp {
  static constexpr std::string_view name = "good";
  static constexpr std::string_view doc = "2 x.";
  template <class T>
  using Payload = OnePayload<T>;
  template <class B, class Saved>
  static void vjp(B& b, Saved& /*saved*/) {
    if (b.wants(0)) {
      b.add(0, b.gradient() * 2.0);
    }
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(3,)", {{3}}, [](const auto& in) { return doubled<GoodOp>(in[0], in[0]); });
    cases.add("0-d", {{}}, [](const auto& in) { return doubled<GoodOp>(in[0], in[0]); });
  }
};
EIGENGRAD_LIST_OP(GoodOp);

struct WrongGradient {
  static constexpr std::string_view name = "wrong_gradient";
  static constexpr std::string_view doc = "x^2 with the gradient of x^3 / 3.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{1.5, 2.0};
  template <class S>
  static S f(S x) {
    return x * x;
  }
  template <class S>
  static S df(S x) {
    return x * x;
  }
};
EIGENGRAD_LIST_OP(WrongGradient);

struct UnsavedRead {
  static constexpr std::string_view name = "unsaved_read";
  static constexpr std::string_view doc = "2 x; the derivative reads what it has not saved.";
  template <class T>
  using Payload = OnePayload<T>;
  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      Tensor<T> dx = twice(b.gradient());
      for (Index i = 0; i < dx.size(); ++i) {
        const T x = saved.x->data()[i * (dx.rank() > 0 ? saved.x->strides()[0] : 0)];
        dx.mutable_data()[i] += x - x;
      }
      b.add(0, dx);
    }
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(3,)", {{3}},
              [](const auto& in) { return doubled<UnsavedRead>(in[0], in[0], false); });
  }
};
EIGENGRAD_LIST_OP(UnsavedRead);

struct IgnoresWants {
  static constexpr std::string_view name = "ignores_wants";
  static constexpr std::string_view doc = "x + y; computes both gradients, wanted or not.";
  template <class T>
  struct Payload {};
  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& /*saved*/) {
    b.add(0, b.gradient());
    b.add(1, b.gradient());
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(2,) (2,)", {{2}, {2}}, [](const auto& in) {
      const auto x = detail::copied(in[0]);
      const auto y = detail::copied(in[1]);
      auto z = detail::uninitialized<typename Cases::value_type>(x.shape());
      for (Index i = 0; i < z.size(); ++i) {
        z.mutable_data()[i] = x.data()[i] + y.data()[i];
      }
      if (detail::must_record(in[0], in[1])) {
        detail::record<IgnoresWants>(
            z, [](detail::Saver&) { return Payload<typename Cases::value_type>{}; }, in[0], in[1]);
      }
      return z;
    });
  }
};
EIGENGRAD_LIST_OP(IgnoresWants);

struct IgnoresStrides {
  static constexpr std::string_view name = "ignores_strides";
  static constexpr std::string_view doc = "2 x; reads x as if it were contiguous, and the heap.";
  template <class T>
  using Payload = OnePayload<T>;
  template <class B, class Saved>
  static void vjp(B& b, Saved& /*saved*/) {
    if (b.wants(0)) {
      b.add(0, b.gradient() * 2.0);
    }
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(3,)", {{3}}, [](const auto& in) {
      using T = typename Cases::value_type;
      const std::vector<T> elements(in[0].data(), in[0].data() + in[0].size());
      const Tensor<T> x = from_vector(elements);
      return doubled<IgnoresStrides>(x, in[0]);
    });
  }
};
EIGENGRAD_LIST_OP(IgnoresStrides);

struct OnlyInDouble {
  static constexpr std::string_view name = "only_in_double";
  static constexpr std::string_view doc = "x + 1/1000 in float, x in double.";
  static constexpr Save saves = Save::none;
  static constexpr Domain samples{-1.0, 1.0};
  template <class S>
  static S f(S x) {
    return x + constant<S>(sizeof(constant<S>(0)) == 4 ? 1e-3 : 0.0);
  }
  template <class S>
  static S df(S g) {
    return g;
  }
};
EIGENGRAD_LIST_OP(OnlyInDouble);

struct WrongRefusal {
  static constexpr std::string_view name = "wrong_refusal";
  static constexpr std::string_view doc = "Refuses with another text than its cases say, or not.";
  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(2,)", {{2}}, [](const auto& in) { return doubled<GoodOp>(in[0], in[0]); });
    cases.rejects("wrong_refusal: too short: (2,)", {{2}}, [](const auto& in) {
      throw ShapeError("wrong_refusal", "too long: (2,)");
      return in[0];
    });
    cases.rejects("wrong_refusal: never", {{2}}, [](const auto& in) { return in[0]; });
  }
};
EIGENGRAD_LIST_OP(WrongRefusal);

struct NoSamples {
  static constexpr std::string_view name = "no_samples";
  static constexpr std::string_view doc = "An op without a case.";
  template <class Cases>
  static void samples(Cases& /*cases*/) {}
};
EIGENGRAD_LIST_OP(NoSamples);

/// Not listed.
struct Unlisted : WrongGradient {
  static constexpr std::string_view name = "unlisted";
};

}  // namespace eigengrad

namespace eg = eigengrad;

namespace {

/// All that the suite says of one op, line by line.
std::string said_of(std::string_view name) {
  for (const eg::testing::OpEntry& op : eg::testing::listed_ops()) {
    if (op.name == name) {
      std::string text;
      for (const std::string& line : eg::testing::check_op(op)) {
        text += line + "\n";
      }
      return text;
    }
  }
  return "not listed";
}

}  // namespace

using Catch::Matchers::ContainsSubstring;

TEST_CASE("op suite: an op without a fault passes", "[testing]") {
  CHECK(said_of("good").empty());
}

TEST_CASE("op suite: a wrong gradient differs from central differences", "[testing]") {
  const std::string text = said_of("wrong_gradient");
  CHECK_THAT(text, ContainsSubstring("wrong_gradient, case '(5, 7)', float64, central differences: "
                                     "gradient of input 0 (5, 7) at (0, 0), where it is 1."));
  CHECK_THAT(text, ContainsSubstring("by central differences; so are 34 more of 35"));
}

TEST_CASE("op suite: reading what is not saved shows as NaN", "[testing]") {
  CHECK_THAT(said_of("unsaved_read"),
             ContainsSubstring("unsaved_read, case '(3,)', float64, unsaved buffers hold NaN: "
                               "gradient of input 0 at (0,) of (3,) is nan, expected "));
}

TEST_CASE("op suite: gradients that nobody wants are counted", "[testing]") {
  const std::string text = said_of("ignores_wants");
  CHECK_THAT(text, ContainsSubstring("only input 0 watched: a gradient was computed"));
  CHECK_THAT(text, ContainsSubstring("only input 1 watched: a gradient was computed"));
}

TEST_CASE("op suite: ignored strides and calls to the heap are found", "[testing]") {
  const std::string text = said_of("ignores_strides");
  CHECK_THAT(text, ContainsSubstring("ignores_strides, case '(3,)', float32, strided inputs: "
                                     "result at (1,) of (3,) is nan"));
  CHECK_THAT(text, ContainsSubstring("warm step: 1 calls to the heap, expected none"));
}

TEST_CASE("op suite: float that is not near double is found", "[testing]") {
  CHECK_THAT(said_of("only_in_double"),
             ContainsSubstring("only_in_double, case '()', float32, against float64: result at () "
                               "of () is "));
}

TEST_CASE("op suite: refusals must have their text and happen", "[testing]") {
  const std::string text = said_of("wrong_refusal");
  CHECK_THAT(text, ContainsSubstring("case 'rejects 'wrong_refusal: too short: (2,)'', float64, "
                                     "rejection: threw 'wrong_refusal: too long: (2,)'"));
  CHECK_THAT(text, ContainsSubstring("rejects 'wrong_refusal: never'', float32, rejection: nothing "
                                     "was thrown"));
}

TEST_CASE("op suite: an op without cases does not pass", "[testing]") {
  CHECK_THAT(said_of("no_samples"), ContainsSubstring("the op has no case"));
}

TEST_CASE("op suite: backward refuses an op that is not listed", "[testing]") {
  eg::Tape tape;
  const auto x = tape.watch(eg::tensor<float>({1, 2}));
  const auto y = eg::detail::unary<eg::Unlisted>(x);
  CHECK_THROWS_TEXT(tape.backward(y, eg::ones<float>({2})), eg::TapeError,
                    "backward: op 'unlisted' is not listed; write EIGENGRAD_LIST_OP after it");
}

TEST_CASE("op list: sorted by name, with header and what is kept", "[testing]") {
  std::vector<eg::testing::OpEntry> ops = eg::testing::listed_ops();
  std::erase_if(ops, [](const auto& op) { return !op.header.ends_with("op_suite_test.cpp"); });
  REQUIRE(ops.size() == 8);
  CHECK(ops.front().name == "good");
  CHECK(ops.back().name == "wrong_refusal");
  for (const eg::testing::OpEntry& op : ops) {
    CHECK(op.saves == (op.name == "wrong_gradient"   ? "input"
                       : op.name == "only_in_double" ? "nothing"
                                                     : ""));
  }
  CHECK(eg::testing::detail::header_of("/a/include/eigengrad/ops/relu.hpp") == "ops/relu.hpp");
}
