#pragma once
// Elementwise kernels: out[i] = f(in_0[i], ..., in_{N-1}[i]) over broadcast, strided inputs. The
// function takes and gives packets, and is compiled into one loop over whole packets; everything
// else reaches that loop through a pointer and is compiled once. So each element has the same bits
// whatever its position, stride or thread, and one more op costs one more small loop.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of one block of work. Fixed, so that the thread count never changes a result.
inline constexpr Index map_grain = 16384;

/// Operands of a function at most.
inline constexpr int max_operands = 3;

/// A function over packets, its type erased: packets(f, out, in, n) is out[i] = f(in[k][i]...) for
/// n elements, whole packets all. It refers to the function that it was made from.
template <FloatScalar T>
struct MapFunction {
  void (*packets)(const void* f, T* out, const T* const* in, Index n) noexcept;
  const void* f;
  int operands;
  bool add;  // out += f(...) rather than out = f(...)
};

namespace map_detail {

/// Elements that a run stages or adds at a time: a few operands of them stay in L1.
inline constexpr Index block = 512;

/// One pointer for each operand; those past the last are not used.
template <FloatScalar T>
using Operands = std::array<const T*, max_operands>;

template <FloatScalar T, class F, std::size_t... K>
void packets(const void* erased, T* out, const T* const* in, Index n) noexcept {
  const F f = *static_cast<const F*>(erased);  // a copy, which no store can change
  const T* const from[] = {in[K]...};
  for (Index i = 0; i < n; i += Packet<T>::lanes) {
    Packet<T>(f(Packet<T>::load(from[K] + i)...)).store(out + i);
  }
}

template <FloatScalar T, class F, std::size_t... K>
[[nodiscard]] EIGENGRAD_INLINE MapFunction<T> erase(const F& f, bool add,
                                                    std::index_sequence<K...> /*operands*/) {
  static_assert(sizeof...(K) <= max_operands);
  return {&packets<T, F, K...>, &f, static_cast<int>(sizeof...(K)), add};
}

/// The operands from their element `begin` on.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Operands<T> advanced(const MapFunction<T>& f, Operands<T> in,
                                                    Index begin) noexcept {
  for (std::size_t k = 0; k < static_cast<std::size_t>(f.operands); ++k) {
    in[k] += begin;
  }
  return in;
}

/// f(in...) of up to a packet of elements that lie together.
template <FloatScalar T>
[[nodiscard]] EIGENGRAD_INLINE Packet<T> in_one_packet(const MapFunction<T>& f,
                                                       const Operands<T>& in, Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  T staged[max_operands][static_cast<std::size_t>(lanes)];
  Operands<T> from{};
  for (std::size_t k = 0; k < static_cast<std::size_t>(f.operands); ++k) {
    Packet<T>::load_part(in[k], n).store(staged[k]);
    from[k] = staged[k];
  }
  T result[static_cast<std::size_t>(lanes)];
  f.packets(f.f, result, from.data(), lanes);
  return Packet<T>::load(result);
}

/// out = f(in...) over n elements that lie together.
template <FloatScalar T>
void assign(const MapFunction<T>& f, T* out, const Operands<T>& in, Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Index whole = n - n % lanes;
  if (whole == n) {
    f.packets(f.f, out, in.data(), n);
    return;
  }
  T last[static_cast<std::size_t>(lanes)];
  if (n > lanes) {
    // A packet that overlaps the one before; computed first, for `out` may be an operand.
    f.packets(f.f, last, advanced(f, in, n - lanes).data(), lanes);
    f.packets(f.f, out, in.data(), whole);
    std::memcpy(out + n - lanes, last, sizeof last);
    return;
  }
  in_one_packet(f, in, n).store_part(out, n);
}

/// out += values, each value rounded before: spelt so that GCC cannot fuse a product that made a
/// value with the addition, whose bits would then depend on how it compiled the loop.
template <FloatScalar T>
void add(T* out, const T* values, Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    multiply_add(Packet<T>::load(values + i), Packet<T>(T(1)), Packet<T>::load(out + i))
        .store(out + i);
  }
  if (i < n) {
    multiply_add(Packet<T>::load_part(values + i, n - i), Packet<T>(T(1)),
                 Packet<T>::load_part(out + i, n - i))
        .store_part(out + i, n - i);
  }
}

/// out = f(in...) or out += f(in...) over n elements that lie together.
template <FloatScalar T>
EIGENGRAD_NOINLINE void run_dense(const MapFunction<T>& f, T* out, const Operands<T>& in,
                                  Index n) noexcept {
  if (!f.add) {
    assign(f, out, in, n);
    return;
  }
  if (n > 0 && n < Packet<T>::lanes) {
    multiply_add(in_one_packet(f, in, n), Packet<T>(T(1)), Packet<T>::load_part(out, n))
        .store_part(out, n);
    return;
  }
  T values[static_cast<std::size_t>(block)];
  if (n <= block) {
    assign(f, values, in, n);
    add(out, values, n);
    return;
  }
  for (Index begin = 0; begin < n; begin += block) {
    const Index count = n - begin < block ? n - begin : block;
    assign(f, values, advanced(f, in, begin), count);
    add(out + begin, values, count);
  }
}

