#pragma once
// FileMap: a whole file as memory, for readers that leave the elements where they are.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/mapping.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/mman.h>

namespace eigengrad::detail {

/// A file mapped for reading. Its pages are read when they are touched. A file that somebody
/// shortens while it is mapped ends the program when what is gone is read (SIGBUS): the writers
/// here never do, they replace files.
class FileMap {
 public:
  FileMap(std::string_view op, const std::string& path) {
    const InputFile file(op, path);
    if (file.size() == 0) {
      return;  // there are no empty maps
    }
    const auto bytes = static_cast<std::size_t>(file.size());
    void* const address = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.descriptor(), 0);
    if (address == MAP_FAILED) {
      throw_system(op, path, "map", errno);
    }
    bytes_ = adopt_mapping(address, bytes);
  }

  [[nodiscard]] Index size() const { return bytes_.defined() ? bytes_.size() : 0; }
  /// The first bytes, at most `most`.
  [[nodiscard]] std::string_view start(Index most) const {
    return bytes_.defined() ? std::string_view(reinterpret_cast<const char*>(bytes_.data()),
                                               static_cast<std::size_t>(std::min(size(), most)))
                            : std::string_view();
  }
  /// The map itself; views of it keep it alive.
  [[nodiscard]] const Tensor<std::uint8_t>& bytes() const noexcept { return bytes_; }

  /// Elements of T from the byte `begin` on. `what` they are, for errors; the caller has compared
  /// their place with the file's size.
  /// Throws: FileError if they are not aligned for a T
  template <AnyScalar T>
  [[nodiscard]] Tensor<T> view(std::string_view op, const std::string& path, std::string_view what,
                               Index begin, const Shape& shape, const Strides& strides) const {
    if (begin % static_cast<Index>(alignof(T)) != 0) {
      throw FileError(op, path,
                      concat(what, " begins at byte ", begin, ", which is no multiple of ",
                             alignof(T), ": it can be loaded, but not mapped"),
                      begin);
    }
    return view_of_mapping<T>(bytes_, begin, shape, strides);
  }

 private:
  Tensor<std::uint8_t> bytes_;
};

}  // namespace eigengrad::detail
