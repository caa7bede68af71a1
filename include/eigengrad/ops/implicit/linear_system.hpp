#pragma once
// Linear systems that are given by their products alone: GMRES, and the iteration that sums a
// Neumann series. Values only; nothing is recorded. Leaves out where the products come from:
// system.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace eigengrad {

/// How a linear system is solved. GMRES needs no more products than the system has unknowns, but
/// for rounding; `neumann` keeps one vector alone, and converges where a fixed point's own
/// iteration does.
enum class LinearMethod { gmres, neumann };

struct LinearOptions {
  LinearMethod method = LinearMethod::gmres;
  double tolerance = 0;        // |residual| <= tolerance |right side|; 0: 1e-5 in float, else 1e-10
  Index max_iterations = 200;  // products with the matrix
  Index restart = 30;          // products after which GMRES drops its vectors and begins again
};

namespace detail {

template <FloatScalar T>
[[nodiscard]] double tolerance_or_default(double tolerance) noexcept {
  return tolerance > 0 ? tolerance : sizeof(T) == sizeof(float) ? 1e-5 : 1e-10;
}
[[noreturn]] EIGENGRAD_COLD inline void throw_unsolved(std::string_view op, Index products,
                                                       double residual, double tolerance) {
  throw_error<ValueError>(
      op, {"linear system unsolved after ", products, " products: the relative residual is ",
           residual, ", the tolerance ", tolerance});
}

/// v -> A v for contiguous vectors of one shape.
template <FloatScalar T>
class LinearMap {
 public:
  LinearMap() = default;
  LinearMap(const LinearMap&) = delete;
  LinearMap& operator=(const LinearMap&) = delete;
  virtual ~LinearMap() = default;
  [[nodiscard]] virtual Tensor<T> operator()(const Tensor<T>& v) = 0;
};

template <FloatScalar T>
[[nodiscard]] double dot_product(Index n, const T* x, const T* y) noexcept {
  double sum = 0;
  for (Index i = 0; i < n; ++i) {
    sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  }
  return sum;
}
template <FloatScalar T>
[[nodiscard]] double norm_of(const Tensor<T>& x) {
  const Tensor<T> values = packed(x);
  return std::sqrt(dot_product(values.size(), values.data(), values.data()));
}
/// y += factor x
template <FloatScalar T>
void add_scaled(Index n, double factor, const T* x, T* y) noexcept {
  for (Index i = 0; i < n; ++i) {
    y[i] += static_cast<T>(factor) * x[i];
  }
}

/// One cycle of GMRES: orthonormal vectors from products with the matrix, and the triangular system
/// whose solution is their best combination (Saad and Schultz 1986).
template <FloatScalar T>
class GmresCycle {
 public:
  /// `residual` is b - A x, of length `length`.
  GmresCycle(const Tensor<T>& residual, double length, Index steps)
      : shape_(residual.shape()),
        n_(residual.size()),
        rows_(steps + 1),
        basis_(rows_ * n_),
        h_(rows_ * steps),
        cosine_(steps),
        sine_(steps),
        g_(rows_) {
    std::fill_n(basis_.data(), n_, T(0));
    add_scaled(n_, 1 / length, residual.data(), basis_.data());
    g_[0] = length;
  }

  /// Makes vectors until the length of the residual is at most `target`. Returns their number.
  Index run(LinearMap<T>& map, Index steps, double target) {
    while (made_ < steps && std::abs(g_[made_]) > target) {
      Tensor<T> v = uninitialized<T>(shape_);
      std::copy_n(basis_.data() + made_ * n_, n_, static_cast<T*>(v.body().data));
      const Tensor<T> product = packed(map(v));
      const double rest = append(product.data());
      if (!rotate(rest)) {
        break;  // the matrix is singular, or not finite
      }
      ++made_;
    }
    return made_;
  }

