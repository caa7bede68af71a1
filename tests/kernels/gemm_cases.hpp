#pragma once
// One matrix product as a test case: operands in padded buffers whose padding is NaN, the product
// by three plain loops in double, and the comparison. And what every backend is tested
// with.

#include <eigengrad/kernels/gemm/arguments.hpp>
#include <eigengrad/kernels/math/basic.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

// Keyed, for the units of a test program may have different backends.
namespace gemm_test::inline EIGENGRAD_KERNELS_KEY {

using eigengrad::Index;
using eigengrad::kernels::GemmArguments;

inline constexpr Index extents[] = {0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 64, 65, 100, 257};

/// Numbers in [-0.5, 0.5) from a fixed seed.
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : state_(seed) {}
  double operator()() {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<double>(state_ >> 8) / (1 << 24) - 0.5;
  }

 private:
  std::uint32_t state_;
};

/// rows x columns elements, contiguous along rows or (transposed) along columns, lines `padding`
/// elements too long; padding and guards are NaN. The last line ends with the buffer's guard.
template <class T>
struct Matrix {
  Index rows, columns, row_stride, column_stride;
  std::vector<T> memory;
  static constexpr Index guard = 16;

  Matrix(Index rows_in, Index columns_in, bool transposed, Index padding)
      : rows(rows_in),
        columns(columns_in),
        row_stride(transposed ? 1 : columns_in + padding),
        column_stride(transposed ? rows_in + padding : 1),
        memory(static_cast<std::size_t>((transposed ? columns_in : rows_in) *
                                            ((transposed ? rows_in : columns_in) + padding) +
                                        2 * guard),
               std::numeric_limits<T>::quiet_NaN()) {}

  T* data() { return memory.data() + guard; }
  T& at(Index i, Index j) { return data()[i * row_stride + j * column_stride]; }
  void fill(Numbers& numbers) {
    for (Index i = 0; i < rows; ++i) {
      for (Index j = 0; j < columns; ++j) {
        at(i, j) = static_cast<T>(numbers());
      }
    }
  }
};

/// Everything about a case that is not an extent.
struct Form {
  bool transposed_a = false;
  bool transposed_b = false;
  double alpha = 1;
  double beta = 0;
  bool bias = false;
};

/// The four forms of scale factors and bias that cases go through in turn.
inline Form form(bool transposed_a, bool transposed_b, int which) {
  constexpr double alphas[] = {1, 1, -0.5, 1};
  constexpr double betas[] = {0, 1, 0.25, 0};
  return {transposed_a, transposed_b, alphas[which % 4], betas[which % 4], which % 4 >= 2};
}

/// The elements of a matrix in double, row after row.
template <class M>
std::vector<double> elements_of(M& matrix) {
  std::vector<double> elements;
  elements.reserve(static_cast<std::size_t>(matrix.rows * matrix.columns));
  for (Index i = 0; i < matrix.rows; ++i) {
    for (Index j = 0; j < matrix.columns; ++j) {
      elements.push_back(double{matrix.at(i, j)});
    }
  }
  return elements;
}

/// c (m, n) += a (m, k) b (k, n), all row-major. Not what sanitizers are for: under them these
/// loops would take minutes.
__attribute__((no_sanitize("address", "undefined"))) inline void three_loops(
    Index m, Index n, Index k, const double* a, const double* b, double* c) {
  for (Index i = 0; i < m; ++i) {
    for (Index l = 0; l < k; ++l) {
      const double factor = a[i * k + l];
      for (Index j = 0; j < n; ++j) {
        c[i * n + j] += factor * b[l * n + j];
      }
    }
  }
}

template <class T>
struct Case {
  Matrix<T> a, b, c;
  std::vector<T> bias;
  Form form;

  Case(Index m, Index n, Index k, const Form& form_in, Index padding = 3)
      : a(m, k, form_in.transposed_a, padding),
        b(k, n, form_in.transposed_b, padding),
        c(m, n, false, padding),
        bias(static_cast<std::size_t>(n)),
        form(form_in) {
    Numbers numbers(static_cast<std::uint32_t>(m * 1000003 + n * 1009 + k));
    a.fill(numbers);
    b.fill(numbers);
    if (form.beta != 0) {  // else C stays NaN, and must not be read
      c.fill(numbers);
    }
    for (T& value : bias) {
      value = static_cast<T>(numbers());
    }
  }

  GemmArguments<T> arguments() {
    return {.m = c.rows,
            .n = c.columns,
            .k = a.columns,
            .a = a.data(),
            .a_row_stride = a.row_stride,
            .a_column_stride = a.column_stride,
            .b = b.data(),
            .b_row_stride = b.row_stride,
            .b_column_stride = b.column_stride,
            .c = c.data(),
            .c_row_stride = c.row_stride,
            .alpha = static_cast<T>(form.alpha),
            .beta = static_cast<T>(form.beta),
            .bias = form.bias ? bias.data() : nullptr};
  }

