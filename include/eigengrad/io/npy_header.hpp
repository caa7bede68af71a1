#pragma once
// The header of a .npy file: magic, version, length, the dict literal, and whether the file holds
// what it promises; and the writer's header. Leaves out the elements: npy.hpp.
//
// Stricter than NumPy on purpose: bytes after the data are refused, besides what npy_literal.hpp
// says.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/npy_literal.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// NumPy's limit, in bytes: longer headers are attacks or structured dtypes.
inline constexpr Index npy_longest_header = 10000;
/// NumPy writes the data at a multiple of this.
inline constexpr std::size_t npy_alignment = 64;
/// NumPy leaves room in the header for the first extent to grow to this many digits.
inline constexpr std::size_t npy_growth_digits = 21;

/// The header of a file of `file_size` bytes that begins with `start`: its first
/// min(file_size, 12 + npy_longest_header) bytes or more. Checks that the data that the header
/// promises is exactly what the file holds, so that a caller may allocate it.
/// Throws: FileError with the byte and the field
[[nodiscard]] NpyHeader parse_npy_header(std::string_view op, const std::string& name,
                                         std::string_view start, Index file_size);

/// Everything before the elements of a version 1.0 file in C order, byte for byte as NumPy writes
/// it.
[[nodiscard]] std::string format_npy_header(std::string_view descr, const Shape& shape);

#if EIGENGRAD_BODIES

[[noreturn]] EIGENGRAD_COLD inline void throw_truncated(std::string_view op,
                                                        const std::string& name, Index at,
                                                        Index expected, const std::string& what,
                                                        Index found) {
  throw FileError(op, name,
                  concat("truncated at byte ", at, ": expected ", expected, " bytes of ", what,
                         ", found ", found),
                  at);
}

[[noreturn]] EIGENGRAD_COLD inline void throw_no_npy(std::string_view op, const std::string& name,
                                                     std::string_view start) {
  std::string_view hint;
  if (start.substr(0, 2) == "PK") {
    hint = "; it looks like a zip archive (.npz)";
  } else if (!start.empty() && start[0] == '\x80') {
    hint = "; it looks like a Python pickle";
  }
  throw FileError(op, name, concat("no .npy magic at byte 0: expected \\x93NUMPY", hint), 0);
}

EIGENGRAD_BODY NpyHeader parse_npy_header(std::string_view op, const std::string& name,
                                          std::string_view start, Index file_size) {
  if (file_size == 0) {
    throw FileError(op, name, "the file is empty", 0);
  }
  constexpr std::string_view magic = "\x93NUMPY";
  if (start.substr(0, magic.size()) != magic) {
    if (start == magic.substr(0, start.size())) {
      throw_truncated(op, name, 0, static_cast<Index>(magic.size()), "magic", file_size);
    }
    throw_no_npy(op, name, start);
  }
  if (file_size < 8) {
    throw_truncated(op, name, 6, 2, "version", file_size - 6);
  }
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(start[i]); };
  const int major = byte(6);
  const int minor = byte(7);
  if (major < 1 || major > 3 || minor != 0) {
    throw FileError(
        op, name,
        concat("unknown version at byte 6: ", major, ".", minor, ", expected 1.0, 2.0 or 3.0"), 6);
  }
  const std::size_t width = major == 1 ? 2 : 4;
  if (file_size < static_cast<Index>(8 + width)) {
    throw_truncated(op, name, 8, static_cast<Index>(width), "header length", file_size - 8);
  }
  Index length = 0;
  for (std::size_t i = width; i-- > 0;) {
    length = length * 256 + byte(8 + i);
  }
  if (length > npy_longest_header) {
    throw FileError(
        op, name,
        concat("header too long at byte 8: ", length, " bytes, at most ", npy_longest_header), 8);
  }
  const auto offset = static_cast<Index>(8 + width);
  if (length > file_size - offset) {
    throw_truncated(op, name, offset, length, "header", file_size - offset);
  }
  const std::string_view text = start.substr(8 + width, static_cast<std::size_t>(length));
  NpyHeader header = NpyHeaderParser(op, name, text, offset, major < 3).parse();
  header.data_offset = offset + length;

  const Index found = file_size - header.data_offset;
  const std::string what = npy_type_name(header) + " data";
  if (__builtin_mul_overflow(header.info.shape.size(), header.item_bytes, &header.data_bytes)) {
    throw FileError(op, name,
                    concat("bad shape at byte ", offset,
                           ": the number of bytes overflows: ", header.info.shape),
                    offset);
  }
  if (found < header.data_bytes) {
    throw_truncated(op, name, header.data_offset, header.data_bytes, what, found);
  }
  if (found > header.data_bytes) {
    const Index at = header.data_offset + header.data_bytes;
    throw FileError(op, name,
                    concat("trailing bytes at byte ", at, ": expected ", header.data_bytes,
                           " bytes of ", what, ", found ", found),
                    at);
  }
  return header;
}

EIGENGRAD_BODY std::string format_npy_header(std::string_view descr, const Shape& shape) {
  std::string text =
      concat("{'descr': '", descr, "', 'fortran_order': False, 'shape': ", shape, ", }");
  if (shape.rank() > 0) {
    text.append(npy_growth_digits - std::to_string(shape[0]).size(), ' ');
  }
  const std::size_t used = 10 + text.size() + 1;
  text.append(npy_alignment - used % npy_alignment, ' ');
  text += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(text.size() & 255);
  head += static_cast<char>(text.size() >> 8);
  return head + text;
}

#endif

}  // namespace eigengrad::detail
