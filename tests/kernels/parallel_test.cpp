// The thread count and the parallel loop: every index once, blocks that do not depend on threads.

#include "support/catch.hpp"

#include <eigengrad/kernels/parallel.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;

namespace {

/// Sets the thread count for a scope.
class Threads {
 public:
  explicit Threads(int n) : before_(eg::num_threads()) { eg::set_num_threads(n); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { eg::set_num_threads(before_); }

 private:
  int before_;
};

/// The blocks a loop runs, in order of their beginning.
std::vector<std::pair<Index, Index>> blocks(Index n, Index grain) {
  std::vector<std::pair<Index, Index>> seen(static_cast<std::size_t>(n) + 1);
  std::atomic<std::size_t> next{0};
  kernels::parallel_for(n, grain, [&](Index begin, Index end) noexcept {
    seen[next.fetch_add(1)] = {begin, end};
  });
  seen.resize(next.load());
  std::sort(seen.begin(), seen.end());
  return seen;
}

}  // namespace

TEST_CASE("set_num_threads: num_threads returns what was set", "[kernels][parallel]") {
  const Threads threads(3);
  CHECK(eg::num_threads() == 3);
  eg::set_num_threads(1);
  CHECK(eg::num_threads() == 1);
}

TEST_CASE("set_num_threads: less than one is refused and changes nothing", "[kernels][parallel]") {
  const Threads threads(2);
  CHECK_THROWS_TEXT(eg::set_num_threads(0), eg::ValueError,
                    "set_num_threads: expects at least 1 thread: 0");
  CHECK_THROWS_TEXT(eg::set_num_threads(-4), eg::ValueError,
                    "set_num_threads: expects at least 1 thread: -4");
  CHECK(eg::num_threads() == 2);
}

TEST_CASE("parallel_for: fixed blocks at any number of threads", "[kernels][parallel][threads]") {
  using Blocks = std::vector<std::pair<Index, Index>>;
  for (const int n : {1, 2, 4, 8}) {
    const Threads threads(n);
    CHECK(blocks(10, 4) == Blocks{{0, 4}, {4, 8}, {8, 10}});
    CHECK(blocks(8, 4) == Blocks{{0, 4}, {4, 8}});
    CHECK(blocks(4, 4) == Blocks{{0, 4}});
    CHECK(blocks(0, 4).empty());
  }
}

TEST_CASE("parallel_for: every index exactly once", "[kernels][parallel][threads]") {
  const Threads threads(4);
  std::vector<int> visits(1001, 0);
  kernels::parallel_for(1001, 7, [&](Index begin, Index end) noexcept {
    for (Index i = begin; i < end; ++i) {
      ++visits[static_cast<std::size_t>(i)];
    }
  });
  CHECK(std::count(visits.begin(), visits.end(), 1) == 1001);
}

TEST_CASE("parallel_for: a loop inside a loop stays on its thread",
          "[kernels][parallel][threads]") {
  const Threads threads(2);
  std::array<Index, 64> sums{};
  kernels::parallel_for(64, 1, [&](Index i, Index) noexcept {
    kernels::parallel_for(100, 10, [&](Index begin, Index end) noexcept {
      sums[static_cast<std::size_t>(i)] += end - begin;  // not atomic: one thread only
    });
  });
  CHECK(std::count(sums.begin(), sums.end(), 100) == 64);
}

TEST_CASE("parallel_tasks: two tasks of one thread number never overlap",
          "[kernels][parallel][threads]") {
  const Threads threads(4);
  std::array<std::atomic<int>, 4> running{};
  std::atomic<int> overlaps{0};
  const int used = kernels::threads_for(200);
  CHECK(used >= 1);
  CHECK(used <= 4);
  kernels::parallel_tasks(200, used, [&](Index, int thread) noexcept {
    auto& mine = running[static_cast<std::size_t>(thread)];
    if (mine.fetch_add(1) != 0) {
      overlaps.fetch_add(1);
    }
    mine.fetch_sub(1);
  });
  CHECK(overlaps.load() == 0);
}

TEST_CASE("resume_time: losing more than the work keeps loops on one thread for a while",
          "[kernels][parallel]") {
  // Worked for 1 ms, then waited for 1: the other thread had the last task.
  CHECK(kernels::resume_time(10.0, 1e-3, 1e-3) == 10.0);
  // Lost 0.4 ms: threads that woke up.
  CHECK(kernels::resume_time(10.0, 0.0, 0.4e-3) == 10.0);
  // Worked for 1 ms and lost 6: a thread lost its core.
  CHECK_THAT(kernels::resume_time(10.0, 1e-3, 6e-3), Catch::Matchers::WithinAbs(10.096, 1e-12));
}

#if EIGENGRAD_OPENMP
TEST_CASE("parallel_tasks: every task runs on the calling thread until the time to resume",
          "[kernels][parallel]") {
  const Threads threads(4);
  const double before = kernels::parallel_resume;
  kernels::parallel_resume = omp_get_wtime() + 1e6;
  int last = -1;
  bool in_order = true;
  kernels::parallel_tasks(100, 4, [&](Index task, int thread) noexcept {
    in_order = in_order && thread == 0 && task == last + 1;
    last = static_cast<int>(task);
  });
  kernels::parallel_resume = before;
  CHECK(in_order);
  CHECK(last == 99);
}
#endif
