#pragma once
// MappedSafetensors: the tensors of a safetensors file as views into it, for weights larger than
// memory. Needs nlohmann-json.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file_map.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/safetensors_header.hpp>
#include <eigengrad/io/safetensors_parser.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

/// A safetensors file mapped for reading: the header is read and checked at once, a tensor's pages
/// come when they are touched. Views outlive this object; they keep the map. Many threads may use
/// one. The file must not be shortened while it is mapped; to replace it is fine.
class MappedSafetensors {
 public:
  /// Throws: FileError as SafetensorsFile; if the file cannot be mapped
  explicit MappedSafetensors(const std::string& path) : path_(path), map_(op, path) {
    const std::string_view start = map_.start(8);
    const Index length = detail::safetensors_header_length(op, path_, start, map_.size());
    header_ =
        detail::parse_safetensors_header(op, path_, map_.start(8 + length).substr(8), map_.size());
  }

  /// What the file holds, in the order of the data.
  [[nodiscard]] const std::vector<SafetensorsInfo>& tensors() const noexcept {
    return header_.tensors;
  }
  [[nodiscard]] const SafetensorsMetadata& metadata() const noexcept { return header_.metadata; }
  /// What the header says of one tensor. Throws: FileError; it lists the names that there are
  [[nodiscard]] const SafetensorsInfo& info(std::string_view name) const {
    return detail::safetensors_named(op, path_, tensors(), name);
  }

  /// A read-only view of one tensor, whose elements must be stored as T: F32, F64, I64, I32, U8, or
  /// BOOL as uint8.
  /// Throws: FileError if there is none of that name, for another type, or if it is not aligned
  template <AnyScalar T>
  requires(!std::same_as<T, bool>) [[nodiscard]] Tensor<T> view(std::string_view name) const {
    const SafetensorsInfo& tensor = info(name);
    const std::string_view wanted = detail::safetensors_dtype(dtype_of<T>);
    const bool bytes = std::same_as<T, std::uint8_t> && tensor.dtype == "BOOL";
    const std::string what = "tensor '" + detail::shown_text(name) + "'";
    if (std::endian::native != std::endian::little || (!bytes && tensor.dtype != wanted)) {
      throw FileError(op, path_,
                      detail::concat(what, " is stored as ", tensor.dtype, ", only ", wanted,
                                     " can be mapped as ", dtype_name(dtype_of<T>)),
                      tensor.begin);
    }
    return map_.view<T>(op, path_, what, tensor.begin, tensor.shape,
                        contiguous_strides(tensor.shape));
  }

 private:
  static constexpr std::string_view op = "map_safetensors";

  std::string path_;
  detail::FileMap map_;
  detail::SafetensorsHeader header_;
};

}  // namespace eigengrad
