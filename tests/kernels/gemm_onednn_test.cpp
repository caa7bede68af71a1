// The matrix product of floats on oneDNN, called directly and through the seam, in a unit that
// chooses it. Compiled where CMake finds oneDNN.

#undef EIGENGRAD_GEMM_BLAS
#undef EIGENGRAD_GEMM_ONEDNN
#define EIGENGRAD_GEMM_ONEDNN

#include "kernels/gemm_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/build_info.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>

#include <cstring>
#include <string>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using gemm_test::Case;
using gemm_test::Form;

namespace {

/// oneDNN's product, which must take all but empty ones.
const auto product = [](const auto& arguments) {
  const bool empty = arguments.m == 0 || arguments.n == 0 || arguments.k == 0;
  REQUIRE(kernels::gemm_onednn(arguments) != empty);
  if (empty) {
    kernels::gemm(arguments);
  }
};
const auto seam = [](const auto& arguments) { kernels::gemm(arguments); };
const auto direct = [](const auto& arguments) { kernels::gemm_direct(arguments); };

}  // namespace

TEST_CASE("gemm_onednn: extents and transposes equal three loops in double", "[kernels][gemm]") {
  CHECK(gemm_test::check_extents<float>(product) == "");
}

TEST_CASE("gemm_onednn: bias and activation", "[kernels][gemm]") {
  CHECK(gemm_test::check_epilogue<float>(product) == "");
}

TEST_CASE("gemm_onednn: agrees with the direct kernel", "[kernels][gemm]") {
  CHECK(gemm_test::check_agreement<float>(product, direct) == "");
}

TEST_CASE("gemm_onednn: refuses double, which oneDNN does not have", "[kernels][gemm]") {
  Case<double> test(8, 8, 8, Form{});
  CHECK_FALSE(kernels::gemm_onednn(test.arguments()));
}

TEST_CASE("gemm with EIGENGRAD_GEMM_ONEDNN: large products are oneDNN's", "[kernels][gemm]") {
  CHECK(eg::build_info().gemm == "onednn");
  CHECK(std::string(EIGENGRAD_TEXT(EIGENGRAD_KERNELS_KEY)).find("_onednn") != std::string::npos);
  Case<float> whole(260, 260, 260, Form{.bias = true});
  REQUIRE(whole.run(seam) == "");
  Case<float> one(260, 260, 260, Form{.bias = true}, 0);
  Case<float> other(260, 260, 260, Form{.bias = true}, 0);
  kernels::gemm(one.arguments());
  REQUIRE(kernels::gemm_onednn(other.arguments()));
  CHECK(std::memcmp(one.c.data(), other.c.data(), 260 * 260 * sizeof(float)) == 0);
}

TEMPLATE_TEST_CASE("gemm with EIGENGRAD_GEMM_ONEDNN: everything else is our own", "[kernels][gemm]",
                   float, double) {
  CHECK(gemm_test::check_extents<TestType>(seam) == "");
  CHECK(gemm_test::strided_product(seam) == gemm_test::strided_expected);
}
