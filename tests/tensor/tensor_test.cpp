// The handle: sharing, access, versions, and letting go.

#include "support/catch.hpp"

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::Tensor;

TEST_CASE("tensor: shape, rank, size, extents and strides", "[tensor]") {
  const auto x = eg::zeros<float>({2, 3, 4});
  CHECK(x.shape() == eg::Shape{2, 3, 4});
  CHECK(x.rank() == 3);
  CHECK(x.size() == 24);
  CHECK(x.extent(0) == 2);
  CHECK(x.extent(-1) == 4);
  CHECK(x.strides()[0] == 12);
  CHECK(x.strides()[1] == 4);
  CHECK(x.strides()[2] == 1);
  CHECK(x.is_contiguous());
  CHECK(sizeof(x) == 8);
  CHECK_THROWS_TEXT(x.extent(3), eg::IndexError, "extent: axis 3 is outside [-3, 3)");
}

TEST_CASE("tensor: an undefined one throws when used", "[tensor]") {
  const Tensor<float> x;
  CHECK_FALSE(x.defined());
  CHECK_THROWS_TEXT(x.size(), eg::ValueError,
                    "Tensor: used while it holds nothing: it was default-constructed or moved "
                    "from");
  auto y = eg::ones<float>({2});
  const Tensor<float> z = std::move(y);
  CHECK(z.defined());
  CHECK_THROWS_AS(y.data(), eg::ValueError);  // NOLINT: the moved-from handle is the subject
}

TEST_CASE("tensor: copies of the handle share elements, a clone does not", "[tensor]") {
  auto x = eg::tensor<double>({1, 2, 3});
  const Tensor<double> same = x;
  const Tensor<double> other = eg::detail::copied(x);
  x.set({0}, 9.0);
  CHECK(same.at(0) == 9.0);
  CHECK(other.at(0) == 1.0);
}

TEST_CASE("tensor: assignment to itself and swapping keep the elements", "[tensor]") {
  auto x = eg::tensor<float>({1, 2});
  const Tensor<float>& alias = x;
  x = alias;
  CHECK(x.at(1) == 2.0F);
  auto y = eg::tensor<float>({3});
  std::swap(x, y);
  CHECK(x.at(0) == 3.0F);
  CHECK(y.size() == 2);
}

TEST_CASE("tensor: elements by position, counted from either end", "[tensor]") {
  auto x = eg::tensor<std::int32_t>({{1, 2, 3}, {4, 5, 6}});
  CHECK(x.at(0, 0) == 1);
  CHECK(x.at(1, 2) == 6);
  CHECK(x.at(-1, -3) == 4);
  x.set({-2, 1}, 20);
  CHECK(x.at(0, 1) == 20);
  CHECK_THROWS_TEXT(x.at(2, 0), eg::IndexError, "at: position (2, 0) is outside shape (2, 3)");
  CHECK_THROWS_TEXT(x.at(0, -4), eg::IndexError, "at: position (0, -4) is outside shape (2, 3)");
  CHECK_THROWS_TEXT(x.at(0), eg::IndexError, "at: position (0,) is outside shape (2, 3)");
  CHECK_THROWS_AS(x.set({0, 3}, 1), eg::IndexError);
  CHECK(eg::scalar(2.5).at() == 2.5);
}

TEST_CASE("tensor: item is the one element", "[tensor]") {
  CHECK(eg::scalar(4.0F).item() == 4.0F);
  CHECK(eg::full<double>({1, 1}, 3.0).item() == 3.0);
  CHECK_THROWS_TEXT(eg::zeros<float>({2}).item(), eg::ShapeError,
                    "item: expected one element, got shape (2,)");
  CHECK_THROWS_AS(eg::zeros<float>({0}).item(), eg::ShapeError);
}

TEST_CASE("tensor: values are a span of a contiguous tensor only", "[tensor]") {
  auto x = eg::tensor<float>({{1, 2}, {3, 4}});
  CHECK(x.values().size() == 4);
  x.mutable_values()[3] = 8.0F;
  CHECK(x.at(1, 1) == 8.0F);
  auto turned = eg::detail::permuted(x, {1, 0});
  CHECK_THROWS_TEXT(turned.values(), eg::ShapeError,
                    "values: tensor (2, 2) is a strided view; call contiguous() first");
  CHECK_THROWS_TEXT(turned.mutable_values(), eg::ShapeError,
                    "mutable_values: tensor (2, 2) is a strided view; call contiguous() first");
}