/// The same on several threads. Few elements, most of all whole packets, go the shortest way: for
/// them the calls between here and the function take longer than the function.
template <FloatScalar T>
EIGENGRAD_NOINLINE void dense(const MapFunction<T>& f, Index n, T* out,
                              const Operands<T>& in) noexcept {
  if (n <= block) {
    if (!f.add && n % Packet<T>::lanes == 0) {
      f.packets(f.f, out, in.data(), n);
    } else {
      run_dense(f, out, in, n);
    }
    return;
  }
  parallel_for(n, map_grain, [&](Index begin, Index end) noexcept {
    run_dense(f, out + begin, advanced(f, in, begin), end - begin);
  });
}

/// The value in n elements, and in up to a packet past them.
template <FloatScalar T>
EIGENGRAD_INLINE void repeat(T* to, T value, Index n) noexcept {
  const Packet<T> repeated(value);
  for (Index i = 0; i < n; i += Packet<T>::lanes) {
    repeated.store(to + i);
  }
}

/// n elements of an operand, `stride` apart, as elements that lie together; like repeat().
template <FloatScalar T>
void stage(T* to, const T* from, Index stride, Index n) noexcept {
  if (stride == 0) {
    repeat(to, *from, n);
  } else if (stride == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
  } else {
    for (Index i = 0; i < n; ++i) {
      to[i] = from[i * stride];
    }
  }
}

/// Operands over a shape, and how they are walked.
template <FloatScalar T>
struct Rows {
  Walk<max_operands> walk;
  Operands<T> in;
  std::array<bool, max_operands> dense;    // lies as `out` does
  std::array<bool, max_operands> repeats;  // every row is the same
};

template <FloatScalar T>
using Staged = T[max_operands][static_cast<std::size_t>(block + Packet<T>::lanes)];

/// Rows [begin, end) of operand k as elements that lie together; like repeat().
template <FloatScalar T>
void stage_rows(const Rows<T>& rows, std::size_t k, T* to, Index begin, Index end) noexcept {
  const Walk<max_operands>& walk = rows.walk;
  const Index n = walk.inner;
  const Index stride = walk.inner_stride[k];
  if (walk.rank == 1 && stride == 0) {  // a column: the usual one, and the loop below takes longer
    const T* from = rows.in[k] + begin * walk.stride[0][k];
    for (Index row = begin; row < end; ++row) {
      repeat(to, *from, n);
      to += n;
      from += walk.stride[0][k];
    }
    return;
  }
  for_each_run(walk, begin, end, [&](const std::array<Index, max_operands>& offset) noexcept {
    stage(to, rows.in[k] + offset[k], stride, n);
    to += n;
  });
}

/// Rows [begin, end) that are shorter than half a block, as many at a time as it holds: where an
/// operand repeats or lies apart, a block of it is staged, so that f runs over whole blocks.
template <FloatScalar T>
void run_short_rows(const MapFunction<T>& f, const Rows<T>& rows, T* out, Index begin,
                    Index end) noexcept {
  const Index n = rows.walk.inner;
  Index at_once = block / n;
  if (at_once > Packet<T>::lanes) {
    at_once -= at_once % Packet<T>::lanes;  // whole packets
  }
  Staged<T> staged;
  Operands<T> from{};
  for (Index row = begin; row < end; row += at_once) {
    const Index until = end - row < at_once ? end : row + at_once;
    for (std::size_t k = 0; k < static_cast<std::size_t>(f.operands); ++k) {
      from[k] = rows.dense[k] ? rows.in[k] + row * n : staged[k];
      if (!rows.dense[k] && (row == begin || !rows.repeats[k])) {
        stage_rows(rows, k, staged[k], row, until);
      }
    }
    run_dense(f, out + row * n, from, (until - row) * n);
  }
}

/// One row with any strides, or its elements [begin, end).
template <FloatScalar T>
void run_long_row(const MapFunction<T>& f, T* out, const Operands<T>& in,
                  const std::array<Index, max_operands>& stride, Index begin, Index end) noexcept {
  bool together = true;
  for (std::size_t k = 0; k < static_cast<std::size_t>(f.operands); ++k) {
    together = together && stride[k] == 1;
  }
  const Index length = together ? end - begin : block;
  Staged<T> staged;
  for (Index i = begin; i < end; i += length) {
    const Index count = end - i < length ? end - i : length;
    Operands<T> from{};
    for (std::size_t k = 0; k < static_cast<std::size_t>(f.operands); ++k) {
      const T* const first = in[k] + i * stride[k];
      from[k] = stride[k] == 1 ? first : staged[k];
      if (stride[k] != 1 && (stride[k] != 0 || i == begin)) {
        stage(staged[k], first, stride[k], count);
      }
    }
    run_dense(f, out + i, from, count);
  }
}

