#pragma once
// Elementwise kernels: out[i] = f(in_0[i], ..., in_{N-1}[i]) over broadcast, strided inputs. The
// function takes and gives packets; the last, partial packet goes through the same code, so every
// element has the same bits whatever its position, stride or thread.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of one block of work. Fixed, so that the thread count never changes a result.
inline constexpr Index map_grain = 16384;

namespace map_detail {

/// old + value, rounded after value was: spelt so that GCC cannot fuse a product that made `value`
/// with the addition in one loop and not in another, whose bits would then differ.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> added(Packet<T> old, Packet<T> value) noexcept {
  return multiply_add(value, Packet<T>(T(1)), old);
}

/// How a finished packet reaches `out`: assign, or add to what is there.
template <bool Add, FloatScalar T>
EIGENGRAD_INLINE void put(T* out, Packet<T> value) noexcept {
  if constexpr (Add) {
    value = added(Packet<T>::load(out), value);
  }
  value.store(out);
}
template <bool Add, FloatScalar T>
EIGENGRAD_INLINE void put_part(T* out, Packet<T> value, Index count) noexcept {
  if constexpr (Add) {
    value = added(Packet<T>::load_part(out, count), value);
  }
  value.store_part(out, count);
}

/// One run whose operands all lie element by element.
template <bool Add, FloatScalar T, class F, std::size_t... K>
inline void run_dense(const F& f, T* out, const std::array<const T*, sizeof...(K)>& in, Index n,
                      std::index_sequence<K...> /*operands*/) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    put<Add>(out + i, Packet<T>(f(Packet<T>::load(in[K] + i)...)));
  }
  if (i < n) {
    put_part<Add>(out + i, Packet<T>(f(Packet<T>::load_part(in[K] + i, n - i)...)), n - i);
  }
}

template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> load_strided(const T* p, Index i, Index stride, Index count) noexcept {
  if (stride == 0) {
    return Packet<T>(*p);
  }
  if (stride == 1 && count == Packet<T>::lanes) {
    return Packet<T>::load(p + i);
  }
  return Packet<T>::load_part(p + i * stride, count, stride);
}

/// One run with any strides; a stride of zero repeats one element.
template <bool Add, FloatScalar T, class F, std::size_t... K>
inline void run_strided(const F& f, T* out, const std::array<const T*, sizeof...(K)>& in,
                        const std::array<Index, sizeof...(K)>& stride, Index n,
                        std::index_sequence<K...> /*operands*/) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  for (Index i = 0; i < n; i += lanes) {
    const Index count = n - i < lanes ? n - i : lanes;
    const Packet<T> value(f(load_strided(in[K], i, stride[K], count)...));
    if (count == lanes) {
      put<Add>(out + i, value);
    } else {
      put_part<Add>(out + i, value, count);
    }
  }
}

}  // namespace map_detail

/// out = f(in...) or, with Add, out += f(in...). `out` is contiguous over `shape`; strides[k] are
/// those of in[k] over `shape` (zero repeats). Throws nothing.
template <bool Add = false, FloatScalar T, std::size_t N, class F>
inline void map(const F& f, const Shape& shape, T* out, const std::array<const T*, N>& in,
                const std::array<Strides, N>& strides) noexcept {
  constexpr auto operands = std::make_index_sequence<N>{};
  std::array<const Strides*, N> each{};
  for (std::size_t k = 0; k < N; ++k) {
    each[k] = &strides[k];
  }
  const Walk<static_cast<int>(N)> walk = plan_walk<static_cast<int>(N)>(shape, each);
  bool dense = true;
  for (std::size_t k = 0; k < N; ++k) {
    dense = dense && (walk.inner_stride[k] == 1 || walk.inner == 1);
  }
  if (dense && walk.outer == 1) {
    parallel_for(walk.inner, map_grain, [&](Index begin, Index end) noexcept {
      std::array<const T*, N> from = in;
      for (std::size_t k = 0; k < N; ++k) {
        from[k] += begin;
      }
      map_detail::run_dense<Add>(f, out + begin, from, end - begin, operands);
    });
    return;
  }
  for_each_run(walk, [&](const std::array<Index, N>& offset) noexcept {
    std::array<const T*, N> from = in;
    for (std::size_t k = 0; k < N; ++k) {
      from[k] += offset[k];
    }
    if (dense) {
      map_detail::run_dense<Add>(f, out, from, walk.inner, operands);
    } else {
      map_detail::run_strided<Add>(f, out, from, walk.inner_stride, walk.inner, operands);
    }
    out += walk.inner;
  });
}

/// The same for inputs that are all contiguous over the same n elements.
template <bool Add = false, FloatScalar T, std::size_t N, class F>
inline void map_dense(const F& f, Index n, T* out, const std::array<const T*, N>& in) noexcept {
  parallel_for(n, map_grain, [&](Index begin, Index end) noexcept {
    std::array<const T*, N> from = in;
    for (std::size_t k = 0; k < N; ++k) {
      from[k] += begin;
    }
    map_detail::run_dense<Add>(f, out + begin, from, end - begin, std::make_index_sequence<N>{});
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