TEST_CASE("tensor: a write counts as a change, also through a view", "[tensor]") {
  auto x = eg::zeros<float>({2, 2});
  const auto version = [&] { return eg::detail::version_of(&x.body()); };
  const std::uint32_t first = version();
  static_cast<void>(x.mutable_data());
  CHECK(version() == first + 1);
  auto row = eg::detail::selected(x, 0, 1);
  row.set({0}, 5.0F);
  CHECK(version() == first + 2);
  CHECK(eg::detail::version_of(&row.body()) == first + 2);
  CHECK(x.at(1, 0) == 5.0F);
  static_cast<void>(x.data());
  CHECK(version() == first + 2);
}

TEST_CASE("tensor: a write forgets which function made the tensor", "[tensor]") {
  auto x = eg::zeros<float>({2});
  x.body().origin_kind = eg::detail::Origin::sigmoid;
  static_cast<void>(x.mutable_data());
  CHECK(x.body().origin_kind == eg::detail::Origin::none);
}

TEST_CASE("tensor: every element type has its tag", "[tensor]") {
  CHECK(eg::zeros<float>({1}).body().dtype == eg::DType::float32);
  CHECK(eg::zeros<double>({1}).body().dtype == eg::DType::float64);
  CHECK(eg::zeros<std::int64_t>({1}).body().dtype == eg::DType::int64);
  CHECK(eg::zeros<std::int32_t>({1}).body().dtype == eg::DType::int32);
  CHECK(eg::zeros<std::uint8_t>({1}).body().dtype == eg::DType::uint8);
  CHECK(eg::zeros<bool>({1}).body().dtype == eg::DType::boolean);
}

TEST_CASE("tensor: elements are aligned to 64 bytes", "[tensor]") {
  for (Index n = 1; n < 40; ++n) {
    const auto x = eg::zeros<double>({n});
    REQUIRE(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  }
}

TEST_CASE("tensor: more elements than memory can have are refused", "[tensor]") {
  const Index huge = Index{1} << 46;
  CHECK_THROWS_TEXT(eg::empty<float>({huge}), eg::ShapeError,
                    "Tensor: too many elements: (70368744177664,)");
}

TEST_CASE("tensor: a view keeps the elements alive and gives them back", "[tensor]") {
  const std::int64_t live = eg::detail::pool_state.live;
  {
    Tensor<double> row;
    {
      const auto x = eg::tensor<double>({{1, 2}, {3, 4}});
      row = eg::detail::selected(eg::detail::permuted(x, {1, 0}), 0, 1);
    }
    CHECK(eg::to_vector(row) == std::vector<double>{2, 4});
  }
  CHECK(eg::detail::pool_state.live == live);
}

TEST_CASE("tensor: a chain of a million origins is released without recursion", "[tensor]") {
  const std::int64_t live = eg::detail::pool_state.live;
  {
    auto last = eg::zeros<float>({1});
    for (int i = 0; i < 1000000; ++i) {
      auto next = eg::zeros<float>({1});
      next.body().origin = last.release();
      last = std::move(next);
    }
  }
  CHECK(eg::detail::pool_state.live == live);
  eg::release_cached_memory();
}

TEST_CASE("tensor: creation and views make no heap call when warm", "[tensor]") {
  const auto step = [] {
    const auto x = eg::arange<float>(600);
    const auto y = eg::detail::reshape_view_or_copy(x, {20, -1});
    const auto z = eg::detail::packed(eg::detail::permuted(y, {1, 0}));
    const auto w = eg::detail::converted<double>(eg::detail::sliced(z, 0, 2, -2, 3));
    return w.size();
  };
  static_cast<void>(step());
  const Index before = eg::testing::heap_calls();
  Index total = 0;
  for (int i = 0; i < 10; ++i) {
    total += step();
  }
  CHECK(eg::testing::heap_calls() - before == 0);
  CHECK(total == 10 * 9 * 20);  // rows 2, 5, ..., 26 of 30
}
