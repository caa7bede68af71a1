#pragma once
// The rules of ops that go over axes: sums and what is built on them, extrema, products, softmax.

#include <eigengrad/ops/compare.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/extrema.hpp>
#include <eigengrad/ops/logsumexp.hpp>
#include <eigengrad/ops/product.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/transforms/elementwise_rules.hpp>
#include <eigengrad/ops/transforms/rule.hpp>
#include <eigengrad/ops/transforms/shape_rules.hpp>
#include <eigengrad/ops/variance.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
#include <cstddef>

namespace eigengrad::detail {

/// A reduction of the same axes that keeps them with extent 1.
[[nodiscard]] inline Reduction keeping(Reduction reduction) {
  reduction.result = reduction.kept;
  return reduction;
}

struct SumRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Tensor<T> g = reshape(b.gradient(), saved.reduction.kept);
      b.add(0, expand(saved.scale == 1.0 ? g : g * saved.scale, saved.shape));
    }
  }
};
template <>
struct Rule<Sum> : SumRule {};
template <>
struct Rule<Mean> : SumRule {};

template <>
struct Rule<Var> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Tensor<T>& x = *saved.x;
      const Tensor<T> center = sum_or_mean<Mean>(x, keeping(saved.reduction), true);
      const Tensor<T> g = reshape(b.gradient(), saved.reduction.kept);
      b.add(0, (g * static_cast<double>(T(2) / saved.count)) * (x - center));
    }
  }
};

template <>
struct Rule<LogSumExp> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Shape& kept = saved.reduction.kept;
      b.add(0, reshape(b.gradient(), kept) * exp(*saved.x - reshape(*saved.y, kept)));
    }
  }
};

/// Which elements tie, and with how many others, is a constant: the second derivative is 0.
struct ExtremumRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& x = *saved.x;
    const Tensor<T> y = saved.reduction.restore(*saved.y);
    Tensor<bool> tie = eq(x, y);
    if (saved.nan_shares) {
      tie = logical_or(tie, logical_and(isnan(x), isnan(y)));
    }
    const Tensor<T> ties = cast<T>(tie);
    const Tensor<T> count = sum_or_mean<Sum>(ties, keeping(saved.reduction), false);
    b.add(0, ties * (reshape(b.gradient(), saved.reduction.kept) / count));
  }
};
template <>
struct Rule<Max> : ExtremumRule {};
template <>
struct Rule<Min> : ExtremumRule {};

/// The products of the others as products over a square of n^2 elements with ones on its diagonal:
/// exact where some elements are 0, at any order.
template <>
struct Rule<Prod> {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& x = *saved.x;
    // The kept axes first, then the reduced ones.
    std::array<Index, max_rank> order{};
    std::array<Index, max_rank> back{};
    std::size_t at = 0;
    for (const bool reduced : {false, true}) {
      for (int axis = 0; axis < x.rank(); ++axis) {
        if (saved.reduction.reduces(axis) == reduced) {
          back[static_cast<std::size_t>(axis)] = static_cast<Index>(at);
          order[at++] = axis;
        }
      }
    }
    const Index n = saved.reduction.count;
    const Index rows = b.gradient().size();
    const Tensor<T> moved = permute_by(x, order);
    const Tensor<T> square = expand(reshape(moved, Shape{rows, 1, n}), Shape{rows, n, n});
    const Tensor<T> others = prod(where(cast<bool>(eye<T>(n)), T(1), square), {-1});
    const Tensor<T> dx = reshape(b.gradient(), Shape{rows, 1}) * others;
    b.add(0, permute_by(reshape(dx, moved.shape()), back));
  }
};

template <bool Log>
struct SoftmaxRule {
  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Shape lines{saved.split.outer, saved.split.n, saved.split.inner};
    const Tensor<T> y = reshape(*saved.y, lines);
    const Tensor<T> g = reshape(b.gradient(), lines);
    if constexpr (Log) {
      b.add(0, reshape(g - exp(y) * sum(g, {1}, KeepDims::yes), saved.y->shape()));
    } else {
      b.add(0, reshape(y * (g - sum(g * y, {1}, KeepDims::yes)), saved.y->shape()));
    }
  }
};
template <>
struct Rule<Softmax> : SoftmaxRule<false> {};
template <>
struct Rule<LogSoftmax> : SoftmaxRule<true> {};

}  // namespace eigengrad::detail
