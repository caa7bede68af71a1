// The walk over strided operands: which axes merge, which order runs are visited in.

#include "support/catch.hpp"

#include <eigengrad/kernels/loops.hpp>

#include <array>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using eg::Shape;
using eg::Strides;

namespace {

/// Offsets of one operand, element by element, in the order of the walk.
std::vector<Index> offsets(const Shape& shape, const Strides& strides) {
  const auto walk = kernels::plan_walk<1>(shape, {&strides});
  std::vector<Index> visited;
  kernels::for_each_run(walk, [&](const std::array<Index, 1>& offset) {
    for (Index i = 0; i < walk.inner; ++i) {
      visited.push_back(offset[0] + i * walk.inner_stride[0]);
    }
  });
  return visited;
}

}  // namespace

TEST_CASE("walk: a contiguous tensor is one run", "[kernels]") {
  const Shape shape{2, 3, 4};
  const Strides strides = eg::contiguous_strides(shape);
  const auto walk = kernels::plan_walk<2>(shape, {&strides, &strides});
  CHECK(walk.rank == 0);
  CHECK(walk.inner == 24);
  CHECK(walk.outer == 1);
  CHECK(walk.inner_stride == std::array<Index, 2>{1, 1});
}

TEST_CASE("walk: a scalar and extents of 1 are one run of one element", "[kernels]") {
  const Strides any{7, 7, 7, 7, 7, 7};
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{1, 1, 1}}) {
    const auto walk = kernels::plan_walk<1>(shape, {&any});
    CHECK(walk.inner == 1);
    CHECK(walk.outer == 1);
    CHECK(offsets(shape, any) == std::vector<Index>{0});
  }
}

TEST_CASE("walk: axes merge only if they lie together in every operand", "[kernels]") {
  const Shape shape{2, 3, 4};
  const Strides rows = eg::contiguous_strides(shape);
  const Strides padded{18, 6, 1};  // rows of 4 out of 6
  const auto walk = kernels::plan_walk<2>(shape, {&rows, &padded});
  CHECK(walk.inner == 4);
  CHECK(walk.rank == 1);  // the outer two lie together in both
  CHECK(walk.outer == 6);
  CHECK(walk.extent[0] == 6);
  CHECK(walk.stride[0] == std::array<Index, 2>{4, 6});
}

TEST_CASE("walk: extents of 1 between merged axes do not matter", "[kernels]") {
  const Strides strides{4, 999, 1};
  const auto walk = kernels::plan_walk<1>(Shape{3, 1, 4}, {&strides});
  CHECK(walk.inner == 12);
  CHECK(walk.outer == 1);
}

TEST_CASE("walk: strides of zero merge with each other and with nothing else", "[kernels]") {
  const Strides both{0, 0};
  CHECK(kernels::plan_walk<1>(Shape{3, 4}, {&both}).outer == 1);
  const Strides rows{0, 1};
  CHECK(kernels::plan_walk<1>(Shape{3, 4}, {&rows}).outer == 3);
  CHECK(offsets(Shape{2, 3}, rows) == std::vector<Index>{0, 1, 2, 0, 1, 2});
  const Strides columns{1, 0};
  CHECK(offsets(Shape{2, 3}, columns) == std::vector<Index>{0, 0, 0, 1, 1, 1});
}

TEST_CASE("walk: runs come in row-major order, the outermost axis slowest", "[kernels]") {
  // A (2, 3, 2) tensor whose axes are stored in reverse: stride 1 first.
  CHECK(offsets(Shape{2, 3, 2}, Strides{1, 2, 6}) ==
        std::vector<Index>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
}

TEST_CASE("walk: six axes that never merge visit every element once", "[kernels]") {
  const Shape shape{2, 3, 2, 2, 3, 2};
  Strides strides{};
  Index step = 1;
  for (int axis = 5; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = step;
    step *= shape[axis] + 1;  // a gap after every axis
  }
  const std::vector<Index> visited = offsets(shape, strides);
  std::vector<Index> expected;
  for (Index a = 0; a < 2; ++a) {
    for (Index b = 0; b < 3; ++b) {
      for (Index c = 0; c < 2; ++c) {
        for (Index d = 0; d < 2; ++d) {
          for (Index e = 0; e < 3; ++e) {
            for (Index f = 0; f < 2; ++f) {
              expected.push_back(a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3] +
                                 e * strides[4] + f * strides[5]);
            }
          }
        }
      }
    }
  }
  CHECK(visited == expected);
}

TEST_CASE("walk: a shape without elements has no runs", "[kernels]") {
  for (const Shape& shape : {Shape{0}, Shape{3, 0}, Shape{0, 3}, Shape{2, 0, 4}}) {
    CHECK(offsets(shape, eg::contiguous_strides(shape)).empty());
    CHECK(offsets(shape, Strides{5, 7, 11}).empty());
  }
}

TEST_CASE("broadcast strides: zero where an operand repeats", "[kernels]") {
  const Shape out{4, 2, 3};
  CHECK(kernels::broadcast_strides(Shape{2, 3}, Strides{3, 1}, out) == Strides{0, 3, 1});
  CHECK(kernels::broadcast_strides(Shape{2, 1}, Strides{1, 1}, out) == Strides{0, 1, 0});
  CHECK(kernels::broadcast_strides(Shape{4, 1, 3}, Strides{3, 3, 1}, out) == Strides{3, 0, 1});
  CHECK(kernels::broadcast_strides(Shape{}, Strides{}, out) == Strides{});
}
