// load_idx on any bytes, plain or gzipped.

#include "fuzz.hpp"

#include <eigengrad/io/idx.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const eigengrad::IdxOptions options{.max_inflated_bytes = eigengrad::Index{8} << 20};
    fuzz::use(eigengrad::detail::parse_idx<float>(bytes, "t", options));
  });
}
