#pragma once
// What the two units of the program compute.

#include <eigengrad/tensor/tensor.hpp>

/// tanh and expm1, in a unit that does not include transforms.hpp.
eigengrad::Tensor<double> plain_tanh(const eigengrad::Tensor<double>& x);
eigengrad::Tensor<double> plain_expm1(const eigengrad::Tensor<double>& x);

/// tanh, in one that does; and x through an op whose vjp is not written on tensors.
eigengrad::Tensor<double> tanh_with_rule(const eigengrad::Tensor<double>& x);
eigengrad::Tensor<double> buffered(const eigengrad::Tensor<double>& x);
