#pragma once
// solve and inverse, on a decomposition that is made once and serves all derivatives.

#include <eigengrad/kernels/eigen/decompositions.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/linalg/matrix.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <string_view>

namespace eigengrad {

namespace detail {

/// a = P L U for each matrix of a batch: kernels::lu_decompose.
template <FloatScalar T>
struct Factors {
  Tensor<T> lu;                    // (batch..., n, n)
  Tensor<std::int64_t> exchanges;  // (batch..., n)
};

/// The factors of a (batch..., n, n). Throws: ValueError, with the matrix and the pivot, if one is
/// singular
template <FloatScalar T>
[[nodiscard]] Factors<T> factorize(std::string_view op, const Tensor<T>& a) {
  const Index n = a.extent(-1);
  const Shape batch = batch_of(a.shape());
  Shape rows = batch;
  rows.push_back(n);
  Factors<T> factors{copied(a), empty<std::int64_t>(rows)};
  T* const lu = static_cast<T*>(factors.lu.body().data);
  std::int64_t* const exchanges = fresh_data(factors.exchanges);
  for (Index i = 0; i < batch.size(); ++i) {
    const Index pivot = kernels::lu_decompose(n, lu + i * n * n, exchanges + i * n);
    if (pivot >= 0) {
      throw_pivot(op, batch, i, "singular", pivot, "0");
    }
  }
  return factors;
}

/// x (batch..., n, k) with a x = b, or a^T x = b, for operands of one batch; recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> solve_factored(const Tensor<T>& a, const Factors<T>& factors,
                                       const Tensor<T>& b, bool transposed);

}  // namespace detail

struct Solve {
  static constexpr std::string_view name = "solve";
  static constexpr std::string_view doc = "x with a x = b. db = a^-T g, da = -db x^T.";

  template <class T>
  struct Payload {
    detail::Saved<T> a;
    detail::Saved<T> lu;
    detail::Saved<std::int64_t> exchanges;
    detail::Saved<T> x;
    bool transposed;

    [[nodiscard]] Tensor<T> solved(const Tensor<T>& b, bool other) const {
      return detail::solve_factored(*a, detail::Factors<T>{*lu, *exchanges}, b,
                                    transposed != other);
    }
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    const auto db = saved.solved(b.gradient(), true);
    if (b.wants(0)) {
      b.add(0, -(saved.transposed ? matmul(*saved.x, transpose(db))
                                  : matmul(db, transpose(*saved.x))));
    }
    if (b.wants(1)) {
      b.add(1, db);
    }
  }

  template <class F, class P>
  static void jvp(F& f, P& saved) {
    if (!f.has(0)) {
      f.set(saved.solved(f.tangent(1), false));
      return;
    }
    const auto t = f.tangent(0);
    const auto moved = matmul(saved.transposed ? transpose(t) : t, *saved.x);
    f.set(f.has(1) ? saved.solved(f.tangent(1) - moved, false) : -saved.solved(moved, false));
  }

  template <class Cases>
  static void samples(Cases& cases);
};

namespace detail {

template <FloatScalar T>
Tensor<T> solve_factored(const Tensor<T>& a, const Factors<T>& factors, const Tensor<T>& b,
                         bool transposed) {
  const Index n = a.extent(-1);
  const Index columns = b.extent(-1);
  Tensor<T> x = copied(b);
  T* to = static_cast<T*>(x.body().data);
  for_each_matrix(batch_of(b.shape()), factors.lu, factors.exchanges, 1,
                  [&](const T* lu, const std::int64_t* exchanges) {
                    kernels::lu_solve(n, columns, lu, exchanges, transposed, to);
                    to += n * columns;
                  });
  if (must_record(a, b)) {
    record<Solve>(
        x,
        [&](Saver& save) {
          return Solve::Payload<T>{save(a), save(factors.lu), save(factors.exchanges), save(x),
                                   transposed};
        },
        a, b);
  }
  return x;
}

}  // namespace detail

/// x with a x = b. A b of one axis is a vector; otherwise its columns are right sides.
///
/// Shapes:    a (..., n, n), b (..., n, k) or (n,) -> (..., n, k) or (..., n), batches broadcast
/// Gradient:  a^-T g into b, -a^-T g x^T into a, summed over broadcast axes
/// Throws:    ShapeError if a is not square or b does not fit; ValueError, with the matrix and the
///            pivot, for one that is singular: a pivot is exactly 0
/// Cost:      2/3 n^3 + 2 n^2 k flops for each matrix, backward 2 n^2 k for each operand; saves a,
///            its decomposition and x
/// Reference: NumPy `linalg.solve`, PyTorch `linalg.solve`
template <FloatScalar T>
[[nodiscard]] Tensor<T> solve(const Tensor<T>& a, const Tensor<T>& b) {
  detail::check_square(Solve::name, a.shape());
  const bool vector = b.rank() == 1;
  if (b.rank() == 0 || a.extent(-1) != b.extent(vector ? 0 : -2)) {
    detail::throw_right_side(Solve::name, a.shape(), b.shape());
  }
  const Shape batch = broadcast_shapes(Solve::name, detail::batch_of(a.shape()),
                                       vector ? Shape{} : detail::batch_of(b.shape()));
  const Index n = a.extent(-1);
  const Shape whole = detail::with_matrix(batch, n, n);
  Shape rows = batch;
  rows.push_back(n);
  // Each matrix is decomposed once, however many right sides it meets.
  const detail::Factors<T> own = detail::factorize(Solve::name, a);
  const detail::Factors<T> factors{detail::expanded(own.lu, whole),
                                   detail::expanded(own.exchanges, rows)};
  const Tensor<T> right = vector ? unsqueeze(b, 1) : b;
  const Tensor<T> x = detail::solve_factored(
      detail::over_batch(a, whole), factors,
      detail::over_batch(right, detail::with_matrix(batch, n, right.extent(-1))), false);
  return vector ? squeeze(x, -1) : x;
}

