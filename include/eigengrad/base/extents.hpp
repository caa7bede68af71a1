#pragma once
// The class Shape alone: a fixed-capacity list of extents. Its checks and arithmetic are in
// error.hpp and shape.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

namespace eigengrad {

/// The most axes that a tensor may have.
inline constexpr int max_rank = 6;

/// Steps between neighbours along each axis, in elements; entries past the rank are unused.
using Strides = std::array<Index, max_rank>;

/// The extents of a tensor, outermost first; `{}` is the shape of a scalar. Trivially copyable,
/// never allocates. Throws: ShapeError for more than max_rank extents, a negative extent, or a
/// product past 2^63 - 1
class EIGENGRAD_API Shape {
 public:
  Shape() noexcept = default;
  Shape(std::initializer_list<Index> extents)
      : Shape(std::span<const Index>(extents.begin(), extents.size())) {}
  explicit Shape(std::span<const Index> extents);

  /// `rank` extents, each `extent`. The caller answers for 0 <= rank <= max_rank.
  [[nodiscard]] static Shape filled(int rank, Index extent) noexcept {
    Shape s;
    s.rank_ = rank;
    for (int i = 0; i < rank; ++i) {
      s.extents_[static_cast<std::size_t>(i)] = extent;
    }
    return s;
  }

  [[nodiscard]] int rank() const noexcept {
    if (rank_ < 0 || rank_ > max_rank) {
      __builtin_unreachable();  // so that the compiler knows loops over axes to be short
    }
    return rank_;
  }
  [[nodiscard]] Index operator[](int axis) const noexcept {
    return extents_[static_cast<std::size_t>(axis)];
  }
  /// Unchecked write, for code that builds a shape extent by extent.
  void set(int axis, Index extent) noexcept { extents_[static_cast<std::size_t>(axis)] = extent; }
  void push_back(Index extent) noexcept { extents_[static_cast<std::size_t>(rank_++)] = extent; }

  /// Product of the extents; 1 for a scalar.
  [[nodiscard]] Index size() const noexcept {
    Index n = 1;
    for (int i = 0; i < rank_; ++i) {
      n *= extents_[static_cast<std::size_t>(i)];
    }
    return n;
  }

  [[nodiscard]] const Index* begin() const noexcept { return extents_.data(); }
  [[nodiscard]] const Index* end() const noexcept { return extents_.data() + rank_; }

  [[nodiscard]] friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) {
      return false;
    }
    for (int i = 0; i < a.rank_; ++i) {
      if (a[i] != b[i]) {
        return false;
      }
    }
    return true;
  }

 private:
  std::array<Index, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace eigengrad
