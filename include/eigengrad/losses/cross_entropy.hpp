#pragma once
// Cross entropy over classes, from logits and from probabilities, against class indices or rows of
// class weights (one-hot). Given the result of softmax, both compute from its logits: see
// tensor/origin.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/kernels/loss.hpp>
#include <eigengrad/losses/loss.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/origin.hpp>

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_classes(std::string_view op) {
  throw_shape_error(op, {"prediction () has no axis of classes"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_class(std::string_view op, Index target, Index row,
                                                    Index classes) {
  throw_error<IndexError>(op,
                          {"target ", target, " at row ", row, " is outside [0, ", classes, ")"});
}

/// The shape of one loss for each row of classes: without the last axis. Throws: ShapeError
[[nodiscard]] inline Shape row_shape(std::string_view op, const Shape& x) {
  if (x.rank() == 0) {
    throw_no_classes(op);
  }
  Shape rows;
  for (int axis = 0; axis + 1 < x.rank(); ++axis) {
    rows.push_back(x[axis]);
  }
  return rows;
}

inline void check_classes(std::string_view op, const std::int64_t* classes, Index rows, Index n) {
  for (Index i = 0; i < rows; ++i) {
    if (classes[i] < 0 || classes[i] >= n) {
      throw_class(op, classes[i], i, n);
    }
  }
}

/// A loss of rows of classes. kernel(rows, n, x, value, slope) computes it.
template <class Op, FloatScalar T, class Kernel>
[[nodiscard]] Tensor<T> row_loss(std::string_view name, const Tensor<T>& x,
                                 const LossOptions<T>& options, bool recorded,
                                 const LossInputs<T>& inputs, const Kernel& kernel) {
  const Tensor<T> dense = packed(x);
  Tensor<T> values = uninitialized<T>(row_shape(name, x.shape()));
  Tensor<T> slope = uninitialized<T>(x.shape());
  kernel(values.size(), x.extent(-1), dense.data(), static_cast<T*>(values.body().data),
         static_cast<T*>(slope.body().data));
  return finish_loss(op_table<Op, T>, std::move(values), std::move(slope), options, recorded,
                     inputs, x);
}

/// The logits of the result of softmax or log_softmax along the last axis; undefined for others.
template <FloatScalar T>
[[nodiscard]] Tensor<T> softmax_origin(const Tensor<T>& x) {
  const Tensor<T> logits = origin_of(x, Origin::softmax_last);
  return logits.defined() ? logits : origin_of(x, Origin::log_softmax_last);
}

/// The cases of a loss of rows in the op suite: loss(prediction, target, options), predictions
/// drawn from `domain`.
template <class Cases, class Loss>
void class_cases(Cases& cases, std::string_view name, Domain domain, const Loss& loss) {
  const auto classes = [loss](LossReduction reduction) {
    return [loss, reduction]<class X>(const X& in) {
      using T = typename std::decay_t<decltype(in[0])>::value_type;
      return loss(in[0], tensor<std::int64_t>({2, 0, 1}),
                  LossOptions<T>{reduction, tensor<T>({T(1), T(0.5), T(2)})});
    };
  };
  const auto weights = [loss](LossReduction reduction) {
    return [loss, reduction]<class X>(const X& in) {
      using T = typename std::decay_t<decltype(in[0])>::value_type;
      return loss(in[0], tensor<T>({{T(0), T(0), T(1)}, {T(0.2), T(0.3), T(0.4)}}),
                  LossOptions<T>{reduction, {}});
    };
  };
  cases.add("classes, weighted mean of (3, 4)", {{3, 4}}, classes(LossReduction::mean), domain);
  cases.add("classes, weighted sum of (3, 16)", {{3, 16}}, classes(LossReduction::sum), domain);
  cases.add("classes, weighted none of (3, 37)", {{3, 37}}, classes(LossReduction::none), domain);
  cases.add("classes of (3, 1, 3)", {{3, 1, 3}}, classes(LossReduction::mean), domain);
  cases.add("one-hot, mean of (2, 3)", {{2, 3}}, weights(LossReduction::mean), domain);
  cases.add("one-hot, sum of (2, 3)", {{2, 3}}, weights(LossReduction::sum), domain);
  cases.add("one-hot, none of (2, 3)", {{2, 3}}, weights(LossReduction::none), domain);
  cases.vary(
      "classes of any rows", {{2, 3}},
      [loss](const auto& in) {
        using T = typename std::decay_t<decltype(in[0])>::value_type;
        Tensor<std::int64_t> target = zeros<std::int64_t>({in[0].extent(0)});
        for (Index i = 0; i < target.size(); ++i) {
          target.mutable_data()[i] = (7 * i + 1) % in[0].extent(1);
        }
        return loss(in[0], target, LossOptions<T>{});
      },
      domain);
  cases.vary(
      "soft targets of any rows", {{2, 3, 4}},
      [loss](const auto& in) {
        using T = typename std::decay_t<decltype(in[0])>::value_type;
        return loss(in[0], soft_targets(in[0]), LossOptions<T>{LossReduction::none, {}});
      },
      domain);
  cases.rejects(concat(name, ": target 2 at row 0 is outside [0, 2)"), {{3, 2}},
                classes(LossReduction::mean));
  cases.rejects(concat(name, ": target is (3,), prediction is (4, 3)"), {{4, 3}},
                classes(LossReduction::mean));
  cases.rejects(concat(name, ": target is (2, 3), prediction is (2, 4)"), {{2, 4}},
                weights(LossReduction::mean));
  cases.rejects(concat(name, ": prediction () has no axis of classes"), {{}},
                classes(LossReduction::mean));
}

}  // namespace detail

struct CrossEntropy : detail::LossRecord {
  static constexpr std::string_view name = "cross_entropy";
  static constexpr std::string_view doc =
      "logsumexp(z) - z[t] over rows of logits, averaged; or -sum of t log_softmax(z). "
      "dz = (softmax(z) - onehot(t)) / n.";
  template <class Cases>
  static void samples(Cases& cases) {
    detail::class_cases(cases, name, {},
                        [](const auto& z, const auto& target, const auto& options) {
                          return cross_entropy(z, target, options);
                        });
  }
};

namespace detail {

template <FloatScalar T>
[[nodiscard]] Tensor<T> cross_entropy_of(std::string_view name, const Tensor<T>& z,
                                         const Tensor<std::int64_t>& target,
                                         const LossOptions<T>& options, bool recorded) {
  const Shape rows = row_shape(name, z.shape());
  check_target(name, target.shape(), rows, z.shape());
  const Tensor<std::int64_t> classes = packed(target);
  check_classes(name, classes.data(), rows.size(), z.extent(-1));
  return row_loss<CrossEntropy>(name, z, options, recorded, LossInputs<T>{nullptr, &classes},
                                [&](Index m, Index n, const T* x, T* value, T* slope) {
                                  kernels::class_cross_entropy(m, n, x, classes.data(), value,
                                                               slope);
                                });
}

template <FloatScalar T>
[[nodiscard]] Tensor<T> cross_entropy_of(std::string_view name, const Tensor<T>& z,
                                         const Tensor<T>& target, const LossOptions<T>& options,
                                         bool recorded) {
  static_cast<void>(row_shape(name, z.shape()));
  check_target(name, target.shape(), z.shape(), z.shape());
  const Tensor<T> targets = packed(target);
  if (must_record(target)) {
    throw_live_target(name);
  }
  return row_loss<CrossEntropy>(name, z, options, recorded, LossInputs<T>{&target},
                                [&](Index m, Index n, const T* x, T* value, T* slope) {
                                  kernels::target_cross_entropy(m, n, x, targets.data(), value,
                                                                slope);
                                });
}

}  // namespace detail

/// Cross entropy between rows of logits and class indices, averaged over the rows:
/// mean_i( logsumexp(z_i) - z_i[t_i] ). Given the result of softmax (or log_softmax) over the last
/// axis, it takes the logits that softmax had, so that softmax is applied once.
///
/// Shapes:    z (..., classes), target (...) but for extents of 1 -> (), or (...) (reduction none)
/// Gradient:  (softmax(z) - onehot(t)) / n into z, n the number of rows
/// Throws:    ShapeError if the shapes do not fit; IndexError if a target is outside [0, classes)
/// Cost:      one pass forward, one backward; saves the derivative (..., classes)
/// Reference: Bishop 2006, eq. 4.108; PyTorch `cross_entropy`
template <FloatScalar T>
[[nodiscard]] Tensor<T> cross_entropy(const Tensor<T>& z, const Tensor<std::int64_t>& target,
                                      const std::type_identity_t<LossOptions<T>>& options = {}) {
  const Tensor<T> logits = detail::softmax_origin(z);
  return detail::cross_entropy_of(CrossEntropy::name, logits.defined() ? logits : z, target,
                                  options, detail::must_record(z));
}
/// The same against rows of class weights, one-hot or soft: -sum_j t_ij log_softmax(z_i)_j. The
/// rows need not sum to 1. No gradient flows into the target.
///
/// Shapes:    z (..., classes), target the same but for extents of 1 -> (), or (...)
/// Gradient:  (softmax(z) sum_j t_ij - t) / n into z
/// Throws:    ShapeError if the shapes differ; TapeError if the target is trainable or recorded
template <FloatScalar T>
[[nodiscard]] Tensor<T> cross_entropy(const Tensor<T>& z,
                                      const std::type_identity_t<Tensor<T>>& target,
                                      const std::type_identity_t<LossOptions<T>>& options = {}) {
  const Tensor<T> logits = detail::softmax_origin(z);
  return detail::cross_entropy_of(CrossEntropy::name, logits.defined() ? logits : z, target,
                                  options, detail::must_record(z));
}
EIGENGRAD_LIST_OP(CrossEntropy);

struct CategoricalCrossEntropy : detail::LossRecord {
  static constexpr std::string_view name = "categorical_cross_entropy";
  static constexpr std::string_view doc =
      "-sum of t log u over rows, averaged, u = p / sum of p clipped to [1e-7, 1 - 1e-7]; of a "
      "softmax's result, from its logits.";
  static constexpr double epsilon = 1e-7;
  template <class Cases>
  static void samples(Cases& cases) {
    detail::class_cases(cases, name, {0.05, 0.95},
                        [](const auto& p, const auto& target, const auto& options) {
                          return categorical_cross_entropy(p, target, options);
                        });
  }
};

/// Cross entropy between rows of probabilities and rows of class weights, one-hot or soft, averaged
/// over the rows. Rows of p are scaled to a sum of 1 and clipped to [1e-7, 1 - 1e-7] as in Keras.
/// When p is the result of softmax over the last axis, it is cross_entropy of softmax's input, with
/// and without a tape, and the gradient goes straight to the logits, not through p.
///
/// Shapes:    p (..., classes), target the same but for extents of 1 -> (), or (...)
/// Gradient:  with u = p / s and a = -t / u where u is not clipped, else 0:
///            (a - sum of a u) / (s n) into p; none into target
/// Throws:    ShapeError if the shapes differ; TapeError if the target is trainable or recorded
/// Cost:      a few passes over each row; saves the derivative
/// Reference: Keras `CategoricalCrossentropy`
template <FloatScalar T>
[[nodiscard]] Tensor<T> categorical_cross_entropy(
    const Tensor<T>& p, const std::type_identity_t<Tensor<T>>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  constexpr std::string_view name = CategoricalCrossEntropy::name;
  const Tensor<T> logits = detail::origin_of(p, detail::Origin::softmax_last);
  if (logits.defined()) {
    return detail::cross_entropy_of(name, logits, target, options, detail::must_record(p));
  }
  static_cast<void>(detail::row_shape(name, p.shape()));
  detail::check_target(name, target.shape(), p.shape(), p.shape());
  const Tensor<T> targets = detail::packed(target);
  if (detail::must_record(target)) {
    detail::throw_live_target(name);
  }
  return detail::row_loss<CategoricalCrossEntropy>(
      name, p, options, detail::must_record(p), detail::LossInputs<T>{&target},
      [&](Index m, Index n, const T* x, T* value, T* slope) {
        kernels::probability_cross_entropy(m, n, x, targets.data(),
                                           static_cast<T>(CategoricalCrossEntropy::epsilon), value,
                                           slope);
      });
}
/// The same against class indices.
///
/// Shapes:    p (..., classes), target (...) but for extents of 1 -> (), or (...)
/// Throws:    ShapeError if the shapes do not fit; IndexError if a target is outside [0, classes)
/// Reference: Keras `SparseCategoricalCrossentropy`
template <FloatScalar T>
[[nodiscard]] Tensor<T> categorical_cross_entropy(
    const Tensor<T>& p, const Tensor<std::int64_t>& target,
    const std::type_identity_t<LossOptions<T>>& options = {}) {
  constexpr std::string_view name = CategoricalCrossEntropy::name;
  const Tensor<T> logits = detail::origin_of(p, detail::Origin::softmax_last);
  if (logits.defined()) {
    return detail::cross_entropy_of(name, logits, target, options, detail::must_record(p));
  }
  const Shape rows = detail::row_shape(name, p.shape());
  const Index n = p.extent(-1);
  detail::check_target(name, target.shape(), rows, p.shape());
  const Tensor<std::int64_t> classes = detail::packed(target);
  detail::check_classes(name, classes.data(), rows.size(), n);
  Tensor<T> one_hot = zeros<T>(p.shape());
  T* const to = static_cast<T*>(one_hot.body().data);
  for (Index i = 0; i < rows.size(); ++i) {
    to[i * n + classes.data()[i]] = T(1);
  }
  return categorical_cross_entropy(p, one_hot, options);
}
EIGENGRAD_LIST_OP(CategoricalCrossEntropy);

}  // namespace eigengrad
