#pragma once
// cholesky: the triangular factor of a symmetric positive definite matrix.

#include <eigengrad/kernels/eigen/decompositions.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/linalg/matrix.hpp>
#include <eigengrad/ops/linalg/triangular_solve.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/matmul.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <string_view>

namespace eigengrad {

struct Cholesky {
  static constexpr std::string_view name = "cholesky";
  static constexpr std::string_view doc =
      "Lower triangular L with L L^T = a. da = the symmetric part of L^-T phi(L^T g) L^-1.";

  template <class T>
  struct Payload {
    detail::Saved<T> factor;
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    if (!b.wants(0)) {
      return;
    }
    const auto& factor = *saved.factor;
    const auto inner = phi(matmul(transpose(factor), tril(b.gradient())));
    // L^-T inner L^-1
    const auto left = detail::solve_triangle(transpose(factor), inner, true, false);
    const auto s =
        transpose(detail::solve_triangle(transpose(factor), transpose(left), true, false));
    b.add(0, (s + transpose(s)) * 0.5);
  }

  template <class F, class P>
  static void jvp(F& f, P& saved) {
    const auto& factor = *saved.factor;
    const auto t = f.tangent(0);
    const auto symmetric = (t + transpose(t)) * 0.5;
    const auto left = detail::solve_triangle(factor, symmetric, false, false);
    const auto inner = detail::solve_triangle(factor, transpose(left), false, false);
    f.set(matmul(factor, phi(transpose(inner))));
  }

  template <class Cases>
  static void samples(Cases& cases);

 private:
  /// The lower triangle with half of the diagonal.
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> phi(const Tensor<T>& x) {
    return (tril(x) + tril(x, -1)) * 0.5;
  }
};

/// The lower triangular L with a positive diagonal and L L^T = a. Only the lower triangle of a is
/// read: a is taken to be symmetric.
///
/// Shapes:    (..., n, n) -> the same
/// Gradient:  L^-T phi(L^T g) L^-1, made symmetric, where phi keeps the lower triangle and half of
///            the diagonal
/// Throws:    ShapeError if a is not square; ValueError, with the matrix and the pivot, if it is
///            not positive definite
/// Cost:      n^3 / 3 flops for each matrix, backward about 3 n^3; saves L
/// Reference: PyTorch `linalg.cholesky`; Murray 2016, "Differentiation of the Cholesky
///            decomposition"
template <FloatScalar T>
[[nodiscard]] Tensor<T> cholesky(const Tensor<T>& a) {
  detail::check_square(Cholesky::name, a.shape());
  const Index n = a.extent(-1);
  const Shape batch = detail::batch_of(a.shape());
  Tensor<T> factor = detail::copied(a);
  T* const elements = static_cast<T*>(factor.body().data);
  for (Index i = 0; i < batch.size(); ++i) {
    const Index pivot = kernels::cholesky_decompose(n, elements + i * n * n);
    if (pivot >= 0) {
      detail::throw_pivot(Cholesky::name, batch, i, "not positive definite", pivot, "not positive");
    }
  }
  if (detail::must_record(a)) {
    detail::record<Cholesky>(
        factor, [&](detail::Saver& save) { return Cholesky::Payload<T>{save(factor)}; }, a);
  }
  return factor;
}

template <class Cases>
void Cholesky::samples(Cases& cases) {
  using T = typename Cases::value_type;
  const auto of_square = [](const auto& in) {
    const Index n = in[0].extent(-2);
    return cholesky(matmul(in[0], transpose(in[0])) + eye<T>(n) * static_cast<double>(n));
  };
  cases.vary("(3, 3)", {{3, 2}}, of_square);
  cases.add("(1, 1)", {{1, 1}}, of_square);
  cases.vary("batch", {{4, 2, 2}}, of_square);
  cases.add("no rows", {{0, 0}}, [](const auto& in) { return cholesky(in[0]); });
  const auto plain = [](const auto& in) { return cholesky(in[0]); };
  cases.rejects("cholesky: expected square matrices: (2, 3)", {{2, 3}}, plain);
  cases.rejects("cholesky: expected at least two axes: (3,)", {{3}}, plain);
  cases.rejects("cholesky: the matrix is not positive definite: pivot 1 is not positive", {{2, 2}},
                plain);
  cases.rejects("cholesky: matrix (0, 0) is not positive definite: pivot 0 is not positive",
                {{2, 1, 2, 2}}, [](const auto& in) { return cholesky(detach(in[0]) - 3.0); });
}
EIGENGRAD_LIST_OP(Cholesky);

}  // namespace eigengrad
