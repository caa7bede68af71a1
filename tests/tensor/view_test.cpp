// The views below ops/: elements, sharing, and the text of every refusal.

#include "support/catch.hpp"

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;
namespace detail = eigengrad::detail;
using eg::Index;
using eg::Shape;
using Numbers = std::vector<std::int64_t>;

namespace {

eg::Tensor<std::int64_t> counted(const Shape& shape) {
  return detail::reshape_view_or_copy(eg::arange<std::int64_t>(shape.size()), shape);
}

}  // namespace

TEST_CASE("reshape: shares the elements of a contiguous tensor", "[tensor]") {
  const auto x = eg::arange<std::int64_t>(12);
  const auto y = detail::reshape_view_or_copy(x, {3, 4});
  CHECK(y.shape() == Shape{3, 4});
  CHECK(eg::is_same_storage(x, y));
  CHECK(y.is_contiguous());
  CHECK(y.at(2, 1) == 9);
  CHECK(detail::reshape_view_or_copy(y, {2, 1, 6}).at(1, 0, 5) == 11);
  CHECK(detail::reshape_view_or_copy(eg::scalar(3.0), {1, 1}).at(0, 0) == 3.0);
  CHECK(detail::reshape_view_or_copy(eg::full<float>({1, 1}, 2), {}).item() == 2.0F);
}

TEST_CASE("reshape: -1 is worked out", "[tensor]") {
  const auto x = counted({3, 4});
  CHECK(detail::reshape_view_or_copy(x, {-1}).shape() == Shape{12});
  CHECK(detail::reshape_view_or_copy(x, {2, -1}).shape() == Shape{2, 6});
  CHECK(detail::reshape_view_or_copy(x, {-1, 2, 2}).shape() == Shape{3, 2, 2});
  CHECK(detail::reshape_view_or_copy(x, {12, -1}).shape() == Shape{12, 1});
  CHECK(detail::reshape_view_or_copy(eg::zeros<float>({0, 4}), {-1, 2}).shape() == Shape{0, 2});
}

TEST_CASE("reshape: refuses another number of elements", "[tensor]") {
  const auto x = eg::arange<std::int64_t>(12);
  CHECK_THROWS_TEXT(detail::reshape_view_or_copy(x, {5, -1}), eg::ShapeError,
                    "reshape: cannot view 12 elements as (5, -1)");
  CHECK_THROWS_TEXT(detail::reshape_view_or_copy(x, {3, 5}), eg::ShapeError,
                    "reshape: cannot view 12 elements as (3, 5)");
  CHECK_THROWS_TEXT(detail::reshape_view_or_copy(x, {-1, -1}), eg::ShapeError,
                    "reshape: cannot view 12 elements as (-1, -1)");
  CHECK_THROWS_TEXT(detail::reshape_view_or_copy(x, {-12}), eg::ShapeError,
                    "reshape: cannot view 12 elements as (-12,)");
  CHECK_THROWS_TEXT(detail::reshape_view_or_copy(x, {1, 1, 1, 1, 1, 1, 12}, "flatten"),
                    eg::ShapeError, "flatten: cannot view 12 elements as (1, 1, 1, 1, 1, 1, 12)");
  CHECK_THROWS_TEXT(detail::reshape_view_or_copy(eg::zeros<float>({0}), {0, -1}), eg::ShapeError,
                    "reshape: cannot view 0 elements as (0, -1)");
  const Index large = Index{1} << 62;
  CHECK_THROWS_AS(detail::reshape_view_or_copy(x, {large, large}), eg::ShapeError);
}

TEST_CASE("reshape: strided tensors are viewed where that is possible, else copied", "[tensor]") {
  const auto x = counted({4, 6});
  const auto left = detail::sliced(x, 1, 0, 4);  // rows of 4, 6 apart
  const auto split = detail::reshape_view_or_copy(left, {2, 2, 2, 2});
  CHECK(eg::is_same_storage(split, x));
  CHECK(eg::to_vector(split) == eg::to_vector(left));
  const auto every_other = detail::sliced(x, 0, 0, detail::slice_end, 2);
  CHECK(eg::is_same_storage(detail::reshape_view_or_copy(every_other, {2, 3, 2}), x));

  const auto flat = detail::reshape_view_or_copy(left, {16});
  CHECK_FALSE(eg::is_same_storage(flat, x));
  CHECK(eg::to_vector(flat) == Numbers{0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 15, 18, 19, 20, 21});
  const auto turned = detail::reshape_view_or_copy(detail::permuted(x, {1, 0}), {2, 12});
  CHECK_FALSE(eg::is_same_storage(turned, x));
  CHECK(turned.at(0, 1) == 6);
}

