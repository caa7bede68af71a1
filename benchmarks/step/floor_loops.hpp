#pragma once
// The loops of the hand-written steps that no product does: masks with bias gradients, the fused
// last layer, Adam. Plain C++ that both compilers vectorise (with -fno-math-errno for the root).
// Several threads share a loop by its columns or elements, so that nothing is reduced across them.

#include "contestant.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>

namespace step_bench {

/// Floats on a cache-line boundary, zeroed.
class FloatArena {
 public:
  explicit FloatArena(Index count)
      : bytes_((static_cast<std::size_t>(count) * sizeof(float) + 63) / 64 * 64),
        data_(static_cast<float*>(std::aligned_alloc(64, bytes_))) {
    std::fill_n(data_.get(), bytes_ / sizeof(float), 0.0F);
  }
  /// The next `count` floats, rounded up to whole cache lines.
  [[nodiscard]] float* take(Index count) noexcept {
    float* const start = data_.get() + used_;
    used_ += padded(count);
    return start;
  }
  [[nodiscard]] static constexpr Index padded(Index count) noexcept {
    return (count + 15) / 16 * 16;
  }

 private:
  struct Free {
    void operator()(float* p) const noexcept { std::free(p); }
  };
  std::size_t bytes_;
  std::unique_ptr<float[], Free> data_;
  Index used_ = 0;
};

/// Elements below which a loop is not worth a second thread.
inline constexpr Index shared_loop = 1 << 16;

/// body(begin, end) over [0, n) in at most `threads` pieces of a multiple of `unit`.
template <class Body>
inline void in_pieces(Index n, Index unit, [[maybe_unused]] int threads, const Body& body) {
#if defined(_OPENMP)
  if (threads > 1) {
    const Index piece = ((n + threads - 1) / threads + unit - 1) / unit * unit;
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int i = 0; i < threads; ++i) {
      const Index begin = std::min(n, i * piece);
      body(begin, std::min(n, begin + piece));
    }
    return;
  }
#endif
  body(0, n);
}

/// What turns this step's gradient into its update: rate = lr sqrt(1 - beta_2^t) / (1 - beta_1^t).
struct AdamRate {
  float rate;
  static constexpr auto rest_1 = static_cast<float>(1.0 - AdamConstants::beta_1);
  static constexpr auto rest_2 = static_cast<float>(1.0 - AdamConstants::beta_2);
  static constexpr auto epsilon = static_cast<float>(AdamConstants::epsilon);

  explicit AdamRate(int t)
      : rate(static_cast<float>(AdamConstants::learning_rate *
                                std::sqrt(1.0 - std::pow(AdamConstants::beta_2, t)) /
                                (1.0 - std::pow(AdamConstants::beta_1, t)))) {}

  void operator()(float& value, float g, float& m, float& v) const noexcept {
    m += (g - m) * rest_1;
    v += (g * g - v) * rest_2;
    value -= rate * m / (std::sqrt(v) + epsilon);
  }
};

/// One pass of Adam over a flat buffer.
inline void adam(Index n, float* __restrict value, const float* __restrict gradient,
                 float* __restrict m, float* __restrict v, AdamRate rate, int threads) {
  in_pieces(n, 16, n >= shared_loop ? threads : 1, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      rate(value[i], gradient[i], m[i], v[i]);
    }
  });
}

/// The same for a weight (in, out) whose gradient is the product of a column x and a row d, which
/// is never stored.
inline void adam_outer(Index in, Index out, const float* __restrict x, const float* __restrict d,
                       float* __restrict value, float* __restrict m, float* __restrict v,
                       AdamRate rate, int threads) {
  if (out == 1) {
    for (Index i = 0; i < in; ++i) {
      rate(value[i], x[i] * d[0], m[i], v[i]);
    }
    return;
  }
  in_pieces(in, 1, in * out >= shared_loop ? threads : 1, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const float xi = x[i];
      float* __restrict const value_row = value + i * out;
      float* __restrict const m_row = m + i * out;
      float* __restrict const v_row = v + i * out;
      for (Index j = 0; j < out; ++j) {
        rate(value_row[j], xi * d[j], m_row[j], v_row[j]);
      }
    }
  });
}

/// Columns whose sums stay in registers.
inline constexpr Index column_block = 32;

/// d (rows, n) becomes 0 where h, the result of relu, is 0; sums: of d's columns after that.
inline void mask_and_sum(Index rows, Index n, const float* __restrict h, float* __restrict d,
                         float* __restrict sums, int threads) {
  const auto block = [=](Index j, Index width) {
    float s[column_block] = {};
    for (Index i = 0; i < rows; ++i) {
      const float* __restrict const hi = h + i * n + j;
      float* __restrict const di = d + i * n + j;
      for (Index k = 0; k < width; ++k) {
        di[k] = hi[k] > 0.0F ? di[k] : 0.0F;
        s[k] += di[k];
      }
    }
    std::copy(s, s + width, sums + j);
  };
  in_pieces(n, column_block, rows * n >= shared_loop ? threads : 1, [=](Index begin, Index end) {
    Index j = begin;
    for (; j + column_block <= end; j += column_block) {
      block(j, column_block);
    }
    if (j < end) {
      block(j, end - j);
    }
  });
}

/// The sums of the columns of d (rows, n).
inline void column_sums(Index rows, Index n, const float* __restrict d, float* __restrict sums) {
  std::fill_n(sums, n, 0.0F);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < n; ++j) {
      sums[j] += d[i * n + j];
    }
  }
}

/// All that a last layer with one output gives back, in one pass over its input h (rows, n):
/// dw = h^T dz, d = dz w^T where h > 0, and sums of d's columns.
inline void single_output_backward(Index rows, Index n, const float* __restrict h,
                                   const float* __restrict w, const float* __restrict dz,
                                   float* __restrict dw, float* __restrict d,
                                   float* __restrict sums) {
  const auto block = [=](Index j, Index width) {
    float product[column_block] = {};
    float s[column_block] = {};
    for (Index i = 0; i < rows; ++i) {
      const float* __restrict const hi = h + i * n + j;
      float* __restrict const di = d + i * n + j;
      for (Index k = 0; k < width; ++k) {
        const float back = hi[k] > 0.0F ? dz[i] * w[j + k] : 0.0F;
        di[k] = back;
        s[k] += back;
        product[k] += hi[k] * dz[i];
      }
    }
    std::copy(s, s + width, sums + j);
    std::copy(product, product + width, dw + j);
  };
  Index j = 0;
  for (; j + column_block <= n; j += column_block) {
    block(j, column_block);
  }
  if (j < n) {
    block(j, n - j);
  }
}

}  // namespace step_bench
