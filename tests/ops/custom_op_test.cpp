// Sample cases of the ops below alone: those of the library's are made elsewhere.
#define EIGENGRAD_SUITE_HEADERS ":"
// clang-format off
#include <eigengrad/testing/op_suite.hpp>
// clang-format on

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/custom_op.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/transforms.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <tuple>
#include <vector>

namespace eg = eigengrad;
using eg::equal;
using eg::Tensor;

namespace {

Tensor<double> values(std::initializer_list<double> list) {
  return eg::from_vector(std::vector<double>(list));
}

/// What EIGENGRAD_LIST_OP does in a unit that makes the cases of all ops.
template <class Op>
bool list() {
  return eg::testing::detail::list_op<Op, eg::testing::detail::SampleCases>("custom_op_test.cpp");
}

/// The documentation's example, listed for the suite.
struct Cube {
  static constexpr std::string_view name = "test_cube";
  static constexpr std::string_view doc = "x^3.";
  static constexpr eg::Save saves = eg::Save::input;
  template <class T>
  static Tensor<T> forward(const Tensor<T>& x) {
    return x * x * x;
  }
  template <class B, class T>
  static void vjp(B& b, const Tensor<T>& x) {
    b.add(0, b.gradient() * x * x * 3.0);
  }
  template <class Cases>
  static void samples(Cases& cases) {
    const auto cube = [](const auto& in) { return eg::custom_op<Cube>(in[0]); };
    cases.vary("(2, 3)", {{2, 3}}, cube);
    cases.add("a scalar", {{}}, cube);
    cases.add("nothing", {{0}}, cube);
  }
};
[[maybe_unused]] const bool cube_is_listed = list<Cube>();

/// factor * (x @ y): two operands, an attribute and a jvp.
struct ScaledProduct {
  static constexpr std::string_view name = "test_scaled_product";
  static constexpr std::string_view doc = "factor times a matrix product.";
  static constexpr eg::Save saves = eg::Save::input;
  double factor = 0.5;
  template <class T>
  [[nodiscard]] Tensor<T> forward(const Tensor<T>& x, const Tensor<T>& y) const {
    return matmul(x, y) * factor;
  }
  template <class B, class T>
  void vjp(B& b, const Tensor<T>& x, const Tensor<T>& y) const {
    const auto g = b.gradient() * factor;
    if (b.wants(0)) {
      b.add(0, matmul(g, transpose(y)));
    }
    if (b.wants(1)) {
      b.add(1, matmul(transpose(x), g));
    }
  }
  template <class F, class T>
  void jvp(F& f, const Tensor<T>& x, const Tensor<T>& y) const {
    ++jvps;
    auto t = zeros_like(f.result());
    if (f.has(0)) {
      t = t + matmul(f.tangent(0), y) * factor;
    }
    if (f.has(1)) {
      t = t + matmul(x, f.tangent(1)) * factor;
    }
    f.set(t);
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(2, 3) x (3, 4)", {{2, 3}, {3, 4}},
               [](const auto& in) { return eg::custom_op(ScaledProduct{1.5}, in[0], in[1]); });
  }
  static inline int jvps = 0;
};
[[maybe_unused]] const bool scaled_product_is_listed = list<ScaledProduct>();

/// e^x from its result, which it saves.
struct Exponential {
  static constexpr std::string_view name = "test_exponential";
  static constexpr std::string_view doc = "e^x.";
  static constexpr eg::Save saves = eg::Save::output;
  template <class T>
  static Tensor<T> forward(const Tensor<T>& x) {
    return exp(x);
  }
  template <class B, class T>
  static void vjp(B& b, const Tensor<T>& y) {
    b.add(0, b.gradient() * y);
  }
  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(4,)", {{4}}, [](const auto& in) { return eg::custom_op<Exponential>(in[0]); });
  }
};
[[maybe_unused]] const bool exponential_is_listed = list<Exponential>();

}  // namespace

