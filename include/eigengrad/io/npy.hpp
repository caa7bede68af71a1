#pragma once
// NumPy's .npy files: load_npy, npy_info, save_npy. Reads versions 1 to 3, both byte orders, both
// element orders and every real number type; writes version 1 as NumPy does. Leaves out .npz.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/elements.hpp>
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

/// The tensor of a checked header. A file in Fortran order is one in C order with the axes
/// reversed.
template <AnyScalar T, class Read>
[[nodiscard]] Tensor<T> read_npy_tensor(const NpyHeader& header, Read&& read) {
  const Shape& shape = header.info.shape;
  const ElementFormat format{header.kind, header.item_bytes, header.swapped};
  Tensor<T> out = uninitialized<T>(shape);
  if (!header.info.fortran_order || shape.rank() < 2) {
    read_elements(format, out.mutable_data(), out.size(), read);
    return out;
  }
  Scratch<T> elements(out.size());
  read_elements(format, elements.data(), out.size(), read);
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
