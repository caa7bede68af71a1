#pragma once
// The model whose weights make_weight_files.py carries between eigengrad, PyTorch and Keras.

#include <eigengrad/base/index.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/tape/parameter.hpp>

/// 4-3-3 with tanh: the second weight is square, so that only its values tell its layout. Value i
/// of the parameters, counted through in order, is (37 i mod 64 - 32) / 64: exact in bfloat16 too.
template <class T>
eigengrad::nn::Sequential<T> weights_model() {
  eigengrad::nn::Sequential<T> model(
      {eigengrad::nn::Dense(4, 3), eigengrad::nn::Tanh(), eigengrad::nn::Dense(3, 3)});
  eigengrad::Index i = 0;
  for (eigengrad::Parameter<T> parameter : model.parameters()) {
    for (T& value : parameter.mutable_values()) {
      value = static_cast<T>(37 * i++ % 64 - 32) / 64;
    }
  }
  return model;
}
