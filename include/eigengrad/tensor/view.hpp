#pragma once
// Views: other shapes and strides over the elements of a tensor. This is the machinery below the
// public reshape, transpose, slice, select, squeeze and expand of ops/: nothing is recorded, and
// `op` is the name under which the caller's mistakes are reported.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_reshape(std::string_view op, const Shape& from,
                                                      std::span<const Index> to) {
  throw_shape_error(op, {"cannot view ", from.size(), " elements as ", to}, from);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_permutation(std::string_view op, const Shape& shape,
                                                          std::span<const Index> axes) {
  throw_shape_error(op, {"axes are not a permutation of those of ", shape, ": ", axes}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_step(std::string_view op, Index step) {
  throw_error<ValueError>(op, {"step is not at least 1: ", step});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_select(std::string_view op, const Shape& shape,
                                                     int axis, Index at) {
  const Index n = shape[axis];
  throw_error<IndexError>(
      op, {"index ", at, " is outside [", -n, ", ", n, ") along axis ", axis, " of ", shape});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_squeeze(std::string_view op, const Shape& shape,
                                                      int axis) {
  throw_shape_error(op, {"axis ", axis, " of ", shape, " has extent ", shape[axis], ", not 1"},
                    shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_unsqueeze(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"a tensor has at most ", max_rank, " axes: ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_expand(std::string_view op, const Shape& from,
                                                     const Shape& to) {
  throw_shape_error(op, {"cannot expand ", from, " to ", to}, from, to);
}

/// The shape that `extents` asks for, with at most one -1 worked out from the number of elements.
/// Throws: ShapeError "reshape: cannot view 12 elements as (5, -1)"
[[nodiscard]] EIGENGRAD_NOINLINE inline Shape resolve_reshape(const Shape& from,
                                                              std::span<const Index> extents,
                                                              std::string_view op = "reshape") {
  Shape to;
  int unknown = -1;
  Index known = 1;
  bool valid = extents.size() <= static_cast<std::size_t>(max_rank);
  for (std::size_t i = 0; valid && i < extents.size(); ++i) {
    if (extents[i] == -1) {
      valid = unknown < 0;
      unknown = static_cast<int>(i);
    } else {
      valid = extents[i] >= 0 && !__builtin_mul_overflow(known, extents[i], &known);
    }
    to.push_back(extents[i]);
  }
  const Index size = from.size();
  if (valid && unknown >= 0) {
    valid = known > 0 && size % known == 0;
    to.set(unknown, valid ? size / known : 0);
  }
  if (!valid || to.size() != size) {
    throw_reshape(op, from, extents);
  }
  return to;
}

/// Strides under which the elements of (shape, strides) read in row-major order as `to`, if there
/// are any. The sizes are equal. Axes of `shape` that lie together form chunks; every chunk must
/// be covered by a run of axes of `to` with exactly its number of elements.
[[nodiscard]] inline std::optional<Strides> reshaped_strides(const Shape& shape,
                                                             const Strides& strides,
                                                             const Shape& to) noexcept {
  if (shape.size() == 0) {
    return contiguous_strides(to);
  }
  Strides result{};
  int axis = to.rank() - 1;
  Index chunk = 1;  // elements from the innermost axis of the current chunk up to here
  Index step = 1;   // stride of that innermost axis
  bool fresh = true;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] == 1) {
      continue;
    }
    if (fresh) {
      step = strides[static_cast<std::size_t>(i)];
      fresh = false;
    }
    chunk *= shape[i];
    int next = i - 1;
    while (next >= 0 && shape[next] == 1) {
      --next;
    }
    if (next >= 0 && strides[static_cast<std::size_t>(next)] == chunk * step) {
      continue;
    }
    Index covered = 1;
    while (axis >= 0 && (covered < chunk || to[axis] == 1)) {
      result[static_cast<std::size_t>(axis)] = covered * step;
      covered *= to[axis];
      --axis;
    }
    if (covered != chunk) {
      return std::nullopt;
    }
    chunk = 1;
    fresh = true;
  }
  for (; axis >= 0; --axis) {  // leading extents of 1
    result[static_cast<std::size_t>(axis)] = to.size();
  }
  return result;
}

/// The elements of `x` in row-major order as another shape: a view where the strides allow it,
/// else a copy.
/// Throws: ShapeError if the numbers of elements differ
template <AnyScalar T>
[[nodiscard]] EIGENGRAD_NOINLINE Tensor<T> reshape_view_or_copy(const Tensor<T>& x,
                                                                std::span<const Index> extents,
                                                                std::string_view op = "reshape") {
  const Shape to = resolve_reshape(x.shape(), extents, op);
  if (const auto strides = reshaped_strides(x.shape(), x.strides(), to)) {
    return make_view(x, to, *strides, 0);
  }
  Tensor<T> y = uninitialized<T>(to);
  kernels::copy(x.shape(), static_cast<T*>(y.body().data), contiguous_strides(x.shape()), x.data(),
                x.strides());
  return y;
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> reshape_view_or_copy(const Tensor<T>& x,
                                             std::initializer_list<Index> extents,
                                             std::string_view op = "reshape") {
  return reshape_view_or_copy(x, std::span<const Index>(extents.begin(), extents.size()), op);
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> reshape_view_or_copy(const Tensor<T>& x, const Shape& shape,
                                             std::string_view op = "reshape") {
  return reshape_view_or_copy(x, std::span<const Index>(shape.begin(), shape.end()), op);
}

/// Axis i of the result is axis axes[i] of `x`; negative axes count from the end.
/// Throws: ShapeError if `axes` does not name every axis once
template <AnyScalar T>
[[nodiscard]] Tensor<T> permuted(const Tensor<T>& x, std::span<const Index> axes,
                                 std::string_view op = "permute") {
  const Shape& shape = x.shape();
  const int rank = shape.rank();
  if (axes.size() != static_cast<std::size_t>(rank)) {
    throw_permutation(op, shape, axes);
  }
  Shape to;
  Strides strides{};
  std::array<bool, max_rank> seen{};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Index axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (axis < 0 || axis >= rank || seen[static_cast<std::size_t>(axis)]) {
      throw_permutation(op, shape, axes);
    }
    seen[static_cast<std::size_t>(axis)] = true;
    to.push_back(shape[static_cast<int>(axis)]);
    strides[i] = x.strides()[static_cast<std::size_t>(axis)];
  }
  return make_view(x, to, strides, 0);
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> permuted(const Tensor<T>& x, std::initializer_list<Index> axes,
                                 std::string_view op = "permute") {
  return permuted(x, std::span<const Index>(axes.begin(), axes.size()), op);
}

/// `x` with two axes exchanged. Throws: IndexError for an axis out of range
template <AnyScalar T>
[[nodiscard]] Tensor<T> axes_swapped(const Tensor<T>& x, Index first, Index second,
                                     std::string_view op = "transpose") {
  const int a = normalize_axis(op, first, x.rank());
  const int b = normalize_axis(op, second, x.rank());
  Shape to = x.shape();
  Strides strides = x.strides();
  to.set(a, x.shape()[b]);
  to.set(b, x.shape()[a]);
  std::swap(strides[static_cast<std::size_t>(a)], strides[static_cast<std::size_t>(b)]);
  return make_view(x, to, strides, 0);
}

/// "Up to the end" as the `stop` of a slice.
inline constexpr Index slice_end = std::numeric_limits<Index>::max();

/// Positions start, start + step, ... before `stop` along one axis, as Python's x[start:stop:step]:
/// negative bounds count from the end, bounds outside are moved inside.
/// Throws: IndexError for an axis out of range; ValueError if step < 1
template <AnyScalar T>
[[nodiscard]] Tensor<T> sliced(const Tensor<T>& x, Index axis, Index start, Index stop = slice_end,
                               Index step = 1, std::string_view op = "slice") {
  const int at = normalize_axis(op, axis, x.rank());
  if (step < 1) {
    throw_step(op, step);
  }
  const Index n = x.shape()[at];
  const auto inside = [n](Index bound) {
    bound = bound < 0 ? bound + n : bound;
    return bound < 0 ? 0 : (bound > n ? n : bound);
  };
  const Index first = inside(start);
  const Index last = inside(stop);
  const Index count = first < last ? (last - first - 1) / step + 1 : 0;
  Shape to = x.shape();
  to.set(at, count);
  Strides strides = x.strides();
  Index& stride = strides[static_cast<std::size_t>(at)];
  const Index offset = count == 0 ? 0 : first * stride;
  stride *= count > 1 ? step : 1;
  return make_view(x, to, strides, offset);
}

/// The part of `x` at one position of an axis, without that axis; negative ones count from the end.
/// Throws: IndexError for an axis or a position out of range
template <AnyScalar T>
[[nodiscard]] Tensor<T> selected(const Tensor<T>& x, Index axis, Index index,
                                 std::string_view op = "select") {
  const int at = normalize_axis(op, axis, x.rank());
  const Index n = x.shape()[at];
  if (index < -n || index >= n) {
    throw_select(op, x.shape(), at, index);
  }
  Shape to;
  Strides strides{};
  for (int i = 0; i < x.rank(); ++i) {
    if (i != at) {
      strides[static_cast<std::size_t>(to.rank())] = x.strides()[static_cast<std::size_t>(i)];
      to.push_back(x.shape()[i]);
    }
  }
  const Index position = index < 0 ? index + n : index;
  return make_view(x, to, strides, position * x.strides()[static_cast<std::size_t>(at)]);
}

/// `x` without one axis of extent 1. Throws: IndexError for an axis out of range; ShapeError for
/// another extent
template <AnyScalar T>
[[nodiscard]] Tensor<T> squeezed(const Tensor<T>& x, Index axis, std::string_view op = "squeeze") {
  const int at = normalize_axis(op, axis, x.rank());
  if (x.shape()[at] != 1) {
    throw_squeeze(op, x.shape(), at);
  }
  return selected(x, at, 0, op);
}

/// `x` without any axis of extent 1.
template <AnyScalar T>
[[nodiscard]] Tensor<T> squeezed(const Tensor<T>& x) {
  Shape to;
  Strides strides{};
  for (int i = 0; i < x.rank(); ++i) {
    if (x.shape()[i] != 1) {
      strides[static_cast<std::size_t>(to.rank())] = x.strides()[static_cast<std::size_t>(i)];
      to.push_back(x.shape()[i]);
    }
  }
  return make_view(x, to, strides, 0);
}

/// `x` with a new axis of extent 1 before position `axis` of the result; -1 puts it last.
/// Throws: IndexError for an axis outside [-rank - 1, rank]; ShapeError past max_rank axes
template <AnyScalar T>
[[nodiscard]] Tensor<T> unsqueezed(const Tensor<T>& x, Index axis,
                                   std::string_view op = "unsqueeze") {
  if (x.rank() == max_rank) {
    throw_unsqueeze(op, x.shape());
  }
  const int at = normalize_axis(op, axis, x.rank() + 1);
  Shape to;
  Strides strides{};
  for (int i = 0, from = 0; i <= x.rank(); ++i) {
    if (i == at) {
      strides[static_cast<std::size_t>(i)] = 1;
      to.push_back(1);
    } else {
      strides[static_cast<std::size_t>(i)] = x.strides()[static_cast<std::size_t>(from)];
      to.push_back(x.shape()[from++]);
    }
  }
  return make_view(x, to, strides, 0);
}

/// `x` broadcast to `shape` without copying: repeated axes have stride 0. Do not write to it.
/// Throws: ShapeError if `x` does not broadcast to exactly `shape`
template <AnyScalar T>
[[nodiscard]] Tensor<T> expanded(const Tensor<T>& x, const Shape& shape,
                                 std::string_view op = "expand") {
  const Shape& from = x.shape();
  const int shift = shape.rank() - from.rank();
  bool fits = shift >= 0;
  for (int i = 0; fits && i < from.rank(); ++i) {
    fits = from[i] == 1 || from[i] == shape[i + shift];
  }
  if (!fits) {
    throw_expand(op, from, shape);
  }
  return make_view(x, shape, kernels::broadcast_strides(from, x.strides(), shape), 0);
}

}  // namespace eigengrad::detail
