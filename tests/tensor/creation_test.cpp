// New tensors, and views over the user's memory.

#include "support/catch.hpp"

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::Shape;
using eg::Tensor;

TEMPLATE_TEST_CASE("creation: zeros, ones and full of every element type", "[tensor]", float,
                   double, std::int64_t, std::int32_t, std::uint8_t, bool) {
  CHECK(eg::to_vector(eg::zeros<TestType>({2, 2})) == std::vector<TestType>(4, TestType(0)));
  CHECK(eg::to_vector(eg::ones<TestType>({3})) == std::vector<TestType>(3, TestType(1)));
  const auto x = eg::full<TestType>({2, 1, 2}, TestType(1));
  CHECK(x.shape() == Shape{2, 1, 2});
  CHECK(x.at(1, 0, 1) == TestType(1));
  CHECK(eg::zeros<TestType>({0, 3}).size() == 0);
  CHECK(eg::scalar(TestType(1)).rank() == 0);
  CHECK(eg::scalar(TestType(1)).item() == TestType(1));
  CHECK(eg::empty<TestType>({4, 5}).shape() == Shape{4, 5});
}

TEST_CASE("creation: the like functions take shape and type", "[tensor]") {
  const auto x = eg::tensor<double>({{1, 2, 3}});
  CHECK(eg::empty_like(x).shape() == x.shape());
  CHECK(eg::to_vector(eg::zeros_like(x)) == std::vector<double>{0, 0, 0});
  CHECK(eg::to_vector(eg::ones_like(x)) == std::vector<double>{1, 1, 1});
  CHECK(eg::to_vector(eg::full_like(x, 7)) == std::vector<double>{7, 7, 7});
  CHECK(eg::full_like(x, 7).shape() == Shape{1, 3});
}

TEST_CASE("creation: full deduces the element type", "[tensor]") {
  static_assert(std::is_same_v<decltype(eg::full({2}, 1.5F)), Tensor<float>>);
  static_assert(std::is_same_v<decltype(eg::full({2}, true)), Tensor<bool>>);
  CHECK(eg::full({2}, 1.5F).at(1) == 1.5F);
}

TEST_CASE("creation: arange counts up to but not including stop", "[tensor]") {
  CHECK(eg::to_vector(eg::arange<float>(4)) == std::vector<float>{0, 1, 2, 3});
  CHECK(eg::to_vector(eg::arange<std::int64_t>(2, 5)) == std::vector<std::int64_t>{2, 3, 4});
  CHECK(eg::to_vector(eg::arange<std::int32_t>(5, 0, -2)) == std::vector<std::int32_t>{5, 3, 1});
  CHECK(eg::to_vector(eg::arange<std::uint8_t>(250, 255, 2)) ==
        std::vector<std::uint8_t>{250, 252, 254});
  CHECK(eg::arange<float>(0).size() == 0);
  CHECK(eg::arange<double>(3, 1).size() == 0);
  CHECK(eg::arange<std::int64_t>(1, 3, -1).size() == 0);
  static_assert(std::is_same_v<decltype(eg::arange(3.0)), Tensor<double>>);
}

TEST_CASE("creation: the length of arange is NumPy's", "[tensor]") {
  // len(numpy.arange(start, stop, step)), NumPy 2.4
  CHECK(eg::arange<double>(0, 1, 0.1).size() == 10);
  CHECK(eg::arange<double>(0, 1.0000001, 0.1).size() == 11);
  CHECK(eg::arange<double>(1, 1.3, 0.1).size() == 4);  // 1.3 slips in, as NumPy warns
  CHECK(eg::arange<double>(0.5, 3.5).size() == 3);
  CHECK(eg::arange<double>(2, 0, -0.5).size() == 4);
  CHECK(eg::arange<std::int64_t>(0, 10, 3).size() == 4);
  CHECK(eg::arange<std::int64_t>(0, 9, 3).size() == 3);
  CHECK(eg::arange<std::int64_t>(10, 0, -4).size() == 3);
}

TEST_CASE("creation: arange at the ends of the integers", "[tensor]") {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  const auto x = eg::arange<std::int64_t>(low, high, high);
  CHECK(eg::to_vector(x) == std::vector<std::int64_t>{low, -1, high - 1});
  const auto y = eg::arange<std::int64_t>(high, low, low);
  CHECK(eg::to_vector(y) == std::vector<std::int64_t>{high, -1});
  CHECK_THROWS_AS(eg::arange<std::int64_t>(low, high, 1), eg::ValueError);
}