  /// Runs `product` and returns what is wrong with C, or nothing. `f` is applied to the expected
  /// values; it must not enlarge a difference, for the tolerance is that of the product.
  template <class Product, class F>
  std::string run(Product product, F f) {
    const std::vector<double> left = elements_of(a);
    const std::vector<double> right = elements_of(b);
    std::vector<double> expected(static_cast<std::size_t>(c.rows * c.columns));
    three_loops(c.rows, c.columns, a.columns, left.data(), right.data(), expected.data());
    std::size_t next = 0;
    for (Index i = 0; i < c.rows; ++i) {
      for (Index j = 0; j < c.columns; ++j) {
        double sum = expected[next];
        sum = form.alpha * sum + (form.beta == 0 ? 0 : form.beta * double{c.at(i, j)}) +
              (form.bias ? double{bias[static_cast<std::size_t>(j)]} : 0);
        expected[next++] = f(sum);
      }
    }
    product(arguments());
    // k products below 1/4 and a few more terms below 1, each step rounding its partial sum.
    const double tolerance =
        double{std::numeric_limits<T>::epsilon()} * (2 + 0.25 * static_cast<double>(a.columns));
    const auto where = [&](Index i, Index j) {
      return " at (" + std::to_string(i) + ", " + std::to_string(j) + ") of (" +
             std::to_string(c.rows) + ", " + std::to_string(c.columns) +
             "), k = " + std::to_string(a.columns) + (form.transposed_a ? ", A transposed" : "") +
             (form.transposed_b ? ", B transposed" : "");
    };
    next = 0;
    for (Index i = 0; i < c.rows; ++i) {
      for (Index j = 0; j < c.columns; ++j) {
        const double wanted = expected[next++];
        const double found = double{c.at(i, j)};
        if (!(std::fabs(found - wanted) <= tolerance)) {
          return std::to_string(found) + " instead of " + std::to_string(wanted) + where(i, j);
        }
        c.at(i, j) = std::numeric_limits<T>::quiet_NaN();
      }
    }
    for (const T value : c.memory) {
      if (!std::isnan(value)) {
        return "wrote outside C: " + std::to_string(value) + where(-1, -1);
      }
    }
    return {};
  }
  template <class Product>
  std::string run(Product product) {
    return run(product, [](double x) { return x; });
  }
};

/// Extents around the blocks of kernels, empty ones too, in every transpose and form: what is wrong
/// with `product`, or nothing.
template <class T, class Product>
std::string check_extents(Product product) {
  int which = 0;
  for (const Index m : {0, 1, 3, 8, 17, 64, 257}) {
    for (const Index n : {0, 1, 3, 8, 17, 64, 257}) {
      for (const Index k : {0, 1, 3, 8, 17, 64, 300}) {
        if (m * n * k > 257 * 64 * 64) {
          continue;
        }
        for (int transposes = 0; transposes < 4; ++transposes) {
          const Form each = form(transposes % 2 == 1, transposes / 2 == 1, ++which / 5);
          std::string wrong = Case<T>(m, n, k, each).run(product);
          if (!wrong.empty()) {
            return wrong;
          }
        }
      }
    }
  }
  return {};
}

struct Magnitude {
  template <class S>
  S operator()(S x) const noexcept {
    return eigengrad::math::abs(x);
  }
};

/// `product` with bias and |x| as the activation: what is wrong, or nothing.
template <class T, class Product>
std::string check_epilogue(Product product) {
  const auto magnitudes = [&](GemmArguments<T> arguments) {
    arguments.activation = eigengrad::kernels::gemm_activation<T, Magnitude>;
    product(arguments);
  };
  return Case<T>(37, 21, 50, Form{.bias = true}).run(magnitudes, [](double x) {
    return std::fabs(x);
  });
}

/// ((1, 2), (3, 4)) times ((5, 6), (5, 6)), both every second column of larger matrices, the rows
/// of the first in reverse and those of the second one and the same: ((15, 18), (35, 42)).
template <class Product>
std::vector<float> strided_product(Product product) {
  const std::vector<float> a{3, -1, 4, -1, 1, -1, 2, -1};
  const std::vector<float> b{5, -1, 6, -1};
  std::vector<float> c(4);
  product(GemmArguments<float>{.m = 2,
                               .n = 2,
                               .k = 2,
                               .a = a.data() + 4,
                               .a_row_stride = -4,
                               .a_column_stride = 2,
                               .b = b.data(),
                               .b_row_stride = 0,
                               .b_column_stride = 2,
                               .c = c.data(),
                               .c_row_stride = 2});
  return c;
}
inline const std::vector<float> strided_expected{15, 18, 35, 42};

/// Where two products differ by more than rounding, or nothing.
template <class T, class One, class Other>
std::string check_agreement(One one, Other other) {
  constexpr Index shapes[][3] = {{32, 128, 30}, {128, 10, 256}, {200, 300, 520}, {33, 65, 17}};
  for (const auto& [m, n, k] : shapes) {
    Case<T> first(m, n, k, Form{.bias = true});
    Case<T> second(m, n, k, Form{.bias = true});
    one(first.arguments());
    other(second.arguments());
    // Both round k sums of terms below 1/4, in different orders.
    const double tolerance =
        double{std::numeric_limits<T>::epsilon()} * (2 + 0.25 * static_cast<double>(k));
    for (Index i = 0; i < m; ++i) {
      for (Index j = 0; j < n; ++j) {
        const double difference = double{first.c.at(i, j)} - double{second.c.at(i, j)};
        if (!(std::fabs(difference) <= tolerance)) {
          return std::to_string(difference) + " apart at (" + std::to_string(i) + ", " +
                 std::to_string(j) + ") of (" + std::to_string(m) + ", " + std::to_string(n) + ")";
        }
      }
    }
  }
  return {};
}

}  // namespace gemm_test::inline EIGENGRAD_KERNELS_KEY
