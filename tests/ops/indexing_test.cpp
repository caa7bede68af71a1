// Indexing by value and its limits; gradients are in the op suite.

#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <vector>

namespace eg = eigengrad;
using eg::equal;
using eg::Shape;
using eg::Tensor;

TEST_CASE("gather: the example of PyTorch's manual", "[ops][indexing]") {
  // torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
  const auto x = eg::tensor<float>({1, 2, 3, 4}, {2, 2});
  const auto index = eg::tensor<std::int64_t>({0, 0, 1, 0}, {2, 2});
  CHECK(equal(eg::gather(x, 1, index), eg::tensor<float>({1, 1, 4, 3}, {2, 2})));
  CHECK(equal(eg::gather(x, 0, index), eg::tensor<float>({1, 2, 3, 2}, {2, 2})));
}

TEST_CASE("gather: strided operands and int32 indices", "[ops][indexing]") {
  const auto x = eg::transpose(eg::tensor<double>({0, 1, 2, 3, 4, 5}, {2, 3}));
  const auto index = eg::transpose(eg::tensor<std::int32_t>({2, 0, 1, 1}, {2, 2}));
  // x = 0 3 / 1 4 / 2 5, index = 2 1 / 0 1
  CHECK(equal(eg::gather(x, 0, index), eg::tensor<double>({2, 4, 0, 4}, {2, 2})));
}

TEST_CASE("gather: integers gather too, without a record", "[ops][indexing]") {
  const auto x = eg::tensor<std::int64_t>({5, 6, 7}, {3});
  CHECK(eg::to_vector(eg::gather(x, 0, eg::tensor<std::int64_t>({2, 2, 0}, {3}))) ==
        std::vector<std::int64_t>{7, 7, 5});
}

TEST_CASE("gather: a position taken twice gets both gradients", "[ops][indexing]") {
  eg::Tape tape;
  const auto x = tape.watch(eg::zeros<double>({3}));
  const auto y = eg::gather(x, 0, eg::tensor<std::int64_t>({2, 2, 0}, {3}));
  tape.backward(y, eg::tensor<double>({1, 10, 100}, {3}));
  CHECK(equal(tape.gradient(x), eg::tensor<double>({100, 0, 11}, {3})));
}

TEST_CASE("gather: an index that is changed before backward is noticed", "[ops][indexing]") {
  eg::Tape tape;
  const auto x = tape.watch(eg::zeros<double>({3}));
  auto index = eg::tensor<std::int64_t>({2, 1}, {2});
  const auto loss = sum(eg::gather(x, 0, index));
  index.set({0}, 0);
  CHECK_THROWS_TEXT(tape.backward(loss), eg::TapeError,
                    "backward: a tensor that 'gather' saved was changed after it was recorded: "
                    "tensor (2,), by a write to its elements (mutable_data, set, ...)");
}

TEST_CASE("index_select: along each axis", "[ops][indexing]") {
  const auto x = eg::reshape(eg::arange<double>(0, 12, 1), {2, 3, 2});
  const auto index = eg::tensor<std::int64_t>({2, 0}, {2});
  CHECK(equal(eg::index_select(x, 1, index),
              eg::tensor<double>({4, 5, 0, 1, 10, 11, 6, 7}, {2, 2, 2})));
  const auto rows = eg::index_select(x, 0, eg::tensor<std::int32_t>({1, 1, 0}, {3}));
  CHECK(rows.shape() == Shape{3, 3, 2});
  CHECK(rows.at(1, 0, 0) == 6);
  CHECK(rows.at(2, 0, 0) == 0);
  const auto columns = eg::index_select(eg::transpose(x), -2, eg::tensor<std::int64_t>({1}, {1}));
  CHECK(equal(columns, eg::tensor<double>({1, 3, 5, 7, 9, 11}, {2, 1, 3})));
}

TEST_CASE("one_hot: a new last axis", "[ops][indexing]") {
  const auto index = eg::tensor<std::int64_t>({2, 0}, {2});
  CHECK(equal(eg::one_hot(index, 3), eg::tensor<float>({0, 0, 1, 1, 0, 0}, {2, 3})));
  CHECK(equal(eg::one_hot<std::int64_t>(index, 3),
              eg::tensor<std::int64_t>({0, 0, 1, 1, 0, 0}, {2, 3})));
  CHECK(eg::one_hot<double>(eg::zeros<std::int32_t>({2, 2}), 4).shape() == Shape{2, 2, 4});
  CHECK(eg::one_hot(eg::zeros<std::int64_t>({0}), 0).shape() == Shape{0, 0});
  CHECK_THROWS_TEXT(eg::one_hot(index, 2), eg::IndexError,
                    "one_hot: index 2 at element 0 is outside [0, 2)");
  CHECK_THROWS_TEXT(eg::one_hot(eg::tensor<std::int64_t>({0, -1}, {2}), 2), eg::IndexError,
                    "one_hot: index -1 at element 1 is outside [0, 2)");
  CHECK_THROWS_TEXT(eg::one_hot(index, -1), eg::ValueError,
                    "one_hot: number of classes is negative: -1");
  CHECK_THROWS_TEXT(eg::one_hot(eg::zeros<std::int64_t>({1, 1, 1, 1, 1, 1}), 2), eg::ShapeError,
                    "one_hot: a tensor has at most 6 axes: (1, 1, 1, 1, 1, 1)");
}
