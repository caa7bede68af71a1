#pragma once
// Softmax and its logarithm along one axis, and their gradients: a row kernel for the innermost
// axis, a column kernel for the others. Everything is contiguous. Leaves out logsumexp over any
// axes: ops/logsumexp.hpp.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/axis_split.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

namespace softmax_detail {

/// Elements of one block of work, and the longest run that is summed in T: the partial sums of
/// longer rows are added in double.
inline constexpr Index grain = 16384;
inline constexpr Index run = 4096;
/// The same for columns, whose partial sums are added in T.
inline constexpr Index column_run = 64;
/// Rows up to here that end in a partial packet are worked on in a padded copy on the stack: one
/// partial load and one partial store in place of five.
inline constexpr Index short_row = 64;

/// The first `count` lanes from p, the others `padding`.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> load_padded(const T* p, Index count, T padding) noexcept {
  T buffer[static_cast<std::size_t>(Packet<T>::lanes)];
  for (Index i = 0; i < Packet<T>::lanes; ++i) {
    buffer[i] = i < count ? p[i] : padding;
  }
  return Packet<T>::load(buffer);
}
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> load_some(const T* p, Index count) noexcept {
  return count == Packet<T>::lanes ? Packet<T>::load(p) : Packet<T>::load_part(p, count);
}
template <FloatScalar T>
EIGENGRAD_INLINE void store_some(T* p, Packet<T> x, Index count) noexcept {
  if (count == Packet<T>::lanes) {
    x.store(p);
  } else {
    x.store_part(p, count);
  }
}
template <bool Add, FloatScalar T>
EIGENGRAD_INLINE void put(T* p, Packet<T> x, Index count) noexcept {
  if constexpr (Add) {
    x = load_some(p, count) + x;
  }
  store_some(p, x, count);
}

/// Calls body(i, count) for the packets of [0, n), the last one partial.
template <FloatScalar T, class Body>
EIGENGRAD_INLINE void each_packet(Index n, const Body& body) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    body(i, lanes);
  }
  if (i < n) {
    body(i, n - i);
  }
}

/// The largest element of a row; may miss a NaN, which the sum of the exponentials will not.
template <FloatScalar T>
inline T row_maximum(const T* x, Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  constexpr T lowest = -math::detail::infinity<T>;
  Packet<T> a(lowest);
  Packet<T> b(lowest);
  Index i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    a = math::detail::at_least(a, Packet<T>::load(x + i));
    b = math::detail::at_least(b, Packet<T>::load(x + i + lanes));
  }
  for (; i < n; i += lanes) {
    a = math::detail::at_least(
        a, n - i >= lanes ? Packet<T>::load(x + i) : load_padded(x + i, n - i, lowest));
  }
  a = math::detail::at_least(a, b);
  T buffer[static_cast<std::size_t>(lanes)];
  a.store(buffer);
  for (Index width = lanes / 2; width > 0; width /= 2) {
    for (Index lane = 0; lane < width; ++lane) {
      const T other = buffer[lane + width];
      buffer[lane] = buffer[lane] > other ? buffer[lane] : other;
    }
  }
  return buffer[0];
}

/// The sum of f(i, count) over the packets of a row of n, where f gives 0 in lanes past `count`.
template <FloatScalar T, class F>
EIGENGRAD_INLINE double row_sum(Index n, const F& f) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  double total = 0;
  for (Index begin = 0; begin < n; begin += run) {
    const Index end = std::min(n, begin + run);
    Packet<T> a(T(0));
    Packet<T> b(T(0));
    Index i = begin;
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      a = a + f(i, lanes);
      b = b + f(i + lanes, lanes);
    }
    for (; i < end; i += lanes) {
      a = a + f(i, std::min(lanes, end - i));
    }
    total += static_cast<double>(sum_lanes(a + b));
  }
  return total;
}

