#pragma once
// Tensors whose elements lie in a memory map: views that keep it alive, and letting go of pages.
// Leaves out files: io/file_map.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/body.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <sys/mman.h>
#include <unistd.h>

namespace eigengrad::detail {

/// Owns a map; hangs on the body that all views of it share, which no user ever holds.
class EIGENGRAD_API Mapping final : public LeafState {
 public:
  Mapping(void* address, std::size_t bytes) noexcept : address_(address), bytes_(bytes) {
    trainable = false;
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() override { ::munmap(address_, bytes_); }

  /// Tells the system something about the pages that touch [from, from + bytes).
  void advise(const void* from, std::size_t bytes, int advice) const noexcept {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t start =
        static_cast<std::size_t>(static_cast<const char*>(from) - static_cast<char*>(address_)) /
        page * page;
    const std::size_t end = std::min(
        static_cast<std::size_t>(static_cast<const char*>(from) - static_cast<char*>(address_)) +
            bytes,
        bytes_);
    if (end > start) {
      static_cast<void>(::madvise(static_cast<char*>(address_) + start, end - start, advice));
    }
  }

 private:
  void* address_;
  std::size_t bytes_;
};

/// Takes over a read-only map. Throws: std::bad_alloc; the map is then gone
[[nodiscard]] inline Tensor<std::uint8_t> adopt_mapping(void* address, std::size_t bytes) {
  auto* const mapping = new Mapping(address, bytes);
  TensorBody* body = nullptr;
  try {
    Strides strides{};
    strides[0] = 1;
    body = allocate_view(dtype_of<std::uint8_t>, address, {static_cast<Index>(bytes)}, strides);
  } catch (...) {
    delete mapping;
    throw;
  }
  body->leaf = mapping;
  body->guards = read_only_guard;
  return Tensor<std::uint8_t>(body);
}

/// Elements of a map, starting `begin` bytes in. The caller answers for size and alignment.
template <AnyScalar T>
[[nodiscard]] Tensor<T> view_of_mapping(const Tensor<std::uint8_t>& mapping, Index begin,
                                        const Shape& shape, const Strides& strides) {
  TensorBody& owner = mapping.body();
  TensorBody* const view =
      allocate_view(dtype_of<T>, static_cast<char*>(owner.data) + begin, shape, strides);
  view->base = &owner;
  retain(view->base);
  return Tensor<T>(view);
}

/// The map that a tensor's elements lie in, or a null pointer.
template <AnyScalar T>
[[nodiscard]] const Mapping* mapping_of(const Tensor<T>& x) noexcept {
  return dynamic_cast<const Mapping*>(owner_of(&x.body())->leaf);
}

/// Tells the system that rows [first, last) of a contiguous tensor will be read soon, or were read
/// for now, if they lie in a map.
template <AnyScalar T>
void advise_rows(const Tensor<T>& x, Index first, Index last, int advice) noexcept {
  const Mapping* const mapping = mapping_of(x);
  if (mapping != nullptr && last > first && x.size() > 0) {
    const Index row = x.size() / x.shape()[0];
    mapping->advise(x.data() + first * row,
                    static_cast<std::size_t>((last - first) * row) * sizeof(T), advice);
  }
}

}  // namespace eigengrad::detail
