// build_info: what it says is what the macros and the compiler say, and the text is for people.

#include "support/catch.hpp"

#include <eigengrad/build_info.hpp>

#include <string>

namespace eg = eigengrad;

TEST_CASE("build_info: says what this unit was compiled for", "[base][build_info]") {
  const eg::BuildInfo info = eg::build_info();
  CHECK(info.version == EIGENGRAD_VERSION_STRING);
  CHECK(info.compiler.find(std::to_string(__GNUC__)) != std::string::npos);
#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
  CHECK(info.instruction_set == "avx512");
  CHECK(info.vector_bytes == 64);
  CHECK_FALSE(info.default_target);
#elif defined(__AVX512F__)
  CHECK(info.instruction_set == "avx512f");
#elif defined(__AVX2__) && defined(__FMA__)
  CHECK(info.instruction_set == "avx2");
  CHECK(info.vector_bytes == 32);
  CHECK_FALSE(info.default_target);
#elif defined(__SSE2__) && !defined(__SSE4_1__)
  CHECK(info.instruction_set == "sse2");
  CHECK(info.vector_bytes == 16);
  CHECK(info.default_target);
#endif
  // The parts of the key that keeps kernels of different flags apart.
  CHECK(info.instruction_set + (info.openmp ? "_omp_" : "_serial_") + info.gemm ==
        EIGENGRAD_TEXT(EIGENGRAD_KERNELS_KEY));
  CHECK(info.eigen >= "3.4");
}

TEST_CASE("build_info: threads are those that kernels may use now", "[base][build_info]") {
  const int before = eg::num_threads();
  eg::set_num_threads(3);
  const eg::BuildInfo info = eg::build_info();
  eg::set_num_threads(before);
#if defined(_OPENMP)
  CHECK(info.openmp);
  CHECK(info.threads == 3);
#else
  CHECK_FALSE(info.openmp);
  CHECK(info.threads == 1);
#endif
}

TEST_CASE("build_info: the text names every part", "[base][build_info]") {
  eg::BuildInfo info;
  info.version = "0.1.0";
  info.compiler = "GCC 12.2.0";
  info.instruction_set = "avx2";
  info.vector_bytes = 32;
  info.gemm = "direct";
  info.eigen = "3.4.0";
  info.openmp = true;
  info.threads = 2;
  CHECK(eg::to_string(info) ==
        "eigengrad 0.1.0, compiled by GCC 12.2.0\n"
        "  instruction set  avx2, vectors of 32 bytes\n"
        "  matrix product   direct, Eigen 3.4.0\n"
        "  threads          2, OpenMP");
  info.instruction_set = "sse2";
  info.vector_bytes = 16;
  info.default_target = true;
  info.openmp = false;
  CHECK(eg::to_string(info) ==
        "eigengrad 0.1.0, compiled by GCC 12.2.0\n"
        "  instruction set  sse2, vectors of 16 bytes; compile with -march=native for this "
        "machine's\n"
        "  matrix product   direct, Eigen 3.4.0\n"
        "  threads          1, compiled without OpenMP");
}
