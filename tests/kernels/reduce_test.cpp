// Reductions of narrow and wide rows and columns against plain loops, assigned and combined.

#include "support/catch.hpp"

#include <eigengrad/kernels/reduce.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using eg::Shape;
using eg::Strides;

namespace {

/// Whole numbers, whose sums are exact in any order.
template <class T>
std::vector<T> numbers(Index n) {
  std::vector<T> values;
  for (Index i = 0; i < n; ++i) {
    values.push_back(static_cast<T>((i * 37) % 101 - 50));
  }
  return values;
}

constexpr kernels::AxisSet rows_axis = 1;
constexpr kernels::AxisSet columns_axis = 2;

}  // namespace

TEMPLATE_TEST_CASE("reduce: sums of rows and of columns of every width", "[kernels]", float,
                   double) {
  using T = TestType;
  for (const Index rows : {1, 5, 31, 32, 70, 1100}) {
    for (Index n = 1; n <= 70; n += n < 20 ? 1 : 7) {
      for (const Index stride : {n, n + 2}) {
        INFO(rows << " rows of " << n << ", " << stride << " apart");
        const auto x = numbers<T>(rows * stride);
        std::vector<T> down(static_cast<std::size_t>(n) + 1, T(1));
        std::vector<T> across(static_cast<std::size_t>(rows) + 1, T(1));
        std::vector<T> down_expected(down.size(), T(0));
        std::vector<T> across_expected(across.size(), T(0));
        for (Index i = 0; i < rows; ++i) {
          for (Index j = 0; j < n; ++j) {
            const T value = x[static_cast<std::size_t>(i * stride + j)];
            down_expected[static_cast<std::size_t>(j)] += value;
            across_expected[static_cast<std::size_t>(i)] += value;
          }
        }
        down_expected.back() = 1;  // nothing is written past the end
        across_expected.back() = 1;
        const Strides strides{stride, 1};
        const kernels::SumOf<T> sum;
        kernels::reduce(sum, Shape{rows, n}, x.data(), strides, rows_axis, down.data());
        kernels::reduce(sum, Shape{rows, n}, x.data(), strides, columns_axis, across.data());
        REQUIRE(down == down_expected);
        REQUIRE(across == across_expected);
        kernels::reduce(sum, Shape{rows, n}, x.data(), strides, rows_axis, down.data(), true);
        kernels::reduce(sum, Shape{rows, n}, x.data(), strides, columns_axis, across.data(), true);
        for (Index j = 0; j < n; ++j) {
          REQUIRE(down[static_cast<std::size_t>(j)] ==
                  2 * down_expected[static_cast<std::size_t>(j)]);
        }
        for (Index i = 0; i < rows; ++i) {
          REQUIRE(across[static_cast<std::size_t>(i)] ==
                  2 * across_expected[static_cast<std::size_t>(i)]);
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("reduce: a NaN anywhere in a narrow row is its maximum", "[kernels]", float,
                   double) {
  using T = TestType;
  for (Index n = 1; n <= 20; ++n) {
    for (Index at = 0; at < n; ++at) {
      std::vector<T> x = numbers<T>(3 * n);
      x[static_cast<std::size_t>(n + at)] = std::numeric_limits<T>::quiet_NaN();
      std::vector<T> out(3);
      kernels::reduce(kernels::MaximumOf<T>{}, Shape{3, n}, x.data(), Strides{n, 1}, columns_axis,
                      out.data());
      INFO(n << " elements, NaN at " << at);
      REQUIRE(std::isnan(out[1]));
      REQUIRE_FALSE(std::isnan(out[0]));
      REQUIRE_FALSE(std::isnan(out[2]));
    }
  }
}
