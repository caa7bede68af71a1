#pragma once
// Copies between strided layouts and element types.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/loops.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// One element as another type, as NumPy's astype: to bool by != 0, to integers by truncation; NaN
/// and values past the range of an integer type give its smallest value.
template <class To, class From>
[[nodiscard]] inline To convert(From value) noexcept {
  if constexpr (std::same_as<To, From>) {
    return value;
  } else if constexpr (std::same_as<To, bool>) {
    return value != From(0);
  } else if constexpr (std::floating_point<From> && std::integral<To>) {
    // The upper bound is a power of two, hence exact in From. Doubled, because 2^64 is no integer.
    constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
    constexpr From high =
        static_cast<From>(std::uint64_t{1} << (std::numeric_limits<To>::digits - 1)) * From(2);
    const From whole = std::trunc(value);
    return whole >= low && whole < high ? static_cast<To>(whole) : std::numeric_limits<To>::min();
  } else {
    return static_cast<To>(value);
  }
}

namespace copy_detail {

/// Side of the square tiles of a transposing copy: two tiles of 32x32 doubles fit in L1.
inline constexpr Index tile = 32;

/// out (rows, columns) row-major from `in` whose rows lie together: tiles keep both sides in cache.
template <class To, class From>
inline void transpose_tiles(To* out, Index out_stride, const From* in, Index in_row,
                            Index in_column, Index rows, Index columns) noexcept {
  for (Index i0 = 0; i0 < rows; i0 += tile) {
    const Index i1 = std::min(i0 + tile, rows);
    for (Index j0 = 0; j0 < columns; j0 += tile) {
      const Index j1 = std::min(j0 + tile, columns);
      for (Index i = i0; i < i1; ++i) {
        for (Index j = j0; j < j1; ++j) {
          out[i * out_stride + j] = convert<To>(in[i * in_row + j * in_column]);
        }
      }
    }
  }
}

}  // namespace copy_detail

/// out[i] = in[i] over `shape`, each side with its own strides (in elements), converting the
/// element type.
template <class To, class From>
inline void copy(const Shape& shape, To* out, const Strides& out_strides, const From* in,
                 const Strides& in_strides) noexcept {
  const Walk<2> walk = plan_walk<2>(shape, {&out_strides, &in_strides});
  const Index out_step = walk.inner_stride[0];
  const Index in_step = walk.inner_stride[1];
  if (walk.rank > 0 && out_step == 1 && in_step > 1) {
    // A transposition: take the next axis along, so that both sides are walked in tiles.
    const auto last = static_cast<std::size_t>(walk.rank - 1);
    Walk<2> outer = walk;
    outer.rank = walk.rank - 1;
    outer.outer = walk.outer / std::max<Index>(walk.extent[last], 1);
    for_each_run(outer, [&](const std::array<Index, 2>& offset) noexcept {
      copy_detail::transpose_tiles(out + offset[0], walk.stride[last][0], in + offset[1],
                                   walk.stride[last][1], in_step, walk.extent[last], walk.inner);
    });
    return;
  }
  for_each_run(walk, [&](const std::array<Index, 2>& offset) noexcept {
    To* const to = out + offset[0];
    const From* const from = in + offset[1];
    if constexpr (std::same_as<To, From>) {
      if (out_step == 1 && in_step == 1) {
        std::memcpy(to, from, static_cast<std::size_t>(walk.inner) * sizeof(To));
        return;
      }
    }
    for (Index i = 0; i < walk.inner; ++i) {
      to[i * out_step] = convert<To>(from[i * in_step]);
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
