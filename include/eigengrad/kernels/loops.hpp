#pragma once
// How kernels walk strided operands: a Walk merges the axes that lie together in every operand and
// then visits the operands one innermost run at a time. Knows pointers and shapes only.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>

#include <array>
#include <cstddef>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// N operands over one shape, in as few axes as their strides allow; offsets are in elements.
template <int N>
struct Walk {
  int rank = 0;                                         // axes outside the innermost one
  Index inner = 1;                                      // length of the innermost run
  Index outer = 1;                                      // how many runs
  std::array<Index, N> inner_stride{};                  // step of each operand along the run
  std::array<Index, max_rank> extent{};                 // outer extents, outermost first
  std::array<std::array<Index, N>, max_rank> stride{};  // outer strides of each operand
};

/// Plans a walk. A stride of zero repeats (broadcasting). Cost: O(rank N).
template <int N>
[[nodiscard]] inline Walk<N> plan_walk(const Shape& shape,
                                       const std::array<const Strides*, N>& strides) {
  Walk<N> walk;
  // Collected innermost first, then reversed.
  std::array<Index, max_rank> extent{};
  std::array<std::array<Index, N>, max_rank> stride{};
  int rank = 0;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const Index n = shape[axis];
    if (n == 1) {
      continue;
    }
    std::array<Index, N> step{};
    bool merges = rank > 0;
    const auto last = static_cast<std::size_t>(rank > 0 ? rank - 1 : 0);
    for (std::size_t k = 0; k < N; ++k) {
      step[k] = (*strides[k])[static_cast<std::size_t>(axis)];
      merges = merges && step[k] == stride[last][k] * extent[last];
    }
    if (merges) {
      extent[last] *= n;
    } else {
      extent[static_cast<std::size_t>(rank)] = n;
      stride[static_cast<std::size_t>(rank)] = step;
      ++rank;
    }
  }
  if (rank == 0) {
    walk.inner = shape.size();
    return walk;
  }
  walk.inner = extent[0];
  walk.inner_stride = stride[0];
  walk.rank = rank - 1;
  for (int i = 1; i < rank; ++i) {
    const auto from = static_cast<std::size_t>(i);
    const auto to = static_cast<std::size_t>(rank - 1 - i);
    walk.extent[to] = extent[from];
    walk.stride[to] = stride[from];
    walk.outer *= extent[from];
  }
  if (shape.size() == 0) {
    walk.outer = 0;
  }
  return walk;
}

/// Calls body(offsets) at the start of the runs [begin, end), outermost axis slowest.
template <int N, class Body>
inline void for_each_run(const Walk<N>& walk, Index begin, Index end, Body&& body) {
  std::array<Index, max_rank> position{};
  std::array<Index, N> offset{};
  Index rest = begin;
  for (int axis = walk.rank - 1; rest > 0; --axis) {
    const auto a = static_cast<std::size_t>(axis);
    position[a] = rest % walk.extent[a];
    rest /= walk.extent[a];
    for (std::size_t k = 0; k < N; ++k) {
      offset[k] += walk.stride[a][k] * position[a];
    }
  }
  for (Index run = begin; run < end; ++run) {
    body(offset);
    for (int axis = walk.rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      for (std::size_t k = 0; k < N; ++k) {
        offset[k] += walk.stride[a][k];
      }
      if (++position[a] < walk.extent[a]) {
        break;
      }
      for (std::size_t k = 0; k < N; ++k) {
        offset[k] -= walk.stride[a][k] * walk.extent[a];
      }
      position[a] = 0;
    }
  }
}
/// The same for every run.
template <int N, class Body>
inline void for_each_run(const Walk<N>& walk, Body&& body) {
  for_each_run(walk, 0, walk.outer, body);
}

/// Strides with which an operand of `shape` is read over the broadcast shape `out`: zero where it
/// repeats. The caller has checked that the shapes broadcast.
[[nodiscard]] inline Strides broadcast_strides(const Shape& shape, const Strides& strides,
                                               const Shape& out) noexcept {
  Strides result{};
  const int shift = out.rank() - shape.rank();
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] != 1) {
      result[static_cast<std::size_t>(i + shift)] = strides[static_cast<std::size_t>(i)];
    }
  }
  return result;
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
