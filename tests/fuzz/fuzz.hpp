#pragma once
// What the fuzz targets share. A reader may refuse bytes with a FileError that names the file and a
// place, and nothing else; what it accepts must be a whole tensor.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

namespace fuzz {

namespace eg = eigengrad;

[[noreturn]] inline void stop(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

inline volatile double sink = 0;

/// Reads every element, so that the sanitizers see those that are not there.
template <class T>
void use(const eg::Tensor<T>& x) {
  double sum = 0;
  for (const T value : x.values()) {
    sum += static_cast<double>(value);
  }
  sink = sum;
}

/// Whether every error says where; a text format also refuses a file as a whole.
enum class Place { always, maybe };

/// Calls read(bytes), whose file has that name.
template <class Read>
int run(const std::uint8_t* data, std::size_t size, const Read& read, Place place = Place::always,
        const std::string& name = "t") {
  try {
    read(std::as_bytes(std::span(data, size)));
  } catch (const eg::FileError& error) {
    if (error.file() != name || (place == Place::always && error.offset() < 0)) {
      stop(std::string("no place in the error: ") + error.what());
    }
    if (std::string(error.what()).find('\n') != std::string::npos) {
      stop(std::string("an error of two lines: ") + error.what());
    }
  }
  return 0;
}

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
