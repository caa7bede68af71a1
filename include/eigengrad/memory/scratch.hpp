#pragma once
// Scratch<T>: uninitialised pooled memory for the length of a scope; and Buffer<T>, a growing
// pooled array for the tape. Both hold trivial types only.

#include <eigengrad/base/index.hpp>
#include <eigengrad/memory/pool.hpp>

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

namespace eigengrad::detail {

/// `count` uninitialised elements, 64-byte aligned, given back at the end of the scope.
template <class T>
requires std::is_trivially_copyable_v<T>
class Scratch {
 public:
  explicit Scratch(Index count)
      : bytes_(static_cast<std::size_t>(count) * sizeof(T)),
        data_(static_cast<T*>(pool_allocate(bytes_))) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { pool_release(data_, bytes_); }

  [[nodiscard]] T* data() noexcept { return data_; }
  [[nodiscard]] T& operator[](Index i) noexcept { return data_[i]; }

 private:
  std::size_t bytes_;
  T* data_;
};

/// A vector of trivial elements on the pool. `clear` keeps the memory.
template <class T>
requires std::is_trivially_copyable_v<T>
class Buffer {
 public:
  Buffer() noexcept = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    if (data_ != nullptr) {
      pool_release(data_, bytes());
    }
  }

  void push_back(T value) {
    if (size_ == capacity_) {
      grow();
    }
    data_[size_++] = value;
  }
  [[nodiscard]] T& operator[](Index i) noexcept { return data_[i]; }
  [[nodiscard]] const T& operator[](Index i) const noexcept { return data_[i]; }
  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] T* begin() noexcept { return data_; }
  [[nodiscard]] T* end() noexcept { return data_ + size_; }
  void clear() noexcept { size_ = 0; }
  /// Drops what is past the first `size` elements.
  void shrink(Index size) noexcept { size_ = size; }

 private:
  [[nodiscard]] std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(capacity_) * sizeof(T);
  }
  EIGENGRAD_NOINLINE void grow() {
    const Index capacity = capacity_ == 0 ? 128 : 2 * capacity_;
    auto* const data =
        static_cast<T*>(pool_allocate(static_cast<std::size_t>(capacity) * sizeof(T)));
    if (data_ != nullptr) {
      std::memcpy(data, data_, static_cast<std::size_t>(size_) * sizeof(T));
      pool_release(data_, bytes());
    }
    data_ = data;
    capacity_ = capacity;
  }

  T* data_ = nullptr;
  Index size_ = 0;
  Index capacity_ = 0;
};

}  // namespace eigengrad::detail
