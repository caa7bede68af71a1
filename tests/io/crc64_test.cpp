#include "support/catch.hpp"

#include <eigengrad/io/crc64.hpp>

#include <cstdint>
#include <string>

namespace {

std::uint64_t crc64(const std::string& text) {
  eigengrad::detail::Crc64 crc;
  crc.add(text.data(), static_cast<eigengrad::Index>(text.size()));
  return crc.value();
}

}  // namespace

TEST_CASE("crc64: what .xz files hold as their check", "[io][crc64]") {
  // liblzma 5.4.1; the first is also the check value of CRC-64/XZ in catalogues of CRC algorithms.
  CHECK(crc64("123456789") == 0x995dc9bbdf1939faU);
  CHECK(crc64(std::string(100, '\0')) == 0xbc6b7c0e4bf354daU);
  CHECK(crc64("The quick brown fox jumps over the lazy dog") == 0x5b5eb8c2e54aa1c4U);
  CHECK(crc64("") == 0);
}

TEST_CASE("crc64: pieces of any length give what the whole gives, one bit something else",
          "[io][crc64]") {
  std::string text;
  for (int i = 0; i < 100; ++i) {
    text += static_cast<char>(i * 37 % 251);
  }
  const std::uint64_t whole = crc64(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    eigengrad::detail::Crc64 crc;
    crc.add(text.data(), static_cast<eigengrad::Index>(cut));
    crc.add(text.data() + cut, static_cast<eigengrad::Index>(text.size() - cut));
    CHECK(crc.value() == whole);
  }
  for (std::size_t bit = 0; bit < 8 * text.size(); ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    CHECK(crc64(other) != whole);
  }
}
