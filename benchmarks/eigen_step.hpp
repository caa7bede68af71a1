#pragma once
// The floor: one training step of 30-128-64-1 with ReLU, binary cross entropy and Adam as a good
// engineer writes it by hand on plain Eigen: preallocated matrices, products without temporaries,
// loss from the logits, Adam in one expression a parameter.

#include <Eigen/Core>

#include <cmath>
#include <cstddef>

namespace floor_step {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Matrix<float, 1, Eigen::Dynamic>;

/// One parameter with its gradient and Adam's moments.
template <class M>
struct Slot {
  M value, gradient, m, v;
  void resize(Eigen::Index rows, Eigen::Index columns) {
    value.setZero(rows, columns);
    gradient = m = v = value;
  }
  void adam(float rate, float epsilon) {
    m += 0.1F * (gradient - m);
    v.array() += 0.001F * (gradient.array().square() - v.array());
    value.array() -= rate * m.array() / (v.array().sqrt() + epsilon);
  }
};

/// The network and every buffer that a step needs.
class Network {
 public:
  Slot<Matrix> w1, w2, w3;
  Slot<Row> b1, b2, b3;

  explicit Network(Eigen::Index batch) {
    w1.resize(30, 128);
    b1.resize(1, 128);
    w2.resize(128, 64);
    b2.resize(1, 64);
    w3.resize(64, 1);
    b3.resize(1, 1);
    h1_.resize(batch, 128);
    h2_.resize(batch, 64);
    z_.resize(batch, 1);
    dz_.resize(batch, 1);
    d2_.resize(batch, 64);
    d1_.resize(batch, 128);
  }

  /// Forward, backward and Adam (Keras's form); gives the loss before the step.
  float step(const Eigen::Ref<const Matrix>& x, const Eigen::Ref<const Matrix>& y) {
    h1_.noalias() = x * w1.value;
    h1_ = (h1_.rowwise() + b1.value).cwiseMax(0.0F);
    h2_.noalias() = h1_ * w2.value;
    h2_ = (h2_.rowwise() + b2.value).cwiseMax(0.0F);
    z_.noalias() = h2_ * w3.value;
    z_.array() += b3.value(0, 0);

    const auto n = static_cast<float>(x.rows());
    float loss = 0;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      const float z = z_(i, 0);
      const float e = std::exp(-std::fabs(z));
      loss += std::fmax(z, 0.0F) - z * y(i, 0) + std::log1p(e);
      const float p = z >= 0 ? 1.0F / (1.0F + e) : e / (1.0F + e);
      dz_(i, 0) = (p - y(i, 0)) / n;
    }

    w3.gradient.noalias() = h2_.transpose() * dz_;
    b3.gradient(0, 0) = dz_.sum();
    d2_.noalias() = dz_ * w3.value.transpose();
    d2_.array() *= (h2_.array() > 0.0F).cast<float>();
    w2.gradient.noalias() = h1_.transpose() * d2_;
    b2.gradient = d2_.colwise().sum();
    d1_.noalias() = d2_ * w2.value.transpose();
    d1_.array() *= (h1_.array() > 0.0F).cast<float>();
    w1.gradient.noalias() = x.transpose() * d1_;
    b1.gradient = d1_.colwise().sum();

    ++t_;
    const double correction_1 = 1.0 - std::pow(0.9, t_);
    const double correction_2 = std::sqrt(1.0 - std::pow(0.999, t_));
    const auto rate = static_cast<float>(1e-3 * correction_2 / correction_1);
    w1.adam(rate, 1e-7F);
    b1.adam(rate, 1e-7F);
    w2.adam(rate, 1e-7F);
    b2.adam(rate, 1e-7F);
    w3.adam(rate, 1e-7F);
    b3.adam(rate, 1e-7F);
    return loss / n;
  }

 private:
  Matrix h1_, h2_, z_, dz_, d2_, d1_;
  int t_ = 0;
};

}  // namespace floor_step
