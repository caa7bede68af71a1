#pragma once
// Dataset: features and targets that belong together, row by row. Leaves out the embedded data
// sets: datasets.hpp.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <string>
#include <vector>

namespace eigengrad {

/// Row i of `x` goes with row i of `y`. An aggregate: Dataset{x, y}.
template <AnyScalar T, AnyScalar Y>
struct Dataset {
  Tensor<T> x;                                  ///< (rows, ...)
  Tensor<Y> y;                                  ///< (rows, ...)
  std::vector<std::string> feature_names = {};  ///< one a column of x, or empty
  std::vector<std::string> class_names = {};    ///< class_names[y] is y's name, or empty
};

template <AnyScalar T, AnyScalar Y>
Dataset(Tensor<T>, Tensor<Y>) -> Dataset<T, Y>;

}  // namespace eigengrad