template <class Cases>
void Solve::samples(Cases& cases) {
  using T = typename Cases::value_type;
  const auto shifted = [](const auto& in) {
    const Index n = in[0].extent(-1);
    return solve(in[0] + eye<T>(n) * static_cast<double>(n + 2), in[1]);
  };
  constexpr Domain small{-1, 1};
  cases.vary("(3, 3) and (3, 2)", {{3, 3}, {3, 2}}, shifted, small);
  cases.vary("a vector", {{3, 3}, {3}}, shifted, small);
  cases.add(
      "rows that are exchanged", {{3, 3}, {3, 1}},
      [](const auto& in) {
        return solve(in[0] + tensor<T>({{0, 5, 0}, {0, 0, 5}, {5, 0, 0}}), in[1]);
      },
      small);
  cases.vary("batches", {{4, 2, 2}, {4, 2, 1}}, shifted, small);
  cases.vary("broadcast batches", {{4, 1, 2, 2}, {3, 2, 1}}, shifted, small);
  cases.vary("one matrix, many right sides", {{2, 2}, {3, 2, 1}}, shifted, small);
  cases.vary("a vector for many", {{4, 2, 2}, {2}}, shifted, small);
  cases.add("no rows", {{0, 0}, {0, 2}}, [](const auto& in) { return solve(in[0], in[1]); });
  const auto plain = [](const auto& in) { return solve(in[0], in[1]); };
  cases.rejects("solve: expected square matrices: (2, 3)", {{2, 3}, {2, 1}}, plain);
  cases.rejects("solve: expected at least two axes: (2,)", {{2}, {2, 1}}, plain);
  cases.rejects("solve: matrix and right side do not fit: (2, 2) and (3,)", {{2, 2}, {3}}, plain);
  cases.rejects("solve: matrix and right side do not fit: (1, 1) and ()", {{1, 1}, {}}, plain);
  cases.rejects("solve: shapes do not broadcast: (2,) and (3,)", {{2, 2, 2}, {3, 2, 1}}, plain);
  cases.rejects("solve: the matrix is singular: pivot 1 is 0", {{2, 2}, {2, 1}}, plain);
  cases.rejects("solve: matrix (0,) is singular: pivot 1 is 0", {{3, 2, 2}, {2}}, plain);
}
EIGENGRAD_LIST_OP(Solve);

struct Inverse {
  static constexpr std::string_view name = "inverse";
  static constexpr std::string_view doc = "The inverse y of a matrix. da = -y^T g y^T.";

  template <class T>
  struct Payload {
    detail::Saved<T> y;
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    if (b.wants(0)) {
      const auto y = transpose(*saved.y);
      b.add(0, -matmul(matmul(y, b.gradient()), y));
    }
  }
  template <class F, class P>
  static void jvp(F& f, P& saved) {
    f.set(-matmul(matmul(*saved.y, f.tangent(0)), *saved.y));
  }

  template <class Cases>
  static void samples(Cases& cases);
};

/// The inverse of each matrix. solve(a, b) is faster and more accurate than inverse(a) b.
///
/// Shapes:    (..., n, n) -> the same
/// Gradient:  -y^T g y^T
/// Throws:    ShapeError if a is not square; ValueError, with the matrix and the pivot, for one
///            that is singular: a pivot is exactly 0
/// Cost:      8/3 n^3 flops for each matrix, backward 4 n^3; saves y
/// Reference: NumPy `linalg.inv`, PyTorch `inverse`
template <FloatScalar T>
[[nodiscard]] Tensor<T> inverse(const Tensor<T>& a) {
  detail::check_square(Inverse::name, a.shape());
  const Tensor<T> constant = detail::copied(a);
  const detail::Factors<T> factors = detail::factorize(Inverse::name, constant);
  Tensor<T> y = detail::solve_factored(constant, factors,
                                       detail::expanded(eye<T>(a.extent(-1)), a.shape()), false);
  if (detail::must_record(a)) {
    detail::record<Inverse>(
        y, [&](detail::Saver& save) { return Inverse::Payload<T>{save(y)}; }, a);
  }
  return y;
}

template <class Cases>
void Inverse::samples(Cases& cases) {
  using T = typename Cases::value_type;
  const auto shifted = [](const auto& in) {
    const Index n = in[0].extent(-1);
    return inverse(in[0] + eye<T>(n) * static_cast<double>(n + 2));
  };
  constexpr Domain small{-1, 1};
  cases.vary("(3, 3)", {{3, 3}}, shifted, small);
  cases.add("(1, 1)", {{1, 1}}, shifted, small);
  cases.vary("batch", {{4, 1, 2, 2}}, shifted, small);
  cases.vary("a table of matrices", {{4, 3, 2, 2}}, shifted, small);
  cases.add("no rows", {{2, 0, 0}}, [](const auto& in) { return inverse(in[0]); });
  const auto plain = [](const auto& in) { return inverse(in[0]); };
  cases.rejects("inverse: expected square matrices: (2, 3)", {{2, 3}}, plain);
  cases.rejects("inverse: expected at least two axes: ()", {{}}, plain);
  cases.rejects("inverse: matrix (0,) is singular: pivot 1 is 0", {{2, 2, 2}}, plain);
}
EIGENGRAD_LIST_OP(Inverse);

}  // namespace eigengrad
