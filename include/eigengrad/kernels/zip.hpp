#pragma once
// Elementwise loops over operands of different element types: comparisons, masks, selection. One
// element at a time, in a form that compilers vectorise; functions of floats alone go through
// packets in map.hpp.

#include <eigengrad/base/index.hpp>
#include <eigengrad/kernels/loops.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// Elements of one block of work. Fixed, so that the thread count never changes a result.
inline constexpr Index zip_grain = 16384;

/// An operand of zip: its first element, and its strides over the result's shape (zero repeats).
template <class T>
struct ZipOperand {
  const T* data;
  Strides strides;
};

namespace zip_detail {

template <class Out, class F, std::size_t... K, class... In>
inline void run(const F& f, Out* out, const std::array<Index, sizeof...(In)>& offset,
                const std::array<Index, sizeof...(In)>& stride, Index n,
                std::index_sequence<K...> /*operands*/, const In*... in) noexcept {
  for (Index i = 0; i < n; ++i) {
    out[i] = f(in[offset[K] + i * stride[K]]...);
  }
}

template <class Out, class F, class... In>
inline void run_dense(const F& f, Out* out, Index n, const In*... in) noexcept {
  for (Index i = 0; i < n; ++i) {
    out[i] = f(in[i]...);
  }
}

}  // namespace zip_detail

/// out[i] = f(in[i]...) over `shape`, `out` contiguous.
template <class Out, class F, class... In>
inline void zip(const F& f, const Shape& shape, Out* out, const ZipOperand<In>&... in) noexcept {
  constexpr int count = sizeof...(In);
  const Walk<count> walk = plan_walk<count>(shape, {&in.strides...});
  bool dense = walk.outer == 1;
  for (const Index stride : walk.inner_stride) {
    dense = dense && stride == 1;
  }
  if (dense) {
    parallel_for(walk.inner, zip_grain, [&](Index begin, Index end) noexcept {
      zip_detail::run_dense(f, out + begin, end - begin, (in.data + begin)...);
    });
    return;
  }
  for_each_run(walk, [&](const std::array<Index, sizeof...(In)>& offset) noexcept {
    zip_detail::run(f, out, offset, walk.inner_stride, walk.inner, std::index_sequence_for<In...>{},
                    in.data...);
    out += walk.inner;
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
