#pragma once
// softmax and log_softmax along one axis. Their results along the last axis carry their logits, so
// that the losses of losses/ compute from those. Leaves out logsumexp: logsumexp.hpp.

#include <eigengrad/kernels/softmax.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/origin.hpp>

namespace eigengrad {

namespace detail {

/// The tape's view of softmax (Log: of its logarithm).
template <bool Log>
struct SoftmaxRecord {
  template <class T>
  struct Payload {
    Saved<T> y;
    kernels::AxisSplit split;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& y = *saved.y;
    const Tensor<T> g = packed(b.gradient());
    const auto target = b.template target<T>(0, y.shape());
    if (target.add) {
      kernels::softmax_gradient<Log, true>(saved.split, y.data(), g.data(), target.data);
    } else {
      kernels::softmax_gradient<Log, false>(saved.split, y.data(), g.data(), target.data);
    }
  }
};

template <class Op, bool Log, FloatScalar T>
[[nodiscard]] Tensor<T> softmax(const Tensor<T>& x, Index axis) {
  // A scalar counts as one element along its axis 0, as in PyTorch.
  const int rank = x.rank() == 0 ? 1 : x.rank();
  const int at = normalize_axis(Op::name, axis, rank);
  const kernels::AxisSplit split(x.shape(), at);
  Tensor<T> y = uninitialized<T>(x.shape());
  kernels::softmax<Log>(split, packed(x).data(), static_cast<T*>(y.body().data));
  if (must_record(x)) {
    record<Op>(
        y,
        [&](Saver& save) {
          return typename Op::template Payload<T>{save(y), split};
        },
        x);
  }
  if (at == rank - 1) {
    set_origin(y, x, Log ? Origin::log_softmax_last : Origin::softmax_last);
  }
  return y;
}

}  // namespace detail

struct Softmax : detail::SoftmaxRecord<false> {
  static constexpr std::string_view name = "softmax";
  static constexpr std::string_view doc =
      "exp(x) over its sum along an axis, without overflow. dx = y (g - sum of g y).";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(3, 5), last axis", {{3, 5}}, [](const auto& in) { return softmax(in[0]); });
    cases.vary("axis 0 of (3, 5)", {{3, 5}}, [](const auto& in) { return softmax(in[0], 0); });
    cases.vary("middle axis", {{2, 4, 3}}, [](const auto& in) { return softmax(in[0], 1); });
    cases.vary("a long row", {{2, 37}}, [](const auto& in) { return softmax(in[0], -1); });
    cases.add("extent 1", {{3, 1}}, [](const auto& in) { return softmax(in[0]); });
    cases.add("a scalar", {{}}, [](const auto& in) { return softmax(in[0]); });
    cases.add("no rows", {{0, 3}}, [](const auto& in) { return softmax(in[0]); });
    cases.add("empty rows", {{2, 0}}, [](const auto& in) { return softmax(in[0]); });
    cases.rejects("softmax: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return softmax(in[0], 2); });
  }
};

/// exp(x) divided by its sum along an axis. The largest element is subtracted first: finite for
/// any finite input. A line with a NaN, with +inf, or of nothing but -inf gives NaN.
///
/// Shapes:    any -> the same; a scalar has the one axis 0
/// Gradient:  y (g - sum of g y)
/// Throws:    IndexError if the axis is out of range
/// Cost:      two passes over each row; saves the result
/// Reference: Bishop 2006, eq. 4.62; PyTorch `softmax`
template <FloatScalar T>
[[nodiscard]] Tensor<T> softmax(const Tensor<T>& x, Index axis = -1) {
  return detail::softmax<Softmax, false>(x, axis);
}
EIGENGRAD_LIST_OP(Softmax);

struct LogSoftmax : detail::SoftmaxRecord<true> {
  static constexpr std::string_view name = "log_softmax";
  static constexpr std::string_view doc =
      "x minus its logsumexp along an axis: log of softmax. dx = g - exp(y) sum of g.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(3, 5), last axis", {{3, 5}}, [](const auto& in) { return log_softmax(in[0]); });
    cases.vary("axis 0 of (3, 5)", {{3, 5}}, [](const auto& in) { return log_softmax(in[0], 0); });
    cases.vary("middle axis", {{2, 4, 3}}, [](const auto& in) { return log_softmax(in[0], 1); });
    cases.vary("a long row", {{2, 37}}, [](const auto& in) { return log_softmax(in[0], -1); });
    cases.add("extent 1", {{3, 1}}, [](const auto& in) { return log_softmax(in[0]); });
    cases.add("a scalar", {{}}, [](const auto& in) { return log_softmax(in[0]); });
    cases.add("no rows", {{0, 3}}, [](const auto& in) { return log_softmax(in[0]); });
    cases.rejects("log_softmax: axis -3 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return log_softmax(in[0], -3); });
  }
};

/// The logarithm of softmax, x - logsumexp(x) along an axis, exact where softmax itself is 0 in
/// floating point. NaN as for softmax; -inf gives -inf in a line with finite elements.
///
/// Shapes:    any -> the same; a scalar has the one axis 0
/// Gradient:  g - exp(y) sum of g
/// Throws:    IndexError if the axis is out of range
/// Cost:      two passes over each row; saves the result
/// Reference: PyTorch `log_softmax`
template <FloatScalar T>
[[nodiscard]] Tensor<T> log_softmax(const Tensor<T>& x, Index axis = -1) {
  return detail::softmax<LogSoftmax, true>(x, axis);
}
EIGENGRAD_LIST_OP(LogSoftmax);

}  // namespace eigengrad
