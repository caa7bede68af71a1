#pragma once
// What a function writes to standard output.

#include "io/scratch_folder.hpp"

#include <eigengrad/io/file.hpp>

#include <cstdio>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace train_tests {

template <class Function>
[[nodiscard]] std::string printed_by(const Function& function) {
  const ScratchFolder folder;
  const std::string path = folder / "output";
  std::fflush(stdout);
  const int kept = ::dup(STDOUT_FILENO);
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::close(file);
  function();
  std::fflush(stdout);
  ::dup2(kept, STDOUT_FILENO);
  ::close(kept);
  return eigengrad::read_file(path);
}

}  // namespace train_tests
