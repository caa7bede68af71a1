// The matrix product on Eigen's kernel: the same cases as the direct one, and both against each
// other.

#include "kernels/gemm_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/kernels/eigen/gemm.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/testing/heap_counter.hpp>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using gemm_test::Case;
using gemm_test::Form;

namespace {

const auto product = [](const auto& arguments) { kernels::gemm_eigen(arguments); };
const auto direct = [](const auto& arguments) { kernels::gemm_direct(arguments); };

}  // namespace

TEMPLATE_TEST_CASE("gemm_eigen: extents and transposes equal three loops in double",
                   "[kernels][gemm]", float, double) {
  CHECK(gemm_test::check_extents<TestType>(product) == "");
}

TEMPLATE_TEST_CASE("gemm_eigen: bias and activation", "[kernels][gemm]", float, double) {
  CHECK(gemm_test::check_epilogue<TestType>(product) == "");
}

TEST_CASE("gemm_eigen: operands without a unit stride", "[kernels][gemm]") {
  CHECK(gemm_test::strided_product(product) == gemm_test::strided_expected);
}

TEMPLATE_TEST_CASE("gemm_eigen: agrees with the direct kernel", "[kernels][gemm]", float, double) {
  CHECK(gemm_test::check_agreement<TestType>(product, direct) == "");
}

TEST_CASE("gemm_eigen: no heap call once warm", "[kernels][gemm]") {
  Case<float> test(200, 300, 520, Form{});
  kernels::gemm_eigen(test.arguments());
  const Index before = eg::testing::heap_calls();
  kernels::gemm_eigen(test.arguments());
  CHECK(eg::testing::heap_calls() == before);
}