/// A row's sum of exp(x - largest); the exponentials go to `y` if there is one.
template <bool Store, FloatScalar T>
inline double row_exponentials(const T* x, T largest, T* y, Index n) noexcept {
  return row_sum<T>(n, [=](Index i, Index count) {
    const Packet<T> z = count == Packet<T>::lanes
                            ? Packet<T>::load(x + i)
                            : load_padded(x + i, count, -math::detail::infinity<T>);
    const Packet<T> e = math::exp(z - largest);
    if constexpr (Store) {
      store_some(y + i, e, count);
    }
    return e;
  });
}

/// A row of at most short_row elements and its padding up to whole packets.
template <FloatScalar T>
struct ShortRow {
  alignas(64) T values[short_row];

  ShortRow() = default;
  EIGENGRAD_INLINE ShortRow(const T* x, Index n, T padding) noexcept {
    std::memcpy(values, x, static_cast<std::size_t>(n) * sizeof(T));
    for (Index i = n; i < whole(n); ++i) {
      values[i] = padding;
    }
  }
  /// n rounded up to whole packets.
  static constexpr Index whole(Index n) noexcept {
    return (n + Packet<T>::lanes - 1) / Packet<T>::lanes * Packet<T>::lanes;
  }
  static constexpr bool suits(Index n) noexcept {
    return n <= short_row && n % Packet<T>::lanes != 0;
  }
};

/// A row with +inf or of nothing but -inf has a NaN among z - largest, which spoils the sum and so
/// the whole row.
template <bool Log, FloatScalar T>
inline void row(const T* x, T* y, Index n) noexcept {
  if (ShortRow<T>::suits(n)) {
    const ShortRow<T> from(x, n, -math::detail::infinity<T>);
    ShortRow<T> to;
    row<Log>(from.values, to.values, ShortRow<T>::whole(n));
    std::memcpy(y, to.values, static_cast<std::size_t>(n) * sizeof(T));
    return;
  }
  const T largest = row_maximum(x, n);
  const double sum = row_exponentials<!Log>(x, largest, y, n);
  if constexpr (Log) {
    const T log_sum = static_cast<T>(math::log(sum));
    each_packet<T>(n, [=](Index i, Index count) {
      store_some(y + i, (load_some(x + i, count) - largest) - log_sum, count);
    });
  } else {
    const T scale = static_cast<T>(1.0 / sum);
    each_packet<T>(n, [=](Index i, Index count) {
      store_some(y + i, load_some(y + i, count) * scale, count);
    });
  }
}

/// One packet of columns, `step` apart along the axis.
template <bool Log, FloatScalar T>
inline void column(const T* x, T* y, Index n, Index step, Index count) noexcept {
  Packet<T> largest(-math::detail::infinity<T>);
  for (Index i = 0; i < n; ++i) {
    largest = math::detail::at_least(largest, load_some(x + i * step, count));
  }
  Packet<T> sum(T(0));
  for (Index begin = 0; begin < n; begin += column_run) {
    Packet<T> part(T(0));
    for (Index i = begin; i < std::min(n, begin + column_run); ++i) {
      const Packet<T> e = math::exp(load_some(x + i * step, count) - largest);
      if constexpr (!Log) {
        store_some(y + i * step, e, count);
      }
      part = part + e;
    }
    sum = sum + part;
  }
  const Packet<T> last = Log ? math::log(sum) : T(1) / sum;
  for (Index i = 0; i < n; ++i) {
    const Packet<T> value = Log ? (load_some(x + i * step, count) - largest) - last
                                : load_some(y + i * step, count) * last;
    store_some(y + i * step, value, count);
  }
}