TEST_CASE("reshape: every shape of every permuted and sliced tensor reads in row-major order",
          "[tensor]") {
  const std::vector<std::vector<Index>> orders{{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                               {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  const std::vector<std::vector<Index>> shapes{{24},      {2, 12},   {12, 2},      {4, 6},
                                               {2, 3, 4}, {4, 3, 2}, {1, 24, 1},   {2, 1, 2, 6},
                                               {8, 3},    {3, 8},    {2, 2, 2, 3}, {6, 2, 2}};
  const auto whole = counted({3, 4, 5});
  for (const auto& order : orders) {
    // (2, 3, 4) out of (3, 4, 5), then its axes in this order
    const auto part =
        detail::sliced(detail::sliced(detail::sliced(whole, 0, 1), 1, 0, -1), 2, 0, 4);
    const auto x = detail::permuted(part, order);
    Numbers expected;
    for (Index i = 0; i < x.extent(0); ++i) {
      for (Index j = 0; j < x.extent(1); ++j) {
        for (Index k = 0; k < x.extent(2); ++k) {
          expected.push_back(x.at(i, j, k));
        }
      }
    }
    for (const auto& shape : shapes) {
      REQUIRE(eg::to_vector(detail::reshape_view_or_copy(x, shape)) == expected);
    }
  }
}

TEST_CASE("permute: axes in any order, negative ones too", "[tensor]") {
  const auto x = counted({2, 3, 4});
  const auto y = detail::permuted(x, {2, 0, 1});
  CHECK(y.shape() == Shape{4, 2, 3});
  CHECK(y.at(3, 1, 2) == x.at(1, 2, 3));
  CHECK(eg::is_same_storage(x, y));
  CHECK_FALSE(y.is_contiguous());
  CHECK(detail::permuted(x, {-1, 0, 1}).shape() == Shape{4, 2, 3});
  CHECK(detail::permuted(x, {0, 1, 2}).is_contiguous());
  CHECK(detail::permuted(eg::scalar(1.0), {}).item() == 1.0);
  CHECK_THROWS_TEXT(detail::permuted(x, {0, 0, 1}), eg::ShapeError,
                    "permute: axes are not a permutation of those of (2, 3, 4): (0, 0, 1)");
  CHECK_THROWS_TEXT(detail::permuted(x, {1, 0}, "transpose"), eg::ShapeError,
                    "transpose: axes are not a permutation of those of (2, 3, 4): (1, 0)");
  CHECK_THROWS_AS(detail::permuted(x, {0, 1, 3}), eg::ShapeError);
  CHECK_THROWS_AS(detail::permuted(x, {0, 1, -4}), eg::ShapeError);
}

TEST_CASE("transpose: two axes exchanged", "[tensor]") {
  const auto x = counted({2, 3, 4});
  const auto y = detail::axes_swapped(x, 0, -1);
  CHECK(y.shape() == Shape{4, 3, 2});
  CHECK(y.at(3, 2, 1) == x.at(1, 2, 3));
  CHECK(detail::axes_swapped(x, 1, 1).is_contiguous());
  CHECK_THROWS_TEXT(detail::axes_swapped(x, 0, 3), eg::IndexError,
                    "transpose: axis 3 is outside [-3, 3)");
}

TEST_CASE("slice: bounds and steps are Python's", "[tensor]") {
  const auto x = eg::arange<std::int64_t>(6);
  const auto slice = [&](Index start, Index stop, Index step = 1) {
    return eg::to_vector(detail::sliced(x, 0, start, stop, step));
  };
  // list(range(6))[start:stop:step], Python 3
  CHECK(slice(1, 4) == Numbers{1, 2, 3});
  CHECK(slice(0, 6, 2) == Numbers{0, 2, 4});
  CHECK(slice(1, 6, 2) == Numbers{1, 3, 5});
  CHECK(slice(0, 6, 4) == Numbers{0, 4});
  CHECK(slice(0, 5, 4) == Numbers{0, 4});
  CHECK(slice(0, 4, 4) == Numbers{0});
  CHECK(slice(-2, detail::slice_end) == Numbers{4, 5});
  CHECK(slice(0, -2) == Numbers{0, 1, 2, 3});
  CHECK(slice(-4, -1) == Numbers{2, 3, 4});
  CHECK(slice(-100, 2) == Numbers{0, 1});
  CHECK(slice(4, 100) == Numbers{4, 5});
  CHECK(slice(4, 2).empty());
  CHECK(slice(6, 7).empty());
  CHECK(slice(0, -6).empty());
  CHECK(slice(100, -100).empty());
  CHECK(slice(std::numeric_limits<Index>::min(), detail::slice_end) == Numbers{0, 1, 2, 3, 4, 5});
  CHECK(slice(0, 6, detail::slice_end) == Numbers{0});
}

TEST_CASE("slice: along any axis, as a view", "[tensor]") {
  const auto x = counted({3, 4});
  const auto y = detail::sliced(x, -1, 1, 4, 2);
  CHECK(y.shape() == Shape{3, 2});
  CHECK(eg::to_vector(y) == Numbers{1, 3, 5, 7, 9, 11});
  CHECK(eg::is_same_storage(x, y));
  const auto rows = detail::sliced(x, 0, 1, 3);
  CHECK(rows.is_contiguous());
  CHECK(eg::to_vector(detail::sliced(y, 0, -1)) == Numbers{9, 11});
  CHECK(detail::sliced(x, 1, 4).shape() == Shape{3, 0});
  CHECK_THROWS_TEXT(detail::sliced(x, 2, 0), eg::IndexError, "slice: axis 2 is outside [-2, 2)");
  CHECK_THROWS_TEXT(detail::sliced(x, 0, 0, 3, 0), eg::ValueError,
                    "slice: step is not at least 1: 0");
  CHECK_THROWS_TEXT(detail::sliced(x, 0, 0, 3, -1, "narrow"), eg::ValueError,
                    "narrow: step is not at least 1: -1");
}

TEST_CASE("select: one position of an axis", "[tensor]") {
  const auto x = counted({2, 3, 4});
  CHECK(eg::to_vector(detail::selected(detail::selected(x, 0, 1), 0, 2)) ==
        Numbers{20, 21, 22, 23});
  const auto column = detail::selected(x, 2, -1);
  CHECK(column.shape() == Shape{2, 3});
  CHECK(eg::to_vector(column) == Numbers{3, 7, 11, 15, 19, 23});
  CHECK(detail::selected(eg::arange<float>(3), 0, 1).item() == 1.0F);
  CHECK_THROWS_TEXT(detail::selected(x, 1, 3), eg::IndexError,
                    "select: index 3 is outside [-3, 3) along axis 1 of (2, 3, 4)");
  CHECK_THROWS_TEXT(detail::selected(x, -1, -5), eg::IndexError,
                    "select: index -5 is outside [-4, 4) along axis 2 of (2, 3, 4)");
  CHECK_THROWS_TEXT(detail::selected(eg::scalar(1.0), 0, 0), eg::IndexError,
                    "select: axis 0 is outside [0, 0)");
}

TEST_CASE("squeeze: one axis or all of extent 1", "[tensor]") {
  const auto x = counted({1, 3, 1, 2});
  CHECK(detail::squeezed(x, 0).shape() == Shape{3, 1, 2});
  CHECK(detail::squeezed(x, -2).shape() == Shape{1, 3, 2});
  CHECK(detail::squeezed(x).shape() == Shape{3, 2});
  CHECK(eg::to_vector(detail::squeezed(x)) == Numbers{0, 1, 2, 3, 4, 5});
  CHECK(detail::squeezed(eg::full<float>({1, 1}, 4)).item() == 4.0F);
  CHECK_THROWS_TEXT(detail::squeezed(x, 1), eg::ShapeError,
                    "squeeze: axis 1 of (1, 3, 1, 2) has extent 3, not 1");
  CHECK_THROWS_TEXT(detail::squeezed(x, 4), eg::IndexError, "squeeze: axis 4 is outside [-4, 4)");
}

TEST_CASE("unsqueeze: a new axis anywhere", "[tensor]") {
  const auto x = counted({2, 3});
  CHECK(detail::unsqueezed(x, 0).shape() == Shape{1, 2, 3});
  CHECK(detail::unsqueezed(x, 1).shape() == Shape{2, 1, 3});
  CHECK(detail::unsqueezed(x, 2).shape() == Shape{2, 3, 1});
  CHECK(detail::unsqueezed(x, -1).shape() == Shape{2, 3, 1});
  CHECK(detail::unsqueezed(x, -3).shape() == Shape{1, 2, 3});
  CHECK(eg::to_vector(detail::unsqueezed(x, 1)) == Numbers{0, 1, 2, 3, 4, 5});
  CHECK(detail::unsqueezed(x, 1).is_contiguous());
  CHECK_THROWS_TEXT(detail::unsqueezed(x, 3), eg::IndexError,
                    "unsqueeze: axis 3 is outside [-3, 3)");
  CHECK_THROWS_TEXT(detail::unsqueezed(eg::zeros<float>({1, 1, 1, 1, 1, 1}), 0), eg::ShapeError,
                    "unsqueeze: a tensor has at most 6 axes: (1, 1, 1, 1, 1, 1)");
}

TEST_CASE("expand: repeats without copying", "[tensor]") {
  const auto x = eg::tensor<std::int64_t>({{1}, {2}});
  const auto y = detail::expanded(x, {3, 2, 2});
  CHECK(y.shape() == Shape{3, 2, 2});
  CHECK(eg::to_vector(y) == Numbers{1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2});
  CHECK(eg::is_same_storage(x, y));
  CHECK_FALSE(y.is_contiguous());
  CHECK(detail::expanded(eg::scalar(2.0), {0, 3}).size() == 0);
  CHECK_THROWS_TEXT(detail::expanded(eg::zeros<float>({3}), {4, 2}), eg::ShapeError,
                    "expand: cannot expand (3,) to (4, 2)");
  CHECK_THROWS_TEXT(detail::expanded(x, {2}), eg::ShapeError,
                    "expand: cannot expand (2, 1) to (2,)");
}

TEST_CASE("views: of const memory stay read-only", "[tensor]") {
  const std::vector<float> values{1, 2, 3, 4};
  auto row = detail::selected(eg::view_of(values, {2, 2}), 0, 1);
  CHECK(row.at(0) == 3.0F);
  CHECK_THROWS_AS(row.mutable_data(), eg::ValueError);
}
