#pragma once
// The loop of an optimizer step: one pass over a parameter, its gradient and the optimizer's state.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of one block of work. Fixed, so that the thread count never changes a result.
inline constexpr Index update_grain = 16384;

/// The rule of an optimizer over packets, its type erased: packets(rule, n, value, gradient, state)
/// for n elements, whole packets all. It refers to the rule that it was made from.
template <FloatScalar T>
struct UpdateRule {
  void (*packets)(const void* rule, Index n, T* value, const T* gradient, T* const* state) noexcept;
  const void* rule;
};

namespace update_detail {

/// The rule is copied, so that what it holds stays in registers.
template <FloatScalar T, std::size_t N, class Rule>
void packets(const void* erased, Index n, T* value, const T* gradient, T* const* state) noexcept {
  const Rule rule = *static_cast<const Rule*>(erased);
  std::array<T*, N> to;
  std::copy_n(state, N, to.begin());
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

/// The last, partial packet goes through the same loop in a copy, so that every element has the
/// same bits whatever its position.
template <FloatScalar T, std::size_t N>
EIGENGRAD_NOINLINE void update_any(const UpdateRule<T>& rule, Index n, T* value, const T* gradient,
                                   const std::array<T*, N>& state) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Index whole = n - n % lanes;
  parallel_for(whole, update_grain, [&](Index begin, Index end) noexcept {
    std::array<T*, N> from = state;
    for (T*& p : from) {
      p += begin;
    }
    rule.packets(rule.rule, end - begin, value + begin, gradient + begin, from.data());
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
    rule.packets(rule.rule, lanes, last[0], last[1], from.data());
    const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
    std::memcpy(value + whole, last[0], bytes);
    for (std::size_t k = 0; k < N; ++k) {
      std::memcpy(state[k] + whole, from[k], bytes);
    }
  }
}

}  // namespace update_detail

/// For each element: rule(value, gradient, state) changes value and the N state values in place.
/// All buffers hold n elements; the rule works on packets.
template <FloatScalar T, std::size_t N, class Rule>
inline void update(Index n, T* value, const T* gradient, const std::array<T*, N>& state,
                   const Rule& rule) noexcept {
  update_detail::update_any<T, N>({&update_detail::packets<T, N, Rule>, &rule}, n, value, gradient,
                                  state);
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
