// The contestant floor_gemm: the same hand-written step on the library's own product, with bias and
// relu in its epilogue, and on its packets. No Tensor, no tape, no op.

#include "floor.hpp"

#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/log.hpp>

#include <cmath>

namespace step_bench {
namespace {

namespace kernels = eigengrad::kernels;
namespace math = eigengrad::math;
using P = kernels::Packet<float>;

/// An epilogue of the product.
struct Relu {
  template <class S>
  EIGENGRAD_INLINE S operator()(S z) const noexcept {
    return math::maximum(z, S(0.0F));
  }
};

struct GemmKernels {
  /// y (rows, out) = x w + b, and relu of it.
  static void dense(Index rows, Index in, Index out, const float* x, const float* w, const float* b,
                    float* y, bool relu, int /*threads*/) {
    const kernels::GemmArguments<float> p{
        .m = rows,
        .n = out,
        .k = in,
        .a = x,
        .a_row_stride = in,
        .b = w,
        .b_row_stride = out,
        .c = y,
        .c_row_stride = out,
        .bias = b,
        .activation = relu ? &kernels::gemm_activation<float, Relu> : nullptr};
    kernels::gemm(p);
  }

  /// dw (in, out) = x^T d.
  static void weight_gradient(Index rows, Index in, Index out, const float* x, const float* d,
                              float* dw) {
    kernels::gemm(kernels::GemmArguments<float>{.m = in,
                                                .n = out,
                                                .k = rows,
                                                .a = x,
                                                .a_row_stride = 1,
                                                .a_column_stride = in,
                                                .b = d,
                                                .b_row_stride = out,
                                                .c = dw,
                                                .c_row_stride = out});
  }

  /// dx (rows, in) = d w^T.
  static void input_gradient(Index rows, Index in, Index out, const float* d, const float* w,
                             float* dx) {
    kernels::gemm(kernels::GemmArguments<float>{.m = rows,
                                                .n = in,
                                                .k = out,
                                                .a = d,
                                                .a_row_stride = out,
                                                .b = w,
                                                .b_row_stride = 1,
                                                .b_column_stride = out,
                                                .c = dx,
                                                .c_row_stride = in});
  }

  /// Mean binary cross entropy of logits, and its gradient.
  static float binary_loss(Index n, const float* z, const float* y, float* dz) {
    const auto mean = 1.0F / static_cast<float>(n);
    // -log p, and p - y
    const auto terms = [mean](P logit, P target, P& slope) {
      const P e = math::exp(-math::abs(logit));
      const P p = math::select(logit >= P(0.0F), P(1.0F), e) / (P(1.0F) + e);
      slope = (p - target) * P(mean);
      return math::maximum(logit, P(0.0F)) - logit * target + math::log1p(e);
    };
    P sum(0.0F);
    Index i = 0;
    for (; i + P::lanes <= n; i += P::lanes) {
      P slope;
      sum = sum + terms(P::load(z + i), P::load(y + i), slope);
      slope.store(dz + i);
    }
    float loss = kernels::sum_lanes(sum);
    for (; i < n; ++i) {
      P slope;
      loss += terms(P(z[i]), P(y[i]), slope).v[0];
      dz[i] = slope.v[0];
    }
    return loss * mean;
  }

  /// Mean cross entropy of rows of logits with a class each, and its gradient.
  static float class_loss(Index rows, Index n, const float* __restrict z,
                          const std::int64_t* classes, float* __restrict dz) {
    float loss = 0;
    for (Index i = 0; i < rows; ++i) {
      const float* const row = z + i * n;
      float largest = row[0];
      for (Index j = 1; j < n; ++j) {
        largest = row[j] > largest ? row[j] : largest;
      }
      for (Index j = 0; j < n; ++j) {
        dz[i * n + j] = row[j] - largest;
      }
      loss -= dz[i * n + classes[i]];
    }
    Index at = 0;
    for (; at + P::lanes <= rows * n; at += P::lanes) {
      math::exp(P::load(dz + at)).store(dz + at);
    }
    for (; at < rows * n; ++at) {
      dz[at] = math::exp(dz[at]);
    }
    const auto mean = 1.0F / static_cast<float>(rows);
    for (Index i = 0; i < rows; ++i) {
      float* const row = dz + i * n;
      float sum = 0;
      for (Index j = 0; j < n; ++j) {
        sum += row[j];
      }
      loss += std::log(sum);
      const float scale = mean / sum;
      for (Index j = 0; j < n; ++j) {
        row[j] *= scale;
      }
      row[classes[i]] -= mean;
    }
    return loss * mean;
  }

  /// dense() of one row.
  static void dense_row(Index in, Index out, const float* x, const float* w, const float* b,
                        float* y, bool relu) {
    dense(1, in, out, x, w, b, y, relu, 1);
  }

  /// dx = d w^T where h > 0, of one row.
  static void input_gradient_row(Index in, Index out, const float* d, const float* w,
                                 const float* h, float* dx) {
    if (out == 1) {
      scaled_where_positive(in, d[0], w, h, dx);
      return;
    }
    input_gradient(1, in, out, d, w, dx);
    zero_where_not_positive(in, h, dx);
  }
};

}  // namespace

std::unique_ptr<Contestant> make_floor_gemm(const Problem& problem, Work work, int threads) {
  eigengrad::set_num_threads(threads);
  return make_floor<GemmKernels>(problem, work, threads);
}

}  // namespace step_bench
