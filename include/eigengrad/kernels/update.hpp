#pragma once
// The loop of an optimizer step: one pass over a parameter, its gradient and the optimizer's state.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <array>
#include <cstddef>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of one block of work. Fixed, so that the thread count never changes a result.
inline constexpr Index update_grain = 16384;

/// For each element: rule(value, gradient, state) changes value and the N state values in place.
/// All buffers hold n elements; the rule works on packets.
template <FloatScalar T, std::size_t N, class Rule>
inline void update(Index n, T* value, const T* gradient, const std::array<T*, N>& state,
                   const Rule& rule) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  parallel_for(n, update_grain, [&](Index begin, Index end) noexcept {
    for (Index i = begin; i < end; i += lanes) {
      const bool whole = end - i >= lanes;
      const Index count = whole ? lanes : end - i;
      const auto load = [&](const T* p) {
        return whole ? Packet<T>::load(p + i) : Packet<T>::load_part(p + i, count);
      };
      const auto store = [&](Packet<T> x, T* p) {
        whole ? x.store(p + i) : x.store_part(p + i, count);
      };
      Packet<T> v = load(value);
      std::array<Packet<T>, N> s;
      for (std::size_t k = 0; k < N; ++k) {
        s[k] = load(state[k]);
      }
      rule(v, load(gradient), s);
      store(v, value);
      for (std::size_t k = 0; k < N; ++k) {
        store(s[k], state[k]);
      }
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
