#pragma once
// The conversation with the benchmark driver: a contestant warms up, says in one line of JSON that
// it is ready, and answers every line on its standard input: `run N` with the seconds that N
// repeats took, `stats` with peak memory and heap calls. The program that includes this writes
// EIGENGRAD_COUNT_HEAP_CALLS once.

#include "contestant.hpp"

#include <eigengrad/base/error.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace step_bench {

/// Repeats before the first line.
inline constexpr Index warm_up = 20;

/// The command line of a contestant, or of the comparison that a human asks for.
struct Arguments {
  std::string contestant;
  std::string shape = "a";
  std::string work = "step";
  std::string data;  // empty: random
  int threads = 1;
  int rounds = 200;
};

/// Throws: ValueError for an unknown argument or one without a value
[[nodiscard]] inline Arguments parse_arguments(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) {
      throw eigengrad::ValueError("step", "argument without a value: " + std::string(name));
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
      throw eigengrad::ValueError("step", "unknown argument: " + std::string(name));
    }
  }
  return arguments;
}

/// Throws: ValueError for an unknown name
[[nodiscard]] inline Work work_named(const std::string& name) {
  constexpr std::string_view names[] = {"step", "inference", "online", "fit"};
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (name == names[i]) {
      return static_cast<Work>(i);
    }
  }
  throw eigengrad::ValueError(
      "step", "unknown work '" + name + "', expected step, inference, online or fit");
}

/// Seconds that `repeats` take.
[[nodiscard]] inline double time_run(Contestant& contestant, Index repeats) {
  const auto start = std::chrono::steady_clock::now();
  static_cast<void>(contestant.run(repeats));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The most memory that the process ever held, in kB; 0 where the system does not say.
[[nodiscard]] inline long peak_kilobytes() {
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

inline void print_stats(Contestant& contestant) {
  constexpr Index repeats = 8;
  const long peak = peak_kilobytes();
  const Index calls = eigengrad::testing::heap_calls();
  const Index bytes = eigengrad::testing::heap_bytes();
  static_cast<void>(contestant.run(repeats));
  std::printf("{\"peak_kb\": %ld, \"heap_calls\": %g, \"heap_bytes\": %g}\n", peak,
              static_cast<double>(eigengrad::testing::heap_calls() - calls) / repeats,
              static_cast<double>(eigengrad::testing::heap_bytes() - bytes) / repeats);
}

/// The whole conversation, until the driver's end of input.
inline int serve(Contestant& contestant, const Arguments& arguments, const std::string& version) {
  // An epoch of fit() is many steps.
  const float loss = contestant.run(arguments.work == "fit" ? 2 : warm_up);
  std::printf(
      "{\"ready\": true, \"contestant\": \"%s\", \"version\": \"%s\", \"threads\": %d, "
      "\"loss\": %.9g}\n",
      arguments.contestant.c_str(), version.c_str(), arguments.threads, static_cast<double>(loss));
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    long repeats = 0;
    if (std::sscanf(line, "run %ld", &repeats) == 1) {
      std::printf("%.9g\n", time_run(contestant, repeats));
    } else if (std::strncmp(line, "stats", 5) == 0) {
      print_stats(contestant);
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace step_bench
