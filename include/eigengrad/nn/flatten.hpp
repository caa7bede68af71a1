#pragma once
// Flatten: all axes but the first into one.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/ops/shape.hpp>

#include <string_view>

namespace eigengrad::nn {

/// The elements of each sample in one row.
///
/// Shapes:    (n, ...) -> (n, m), m the product of the other extents
/// Reference: Keras `Flatten`, PyTorch `Flatten`
struct Flatten {
  static constexpr std::string_view kind = "Flatten";
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return x.rank() == 2 ? x : x.rank() == 1 ? unsqueeze(x, 1) : flatten(x, 1);
  }
};

}  // namespace eigengrad::nn
