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
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Tensor<T> g = reshape(b.gradient(), b.lead().with(saved.reduction.kept));
      b.add(0, expand(saved.scale == 1.0 ? g : g * saved.scale, b.lead().with(saved.shape)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Tensor<T> t = sum_or_mean<Sum>(f.tangent(0), f.lead().reduction(saved.reduction), false);
    f.set(saved.scale == 1.0 ? t : t * saved.scale);
  }
};
template <>
struct Rule<Sum> : SumRule {};
template <>
struct Rule<Mean> : SumRule {};

template <>
struct Rule<Var> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Tensor<T>& x = *saved.x;
      const Tensor<T> center = sum_or_mean<Mean>(x, keeping(saved.reduction), true);
      const Tensor<T> g = reshape(b.gradient(), b.lead().with(saved.reduction.kept));
      b.add(0, (g * static_cast<double>(T(2) / saved.count)) * (x - center));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Tensor<T>& x = *saved.x;
    const Tensor<T> center = sum_or_mean<Mean>(x, keeping(saved.reduction), true);
    f.set(
        sum_or_mean<Sum>((x - center) * f.tangent(0), f.lead().reduction(saved.reduction), false) *
        static_cast<double>(T(2) / saved.count));
  }
};

template <>
struct Rule<LogSumExp> {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Shape& kept = saved.reduction.kept;
      const Tensor<T> g = reshape(b.gradient(), b.lead().with(kept));
      b.add(0, g * exp(*saved.x - reshape(*saved.y, kept)));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Tensor<T> weight = exp(*saved.x - reshape(*saved.y, saved.reduction.kept));
    f.set(sum_or_mean<Sum>(weight * f.tangent(0), f.lead().reduction(saved.reduction), false));
  }
};

/// Which elements tie, and with how many others, is a constant: the second derivative is 0.
struct ExtremumRule {
  static constexpr bool takes_lead = true;

  /// 1 at the elements that the result comes from, and how many share it.
  template <FloatScalar T>
  struct Ties {
    Tensor<T> ties;
    Tensor<T> count;
  };
  template <FloatScalar T, class Payload>
  [[nodiscard]] static Ties<T> find(Payload& saved, const Tensor<T>& x) {
    const Tensor<T> y = saved.reduction.restore(*saved.y);
    Tensor<bool> tie = eq(x, y);
    if (saved.nan_shares) {
      tie = logical_or(tie, logical_and(isnan(x), isnan(y)));
    }
    const Tensor<T> ties = cast<T>(tie);
    return {ties, sum_or_mean<Sum>(ties, keeping(saved.reduction), false)};
  }

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (b.wants(0)) {
      const Ties<T> found = find<T>(saved, *saved.x);
      const Tensor<T> g = reshape(b.gradient(), b.lead().with(saved.reduction.kept));
      b.add(0, found.ties * (g / found.count));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Ties<T> found = find<T>(saved, *saved.x);
    const Tensor<T> total =
        sum_or_mean<Sum>(found.ties * f.tangent(0), f.lead().reduction(saved.reduction), false);
    f.set(total / reshape(found.count, f.result().shape()));
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
    if (b.wants(0)) {
      b.add(0, by_square(*saved.x, saved.reduction, b.gradient()));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Tensor<T>& x = *saved.x;
    const Tensor<T> one = full<T>(saved.reduction.kept, T(1));
    // Without the square, unless somebody differentiates by x again.
    const Tensor<T> others = must_record(x) ? by_square(x, saved.reduction, one)
                                            : Prod::products_of_others(x, saved.reduction, one);
    f.set(sum_or_mean<Sum>(f.tangent(0) * others, saved.reduction, false));
  }

 private:
  /// Prod::products_of_others as a function that is recorded.
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> by_square(const Tensor<T>& x, const Reduction& reduction,
                                           const Tensor<T>& gradient) {
    // The kept axes first, then the reduced ones.
    std::array<Index, max_rank> order{};
    std::array<Index, max_rank> back{};
    std::size_t at = 0;
    for (const bool reduced : {false, true}) {
      for (int axis = 0; axis < x.rank(); ++axis) {
        if (reduction.reduces(axis) == reduced) {
          back[static_cast<std::size_t>(axis)] = static_cast<Index>(at);
          order[at++] = axis;
        }
      }
    }
    const Index n = reduction.count;
    const Index rows = gradient.size();
    const Tensor<T> moved = permute_by(x, order);
    const Tensor<T> square = expand(reshape(moved, Shape{rows, 1, n}), Shape{rows, n, n});
    const Tensor<T> others = prod(where(cast<bool>(eye<T>(n)), T(1), square), {-1});
    const Tensor<T> dx = reshape(gradient, Shape{rows, 1}) * others;
    return permute_by(reshape(dx, moved.shape()), back);
  }
};

template <bool Log>
struct SoftmaxRule {
  static constexpr bool takes_lead = true;

  template <FloatScalar T, class Payload>
  static void vjp(GraphBackward<T>& b, Payload& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Shape lines{saved.split.outer, saved.split.n, saved.split.inner};
    const Tensor<T> y = reshape(*saved.y, lines);
    const Tensor<T> g = reshape(b.gradient(), b.lead().with(lines));
    const Index axis = b.lead().axes() + 1;
    const Shape shape = b.lead().with(saved.y->shape());
    if constexpr (Log) {
      b.add(0, reshape(g - exp(y) * sum(g, {axis}, KeepDims::yes), shape));
    } else {
      b.add(0, reshape(y * (g - sum(g * y, {axis}, KeepDims::yes)), shape));
    }
  }
  template <FloatScalar T, class Payload>
  static void jvp(TangentForward<T>& f, Payload& saved) {
    const Shape lines{saved.split.outer, saved.split.n, saved.split.inner};
    const Tensor<T> y = reshape(*saved.y, lines);
    const Tensor<T> t = reshape(f.tangent(0), f.lead().with(lines));
    const Index axis = f.lead().axes() + 1;
    const Shape shape = f.lead().with(saved.y->shape());
    if constexpr (Log) {
      f.set(reshape(t - sum(exp(y) * t, {axis}, KeepDims::yes), shape));
    } else {
      f.set(reshape(y * (t - sum(y * t, {axis}, KeepDims::yes)), shape));
    }
  }
};
template <>
struct Rule<Softmax> : SoftmaxRule<false> {};
template <>
struct Rule<LogSoftmax> : SoftmaxRule<true> {};

}  // namespace eigengrad::detail