TEST_CASE("creation: arange refuses what has no length", "[tensor]") {
  CHECK_THROWS_TEXT(eg::arange<double>(0, 1, 0), eg::ValueError, "arange: step is 0");
  CHECK_THROWS_TEXT(eg::arange<std::int64_t>(0, 1, 0), eg::ValueError, "arange: step is 0");
  CHECK_THROWS_TEXT(eg::arange<double>(std::numeric_limits<double>::infinity()), eg::ValueError,
                    "arange: no finite number of steps: start 0, stop inf, step 1");
  CHECK_THROWS_AS(eg::arange<float>(std::numeric_limits<float>::quiet_NaN()), eg::ValueError);
}

TEST_CASE("creation: linspace with and without its endpoint", "[tensor]") {
  CHECK(eg::to_vector(eg::linspace<double>(0, 1, 5)) == std::vector<double>{0, 0.25, 0.5, 0.75, 1});
  CHECK(eg::to_vector(eg::linspace<double>(0, 1, 4, false)) ==
        std::vector<double>{0, 0.25, 0.5, 0.75});
  CHECK(eg::to_vector(eg::linspace<float>(3, -3, 3)) == std::vector<float>{3, 0, -3});
  CHECK(eg::to_vector(eg::linspace<float>(3, 9, 1)) == std::vector<float>{3});
  CHECK(eg::linspace<float>(3, 9, 0).size() == 0);
  CHECK(eg::linspace<double>(0, 0.1, 7).at(-1) == 0.1);  // exactly, whatever the step rounds to
  CHECK_THROWS_TEXT(eg::linspace<float>(0, 1, -2), eg::ValueError,
                    "linspace: count is negative: -2");
}

TEST_CASE("creation: eye, square and not", "[tensor]") {
  CHECK(eg::equal(eg::eye<float>(2), eg::tensor<float>({{1, 0}, {0, 1}})));
  CHECK(eg::equal(eg::eye<std::int64_t>(2, 3), eg::tensor<std::int64_t>({{1, 0, 0}, {0, 1, 0}})));
  CHECK(eg::equal(eg::eye<double>(3, 1), eg::tensor<double>({{1}, {0}, {0}})));
  CHECK(eg::eye<double>(0).shape() == Shape{0, 0});
  CHECK(eg::eye<double>(2, 0).shape() == Shape{2, 0});
  CHECK_THROWS_TEXT(eg::eye<float>(-1), eg::ValueError, "eye: count is negative: -1");
  CHECK_THROWS_TEXT(eg::eye<float>(2, -2), eg::ValueError, "eye: count is negative: -2");
}

TEST_CASE("creation: tensors from values written in place", "[tensor]") {
  CHECK(eg::tensor<float>({1, 2, 3}).shape() == Shape{3});
  CHECK(eg::tensor<float>({5}).shape() == Shape{1});
  CHECK(eg::tensor<float>({}).shape() == Shape{0});
  CHECK(eg::tensor<float>({{1, 2}, {3, 4}, {5, 6}}).shape() == Shape{3, 2});
  CHECK(eg::tensor<float>({{1}, {2}}).shape() == Shape{2, 1});
  CHECK(eg::tensor<float>({{1}}).shape() == Shape{1, 1});
  CHECK(eg::tensor<double>({{1, 2}, {3, 4}}).at(1, 0) == 3.0);
  CHECK(eg::tensor<bool>({true, false}).at(0));
  CHECK(eg::tensor<std::int64_t>({1, 2, 3, 4, 5, 6}, {3, 2}).at(2, 0) == 5);
  static_assert(std::is_same_v<decltype(eg::tensor({1.0, 2.0})), Tensor<double>>);
  CHECK_THROWS_TEXT(eg::tensor<float>({{1, 2}, {3}}), eg::ShapeError,
                    "tensor: row 1 has 1 values, row 0 has 2");
  CHECK_THROWS_TEXT((eg::tensor<float>({1, 2, 3}, {2, 2})), eg::ShapeError,
                    "tensor: 3 values do not fill (2, 2)");
}

