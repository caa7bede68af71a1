#pragma once
// Gradient clipping, between Tape::backward and Optimizer::step.

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace eigengrad::optim {

/// Scales all gradients by max_norm / (norm + 1e-6) if their joint 2-norm is larger than max_norm;
/// gives the norm before. Parameters without a fresh gradient do not count. A norm of NaN or
/// infinity spreads NaN, as in PyTorch.
///
/// Throws:    ValueError if max_norm is not positive
/// Reference: Pascanu, Mikolov, Bengio 2013; PyTorch `clip_grad_norm_`. Keras's `global_clipnorm`
///            divides by max(norm, max_norm), without the 1e-6.
template <FloatScalar T>
double clip_by_global_norm(const std::vector<Parameter<T>>& parameters, double max_norm) {
  eigengrad::detail::check_positive("clip_by_global_norm", "max_norm", max_norm);
  double squares = 0;
  for (const Parameter<T>& parameter : parameters) {
    if (parameter.has_gradient()) {
      const T* const g = parameter.gradient().data();
      // Blocks keep the pairwise order; their sums are added in double.
      constexpr Index block = 4096;
      T buffer[block];
      for (Index i = 0; i < parameter.size(); i += block) {
        const Index n = parameter.size() - i < block ? parameter.size() - i : block;
        kernels::map_dense([](auto x) { return x * x; }, n, buffer, std::array<const T*, 1>{g + i});
        squares += static_cast<double>(kernels::reduce_detail::run(kernels::SumOf<T>{}, buffer, n));
      }
    }
  }
  const double norm = std::sqrt(squares);
  const double scale = max_norm / (norm + 1e-6);
  if (!(scale >= 1.0)) {
    for (Parameter<T> parameter : parameters) {  // a handle
      if (parameter.has_gradient()) {
        T* const g = parameter.mutable_gradient().mutable_data();
        const T factor = static_cast<T>(scale);
        kernels::map_dense([factor](auto x) { return x * factor; }, parameter.size(), g,
                           std::array<const T*, 1>{g});
      }
    }
  }
  return norm;
}

/// Limits every element of every fresh gradient to [-limit, limit]; NaN stays NaN.
///
/// Throws:    ValueError if limit is not positive
/// Reference: PyTorch `clip_grad_value_`; Keras `clipvalue`
template <FloatScalar T>
void clip_by_value(const std::vector<Parameter<T>>& parameters, double limit) {
  eigengrad::detail::check_positive("clip_by_value", "limit", limit);
  for (Parameter<T> parameter : parameters) {  // a handle
    if (parameter.has_gradient()) {
      T* const g = parameter.mutable_gradient().mutable_data();
      const T most = static_cast<T>(limit);
      kernels::map_dense(
          [most](auto x) {
            using S = decltype(x);
            return math::minimum(math::maximum(x, S(-most)), S(most));
          },
          parameter.size(), g, std::array<const T*, 1>{g});
    }
  }
}

}  // namespace eigengrad::optim
