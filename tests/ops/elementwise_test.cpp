// Elementwise functions where neither the op suite nor PyTorch's numbers look: the forms that take
// numbers, comparisons and masks, conversions, what a masked gradient does with infinities.

#include <eigengrad/eigengrad.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;
using eg::Tensor;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

template <class T>
std::vector<T> list(const Tensor<T>& x) {
  return eg::to_vector(x);
}

/// d sum(g f(x)) / dx.
template <class T, class F>
std::vector<T> gradient(const F& f, const Tensor<T>& x, const Tensor<T>& g) {
  eg::Tape tape;
  const Tensor<T> watched = tape.watch(x);
  tape.backward(f(watched), g);
  return list(tape.gradient(watched));
}
template <class T, class F>
std::vector<T> gradient(const F& f, const Tensor<T>& x) {
  return gradient(f, x, eg::ones<T>(x.shape()));
}

}  // namespace

TEMPLATE_TEST_CASE("arithmetic: operators with numbers on either side", "[ops]", float, double) {
  using T = TestType;
  using List = std::vector<T>;
  const auto x = eg::tensor<T>({1, -2, 4});
  CHECK(list(x + 2) == List{3, 0, 6});
  CHECK(list(2 + x) == List{3, 0, 6});
  CHECK(list(x - 2) == List{-1, -4, 2});
  CHECK(list(2 - x) == List{1, 4, -2});
  CHECK(list(x * 3) == List{3, -6, 12});
  CHECK(list(3 * x) == List{3, -6, 12});
  CHECK(list(x / 4) == List{0.25, -0.5, 1});
  CHECK(list(4 / x) == List{4, -2, 1});
  CHECK(list(-x) == List{-1, 2, -4});
  CHECK(list(x + x) == List{2, -4, 8});
  CHECK(list(x - x) == List{0, 0, 0});
  CHECK(list(x * x) == List{1, 4, 16});
  CHECK(list(x / x) == List{1, 1, 1});
  CHECK(gradient([](const auto& v) { return 4 / v; }, x) == List{-4, -1, -0.25});
  CHECK(gradient([](const auto& v) { return (2 - v) * 3 + v / 2; }, x) == List{-2.5, -2.5, -2.5});
}

TEMPLATE_TEST_CASE("pow, maximum, minimum: with numbers", "[ops]", float, double) {
  using T = TestType;
  using List = std::vector<T>;
  const auto x = eg::tensor<T>({1, 2, 4});
  CHECK(list(eg::pow(x, 2)) == List{1, 4, 16});
  CHECK(list(eg::pow(x, 3)) == List{1, 8, 64});
  CHECK(list(eg::pow(x, -2)) == List{1, 0.25, 0.0625});
  CHECK(list(eg::pow(2, x)) == List{2, 4, 16});
  CHECK(list(eg::square(x)) == List{1, 4, 16});
  CHECK(list(eg::maximum(x, 2)) == List{2, 2, 4});
  CHECK(list(eg::minimum(x, 2)) == List{1, 2, 2});
  // At the tie the number takes the other half.
  CHECK(gradient([](const auto& v) { return eg::maximum(v, 2); }, x) == List{0, 0.5, 1});
  CHECK(gradient([](const auto& v) { return eg::minimum(v, 2); }, x) == List{1, 0.5, 0});
}

TEMPLATE_TEST_CASE("masked gradients: an infinite one that is masked is 0, not NaN", "[ops]", float,
                   double) {
  using T = TestType;
  using List = std::vector<T>;
  const T infinite = std::numeric_limits<T>::infinity();
  const auto x = eg::tensor<T>({-1, 3});
  const auto g = eg::tensor<T>({infinite, 2});
  CHECK(gradient([](const auto& v) { return eg::relu(v); }, x, g) == List{0, 2});
  CHECK(gradient([](const auto& v) { return eg::clamp(v, 0, {}); }, x, g) == List{0, 2});
  CHECK(gradient([](const auto& v) { return eg::maximum(v, 0); }, x, g) == List{0, 2});
  const auto last = eg::tensor<bool>({false, true});
  CHECK(gradient([&](const auto& v) { return eg::where(last, v, 0); }, x, g) == List{0, 2});
  // Why that matters: log's gradient at 0 is infinite.
  const auto safe_log = [](const auto& v) {
    return eg::where(v > 0, eg::log(eg::maximum(v, 0)), 0);
  };
  CHECK(gradient(safe_log, eg::tensor<T>({-1, 4})) == List{0, 0.25});
}

