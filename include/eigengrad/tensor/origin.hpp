#pragma once
// The logits that a probability came from: sigmoid and softmax leave a handle to their input on
// their result, tape or no tape, so that losses always compute from the logits and are exact in the
// tails.

#include <eigengrad/tensor/tensor.hpp>

namespace eigengrad::detail {

/// Notes that `y` is the function `kind` of `x`. A later in-place change of either forgets it. When
/// y was not recorded (under NoGrad, say), it is a constant and so are its logits: a loss of y must
/// not reach what x depends on.
template <FloatScalar T>
void set_origin(Tensor<T>& y, const Tensor<T>& x, Origin kind) {
  TensorBody& to = y.body();
  const TensorBody& from = x.body();
  const bool differentiable = from.link.tape != 0 || (from.leaf != nullptr && from.leaf->trainable);
  Tensor<T> logits =
      differentiable && to.link.tape == 0 ? make_view(x, x.shape(), x.strides(), 0) : x;
  to.origin_version = version_of(&logits.body());
  to.origin_kind = kind;
  to.origin = logits.release();
}

/// The tensor that `y` is the function `kind` of; undefined if it is not known to be one.
template <FloatScalar T>
[[nodiscard]] Tensor<T> origin_of(const Tensor<T>& y, Origin kind) {
  const TensorBody& body = y.body();
  if (body.origin_kind != kind || body.origin == nullptr ||
      version_of(body.origin) != body.origin_version) {
    return {};
  }
  retain(body.origin);
  return Tensor<T>(body.origin);
}

}  // namespace eigengrad::detail
