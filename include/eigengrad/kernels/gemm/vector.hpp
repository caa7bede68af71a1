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

/// The last `left` lanes of a packet whose other lanes were summed already.
template <FloatScalar T>
EIGENGRAD_INLINE Mask<T> last_lanes(Index left) noexcept {
  Mask<T> keep{};
  for (Index i = 0; i < Packet<T>::lanes; ++i) {
    keep.v[i] = i < Packet<T>::lanes - left ? 0 : -1;
  }
  return keep;
}

/// The product of one row with x: the same bits as gemm_dot_rows.
template <FloatScalar T>
[[nodiscard]] T gemm_dot(Index k, const T* row, const T* x) noexcept {
  using P = Packet<T>;
  constexpr Index lanes = P::lanes;
  if (k < lanes) {
    T sum = T(0);
    for (Index l = 0; l < k; ++l) {
      sum += row[l] * x[l];
    }
    return sum;
  }
  P sum(T(0));
  Index l = 0;
  for (; l + lanes <= k; l += lanes) {
    sum = multiply_add(P::load(row + l), P::load(x + l), sum);
  }
  if (l < k) {
    const Mask<T> keep = last_lanes<T>(k - l);
    sum = multiply_add(lanes_from(P::load(row + k - lanes), keep),
                       lanes_from(P::load(x + k - lanes), keep), sum);
  }
  return sum_lanes(sum);
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
      y[r] = gemm_dot(k, matrix + r * row_stride, x);
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
    const Mask<T> keep = last_lanes<T>(k - l);
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
  if (end - begin == 1) {
    *y = gemm_dot(p.k, p.matrix + begin * p.row_stride, p.x);
    return;
  }
  for (Index i = begin; i < end; i += lanes) {
    gemm_dot_rows(end - i < lanes ? end - i : lanes, p.k, p.matrix + i * p.row_stride, p.row_stride,
                  p.x, y + i - begin);
  }
}

/// The sum of x[l] times the packet at b + l stride, for k of them: four sums in turn, which hide
/// the latency.
template <FloatScalar T>
[[nodiscard]] __attribute__((noinline)) Packet<T> gemm_axpy(Index k, const T* x, const T* b,
                                                            Index stride) noexcept {
  using P = Packet<T>;
  typename P::Native sums[4] = {};
  Index l = 0;
  for (; l + 4 <= k; l += 4) {
#pragma GCC unroll 4
    for (int turn = 0; turn < 4; ++turn) {
      sums[turn] = multiply_add(P(x[l + turn]), P::load(b + (l + turn) * stride), P(sums[turn])).v;
    }
  }
  for (; l < k; ++l) {
    sums[0] = multiply_add(P(x[l]), P::load(b + l * stride), P(sums[0])).v;
  }
  return P((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

/// Rows [begin, end) of M x, M's columns contiguous and fewer than lanes in all. A packet reaches
/// into the columns that follow, but for the last ones.
template <FloatScalar T>
void gemm_axpy_part(const VectorProduct<T>& p, Index begin, Index end, T* y) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const T* const b = p.matrix + begin;
  const Index beyond = lanes - (end - begin);
  const Index last = p.column_stride >= beyond ? 1 : (beyond - 1) / p.column_stride + 1;
  const Index whole = p.k > last && p.column_stride > 0 ? p.k - last : 0;
  gemm_axpy(whole, p.x, b, p.column_stride).store(y);
  for (Index l = whole; l < p.k; ++l) {
    for (Index j = 0; j < end - begin; ++j) {
      y[j] += p.x[l] * b[l * p.column_stride + j];
    }
  }
}

/// Rows from which M's columns are taken in blocks of C one row high.
template <FloatScalar T>
inline constexpr Index gemm_axpy_block = 4 * Packet<T>::lanes;

/// `rows` >= gemm_axpy_block<T> elements of C as `tile` describes the first ones: blocks eight and
/// four packets wide, the last of which may begin inside the one before. C is not read.
template <FloatScalar T>
void gemm_axpy_blocks(Index rows, const TileColumn<T>& first) noexcept {
  constexpr Index least = gemm_axpy_block<T>;
  for (Index at = 0; at < rows;) {
    at = rows - at < least ? rows - least : at;
    TileColumn<T> tile = first;
    tile.b += at;
    tile.c += at;
    tile.bias += tile.bias != nullptr ? at : 0;
    if (rows - at >= 2 * least) {
      gemm_tiles<T, 1, 8>(1, tile);
      at += 2 * least;
    } else {
      gemm_tiles<T, 1, 4>(1, tile);
      at += least;
    }
  }
}

/// The block of C of rows [begin, end) of M x, M's columns contiguous.
template <FloatScalar T>
[[nodiscard]] TileColumn<T> gemm_axpy_tile(const VectorProduct<T>& p, Index begin, T* c, T alpha,
                                           const T* bias) noexcept {
  return {.k = p.k,
          .a = p.x,
          .a_row_stride = 0,
          .a_column_stride = 1,
          .a_tile_stride = 0,
          .b = p.matrix + begin,
          .b_row_stride = p.column_stride,
          .c = c,
          .c_row_stride = 0,
          .alpha = alpha,
          .beta = T(0),
          .bias = bias};
}

/// Rows [begin, end) of M x, M's columns contiguous.
template <FloatScalar T>
void gemm_axpys(const VectorProduct<T>& p, Index begin, Index end, T* y) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Index rows = end - begin;
  if (rows >= gemm_axpy_block<T>) {
    gemm_axpy_blocks(rows, gemm_axpy_tile<T>(p, begin, y, T(1), nullptr));
    return;
  }
  Index at = 0;
  for (; at + lanes <= rows; at += lanes) {
    gemm_axpy(p.k, p.x, p.matrix + begin + at, p.column_stride).store(y + at);
  }
  if (at < rows) {
    gemm_axpy_part(p, begin + at, end, y + at);
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
}

/// Rows [begin, end), in pieces whose sums stay in the first-level cache. Where C is a row that
/// need not be read they are written at once.
template <FloatScalar T>
void gemm_vector_block(const VectorProduct<T>& p, Index begin, Index end) noexcept {
  constexpr Index piece = 512;
  const bool row = p.c_stride == 1;
  if (row && p.column_stride != 1 && p.beta == T(0) && end - begin >= gemm_axpy_block<T> &&
      (p.bias == nullptr || p.bias_stride == 1)) {
    gemm_axpy_blocks(end - begin, gemm_axpy_tile<T>(p, begin, p.c + begin, p.alpha,
                                                    p.bias == nullptr ? nullptr : p.bias + begin));
  } else {
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
  if (p.activation != nullptr) {
    p.activation(row ? 1 : end - begin, row ? end - begin : 1, p.c + begin * p.c_stride,
                 p.c_stride);
  }
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
