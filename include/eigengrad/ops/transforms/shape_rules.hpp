#pragma once
// The rules of ops that move elements: other shapes, parts, joins, and elements that an index
// names.

#include <eigengrad/ops/cast.hpp>
#include <eigengrad/ops/copy.hpp>
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
#include <concepts>
#include <cstddef>
#include <cstdint>
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

/// A region of a tensor as one of each tensor behind the lead.
[[nodiscard]] inline Region led_region(const Lead& lead, const Region& region) noexcept {
  return {lead.with(region.whole), region.offset,
          lead.strides(region.strides, region.whole.size())};
}
/// An index of gather for each tensor behind the lead.
[[nodiscard]] inline Tensor<std::int64_t> led_index(const Lead& lead,
                                                    const Tensor<std::int64_t>& index) {
  return lead.axes() > 0 ? contiguous(expand(index, lead.with(index.shape()))) : index;
}

template <std::derived_from<IdentityRecord> Op>
struct Rule<Op> {
  static constexpr bool takes_lead = true;
};

/// Ops whose payload says x's shape and whose elements stay in order.
struct ReshapeRule {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, reshape(b.gradient(), b.lead().with(saved.shape)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& /*saved*/) {
    f.set(reshape(f.tangent(0), f.lead().with(f.result().shape())));
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
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const int before = b.lead().axes();
      b.add(0, transpose(b.gradient(), saved.first + before, saved.second + before));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const int before = f.lead().axes();
    f.set(transpose(f.tangent(0), saved.first + before, saved.second + before));
  }
};

template <>
struct Rule<Permute> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, permute_by(b.gradient(), b.lead().permutation(saved.back)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const auto axes = inverse(saved.back, f.result().rank());
    f.set(permute_by(f.tangent(0), f.lead().permutation(axes)));
  }
};

template <>
struct Rule<Expand> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, summed_to(b.gradient(), saved.shape, b.lead()));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& /*saved*/) {
    const Shape& shape = f.result().shape();
    f.set(expand(aligned(f.tangent(0), f.lead(), shape.rank()), f.lead().with(shape)));
  }
};

template <>
struct Rule<Cast> {
  static constexpr bool takes_lead = true;

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
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Region region{saved.shape, saved.offset, saved.strides};
      b.add(0, place_region(b.gradient(), led_region(b.lead(), region)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Region region{saved.shape, saved.offset, saved.strides};
    f.set(
        take_region(f.tangent(0), f.lead().with(f.result().shape()), led_region(f.lead(), region)));
  }
};
template <>
struct Rule<Slice> : RegionRule {};
template <>
struct Rule<Select> : RegionRule {};

template <>
struct Rule<PlaceRegion> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, take_region(b.gradient(), b.lead().with(saved.shape),
                           led_region(b.lead(), saved.region)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(place_region(f.tangent(0), led_region(f.lead(), saved.region)));
  }
};

template <>
struct Rule<Gather> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, scatter_add(b.gradient(), b.lead().with(saved.shape), saved.axis + b.lead().axes(),
                           led_index(b.lead(), *saved.index)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(gather(f.tangent(0), saved.axis + f.lead().axes(), led_index(f.lead(), *saved.index)));
  }
};

template <>
struct Rule<ScatterAdd> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0,
            gather(b.gradient(), saved.axis + b.lead().axes(), led_index(b.lead(), *saved.index)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(scatter_add(f.tangent(0), f.lead().with(f.result().shape()), saved.axis + f.lead().axes(),
                      led_index(f.lead(), *saved.index)));
  }
};

template <>
struct Rule<IndexSelect> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, index_add(b.gradient(), b.lead().with(saved.shape), saved.axis + b.lead().axes(),
                         *saved.index));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(index_select(f.tangent(0), saved.axis + f.lead().axes(), *saved.index));
  }
};

template <>
struct Rule<IndexAdd> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, index_select(b.gradient(), saved.axis + b.lead().axes(), *saved.index));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(index_add(f.tangent(0), f.lead().with(f.result().shape()), saved.axis + f.lead().axes(),
                    *saved.index));
  }
};

template <>
struct Rule<Concat> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    Index start = 0;
    for (Index i = 0; i < b.operand_count(); ++i) {
      const Index stop = start + saved.extents->data()[i];
      if (b.wants(i)) {
        b.add(i, slice(b.gradient(), saved.axis + b.lead().axes(), start, stop));
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
      parts.push_back(f.has(i) ? f.tangent(i) : zeros<T>(f.lead().with(shape)));
    }
    f.set(eigengrad::concat(parts, saved.axis + f.lead().axes()));
  }
};

template <>
struct Rule<Pad> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    Tensor<T> part = b.gradient();
    for (int axis = 0; axis < saved.shape.rank(); ++axis) {
      const Index before = saved.before[static_cast<std::size_t>(axis)];
      const int at = axis + b.lead().axes();
      if (saved.shape[axis] != part.shape()[at]) {
        part = slice(part, at, before, before + saved.shape[axis]);
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
    const Region region{f.result().shape(), offset, strides};
    f.set(place_region(f.tangent(0), led_region(f.lead(), region)));
  }
};

template <>
struct Rule<Where> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, summed_to(where(*saved.mask, b.gradient(), T(0)), saved.x_shape, b.lead()));
    }
    if (b.wants(1)) {
      b.add(1, summed_to(where(*saved.mask, T(0), b.gradient()), saved.y_shape, b.lead()));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Shape& shape = f.result().shape();
    const auto tangent = [&](Index i) {
      return f.has(i) ? aligned(f.tangent(i), f.lead(), shape.rank()) : scalar(T(0));
    };
    f.set(expand(where(*saved.mask, tangent(0), tangent(1)), f.lead().with(shape)));
  }
};

template <>
struct Rule<Dropout> {
  static constexpr bool takes_lead = true;

  /// One mask for all that is behind the lead.
  template <FloatScalar T, class Payload>
  [[nodiscard]] static Tensor<T> drop(const Tensor<T>& x, const Payload& saved, const Lead& lead) {
    if (lead.axes() == 0) {
      return masked(x, *saved.bits, saved.scale);
    }
    return x * masked(filled(lead.behind(x.shape()), T(1)), *saved.bits, saved.scale);
  }
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      b.add(0, drop(b.gradient(), saved, b.lead()));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    f.set(drop(f.tangent(0), saved, f.lead()));
  }
};

}  // namespace eigengrad::detail