TEST_CASE("custom_op: passes the suite as the library's own ops do", "[ops][transforms]") {
  int found = 0;
  for (const eg::testing::OpEntry& op : eg::testing::listed_ops()) {
    if (op.name.starts_with("test_")) {
      ++found;
      for (const std::string& failure : eg::testing::check_op(op)) {
        FAIL_CHECK(failure);
      }
    }
  }
  CHECK(found == 3);
  CHECK(ScaledProduct::jvps > 0);
}

TEST_CASE("custom_op: three derivatives", "[ops][transforms]") {
  const auto cube = [](const auto& x) { return sum(eg::custom_op<Cube>(x)); };
  const auto first = [&](const auto& x) { return sum(eg::grad(cube, x)); };
  const auto second = [&](const auto& x) { return sum(eg::grad(first, x)); };
  CHECK(equal(eg::grad(cube, values({1, 2})), values({3, 12})));
  CHECK(equal(eg::grad(first, values({1, 2})), values({6, 12})));
  CHECK(equal(eg::grad(second, values({1, 2})), values({6, 6})));
}

TEST_CASE("custom_gradient: replaces the gradient of a function", "[ops][transforms]") {
  const auto reversed = [](const auto& x) {
    return sum(eg::custom_gradient([](const auto& at) { return at * at; },
                                   [](const auto& g, const auto& at) { return g * at * -2.0; }, x));
  };
  const auto [value, gradients] = eg::value_and_grad(reversed, values({1, 2}));
  CHECK(value.item() == 5);
  CHECK(equal(std::get<0>(gradients), values({-2, -4})));
  CHECK(equal(eg::jvp(reversed, values({1, 2}), values({1, 1})).tangent, eg::scalar(-6.0)));
}

TEST_CASE("custom_gradient: of two inputs, as a tuple", "[ops][transforms]") {
  const auto product = [](const auto& x, const auto& y) {
    return sum(eg::custom_gradient(
        [](const auto& a, const auto& b) { return a * b; },
        [](const auto& g, const auto& a, const auto& b) { return std::tuple(g * b, g * a * 10.0); },
        x, y));
  };
  const auto [dx, dy] = eg::grad(product, values({1, 2}), values({3, 4}));
  CHECK(equal(dx, values({3, 4})));
  CHECK(equal(dy, values({10, 20})));
}

TEST_CASE("custom_gradient: a gradient of another shape is refused", "[ops][transforms]") {
  const auto wrong = [](const auto& x) {
    return sum(eg::custom_gradient([](const auto& at) { return at; },
                                   [](const auto& g, const auto&) { return sum(g); }, x));
  };
  CHECK_THROWS_TEXT(eg::grad(wrong, values({1, 2})), eg::ShapeError,
                    "custom_gradient: gradient of input 0 is (), the input is (2,)");
}

TEST_CASE("straight_through: the value of f, the gradient of x", "[ops][transforms]") {
  const auto rounded = [](const Tensor<double>& x) {
    Tensor<double> y = eg::detail::copied(x);
    for (double& v : y.mutable_values()) {
      v = std::round(v);
    }
    return y;
  };
  const auto f = [&](const auto& x) {
    const auto y = eg::straight_through(rounded, x);
    return sum(y * y);
  };
  const auto [value, gradients] = eg::value_and_grad(f, values({0.4, 1.6}));
  CHECK(value.item() == 4);
  CHECK(equal(std::get<0>(gradients), values({0, 4})));
}

TEST_CASE("stop_gradient: a constant for every mode", "[ops][transforms]") {
  const auto f = [](const auto& x) { return sum(x * eg::stop_gradient(x)); };
  CHECK(equal(eg::grad(f, values({1, 2})), values({1, 2})));
  CHECK(eg::jvp(f, values({1, 2}), values({1, 1})).tangent.item() == 3);
  CHECK(equal(eg::hessian(f, values({1, 2})), eg::zeros<double>({2, 2})));
}
