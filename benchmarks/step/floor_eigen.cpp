// The contestant floor_eigen: the step that a good engineer writes by hand on plain Eigen.

// Room for the packed blocks of the largest product here, which Eigen otherwise takes from the heap
// in every product of more than 192 or so rows.
#define EIGEN_STACK_ALLOCATION_LIMIT (1 << 22)

#include "floor.hpp"

#include <Eigen/Core>

#include <cmath>

namespace step_bench {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Map = Eigen::Map<Matrix, Eigen::AlignedMax>;
using ConstMap = Eigen::Map<const Matrix, Eigen::AlignedMax>;
using ColumnMap = Eigen::Map<Eigen::VectorXf, Eigen::AlignedMax>;
using ConstColumnMap = Eigen::Map<const Eigen::VectorXf, Eigen::AlignedMax>;
using RowMap = Eigen::Map<Eigen::RowVectorXf, Eigen::AlignedMax>;
using ConstRowMap = Eigen::Map<const Eigen::RowVectorXf, Eigen::AlignedMax>;
using ArrayMap = Eigen::Map<Eigen::ArrayXf>;
using ConstArrayMap = Eigen::Map<const Eigen::ArrayXf>;

struct EigenKernels {
  /// y (rows, out) = x w + b, and relu of it. The product adds to the bias: Eigen would set y to
  /// zero first and add to that.
  static void dense(Index rows, Index in, Index out, const float* x, const float* w, const float* b,
                    float* y, bool relu, int threads) {
    Map result(y, rows, out);
    result.rowwise() = ConstRowMap(b, out);
    if (out == 1) {
      ColumnMap(y, rows).noalias() += ConstMap(x, rows, in) * ConstColumnMap(w, in);
    } else {
      result.noalias() += ConstMap(x, rows, in) * ConstMap(w, in, out);
    }
    if (relu) {
      in_pieces(rows * out, 16, rows * out >= shared_loop ? threads : 1,
                [=](Index begin, Index end) {
                  ArrayMap part(y + begin, end - begin);
                  part = part.max(0.0F);
                });
    }
  }

  /// dw (in, out) = x^T d.
  static void weight_gradient(Index rows, Index in, Index out, const float* x, const float* d,
                              float* dw) {
    Map(dw, in, out).noalias() = ConstMap(x, rows, in).transpose() * ConstMap(d, rows, out);
  }

  /// dx (rows, in) = d w^T.
  static void input_gradient(Index rows, Index in, Index out, const float* d, const float* w,
                             float* dx) {
    Map(dx, rows, in).noalias() = ConstMap(d, rows, out) * ConstMap(w, in, out).transpose();
  }

  /// Mean binary cross entropy of logits, and its gradient.
  static float binary_loss(Index n, const float* z, const float* y, float* dz) {
    const ConstArrayMap logits(z, n);
    const ConstArrayMap targets(y, n);
    ArrayMap e(dz, n);
    e = (-logits.abs()).exp();
    const float loss = (logits.max(0.0F) - logits * targets + e.log1p()).sum();
    const auto mean = 1.0F / static_cast<float>(n);
    for (Index i = 0; i < n; ++i) {
      const float p = (z[i] >= 0.0F ? 1.0F : dz[i]) / (1.0F + dz[i]);
      dz[i] = (p - y[i]) * mean;
    }
    return loss * mean;
  }

  /// Mean cross entropy of rows of logits with a class each, and its gradient.
  static float class_loss(Index rows, Index n, const float* z, const std::int64_t* classes,
                          float* dz) {
    float loss = 0;
    for (Index i = 0; i < rows; ++i) {
      const ConstArrayMap row(z + i * n, n);
      const float largest = row.maxCoeff();
      ArrayMap(dz + i * n, n) = row - largest;
      loss -= dz[i * n + classes[i]];
    }
    ArrayMap all(dz, rows * n);
    all = all.exp();
    const auto mean = 1.0F / static_cast<float>(rows);
    for (Index i = 0; i < rows; ++i) {
      ArrayMap row(dz + i * n, n);
      const float sum = row.sum();
      loss += std::log(sum);
      row *= mean / sum;
      dz[i * n + classes[i]] -= mean;
    }
    return loss * mean;
  }

  /// dense() of one row.
  static void dense_row(Index in, Index out, const float* x, const float* w, const float* b,
                        float* y, bool relu) {
    if (out == 1) {
      y[0] = b[0] + ConstColumnMap(x, in).dot(ConstColumnMap(w, in));
      return;
    }
    dense_row_loop(in, out, x, w, b, y, relu);
  }

  /// dx = d w^T where h > 0, of one row.
  static void input_gradient_row(Index in, Index out, const float* d, const float* w,
                                 const float* h, float* dx) {
    if (out == 1) {
      scaled_where_positive(in, d[0], w, h, dx);
      return;
    }
    ColumnMap(dx, in).noalias() = ConstMap(w, in, out) * ConstColumnMap(d, out);
    zero_where_not_positive(in, h, dx);
  }
};

}  // namespace

std::unique_ptr<Contestant> make_floor_eigen(const Problem& problem, Work work, int threads) {
  Eigen::setNbThreads(threads);
  return make_floor<EigenKernels>(problem, work, threads);
}

std::string eigen_version() {
  return std::to_string(EIGEN_WORLD_VERSION) + "." + std::to_string(EIGEN_MAJOR_VERSION) + "." +
         std::to_string(EIGEN_MINOR_VERSION);
}

}  // namespace step_bench
