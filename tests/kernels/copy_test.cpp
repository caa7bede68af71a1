// Strided copies, transposing tiles, and the conversion of one element.

#include "support/catch.hpp"

#include <eigengrad/kernels/copy.hpp>

#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using eg::Shape;
using eg::Strides;

namespace {

std::vector<double> counted(Index n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

}  // namespace

TEST_CASE("convert: to bool by != 0", "[kernels]") {
  CHECK(kernels::convert<bool>(0.5));
  CHECK(kernels::convert<bool>(-1));
  CHECK(kernels::convert<bool>(std::numeric_limits<float>::quiet_NaN()));
  CHECK_FALSE(kernels::convert<bool>(0.0F));
  CHECK_FALSE(kernels::convert<bool>(-0.0));
  CHECK_FALSE(kernels::convert<bool>(std::int64_t{0}));
}

TEST_CASE("convert: floats to integers by truncation", "[kernels]") {
  CHECK(kernels::convert<std::int32_t>(2.9) == 2);
  CHECK(kernels::convert<std::int32_t>(-2.9F) == -2);
  CHECK(kernels::convert<std::int64_t>(-0.5) == 0);
  CHECK(kernels::convert<std::uint8_t>(255.9) == 255);
  CHECK(kernels::convert<std::uint8_t>(-0.9) == 0);
}

TEST_CASE("convert: floats that no integer holds give the smallest one", "[kernels]") {
  constexpr auto lowest32 = std::numeric_limits<std::int32_t>::min();
  constexpr auto lowest64 = std::numeric_limits<std::int64_t>::min();
  CHECK(kernels::convert<std::int32_t>(2147483647.0) == 2147483647);
  CHECK(kernels::convert<std::int32_t>(2147483647.5) == 2147483647);
  CHECK(kernels::convert<std::int32_t>(2147483648.0) == lowest32);
  CHECK(kernels::convert<std::int32_t>(2147483648.0F) == lowest32);
  CHECK(kernels::convert<std::int32_t>(-2147483648.9) == lowest32);
  CHECK(kernels::convert<std::int64_t>(9223372036854774784.0) == 9223372036854774784);
  CHECK(kernels::convert<std::int64_t>(9223372036854775808.0) == lowest64);
  CHECK(kernels::convert<std::int64_t>(1e30F) == lowest64);
  CHECK(kernels::convert<std::int64_t>(-1e300) == lowest64);
  CHECK(kernels::convert<std::int64_t>(std::numeric_limits<double>::quiet_NaN()) == lowest64);
  CHECK(kernels::convert<std::int32_t>(std::numeric_limits<float>::infinity()) == lowest32);
  CHECK(kernels::convert<std::uint8_t>(256.0) == 0);
  CHECK(kernels::convert<std::uint8_t>(-1.0) == 0);
}

TEST_CASE("convert: between integers and from them", "[kernels]") {
  CHECK(kernels::convert<std::uint8_t>(std::int64_t{258}) == 2);  // modulo 256, as NumPy
  CHECK(kernels::convert<std::int64_t>(std::int32_t{-5}) == -5);
  CHECK(kernels::convert<float>(std::int64_t{16777217}) == 16777216.0F);
  CHECK(kernels::convert<double>(true) == 1.0);
  CHECK(kernels::convert<float>(1e-60) == 0.0F);
}

TEST_CASE("copy: contiguous, strided and broadcast sources", "[kernels]") {
  const std::vector<double> in = counted(24);
  std::vector<double> out(12, -1);
  const Shape shape{3, 4};
  const Strides rows = eg::contiguous_strides(shape);
  kernels::copy(shape, out.data(), rows, in.data(), rows);
  CHECK(out == counted(12));
  kernels::copy(shape, out.data(), rows, in.data(), Strides{8, 2});
  CHECK(out == std::vector<double>{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22});
  kernels::copy(shape, out.data(), rows, in.data(), Strides{0, 1});
  CHECK(out == std::vector<double>{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3});
  kernels::copy(shape, out.data(), rows, in.data() + 5, Strides{0, 0});
  CHECK(out == std::vector<double>(12, 5.0));
}

TEST_CASE("copy: a strided destination leaves its gaps alone", "[kernels]") {
  const std::vector<double> in = counted(4);
  std::vector<double> out(10, -1);
  kernels::copy(Shape{2, 2}, out.data(), Strides{5, 2}, in.data(), Strides{2, 1});
  CHECK(out == std::vector<double>{0, -1, 1, -1, -1, 2, -1, 3, -1, -1});
}

TEST_CASE("copy: transposing agrees with the plain loop at every size around a tile", "[kernels]") {
  for (const Index rows : {1, 2, 31, 32, 33, 65}) {
    for (const Index columns : {1, 3, 32, 33, 64, 70}) {
      const std::vector<double> in = counted(rows * columns);
      std::vector<float> out(in.size(), -1.0F);
      std::vector<float> expected(in.size());
      for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < columns; ++j) {
          expected[static_cast<std::size_t>(i * columns + j)] =
              static_cast<float>(in[static_cast<std::size_t>(j * rows + i)]);
        }
      }
      kernels::copy(Shape{rows, columns}, out.data(), Strides{columns, 1}, in.data(),
                    Strides{1, rows});
      INFO(rows << " x " << columns);
      REQUIRE(out == expected);
    }
  }
}

TEST_CASE("copy: permuted axes of a batch", "[kernels]") {
  // in (2, 3, 4, 5) -> out (2, 5, 3, 4)
  const std::vector<double> in = counted(120);
  std::vector<double> out(120, -1);
  const Shape shape{2, 5, 3, 4};
  kernels::copy(shape, out.data(), eg::contiguous_strides(shape), in.data(), Strides{60, 1, 20, 5});
  bool equal = true;
  std::size_t at = 0;
  for (Index a = 0; a < 2; ++a) {
    for (Index b = 0; b < 5; ++b) {
      for (Index c = 0; c < 3; ++c) {
        for (Index d = 0; d < 4; ++d) {
          equal = equal && out[at++] == static_cast<double>(a * 60 + c * 20 + d * 5 + b);
        }
      }
    }
  }
  CHECK(equal);
}

TEST_CASE("copy: nothing to copy touches nothing", "[kernels]") {
  kernels::copy<float, float>(Shape{0, 3}, nullptr, Strides{3, 1}, nullptr, Strides{3, 1});
  kernels::copy<float, double>(Shape{3, 0}, nullptr, Strides{1, 1}, nullptr, Strides{1, 3});
  SUCCEED("no access through a null pointer");
}

TEMPLATE_TEST_CASE("copy: transpositions of every remainder of tiles and packets", "[kernels]",
                   float, double) {
  for (const Index rows : {1, 7, 31, 32, 33, 64, 71}) {
    for (const Index columns : {1, 8, 31, 32, 40, 64, 67}) {
      const Index stride = columns + 3;  // of the source, whose rows lie apart
      std::vector<TestType> in(static_cast<std::size_t>(rows * stride));
      std::iota(in.begin(), in.end(), TestType(0));
      std::vector<TestType> out(static_cast<std::size_t>(rows * columns) + 1, TestType(-1));
      kernels::copy(Shape{columns, rows}, out.data(), Strides{rows, 1}, in.data(),
                    Strides{1, stride});
      std::vector<TestType> expected;
      for (Index i = 0; i < columns; ++i) {
        for (Index j = 0; j < rows; ++j) {
          expected.push_back(in[static_cast<std::size_t>(j * stride + i)]);
        }
      }
      expected.push_back(TestType(-1));
      INFO(rows << " x " << columns);
      REQUIRE(out == expected);
    }
  }
}
