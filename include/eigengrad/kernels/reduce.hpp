#pragma once
// Reductions over any axes: sum, product, maximum, minimum. The order of the operations is a fixed
// tree that depends on shape and strides only, never on the number of threads; sums are pairwise,
// so their error grows with log n.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// A set of axes: bit i stands for axis i.
using AxisSet = unsigned;

/// The four reductions: a neutral element and an associative function of packets. Maximum and
/// minimum propagate NaN.
template <FloatScalar T>
struct SumOf {
  static constexpr T neutral = T(0);
  template <class S>
  EIGENGRAD_INLINE S operator()(S a, S b) const noexcept {
    return a + b;
  }
};
template <FloatScalar T>
struct ProductOf {
  static constexpr T neutral = T(1);
  template <class S>
  EIGENGRAD_INLINE S operator()(S a, S b) const noexcept {
    return a * b;
  }
};
template <FloatScalar T>
struct MaximumOf {
  static constexpr T neutral = -static_cast<T>(__builtin_inf());
  template <class S>
  EIGENGRAD_INLINE S operator()(S a, S b) const noexcept {
    return math::maximum(a, b);
  }
};
template <FloatScalar T>
struct MinimumOf {
  static constexpr T neutral = static_cast<T>(__builtin_inf());
  template <class S>
  EIGENGRAD_INLINE S operator()(S a, S b) const noexcept {
    return math::minimum(a, b);
  }
};

namespace reduce_detail {

/// Elements that one leaf of the tree reduces in a straight line, four packets abreast.
inline constexpr Index leaf = 1024;
/// Rows that one leaf of a column reduction adds in a straight line.
inline constexpr Index leaf_rows = 64;

/// R over n elements that lie together, in a fixed tree of straight lines.
template <class R, FloatScalar T>
[[nodiscard]] EIGENGRAD_NOINLINE T run_packets(const R& r, const T* x, Index n) noexcept {
  constexpr Index width = Packet<T>::lanes;
  if (n > leaf) {
    const Index half = (n / 2 + leaf - 1) / leaf * leaf;
    return r(run_packets(r, x, half), run_packets(r, x + half, n - half));
  }
  Packet<T> a(R::neutral);
  Packet<T> b = a;
  Packet<T> c = a;
  Packet<T> d = a;
  Index i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    a = r(a, Packet<T>::load(x + i));
    b = r(b, Packet<T>::load(x + i + width));
    c = r(c, Packet<T>::load(x + i + 2 * width));
    d = r(d, Packet<T>::load(x + i + 3 * width));
  }
  for (; i + width <= n; i += width) {
    a = r(a, Packet<T>::load(x + i));
  }
  T result = fold_lanes(r(r(a, b), r(c, d)), r);
  for (; i < n; ++i) {
    result = r(result, x[i]);
  }
  return result;
}

/// The same; short rows one element after the other, which takes less than folding a packet.
template <class R, FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE T run(const R& r, const T* x, Index n) noexcept {
  if (2 * n >= 3 * Packet<T>::lanes) {
    return run_packets(r, x, n);
  }
  T result = R::neutral;
  for (Index i = 0; i < n; ++i) {
    result = r(result, x[i]);
  }
  return result;
}

/// A leaf of the next function for `Count` packets of columns.
template <int Count, class R, FloatScalar T>
EIGENGRAD_NOINLINE void packets_of_columns(const R& r, T* out, bool add, const T* x,
                                           Index row_stride, Index rows) noexcept {
  constexpr Index width = Packet<T>::lanes;
  Packet<T> a[Count];
  for (Index k = 0; k < Count; ++k) {
    a[k] = add ? Packet<T>::load(out + k * width) : Packet<T>(R::neutral);
  }
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < Count; ++k) {
      a[k] = r(a[k], Packet<T>::load(x + i * row_stride + k * width));
    }
  }
  for (Index k = 0; k < Count; ++k) {
    a[k].store(out + k * width);
  }
}

