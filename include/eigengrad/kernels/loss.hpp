#pragma once
// Losses and their derivatives in one pass: elementwise ones, and those of rows of classes. Every
// loss writes both its value and its slope, recorded or not, so that the value has the same bits
// either way. Everything is contiguous.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/kernels/map.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/kernels/packet.hpp>
#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/kernels/softmax.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY {

/// A loss and its derivative by the prediction.
template <class S>
struct LossAndSlope {
  S value;
  S slope;
};

/// A loss of single elements, its type erased: value[i], slope[i] = loss(x[i], target[i]) for n
/// elements. It refers to the loss that it was made from.
template <FloatScalar T>
struct LossFunction {
  void (*run)(const void* loss, Index n, const T* x, const T* target, T* value, T* slope) noexcept;
  const void* loss;
};

namespace loss_detail {

template <FloatScalar T, class Loss>
void run(const void* erased, Index n, const T* x, const T* target, T* value, T* slope) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  const Loss& loss = *static_cast<const Loss*>(erased);
  for (Index i = 0; i < n; i += lanes) {
    const Index count = std::min(lanes, n - i);
    const LossAndSlope<Packet<T>> both =
        loss.f(softmax_detail::load_some(x + i, count, count),
               softmax_detail::load_some(target + i, count, count));
    softmax_detail::store_some(value + i, both.value, count, count);
    softmax_detail::store_some(slope + i, both.slope, count, count);
  }
}

}  // namespace loss_detail

/// Whether an element is outside [0, 1] or NaN.
template <FloatScalar T>
[[nodiscard]] bool leaves_unit_interval(const T* x, Index n) noexcept {
  constexpr Index lanes = Packet<T>::lanes;
  for (Index i = 0; i < n; i += lanes) {
    const Index count = std::min(lanes, n - i);
    const Packet<T> p = softmax_detail::load_some(x + i, count, count);
    if (any(!(p >= Packet<T>(T(0)) && p <= Packet<T>(T(1))))) {
      return true;
    }
  }
  return false;
}

/// `loss`, whose f(x, target) takes packets and gives their LossAndSlope.
template <FloatScalar T, class Loss>
[[nodiscard]] LossFunction<T> loss_function(const Loss& loss) noexcept {
  return {&loss_detail::run<T, Loss>, &loss};
}

/// value[i], slope[i] = loss(x[i], target[i]). Throws nothing.
template <FloatScalar T>
void elementwise_loss(const LossFunction<T>& f, Index n, const T* x, const T* target, T* value,
                      T* slope) noexcept {
  parallel_for(n, map_grain, [&](Index begin, Index end) noexcept {
    f.run(f.loss, end - begin, x + begin, target + begin, value + begin, slope + begin);
  });
}

