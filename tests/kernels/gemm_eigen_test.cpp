// The matrix product on Eigen's kernel: the same cases as the direct one, and both against each
// other.

#include "kernels/gemm_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/kernels/eigen/gemm.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <array>
#include <cmath>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using gemm_test::Case;
using gemm_test::Form;

namespace {

const auto product = [](const auto& arguments) { kernels::gemm_eigen(arguments); };

struct Magnitude {
  template <class S>
  S operator()(S x) const noexcept {
    return eg::math::abs(x);
  }
};

}  // namespace

TEMPLATE_TEST_CASE("gemm_eigen: extents and transposes equal three loops in double",
                   "[kernels][gemm]", float, double) {
  int which = 0;
  for (const Index m : {0, 1, 3, 8, 17, 64, 257}) {
    for (const Index n : {0, 1, 3, 8, 17, 64, 257}) {
      for (const Index k : {0, 1, 3, 8, 17, 64, 300}) {
        if (m * n * k > 257 * 64 * 64) {
          continue;
        }
        for (int transposes = 0; transposes < 4; ++transposes) {
          const Form form = gemm_test::form(transposes % 2 == 1, transposes / 2 == 1, ++which / 5);
          REQUIRE(Case<TestType>(m, n, k, form).run(product) == "");
        }
      }
    }
  }
}

TEMPLATE_TEST_CASE("gemm_eigen: bias and activation", "[kernels][gemm]", float, double) {
  const auto magnitudes = [](auto arguments) {
    arguments.activation = kernels::gemm_activation<TestType, Magnitude>;
    kernels::gemm_eigen(arguments);
  };
  REQUIRE(Case<TestType>(37, 21, 50, Form{.bias = true}).run(magnitudes, [](double x) {
    return std::fabs(x);
  }) == "");
}

TEST_CASE("gemm_eigen: operands without a unit stride", "[kernels][gemm]") {
  const std::array<float, 8> a{1, -1, 2, -1, 3, -1, 4, -1};  // (2, 2) in every second element
  const std::array<float, 8> b{5, -1, 6, -1, 7, -1, 8, -1};
  std::array<float, 4> c{};
  kernels::gemm_eigen(kernels::GemmArguments<float>{.m = 2,
                                                    .n = 2,
                                                    .k = 2,
                                                    .a = a.data(),
                                                    .a_row_stride = 4,
                                                    .a_column_stride = 2,
                                                    .b = b.data(),
                                                    .b_row_stride = 4,
                                                    .b_column_stride = 2,
                                                    .c = c.data(),
                                                    .c_row_stride = 2});
  CHECK(c == std::array<float, 4>{19, 22, 43, 50});
}

TEMPLATE_TEST_CASE("gemm_eigen: agrees with the direct kernel", "[kernels][gemm]", float, double) {
  const std::array<std::array<Index, 3>, 4> shapes{
      {{32, 128, 30}, {128, 10, 256}, {200, 300, 520}, {33, 65, 17}}};
  for (const auto& [m, n, k] : shapes) {
    Case<TestType> direct(m, n, k, Form{.bias = true});
    Case<TestType> eigen(m, n, k, Form{.bias = true});
    kernels::gemm_direct(direct.arguments());
    kernels::gemm_eigen(eigen.arguments());
    // Both round k sums of terms below 1/4, in different orders.
    const double tolerance =
        double{std::numeric_limits<TestType>::epsilon()} * (2 + 0.25 * static_cast<double>(k));
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        REQUIRE_THAT(double{direct.c.at(i, j)},
                     Catch::Matchers::WithinAbs(double{eigen.c.at(i, j)}, tolerance));
      }
    }
  }
}

TEST_CASE("gemm_eigen: no heap call once warm", "[kernels][gemm]") {
  Case<float> test(200, 300, 520, Form{});
  kernels::gemm_eigen(test.arguments());
  const Index before = eg::testing::heap_calls();
  kernels::gemm_eigen(test.arguments());
  CHECK(eg::testing::heap_calls() == before);
}
