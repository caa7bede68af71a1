#pragma once
// map_npy: a .npy file as a tensor whose elements stay in the file, for data larger than memory.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file_map.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/io/npy_header.hpp>
#include <eigengrad/io/npy_literal.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <concepts>
#include <cstddef>
#include <string>

namespace eigengrad {

/// Maps a .npy file whose elements are of type T in this machine's byte order: nothing is read but
/// the header, pages come when they are touched, and every view of the tensor keeps the map. The
/// tensor is read-only. A file in Fortran order gives a strided view. bool files map as uint8.
///
/// The file must not be shortened while it is mapped; to replace it is fine.
///
/// Shapes:    the file's
/// Throws:    FileError as load_npy; if the elements are of another type or byte order, or not
///            aligned; if the file cannot be mapped
/// Cost:      none for the elements
/// Reference: numpy.load(path, mmap_mode="r")
template <AnyScalar T>
requires(!std::same_as<T, bool>) [[nodiscard]] Tensor<T> map_npy(const std::string& path) {
  const detail::FileMap map("map_npy", path);
  const detail::NpyHeader header = detail::parse_npy_header(
      "map_npy", path, map.start(detail::npy_longest_header + 12), map.size());
  const bool bytes = std::same_as<T, std::uint8_t> && header.kind == 'b';
  const std::string wanted = detail::npy_descr<T>();
  if (!bytes && (header.kind != wanted[1] || header.swapped ||
                 header.item_bytes != static_cast<Index>(sizeof(T)))) {
    throw FileError("map_npy", path,
                    detail::concat("the elements are '", header.info.descr, "', only '", wanted,
                                   "' can be mapped as ", dtype_name(dtype_of<T>)),
                    header.data_offset);
  }
  const Shape& shape = header.info.shape;
  Strides strides = contiguous_strides(shape);
  if (header.info.fortran_order) {
    Index step = 1;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      strides[static_cast<std::size_t>(axis)] = step;
      step *= shape[axis];
    }
  }
  return map.view<T>("map_npy", path, "the data", header.data_offset, shape, strides);
}

}  // namespace eigengrad