/// Softmax: dx = y (g - sum of g y). Its logarithm: dx = g - exp(y) sum of g.
template <bool Log, bool Add, FloatScalar T>
inline void row_gradient(const T* y, const T* g, T* dx, Index n) noexcept {
  if (ShortRow<T>::suits(n)) {
    const ShortRow<T> results(y, n, T(0));
    const ShortRow<T> gradients(g, n, T(0));
    ShortRow<T> sums(dx, Add ? n : 0, T(0));
    row_gradient<Log, Add>(results.values, gradients.values, sums.values, ShortRow<T>::whole(n));
    std::memcpy(dx, sums.values, static_cast<std::size_t>(n) * sizeof(T));
    return;
  }
  const auto total = static_cast<T>(row_sum<T>(n, [=](Index i, Index count) {
    const bool whole = count == Packet<T>::lanes;
    const Packet<T> gi = whole ? Packet<T>::load(g + i) : load_padded(g + i, count, T(0));
    if constexpr (Log) {
      return gi;
    } else {
      return gi * (whole ? Packet<T>::load(y + i) : load_padded(y + i, count, T(0)));
    }
  }));
  each_packet<T>(n, [=](Index i, Index count) {
    const Packet<T> yi = load_some(y + i, count);
    const Packet<T> gi = load_some(g + i, count);
    put<Add>(dx + i, Log ? gi - math::exp(yi) * total : yi * (gi - total), count);
  });
}

template <bool Log, bool Add, FloatScalar T>
inline void column_gradient(const T* y, const T* g, T* dx, Index n, Index step,
                            Index count) noexcept {
  Packet<T> total(T(0));
  for (Index begin = 0; begin < n; begin += column_run) {
    Packet<T> part(T(0));
    for (Index i = begin; i < std::min(n, begin + column_run); ++i) {
      const Packet<T> gi = load_some(g + i * step, count);
      part = part + (Log ? gi : gi * load_some(y + i * step, count));
    }
    total = total + part;
  }
  for (Index i = 0; i < n; ++i) {
    const Packet<T> yi = load_some(y + i * step, count);
    const Packet<T> gi = load_some(g + i * step, count);
    put<Add>(dx + i * step, Log ? gi - math::exp(yi) * total : yi * (gi - total), count);
  }
}

/// Calls row(offset) for every row, or column(offset, count) for every packet of columns.
template <FloatScalar T, class Row, class Column>
void each_line(const AxisSplit& split, const Row& row, const Column& column) {
  constexpr Index lanes = Packet<T>::lanes;
  const Index n = split.n;
  if (n == 0 || split.inner == 0) {
    return;
  }
  if (split.inner == 1) {
    parallel_for(split.outer, std::max<Index>(1, grain / n), [&](Index begin, Index end) noexcept {
      for (Index i = begin; i < end; ++i) {
        row(i * n);
      }
    });
    return;
  }
  const Index packets = (split.inner + lanes - 1) / lanes;
  parallel_for(split.outer * packets, std::max<Index>(1, grain / (n * lanes)),
               [&](Index begin, Index end) noexcept {
                 for (Index i = begin; i < end; ++i) {
                   const Index j = i % packets * lanes;
                   column(i / packets * n * split.inner + j, std::min(lanes, split.inner - j));
                 }
               });
}

}  // namespace softmax_detail

/// y = softmax of x along the axis or, with Log, its logarithm: the largest element is subtracted
/// first, so that nothing overflows. A line with a NaN, with +inf, or of nothing but -inf gives
/// NaN. Throws nothing.
template <bool Log, FloatScalar T>
void softmax(const AxisSplit& split, const T* x, T* y) {
  softmax_detail::each_line<T>(
      split, [=](Index at) { softmax_detail::row<Log>(x + at, y + at, split.n); },
      [=](Index at, Index count) {
        softmax_detail::column<Log>(x + at, y + at, split.n, split.inner, count);
      });
}

/// dx, assigned or with Add added to, from the result y and its gradient g. Throws nothing.
template <bool Log, bool Add, FloatScalar T>
void softmax_gradient(const AxisSplit& split, const T* y, const T* g, T* dx) {
  softmax_detail::each_line<T>(
      split,
      [=](Index at) { softmax_detail::row_gradient<Log, Add>(y + at, g + at, dx + at, split.n); },
      [=](Index at, Index count) {
        softmax_detail::column_gradient<Log, Add>(y + at, g + at, dx + at, split.n, split.inner,
                                                  count);
      });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
