// The part of the op suite that draws shapes: it must find faults that the shapes of an op's
// samples do not show. Each op here is the identity, broken in one way.

#include <eigengrad/testing/op_suite.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

/// A copy of x, recorded as Op.
template <class Op, FloatScalar T>
Tensor<T> same_as(const Tensor<T>& x) {
  Tensor<T> y = detail::copied(x);
  if (detail::must_record(x)) {
    detail::record<Op>(
        y, [](detail::Saver&) { return typename Op::template Payload<T>{}; }, x);
  }
  return y;
}

struct RightEverywhere {
  static constexpr std::string_view name = "right_everywhere";
  static constexpr std::string_view doc = "x.";
  template <class T>
  struct Payload {};
  template <class B, class Saved>
  static void vjp(B& b, Saved& /*saved*/) {
    b.add(0, b.gradient() * 1.0);
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(2, 3)", {{2, 3}}, [](const auto& in) { return same_as<RightEverywhere>(in[0]); });
  }
};
EIGENGRAD_LIST_OP(RightEverywhere);

struct WrongWhenLong : RightEverywhere {
  static constexpr std::string_view name = "wrong_when_long";
  template <class B, class Saved>
  static void vjp(B& b, Saved& /*saved*/) {
    b.add(0, b.gradient() * (b.gradient().size() > 6 ? 2.0 : 1.0));
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(3,)", {{3}}, [](const auto& in) { return same_as<WrongWhenLong>(in[0]); });
  }
};
EIGENGRAD_LIST_OP(WrongWhenLong);

struct WrongForwardWhenLarge : RightEverywhere {
  static constexpr std::string_view name = "wrong_forward_when_large";
  template <class F, class Saved>
  static void jvp(F& f, Saved& /*saved*/) {
    f.set(f.tangent(0) * (f.tangent(0).size() > 1000 ? 1.01 : 1.0));
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(2, 3)", {{2, 3}},
               [](const auto& in) { return same_as<WrongForwardWhenLarge>(in[0]); });
  }
};
EIGENGRAD_LIST_OP(WrongForwardWhenLarge);

struct RefusesSome : RightEverywhere {
  static constexpr std::string_view name = "refuses_some";
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(3,)", {{3}}, [](const auto& in) {
      if (in[0].size() > 20) {
        throw ShapeError("refuses_some", "too long");
      }
      return same_as<RefusesSome>(in[0]);
    });
  }
};
EIGENGRAD_LIST_OP(RefusesSome);

struct OneShape : RightEverywhere {
  static constexpr std::string_view name = "one_shape";
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(1, 1)", {{1, 1}}, [](const auto& in) { return same_as<OneShape>(in[0]); });
  }
};
EIGENGRAD_LIST_OP(OneShape);

struct FixedShapes : RightEverywhere {
  static constexpr std::string_view name = "fixed_shapes";
  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(3,)", {{3}}, [](const auto& in) { return same_as<FixedShapes>(in[0]); });
  }
};
EIGENGRAD_LIST_OP(FixedShapes);

}  // namespace eigengrad

namespace eg = eigengrad;
using eg::Index;
using eg::Shape;

namespace {

eg::testing::OpEntry entry(std::string_view name) {
  for (const eg::testing::OpEntry& op : eg::testing::listed_ops()) {
    if (op.name == name) {
      return op;
    }
  }
  FAIL(name << " is not listed");
  return {};
}

/// All that random shapes drawn from seed 7 say of one op, line by line.
std::string said_of(std::string_view name) {
  std::string text;
  for (const std::string& line : eg::testing::check_random_shapes(entry(name), 7)) {
    text += line + "\n";
  }
  return text;
}

eg::testing::Case<double> sample_of(std::vector<Shape> shapes) {
  using Inputs = std::vector<eg::Tensor<double>>;
  return {"a sample",
          std::move(shapes),
          eg::testing::detail::Apply<double>([](const Inputs& in) { return in[0]; }),
          {},
          1e-6};
}

}  // namespace

using Catch::Matchers::ContainsSubstring;

TEST_CASE("random shapes: an op without a fault passes", "[testing]") {
  CHECK(said_of("right_everywhere").empty());
}

TEST_CASE("random shapes: a gradient that is wrong for other shapes is found", "[testing]") {
  CHECK(eg::testing::check_op(entry("wrong_when_long")).empty());
  const std::string text = said_of("wrong_when_long");
  CHECK_THAT(text, ContainsSubstring("wrong_when_long, case '(3,) drawn as ("));
  CHECK_THAT(text, ContainsSubstring(",)', float64, central differences: gradient of input 0 ("));
  CHECK_THAT(text, ContainsSubstring("(seed 7)"));
}

TEST_CASE("random shapes: forward mode that is wrong for large shapes is found", "[testing]") {
  CHECK(eg::testing::check_op(entry("wrong_forward_when_large")).empty());
  const std::string text = said_of("wrong_forward_when_large");
  CHECK_THAT(text, ContainsSubstring("float64, large shapes: (seed 7) forward mode and backward "
                                     "disagree: <u, J t> = "));
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("random shapes: what a call throws is a failure", "[testing]") {
  CHECK_THAT(said_of("refuses_some"),
             ContainsSubstring("float64, threw: (seed 7) refuses_some: too long"));
}

TEST_CASE("random shapes: too few shapes are a failure", "[testing]") {
  CHECK_THAT(
      said_of("one_shape"),
      ContainsSubstring("one_shape, case 'random shapes', float64, samples: only 1 different "
                        "ones of 20 (seed 7)"));
  CHECK(said_of("fixed_shapes") ==
        "fixed_shapes, case 'random shapes', float64, samples: no case takes other extents; "
        "declare one with vary\n");
}

TEST_CASE("random shapes: equal extents stay equal, 0 and 1 stay", "[testing]") {
  eg::testing::detail::ShapeDraws draws(eg::RandomKey::named(7, "draws"));
  const auto sample = sample_of({{2, 3}, {3, 1}, {0, 2}});
  for (int i = 0; i < 100; ++i) {
    const std::vector<Shape> shapes = draws.draw(sample, eg::testing::detail::small_shapes);
    REQUIRE(shapes.size() == 3);
    CHECK(shapes[0][1] == shapes[1][0]);
    CHECK(shapes[0][0] == shapes[2][1]);
    CHECK(shapes[1][1] == 1);
    CHECK(shapes[2][0] == 0);
    CHECK(std::min(shapes[0][0], shapes[0][1]) >= 2);
    CHECK(shapes[0].size() <= 40);
  }
}

TEST_CASE("random shapes: those of elementwise ops broadcast and have any rank", "[testing]") {
  eg::testing::detail::ShapeDraws draws(eg::RandomKey::named(7, "draws"));
  auto sample = sample_of({{}, {}});
  sample.elementwise = true;
  std::vector<bool> ranks(6);
  Index different = 0;
  for (int i = 0; i < 200; ++i) {
    const std::vector<Shape> shapes = draws.draw(sample, eg::testing::detail::small_shapes);
    const Shape whole = eg::broadcast_shapes("test", shapes[0], shapes[1]);
    ranks.at(static_cast<std::size_t>(whole.rank())) = true;
    different += shapes[0] == shapes[1] ? 0 : 1;
  }
  CHECK(std::count(ranks.begin(), ranks.end(), true) == 6);
  CHECK(different > 50);
  const std::vector<Shape> large = draws.draw(sample, eg::testing::detail::large_shapes);
  CHECK(eg::broadcast_shapes("test", large[0], large[1]).size() > 100);
}
