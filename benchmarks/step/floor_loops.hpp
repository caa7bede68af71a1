#pragma once
// The loops of the hand-written steps that no product does: masks with bias gradients, the fused
// last layer, Adam. Plain C++ that both compilers vectorise (with -fno-math-errno for the root),
// and vector types where they do not. Several threads share a loop by its columns or elements, so
// that nothing is reduced across them.

#include "contestant.hpp"

#include <eigengrad/base/config.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace step_bench {

/// Floats on a cache-line boundary, zeroed. Memory that nothing was written to takes no room.
class FloatArena {
 public:
  explicit FloatArena(Index count)
      : memory_(std::calloc(static_cast<std::size_t>(count) + line, sizeof(float))) {
    if (memory_ == nullptr) {
      throw std::bad_alloc();
    }
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    next_ = static_cast<float*>(memory_.get()) + (64 - address % 64) % 64 / sizeof(float);
  }
  /// The next `count` floats, rounded up to whole cache lines.
  [[nodiscard]] float* take(Index count) noexcept {
    float* const start = next_;
    next_ += padded(count);
    return start;
  }
  [[nodiscard]] static constexpr Index padded(Index count) noexcept {
    return (count + line - 1) / line * line;
  }

 private:
  static constexpr Index line = 16;  // floats
  struct Free {
    void operator()(void* p) const noexcept { std::free(p); }
  };
  std::unique_ptr<void, Free> memory_;
  float* next_;
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

/// Adam's update of one element, in Keras's form: rate = lr sqrt(1 - beta_2^t) / (1 - beta_1^t).
struct AdamRate {
  float rate;
  static constexpr auto rest_1 = static_cast<float>(1.0 - AdamConstants::beta_1);
  static constexpr auto rest_2 = static_cast<float>(1.0 - AdamConstants::beta_2);
  static constexpr auto epsilon = static_cast<float>(AdamConstants::epsilon);

  void operator()(float& value, float g, float& m, float& v) const noexcept {
    m += (g - m) * rest_1;
    v += (g * g - v) * rest_2;
    value -= rate * m / (std::sqrt(v) + epsilon);
  }
};

/// The rates of one step after the other; the powers of the betas are kept, for pow() takes longer
/// than the step of a tiny network.
class AdamRates {
 public:
  [[nodiscard]] AdamRate next() noexcept {
    power_1_ *= AdamConstants::beta_1;
    power_2_ *= AdamConstants::beta_2;
    return {static_cast<float>(AdamConstants::learning_rate * std::sqrt(1.0 - power_2_) /
                               (1.0 - power_1_))};
  }

