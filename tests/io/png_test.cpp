// PNG files: their chunks, checksums and rows, taken apart by zlib and a CRC written out bit by
// bit.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/png.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zlib.h>

namespace eg = eigengrad;

namespace {

std::uint32_t big_endian(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    value = value << 8U | static_cast<unsigned char>(text[i]);
  }
  return value;
}

/// CRC-32 as ISO/IEC 15948 defines it, annex D.
std::uint32_t plain_crc(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1U) != 0 ? 0xedb88320U ^ (crc >> 1U) : crc >> 1U;
    }
  }
  return ~crc;
}

/// Names and data of the chunks; every checksum is checked.
std::vector<std::pair<std::string, std::string>> chunks_of(const std::string& png) {
  REQUIRE(png.substr(0, 8) == "\x89PNG\r\n\x1a\n");
  std::vector<std::pair<std::string, std::string>> chunks;
  for (std::size_t at = 8; at < png.size();) {
    const std::size_t length = big_endian(png, at);
    REQUIRE(at + 12 + length <= png.size());
    CHECK(big_endian(png, at + 8 + length) ==
          plain_crc(std::string_view(png).substr(at + 4, length + 4)));
    chunks.emplace_back(png.substr(at + 4, 4), png.substr(at + 8, length));
    at += 12 + length;
  }
  return chunks;
}

std::string inflated(const std::string& data, std::size_t bytes) {
  std::string result(bytes, '\0');
  uLongf size = static_cast<uLongf>(bytes);
  REQUIRE(::uncompress(reinterpret_cast<Bytef*>(result.data()), &size,
                       reinterpret_cast<const Bytef*>(data.data()),
                       static_cast<uLong>(data.size())) == Z_OK);
  REQUIRE(size == bytes);
  return result;
}

}  // namespace

TEST_CASE("png: an RGB picture, chunk by chunk", "[io][zlib]") {
  const auto picture =
      eg::tensor<std::uint8_t>({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}, {2, 2, 3});
  const auto chunks = chunks_of(eg::encode_png(picture));
  REQUIRE(chunks.size() == 3);
  CHECK(chunks[0].first == "IHDR");
  CHECK(chunks[0].second == std::string("\0\0\0\2\0\0\0\2\x08\2\0\0\0", 13));
  CHECK(chunks[1].first == "IDAT");
  CHECK(inflated(chunks[1].second, 14) ==
        std::string("\0\1\2\3\4\5\6\0\7\x08\x09\x0a\x0b\xff", 14));
  CHECK(chunks[2] == std::pair<std::string, std::string>("IEND", ""));
}

TEST_CASE("png: grey and RGBA, wide and high", "[io][zlib]") {
  const auto grey = chunks_of(eg::encode_png(eg::full<std::uint8_t>({1, 300}, 7)));
  CHECK(grey[0].second == std::string("\0\0\1\x2c\0\0\0\1\x08\0\0\0\0", 13));
  CHECK(inflated(grey[1].second, 301) == std::string(1, '\0') + std::string(300, '\7'));
  CHECK(eg::encode_png(eg::full<std::uint8_t>({1, 300, 1}, 7)) ==
        eg::encode_png(eg::full<std::uint8_t>({1, 300}, 7)));
  const auto rgba = chunks_of(eg::encode_png(eg::zeros<std::uint8_t>({3, 1, 4})));
  CHECK(rgba[0].second == std::string("\0\0\0\1\0\0\0\3\x08\6\0\0\0", 13));
  CHECK(inflated(rgba[1].second, 15) == std::string(15, '\0'));
}

TEST_CASE("png: files, and what is refused", "[io][zlib][errors]") {
  const ScratchFolder folder;
  const auto picture = eg::zeros<std::uint8_t>({2, 2, 3});
  eg::save_png(folder / "a.png", picture);
  CHECK(eg::read_file(folder / "a.png") == eg::encode_png(picture));
  CHECK_THROWS_TEXT(eg::encode_png(eg::zeros<std::uint8_t>({2, 2, 2})), eg::ShapeError,
                    "encode_png: the picture is not (height, width) or (height, width, 1, 3 or 4) "
                    "with 1 to 2147483647 pixels a side: (2, 2, 2)");
  CHECK_THROWS_AS(eg::encode_png(eg::zeros<std::uint8_t>({0, 2, 3})), eg::ShapeError);
  CHECK_THROWS_TEXT(
      eg::save_png(folder / "no/a.png", picture), eg::FileError,
      "save_png: " + (folder / "no/a.png") + ": cannot create: No such file or directory");
}
