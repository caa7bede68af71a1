// The matrix product on a BLAS, called directly and through the seam, in a unit that chooses it.
// Compiled where CMake finds a BLAS.

#undef EIGENGRAD_GEMM_ONEDNN
#undef EIGENGRAD_GEMM_BLAS
#define EIGENGRAD_GEMM_BLAS

#include "kernels/gemm_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/build_info.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>

#include <cstring>
#include <limits>
#include <string>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using gemm_test::Case;
using gemm_test::Form;
using kernels::GemmArguments;

namespace {

/// The BLAS's product, which must take all but empty ones.
const auto product = [](const auto& arguments) {
  const bool empty = arguments.m == 0 || arguments.n == 0 || arguments.k == 0;
  REQUIRE(kernels::gemm_blas(arguments) != empty);
  if (empty) {
    kernels::gemm(arguments);
  }
};
const auto seam = [](const auto& arguments) { kernels::gemm(arguments); };
const auto direct = [](const auto& arguments) { kernels::gemm_direct(arguments); };

}  // namespace

TEMPLATE_TEST_CASE("gemm_blas: extents and transposes equal three loops in double",
                   "[kernels][gemm]", float, double) {
  CHECK(gemm_test::check_extents<TestType>(product) == "");
}

TEMPLATE_TEST_CASE("gemm_blas: bias and activation", "[kernels][gemm]", float, double) {
  CHECK(gemm_test::check_epilogue<TestType>(product) == "");
}

TEMPLATE_TEST_CASE("gemm_blas: agrees with the direct kernel", "[kernels][gemm]", float, double) {
  CHECK(gemm_test::check_agreement<TestType>(product, direct) == "");
}

TEST_CASE("gemm_blas: refuses extents that the BLAS cannot count", "[kernels][gemm]") {
  constexpr Index most = std::numeric_limits<kernels::BlasInteger>::max();
  if constexpr (most < std::numeric_limits<Index>::max()) {
    CHECK_FALSE(kernels::gemm_blas(GemmArguments<float>{.m = 2,
                                                        .n = 2,
                                                        .k = most + 1,
                                                        .a_row_stride = most + 1,
                                                        .b_row_stride = 2,
                                                        .c_row_stride = 2}));
  }
}

TEST_CASE("gemm with EIGENGRAD_GEMM_BLAS: large products are the BLAS's", "[kernels][gemm]") {
  CHECK(eg::build_info().gemm == "blas");
  CHECK(std::string(EIGENGRAD_TEXT(EIGENGRAD_KERNELS_KEY)).find("_blas") != std::string::npos);
  Case<float> whole(260, 260, 260, Form{.bias = true});
  REQUIRE(whole.run(seam) == "");
  Case<float> one(260, 260, 260, Form{.bias = true}, 0);
  Case<float> other(260, 260, 260, Form{.bias = true}, 0);
  kernels::gemm(one.arguments());
  REQUIRE(kernels::gemm_blas(other.arguments()));
  CHECK(std::memcmp(one.c.data(), other.c.data(), 260 * 260 * sizeof(float)) == 0);
}

TEMPLATE_TEST_CASE("gemm with EIGENGRAD_GEMM_BLAS: everything else is our own", "[kernels][gemm]",
                   float, double) {
  CHECK(gemm_test::check_extents<TestType>(seam) == "");
  CHECK(gemm_test::strided_product(seam) == gemm_test::strided_expected);
}
