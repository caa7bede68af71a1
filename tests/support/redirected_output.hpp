#pragma once
// Standard output goes to a file while an object lives. For tests and benchmarks.

#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

class RedirectedOutput {
 public:
  explicit RedirectedOutput(const char* path) noexcept {
    std::fflush(stdout);
    kept_ = ::dup(STDOUT_FILENO);
    const int file = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::close(file);
  }
  RedirectedOutput(const RedirectedOutput&) = delete;
  RedirectedOutput& operator=(const RedirectedOutput&) = delete;
  ~RedirectedOutput() {
    std::fflush(stdout);
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }

 private:
  int kept_;
};
