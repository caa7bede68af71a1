#pragma once
// Shape: the extents of a tensor, inline, up to six of them; and the arithmetic of shapes
// (broadcast, axes).

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/extents.hpp>
#include <eigengrad/base/index.hpp>

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_broadcast(std::string_view op, const Shape& lhs,
                                                        const Shape& rhs) {
  throw_shape_error(op, {"shapes do not broadcast: ", lhs, " and ", rhs}, lhs, rhs);
}

[[noreturn]] EIGENGRAD_COLD inline void throw_axis(std::string_view op, Index axis, int rank) {
  throw_error<IndexError>(op, {"axis ", axis, " is outside [", -rank, ", ", rank, ")"});
}

}  // namespace detail

/// The axis counted from the front: -1 is the last one of `rank`.
/// Throws: IndexError if axis is outside [-rank, rank)
[[nodiscard]] inline int normalize_axis(std::string_view op, Index axis, int rank) {
  if (axis < -rank || axis >= rank) {
    detail::throw_axis(op, axis, rank);
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

/// The shape that NumPy broadcasts two shapes to: aligned at the last axis, extent 1 stretches.
/// Throws: ShapeError naming both shapes
/// Reference: NumPy user guide, "Broadcasting"
[[nodiscard]] inline Shape broadcast_shapes(std::string_view op, const Shape& lhs,
                                            const Shape& rhs) {
  if (lhs == rhs) {
    return lhs;
  }
  const int rank = lhs.rank() > rhs.rank() ? lhs.rank() : rhs.rank();
  Shape out = Shape::filled(rank, 1);
  for (int i = 1; i <= rank; ++i) {
    const Index a = i <= lhs.rank() ? lhs[lhs.rank() - i] : 1;
    const Index b = i <= rhs.rank() ? rhs[rhs.rank() - i] : 1;
    if (a != b && a != 1 && b != 1) {
      detail::throw_broadcast(op, lhs, rhs);
    }
    out.set(rank - i, a == 1 ? b : a);
  }
  return out;
}

/// Row-major (C order) strides of a shape, in elements.
[[nodiscard]] inline Strides contiguous_strides(const Shape& shape) noexcept {
  Strides strides{};
  Index step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<std::size_t>(i)] = step;
    step *= shape[i];
  }
  return strides;
}

}  // namespace eigengrad
