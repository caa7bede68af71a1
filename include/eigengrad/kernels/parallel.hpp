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
#include <time.h>
#endif

namespace eigengrad {
namespace detail {

/// What set_num_threads() chose; 0 until then. One per program, whatever the flags of its units.
EIGENGRAD_API inline constinit std::atomic<int> requested_threads{0};

[[noreturn]] EIGENGRAD_COLD inline void throw_bad_thread_count(int n) {
  throw_error<ValueError>("set_num_threads", {"expects at least 1 thread: ", n});
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

/// The threads that parallel_tasks() would give `tasks` tasks here and now.
[[nodiscard]] inline int threads_for(Index tasks) noexcept {
  const int usable = usable_threads();
  return tasks < usable ? (tasks < 1 ? 1 : static_cast<int>(tasks)) : usable;
}

/// When loops should use several threads again after one that ended at `end`, in whose time the
/// calling thread computed for `worked` and for `lost` did not: all in seconds. Losing more than
/// one works means that another process has a core, for a slice of the scheduler's time, and that
/// the threads wait for each other: a training step of 4 ms with a dozen such loops then takes 70.
/// So the next loops stay on one thread, sixteen times as long as was lost.
[[nodiscard]] constexpr double resume_time(double end, double worked, double lost) noexcept {
  constexpr double usual = 0.5e-3;  // threads that start, or wake
  return lost > worked + usual ? end + 16 * lost : end;
}

#if EIGENGRAD_OPENMP
/// Until then the calling thread's loops stay on it.
EIGENGRAD_API inline constinit thread_local double parallel_resume = 0;

/// Seconds that the calling thread was computing so far; where the system does not count them,
/// those that have passed.
[[nodiscard]] inline double thread_seconds() noexcept {
#if defined(CLOCK_THREAD_CPUTIME_ID)
  timespec t{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0) {
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
#endif
  return omp_get_wtime();
}
#endif

/// Runs body(task, thread) for every task in [0, tasks) on `threads` threads, or on one while the
/// machine is busy; `thread` is in [0, threads) and tells apart what runs at the same time. `body`
/// must not throw, and must give the same result whichever thread runs it and in any order.
///
/// Cost: no heap call of ours; with one thread, a plain loop
template <class F>
void parallel_tasks(Index tasks, [[maybe_unused]] int threads, F&& body) {
#if EIGENGRAD_OPENMP
  const double begin = threads > 1 ? omp_get_wtime() : 0;
  if (threads > 1 && begin >= parallel_resume) {
    const double before = thread_seconds();
    double after = before;
#pragma omp parallel num_threads(threads)
    {
      const int thread = omp_get_thread_num();
      // Dynamic: a thread that lost its core to another process takes fewer tasks.
#pragma omp for schedule(dynamic, 1) nowait
      for (Index task = 0; task < tasks; ++task) {
        body(task, thread);
      }
      if (thread == 0) {
        after = thread_seconds();  // from here it waits for the others
      }
    }
    const double end = omp_get_wtime();
    parallel_resume = resume_time(end, after - before, end - begin - (after - before));
    return;
  }
#endif
  for (Index task = 0; task < tasks; ++task) {
    body(task, 0);
  }
}

/// Runs body(begin, end) for the blocks [0, grain), [grain, 2 grain), ... of [0, n), on several
/// threads when there are several blocks and set_num_threads() allows it. The blocks are the same
/// at any thread count. `body` must not throw, and may be called from any thread in any order.
///
/// Cost: no heap call of ours; with one block, or one thread, a plain loop
template <class F>
void parallel_for(Index n, Index grain, F&& body) {
  if (n <= grain) {
    if (n > 0) {
      body(Index{0}, n);
    }
    return;
  }
  const Index blocks = (n - 1) / grain + 1;
  parallel_tasks(blocks, threads_for(blocks), [&](Index block, int) noexcept {
    const Index begin = block * grain;
    body(begin, n - begin < grain ? n : begin + grain);
  });
}

}  // namespace kernels::inline EIGENGRAD_KERNELS_KEY

using kernels::num_threads;  // keyed: OpenMP is a matter of the including unit's flags

}  // namespace eigengrad