  /// Adds the best combination of the vectors to x.
  void add_to(Tensor<T>& x) {
    for (Index i = made_; i-- > 0;) {
      for (Index l = i + 1; l < made_; ++l) {
        g_[i] -= h_[l * rows_ + i] * g_[l];
      }
      g_[i] /= h_[i * rows_ + i];
      add_scaled(n_, g_[i], basis_.data() + i * n_, static_cast<T*>(x.body().data));
    }
  }

 private:
  /// Makes the next vector from a product, by the modified Gram-Schmidt process; a column of h is
  /// what was taken away. Returns the length of what was left.
  double append(const T* product) {
    T* const w = basis_.data() + (made_ + 1) * n_;
    std::copy_n(product, n_, w);
    double* const column = h_.data() + made_ * rows_;
    for (Index i = 0; i <= made_; ++i) {
      column[i] = dot_product(n_, w, basis_.data() + i * n_);
      add_scaled(n_, -column[i], basis_.data() + i * n_, w);
    }
    const double rest = std::sqrt(dot_product(n_, w, w));
    for (Index i = 0; i < n_ && rest > 0; ++i) {
      w[i] = static_cast<T>(static_cast<double>(w[i]) / rest);
    }
    return rest;
  }

  /// Makes the last column of h triangular, and turns g with it. Returns false if it is zero.
  bool rotate(double rest) {
    double* const column = h_.data() + made_ * rows_;
    for (Index i = 0; i < made_; ++i) {
      const double first = column[i];
      column[i] = cosine_[i] * first + sine_[i] * column[i + 1];
      column[i + 1] = cosine_[i] * column[i + 1] - sine_[i] * first;
    }
    const double diagonal = std::hypot(column[made_], rest);
    if (!(diagonal > 0)) {
      return false;
    }
    cosine_[made_] = column[made_] / diagonal;
    sine_[made_] = rest / diagonal;
    column[made_] = diagonal;
    g_[made_ + 1] = -sine_[made_] * g_[made_];
    g_[made_] *= cosine_[made_];
    return true;
  }

  Shape shape_;
  Index n_;
  Index rows_;
  Index made_ = 0;
  Scratch<T> basis_;   // vectors, one after the other
  Scratch<double> h_;  // column j at h + j rows
  Scratch<double> cosine_;
  Scratch<double> sine_;
  Scratch<double> g_;  // |g[made]| is the length of the residual
};

/// x with A x = b, from x = 0.
/// Throws: ValueError if it is not reached; the text names `op`
template <FloatScalar T>
[[nodiscard]] Tensor<T> solve_by_products(std::string_view op, LinearMap<T>& map,
                                          const Tensor<T>& b, const LinearOptions& options) {
  const double tolerance = tolerance_or_default<T>(options.tolerance);
  const double scale = norm_of(b);
  Tensor<T> x = zeros<T>(b.shape());
  if (scale == 0) {
    return x;
  }
  Tensor<T> residual = copied(b);
  double length = scale;
  double before = std::numeric_limits<double>::infinity();
  Index products = 0;
  while (!(length <= tolerance * scale)) {
    const bool stuck = options.method == LinearMethod::gmres && !(length < before);
    if (products >= options.max_iterations || stuck || !std::isfinite(length)) {
      throw_unsolved(op, products, length / scale, tolerance);
    }
    before = length;
    if (options.method == LinearMethod::gmres) {
      const Index steps = std::min(
          {std::max<Index>(options.restart, 1), options.max_iterations - products, x.size()});
      GmresCycle<T> cycle(residual, length, steps);
      products += cycle.run(map, steps, tolerance * scale);
      cycle.add_to(x);
    } else {
      // A = M - I with a contraction M: x = M x - b.
      add_scaled(x.size(), -1, residual.data(), static_cast<T*>(x.body().data));
    }
    const Tensor<T> product = packed(map(x));
    ++products;
    residual = copied(b);
    add_scaled(x.size(), -1, product.data(), static_cast<T*>(residual.body().data));
    length = norm_of(residual);
  }
  return x;
}

}  // namespace detail

}  // namespace eigengrad
