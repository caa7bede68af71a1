// The matrix product: every extent around the blocks of the kernel, all transposes, padded and
// strided operands, scale factors, bias, activation, and no heap calls.

#include "kernels/gemm_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <array>
#include <limits>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using gemm_test::Case;
using gemm_test::Form;
using kernels::GemmArguments;
using kernels::Packet;

namespace {

/// max(x, 0) as an epilogue.
struct Relu {
  template <class T>
  Packet<T> operator()(Packet<T> x) const noexcept {
    return kernels::from_bits<T>(kernels::to_bits(x) & (x > Packet<T>(T(0))).v);
  }
};

/// The product with the activation.
template <class T>
void relu_product(GemmArguments<T> arguments) {
  arguments.activation = kernels::gemm_activation<T, Relu>;
  kernels::gemm(arguments);
}

const auto product = [](const auto& arguments) { kernels::gemm(arguments); };

}  // namespace

TEST_CASE("gemm: (2, 3) x (3, 2) equals the product done by hand", "[kernels][gemm]") {
  const std::array<float, 6> a{1, 2, 3, 4, 5, 6};
  const std::array<float, 6> b{7, 8, 9, 10, 11, 12};
  std::array<float, 4> c{};
  kernels::gemm(GemmArguments<float>{.m = 2,
                                     .n = 2,
                                     .k = 3,
                                     .a = a.data(),
                                     .a_row_stride = 3,
                                     .b = b.data(),
                                     .b_row_stride = 2,
                                     .c = c.data(),
                                     .c_row_stride = 2});
  CHECK(c == std::array<float, 4>{58, 64, 139, 154});
}

