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
#include <vector>

namespace eigengrad::detail {

/// Where each of `rank` axes goes in a permutation.
[[nodiscard]] inline std::array<Index, max_rank> inverse(const std::array<Index, max_rank>& axes,
                                                         int rank) noexcept {
  std::array<Index, max_rank> back{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(rank); ++i) {
    back[static_cast<std::size_t>(axes[i])] = static_cast<Index>(i);
  }
  return back;
}

/// x with axis i of the result from axis axes[i] of x, recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> permute_by(const Tensor<T>& x, const std::array<Index, max_rank>& axes) {
  const std::span<const Index> order(axes.data(), static_cast<std::size_t>(x.rank()));
  return record_view<Permute>(permuted(x, order), x, inverse(axes, x.rank()));
}

/// Ops whose payload says x's shape and whose elements stay in order.
struct ReshapeRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, reshape(b.gradient(), saved.shape));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& /*saved*/) {
    f.set(reshape(f.tangent(0), f.result().shape()));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(transpose(f.tangent(0), saved.first, saved.second));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(permute_by(f.tangent(0), inverse(saved.back, f.result().rank())));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& /*saved*/) {
    f.set(expand(f.tangent(0), f.result().shape()));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& /*saved*/) {
    f.set(cast<T>(f.template tangent<Cast::Other<T>>(0)));
  }
};

struct RegionRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, place_region(b.gradient(), Region{saved.shape, saved.offset, saved.strides}));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(take_region(f.tangent(0), f.result().shape(),
                      Region{saved.shape, saved.offset, saved.strides}));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(gather(f.tangent(0), saved.axis, *saved.index));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(index_select(f.tangent(0), saved.axis, *saved.index));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    std::vector<Tensor<T>> parts;
    for (Index i = 0; i < f.operand_count(); ++i) {
      Shape shape = f.result().shape();
      shape.set(saved.axis, saved.extents->data()[i]);
      parts.push_back(f.has(i) ? f.tangent(i) : zeros<T>(shape));
    }
    f.set(eigengrad::concat(parts, saved.axis));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Strides strides = contiguous_strides(f.result().shape());
    Index offset = 0;
    for (std::size_t i = 0; i < saved.before.size(); ++i) {
      offset += saved.before[i] * strides[i];
    }
    f.set(place_region(f.tangent(0), Region{f.result().shape(), offset, strides}));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Tensor<T> zero = scalar(T(0));
    const Tensor<T> t =
        where(*saved.mask, f.has(0) ? f.tangent(0) : zero, f.has(1) ? f.tangent(1) : zero);
    f.set(expand(t, f.result().shape()));
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
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(masked(f.tangent(0), *saved.bits, saved.scale));
  }
};

/// Ops that hand their operand on.
struct IdentityRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& /*saved*/) {
    if (b.wants(0)) {
      b.add(0, b.gradient());
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& /*saved*/) {
    f.set(f.tangent(0));
  }
};
template <>
struct Rule<Clone> : IdentityRule {};
template <>
struct Rule<Contiguous> : IdentityRule {};
template <>
struct Rule<WatchRecord> : IdentityRule {};

}  // namespace eigengrad::detail
