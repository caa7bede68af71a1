#pragma once
// The loop of an optimizer step: one pass over a parameter, its gradient and the optimizer's state.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <array>
#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of one block of work. Fixed, so that the thread count never changes a result.
inline constexpr Index update_grain = 16384;

namespace update_detail {

/// The same for n elements, whole packets all. The rule is copied, so that what it holds stays in
/// registers.
template <FloatScalar T, std::size_t N, class Rule>
EIGENGRAD_NOINLINE void packets(Index n, T* value, const T* gradient,
                                const std::array<T*, N>& state, const Rule& given) noexcept {
  const Rule rule = given;
  const std::array<T*, N> to = state;
  for (Index i = 0; i < n; i += Packet<T>::lanes) {
    Packet<T> v = Packet<T>::load(value + i);
    std::array<Packet<T>, N> s;
    for (std::size_t k = 0; k < N; ++k) {
      s[k] = Packet<T>::load(to[k] + i);
    }
    rule(v, Packet<T>::load(gradient + i), s);
    v.store(value + i);
    for (std::size_t k = 0; k < N; ++k) {
      s[k].store(to[k] + i);
    }
  }
}

}  // namespace update_detail

/// For each element: rule(value, gradient, state) changes value and the N state values in place.
/// All buffers hold n elements; the rule works on packets. The last, partial packet goes through
/// the same loop in a copy, so that every element has the same bits whatever its position.
template <FloatScalar T, std::size_t N, class Rule>
inline void update(Index n, T* value, const T* gradient, const std::array<T*, N>& state,
                   const Rule& rule) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Index whole = n - n % lanes;
  parallel_for(whole, update_grain, [&](Index begin, Index end) noexcept {
    std::array<T*, N> from = state;
    for (T*& p : from) {
      p += begin;
    }
    update_detail::packets(end - begin, value + begin, gradient + begin, from, rule);
  });
  if (whole < n) {
    const Index count = n - whole;
    T last[N + 2][static_cast<std::size_t>(lanes)];
    std::array<T*, N> from;
    Packet<T>::load_part(value + whole, count).store(last[0]);
    Packet<T>::load_part(gradient + whole, count).store(last[1]);
    for (std::size_t k = 0; k < N; ++k) {
      from[k] = last[k + 2];
      Packet<T>::load_part(state[k] + whole, count).store(from[k]);
    }
    update_detail::packets(lanes, last[0], last[1], from, rule);
    const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
    std::memcpy(value + whole, last[0], bytes);
    for (std::size_t k = 0; k < N; ++k) {
      std::memcpy(state[k] + whole, from[k], bytes);
    }
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
