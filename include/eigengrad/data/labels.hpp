#pragma once
// Class labels given as numbers: which classes there are, and each row's position among them.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace eigengrad {

/// Labels as class indices.
struct ClassLabels {
  Tensor<std::int64_t> y;                ///< as the labels: positions in class_names
  std::vector<std::string> class_names;  ///< the distinct labels, sorted by value
};

/// The distinct values of `labels`, sorted, and each label's position among them.
///
/// Shapes:    any -> y the same
/// Throws:    ValueError for NaN or infinity, naming the row
/// Cost:      O(n log n)
/// Reference: scikit-learn `LabelEncoder`
template <AnyScalar T>
[[nodiscard]] ClassLabels class_labels(const Tensor<T>& labels) {
  const std::vector<T> values = to_vector(labels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(static_cast<double>(values[i]))) {
      detail::throw_error<ValueError>("class_labels", {"label ", static_cast<double>(values[i]),
                                                       " at row ", i, " is not a class"});
    }
  }
  std::vector<T> classes = values;
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  ClassLabels result;
  result.y = detail::uninitialized<std::int64_t>(labels.shape());
  std::int64_t* const y = result.y.mutable_data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    y[i] = std::lower_bound(classes.begin(), classes.end(), values[i]) - classes.begin();
  }
  for (const T value : classes) {
    result.class_names.push_back(detail::concat(value));
  }
  return result;
}

}  // namespace eigengrad
