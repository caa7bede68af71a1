#pragma once
// CRC-64/XZ, the checksum of checkpoints: finds every burst of up to 64 wrong bits, and any other
// damage but for one case in 2^64.

#include <eigengrad/base/index.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace eigengrad::detail {

/// tables[k][b]: the remainder of the byte b followed by k zero bytes.
using Crc64Tables = std::array<std::array<std::uint64_t, 256>, 8>;

[[nodiscard]] constexpr Crc64Tables make_crc64_tables() noexcept {
  constexpr std::uint64_t polynomial = 0xC96C5795D7870F42U;  // of ECMA-182, bits reversed
  Crc64Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = (rest >> 1) ^ ((rest & 1U) != 0 ? polynomial : 0);
    }
    tables[0][byte] = rest;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = tables[0][before & 0xffU] ^ (before >> 8);
    }
  }
  return tables;
}

inline constexpr Crc64Tables crc64_tables = make_crc64_tables();

/// A checksum that is fed piece by piece.
/// Reference: ECMA-182, annex B; eight bytes at a time as in Kounavis and Berry 2005
class Crc64 {
 public:
  void add(const void* from, Index bytes) noexcept {
    const auto* at = static_cast<const unsigned char*>(from);
    std::uint64_t rest = ~value_;
    for (; bytes >= 8; bytes -= 8, at += 8) {
      for (unsigned i = 0; i < 8; ++i) {
        rest ^= static_cast<std::uint64_t>(at[i]) << (8 * i);
      }
      std::uint64_t next = 0;
      for (unsigned i = 0; i < 8; ++i) {
        next ^= crc64_tables[7 - i][rest >> (8 * i) & 0xffU];
      }
      rest = next;
    }
    for (; bytes > 0; --bytes, ++at) {
      rest = crc64_tables[0][(rest ^ *at) & 0xffU] ^ (rest >> 8);
    }
    value_ = ~rest;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace eigengrad::detail
