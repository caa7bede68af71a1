// Whole training steps: eigengrad against the same step written by hand on plain Eigen and on the
// library's own product.
//
//   step [--shape a|b|c|tiny|mnist] [--work step|inference|online] [--threads N] [--rounds N]
//     times the three interleaved in this process and prints the ratios. It refuses when their
//     losses differ.
//   step --contestant eigengrad|floor_eigen|floor_gemm --shape S --work W|fit --threads N --data
//   DIR
//     serves the benchmark driver: see step/protocol.hpp.

#include "step/contestant.hpp"
#include "step/protocol.hpp"

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

EIGENGRAD_COUNT_HEAP_CALLS;

namespace eg = eigengrad;
using namespace step_bench;

namespace {

std::unique_ptr<Contestant> make_contestant(const std::string& name, const Problem& problem,
                                            Work work, int threads) {
  if (name == "eigengrad") {
    return make_eigengrad(problem, work, threads);
  }
  if (work != Work::fit && name == "floor_eigen") {
    return make_floor_eigen(problem, work, threads);
  }
  if (work != Work::fit && name == "floor_gemm") {
    return make_floor_gemm(problem, work, threads);
  }
  throw eg::ValueError("step", "contestant '" + name + "' does not do this work");
}

int serve_driver(const Arguments& arguments) {
  const Work work = work_named(arguments.work);
  std::unique_ptr<Contestant> contestant;
  if (work == Work::fit && arguments.shape == "b") {
    contestant = make_watched_fit(arguments.data.empty() ? "." : arguments.data,
                                  arguments.contestant == "watched", arguments.threads);
  } else {
    const Problem problem =
        work == Work::fit ? Problem{} : make_problem(arguments.shape, work, arguments.data);
    contestant = make_contestant(arguments.contestant, problem, work, arguments.threads);
  }
#if defined(__GLIBC__)
  malloc_trim(0);  // peak memory is that of the work, without the problem that it was copied from
#endif
  return serve(*contestant, arguments,
               arguments.contestant == "floor_eigen" ? eigen_version() : EIGENGRAD_VERSION_STRING);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Whether all compute the same thing: the results of the first repeats agree to 1e-4. A loss near
/// 0 is a difference of numbers near 1, and known less well.
bool agree(const std::vector<std::unique_ptr<Contestant>>& contestants, const char* const* names) {
  for (Index i = 0; i < warm_up; ++i) {
    const float ours = contestants[0]->run(1);
    for (std::size_t k = 1; k < contestants.size(); ++k) {
      const float theirs = contestants[k]->run(1);
      if (!(std::fabs(ours - theirs) <= 1e-4F * std::fmax(std::fabs(theirs), 0.01F))) {
        std::fprintf(stderr, "step: eigengrad and %s differ at step %d: %g and %g\n", names[k],
                     static_cast<int>(i + 1), static_cast<double>(ours),
                     static_cast<double>(theirs));
        return false;
      }
    }
  }
  return true;
}

/// The three in turn, and their ratios.
int compare(const Arguments& arguments) {
  const char* const names[] = {"eigengrad", "floor_eigen", "floor_gemm"};
  const Work work = work_named(arguments.work);
  const Problem problem = make_problem(arguments.shape, work, arguments.data);
  std::vector<std::unique_ptr<Contestant>> contestants;
  for (const char* const name : names) {
    contestants.push_back(make_contestant(name, problem, work, arguments.threads));
  }
  if (!agree(contestants, names)) {
    return 1;
  }
  // Rounds of about 3 ms: on a busy machine some of them are left in peace.
  double once = 1e9;
  for (int i = 0; i < 5; ++i) {
    once = std::min(once, time_run(*contestants[0], 2) / 2);
  }
  const auto repeats = static_cast<Index>(std::clamp(0.003 / once, 1.0, 1e6));
  std::vector<double> times[3];
  for (int round = 0; round < arguments.rounds; ++round) {
    for (std::size_t k = 0; k < contestants.size(); ++k) {
      times[k].push_back(time_run(*contestants[k], repeats) / static_cast<double>(repeats) * 1e6);
    }
  }
  std::printf("%s of shape %s, float, threads: %d, %d rounds of %d\n", arguments.work.c_str(),
              arguments.shape.c_str(), arguments.threads, arguments.rounds,
              static_cast<int>(repeats));
  std::printf("%-12s %12s %12s %12s %12s\n", "", "best us", "median us", "ratio best",
              "ratio median");
  const auto best = [&](std::size_t k) {
    return *std::min_element(times[k].begin(), times[k].end());
  };
  for (std::size_t k = 0; k < contestants.size(); ++k) {
    std::printf("%-12s %12.3f %12.3f %12.3f %12.3f\n", names[k], best(k), median(times[k]),
                best(0) / best(k), median(times[0]) / median(times[k]));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Arguments arguments = parse_arguments(argc, argv);
    return arguments.contestant.empty() ? compare(arguments) : serve_driver(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
