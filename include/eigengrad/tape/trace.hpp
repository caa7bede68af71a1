#pragma once
// Where in the user's program something happens: the return addresses on the stack, and what an
// error says of them, as file, line and function if addr2line finds these. Only with glibc; traces
// are empty elsewhere. Leaves out when they are taken: anomaly.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/memory/arena.hpp>
#include <eigengrad/tape/record.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#if defined(__GLIBC__) && __has_include(<execinfo.h>)
#if __GLIBC_PREREQ(2, 34)  // dladdr needs no library of its own
#define EIGENGRAD_TRACES 1
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#endif
#endif

namespace eigengrad::detail {

#if defined(EIGENGRAD_TRACES)

inline constexpr std::size_t trace_depth = 64;  // calls nest deeply without inlining

/// The caller's stack, in an arena.
/// Cost: some 10 us, for the tables of the unwinder are searched for every frame
[[nodiscard]] EIGENGRAD_COLD inline Trace take_trace(Arena& arena) {
  std::array<void*, trace_depth> frames;
  const auto count =
      static_cast<std::size_t>(backtrace(frames.data(), static_cast<int>(frames.size())));
  auto** const kept = static_cast<void**>(arena.allocate(count * sizeof(void*)));
  std::copy_n(frames.data(), count, kept);
  return {kept, count};
}

/// Where the file is loaded whose code an address is in, or null; its name, if asked for.
[[nodiscard]] EIGENGRAD_COLD inline const void* base_of(void* address,
                                                        const char** name = nullptr) {
  Dl_info info;
  if (dladdr(address, &info) == 0) {
    return nullptr;
  }
  if (name != nullptr) {
    *name = info.dli_fname;
  }
  return info.dli_fbase;
}

/// A program that runs and the end of the pipe it prints into; its end closes one and awaits the
/// other.
struct Child {
  int output;
  pid_t id = 0;  // 0: none runs
  explicit Child(int pipe_end) : output(pipe_end) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    close(output);
    while (id != 0 && waitpid(id, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
};

/// What a program prints; empty if it cannot be run. The arguments are handed over as they are.
[[nodiscard]] EIGENGRAD_COLD inline std::string output_of(char* const* arguments) {
  std::string text;
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return text;
  }
  Child child(ends[0]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t id = 0;
  if (posix_spawnp(&id, arguments[0], &actions, nullptr, arguments, environ) == 0) {
    child.id = id;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::array<char, 4096> part;
  for (ssize_t count = 1; count > 0 || (count < 0 && errno == EINTR);) {
    count = read(child.output, part.data(), part.size());
    text.append(part.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  return text;
}

/// The end of the library's folder, "include/eigengrad/", from the path of this header: it says
/// which files are the library's, wherever a precompiled part of it was built. Never empty.
[[nodiscard]] EIGENGRAD_COLD inline std::string_view library_folder(std::string_view header) {
  const std::string_view folder = header.substr(0, header.rfind("tape/trace.hpp"));
  if (folder.empty()) {  // a prefix map may take off all but that
    return "eigengrad/";
  }
  std::size_t start = folder.size() - 1;
  for (int names = 0; names < 2 && start > 0 && start != std::string_view::npos; ++names) {
    start = folder.rfind('/', start - 1);
  }
  return folder.substr(start == std::string_view::npos ? 0 : start + 1);
}

/// Whether a source file is neither this library's nor the standard library's.
[[nodiscard]] EIGENGRAD_COLD inline bool is_users_file(std::string_view file,
                                                       std::string_view header = __FILE__) {
  return !file.starts_with("??") && file.find(library_folder(header)) == std::string_view::npos &&
         file.find("/include/c++/") == std::string_view::npos;
}

/// "FILE:LINE in FUNCTION, from FILE:LINE, ..." for the user's calls in what `addr2line -Cfi`
/// printed, three at most.
[[nodiscard]] EIGENGRAD_COLD inline std::string users_calls(std::string_view printed) {
  std::string text;
  for (int found = 0; found < 3 && !printed.empty();) {
    std::array<std::string_view, 2> lines;  // function, then file:line
    for (std::string_view& line : lines) {
      line = printed.substr(0, printed.find('\n'));
      printed.remove_prefix(line.size() < printed.size() ? line.size() + 1 : line.size());
    }
    const std::string_view file = lines[1].substr(0, lines[1].find(" (discriminator"));
    // With counters for coverage GCC gives some functions of ours a line of the user's file.
    const bool ours = lines[0].starts_with("eigengrad::detail::");
    if (!file.ends_with(":?") && !ours && is_users_file(file)) {
      text.append(found == 0 ? "" : ", from ").append(file);
      text.append(found == 0 ? " in " : "").append(found == 0 ? lines[0] : "");
      ++found;
    }
  }
  return text;
}

/// "model.cpp:12 in encode(...), from main.cpp:40": the innermost calls that the user wrote, in the
/// program or shared library that called the op. Where nobody can tell lines, the addresses of the
/// innermost eight there.
[[nodiscard]] EIGENGRAD_COLD inline std::string place_of(Trace trace) {
  const char* name = nullptr;
  // The first is a sanitizer's where there is one.
  const void* const base = trace.size() < 2 ? nullptr : base_of(trace[1], &name);
  if (base == nullptr || name == nullptr) {
    return {};
  }
  std::array<char, 4096> path{};  // what was typed to start a program need not be one
  if (std::string_view(name) != program_invocation_name ||
      readlink("/proc/self/exe", path.data(), path.size() - 1) < 0) {
    std::snprintf(path.data(), path.size(), "%s", name);
  }
  // An ELF header lies at the base; at its byte 16, 2 means that addresses are what the file says.
  const bool fixed = static_cast<const std::uint16_t*>(base)[8] == 2;
  std::array<std::array<char, 24>, trace_depth> digits;
  std::array<char, 10> tool{"addr2line"};
  std::array<char, 6> options{"-Cfie"};
  std::array<char*, trace_depth + 4> arguments{tool.data(), options.data(), path.data()};
  std::string addresses(std::string_view(name).substr(std::string_view(name).rfind('/') + 1));
  std::size_t count = 0;
  for (void* const address : trace) {
    if (base_of(address) == base) {
      const auto call = reinterpret_cast<std::uintptr_t>(address) - 1;  // that returns there
      std::snprintf(digits[count].data(), digits[count].size(), "0x%zx",
                    fixed ? call : call - reinterpret_cast<std::uintptr_t>(base));
      arguments[count + 3] = digits[count].data();
      if (count < 8) {  // four or five of these are the library's
        addresses.append(count == 0 ? "+" : " +").append(digits[count].data());
      }
      ++count;
    }
  }
  std::string calls = users_calls(output_of(arguments.data()));
  return calls.empty() ? addresses + " (lines need -g and addr2line)" : calls;
}

#else

[[nodiscard]] inline Trace take_trace(Arena& /*arena*/) {
  return {};
}
[[nodiscard]] inline std::string place_of(Trace /*trace*/) {
  return {};
}

#endif

}  // namespace eigengrad::detail
