#pragma once
// NumPy's .npy files: load_npy, npy_info, save_npy. Reads versions 1 to 3, both byte orders, both
// element orders and every real number type; writes version 1 as NumPy does. Leaves out .npz.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/npy_header.hpp>
#include <eigengrad/io/npy_literal.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace eigengrad {

namespace detail {

/// IEEE 754 half precision, as the bits in the file.
struct NpyHalf {
  std::uint16_t bits;
};

/// Exact: every half is a float.
[[nodiscard]] inline float float_of(NpyHalf half) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000U) << 16;
  const std::uint32_t exponent = (half.bits >> 10) & 31U;
  const std::uint32_t fraction = half.bits & 0x3ffU;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign == 0 ? value : -value;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

/// One element of a file as T.
template <AnyScalar T, class Raw>
[[nodiscard]] inline T npy_element(Raw raw) noexcept {
  if constexpr (std::same_as<Raw, NpyHalf>) {
    return kernels::convert<T>(float_of(raw));
  } else {
    return kernels::convert<T>(raw);
  }
}

/// out[i] = element i of `bytes`, `count` of them, whose bytes may be swapped.
template <class Raw, AnyScalar T>
void decode_npy(T* out, const std::byte* bytes, Index count, bool swapped) noexcept {
  for (Index i = 0; i < count; ++i) {
    std::byte one[sizeof(Raw)];
    std::memcpy(one, bytes + i * static_cast<Index>(sizeof(Raw)), sizeof(Raw));
    if (swapped) {
      std::reverse(one, one + sizeof(Raw));
    }
    if constexpr (std::same_as<Raw, bool>) {  // a byte other than 0 and 1 is no bool
      out[i] = npy_element<T>(one[0] != std::byte{0});
    } else {
      Raw raw;
      std::memcpy(&raw, one, sizeof(Raw));
      out[i] = npy_element<T>(raw);
    }
  }
}

/// Calls use(Raw) with the element type that a header names.
template <class Use>
void with_npy_type(const NpyHeader& header, const Use& use) {
  const Index bytes = header.item_bytes;
  switch (header.kind) {
    case 'b':
      return use(bool{});
    case 'i':
      return bytes == 1   ? use(std::int8_t{})
             : bytes == 2 ? use(std::int16_t{})
             : bytes == 4 ? use(std::int32_t{})
                          : use(std::int64_t{});
    case 'u':
      return bytes == 1   ? use(std::uint8_t{})
             : bytes == 2 ? use(std::uint16_t{})
             : bytes == 4 ? use(std::uint32_t{})
                          : use(std::uint64_t{});
    default:
      return bytes == 2 ? use(NpyHalf{}) : bytes == 4 ? use(float{}) : use(double{});
  }
}

/// Fills `out` with the elements in the order of the file; read(to, bytes) gives the next bytes.
template <AnyScalar T, class Read>
void read_npy_elements(const NpyHeader& header, T* out, Index count, Read& read) {
  constexpr Index chunk_bytes = 65536;
  with_npy_type(header, [&]<class Raw>(Raw /*type*/) {
    if constexpr (std::same_as<Raw, T> && !std::same_as<T, bool>) {
      if (!header.swapped) {
        read(out, header.data_bytes);
        return;
      }
    }
    constexpr auto item = static_cast<Index>(sizeof(Raw));
    Scratch<std::byte> chunk(std::min(header.data_bytes, chunk_bytes));
    for (Index done = 0; done < count;) {
      const Index now = std::min(count - done, chunk_bytes / item);
      read(chunk.data(), now * item);
      decode_npy<Raw>(out + done, chunk.data(), now, header.swapped);
      done += now;
    }
  });
}

/// The tensor of a checked header. A file in Fortran order is one in C order with the axes
/// reversed.
template <AnyScalar T, class Read>
[[nodiscard]] Tensor<T> read_npy_tensor(const NpyHeader& header, Read&& read) {
  const Shape& shape = header.info.shape;
  Tensor<T> out = uninitialized<T>(shape);
  if (!header.info.fortran_order || shape.rank() < 2) {
    read_npy_elements(header, out.mutable_data(), out.size(), read);
    return out;
  }
  Scratch<T> elements(out.size());
  read_npy_elements(header, elements.data(), out.size(), read);
  Strides strides{};
  Index step = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    strides[static_cast<std::size_t>(axis)] = step;
    step *= shape[axis];
  }
  kernels::copy(shape, out.mutable_data(), out.strides(), elements.data(), strides);
  return out;
}