TEST_CASE("clamp: bounds may be left out, infinite or crossed", "[ops]") {
  using List = std::vector<double>;
  const auto x = eg::tensor<double>({-inf, -2, 0, 2, inf});
  CHECK(list(eg::clamp(x, -1, 1)) == List{-1, -1, 0, 1, 1});
  CHECK(list(eg::clamp(x, -1, std::nullopt)) == List{-1, -1, 0, 2, inf});
  CHECK(list(eg::clamp(x, {}, 1)) == List{-inf, -2, 0, 1, 1});
  CHECK(list(eg::clamp(x, {}, {})) == List{-inf, -2, 0, 2, inf});
  CHECK(list(eg::clamp(x, 3, 1)) == List{1, 1, 1, 1, 1});
  const auto slope = [&x](std::optional<double> low, std::optional<double> high) {
    return gradient([=](const auto& v) { return eg::clamp(v, low, high); }, x);
  };
  CHECK(slope(-2, 2) == List{0, 0, 1, 0, 0});
  CHECK(slope({}, {}) == List{1, 1, 1, 1, 1});
  CHECK(slope(3, 1) == List{0, 0, 0, 0, 0});
}

TEST_CASE("sigmoid: the result knows its logits, with or without a tape", "[ops]") {
  const auto kind = eg::detail::Origin::sigmoid;
  auto x = eg::tensor<float>({-200, 0, 1});
  Tensor<float> y = eg::sigmoid(x);
  CHECK(eg::detail::origin_of(y, kind).data() == x.data());
  eg::Tape tape;
  const Tensor<float> watched = tape.watch(x);
  CHECK(eg::detail::origin_of(eg::sigmoid(watched), kind).data() == x.data());
  // A change of the logits or of the result ends that.
  x.set({0}, 1);
  CHECK_FALSE(eg::detail::origin_of(y, kind).defined());
  Tensor<float> z = eg::sigmoid(x);
  z.set({0}, 1);
  CHECK_FALSE(eg::detail::origin_of(z, kind).defined());
}

TEMPLATE_TEST_CASE("compare: tensors and numbers of every element type", "[ops]", float, double,
                   std::int64_t, std::int32_t, std::uint8_t) {
  using T = TestType;
  using Mask = std::vector<bool>;
  const auto x = eg::tensor<T>({1, 2, 3});
  const auto y = eg::tensor<T>({3, 2, 1});
  CHECK(list(eg::eq(x, y)) == Mask{false, true, false});
  CHECK(list(eg::ne(x, y)) == Mask{true, false, true});
  CHECK(list(eg::lt(x, y)) == Mask{true, false, false});
  CHECK(list(eg::le(x, y)) == Mask{true, true, false});
  CHECK(list(eg::gt(x, y)) == Mask{false, false, true});
  CHECK(list(eg::ge(x, y)) == Mask{false, true, true});
  const T two = 2;
  CHECK(list(eg::eq(x, two)) == Mask{false, true, false});
  CHECK(list(eg::ne(x, two)) == Mask{true, false, true});
  CHECK(list(eg::lt(x, two)) == Mask{true, false, false});
  CHECK(list(eg::le(x, two)) == Mask{true, true, false});
  CHECK(list(eg::gt(x, two)) == Mask{false, false, true});
  CHECK(list(eg::ge(x, two)) == Mask{false, true, true});
  CHECK(list(x < y) == list(eg::lt(x, y)));
  CHECK(list(x <= y) == list(eg::le(x, y)));
  CHECK(list(x > y) == list(eg::gt(x, y)));
  CHECK(list(x >= y) == list(eg::ge(x, y)));
  CHECK(list(x < two) == Mask{true, false, false});
  CHECK(list(two < x) == Mask{false, false, true});
  CHECK(list(x <= two) == Mask{true, true, false});
  CHECK(list(two <= x) == Mask{false, true, true});
  CHECK(list(x > two) == Mask{false, false, true});
  CHECK(list(two > x) == Mask{true, false, false});
  CHECK(list(x >= two) == Mask{false, true, true});
  CHECK(list(two >= x) == Mask{true, true, false});
}

