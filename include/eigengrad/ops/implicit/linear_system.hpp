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

/// One cycle of GMRES: improves x by the best combination of up to `steps` vectors. `residual` is
/// b - A x, of length `length`; the cycle ends where its estimate is at most `target`. Returns the
/// products made.
template <FloatScalar T>
Index gmres_cycle(LinearMap<T>& map, Tensor<T>& x, const Tensor<T>& residual, double length,
                  double target, Index steps) {
  const Index n = x.size();
  const Index rows = steps + 1;
  Scratch<T> basis(rows * n);
  Scratch<double> h(rows * steps);  // column j at h + j rows, made triangular by rotations
  Scratch<double> cosine(steps);
  Scratch<double> sine(steps);
  Scratch<double> g(rows);
  std::fill_n(basis.data(), n, T(0));
  add_scaled(n, 1 / length, residual.data(), basis.data());
  g[0] = length;
  Index j = 0;
  while (j < steps && std::abs(g[j]) > target) {
    Tensor<T> v = uninitialized<T>(x.shape());
    std::copy_n(basis.data() + j * n, n, static_cast<T*>(v.body().data));
    const Tensor<T> product = packed(map(v));
    T* const w = basis.data() + (j + 1) * n;
    std::copy_n(product.data(), n, w);
    double* const column = h.data() + j * rows;
    for (Index i = 0; i <= j; ++i) {
      column[i] = dot_product(n, w, basis.data() + i * n);
      add_scaled(n, -column[i], basis.data() + i * n, w);
    }
    const double next = std::sqrt(dot_product(n, w, w));
    for (Index i = 0; i < n && next > 0; ++i) {
      w[i] = static_cast<T>(static_cast<double>(w[i]) / next);
    }
    for (Index i = 0; i < j; ++i) {
      const double first = column[i];
      column[i] = cosine[i] * first + sine[i] * column[i + 1];
      column[i + 1] = cosine[i] * column[i + 1] - sine[i] * first;
    }
    const double diagonal = std::hypot(column[j], next);
    if (!(diagonal > 0)) {
      break;  // the matrix is singular, or not finite
    }
    cosine[j] = column[j] / diagonal;
    sine[j] = next / diagonal;
    column[j] = diagonal;
    g[j + 1] = -sine[j] * g[j];
    g[j] *= cosine[j];
    ++j;
  }
  const Index made = j;
  for (Index i = j; i-- > 0;) {
    for (Index l = i + 1; l < made; ++l) {
      g[i] -= h[l * rows + i] * g[l];
    }
    g[i] /= h[i * rows + i];
    add_scaled(n, g[i], basis.data() + i * n, static_cast<T*>(x.body().data));
  }
  return made;
}

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
      products += gmres_cycle(map, x, residual, length, tolerance * scale, steps);
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