TEMPLATE_TEST_CASE("gemm: every extent and transpose equals three loops in double",
                   "[kernels][gemm]", float, double) {
  int which = 0;
  for (const Index m : gemm_test::extents) {
    for (const Index n : gemm_test::extents) {
      for (const Index k : gemm_test::extents) {
        if (m * n * k > 257 * 65 * 65) {
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

TEMPLATE_TEST_CASE("gemm: every number of rows beside every kind of last column", "[kernels][gemm]",
                   float, double) {
  int which = 0;
  for (Index m = 1; m <= 40; ++m) {
    for (const Index n : {1, 2, 7, 16, 18, 34, 50}) {
      const Form form = gemm_test::form(m % 2 == 1, n % 3 == 1, ++which);
      REQUIRE(Case<TestType>(m, n, 11, form).run(product) == "");
    }
  }
}

TEST_CASE("gemm: a cut of rows writes each row once and stays inside the matrix",
          "[kernels][gemm]") {
  for (Index above = 0; above <= 12; above += 4) {
    for (Index m = above == 0 ? kernels::gemm_least_rows : 1; m <= 100; ++m) {
      CAPTURE(above, m);
      std::vector<int> written(static_cast<std::size_t>(m));
      Index computed = 0;
      for (const kernels::RowRun& run : kernels::RowCut(m, above).runs) {
        if (run.count == 0) {
          continue;
        }
        REQUIRE(run.rows % 2 == 0);
        REQUIRE(run.rows >= kernels::gemm_least_rows);
        REQUIRE(run.rows <= kernels::gemm_tile_rows);
        REQUIRE(run.begin + above >= 0);
        computed += run.rows * run.count;
        for (Index row = run.begin + run.skip; row < run.begin + run.rows * run.count; ++row) {
          ++written[static_cast<std::size_t>(row)];
        }
      }
      REQUIRE(written == std::vector<int>(static_cast<std::size_t>(m), 1));
      REQUIRE(computed <= m + 3);
    }
  }
}

TEMPLATE_TEST_CASE("gemm: shapes past every threshold of the plan", "[kernels][gemm]", float,
                   double) {
  const std::array<std::array<Index, 3>, 6> shapes{{{257, 257, 257},
                                                    {200, 530, 330},
                                                    {13, 290, 700},
                                                    {390, 33, 650},
                                                    {1, 700, 900},
                                                    {700, 1, 900}}};
  for (const auto& [m, n, k] : shapes) {
    for (int transposes = 0; transposes < 4; ++transposes) {
      for (int which = 0; which < 4; ++which) {
        const Form form = gemm_test::form(transposes % 2 == 1, transposes / 2 == 1, which);
        REQUIRE(Case<TestType>(m, n, k, form).run(product) == "");
      }
    }
  }
}

TEMPLATE_TEST_CASE("gemm: bias and activation in one call", "[kernels][gemm]", float, double) {
  const auto with_relu = [](const auto& arguments) { relu_product(arguments); };
  for (const Index m : {1, 2, 6, 7, 32}) {
    for (const Index n : {1, 4, 10, 16, 30, 128}) {
      for (const Index k : {0, 1, 30, 300, 700}) {
        const Form form{.bias = true};
        REQUIRE(Case<TestType>(m, n, k, form).run(with_relu, [](double x) {
          return x > 0 ? x : 0;
        }) == "");
      }
    }
  }
}

TEMPLATE_TEST_CASE("gemm: operands without a unit stride", "[kernels][gemm]", float, double) {
  for (const Index n : {1, 3, 20, 150}) {
    for (const Index m : {1, 3, 20, 150}) {
      const Index k = 40;
      // A is every second column and B every third row and second column of larger matrices.
      std::vector<TestType> a(static_cast<std::size_t>(m * k * 2));
      std::vector<TestType> b(static_cast<std::size_t>(k * n * 6));
      std::vector<TestType> c(static_cast<std::size_t>(m * n));
      gemm_test::Numbers numbers(7);
      for (TestType& x : a) {
        x = static_cast<TestType>(numbers());
      }
      for (TestType& x : b) {
        x = static_cast<TestType>(numbers());
      }
      kernels::gemm(GemmArguments<TestType>{.m = m,
                                            .n = n,
                                            .k = k,
                                            .a = a.data(),
                                            .a_row_stride = 2 * k,
                                            .a_column_stride = 2,
                                            .b = b.data(),
                                            .b_row_stride = 6 * n,
                                            .b_column_stride = 2,
                                            .c = c.data(),
                                            .c_row_stride = n});
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < n; ++j) {
          double sum = 0;
          for (Index l = 0; l < k; ++l) {
            sum += double{a[static_cast<std::size_t>(i * 2 * k + 2 * l)]} *
                   double{b[static_cast<std::size_t>(l * 6 * n + 2 * j)]};
          }
          // float, 40 terms below 1/4
          REQUIRE_THAT(double{c[static_cast<std::size_t>(i * n + j)]},
                       Catch::Matchers::WithinAbs(sum, 2e-6));
        }
      }
    }
  }
}

TEST_CASE("gemm: a stride of zero repeats a row, a negative one turns rows around",
          "[kernels][gemm]") {
  const std::array<float, 2> row{1, 2};
  const std::array<float, 4> b{1, 2, 3, 4};
  std::array<float, 6> c{};
  kernels::gemm(GemmArguments<float>{.m = 3,
                                     .n = 2,
                                     .k = 2,
                                     .a = row.data(),
                                     .a_row_stride = 0,
                                     .b = b.data() + 2,
                                     .b_row_stride = -2,
                                     .c = c.data(),
                                     .c_row_stride = 2});
  CHECK(c == std::array<float, 6>{5, 8, 5, 8, 5, 8});
}

TEST_CASE("gemm: infinities stay in their row and column", "[kernels][gemm]") {
  // Sizes with remainders in every direction: padding must not turn them into NaN elsewhere.
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Index n : {1, 5, 19}) {
    for (const Index m : {1, 7}) {
      const Index k = 21;
      std::vector<float> a(static_cast<std::size_t>(m * k), 1.0F);
      std::vector<float> b(static_cast<std::size_t>(k * n), 1.0F);
      std::vector<float> c(static_cast<std::size_t>(m * n));
      a[14] = infinity;  // row 0, one of the last full vector
      kernels::gemm(GemmArguments<float>{.m = m,
                                         .n = n,
                                         .k = k,
                                         .a = a.data(),
                                         .a_row_stride = k,
                                         .b = b.data(),
                                         .b_row_stride = n,
                                         .c = c.data(),
                                         .c_row_stride = n});
      for (Index i = 0; i < m * n; ++i) {
        CHECK(c[static_cast<std::size_t>(i)] == (i < n ? infinity : 21.0F));
      }
    }
  }
}

TEST_CASE("gemm: no heap call once warm", "[kernels][gemm]") {
  const std::array<std::array<Index, 3>, 5> shapes{
      {{32, 128, 30}, {300, 300, 600}, {1, 128, 30}, {128, 1, 30}, {32, 10, 256}}};
  for (const auto& [m, n, k] : shapes) {
    for (int transposes = 0; transposes < 4; ++transposes) {
      Case<float> test(m, n, k, gemm_test::form(transposes % 2 == 1, transposes / 2 == 1, 3));
      const GemmArguments<float> arguments = test.arguments();
      relu_product(arguments);
      const Index before = eg::testing::heap_calls();
      relu_product(arguments);
      CHECK(eg::testing::heap_calls() == before);
    }
  }
}
