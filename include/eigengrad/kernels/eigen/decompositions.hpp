#pragma once
// LU with row exchanges and Cholesky, in place in row-major matrices: Eigen's unblocked
// decompositions on blocks of columns, our product for what lies behind a block. So large matrices
// run at the product's speed, and the number of threads changes no bit. Leaves out the solutions of
// the triangular systems: kernels/triangular.hpp.
//
// Eigen is entered with a number type of ours, whose name holds the instruction set (see gemm.hpp).

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/kernels/triangular.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// T under a name that holds the instruction set.
template <FloatScalar T>
struct EigenNumber {
  T value;

  EigenNumber() noexcept = default;
  EigenNumber(T x) noexcept : value(x) {}  // NOLINT: Eigen writes numbers
  explicit EigenNumber(int x) noexcept : value(static_cast<T>(x)) {}

  EigenNumber& operator+=(EigenNumber x) noexcept { return *this = *this + x; }
  EigenNumber& operator-=(EigenNumber x) noexcept { return *this = *this - x; }
  EigenNumber& operator*=(EigenNumber x) noexcept { return *this = *this * x; }
  EigenNumber& operator/=(EigenNumber x) noexcept { return *this = *this / x; }

  friend EigenNumber operator+(EigenNumber x, EigenNumber y) noexcept { return x.value + y.value; }
  friend EigenNumber operator-(EigenNumber x, EigenNumber y) noexcept { return x.value - y.value; }
  friend EigenNumber operator*(EigenNumber x, EigenNumber y) noexcept { return x.value * y.value; }
  friend EigenNumber operator/(EigenNumber x, EigenNumber y) noexcept { return x.value / y.value; }
  friend EigenNumber operator-(EigenNumber x) noexcept { return -x.value; }
  friend bool operator==(EigenNumber x, EigenNumber y) noexcept { return x.value == y.value; }
  friend bool operator!=(EigenNumber x, EigenNumber y) noexcept { return x.value != y.value; }
  friend bool operator<(EigenNumber x, EigenNumber y) noexcept { return x.value < y.value; }
  friend bool operator>(EigenNumber x, EigenNumber y) noexcept { return x.value > y.value; }
  friend bool operator<=(EigenNumber x, EigenNumber y) noexcept { return x.value <= y.value; }
  friend bool operator>=(EigenNumber x, EigenNumber y) noexcept { return x.value >= y.value; }
  friend EigenNumber abs(EigenNumber x) noexcept { return std::abs(x.value); }
  friend EigenNumber sqrt(EigenNumber x) noexcept { return std::sqrt(x.value); }
};

/// Columns that Eigen decomposes at once.
inline constexpr Index decomposition_block = 64;

/// A block of a row-major matrix for Eigen.
template <FloatScalar T>
using EigenBlock =
    Eigen::Map<Eigen::Matrix<EigenNumber<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0,
               Eigen::OuterStride<>>;
template <FloatScalar T>
[[nodiscard]] EigenBlock<T> eigen_block(T* data, Index rows, Index columns, Index stride) {
  return {reinterpret_cast<EigenNumber<T>*>(data), rows, columns, Eigen::OuterStride<>(stride)};
}

namespace decomposition_detail {

/// c (rows, columns) -= a (rows, k) b (k, columns), all with row stride n; b's columns lie
/// `b_column` apart.
template <FloatScalar T>
void subtract_product(Index n, Index rows, Index columns, Index k, const T* a, const T* b,
                      Index b_row, Index b_column, T* c) {
  GemmArguments<T> p;
  p.m = rows;
  p.n = columns;
  p.k = k;
  p.a = a;
  p.a_row_stride = n;
  p.b = b;
  p.b_row_stride = b_row;
  p.b_column_stride = b_column;
  p.c = c;
  p.c_row_stride = n;
  p.alpha = T(-1);
  p.beta = T(1);
  gemm(p);
}

/// Rows of x, of `width` elements with stride n, become those of x L^-T.
template <FloatScalar T>
void divide_rows(Index n, Index rows, Index width, const T* lower, T* x) {
  detail::Scratch<T> upper(width * width);
  for (Index i = 0; i < width; ++i) {
    for (Index j = 0; j <= i; ++j) {
      upper[j * width + i] = lower[i * n + j];
    }
  }
  for (Index i = 0; i < rows; ++i) {
    T* const row = x + i * n;
    for (Index j = 0; j < width; ++j) {
      const T* const u = upper.data() + j * width;
      row[j] /= u[j];
      for (Index l = j + 1; l < width; ++l) {
        row[l] -= row[j] * u[l];
      }
    }
  }
}

}  // namespace decomposition_detail

