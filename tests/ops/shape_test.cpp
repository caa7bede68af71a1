// Views by value and storage; their gradients are in the op suite.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <vector>

namespace eg = eigengrad;
using eg::equal;
using eg::Shape;
using eg::Tensor;

namespace {

/// 0, 1, 2, ... in a shape.
template <class T = double>
Tensor<T> counted(const Shape& shape) {
  return eg::reshape(eg::arange<T>(T(0), static_cast<T>(shape.size()), T(1)), shape);
}

}  // namespace

TEST_CASE("shape ops: views share their elements with the operand", "[ops][shape]") {
  const auto x = counted({2, 3, 4});
  CHECK(eg::is_same_storage(x, eg::reshape(x, {6, -1})));
  CHECK(eg::is_same_storage(x, eg::flatten(x)));
  CHECK(eg::is_same_storage(x, eg::transpose(x)));
  CHECK(eg::is_same_storage(x, eg::permute(x, {2, 0, 1})));
  CHECK(eg::is_same_storage(x, eg::unsqueeze(x, 1)));
  CHECK(eg::is_same_storage(x, eg::squeeze(eg::unsqueeze(x, 1))));
  CHECK(eg::is_same_storage(x, eg::expand(x, {5, 2, 3, 4})));
  CHECK(eg::is_same_storage(x, eg::slice(x, 1, 1, 3)));
  CHECK(eg::is_same_storage(x, eg::select(x, 0, 1)));
  CHECK(eg::is_same_storage(x, eg::detach(x)));
  // The elements of a transposed matrix have no strides as a row.
  CHECK_FALSE(eg::is_same_storage(x, eg::flatten(eg::transpose(x))));
}

TEST_CASE("shape ops: elements are where NumPy has them", "[ops][shape]") {
  const auto x = counted({2, 3, 4});
  CHECK(eg::reshape(x, {4, 6}).at(1, 2) == 8);
  CHECK(eg::flatten(x, 1).shape() == Shape{2, 12});
  CHECK(eg::flatten(x, 0, 1).shape() == Shape{6, 4});
  CHECK(eg::flatten(eg::full<double>({}, 1)).shape() == Shape{1});
  CHECK(eg::transpose(x).at(1, 3, 2) == x.at(1, 2, 3));
  CHECK(eg::transpose(x, 0, 2).at(3, 1, 0) == x.at(0, 1, 3));
  CHECK(eg::permute(x, {2, 0, 1}).shape() == Shape{4, 2, 3});
  CHECK(eg::permute(x, {2, 0, 1}).at(3, 1, 2) == x.at(1, 2, 3));
  CHECK(eg::squeeze(counted({1, 3, 1})).shape() == Shape{3});
  CHECK(eg::squeeze(counted({1, 3, 1}), 0).shape() == Shape{3, 1});
  CHECK(eg::unsqueeze(x, -1).shape() == Shape{2, 3, 4, 1});
  CHECK(eg::broadcast_to(counted({3, 1}), {2, 3, 2}).at(1, 2, 0) == 2);
}

TEST_CASE("shape ops: work on every element type", "[ops][shape]") {
  const auto x = counted<std::int64_t>({2, 3});
  CHECK(eg::transpose(x).at(2, 1) == 5);
  CHECK(eg::select(x, 0, -1).at(0) == 3);
  CHECK(eg::to_vector(eg::slice(x, 1, 0, eg::to_end, 2)) == std::vector<std::int64_t>{0, 2, 3, 5});
  CHECK(eg::to_vector(eg::concat({x, x}, 0)).size() == 12);
  CHECK(eg::stack({x, x}, -1).at(1, 0, 1) == 3);
  CHECK(eg::pad(x, {{1, 0}, {0, 0}}, 7).at(0, 2) == 7);
  const auto mask = eg::tensor<bool>({true, false}, {2});
  CHECK(eg::to_vector(eg::reshape(mask, {2, 1})) == std::vector<bool>{true, false});
}

TEST_CASE("slice: bounds are Python's", "[ops][shape]") {
  const auto x = counted({6});
  const auto part = [&x](auto... bounds) { return eg::to_vector(eg::slice(x, 0, bounds...)); };
  using List = std::vector<double>;
  CHECK(part(1, 4) == List{1, 2, 3});
  CHECK(part(-2) == List{4, 5});
  CHECK(part(-100, 2) == List{0, 1});
  CHECK(part(4, 100) == List{4, 5});
  CHECK(part(4, 2).empty());
  CHECK(part(0, eg::to_end, 4) == List{0, 4});
  CHECK(part(5, 6, 1000) == List{5});
}

