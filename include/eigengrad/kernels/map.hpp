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

/// A function over packets, its type erased: packets(f, out, in, n) is out[i] = f(in[k][i]...) for
/// n elements, whole packets all. It refers to the function that it was made from.
template <FloatScalar T>
struct MapFunction {
  void (*packets)(const void* f, T* out, const T* const* in, Index n) noexcept;
  const void* f;
  bool add;  // out += f(...) rather than out = f(...)
};

namespace map_detail {

/// Elements that a run gathers or adds at a time: a few operands of them stay in L1.
inline constexpr Index block = 256;

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
  return {&packets<T, F, K...>, &f, add};
}

/// out = f(in...) over n elements that lie together.
template <FloatScalar T, std::size_t N>
EIGENGRAD_INLINE void assign(const MapFunction<T>& f, T* out, const std::array<const T*, N>& in,
                             Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Index whole = n / lanes * lanes;
  if (whole > 0) {
    f.packets(f.f, out, in.data(), whole);
  }
  if (whole < n) {
    T last[N + 1][static_cast<std::size_t>(lanes)];
    std::array<const T*, N> from;
    for (std::size_t k = 0; k < N; ++k) {
      Packet<T>::load_part(in[k] + whole, n - whole).store(last[k]);
      from[k] = last[k];
    }
    f.packets(f.f, last[N], from.data(), lanes);
    std::memcpy(out + whole, last[N], static_cast<std::size_t>(n - whole) * sizeof(T));
  }
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
  for (; i < n; ++i) {
    out[i] = multiply_add(Packet<T>(values[i]), Packet<T>(T(1)), Packet<T>(out[i])).v[0];
  }
}

/// out = f(in...) or out += f(in...) over n elements that lie together.
template <FloatScalar T, std::size_t N>
EIGENGRAD_NOINLINE void run_dense(const MapFunction<T>& f, T* out,
                                  const std::array<const T*, N>& operands, Index n) noexcept {
  if (!f.add) {
    assign(f, out, operands, n);
    return;
  }
  std::array<const T*, N> in = operands;
  T values[static_cast<std::size_t>(block)];
  for (Index begin = 0; begin < n; begin += block) {
    const Index count = n - begin < block ? n - begin : block;
    assign(f, values, in, count);
    add(out + begin, values, count);
    for (const T*& p : in) {
      p += count;
    }
  }
}

/// to[i] = from[i * stride].
template <FloatScalar T>
void gather(T* to, const T* from, Index stride, Index n) noexcept {
  for (Index i = 0; i < n; ++i) {
    to[i] = from[i * stride];
  }
}

/// One run with any strides; a stride of zero repeats one element.
template <FloatScalar T, std::size_t N>
EIGENGRAD_NOINLINE void run_strided(const MapFunction<T>& f, T* out,
                                    const std::array<const T*, N>& in,
                                    const std::array<Index, N>& stride, Index n) noexcept {
  T gathered[N][static_cast<std::size_t>(block)];
  std::array<const T*, N> from;
  for (Index begin = 0; begin < n; begin += block) {
    const Index count = n - begin < block ? n - begin : block;
    for (std::size_t k = 0; k < N; ++k) {
      const T* const first = in[k] + begin * stride[k];
      from[k] = stride[k] == 1 ? first : gathered[k];
      if (stride[k] != 1 && (stride[k] != 0 || begin == 0)) {
        gather(gathered[k], first, stride[k], count);
      }
    }
    run_dense(f, out + begin, from, count);
  }
}

}  // namespace map_detail

/// `f` as a function of N operands over packets of T, to be assigned or with `add` to be added.
template <FloatScalar T, std::size_t N, class F>
[[nodiscard]] EIGENGRAD_INLINE MapFunction<T> map_function(const F& f, bool add = false) noexcept {
  return map_detail::erase<T>(f, add, std::make_index_sequence<N>{});
}

/// out = f(in...), or out += f(in...), over n elements that lie together in every operand. Throws
/// nothing.
template <FloatScalar T, std::size_t N>
EIGENGRAD_NOINLINE void map_dense(const MapFunction<T>& f, Index n, T* out,
                                  const std::array<const T*, N>& in) noexcept {
  if (n <= map_grain) {
    map_detail::run_dense(f, out, in, n);
    return;
  }
  parallel_for(n, map_grain, [&](Index begin, Index end) noexcept {
    std::array<const T*, N> from = in;
    for (const T*& p : from) {
      p += begin;
    }
    map_detail::run_dense(f, out + begin, from, end - begin);
  });
}

/// The same over `shape`: `out` is contiguous, strides[k] are those of in[k] over `shape` (zero
/// repeats). Throws nothing.
template <FloatScalar T, std::size_t N>
EIGENGRAD_NOINLINE void map(const MapFunction<T>& f, const Shape& shape, T* out,
                            const std::array<const T*, N>& in,
                            const std::array<Strides, N>& strides) noexcept {
  std::array<const Strides*, N> each{};
  for (std::size_t k = 0; k < N; ++k) {
    each[k] = &strides[k];
  }
  const Walk<static_cast<int>(N)> walk = plan_walk<static_cast<int>(N)>(shape, each);
  bool together = true;
  for (std::size_t k = 0; k < N; ++k) {
    together = together && (walk.inner_stride[k] == 1 || walk.inner == 1);
  }
  if (together && walk.outer == 1) {
    map_dense(f, walk.inner, out, in);
    return;
  }
  for_each_run(walk, [&](const std::array<Index, N>& offset) noexcept {
    std::array<const T*, N> from = in;
    for (std::size_t k = 0; k < N; ++k) {
      from[k] += offset[k];
    }
    if (together) {
      map_detail::run_dense(f, out, from, walk.inner);
    } else {
      map_detail::run_strided(f, out, from, walk.inner_stride, walk.inner);
    }
    out += walk.inner;
  });
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
