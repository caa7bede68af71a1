#include "unit.hpp"

#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/tanh.hpp>

eigengrad::Tensor<double> plain_tanh(const eigengrad::Tensor<double>& x) {
  return eigengrad::tanh(x);
}
eigengrad::Tensor<double> plain_expm1(const eigengrad::Tensor<double>& x) {
  // No rule in the other unit uses this op.
  return eigengrad::expm1(x);
}