 private:
  double power_1_ = 1;
  double power_2_ = 1;
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

/// One register of floats, in the compiler's own vector type: sums of columns must stay in
/// registers, and compilers leave an array of them in memory.
typedef float Lanes __attribute__((vector_size(EIGENGRAD_VECTOR_BYTES)));
inline constexpr Index lanes = EIGENGRAD_VECTOR_BYTES / static_cast<Index>(sizeof(float));

inline Lanes load(const float* p) noexcept {
  Lanes x;
  std::memcpy(&x, p, sizeof x);
  return x;
}
inline void store(float* p, Lanes x) noexcept {
  std::memcpy(p, &x, sizeof x);
}

/// Calls wide(j) for blocks of four registers of the columns [begin, end), then narrow(j) for the
/// columns that are left, one by one.
template <class Wide, class Narrow>
inline void by_columns(Index begin, Index end, const Wide& wide, const Narrow& narrow) {
  Index j = begin;
  for (; j + 4 * lanes <= end; j += 4 * lanes) {
    wide(j);
  }
  for (; j < end; ++j) {
    narrow(j);
  }
}

/// d (rows, n) becomes 0 where h, the result of relu, is 0; sums: of d's columns after that.
inline void mask_and_sum(Index rows, Index n, const float* __restrict h, float* __restrict d,
                         float* __restrict sums, int threads) {
  const auto wide = [=](Index j) {
    Lanes s[4] = {};
    for (Index i = 0; i < rows; ++i) {
      const float* const hi = h + i * n + j;
      float* const di = d + i * n + j;
#pragma GCC unroll 4
      for (Index k = 0; k < 4; ++k) {
        const Lanes kept = load(hi + k * lanes) > 0.0F ? load(di + k * lanes) : Lanes{};
        store(di + k * lanes, kept);
        s[k] += kept;
      }
    }
#pragma GCC unroll 4
    for (Index k = 0; k < 4; ++k) {
      store(sums + j + k * lanes, s[k]);
    }
  };
  const auto narrow = [=](Index j) {
    float s = 0;
    for (Index i = 0; i < rows; ++i) {
      d[i * n + j] = h[i * n + j] > 0.0F ? d[i * n + j] : 0.0F;
      s += d[i * n + j];
    }
    sums[j] = s;
  };
  in_pieces(n, 4 * lanes, rows * n >= shared_loop ? threads : 1,
            [=](Index begin, Index end) { by_columns(begin, end, wide, narrow); });
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
  const auto wide = [=](Index j) {
    Lanes product[4] = {};
    Lanes s[4] = {};
    for (Index i = 0; i < rows; ++i) {
      const Lanes slope = dz[i] - Lanes{};
#pragma GCC unroll 4
      for (Index k = 0; k < 4; ++k) {
        const Lanes hi = load(h + i * n + j + k * lanes);
        const Lanes back = hi > 0.0F ? slope * load(w + j + k * lanes) : Lanes{};
        store(d + i * n + j + k * lanes, back);
        s[k] += back;
        product[k] += hi * slope;
      }
    }
#pragma GCC unroll 4
    for (Index k = 0; k < 4; ++k) {
      store(sums + j + k * lanes, s[k]);
      store(dw + j + k * lanes, product[k]);
    }
  };
  const auto narrow = [=](Index j) {
    float product = 0;
    float s = 0;
    for (Index i = 0; i < rows; ++i) {
      const float back = dz[i] * w[j];
      d[i * n + j] = h[i * n + j] > 0.0F ? back : 0.0F;
      s += d[i * n + j];
      product += h[i * n + j] * dz[i];
    }
    sums[j] = s;
    dw[j] = product;
  };
  by_columns(0, n, wide, narrow);
}

/// `Count` registers of columns of y (out) = x (in) w (in, out) + b, and relu of it, from column j.
template <int Count>
inline void dense_row_columns(Index in, Index out, Index j, const float* __restrict x,
                              const float* __restrict w, const float* __restrict b,
                              float* __restrict y, bool relu) {
  Lanes sums[Count];
#pragma GCC unroll 8
  for (int k = 0; k < Count; ++k) {
    sums[k] = load(b + j + k * lanes);
  }
  for (Index i = 0; i < in; ++i) {
    const Lanes xi = x[i] - Lanes{};
#pragma GCC unroll 8
    for (int k = 0; k < Count; ++k) {
      sums[k] += xi * load(w + i * out + j + k * lanes);
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < Count; ++k) {
    store(y + j + k * lanes, relu ? (sums[k] > 0.0F ? sums[k] : Lanes{}) : sums[k]);
  }
}

/// All columns: eight registers at a time hide the latency of the sums.
inline void dense_row_loop(Index in, Index out, const float* __restrict x,
                           const float* __restrict w, const float* __restrict b,
                           float* __restrict y, bool relu) {
  Index j = 0;
  for (; j + 8 * lanes <= out; j += 8 * lanes) {
    dense_row_columns<8>(in, out, j, x, w, b, y, relu);
  }
  for (; j + 2 * lanes <= out; j += 2 * lanes) {
    dense_row_columns<2>(in, out, j, x, w, b, y, relu);
  }
  for (; j < out; ++j) {
    float sum = b[j];
    for (Index i = 0; i < in; ++i) {
      sum += x[i] * w[i * out + j];
    }
    y[j] = relu && !(sum > 0.0F) ? 0.0F : sum;
  }
}

/// dx = d w where h > 0: what a layer with one output gives back of one row.
inline void scaled_where_positive(Index n, float d, const float* __restrict w,
                                  const float* __restrict h, float* __restrict dx) {
  for (Index i = 0; i < n; ++i) {
    const float back = d * w[i];
    dx[i] = h[i] > 0.0F ? back : 0.0F;
  }
}

/// dx becomes 0 where h is.
inline void zero_where_not_positive(Index n, const float* __restrict h, float* __restrict dx) {
  for (Index i = 0; i < n; ++i) {
    const float back = dx[i];
    dx[i] = h[i] > 0.0F ? back : 0.0F;
  }
}

}  // namespace step_bench
