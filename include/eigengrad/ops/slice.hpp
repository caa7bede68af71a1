#pragma once
// Parts of a tensor as views: slice, select, split. Their gradients are written into one buffer of
// the operand's shape, not padded and added. Leaves out parts that an index tensor names:
// indexing.hpp.

#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/view.hpp>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

namespace eigengrad {

/// "Up to the end" as the `stop` of a slice.
inline constexpr Index to_end = detail::slice_end;

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_split(const Shape& shape, int axis,
                                                    std::span<const Index> extents) {
  throw_shape_error("split", {"extents ", extents, " do not fill axis ", axis, " of ", shape},
                    shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_split_extent(Index extent) {
  throw_error<ValueError>("split", {"extent of a part is not at least 1: ", extent});
}

}  // namespace detail

struct Slice : detail::RegionRecord {
  static constexpr std::string_view name = "slice";
  static constexpr std::string_view doc = "Positions start, start + step, ... of one axis.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("rows 1 to 3 of (4, 3)", {{4, 3}},
               [](const auto& in) { return slice(in[0], 0, 1, 3); });
    cases.vary("every second column", {{3, 5}},
               [](const auto& in) { return slice(in[0], 1, 0, to_end, 2); });
    cases.vary("negative bounds", {{2, 6}},
               [](const auto& in) { return slice(in[0], -1, -4, -1); });
    cases.add("one element", {{5}}, [](const auto& in) { return slice(in[0], 0, 2, 3); });
    cases.add("nothing", {{4, 3}}, [](const auto& in) { return slice(in[0], 0, 3, 1); });
    cases.vary("bounds past the end", {{4, 3}},
               [](const auto& in) { return slice(in[0], 0, -9, 9, 3); });
    cases.rejects("slice: step is not at least 1: 0", {{4, 3}},
                  [](const auto& in) { return slice(in[0], 0, 0, 4, 0); });
    cases.rejects("slice: axis 2 is outside [-2, 2)", {{4, 3}},
                  [](const auto& in) { return slice(in[0], 2, 0, 1); });
  }
};

/// The part of x at positions start, start + step, ... before stop of one axis, as Python's
/// x[start:stop:step]: negative bounds count from the end, bounds outside are moved inside.
///
/// Shapes:    (..., n, ...) -> (..., count, ...)
/// Gradient:  g at those positions, 0 elsewhere
/// Throws:    IndexError if the axis is out of range; ValueError if step < 1
/// Cost:      a view
/// Reference: Python's slices; NumPy basic indexing
template <AnyScalar T>
[[nodiscard]] Tensor<T> slice(const Tensor<T>& x, Index axis, Index start, Index stop = to_end,
                              Index step = 1) {
  Tensor<T> y = detail::sliced(x, axis, start, stop, step);
  const int at = normalize_axis("slice", axis, x.rank());
  const Index n = x.shape()[at];
  Strides strides = contiguous_strides(x.shape());
  Index& stride = strides[static_cast<std::size_t>(at)];
  const Index first = start < 0 ? std::max<Index>(start + n, 0) : std::min(start, n);
  const Index offset = y.size() == 0 ? 0 : first * stride;
  // With one position the step may be past any extent; it is not used.
  stride *= y.shape()[at] > 1 ? step : 1;
  return detail::record_view<Slice>(std::move(y), x, x.shape(), offset, strides);
}
EIGENGRAD_LIST_OP(Slice);

struct Select : detail::RegionRecord {
  static constexpr std::string_view name = "select";
  static constexpr std::string_view doc = "One position of an axis, without that axis.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("row 1 of (3, 4)", {{3, 4}}, [](const auto& in) { return select(in[0], 0, 1); });
    cases.vary("the last column", {{3, 4}}, [](const auto& in) { return select(in[0], -1, -1); });
    cases.add("an element", {{3}}, [](const auto& in) { return select(in[0], 0, 2); });
    cases.rejects("select: index 3 is outside [-3, 3) along axis 0 of (3, 4)", {{3, 4}},
                  [](const auto& in) { return select(in[0], 0, 3); });
    cases.rejects("select: axis 2 is outside [-2, 2)", {{3, 4}},
                  [](const auto& in) { return select(in[0], 2, 0); });
  }
};

/// The part of x at one position of an axis, without that axis; a negative position counts from
/// the end.
///
/// Shapes:    (..., n, ...) -> (..., ...)
/// Gradient:  g at that position, 0 elsewhere
/// Throws:    IndexError if the axis or the position is out of range
/// Cost:      a view
/// Reference: PyTorch `select`
template <AnyScalar T>
[[nodiscard]] Tensor<T> select(const Tensor<T>& x, Index axis, Index position) {
  Tensor<T> y = detail::selected(x, axis, position);
  const int at = normalize_axis("select", axis, x.rank());
  const Strides whole = contiguous_strides(x.shape());
  Strides strides{};
  for (int i = 0, to = 0; i < x.rank(); ++i) {
    if (i != at) {
      strides[static_cast<std::size_t>(to++)] = whole[static_cast<std::size_t>(i)];
    }
  }
  const Index inside = position < 0 ? position + x.shape()[at] : position;
  return detail::record_view<Select>(std::move(y), x, x.shape(),
                                     inside * whole[static_cast<std::size_t>(at)], strides);
}
EIGENGRAD_LIST_OP(Select);

/// x cut along an axis into parts of `extent` positions each; the last one takes what is left.
///
/// Shapes:    (..., n, ...) -> ceil(n / extent) tensors (..., extent, ...)
/// Gradient:  that of slice for each part
/// Throws:    IndexError if the axis is out of range; ValueError if extent < 1
/// Cost:      views
/// Reference: PyTorch `split`
template <AnyScalar T>
[[nodiscard]] std::vector<Tensor<T>> split(const Tensor<T>& x, Index extent, Index axis = 0) {
  const Index n = x.shape()[normalize_axis("split", axis, x.rank())];
  if (extent < 1) {
    detail::throw_split_extent(extent);
  }
  std::vector<Tensor<T>> parts;
  Index start = 0;
  do {
    const Index stop = n - start > extent ? start + extent : n;
    parts.push_back(slice(x, axis, start, stop));
    start = stop;
  } while (start < n);
  return parts;
}
/// The same with the extent of each part given; together they are the axis.
/// Throws: ShapeError if they do not add up to it, or one is negative
template <AnyScalar T>
[[nodiscard]] std::vector<Tensor<T>> split(const Tensor<T>& x, std::initializer_list<Index> extents,
                                           Index axis = 0) {
  const int at = normalize_axis("split", axis, x.rank());
  Index left = x.shape()[at];
  for (const Index extent : extents) {
    left = extent < 0 || left < extent ? -1 : left - extent;
  }
  if (left != 0) {
    detail::throw_split(x.shape(), at, {extents.begin(), extents.size()});
  }
  std::vector<Tensor<T>> parts;
  Index start = 0;
  for (const Index extent : extents) {
    parts.push_back(slice(x, axis, start, start + extent));
    start += extent;
  }
  return parts;
}

}  // namespace eigengrad
