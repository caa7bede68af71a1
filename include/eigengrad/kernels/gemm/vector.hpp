#pragma once
// Products in which C is one row or one column: a matrix times a vector, read once at the speed of
// memory. Leaves out the choice between these and blocks of C (see gemm.hpp).

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/gemm/tile.hpp>
#include <eigengrad/kernels/gemm/transpose.hpp>

#include <cstddef>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// c = f(alpha M x + beta c + bias), one of M's strides being 1 and x contiguous.
template <FloatScalar T>
struct VectorProduct {
  Index rows;
  Index k;
  const T* matrix;
  Index row_stride;
  Index column_stride;
  const T* x;
  T* c;
  Index c_stride;
  T alpha;
  T beta;
  const T* bias;  // null for none
  Index bias_stride;
  GemmActivation<T> activation;  // null for none
};

/// `x` with zeros in the lanes not kept; without arithmetic, so that infinities leave no trace.
template <FloatScalar T>
EIGENGRAD_INLINE Packet<T> lanes_from(Packet<T> x, Mask<T> keep) noexcept {
  return from_bits<T>(to_bits(x) & keep.v);
}

/// Products of `count` <= lanes rows of M, contiguous along k, with x. Each row is summed in the
/// same order whatever its place and `count`.
template <FloatScalar T>
__attribute__((noinline)) void gemm_dot_rows(Index count, Index k, const T* matrix,
                                             Index row_stride, const T* x, T* y) noexcept {
  using P = Packet<T>;
  constexpr auto lanes = static_cast<int>(P::lanes);
  if (k < lanes) {
    for (Index r = 0; r < count; ++r) {
      T sum = T(0);
      for (Index l = 0; l < k; ++l) {
        sum += matrix[r * row_stride + l] * x[l];
      }
      y[r] = sum;
    }
    return;
  }
  const T* rows[lanes];
  typename P::Native sums[lanes] = {};
#pragma GCC unroll 16
  for (int r = 0; r < lanes; ++r) {
    rows[r] = matrix + (r < count ? r : count - 1) * row_stride;
  }
  Index l = 0;
  for (; l + lanes <= k; l += lanes) {
    const P factor = P::load(x + l);
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) {
      sums[r] = multiply_add(P::load(rows[r] + l), factor, P(sums[r])).v;
    }
  }
  if (l < k) {  // the last lanes of all, less those already summed
    Mask<T> keep{};
    for (int i = 0; i < lanes; ++i) {
      keep.v[i] = i < lanes - (k - l) ? 0 : -1;
    }
    const P factor = lanes_from(P::load(x + k - lanes), keep);
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) {
      sums[r] = multiply_add(lanes_from(P::load(rows[r] + k - lanes), keep), factor, P(sums[r])).v;
    }
  }
  transpose_lanes<T>(sums);
#pragma GCC unroll 16
  for (int width = lanes / 2; width > 0; width /= 2) {
#pragma GCC unroll 16
    for (int r = 0; r < width; ++r) {
      sums[r] += sums[r + width];
    }
  }
  std::memcpy(y, sums, sizeof sums[0]);  // y has room for all lanes
}

/// Rows [begin, end) of M x, M's rows contiguous along k. Writes up to lanes - 1 elements too many.
template <FloatScalar T>
void gemm_dots(const VectorProduct<T>& p, Index begin, Index end, T* y) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  for (Index i = begin; i < end; i += lanes) {
    gemm_dot_rows(end - i < lanes ? end - i : lanes, p.k, p.matrix + i * p.row_stride, p.row_stride,
                  p.x, y + i - begin);
  }
}

/// Rows [begin, end) of M x, M's columns contiguous: a block of C one row high and eight packets
/// wide at a time, then narrower ones, then single elements.
template <FloatScalar T>
void gemm_axpys(const VectorProduct<T>& p, Index begin, Index end, T* y) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  TileColumn<T> tile{.k = p.k,
                     .a = p.x,
                     .a_row_stride = 0,
                     .a_column_stride = 1,
                     .a_tile_stride = 0,
                     .b = p.matrix + begin,
                     .b_row_stride = p.column_stride,
                     .c = y,
                     .c_row_stride = 0,
                     .alpha = T(1),
                     .beta = T(0),
                     .bias = nullptr};
  Index left = end - begin;
  const auto advance = [&](Index columns) {
    tile.b += columns;
    tile.c += columns;
  };
  for (; left >= 8 * lanes; left -= 8 * lanes) {
    gemm_tiles<T, 1, 8>(1, tile);
    advance(8 * lanes);
  }
  for (; left >= 2 * lanes; left -= 2 * lanes) {
    gemm_tiles<T, 1, 2>(1, tile);
    advance(2 * lanes);
  }
  for (; left >= lanes; left -= lanes) {
    gemm_tiles<T, 1, 1>(1, tile);
    advance(lanes);
  }
  if (left > 0) {
    T sums[static_cast<std::size_t>(lanes)] = {};
    for (Index l = 0; l < p.k; ++l) {
      for (Index j = 0; j < left; ++j) {
        sums[j] += p.x[l] * tile.b[l * p.column_stride + j];
      }
    }
    std::memcpy(tile.c, sums, static_cast<std::size_t>(left) * sizeof(T));
  }
}

/// Turns sums [begin, end) into elements of c. Reads up to lanes - 1 sums too many.
template <FloatScalar T>
void gemm_finish_vector(const VectorProduct<T>& p, Index begin, Index end, const T* y) noexcept {
  using P = Packet<T>;
  for (Index i = begin; i < end; i += P::lanes) {
    const Index count = end - i < P::lanes ? end - i : P::lanes;
    T* const c = p.c + i * p.c_stride;
    P value = p.alpha * P::load(y + i - begin);
    if (p.beta != T(0)) {
      value = multiply_add(P(p.beta), P::load_part(c, count, p.c_stride), value);
    }
    if (p.bias != nullptr) {
      const T* const bias = p.bias + i * p.bias_stride;
      const bool together = p.bias_stride == 1 && count == P::lanes;
      value = value + (p.bias_stride == 0 ? P(*bias)
                       : together         ? P::load(bias)
                                          : P::load_part(bias, count, p.bias_stride));
    }
    if (count == P::lanes && p.c_stride == 1) {
      value.store(c);
    } else {
      value.store_part(c, count, p.c_stride);
    }
  }
  if (p.activation != nullptr) {
    const bool row = p.c_stride == 1;
    p.activation(row ? 1 : end - begin, row ? end - begin : 1, p.c + begin * p.c_stride,
                 p.c_stride);
  }
}

/// Rows [begin, end), in pieces whose sums stay in the first-level cache.
template <FloatScalar T>
void gemm_vector_block(const VectorProduct<T>& p, Index begin, Index end) noexcept {
  constexpr Index piece = 512;
  alignas(64) T y[static_cast<std::size_t>(piece + Packet<T>::lanes)];
  for (Index i = begin; i < end; i += piece) {
    const Index stop = end - i < piece ? end : i + piece;
    for (Index lane = 0; lane < Packet<T>::lanes; ++lane) {
      y[stop - i + lane] = T(0);
    }
    if (p.column_stride == 1) {
      gemm_dots(p, i, stop, y);
    } else {
      gemm_axpys(p, i, stop, y);
    }
    gemm_finish_vector(p, i, stop, y);
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
