#pragma once
// triangular_solve: systems with a triangular matrix. Leaves out general ones: solve.hpp.

#include <eigengrad/kernels/triangular.hpp>
#include <eigengrad/ops/linalg/matrix.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <string_view>

namespace eigengrad {

/// Which triangle of the matrix is read, whether its diagonal counts as ones, and on which side of
/// the unknown it stands.
struct TriangularOptions {
  bool upper = false;
  bool left = true;
  bool unitriangular = false;
};

namespace detail {

/// x (batch..., n, k) with a x = b, for a (batch..., n, n) of the same batch; recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> solve_triangle(const Tensor<T>& a, const Tensor<T>& b, bool upper,
                                       bool unit);

}  // namespace detail

struct TriangularSolve {
  static constexpr std::string_view name = "triangular_solve";
  static constexpr std::string_view doc =
      "x with a x = b for triangular a. db = a^-T g, da = the triangle of -db x^T.";

  template <class T>
  struct Payload {
    detail::Saved<T> a;
    detail::Saved<T> x;
    bool upper;
    bool unit;

    /// What a change of a matters of: its triangle.
    [[nodiscard]] Tensor<T> triangle(const Tensor<T>& t) const {
      const Index diagonal = unit ? 1 : 0;
      return upper ? triu(t, diagonal) : tril(t, -diagonal);
    }
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    const auto db =
        detail::solve_triangle(transpose(*saved.a), b.gradient(), !saved.upper, saved.unit);
    if (b.wants(0)) {
      b.add(0, saved.triangle(-matmul(db, transpose(*saved.x))));
    }
    if (b.wants(1)) {
      b.add(1, db);
    }
  }

  template <class F, class P>
  static void jvp(F& f, P& saved) {
    const auto solved = [&](const auto& right) {
      return detail::solve_triangle(*saved.a, right, saved.upper, saved.unit);
    };
    if (!f.has(0)) {
      f.set(solved(f.tangent(1)));
      return;
    }
    const auto moved = matmul(saved.triangle(f.tangent(0)), *saved.x);
    f.set(f.has(1) ? solved(f.tangent(1) - moved) : -solved(moved));
  }

  template <class Cases>
  static void samples(Cases& cases);
};

namespace detail {

/// Throws: ValueError, with the matrix and the pivot, for a zero on a diagonal
template <FloatScalar T>
void check_diagonal(const Tensor<T>& a) {
  const Shape batch = batch_of(a.shape());
  const auto axes = static_cast<std::size_t>(a.rank());
  const Index step = a.strides()[axes - 2] + a.strides()[axes - 1];
  Index matrix = 0;
  for_each_matrix(batch, a, a, 2, [&](const T* elements, const T* /*same*/) {
    for (Index i = 0; i < a.extent(-1); ++i) {
      if (elements[i * step] == T(0)) {
        throw_pivot(TriangularSolve::name, batch, matrix, "singular", i, "0");
      }
    }
    ++matrix;
  });
}

template <FloatScalar T>
Tensor<T> solve_triangle(const Tensor<T>& a, const Tensor<T>& b, bool upper, bool unit) {
  const Index n = a.extent(-1);
  const Index columns = b.extent(-1);
  const auto axes = static_cast<std::size_t>(a.rank());
  const Index row_stride = a.strides()[axes - 2];
  const Index column_stride = a.strides()[axes - 1];
  Tensor<T> x = copied(b);
  T* to = static_cast<T*>(x.body().data);
  for_each_matrix(batch_of(b.shape()), a, a, 2, [&](const T* elements, const T* /*same*/) {
    kernels::solve_triangular<T>({elements, row_stride, column_stride, upper, unit}, n, columns, to,
                                 columns);
    to += n * columns;
  });
  if (must_record(a, b)) {
    record<TriangularSolve>(
        x,
        [&](Saver& save) {
          return TriangularSolve::Payload<T>{save(a), save(x), upper, unit};
        },
        a, b);
  }
  return x;
}

}  // namespace detail