TEST_CASE("split: equal parts and given extents", "[ops][shape]") {
  const auto x = counted({2, 7});
  const auto parts = eg::split(x, 3, 1);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].shape() == Shape{2, 3});
  CHECK(parts[2].shape() == Shape{2, 1});
  CHECK(equal(eg::concat(parts, 1), x));
  const auto given = eg::split(x, {1, 0, 6}, -1);
  REQUIRE(given.size() == 3);
  CHECK(given[1].shape() == Shape{2, 0});
  CHECK(equal(eg::concat(given, 1), x));
  REQUIRE(eg::split(counted({0, 2}), 3).size() == 1);
  CHECK_THROWS_TEXT(eg::split(x, {3, 3}, 1), eg::ShapeError,
                    "split: extents (3, 3) do not fill axis 1 of (2, 7)");
  CHECK_THROWS_TEXT(eg::split(x, {9, -2}, 1), eg::ShapeError,
                    "split: extents (9, -2) do not fill axis 1 of (2, 7)");
  CHECK_THROWS_TEXT(eg::split(x, 0), eg::ValueError,
                    "split: extent of a part is not at least 1: 0");
  CHECK_THROWS_TEXT(eg::split(x, 1, 2), eg::IndexError, "split: axis 2 is outside [-2, 2)");
}

TEST_CASE("split: gradients of the parts meet in one tensor", "[ops][shape]") {
  eg::Tape tape;
  const auto x = tape.watch(counted({2, 3}));
  const auto parts = eg::split(x, 1, 1);
  tape.backward(sum(parts[0] * 2.0) + sum(parts[2] * 3.0) + sum(parts[2]));
  CHECK(equal(tape.gradient(x), eg::tensor<double>({2, 0, 4, 2, 0, 4}, {2, 3})));
}

TEST_CASE("concat, stack, pad: elements and mistakes", "[ops][shape]") {
  const auto x = counted({2, 2});
  const auto y = eg::transpose(counted({3, 2}));
  CHECK(equal(eg::concat({x, y}, 1), eg::tensor<double>({0, 1, 0, 2, 4, 2, 3, 1, 3, 5}, {2, 5})));
  CHECK(equal(eg::stack({x, x}), eg::tensor<double>({0, 1, 2, 3, 0, 1, 2, 3}, {2, 2, 2})));
  CHECK(eg::stack({x, x, x}, 1).shape() == Shape{2, 3, 2});
  CHECK(equal(eg::pad(x, {{1, 0}, {0, 2}}, 9),
              eg::tensor<double>({9, 9, 9, 9, 0, 1, 9, 9, 2, 3, 9, 9}, {3, 4})));
  CHECK_THROWS_TEXT(eg::stack({x, y}), eg::ShapeError,
                    "stack: tensor 1 is (2, 3), tensor 0 is (2, 2)");
  CHECK_THROWS_TEXT(eg::stack({x, x}, 3), eg::IndexError, "stack: axis 3 is outside [-3, 3)");
  const std::vector<Tensor<double>> nothing;
  CHECK_THROWS_TEXT(eg::concat(nothing), eg::ValueError, "concat: expected at least one tensor");
  CHECK_THROWS_TEXT(eg::stack(nothing), eg::ValueError, "stack: expected at least one tensor");
  const std::vector<Tensor<double>> many(65536, eg::zeros<double>({1}));
  CHECK_THROWS_TEXT(eg::concat(many), eg::ValueError, "concat: at most 65535 tensors: 65536");
}

TEST_CASE("concat: sixty thousand operands are one record", "[ops][shape]") {
  eg::Tape tape;
  const auto x = tape.watch(eg::full<double>({1}, 2));
  const std::vector<Tensor<double>> many(60000, x);
  tape.backward(sum(eg::concat(many)));
  CHECK(tape.gradient(x).item() == 60000);
}

TEST_CASE("views of parameters: a write to the view counts as a change", "[ops][shape]") {
  eg::Parameter<double> w("w", counted({2, 2}));
  eg::Tape tape;
  const auto loss = sum(eg::transpose(w) * w);
  auto row = eg::select(w, 0, 0);
  row.set({1}, 5);
  CHECK(w.at(0, 1) == 5);
  CHECK_THROWS_TEXT(tape.backward(loss), eg::TapeError,
                    "backward: a tensor that 'mul' saved was changed after it was recorded: "
                    "parameter 'w' (2, 2), by a write to its elements (mutable_data, set, ...)");
}
