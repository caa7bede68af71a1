// Whole training steps: eigengrad against the same step written by hand on plain Eigen and on the
// library's own product.
//
//   step [--shape a|b|c|tiny|mnist] [--work step|inference|online] [--threads N] [--rounds N]
//     times the three interleaved in this process and prints the ratios. It refuses when their
//     losses differ.
//   step --contestant eigengrad|floor_eigen|floor_gemm --shape S --work W|fit --threads N --data
//   DIR
//     serves the benchmark driver: a line `{"ready": ...}`, then for every line `run N` the seconds
//     that N repeats took, and for `stats` memory and heap calls.

#include "step/contestant.hpp"

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>

EIGENGRAD_COUNT_HEAP_CALLS;

namespace eg = eigengrad;
using namespace step_bench;

namespace {

constexpr Index warm_up = 20;

struct Arguments {
  std::string contestant;  // empty: compare all three
  std::string shape = "a";
  std::string work = "step";
  std::string data;  // empty: random
  int threads = 1;
  int rounds = 40;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) {
      throw eg::ValueError("step", "argument without a value: " + std::string(name));
    }
    const char* const value = argv[i + 1];
    if (name == "--contestant") {
      arguments.contestant = value;
    } else if (name == "--shape") {
      arguments.shape = value;
    } else if (name == "--work") {
      arguments.work = value;
    } else if (name == "--data") {
      arguments.data = value;
    } else if (name == "--threads") {
      arguments.threads = std::max(1, std::atoi(value));
    } else if (name == "--rounds") {
      arguments.rounds = std::max(1, std::atoi(value));
    } else {
      throw eg::ValueError("step", "unknown argument: " + std::string(name));
    }
  }
  return arguments;
}

Work work_named(const std::string& name) {
  constexpr std::string_view names[] = {"step", "inference", "online", "fit"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (name == names[i]) {
      return static_cast<Work>(i);
    }
  }
  throw eg::ValueError("step", "unknown work '" + name + "', expected step, inference or online");
}

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

/// Seconds that `repeats` take.
double time_run(Contestant& contestant, Index repeats) {
  const auto start = std::chrono::steady_clock::now();
  static_cast<void>(contestant.run(repeats));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The most memory that the process ever held, in kB; 0 where the system does not say.
long peak_kilobytes() {
  std::FILE* const file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) {
    return 0;
  }
  long peak = 0;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "VmHWM: %ld", &peak) == 1) {
      break;
    }
  }
  std::fclose(file);
  return peak;
}

void print_stats(Contestant& contestant) {
  constexpr Index repeats = 8;
  const long peak = peak_kilobytes();
  const Index calls = eg::testing::heap_calls();
  const Index bytes = eg::testing::heap_bytes();
  static_cast<void>(contestant.run(repeats));
  std::printf("{\"peak_kb\": %ld, \"heap_calls\": %g, \"heap_bytes\": %g}\n", peak,
              static_cast<double>(eg::testing::heap_calls() - calls) / repeats,
              static_cast<double>(eg::testing::heap_bytes() - bytes) / repeats);
}

/// The protocol with the driver, until its end of input.
int serve(const Arguments& arguments) {
  const Work work = work_named(arguments.work);
  const Problem problem =
      work == Work::fit ? Problem{} : make_problem(arguments.shape, work, arguments.data);
  const auto contestant = make_contestant(arguments.contestant, problem, work, arguments.threads);
  const float loss = contestant->run(warm_up);
  const std::string version =
      arguments.contestant == "floor_eigen" ? eigen_version() : EIGENGRAD_VERSION_STRING;
  std::printf(
      "{\"ready\": true, \"contestant\": \"%s\", \"version\": \"%s\", \"threads\": %d, "
      "\"loss\": %.9g}\n",
      arguments.contestant.c_str(), version.c_str(), arguments.threads, static_cast<double>(loss));
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    long repeats = 0;
    if (std::sscanf(line, "run %ld", &repeats) == 1) {
      std::printf("%.9g\n", time_run(*contestant, repeats));
    } else if (std::strncmp(line, "stats", 5) == 0) {
      print_stats(*contestant);
    }
    std::fflush(stdout);
  }
  return 0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
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
  for (Index i = 0; i < warm_up; ++i) {
    const float ours = contestants[0]->run(1);
    for (std::size_t k = 1; k < contestants.size(); ++k) {
      const float theirs = contestants[k]->run(1);
      if (!(std::fabs(ours - theirs) <= 1e-4F * std::fabs(theirs))) {
        std::fprintf(stderr, "step: eigengrad and %s differ at step %d: %g and %g\n", names[k],
                     static_cast<int>(i + 1), static_cast<double>(ours),
                     static_cast<double>(theirs));
        return 1;
      }
    }
  }
  // Rounds of about 20 ms each.
  const double once = time_run(*contestants[0], 4) / 4;
  const auto repeats = static_cast<Index>(std::clamp(0.02 / once, 1.0, 1e6));
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
    const Arguments arguments = parse(argc, argv);
    return arguments.contestant.empty() ? compare(arguments) : serve(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
