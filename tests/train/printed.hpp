#pragma once
// What a function writes to standard output.

#include "io/scratch_folder.hpp"
#include "support/redirected_output.hpp"

#include <eigengrad/io/file.hpp>

#include <string>

namespace train_tests {

template <class Function>
[[nodiscard]] std::string printed_by(const Function& function) {
  const ScratchFolder folder;
  const std::string path = folder / "output";
  {
    const RedirectedOutput to_file(path.c_str());
    function();
  }
  return eigengrad::read_file(path);
}

}  // namespace train_tests
