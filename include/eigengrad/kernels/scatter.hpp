#pragma once
// Adding into part of a larger array: over strides, or at positions that an index names.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/packet.hpp>

#include <array>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// out[i] += x[i] for n neighbours.
template <FloatScalar T>
inline void add_run(T* out, const T* x, Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  Index i = 0;
  for (; i + lanes <= n; i += lanes) {
    (Packet<T>::load(out + i) + Packet<T>::load(x + i)).store(out + i);
  }
  for (; i < n; ++i) {
    out[i] += x[i];
  }
}

/// out[i] += x[i] over `shape`, each side with its own strides; those of `out` never meet twice in
/// one element.
template <FloatScalar T>
inline void add_strided(const Shape& shape, T* out, const Strides& out_strides, const T* x,
                        const Strides& x_strides) noexcept {
  const Walk<2> walk = plan_walk<2>(shape, {&out_strides, &x_strides});
  const Index out_step = walk.inner_stride[0];
  const Index x_step = walk.inner_stride[1];
  for_each_run(walk, [&](const std::array<Index, 2>& offset) noexcept {
    T* const to = out + offset[0];
    const T* const from = x + offset[1];
    if (out_step == 1 && x_step == 1) {
      add_run(to, from, walk.inner);
      return;
    }
    for (Index i = 0; i < walk.inner; ++i) {
      to[i * out_step] += from[i * x_step];
    }
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