template <FloatScalar T>
EIGENGRAD_NOINLINE void run_rows(const MapFunction<T>& f, const Rows<T>& rows, T* out) noexcept {
  const Walk<max_operands>& walk = rows.walk;
  const Index n = walk.inner;
  const Index grain = n < map_grain ? map_grain / n : 1;
  parallel_for(walk.outer, grain, [&](Index begin, Index end) noexcept {
    if (2 * n < block) {
      run_short_rows(f, rows, out, begin, end);
      return;
    }
    T* to = out + begin * n;
    for_each_run(walk, begin, end, [&](const std::array<Index, max_operands>& offset) noexcept {
      Operands<T> from{};
      for (std::size_t k = 0; k < static_cast<std::size_t>(f.operands); ++k) {
        from[k] = rows.in[k] + offset[k];
      }
      parallel_for(n, map_grain, [&](Index first, Index last) noexcept {
        run_long_row(f, to, from, walk.inner_stride, first, last);
      });
      to += n;
    });
  });
}

/// The operands of f over `shape`, of which in[k] has strides[k].
template <FloatScalar T>
EIGENGRAD_NOINLINE void strided(const MapFunction<T>& f, const Shape& shape, T* out,
                                const T* const* in, const Strides* strides) noexcept {
  Rows<T> rows{};
  std::array<const Strides*, max_operands> each{};
  for (int k = 0; k < max_operands; ++k) {
    const auto used = static_cast<std::size_t>(k < f.operands ? k : 0);
    each[static_cast<std::size_t>(k)] = strides + used;
    rows.in[static_cast<std::size_t>(k)] = in[used];
  }
  rows.walk = plan_walk<max_operands>(shape, each);
  const Walk<max_operands>& walk = rows.walk;
  if (walk.outer == 0) {
    return;
  }
  bool all_dense = true;
  for (std::size_t k = 0; k < max_operands; ++k) {
    rows.dense[k] = walk.inner_stride[k] == 1 || walk.inner == 1;
    rows.repeats[k] = true;
    Index size = walk.inner;
    for (int axis = walk.rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      rows.dense[k] = rows.dense[k] && walk.stride[a][k] == size;
      rows.repeats[k] = rows.repeats[k] && walk.stride[a][k] == 0;
      size *= walk.extent[a];
    }
    all_dense = all_dense && rows.dense[k];
  }
  if (all_dense) {
    dense(f, walk.inner * walk.outer, out, rows.in);
  } else {
    run_rows(f, rows, out);
  }
}

}  // namespace map_detail

/// `f` as a function of N operands over packets of T, to be assigned or with `add` to be added.
template <FloatScalar T, std::size_t N, class F>
[[nodiscard]] EIGENGRAD_INLINE MapFunction<T> map_function(const F& f, bool add = false) noexcept {
  return map_detail::erase<T>(f, add, std::make_index_sequence<N>{});
}

/// out = f(in...), or out += f(in...), over n elements that lie together in every operand. `out`
/// may be one of the operands. Throws nothing.
template <FloatScalar T, std::size_t N>
EIGENGRAD_INLINE void map_dense(const MapFunction<T>& f, Index n, T* out,
                                const std::array<const T*, N>& in) noexcept {
  map_detail::Operands<T> from{};
  for (std::size_t k = 0; k < N; ++k) {
    from[k] = in[k];
  }
  map_detail::dense(f, n, out, from);
}

/// The same over `shape`: `out` is contiguous, strides[k] are those of in[k] over `shape` (zero
/// repeats). Throws nothing.
template <FloatScalar T, std::size_t N>
EIGENGRAD_INLINE void map(const MapFunction<T>& f, const Shape& shape, T* out,
                          const std::array<const T*, N>& in,
                          const std::array<Strides, N>& strides) noexcept {
  map_detail::strided(f, shape, out, in.data(), strides.data());
}

/// Both for a plain function: out = f(in...) or, with Add, out += f(in...).
template <bool Add = false, FloatScalar T, std::size_t N, class F>
void map(const F& f, const Shape& shape, T* out, const std::array<const T*, N>& in,
         const std::array<Strides, N>& strides) noexcept {
  map(map_function<T, N>(f, Add), shape, out, in, strides);
}
template <bool Add = false, FloatScalar T, std::size_t N, class F>
void map_dense(const F& f, Index n, T* out, const std::array<const T*, N>& in) noexcept {
  map_dense(map_function<T, N>(f, Add), n, out, in);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