/// x with a x = b (or x a = b with `left = false`), where a is triangular. The other triangle is
/// not read.
///
/// Shapes:    a (..., n, n), b (..., n, k), or (..., k, n) on the right -> as b, batches broadcast
/// Gradient:  a^-T g into b; the triangle of -a^-T g x^T into a; summed over broadcast axes
/// Throws:    ShapeError if a is not square or b does not fit; ValueError, with the matrix and the
///            pivot, for a zero on the diagonal
/// Cost:      n^2 k flops for each matrix, and the same backward; saves a and x
/// Reference: PyTorch `linalg.solve_triangular`, JAX `lax.linalg.triangular_solve`
template <FloatScalar T>
[[nodiscard]] Tensor<T> triangular_solve(const Tensor<T>& a, const Tensor<T>& b,
                                         TriangularOptions options = {}) {
  constexpr std::string_view op = TriangularSolve::name;
  detail::check_square(op, a.shape());
  if (b.rank() < 2 || a.extent(-1) != b.extent(options.left ? -2 : -1)) {
    detail::throw_right_side(op, a.shape(), b.shape());
  }
  const Shape batch =
      broadcast_shapes(op, detail::batch_of(a.shape()), detail::batch_of(b.shape()));
  if (!options.unitriangular) {
    detail::check_diagonal(a);
  }
  if (!options.left) {
    return transpose(triangular_solve(transpose(a), transpose(b),
                                      {!options.upper, true, options.unitriangular}));
  }
  const Index n = a.extent(-1);
  return detail::solve_triangle(detail::over_batch(a, detail::with_matrix(batch, n, n)),
                                detail::over_batch(b, detail::with_matrix(batch, n, b.extent(-1))),
                                options.upper, options.unitriangular);
}

template <class Cases>
void TriangularSolve::samples(Cases& cases) {
  using T = typename Cases::value_type;
  const auto with = [](TriangularOptions options) {
    return [options](const auto& in) {
      const Tensor<T> shift = eye<T>(in[0].extent(-1)) * 4.0;
      return triangular_solve(in[0] + shift, in[1], options);
    };
  };
  constexpr Domain small{-1, 1};
  cases.vary("lower", {{3, 3}, {3, 2}}, with({}), small);
  cases.vary("upper", {{3, 3}, {3, 2}}, with({.upper = true}), small);
  cases.add("unit", {{3, 3}, {3, 1}}, with({.unitriangular = true}), small);
  cases.add("unit upper", {{3, 3}, {3, 1}}, with({.upper = true, .unitriangular = true}), small);
  cases.vary("on the right", {{3, 3}, {2, 3}}, with({.left = false}), small);
  cases.vary("batches", {{4, 2, 2}, {4, 2, 3}}, with({.upper = true}), small);
  cases.vary("broadcast batches", {{3, 1, 2, 2}, {4, 2, 1}}, with({}), small);
  cases.add("no rows", {{0, 0}, {0, 2}}, with({}));
  const auto plain = [](const auto& in) { return triangular_solve(in[0], in[1]); };
  cases.rejects("triangular_solve: expected square matrices: (2, 3)", {{2, 3}, {2, 1}}, plain);
  cases.rejects("triangular_solve: expected at least two axes: (3,)", {{3}, {3, 1}}, plain);
  cases.rejects("triangular_solve: matrix and right side do not fit: (2, 2) and (3, 1)",
                {{2, 2}, {3, 1}}, plain);
  cases.rejects("triangular_solve: shapes do not broadcast: (2,) and (3,)", {{2, 2, 2}, {3, 2, 1}},
                plain);
  cases.rejects("triangular_solve: matrix and right side do not fit: (2, 2) and (2, 1)",
                {{2, 2}, {2, 1}},
                [](const auto& in) { return triangular_solve(in[0], in[1], {.left = false}); });
  cases.rejects("triangular_solve: the matrix is singular: pivot 1 is 0", {{2, 2}, {2, 1}},
                [](const auto& in) {
                  return triangular_solve(detach(in[0]) - tensor<T>({{0, 0}, {0, 1}}), in[1]);
                });
}
EIGENGRAD_LIST_OP(TriangularSolve);

}  // namespace eigengrad