namespace loss_detail {

using softmax_detail::each_packet;
using softmax_detail::load_some;
using softmax_detail::store_some;

/// -log softmax(z)[target] of a row of n logits; slope = softmax(z) - one_hot(target).
template <FloatScalar T>
inline T class_row(const T* z, Index n, Index room, Index target, T* slope) noexcept {
  const T largest = softmax_detail::row_maximum(z, n, room);
  const double sum = softmax_detail::row_exponentials<true>(z, largest, slope, n, room);
  const T scale = static_cast<T>(1.0 / sum);
  each_packet<T>(n, [=](Index i, Index count) {
    store_some(slope + i, load_some(slope + i, count, room - i) * scale, count, room - i);
  });
  slope[target] -= T(1);
  return static_cast<T>(math::log(sum)) - (z[target] - largest);
}

/// -sum of t log softmax(z) over a row; slope = softmax(z) sum of t - t. A target of 0 counts
/// nothing, whatever its logit.
template <FloatScalar T>
inline T target_row(const T* z, Index n, Index room, const T* target, T* slope) noexcept {
  const T largest = softmax_detail::row_maximum(z, n, room);
  const double sum = softmax_detail::row_exponentials<true>(z, largest, slope, n, room);
  const auto log_sum = static_cast<T>(math::log(sum));
  const double total = softmax_detail::row_sum<T>(
      n, [=](Index i, Index count) { return load_some(target + i, count, room - i); });
  const double value = softmax_detail::row_sum<T>(n, [=](Index i, Index count) {
    const Packet<T> t = load_some(target + i, count, room - i);
    const Packet<T> log_p = (load_some(z + i, count, room - i) - largest) - log_sum;
    return math::select(t == T(0), T(0), -(t * log_p));
  });
  const T scale = static_cast<T>(total / sum);
  each_packet<T>(n, [=](Index i, Index count) {
    store_some(
        slope + i,
        load_some(slope + i, count, room - i) * scale - load_some(target + i, count, room - i),
        count, room - i);
  });
  return static_cast<T>(value);
}

/// -sum of t log u over a row, u = p / sum of p clipped to [epsilon, 1 - epsilon]; slope is its
/// derivative by p, where a clipped element counts nothing.
template <FloatScalar T>
inline T probability_row(const T* p, Index n, Index room, const T* target, T epsilon,
                         T* slope) noexcept {
  const T high = T(1) - epsilon;
  const auto sum = static_cast<T>(softmax_detail::row_sum<T>(
      n, [=](Index i, Index count) { return load_some(p + i, count, room - i); }));
  // With u = p / s: d/dp_j = (a_j - sum_k a_k u_k) / s, a = -t / u inside and 0 outside.
  const double inside = softmax_detail::row_sum<T>(n, [=](Index i, Index count) {
    const Packet<T> u = load_some(p + i, count, room - i) / sum;
    return math::select(u >= epsilon && u <= high, load_some(target + i, count, room - i), T(0));
  });
  const double value = softmax_detail::row_sum<T>(n, [=](Index i, Index count) {
    const Packet<T> u = load_some(p + i, count, room - i) / sum;
    const Packet<T> clipped = math::minimum(math::maximum(u, epsilon), high);
    return -(load_some(target + i, count, room - i) * math::log(clipped));
  });
  const auto common = static_cast<T>(inside);
  each_packet<T>(n, [=](Index i, Index count) {
    const Packet<T> u = load_some(p + i, count, room - i) / sum;
    const Packet<T> own =
        math::select(u >= epsilon && u <= high, load_some(target + i, count, room - i) / u, T(0));
    store_some(slope + i, (common - own) / sum, count, room - i);
  });
  return static_cast<T>(value);
}

/// Calls row(i, room) for every row of n elements; `room` as in softmax_detail::row.
template <class Row>
void each_row(Index rows, Index n, const Row& row) {
  parallel_for(rows, std::max<Index>(1, softmax_detail::grain / std::max<Index>(1, n)),
               [&](Index begin, Index end) noexcept {
                 for (Index i = begin; i < end; ++i) {
                   row(i, (end - i) * n);
                 }
               });
}

}  // namespace loss_detail

/// Cross entropy of each row of logits (rows, n) with a class in [0, n). Throws nothing.
template <FloatScalar T>
void class_cross_entropy(Index rows, Index n, const T* z, const std::int64_t* classes, T* value,
                         T* slope) {
  loss_detail::each_row(rows, n, [=](Index i, Index room) {
    value[i] = loss_detail::class_row(z + i * n, n, room, Index{classes[i]}, slope + i * n);
  });
}

/// Cross entropy of each row of logits (rows, n) with target weights of its classes (rows, n).
/// Throws nothing.
template <FloatScalar T>
void target_cross_entropy(Index rows, Index n, const T* z, const T* target, T* value, T* slope) {
  loss_detail::each_row(rows, n, [=](Index i, Index room) {
    value[i] = loss_detail::target_row(z + i * n, n, room, target + i * n, slope + i * n);
  });
}

/// The same from probabilities, which are scaled to a sum of 1 and clipped. Throws nothing.
template <FloatScalar T>
void probability_cross_entropy(Index rows, Index n, const T* p, const T* target, T epsilon,
                               T* value, T* slope) {
  loss_detail::each_row(rows, n, [=](Index i, Index room) {
    value[i] =
        loss_detail::probability_row(p + i * n, n, room, target + i * n, epsilon, slope + i * n);
  });
}

}  // namespace eigengrad::kernels::inline EIGENGRAD_KERNELS_KEY
