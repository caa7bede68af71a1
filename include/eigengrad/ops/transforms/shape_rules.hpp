#pragma once
// The rules of ops that move elements: other shapes, parts, joins, and elements that an index
// names.

#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/placement.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/transforms/elementwise_rules.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/ops/where.hpp>

#include <array>
#include <cstddef>
#include <span>

namespace eigengrad::detail {

/// x with axis i of the result from axis axes[i] of x, recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> permute_by(const Tensor<T>& x, const std::array<Index, max_rank>& axes) {
  const auto rank = static_cast<std::size_t>(x.rank());
  std::array<Index, max_rank> back{};
  for (std::size_t i = 0; i < rank; ++i) {
    back[static_cast<std::size_t>(axes[i])] = static_cast<Index>(i);
  }
  return record_view<Permute>(permuted(x, std::span<const Index>(axes.data(), rank)), x, back);
}

/// Ops whose payload says x's shape and whose elements stay in order.
struct ReshapeRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, reshape(b.gradient(), saved.shape));
    }
  }
};
template <>
struct Rule<Reshape> : ReshapeRule {};
template <>
struct Rule<Flatten> : ReshapeRule {};
template <>
struct Rule<Squeeze> : ReshapeRule {};
template <>
struct Rule<Unsqueeze> : ReshapeRule {};

template <>
struct Rule<Transpose> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, transpose(b.gradient(), saved.first, saved.second));
    }
  }
};

template <>
struct Rule<Permute> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, permute_by(b.gradient(), saved.back));
    }
  }
};

template <>
struct Rule<Expand> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, summed_to(b.gradient(), saved.shape));
    }
  }
};

template <>
struct Rule<Cast> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& /*saved*/) {
    if (b.wants(0)) {
      b.add(0, cast<Cast::Other<T>>(b.gradient()));
    }
  }
};

struct RegionRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, place_region(b.gradient(), Region{saved.shape, saved.offset, saved.strides}));
    }
  }
};
template <>
struct Rule<Slice> : RegionRule {};
template <>
struct Rule<Select> : RegionRule {};

template <>
struct Rule<Gather> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, scatter_add(b.gradient(), saved.shape, saved.axis, *saved.index));
    }
  }
};

template <>
struct Rule<IndexSelect> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, index_add(b.gradient(), saved.shape, saved.axis, *saved.index));
    }
  }
};

template <>
struct Rule<Concat> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    Index start = 0;
    for (Index i = 0; i < b.operand_count(); ++i) {
      const Index stop = start + saved.extents->data()[i];
      if (b.wants(i)) {
        b.add(i, slice(b.gradient(), saved.axis, start, stop));
      }
      start = stop;
    }
  }
};

template <>
struct Rule<Pad> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    Tensor<T> part = b.gradient();
    for (int axis = 0; axis < saved.shape.rank(); ++axis) {
      const Index before = saved.before[static_cast<std::size_t>(axis)];
      if (saved.shape[axis] != part.shape()[axis]) {
        part = slice(part, axis, before, before + saved.shape[axis]);
      }
    }
    b.add(0, part);
  }
};

template <>
struct Rule<Where> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, summed_to(where(*saved.mask, b.gradient(), T(0)), saved.x_shape));
    }
    if (b.wants(1)) {
      b.add(1, summed_to(where(*saved.mask, T(0), b.gradient()), saved.y_shape));
    }
  }
};

template <>
struct Rule<Dropout> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, masked(b.gradient(), *saved.bits, saved.scale));
    }
  }
};

}  // namespace eigengrad::detail