/// load_npy from bytes in memory; `name` stands for the file in errors.
template <AnyScalar T>
[[nodiscard]] Tensor<T> parse_npy(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const NpyHeader header =
      parse_npy_header("load_npy", name, text, static_cast<Index>(bytes.size()));
  const std::byte* next = bytes.data() + header.data_offset;
  return read_npy_tensor<T>(header, [&next](void* to, Index count) noexcept {
    std::memcpy(to, next, static_cast<std::size_t>(count));
    next += count;
  });
}

/// The header of an open file, which is then at its first element if `rest` is empty; else `rest`
/// are elements that were read along.
[[nodiscard]] inline NpyHeader read_npy_header(std::string_view op, const std::string& path,
                                               InputFile& file, std::string& start) {
  const Index most = npy_longest_header + 12;
  start.resize(static_cast<std::size_t>(std::min(file.size(), most)));
  file.read(start.data(), static_cast<Index>(start.size()));
  return parse_npy_header(op, path, start, file.size());
}

/// NumPy's name of T on this machine, as save_npy writes it.
template <AnyScalar T>
[[nodiscard]] std::string npy_descr() {
  const char order = sizeof(T) == 1 ? '|' : std::endian::native == std::endian::little ? '<' : '>';
  const char kind = std::same_as<T, bool>           ? 'b'
                    : std::floating_point<T>        ? 'f'
                    : std::same_as<T, std::uint8_t> ? 'u'
                                                    : 'i';
  return std::string{order, kind, static_cast<char>('0' + sizeof(T))};
}

}  // namespace detail

/// Loads a .npy file as a contiguous tensor of T, converting the elements as NumPy's astype does:
/// to bool by != 0, to integers by truncation, to float by rounding to nearest.
///
/// Shapes:    the file's; at most six extents
/// Throws:    FileError for a missing file; for anything that is not a well-formed .npy file of
///            real numbers of exactly the promised length, with the byte and the field
/// Cost:      one pass; a file in Fortran order needs its size once more
/// Reference: NumPy, numpy.lib.format
template <AnyScalar T>
[[nodiscard]] Tensor<T> load_npy(const std::string& path) {
  detail::InputFile file("load_npy", path);
  std::string start;
  const detail::NpyHeader header = detail::read_npy_header("load_npy", path, file, start);
  std::string_view rest =
      std::string_view(start).substr(static_cast<std::size_t>(header.data_offset));
  return detail::read_npy_tensor<T>(header, [&](void* to, Index count) {
    const std::size_t ready = std::min(rest.size(), static_cast<std::size_t>(count));
    std::memcpy(to, rest.data(), ready);
    rest.remove_prefix(ready);
    file.read(static_cast<std::byte*>(to) + ready, count - static_cast<Index>(ready));
  });
}

/// What the header of a .npy file says, checked as load_npy does; the elements are not read.
///
/// Throws:    FileError as load_npy
[[nodiscard]] inline NpyInfo npy_info(const std::string& path) {
  detail::InputFile file("npy_info", path);
  std::string start;
  return detail::read_npy_header("npy_info", path, file, start).info;
}

/// Writes a tensor as a .npy file (version 1.0, C order, this machine's byte order) that NumPy
/// would have written byte for byte. All or nothing: see write_file.
///
/// Shapes:    any
/// Throws:    FileError if the file cannot be written; what was at `path` is then untouched
/// Cost:      one pass; a strided view is copied first
template <AnyScalar T>
void save_npy(const std::string& path, const Tensor<T>& x) {
  const Tensor<T> elements = detail::packed(x);
  const std::string head = detail::format_npy_header(detail::npy_descr<T>(), x.shape());
  detail::AtomicFile file("save_npy", path);
  file.write(head.data(), static_cast<Index>(head.size()));
  file.write(elements.data(), elements.size() * static_cast<Index>(sizeof(T)));
  file.commit();
}

}  // namespace eigengrad
