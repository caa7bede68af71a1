#pragma once
// Logarithms of determinants: slogdet and logdet.

#include <eigengrad/ops/linalg/matrix.hpp>
#include <eigengrad/ops/linalg/solve.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <cstdint>
#include <string_view>

namespace eigengrad {

/// What slogdet gives: the determinant is sign exp(logabsdet).
template <FloatScalar T>
struct SlogdetResult {
  Tensor<T> sign;  // 1 or -1, a constant
  Tensor<T> logabsdet;
};

struct Slogdet {
  static constexpr std::string_view name = "slogdet";
  static constexpr std::string_view doc =
      "Logarithm of the absolute value of a determinant. da = g a^-T.";

  template <class T>
  struct Payload {
    detail::Saved<T> a;
    detail::Saved<T> lu;
    detail::Saved<std::int64_t> exchanges;

    /// a^-T, recorded.
    [[nodiscard]] Tensor<T> inverse_transposed() const {
      const Tensor<T> one = detail::expanded(eye<T>(a->extent(-1)), a->shape());
      return detail::solve_factored(*a, detail::Factors<T>{*lu, *exchanges}, one, true);
    }
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    if (b.wants(0)) {
      const Shape scale = detail::with_matrix(detail::batch_of(saved.a->shape()), 1, 1);
      b.add(0, reshape(b.gradient(), scale) * saved.inverse_transposed());
    }
  }
  template <class F, class P>
  static void jvp(F& f, P& saved) {
    f.set(sum(saved.inverse_transposed() * f.tangent(0), {-2, -1}));
  }

  template <class Cases>
  static void samples(Cases& cases);
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_negative_determinant(const Shape& batch, Index i) {
  Shape place = batch;
  for (int axis = batch.rank() - 1; axis >= 0; --axis) {
    place.set(axis, i % batch[axis]);
    i /= batch[axis];
  }
  const std::string at = batch.rank() == 0 ? "the matrix" : concat("matrix ", place);
  throw_error<ValueError>("logdet", {at, " has a negative determinant; slogdet gives its sign"});
}

/// `positive`: throws for a negative determinant.
template <FloatScalar T>
[[nodiscard]] SlogdetResult<T> signed_logarithm(std::string_view op, const Tensor<T>& a,
                                                bool positive) {
  check_square(op, a.shape());
  const Index n = a.extent(-1);
  const Shape batch = batch_of(a.shape());
  const Factors<T> factors = factorize(op, a);
  SlogdetResult<T> result{empty<T>(batch), empty<T>(batch)};
  for (Index i = 0; i < batch.size(); ++i) {
    const T* const lu = factors.lu.data() + i * n * n;
    T sign = T(1);
    T sum = T(0);
    for (Index k = 0; k < n; ++k) {
      const T pivot = lu[k * (n + 1)];
      const bool exchanged = factors.exchanges.data()[i * n + k] != k;
      sign = (pivot < T(0)) != exchanged ? -sign : sign;
      sum += std::log(std::abs(pivot));
    }
    if (positive && sign < T(0)) {
      throw_negative_determinant(batch, i);
    }
    fresh_data(result.sign)[i] = sign;
    fresh_data(result.logabsdet)[i] = sum;
  }
  if (must_record(a)) {
    record<Slogdet>(
        result.logabsdet,
        [&](Saver& save) {
          return Slogdet::Payload<T>{save(a), save(factors.lu), save(factors.exchanges)};
        },
        a);
  }
  return result;
}

}  // namespace detail

/// Sign and logarithm of the absolute value of the determinant of each matrix: neither overflows
/// where the determinant does.
///
/// Shapes:    (..., n, n) -> two of (...)
/// Gradient:  g a^-T through logabsdet; none through sign
/// Throws:    ShapeError if a is not square; ValueError, with the matrix and the pivot, for one
///            that is singular, where NumPy gives (0, -inf): there is no gradient
/// Cost:      2/3 n^3 flops for each matrix, backward 2 n^3; saves a and its decomposition
/// Reference: NumPy `linalg.slogdet`, PyTorch `linalg.slogdet`
template <FloatScalar T>
[[nodiscard]] SlogdetResult<T> slogdet(const Tensor<T>& a) {
  return detail::signed_logarithm(Slogdet::name, a, false);
}

/// The logarithm of the determinant of each matrix, where it is positive.
///
/// Shapes:    (..., n, n) -> (...)
/// Gradient:  g a^-T
/// Throws:    as slogdet; ValueError, with the matrix, for a negative determinant, where PyTorch
///            gives nan
/// Cost:      as slogdet
/// Reference: PyTorch `logdet`
template <FloatScalar T>
[[nodiscard]] Tensor<T> logdet(const Tensor<T>& a) {
  return detail::signed_logarithm("logdet", a, true).logabsdet;
}

template <class Cases>
void Slogdet::samples(Cases& cases) {
  using T = typename Cases::value_type;
  const auto shifted = [](const auto& in) {
    const Index n = in[0].extent(-1);
    return logdet(in[0] + eye<T>(n) * static_cast<double>(n + 2));
  };
  const auto exchanged = [](const auto& in) {
    return slogdet(in[0] + tensor<T>({{0, 3, 0}, {3, 0, 0}, {0, 0, 3}})).logabsdet;
  };
  constexpr Domain small{-1, 1};
  cases.vary("(3, 3)", {{3, 3}}, shifted, small);
  cases.add("(1, 1)", {{1, 1}}, shifted, small);
  cases.vary("batch", {{4, 1, 2, 2}}, shifted, small);
  cases.vary("a table of matrices", {{4, 3, 2, 2}}, shifted, small);
  cases.add("negative", {{3, 3}}, exchanged, small);
  cases.add("no rows", {{2, 0, 0}}, [](const auto& in) { return logdet(in[0]); });
  const auto plain = [](const auto& in) { return slogdet(in[0]).logabsdet; };
  cases.rejects("slogdet: expected square matrices: (2, 3)", {{2, 3}}, plain);
  cases.rejects("slogdet: expected at least two axes: (3,)", {{3}}, plain);
  cases.rejects("slogdet: matrix (0,) is singular: pivot 1 is 0", {{2, 2, 2}}, plain);
  cases.rejects("logdet: the matrix is singular: pivot 1 is 0", {{2, 2}},
                [](const auto& in) { return logdet(in[0]); });
  cases.rejects("logdet: matrix (1, 0) has a negative determinant; slogdet gives its sign",
                {{2, 1, 2, 2}}, [](const auto& in) {
                  return logdet(detach(in[0]) * tensor<T>({2, 1, 1, 1, 1, 1, 1, 0}, {2, 1, 2, 2}));
                });
}
EIGENGRAD_LIST_OP(Slogdet);

}  // namespace eigengrad
