// load_npy on any bytes, as the type of the file and as others.

#include "fuzz.hpp"

#include <eigengrad/io/npy.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    fuzz::use(eigengrad::detail::parse_npy<double>(bytes, "t"));
    fuzz::use(eigengrad::detail::parse_npy<std::uint8_t>(bytes, "t"));
  });
}
