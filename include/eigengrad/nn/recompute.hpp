#pragma once
// recompute_sequential: a Sequential in segments that are run again in the backward pass. Asked for
// by name; for other functions there is ops/recompute.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/recompute.hpp>
#include <eigengrad/tensor/tensor.hpp>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_segment_count(Index segments, Index layers) {
  throw_error<ValueError>("recompute_sequential",
                          {"expected 1 to ", layers, " segments, one a layer, got ", segments});
}

}  // namespace eigengrad::detail

namespace eigengrad::nn {

/// model(x) in `segments` runs of layers whose lengths differ by one at most; a tape keeps what
/// goes into each and its backward pass runs the layers again. About sqrt(layers) segments need the
/// least memory. The model must outlive the backward pass.
///
/// Throws:    ValueError unless 1 <= segments <= model.size(); as the model does
/// Cost:      a forward pass, and another one in the backward pass
/// Reference: PyTorch `torch.utils.checkpoint.checkpoint_sequential`, which does not recompute the
///            last segment
template <FloatScalar T>
[[nodiscard]] Tensor<T> recompute_sequential(const Sequential<T>& model, Index segments,
                                             const Tensor<T>& x) {
  const Index layers = model.size();
  if (segments < 1 || segments > layers) {
    eigengrad::detail::throw_segment_count(segments, layers);
  }
  Tensor<T> y = x;
  for (Index i = 0; i < segments; ++i) {
    const Index first = layers * i / segments;
    const Index last = layers * (i + 1) / segments;
    y = recompute(
        [&model, first, last](const Tensor<T>& in) { return model.apply(in, first, last); }, y);
  }
  return y;
}

}  // namespace eigengrad::nn
