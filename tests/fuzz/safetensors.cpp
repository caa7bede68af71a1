// load_safetensors on any bytes.

#include "fuzz.hpp"

#include <eigengrad/io/safetensors.hpp>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, [](std::span<const std::byte> bytes) {
    for (const auto& [name, tensor] : eigengrad::detail::parse_safetensors<float>(bytes, "t")) {
      fuzz::use(tensor);
    }
    for (const auto& [name, tensor] : eigengrad::detail::parse_safetensors<bool>(bytes, "t")) {
      fuzz::use(tensor);
    }
  });
}
