// The matrix product has the same bits at any number of threads, whichever path it takes.

#include "kernels/gemm_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/kernels/eigen/gemm.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <array>
#include <cstring>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using gemm_test::Case;
using gemm_test::Form;

namespace {

/// Past the thresholds of threads: rows only, columns only, both, k in several cuts, and vectors.
constexpr std::array<std::array<Index, 3>, 6> shapes{{{390, 200, 100},
                                                      {64, 700, 333},
                                                      {250, 260, 700},
                                                      {1000, 10, 300},
                                                      {1, 1500, 700},
                                                      {1500, 1, 700}}};

template <class Product>
void check_threads(Product product) {
  const int threads_before = eg::num_threads();
  for (const auto& [m, n, k] : shapes) {
    for (int transposes = 0; transposes < 4; ++transposes) {
      Case<float> test(m, n, k, gemm_test::form(transposes % 2 == 1, transposes / 2 == 1, 3), 0);
      eg::set_num_threads(1);
      product(test.arguments());
      const std::vector<float> expected = test.c.memory;
      for (const int threads : {2, 4, 8}) {
        eg::set_num_threads(threads);
        product(test.arguments());
        CAPTURE(m, n, k, transposes, threads);
        REQUIRE(std::memcmp(expected.data(), test.c.memory.data(),
                            expected.size() * sizeof(float)) == 0);
      }
    }
  }
  eg::set_num_threads(threads_before);
}

}  // namespace

TEST_CASE("gemm: the same bits at 1, 2, 4 and 8 threads", "[kernels][gemm][threads]") {
  check_threads([](const auto& arguments) { kernels::gemm_direct(arguments); });
}

TEST_CASE("gemm_eigen: the same bits at 1, 2, 4 and 8 threads", "[kernels][gemm][threads]") {
  check_threads([](const auto& arguments) { kernels::gemm_eigen(arguments); });
}

// LLVM's OpenMP runtime calls the heap for its teams, GCC's does not: only there are the calls
// ours.
#ifndef __clang__
TEST_CASE("gemm: no heap call of ours with threads once warm", "[kernels][gemm][threads]") {
  const int threads_before = eg::num_threads();
  eg::set_num_threads(2);
  Case<float> test(250, 260, 700, Form{}, 0);
  kernels::gemm_direct(test.arguments());
  kernels::gemm_direct(test.arguments());
  const Index before = eg::testing::heap_calls();
  kernels::gemm_direct(test.arguments());
  CHECK(eg::testing::heap_calls() == before);
  eg::set_num_threads(threads_before);
}
#endif

TEST_CASE("gemm: rows of a larger product have the bits of the whole", "[kernels][gemm]") {
  // Every element is one chain over k, so cutting the batch does not change it.
  Case<float> test(50, 128, 300, Form{}, 0);
  kernels::gemm_direct(test.arguments());
  const std::vector<float> whole = test.c.memory;
  auto part = test.arguments();
  part.m = 17;
  part.a += 20 * part.a_row_stride;
  part.c += 20 * part.c_row_stride;
  kernels::gemm_direct(part);
  CHECK(std::memcmp(whole.data(), test.c.memory.data(), whole.size() * sizeof(float)) == 0);
}