TEST_CASE("creation: from_span and from_vector copy", "[tensor]") {
  std::vector<double> values{1, 2, 3, 4};
  const auto x = eg::from_span(values, {2, 2});
  static_assert(std::is_same_v<decltype(x), const Tensor<double>>);
  values[0] = 9;
  CHECK(x.at(0, 0) == 1.0);
  CHECK(eg::from_span(std::array<std::int64_t, 2>{7, 8}, {2}).at(1) == 8);
  CHECK(eg::from_span(std::span<const double>(values).subspan(1, 2), {2}).at(0) == 2.0);
  CHECK(eg::from_span<double>(values, {4}).at(0) == 9.0);
  CHECK(eg::from_vector(values).shape() == Shape{4});
  CHECK(eg::from_vector(std::vector<bool>{true, false, true}, {3, 1}).at(2, 0));
  CHECK_THROWS_TEXT(eg::from_span(values, {3}), eg::ShapeError,
                    "from_span: 4 values do not fill (3,)");
  CHECK_THROWS_TEXT(eg::from_vector(values, {2, 3}), eg::ShapeError,
                    "from_vector: 4 values do not fill (2, 3)");
}

TEST_CASE("creation: view_of shares the user's memory", "[tensor]") {
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  auto x = eg::view_of(values, {2, 3});
  CHECK(x.data() == values.data());
  values[5] = 60;
  CHECK(x.at(1, 2) == 60.0F);
  x.set({0, 0}, 10);
  CHECK(values[0] == 10.0F);
  CHECK(x.is_contiguous());
  CHECK_THROWS_TEXT(eg::view_of(values, {4}), eg::ShapeError, "view_of: 6 values do not fill (4,)");
}

TEST_CASE("creation: view_of const memory is read-only", "[tensor]") {
  const std::vector<float> values{1, 2, 3, 4};
  auto x = eg::view_of(values, {2, 2});
  static_assert(std::is_same_v<decltype(x), Tensor<float>>);
  CHECK(x.at(1, 1) == 4.0F);
  CHECK_THROWS_TEXT(x.mutable_data(), eg::ValueError,
                    "mutable_data: the tensor views const memory of the user");
  CHECK_THROWS_AS(x.set({0, 0}, 1), eg::ValueError);
  CHECK(x.at(0, 0) == 1.0F);
  auto copy = eg::detail::copied(x);
  copy.set({0, 0}, 5);
  CHECK(copy.at(0, 0) == 5.0F);
}

namespace {

template <class Values>
concept Viewable = requires(Values&& values) {
  eg::view_of(static_cast<Values&&>(values), {1});
};

}  // namespace

TEST_CASE("creation: view_of takes no temporary that owns its values", "[tensor]") {
  STATIC_REQUIRE(Viewable<std::vector<float>&>);
  STATIC_REQUIRE(Viewable<std::span<float>>);
  STATIC_REQUIRE_FALSE(Viewable<std::vector<float>>);
}

TEST_CASE("creation: view_of with strides", "[tensor]") {
  std::vector<std::int32_t> values{0, 1, 2, 3, 4, 5, 6, 7};
  const auto left = eg::view_of(values, {2, 3}, {4, 1});
  CHECK_FALSE(left.is_contiguous());
  CHECK(eg::to_vector(left) == std::vector<std::int32_t>{0, 1, 2, 4, 5, 6});
  CHECK(eg::to_vector(eg::view_of(values, {4, 2}, {1, 4})) ==
        std::vector<std::int32_t>{0, 4, 1, 5, 2, 6, 3, 7});
  CHECK(eg::to_vector(eg::view_of(values, {2, 2}, {0, 7})) ==
        std::vector<std::int32_t>{0, 7, 0, 7});
  CHECK(eg::view_of(values, {0, 3}, {100, 1}).size() == 0);
  CHECK_THROWS_TEXT(eg::view_of(values, {2, 3}, {6, 1}), eg::ShapeError,
                    "view_of: strides (6, 1) of (2, 3) do not stay within 8 values");
  CHECK_THROWS_AS(eg::view_of(values, {2, 3}, {4}), eg::ShapeError);
  CHECK_THROWS_AS(eg::view_of(values, {2}, {-1}), eg::ShapeError);
  CHECK_THROWS_AS(eg::view_of(values, {3}, {std::numeric_limits<Index>::max()}), eg::ShapeError);
}

TEST_CASE("creation: an empty view needs no memory", "[tensor]") {
  std::vector<float> none;
  const auto x = eg::view_of(none, {0});
  CHECK(eg::to_vector(x).empty());
  CHECK(eg::detail::copied(x).shape() == Shape{0});
  CHECK(eg::from_span(none, {3, 0}).shape() == Shape{3, 0});
}
