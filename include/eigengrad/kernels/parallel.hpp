#pragma once
// The number of threads kernels may use, and the one loop that uses them.
// Blocks are cut by a fixed grain, never by the thread count, so that results have the same bits at
// any number of threads. Leaves out reductions: a kernel that reduces does it per block and in
// order.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>

#include <atomic>

#if EIGENGRAD_OPENMP
#include <omp.h>
#endif

namespace eigengrad {
namespace detail {

/// What set_num_threads() chose; 0 until then. One per program, whatever the flags of its units.
EIGENGRAD_API inline constinit std::atomic<int> requested_threads{0};

[[noreturn]] EIGENGRAD_COLD inline void throw_bad_thread_count(int n) {
  throw ValueError("set_num_threads", concat("expects at least 1 thread: ", n));
}

}  // namespace detail

/// Lets kernels use up to `n` threads from now on, in every thread of the program. Results do not
/// depend on it. Without OpenMP kernels stay on the calling thread whatever `n` is.
///
/// Throws: ValueError if n < 1
inline void set_num_threads(int n) {
  if (n < 1) {
    detail::throw_bad_thread_count(n);
  }
  detail::requested_threads.store(n, std::memory_order_relaxed);
}

namespace kernels::inline EIGENGRAD_KERNELS_KEY {

/// OpenMP's own limit (OMP_NUM_THREADS or the processors), 1 without OpenMP.
[[nodiscard]] inline int default_threads() noexcept {
#if EIGENGRAD_OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// The threads that a parallel loop entered here and now would use: 1 inside another such loop.
[[nodiscard]] inline int usable_threads() noexcept {
#if EIGENGRAD_OPENMP
  if (omp_in_parallel()) {
    return 1;
  }
  const int requested = detail::requested_threads.load(std::memory_order_relaxed);
  return requested > 0 ? requested : omp_get_max_threads();
#else
  return 1;
#endif
}

/// The number of threads kernels may use: what set_num_threads() chose, else OpenMP's own limit,
/// else 1.
[[nodiscard]] inline int num_threads() noexcept {
  const int requested = detail::requested_threads.load(std::memory_order_relaxed);
  return requested > 0 ? requested : default_threads();
}

/// Runs body(begin, end) for the blocks [0, grain), [grain, 2 grain), ... of [0, n), on several
/// threads when there are several blocks and set_num_threads() allows it. The blocks are the same
/// at any thread count. `body` must not throw, and may be called from any thread in any order.
///
/// Cost: no heap call of ours; with one block, or one thread, a plain loop
template <class F>
void parallel_for(Index n, Index grain, F&& body) {
  if (n <= 0) {
    return;
  }
  if (n <= grain) {
    body(Index{0}, n);
    return;
  }
  const Index blocks = (n - 1) / grain + 1;
  const auto run = [&](Index block) noexcept {
    const Index begin = block * grain;
    body(begin, n - begin < grain ? n : begin + grain);
  };
#if EIGENGRAD_OPENMP
  const int usable = usable_threads();
  if (usable > 1) {
    const int threads = blocks < usable ? static_cast<int>(blocks) : usable;
    // Dynamic: a thread that lost its core to another process takes fewer blocks.
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (Index block = 0; block < blocks; ++block) {
      run(block);
    }
    return;
  }
#endif
  for (Index block = 0; block < blocks; ++block) {
    run(block);
  }
}

}  // namespace kernels::inline EIGENGRAD_KERNELS_KEY

using kernels::num_threads;  // keyed: OpenMP is a matter of the including unit's flags

}  // namespace eigengrad
