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

/// The first `count` lanes from p, the others `padding`.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> load_padded(const T* p, Index count, T padding) noexcept {
  T buffer[static_cast<std::size_t>(Packet<T>::lanes)];
  for (Index i = 0; i < Packet<T>::lanes; ++i) {
    buffer[i] = i < count ? p[i] : padding;
  }
  return Packet<T>::load(buffer);
}
/// True in the first `count` lanes.
template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> first_lanes(Index count) noexcept {
  constexpr std::size_t lanes = static_cast<std::size_t>(Packet<T>::lanes);
  struct Window {
    SignedBits<T> lane[2 * lanes];
    constexpr Window() noexcept : lane() {
      for (std::size_t i = 0; i < lanes; ++i) {
        lane[i] = -1;
      }
    }
  };
  static constexpr Window window;
  Mask<T> mask;
  std::memcpy(&mask.v, window.lane + (Packet<T>::lanes - count), sizeof mask.v);
  return mask;
}

/// Part of a line, the last packet of which may be partial: `room` elements lie at p that are the
/// line's or of no matter yet, so that a whole packet may be read or written there.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> load_some(const T* p, Index count, Index room, T padding = 0) noexcept {
  if (count >= Packet<T>::lanes) {
    return Packet<T>::load(p);
  }
  return room >= Packet<T>::lanes
             ? math::select(first_lanes<T>(count), Packet<T>::load(p), Packet<T>(padding))
             : load_padded(p, count, padding);
}
template <FloatScalar T>
EIGENGRAD_INLINE void store_some(T* p, Packet<T> x, Index count, Index room) noexcept {
  if (count >= Packet<T>::lanes || room >= Packet<T>::lanes) {
    x.store(p);
  } else {
    x.store_part(p, count);
  }
}
/// With Add what lies past the line stays as it is.
template <bool Add, FloatScalar T>
EIGENGRAD_INLINE void put(T* p, Packet<T> x, Index count, Index room) noexcept {
  if constexpr (Add) {
    if (room >= Packet<T>::lanes) {
      const Packet<T> before = Packet<T>::load(p);
      x = math::select(first_lanes<T>(count), before + x, before);
    } else {
      x = load_some(p, count, room) + x;
    }
  }
  store_some(p, x, count, room);
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

template <FloatScalar T>
EIGENGRAD_INLINE T largest_lane(Packet<T> x) noexcept {
  return fold_lanes(x, [](Packet<T> a, Packet<T> b) { return math::detail::at_least(a, b); });
}

/// The largest element of a row; may miss a NaN, which the sum of the exponentials will not.
template <FloatScalar T>
inline T row_maximum(const T* x, Index n, Index room) noexcept {
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
    a = math::detail::at_least(a, load_some(x + i, n - i, room - i, lowest));
  }
  return largest_lane(math::detail::at_least(a, b));
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
inline double row_exponentials(const T* x, T largest, T* y, Index n, Index room) noexcept {
  return row_sum<T>(n, [=](Index i, Index count) {
    const Packet<T> z = load_some(x + i, count, room - i, -math::detail::infinity<T>);
    const Packet<T> e = math::exp(z - largest);
    if constexpr (Store) {
      store_some(y + i, e, count, room - i);
    }
    return e;
  });
}

/// A row of `Count` packets, the last of which may be partial.
template <bool Log, Index Count, FloatScalar T>
inline void packets_row(const T* x, T* y, Index n, Index room) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  Packet<T> z[Count];
  Packet<T> e[Count];
  for (Index k = 0; k < Count; ++k) {
    z[k] = load_some(x + k * lanes, n - k * lanes, room - k * lanes, -math::detail::infinity<T>);
  }
  const Packet<T> larger = Count == 1 ? z[0] : math::detail::at_least(z[0], z[Count - 1]);
  const T largest = largest_lane(larger);
  Packet<T> sums(T(0));
  for (Index k = 0; k < Count; ++k) {
    z[k] = z[k] - largest;
    e[k] = math::exp(z[k]);
    sums = sums + e[k];
  }
  const T sum = sum_lanes(sums);
  const Packet<T> last = Log ? math::log(sum) : T(1) / sum;
  for (Index k = 0; k < Count; ++k) {
    store_some(y + k * lanes, Log ? z[k] - last : e[k] * last, n - k * lanes, room - k * lanes);
  }
}