/// out[j] = R over i of x[i * row_stride + j], or with `add` out[j] = r(out[j], that); out has
/// `columns` elements.
template <class R, FloatScalar T>
EIGENGRAD_NOINLINE void columns(const R& r, T* out, bool add, const T* x, Index row_stride,
                                Index rows, Index columns_count) {
  constexpr Index width = Packet<T>::lanes;
  if (columns_count < width && row_stride == columns_count && rows >= 2 * width) {
    // Rows narrower than a packet: as many of them as a packet has lanes make one row of packets.
    T wide[static_cast<std::size_t>(width * width)];
    const Index n = width * columns_count;
    columns(r, wide, false, x, n, rows / width, n);
    for (Index j = 0; j < columns_count; ++j) {
      T value = add ? out[j] : R::neutral;
      for (Index i = j; i < n; i += columns_count) {
        value = r(value, wide[i]);
      }
      for (Index i = rows / width * n + j; i < rows * columns_count; i += columns_count) {
        value = r(value, x[i]);
      }
      out[j] = value;
    }
    return;
  }
  if (rows > leaf_rows) {
    const Index half = (rows / 2 + leaf_rows - 1) / leaf_rows * leaf_rows;
    detail::Scratch<T> right(columns_count);
    columns(r, out, add, x, row_stride, half, columns_count);
    columns(r, right.data(), false, x + half * row_stride, row_stride, rows - half, columns_count);
    for (Index j = 0; j < columns_count; j += width) {
      const Index count = std::min(width, columns_count - j);
      r(Packet<T>::load_part(out + j, count), Packet<T>::load_part(right.data() + j, count))
          .store_part(out + j, count);
    }
    return;
  }
  Index j = 0;
  for (; j + 4 * width <= columns_count; j += 4 * width) {
    packets_of_columns<4>(r, out + j, add, x + j, row_stride, rows);
  }
  for (; j + width <= columns_count; j += width) {
    packets_of_columns<1>(r, out + j, add, x + j, row_stride, rows);
  }
  if (j == columns_count) {
    return;
  }
  const Index count = columns_count - j;
  if (columns_count < width) {
    Packet<T> a = add ? Packet<T>::load_part(out, count) : Packet<T>(R::neutral);
    for (Index i = 0; i < rows; ++i) {
      a = r(a, Packet<T>::load_part(x + i * row_stride, count));
    }
    a.store_part(out, count);
    return;
  }
  // The last columns, read as a whole packet that overlaps the one before; only they are stored.
  const Index first = columns_count - width;
  T last[static_cast<std::size_t>(width)];
  if (add) {
    std::memcpy(last, out + first, sizeof last);
  }
  packets_of_columns<1>(r, last, add, x + first, row_stride, rows);
  std::memcpy(out + j, last + (width - count), static_cast<std::size_t>(count) * sizeof(T));
}

/// The two loops of a reduction over elements that lie together, its type erased.
template <FloatScalar T>
struct Loops {
  T (*run)(const T* x, Index n);
  void (*columns)(T* out, bool add, const T* x, Index row_stride, Index rows, Index count);
  T (*combine)(T a, T b);
};

template <class R, FloatScalar T>
inline constexpr Loops<T> loops{
    [](const T* x, Index n) { return run(R{}, x, n); },
    [](T* out, bool add, const T* x, Index row_stride, Index rows, Index count) {
      columns(R{}, out, add, x, row_stride, rows, count);
    },
    [](T a, T b) { return R{}(a, b); }};

template <FloatScalar T>
EIGENGRAD_NOINLINE void reduce_any(const Loops<T>& loops, const Shape& shape, const T* x,
                                   const Strides& strides, AxisSet reduced, T* out, bool add) {
  Shape kept_shape;
  Shape reduced_shape;
  Strides kept_strides{};
  Strides reduced_strides{};
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const bool kept = (reduced >> axis & 1U) == 0;
    Shape& to = kept ? kept_shape : reduced_shape;
    (kept ? kept_strides : reduced_strides)[static_cast<std::size_t>(to.rank())] =
        strides[static_cast<std::size_t>(axis)];
    to.push_back(shape[axis]);
  }
  const Index count = reduced_shape.size();
  const Walk<1> inner = plan_walk<1>(reduced_shape, {&reduced_strides});
  const Walk<1> outer = plan_walk<1>(kept_shape, {&kept_strides});
  const bool merged = inner.rank == 0;
  const Index step = inner.inner_stride[0];
  const bool by_columns = merged && outer.inner_stride[0] == 1 &&
                          (step != 1 || outer.inner >= count) && outer.inner > 1;
  const bool direct = merged && (step == 1 || count <= 1);
  detail::Scratch<T> gathered(by_columns || direct ? 1 : count);
  const Strides dense = contiguous_strides(reduced_shape);
  for_each_run(outer, [&](const std::array<Index, 1>& offset) {
    if (by_columns) {
      loops.columns(out, add, x + offset[0], step, count, outer.inner);
      out += outer.inner;
      return;
    }
    for (Index j = 0; j < outer.inner; ++j) {
      const T* from = x + offset[0] + j * outer.inner_stride[0];
      if (!direct) {
        copy(reduced_shape, gathered.data(), dense, from, reduced_strides);
        from = gathered.data();
      }
      const T value = loops.run(from, count);
      *out = add ? loops.combine(*out, value) : value;
      ++out;
    }
  });
}

}  // namespace reduce_detail

/// out = R over the axes in `reduced` of x, contiguous over the kept axes in their order; with
/// `add`, the result is combined with what `out` holds. An empty reduction gives the neutral
/// element. Throws: std::bad_alloc
template <class R, FloatScalar T>
void reduce(const R& /*r*/, const Shape& shape, const T* x, const Strides& strides, AxisSet reduced,
            T* out, bool add = false) {
  reduce_detail::reduce_any(reduce_detail::loops<R, T>, shape, x, strides, reduced, out, add);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
