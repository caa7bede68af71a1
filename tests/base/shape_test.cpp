#include <eigengrad/base/shape.hpp>

#include <support/catch.hpp>

#include <limits>
#include <span>
#include <vector>

using eigengrad::broadcast_shapes;
using eigengrad::contiguous_strides;
using eigengrad::Index;
using eigengrad::IndexError;
using eigengrad::normalize_axis;
using eigengrad::Shape;
using eigengrad::ShapeError;
using eigengrad::Strides;

TEST_CASE("shape: the default is that of a scalar", "[base]") {
  const Shape shape;
  CHECK(shape.rank() == 0);
  CHECK(shape.size() == 1);
  CHECK(shape.begin() == shape.end());
  CHECK(shape == Shape{});
}

TEST_CASE("shape: extents are kept in order", "[base]") {
  const Shape shape{2, 3, 5};
  CHECK(shape.rank() == 3);
  CHECK(shape.size() == 30);
  CHECK(std::vector<Index>(shape.begin(), shape.end()) == std::vector<Index>{2, 3, 5});
  CHECK(shape[2] == 5);

  const std::vector<Index> extents{7, 4};
  CHECK(Shape(std::span<const Index>(extents)) == Shape{7, 4});
}

TEST_CASE("shape: an extent of zero empties it", "[base]") {
  CHECK(Shape{4, 0, 3}.size() == 0);
  CHECK(Shape{4, 0, 3}.rank() == 3);
}

TEST_CASE("shape: equal means equal rank and equal extents", "[base]") {
  CHECK(Shape{2, 3} == Shape{2, 3});
  CHECK_FALSE(Shape{2, 3} == Shape{3, 2});
  CHECK_FALSE(Shape{2, 3} == Shape{2, 3, 1});
  CHECK_FALSE(Shape{} == Shape{1});
}

TEST_CASE("shape: filled, set and push_back build one extent by extent", "[base]") {
  Shape shape = Shape::filled(2, 9);
  CHECK(shape == Shape{9, 9});
  shape.set(0, 4);
  shape.push_back(2);
  CHECK(shape == Shape{4, 9, 2});
}

TEST_CASE("shape: prints as NumPy does", "[base]") {
  CHECK(to_string(Shape{}) == "()");
  CHECK(to_string(Shape{3}) == "(3,)");
  CHECK(to_string(Shape{2, 3}) == "(2, 3)");
  CHECK(to_string(Shape{1, 0, 12}) == "(1, 0, 12)");
}

TEST_CASE("shape: takes six extents and refuses a seventh", "[base]") {
  CHECK(Shape{1, 2, 1, 2, 1, 2}.rank() == eigengrad::max_rank);
  CHECK_THROWS_TEXT((Shape{1, 2, 3, 4, 5, 6, 7}), ShapeError,
                    "Shape: 7 extents, at most 6: (1, 2, 3, 4, 5, 6, 7)");
}

TEST_CASE("shape: refuses negative extents", "[base]") {
  CHECK_THROWS_TEXT((Shape{2, -3}), ShapeError, "Shape: negative extent: (2, -3)");
  CHECK_THROWS_TEXT((Shape{-1}), ShapeError, "Shape: negative extent: (-1,)");
}

TEST_CASE("shape: refuses a number of elements past 2^63 - 1", "[base]") {
  const Index half = Index{1} << 32;
  CHECK_THROWS_TEXT((Shape{half, half}), ShapeError,
                    "Shape: number of elements overflows: (4294967296, 4294967296)");
  // Refused with a zero extent too: the strides of its other axes would overflow.
  CHECK_THROWS_TEXT((Shape{0, half, half}), ShapeError,
                    "Shape: number of elements overflows: (0, 4294967296, 4294967296)");
  const Index most = std::numeric_limits<Index>::max();
  CHECK(Shape{most, 1}.size() == most);
}

TEST_CASE("strides: row-major, in elements", "[base]") {
  CHECK(contiguous_strides(Shape{2, 3, 5}) == Strides{15, 5, 1});
  CHECK(contiguous_strides(Shape{7}) == Strides{1});
  CHECK(contiguous_strides(Shape{}) == Strides{});
  CHECK(contiguous_strides(Shape{2, 0, 5}) == Strides{0, 5, 1});
}

TEST_CASE("normalize_axis: counts negative axes from the end", "[base]") {
  CHECK(normalize_axis("sum", 0, 3) == 0);
  CHECK(normalize_axis("sum", 2, 3) == 2);
  CHECK(normalize_axis("sum", -1, 3) == 2);
  CHECK(normalize_axis("sum", -3, 3) == 0);
}

TEST_CASE("normalize_axis: refuses what is outside, naming the range", "[base]") {
  CHECK_THROWS_TEXT(normalize_axis("sum", 3, 3), IndexError, "sum: axis 3 is outside [-3, 3)");
  CHECK_THROWS_TEXT(normalize_axis("sum", -4, 3), IndexError, "sum: axis -4 is outside [-3, 3)");
  CHECK_THROWS_TEXT(normalize_axis("mean", 0, 0), IndexError, "mean: axis 0 is outside [0, 0)");
  // A value past int must not wrap into the range.
  CHECK_THROWS_TEXT(normalize_axis("sum", Index{1} << 32, 3), IndexError,
                    "sum: axis 4294967296 is outside [-3, 3)");
}

TEST_CASE("broadcast_shapes: aligns at the last axis and stretches ones", "[base]") {
  // The worked examples of NumPy's user guide, "Broadcasting".
  CHECK(broadcast_shapes("add", {256, 256, 3}, {3}) == Shape{256, 256, 3});
  CHECK(broadcast_shapes("add", {8, 1, 6, 1}, {7, 1, 5}) == Shape{8, 7, 6, 5});
  CHECK(broadcast_shapes("add", {5, 4}, {1}) == Shape{5, 4});
  CHECK(broadcast_shapes("add", {15, 3, 5}, {15, 1, 5}) == Shape{15, 3, 5});
  CHECK(broadcast_shapes("add", {3}, {256, 256, 3}) == Shape{256, 256, 3});
}

TEST_CASE("broadcast_shapes: scalars and empty shapes", "[base]") {
  CHECK(broadcast_shapes("add", {}, {}) == Shape{});
  CHECK(broadcast_shapes("add", {}, {2, 3}) == Shape{2, 3});
  CHECK(broadcast_shapes("add", {0, 3}, {1, 3}) == Shape{0, 3});
  CHECK(broadcast_shapes("add", {1}, {0}) == Shape{0});
}

TEST_CASE("broadcast_shapes: refuses with both shapes in text and exception", "[base]") {
  CHECK_THROWS_TEXT(broadcast_shapes("mul", {2, 1}, {8, 4, 3}), ShapeError,
                    "mul: shapes do not broadcast: (2, 1) and (8, 4, 3)");
  CHECK_THROWS_TEXT(broadcast_shapes("add", {0}, {2}), ShapeError,
                    "add: shapes do not broadcast: (0,) and (2,)");
  try {
    static_cast<void>(broadcast_shapes("mul", {3}, {4}));
    FAIL("no exception");
  } catch (const ShapeError& error) {
    CHECK(error.op() == "mul");
    CHECK(error.lhs() == Shape{3});
    CHECK(error.rhs() == Shape{4});
  }
}