/// a (n, n) = P L U: L below the diagonal, whose ones are not stored, and U on and above it. Row i
/// was exchanged with row exchanges[i], in the order of i. Returns the first pivot that is exactly
/// zero, or -1.
template <FloatScalar T>
[[nodiscard]] Index lu_decompose(Index n, T* a, std::int64_t* exchanges) {
  using Panel = Eigen::internal::partial_lu_impl<EigenNumber<T>, Eigen::RowMajor, std::int64_t>;
  Index zero_pivot = -1;
  for (Index k = 0; k < n; k += decomposition_block) {
    const Index width = std::min(decomposition_block, n - k);
    const Index rest = n - k - width;
    Eigen::Ref<typename Panel::MatrixType> panel = eigen_block(a + k * n + k, n - k, width, n);
    std::int64_t count = 0;
    const Index zero = Panel::unblocked_lu(panel, exchanges + k, count);
    zero_pivot = zero_pivot < 0 && zero >= 0 ? k + zero : zero_pivot;
    for (Index i = k; i < k + width; ++i) {
      exchanges[i] += k;
      if (exchanges[i] != i) {
        T* const row = a + i * n;
        T* const other = a + exchanges[i] * n;
        std::swap_ranges(row, row + k, other);
        std::swap_ranges(row + k + width, row + n, other + k + width);
      }
    }
    if (rest > 0) {
      T* const right = a + k * n + k + width;
      solve_triangular<T>({a + k * n + k, n, 1, false, true}, width, rest, right, n);
      decomposition_detail::subtract_product(n, rest, rest, width, a + (k + width) * n + k, right,
                                             n, 1, right + width * n);
    }
  }
  return zero_pivot;
}

/// b (n, columns) = a^-1 b, or a^-T b, from the decomposition of a.
template <FloatScalar T>
void lu_solve(Index n, Index columns, const T* lu, const std::int64_t* exchanges, bool transposed,
              T* b) {
  const auto exchange = [&](Index i) {
    if (exchanges[i] != i) {
      std::swap_ranges(b + i * columns, b + (i + 1) * columns, b + exchanges[i] * columns);
    }
  };
  if (transposed) {
    solve_triangular<T>({lu, 1, n, false, false}, n, columns, b, columns);
    solve_triangular<T>({lu, 1, n, true, true}, n, columns, b, columns);
    for (Index i = n; i-- > 0;) {
      exchange(i);
    }
    return;
  }
  for (Index i = 0; i < n; ++i) {
    exchange(i);
  }
  solve_triangular<T>({lu, n, 1, false, true}, n, columns, b, columns);
  solve_triangular<T>({lu, n, 1, true, false}, n, columns, b, columns);
}

/// The lower triangle of a (n, n) becomes that of L, with a = L L^T; the upper one is neither read
/// nor kept, and is 0 afterwards. Returns the first pivot that is not positive, or -1; a is then
/// spoilt.
template <FloatScalar T>
[[nodiscard]] Index cholesky_decompose(Index n, T* a) {
  for (Index k = 0; k < n; k += decomposition_block) {
    const Index width = std::min(decomposition_block, n - k);
    const Index rest = n - k - width;
    auto block = eigen_block(a + k * n + k, width, width, n);
    const Index bad = Eigen::internal::llt_inplace<EigenNumber<T>, Eigen::Lower>::unblocked(block);
    if (bad >= 0) {
      return k + bad;
    }
    T* const below = a + (k + width) * n + k;
    decomposition_detail::divide_rows(n, rest, width, a + k * n + k, below);
    for (Index i = 0; i < rest; i += decomposition_block) {
      const Index rows = std::min(decomposition_block, rest - i);
      decomposition_detail::subtract_product(n, rows, i + rows, width, below + i * n, below, 1, n,
                                             below + i * n + width);
    }
  }
  for (Index i = 0; i < n; ++i) {
    std::fill(a + i * n + i + 1, a + (i + 1) * n, T(0));
  }
  return -1;
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY

template <class T>
struct Eigen::NumTraits<eigengrad::kernels::EigenNumber<T>>
    : Eigen::GenericNumTraits<eigengrad::kernels::EigenNumber<T>> {
  using Real = eigengrad::kernels::EigenNumber<T>;
  using NonInteger = Real;
  using Literal = Real;
  using Nested = Real;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 0,
    ReadCost = 1,
    AddCost = 1,
    MulCost = 1
  };
};
