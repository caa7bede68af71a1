#pragma once
// Copies between strided layouts and element types. Only the innermost loops know the types.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/gemm/transpose.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
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

/// to[i * to_step] = from[i * from_step].
template <class To, class From>
void run(void* to, Index to_step, const void* from, Index from_step, Index n) noexcept {
  To* const out = static_cast<To*>(to);
  const From* const in = static_cast<const From*>(from);
  if constexpr (std::same_as<To, From>) {
    if (to_step == 1 && from_step == 1) {
      std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(To));
      return;
    }
  }
  for (Index i = 0; i < n; ++i) {
    out[i * to_step] = convert<To>(in[i * from_step]);
  }
}

/// out (lanes, lanes) = the transpose of `in`, whose rows are in_stride apart.
template <FloatScalar T>
EIGENGRAD_NOINLINE void transpose_square(T* out, Index out_stride, const T* in,
                                         Index in_stride) noexcept {
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  typename Packet<T>::Native x[lanes];
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) {
    std::memcpy(&x[i], in + i * in_stride, sizeof x[i]);
  }
  transpose_lanes<T>(x);
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) {
    std::memcpy(out + i * out_stride, &x[i], sizeof x[i]);
  }
}

/// out (rows, columns) row-major from `in`, element by element.
template <class To, class From>
inline void transpose_elements(To* out, Index out_stride, const From* in, Index in_row,
                               Index in_column, Index rows, Index columns) noexcept {
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      out[i * out_stride + j] = convert<To>(in[i * in_row + j * in_column]);
    }
  }
}

/// The same in tiles, which keep both sides in cache; by squares in registers where they can.
template <class To, class From>
void transpose(void* to, Index to_stride, const void* from, Index from_row, Index from_column,
               Index rows, Index columns) noexcept {
  To* const out = static_cast<To*>(to);
  const From* const in = static_cast<const From*>(from);
  for (Index i0 = 0; i0 < rows; i0 += tile) {
    const Index height = std::min(tile, rows - i0);
    for (Index j0 = 0; j0 < columns; j0 += tile) {
      const Index width = std::min(tile, columns - j0);
      To* const tile_to = out + i0 * to_stride + j0;
      const From* const tile_from = in + i0 * from_row + j0 * from_column;
      if constexpr (std::same_as<To, From> && FloatScalar<To>) {
        if (from_row == 1 && height == tile && width == tile) {
          for (Index i = 0; i < tile; i += Packet<To>::lanes) {
            for (Index j = 0; j < tile; j += Packet<To>::lanes) {
              transpose_square(tile_to + i * to_stride + j, to_stride,
                               tile_from + i + j * from_column, from_column);
            }
          }
          continue;
        }
      }
      transpose_elements(tile_to, to_stride, tile_from, from_row, from_column, height, width);
    }
  }
}

/// The two loops of a copy, its types erased; the sizes are those of the elements.
struct Loops {
  Index to_size;
  Index from_size;
  void (*run)(void* to, Index to_step, const void* from, Index from_step, Index n) noexcept;
  void (*transpose)(void* to, Index to_stride, const void* from, Index from_row, Index from_column,
                    Index rows, Index columns) noexcept;
};

void copy_any(const Loops& loops, const Shape& shape, void* to, const Strides& to_strides,
              const void* from, const Strides& from_strides) noexcept;

#if EIGENGRAD_BODIES
EIGENGRAD_NOINLINE EIGENGRAD_BODY void copy_any(const Loops& loops, const Shape& shape, void* to,
                                                const Strides& to_strides, const void* from,
                                                const Strides& from_strides) noexcept {
  const Walk<2> walk = plan_walk<2>(shape, {&to_strides, &from_strides});
  const Index to_step = walk.inner_stride[0];
  const Index from_step = walk.inner_stride[1];
  // A transposition takes the next axis along, so that both sides are walked in tiles.
  const bool transposes = walk.rank > 0 && to_step == 1 && from_step > 1;
  const auto last = static_cast<std::size_t>(transposes ? walk.rank - 1 : 0);
  Walk<2> outer = walk;
  if (transposes) {
    outer.rank = walk.rank - 1;
    outer.outer = walk.outer / std::max<Index>(walk.extent[last], 1);
  }
  for_each_run(outer, [&](const std::array<Index, 2>& offset) noexcept {
    char* const out = static_cast<char*>(to) + offset[0] * loops.to_size;
    const char* const in = static_cast<const char*>(from) + offset[1] * loops.from_size;
    if (transposes) {
      loops.transpose(out, walk.stride[last][0], in, walk.stride[last][1], from_step,
                      walk.extent[last], walk.inner);
    } else {
      loops.run(out, to_step, in, from_step, walk.inner);
    }
  });
}
#endif

}  // namespace copy_detail

/// out[i] = in[i] over `shape`, each side with its own strides (in elements), converting the
/// element type.
template <class To, class From>
inline void copy(const Shape& shape, To* out, const Strides& out_strides, const From* in,
                 const Strides& in_strides) noexcept {
  using namespace copy_detail;
  static constexpr Loops loops{sizeof(To), sizeof(From), &run<To, From>, &transpose<To, From>};
  copy_any(loops, shape, out, out_strides, in, in_strides);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