/// A row with +inf or of nothing but -inf has a NaN among z - largest, which spoils the sum and so
/// the whole row. From x and from y on lie `room` elements, of which those past the row are written
/// too: rows are worked on in their order.
template <bool Log, FloatScalar T>
inline void row(const T* x, T* y, Index n, Index room) noexcept {
  if (n <= Packet<T>::lanes) {
    packets_row<Log, 1>(x, y, n, room);
    return;
  }
  if (n <= 2 * Packet<T>::lanes) {
    packets_row<Log, 2>(x, y, n, room);
    return;
  }
  const T largest = row_maximum(x, n, room);
  const double sum = row_exponentials<!Log>(x, largest, y, n, room);
  if constexpr (Log) {
    const T log_sum = static_cast<T>(math::log(sum));
    each_packet<T>(n, [=](Index i, Index count) {
      const Packet<T> z = load_some(x + i, count, room - i) - largest;
      store_some(y + i, z - log_sum, count, room - i);
    });
  } else {
    const T scale = static_cast<T>(1.0 / sum);
    each_packet<T>(n, [=](Index i, Index count) {
      store_some(y + i, load_some(y + i, count, room - i) * scale, count, room - i);
    });
  }
}

/// One packet of columns, `step` apart along the axis.
template <bool Log, FloatScalar T>
inline void column(const T* x, T* y, Index n, Index step, Index count) noexcept {
  Packet<T> largest(-math::detail::infinity<T>);
  for (Index i = 0; i < n; ++i) {
    largest = math::detail::at_least(largest, load_some(x + i * step, count, 0));
  }
  Packet<T> sum(T(0));
  for (Index begin = 0; begin < n; begin += column_run) {
    Packet<T> part(T(0));
    for (Index i = begin; i < std::min(n, begin + column_run); ++i) {
      const Packet<T> e = math::exp(load_some(x + i * step, count, 0) - largest);
      if constexpr (!Log) {
        store_some(y + i * step, e, count, 0);
      }
      part = part + e;
    }
    sum = sum + part;
  }
  const Packet<T> last = Log ? math::log(sum) : T(1) / sum;
  for (Index i = 0; i < n; ++i) {
    const Packet<T> value = Log ? (load_some(x + i * step, count, 0) - largest) - last
                                : load_some(y + i * step, count, 0) * last;
    store_some(y + i * step, value, count, 0);
  }
}

/// Softmax: dx = y (g - sum of g y). Its logarithm: dx = g - exp(y) sum of g.
template <bool Log, bool Add, FloatScalar T>
inline void row_gradient(const T* y, const T* g, T* dx, Index n, Index room) noexcept {
  const auto total = static_cast<T>(row_sum<T>(n, [=](Index i, Index count) {
    const Packet<T> gi = load_some(g + i, count, room - i);
    return Log ? gi : gi * load_some(y + i, count, room - i);
  }));
  each_packet<T>(n, [=](Index i, Index count) {
    const Packet<T> yi = load_some(y + i, count, room - i);
    const Packet<T> gi = load_some(g + i, count, room - i);
    put<Add>(dx + i, Log ? gi - math::exp(yi) * total : yi * (gi - total), count, room - i);
  });
}

template <bool Log, bool Add, FloatScalar T>
inline void column_gradient(const T* y, const T* g, T* dx, Index n, Index step,
                            Index count) noexcept {
  Packet<T> total(T(0));
  for (Index begin = 0; begin < n; begin += column_run) {
    Packet<T> part(T(0));
    for (Index i = begin; i < std::min(n, begin + column_run); ++i) {
      const Packet<T> gi = load_some(g + i * step, count, 0);
      part = part + (Log ? gi : gi * load_some(y + i * step, count, 0));
    }
    total = total + part;
  }
  for (Index i = 0; i < n; ++i) {
    const Packet<T> yi = load_some(y + i * step, count, 0);
    const Packet<T> gi = load_some(g + i * step, count, 0);
    put<Add>(dx + i * step, Log ? gi - math::exp(yi) * total : yi * (gi - total), count, 0);
  }
}

/// Calls row(offset, room) for every row, where `room` elements lie from it to the end of those
/// rows that this thread works on next, or column(offset, count) for every packet of columns.
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
        row(i * n, (end - i) * n);
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
      split, [=](Index at, Index room) { softmax_detail::row<Log>(x + at, y + at, split.n, room); },
      [=](Index at, Index count) {
        softmax_detail::column<Log>(x + at, y + at, split.n, split.inner, count);
      });
}

/// dx, assigned or with Add added to, from the result y and its gradient g. Throws nothing.
template <bool Log, bool Add, FloatScalar T>
void softmax_gradient(const AxisSplit& split, const T* y, const T* g, T* dx) {
  softmax_detail::each_line<T>(
      split,
      [=](Index at, Index room) {
        softmax_detail::row_gradient<Log, Add>(y + at, g + at, dx + at, split.n, room);
      },
      [=](Index at, Index count) {
        softmax_detail::column_gradient<Log, Add>(y + at, g + at, dx + at, split.n, split.inner,
                                                  count);
      });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
