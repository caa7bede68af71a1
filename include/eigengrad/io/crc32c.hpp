#pragma once
// CRC-32C (Castagnoli), masked: the checksum of TFRecord files. Leaves out the files.

#include <array>
#include <cstdint>
#include <string_view>

namespace eigengrad::detail {

[[nodiscard]] constexpr std::array<std::uint32_t, 256> make_crc32c_table() noexcept {
  constexpr std::uint32_t polynomial = 0x82f63b78U;  // of RFC 3720, bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? polynomial : 0);
    }
    table[byte] = rest;
  }
  return table;
}

inline constexpr std::array<std::uint32_t, 256> crc32c_table = make_crc32c_table();

/// The checksum of some bytes, one at a time: event files are small.
/// Reference: RFC 3720, appendix B.4
[[nodiscard]] constexpr std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t rest = 0xffffffffU;
  for (const char byte : bytes) {
    rest = crc32c_table[(rest ^ static_cast<unsigned char>(byte)) & 0xffU] ^ (rest >> 8U);
  }
  return ~rest;
}

/// Turned and shifted, so that a checksum of bytes with their checksums behind them says something.
/// Reference: TensorFlow, "TFRecords format details"
[[nodiscard]] constexpr std::uint32_t masked_crc32c(std::string_view bytes) noexcept {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
}

}  // namespace eigengrad::detail
