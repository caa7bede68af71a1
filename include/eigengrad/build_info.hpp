#pragma once
// build_info: what the library was compiled for, so that a slow program can be asked why. Not in
// the umbrella, because Eigen's version comes with macros that settings of Eigen must precede.

#include <eigengrad/base/config.hpp>
#include <eigengrad/kernels/eigen/version.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <string>

namespace eigengrad {

/// What a unit of the program was compiled for, and the threads it may use now.
struct BuildInfo {
  std::string version;          ///< of eigengrad: "0.1.0"
  std::string compiler;         ///< "GCC 12.2.0"
  std::string instruction_set;  ///< of the kernels: "sse2", "avx2", "avx512", "neon", ...
  int vector_bytes = 0;         ///< of one vector register as the kernels use it
  bool default_target = false;  ///< no flag asked for more than every such processor has
  std::string gemm;             ///< matrix products: "direct", "eigen", "blas" or "onednn"
  std::string eigen;            ///< version of the Eigen on the include path: "3.4.0"
  bool openmp = false;          ///< whether kernels may use several threads
  int threads = 1;              ///< as num_threads()
};

namespace detail {

[[nodiscard]] inline std::string compiler_text() {
#if defined(__clang__)
  return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) + "." +
         std::to_string(__clang_patchlevel__);
#else
  return "GCC " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

}  // namespace detail

/// What the calling unit was compiled for: units of one program may differ, so each has its own.
///
/// Cost: a few small strings
[[nodiscard]] static inline BuildInfo build_info() {
  BuildInfo info;
  info.version = EIGENGRAD_VERSION_STRING;
  info.compiler = detail::compiler_text();
  info.instruction_set = EIGENGRAD_TEXT(EIGENGRAD_ISA);
  info.vector_bytes = EIGENGRAD_VECTOR_BYTES;
  info.default_target = info.instruction_set == "sse2" || info.instruction_set == "generic";
  info.gemm = EIGENGRAD_TEXT(EIGENGRAD_KEY_GEMM);
  info.eigen = detail::eigen_version();
  info.openmp = EIGENGRAD_OPENMP != 0;
  info.threads = info.openmp ? num_threads() : 1;
  return info;
}

/// Four lines for a person, with a newline after each but the last.
[[nodiscard]] inline std::string to_string(const BuildInfo& info) {
  std::string text = "eigengrad " + info.version + ", compiled by " + info.compiler;
  text += "\n  instruction set  " + info.instruction_set + ", vectors of " +
          std::to_string(info.vector_bytes) + " bytes";
  if (info.default_target) {
    text += "; compile with -march=native for this machine's";
  }
  text += "\n  matrix product   " + info.gemm + ", Eigen " + info.eigen;
  text += "\n  threads          ";
  text += info.openmp ? std::to_string(info.threads) + ", OpenMP" : "1, compiled without OpenMP";
  return text;
}

}  // namespace eigengrad
