#pragma once
// What the units of a mixed program must compute, as plain loops in double over row-major arrays.

#include <cmath>
#include <cstddef>
#include <vector>

namespace programs::reference {

using Array = std::vector<double>;

/// A pseudo-random array in (-1, 1), exact in float. Reference: Park and Miller 1988
inline Array random_array(std::size_t count, unsigned seed) {
  Array values(count);
  unsigned long long state = seed;
  for (double& value : values) {
    state = state * 48271 % 2147483647;
    value = static_cast<double>(static_cast<float>(static_cast<double>(state) / 1073741823.5 - 1));
  }
  return values;
}

/// x (m, k) times y (k, n); a transposed operand is stored as (k, m) or (n, k).
inline Array matmul(const Array& x, const Array& y, std::size_t m, std::size_t k, std::size_t n,
                    bool x_transposed = false, bool y_transposed = false) {
  Array z(m * n, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t l = 0; l < k; ++l) {
      const double a = x_transposed ? x[l * m + i] : x[i * k + l];
      for (std::size_t j = 0; j < n; ++j) {
        z[i * n + j] += a * (y_transposed ? y[j * k + l] : y[l * n + j]);
      }
    }
  }
  return z;
}

/// The network of unit.hpp, its gradients by hand and Adam in Keras's form.
struct Network {
  std::size_t batch, in, hidden, out;
  Array w1, b1, w2, b2;

  /// The mean squared error, and its gradient with respect to w1, b1, w2, b2.
  double loss_and_gradients(const Array& x, const Array& y, std::vector<Array>& gradients) const {
    Array h = matmul(x, w1, batch, in, hidden);
    for (std::size_t i = 0; i < h.size(); ++i) {
      h[i] = std::tanh(h[i] + b1[i % hidden]);
    }
    Array dz = matmul(h, w2, batch, hidden, out);
    double loss = 0;
    for (std::size_t i = 0; i < dz.size(); ++i) {
      const double p = 1 / (1 + std::exp(-(dz[i] + b2[i % out])));
      const double error = p - y[i];
      loss += error * error / static_cast<double>(dz.size());
      dz[i] = 2 * error / static_cast<double>(dz.size()) * p * (1 - p);
    }
    Array dh = matmul(dz, w2, batch, out, hidden, false, true);
    for (std::size_t i = 0; i < dh.size(); ++i) {
      dh[i] *= 1 - h[i] * h[i];
    }
    gradients = {matmul(x, dh, in, batch, hidden, true), column_sums(dh, hidden),
                 matmul(h, dz, hidden, batch, out, true), column_sums(dz, out)};
    return loss;
  }

  /// `steps` steps of Adam; returns the loss before each. Reference: Kingma and Ba 2015
  Array train(const Array& x, const Array& y, int steps, double rate) {
    const std::vector<Array*> values{&w1, &b1, &w2, &b2};
    std::vector<Array> m{w1, b1, w2, b2};
    for (Array& moment : m) {
      moment.assign(moment.size(), 0.0);
    }
    std::vector<Array> v = m;
    std::vector<Array> gradients;
    Array losses;
    for (int t = 1; t <= steps; ++t) {
      losses.push_back(loss_and_gradients(x, y, gradients));
      const double step = rate * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
      for (std::size_t k = 0; k < values.size(); ++k) {
        for (std::size_t i = 0; i < gradients[k].size(); ++i) {
          const double g = gradients[k][i];
          m[k][i] += (g - m[k][i]) * 0.1;
          v[k][i] += (g * g - v[k][i]) * 0.001;
          (*values[k])[i] -= step * m[k][i] / (std::sqrt(v[k][i]) + 1e-7);
        }
      }
    }
    return losses;
  }

 private:
  static Array column_sums(const Array& x, std::size_t columns) {
    Array sums(columns, 0.0);
    for (std::size_t i = 0; i < x.size(); ++i) {
      sums[i % columns] += x[i];
    }
    return sums;
  }
};

}  // namespace programs::reference
