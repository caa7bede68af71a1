#pragma once
// A model small enough to follow by hand: y = x w, and a loss to train it with.

#include <eigengrad/eigengrad.hpp>

#include <vector>

namespace train_tests {

struct LinearModel {
  eigengrad::Parameter<double> w{"w", eigengrad::tensor<double>({0.0}, {1, 1})};
  int calls = 0;

  eigengrad::Tensor<double> operator()(const eigengrad::Tensor<double>& x) {
    ++calls;
    return eigengrad::matmul(x, w);
  }
  [[nodiscard]] std::vector<eigengrad::Parameter<double>> parameters() const { return {w}; }
};

/// Rows x = 1, 2, ..., n with y = 3 x.
inline eigengrad::Dataset<double, double> line_data(eigengrad::Index n) {
  const auto x =
      eigengrad::reshape(eigengrad::arange<double>(1.0, static_cast<double>(n) + 1.0), {-1, 1});
  return {x, x * 3};
}

}  // namespace train_tests
