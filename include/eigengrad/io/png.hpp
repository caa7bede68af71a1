#pragma once
// PNG files of pictures that are tensors of bytes: writes grey, RGB and RGBA, 8 bits a channel.
// Needs zlib. Leaves out reading, palettes and interlacing.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/deflate.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_png(std::string_view op, const Shape& picture) {
  throw_shape_error(op,
                    {"the picture is not (height, width) or (height, width, 1, 3 or 4) with 1 "
                     "to 2147483647 pixels a side: ",
                     picture},
                    picture);
}

inline void append_big_endian(std::string& text, std::uint32_t value) {
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    text += static_cast<char>(value >> (shift - 8) & 255U);
  }
}

/// Length, name, data and the CRC-32 of the last two.
inline void append_png_chunk(std::string& png, std::string_view name, std::string_view data) {
  append_big_endian(png, static_cast<std::uint32_t>(data.size()));
  const std::size_t start = png.size();
  png += name;
  png += data;
  append_big_endian(png, crc32_of(0, png.data() + start, static_cast<Index>(png.size() - start)));
}

template <class = void>
[[nodiscard]] std::string png_bytes(std::string_view op, const Tensor<std::uint8_t>& picture) {
  constexpr Index longest = 0x7fffffff;
  const Shape& shape = picture.shape();
  const Index channels = shape.rank() == 3 ? shape[2] : 1;
  if ((shape.rank() != 2 && shape.rank() != 3) || picture.size() == 0 || channels == 2 ||
      channels > 4 || shape[0] > longest || shape[1] > longest) {
    throw_png(op, shape);
  }
  std::string header;
  append_big_endian(header, static_cast<std::uint32_t>(shape[1]));
  append_big_endian(header, static_cast<std::uint32_t>(shape[0]));
  // 8 bits; grey, RGB or RGBA; the one compression and filtering there are; not interlaced.
  const char kind = channels == 1 ? 0 : (channels == 3 ? 2 : 6);
  header += {8, kind, 0, 0, 0};

  std::string data;
  const auto append = [&](const unsigned char* from, Index bytes) {
    data.append(reinterpret_cast<const char*>(from), static_cast<std::size_t>(bytes));
  };
  const Tensor<std::uint8_t> bytes = packed(picture);
  const Index width = shape[1] * channels;
  DeflateStream stream(DeflateWrapper::zlib);
  for (Index row = 0; row < shape[0]; ++row) {
    constexpr char no_filter = 0;
    stream.add(&no_filter, 1, append);
    stream.add(bytes.data() + row * width, width, append);
  }
  stream.finish(append);

  std::string png = "\x89PNG\r\n\x1a\n";
  append_png_chunk(png, "IHDR", header);
  // A chunk's length has 31 bits.
  for (std::string_view rest = data; !rest.empty();) {
    const std::string_view part = rest.substr(0, std::size_t{1} << 30);
    append_png_chunk(png, "IDAT", part);
    rest.remove_prefix(part.size());
  }
  append_png_chunk(png, "IEND", "");
  return png;
}

}  // namespace detail

/// The bytes of a PNG file.
///
/// Shapes:    picture (height, width), or (height, width, channels) with 1 (grey), 3 (RGB) or 4
///            (RGBA) of them
/// Throws:    ShapeError for another shape or no pixels
/// Cost:      one pass through zlib
/// Reference: ISO/IEC 15948, W3C "Portable Network Graphics"
template <class = void>
[[nodiscard]] std::string encode_png(const Tensor<std::uint8_t>& picture) {
  return detail::png_bytes("encode_png", picture);
}

/// Writes a picture as a PNG file, all or nothing.
///
/// Throws:    as encode_png; FileError if the file cannot be written
template <class = void>
void save_png(const std::string& path, const Tensor<std::uint8_t>& picture) {
  detail::write_file_for("save_png", path, detail::png_bytes("save_png", picture));
}

}  // namespace eigengrad
