// load_npz on any bytes. The limit keeps the memory of one input below that of the fuzzer.

#include "fuzz.hpp"

#include <eigengrad/io/npz.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    const eigengrad::NpzOptions options{.max_inflated_bytes = eigengrad::Index{8} << 20};
    for (const auto& [name, array] : eigengrad::detail::parse_npz<float>(bytes, "t", options)) {
      fuzz::use(array);
    }
  });
}