TEST_CASE("compare: broadcasts, reads strided views, refuses other shapes", "[ops]") {
  const auto column = eg::tensor<float>({1, 2, 3}, {3, 1});
  const auto row = eg::tensor<float>({2, 3});
  const Tensor<bool> less = column < row;
  CHECK(less.shape() == eg::Shape{3, 2});
  CHECK(list(less) == std::vector<bool>{true, true, false, true, false, false});
  const auto square = eg::tensor<float>({{1, 2}, {3, 4}});
  CHECK(list(eg::eq(eg::transpose(square), square)) == std::vector<bool>{true, false, false, true});
  CHECK(list(eg::transpose(square) > 2) == std::vector<bool>{false, true, false, true});
  CHECK(eg::eq(eg::empty<float>({0, 3}), eg::empty<float>({3})).shape() == eg::Shape{0, 3});
  CHECK(eg::lt(eg::scalar(1.0), eg::scalar(2.0)).item());
  const auto two = eg::zeros<float>({2});
  const auto three = eg::zeros<float>({3});
  CHECK_THROWS_TEXT(eg::eq(two, three), eg::ShapeError,
                    "eq: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(eg::ne(two, three), eg::ShapeError,
                    "ne: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(two < three, eg::ShapeError, "lt: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(two <= three, eg::ShapeError, "le: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(two > three, eg::ShapeError, "gt: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(two >= three, eg::ShapeError, "ge: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(eg::logical_and(two, three), eg::ShapeError,
                    "logical_and: shapes do not broadcast: (2,) and (3,)");
  CHECK_THROWS_TEXT(eg::logical_or(two, three), eg::ShapeError,
                    "logical_or: shapes do not broadcast: (2,) and (3,)");
}

TEST_CASE("compare: NaN, signed zeros, infinities", "[ops]") {
  using Mask = std::vector<bool>;
  const auto x = eg::tensor<double>({nan_value, -0.0, inf, 1});
  CHECK(list(eg::eq(x, x)) == Mask{false, true, true, true});
  CHECK(list(eg::ne(x, x)) == Mask{true, false, false, false});
  CHECK(list(eg::eq(x, 0)) == Mask{false, true, false, false});
  CHECK(list(x < inf) == Mask{false, true, false, true});
  CHECK(list(eg::isnan(x)) == Mask{true, false, false, false});
  CHECK(list(eg::isinf(-x)) == Mask{false, false, true, false});
  CHECK(list(eg::isfinite(x)) == Mask{false, true, false, true});
  CHECK(list(eg::logical_not(x)) == Mask{false, true, false, false});
}

TEST_CASE("compare: logic of masks", "[ops]") {
  using Mask = std::vector<bool>;
  const auto a = eg::tensor<bool>({false, false, true, true});
  const auto b = eg::tensor<bool>({false, true, false, true});
  CHECK(list(eg::logical_and(a, b)) == Mask{false, false, false, true});
  CHECK(list(eg::logical_or(a, b)) == Mask{false, true, true, true});
  CHECK(list(eg::logical_not(a)) == Mask{true, true, false, false});
  CHECK(list(eg::ne(a, b)) == Mask{false, true, true, false});
}

TEST_CASE("where: chooses elements, for integers too; the others may be NaN", "[ops]") {
  const auto mask = eg::tensor<bool>({true, false});
  const auto x = eg::tensor<double>({1, nan_value});
  const auto y = eg::tensor<double>({nan_value, 4});
  CHECK(list(eg::where(mask, x, y)) == std::vector<double>{1, 4});
  CHECK(list(eg::where(mask, x, 5)) == std::vector<double>{1, 5});
  CHECK(list(eg::where(mask, 5, y)) == std::vector<double>{5, 4});
  const auto i = eg::tensor<std::int64_t>({7, 8});
  CHECK(list(eg::where(mask, i, -1)) == std::vector<std::int64_t>{7, -1});
  eg::Tape tape;
  const auto u = tape.watch(x);
  const auto v = tape.watch(y);
  tape.backward(eg::where(mask, u, v), eg::tensor<double>({2, 3}));
  CHECK(list(tape.gradient(u)) == std::vector<double>{2, 0});
  CHECK(list(tape.gradient(v)) == std::vector<double>{0, 3});
}

TEST_CASE("cast: converts as NumPy and carries gradients between float and double", "[ops]") {
  const auto x = eg::tensor<double>({-1.75, 0, 0.5, 300});
  CHECK(list(eg::cast<std::int64_t>(x)) == std::vector<std::int64_t>{-1, 0, 0, 300});
  CHECK(list(eg::cast<bool>(x)) == std::vector<bool>{true, false, true, true});
  CHECK(list(eg::cast<float>(x)) == std::vector<float>{-1.75F, 0, 0.5F, 300});
  CHECK(list(eg::cast<double>(eg::tensor<bool>({true, false}))) == std::vector<double>{1, 0});
  CHECK(eg::cast<double>(x).data() == x.data());
  eg::Tape tape;
  const auto single = tape.watch(eg::tensor<float>({1, 2}));
  const Tensor<double> twice = eg::cast<double>(single) * 2;
  tape.backward(twice, eg::tensor<double>({1, 3}));
  CHECK(list(tape.gradient(single)) == std::vector<float>{2, 6});
}
