// What matrix products of other libraries share: which products fit, and bias and activation after.

#include "support/catch.hpp"

#include <eigengrad/kernels/gemm/library.hpp>

#include <array>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using kernels::GemmArguments;

namespace {

constexpr Index most = 1000;

/// A (2, 3) times B (3, 4), row-major and without gaps.
GemmArguments<float> plain() {
  return {.m = 2, .n = 4, .k = 3, .a_row_stride = 3, .b_row_stride = 4, .c_row_stride = 4};
}

bool fits(const GemmArguments<float>& arguments) {
  return kernels::library_product(arguments, most).fits;
}

struct Negate {
  template <class S>
  S operator()(S x) const noexcept {
    return -x;
  }
};

}  // namespace

TEST_CASE("library_operand: row-major and transposed, with gaps", "[kernels][gemm]") {
  const auto rows = kernels::library_operand(3, 4, 6, 1);
  CHECK((rows.fits && !rows.transposed && rows.stride == 6));
  const auto columns = kernels::library_operand(3, 4, 1, 5);
  CHECK((columns.fits && columns.transposed && columns.stride == 5));
}

TEST_CASE("library_operand: a stride along an extent of 1 may be anything", "[kernels][gemm]") {
  const auto row = kernels::library_operand(1, 4, 0, 1);
  CHECK((row.fits && !row.transposed && row.stride == 4));
  const auto sparse_row = kernels::library_operand(1, 4, -7, 3);
  CHECK((sparse_row.fits && sparse_row.transposed && sparse_row.stride == 3));
  const auto column = kernels::library_operand(4, 1, 3, -7);
  CHECK((column.fits && !column.transposed && column.stride == 3));
  const auto element = kernels::library_operand(1, 1, 0, 0);
  CHECK((element.fits && !element.transposed && element.stride == 1));
}

TEST_CASE("library_operand: what libraries cannot read", "[kernels][gemm]") {
  CHECK_FALSE(kernels::library_operand(3, 4, 8, 2).fits);
  CHECK_FALSE(kernels::library_operand(3, 4, 0, 1).fits);
  CHECK_FALSE(kernels::library_operand(3, 4, -4, 1).fits);
  CHECK_FALSE(kernels::library_operand(3, 4, 3, 1).fits);
  CHECK_FALSE(kernels::library_operand(3, 4, 1, 2).fits);
  CHECK_FALSE(kernels::library_operand(1, 4, 4, 0).fits);
  CHECK_FALSE(kernels::library_operand(4, 1, 0, 1).fits);
}

TEST_CASE("library_product: empty extents, alpha = 0 and what cannot be counted do not fit",
          "[kernels][gemm]") {
  CHECK(fits(plain()));
  for (Index GemmArguments<float>::*const extent :
       {&GemmArguments<float>::m, &GemmArguments<float>::n, &GemmArguments<float>::k}) {
    GemmArguments<float> arguments = plain();
    arguments.*extent = 0;
    CHECK_FALSE(fits(arguments));
  }
  for (Index GemmArguments<float>::*const counted :
       {&GemmArguments<float>::m, &GemmArguments<float>::a_row_stride,
        &GemmArguments<float>::b_row_stride, &GemmArguments<float>::c_row_stride}) {
    GemmArguments<float> arguments = plain();
    arguments.*counted = most;
    CHECK(fits(arguments));
    arguments.*counted = most + 1;
    CHECK_FALSE(fits(arguments));
  }
  GemmArguments<float> arguments = plain();
  arguments.alpha = 0;
  CHECK_FALSE(fits(arguments));
}

TEST_CASE("library_epilogue: bias first, then the activation, in rows with gaps",
          "[kernels][gemm]") {
  std::array<float, 8> c{1, 2, 3, 100, 4, 5, 6, 100};
  const std::array<float, 3> bias{10, 20, 30};
  kernels::library_epilogue(
      GemmArguments<float>{.m = 2,
                           .n = 3,
                           .c = c.data(),
                           .c_row_stride = 4,
                           .bias = bias.data(),
                           .activation = kernels::gemm_activation<float, Negate>});
  CHECK(c == std::array<float, 8>{-11, -22, -33, 100, -14, -25, -36, 100});
}
