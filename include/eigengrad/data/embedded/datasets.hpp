#pragma once
// The functions that data/datasets.hpp declares, and how they read what is embedded.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/embedded/breast_cancer.hpp>
#include <eigengrad/data/embedded/diabetes.hpp>
#include <eigengrad/data/embedded/digits.hpp>
#include <eigengrad/data/embedded/iris.hpp>
#include <eigengrad/data/embedded/wine.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <charconv>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Gives the numbers of an embedded list one after the other.
class EmbeddedNumbers {
 public:
  explicit EmbeddedNumbers(std::span<const std::string_view> pieces) noexcept
      : pieces_(pieces), rest_(pieces[0]) {}

  /// The next decimal number.
  [[nodiscard]] double decimal() noexcept {
    refill();
    double value = 0.0;
    const char* const last = rest_.data() + rest_.size();
    const char* const end = std::from_chars(rest_.data(), last, value).ptr;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  /// The next whole number from 0 to 16, written as a letter from A to Q; a digit is a class.
  [[nodiscard]] double letter() noexcept {
    refill();
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c >= 'A' ? c - 'A' : c - '0';
  }

 private:
  /// Steps over what is between two numbers, pieces included.
  void refill() noexcept {
    while (rest_.empty() || rest_[0] == ',' || rest_[0] == '\n') {
      if (rest_.empty()) {
        pieces_ = pieces_.subspan(1);
        rest_ = pieces_[0];
      } else {
        rest_.remove_prefix(1);
      }
    }
  }

  std::span<const std::string_view> pieces_;
  std::string_view rest_;
};

/// An embedded list of rows as a data set: the last number of each row is its target.
template <FloatScalar T, AnyScalar Y, class Next>
[[nodiscard]] Dataset<T, Y> embedded_dataset(std::span<const std::string_view> pieces, Index rows,
                                             Index features, const Next& next) {
  Dataset<T, Y> data{uninitialized<T>({rows, features}), uninitialized<Y>({rows})};
  EmbeddedNumbers numbers(pieces);
  T* x = data.x.mutable_data();
  Y* y = data.y.mutable_data();
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < features; ++j) {
      *x++ = static_cast<T>(next(numbers));
    }
    *y++ = static_cast<Y>(next(numbers));
  }
  return data;
}

[[nodiscard]] inline double next_decimal(EmbeddedNumbers& numbers) noexcept {
  return numbers.decimal();
}
[[nodiscard]] inline double next_letter(EmbeddedNumbers& numbers) noexcept {
  return numbers.letter();
}

}  // namespace detail

namespace datasets {

template <FloatScalar T>
Dataset<T, std::int64_t> breast_cancer() {
  auto data = detail::embedded_dataset<T, std::int64_t>(detail::embedded::breast_cancer, 569, 30,
                                                        detail::next_decimal);
  const std::vector<std::string> measures{
      "radius",      "texture",   "perimeter",      "area",     "smoothness",
      "compactness", "concavity", "concave points", "symmetry", "fractal dimension"};
  for (const char* const kind : {"mean ", "", "worst "}) {
    for (const std::string& measure : measures) {
      data.feature_names.push_back(*kind == '\0' ? measure + " error" : kind + measure);
    }
  }
  data.class_names = {"malignant", "benign"};
  return data;
}

template <FloatScalar T>
Dataset<T, T> diabetes() {
  auto data =
      detail::embedded_dataset<T, T>(detail::embedded::diabetes, 442, 10, detail::next_decimal);
  data.feature_names = {"age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"};
  return data;
}

template <FloatScalar T>
Dataset<T, std::int64_t> digits() {
  auto data = detail::embedded_dataset<T, std::int64_t>(detail::embedded::digits, 1797, 64,
                                                        detail::next_letter);
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 8; ++column) {
      data.feature_names.push_back("pixel_" + std::to_string(row) + "_" + std::to_string(column));
    }
  }
  for (int digit = 0; digit < 10; ++digit) {
    data.class_names.push_back(std::to_string(digit));
  }
  return data;
}

template <FloatScalar T>
Dataset<T, std::int64_t> iris() {
  auto data = detail::embedded_dataset<T, std::int64_t>(detail::embedded::iris, 150, 4,
                                                        detail::next_decimal);
  data.feature_names = {"sepal length (cm)", "sepal width (cm)", "petal length (cm)",
                        "petal width (cm)"};
  data.class_names = {"setosa", "versicolor", "virginica"};
  return data;
}

template <FloatScalar T>
Dataset<T, std::int64_t> wine() {
  auto data = detail::embedded_dataset<T, std::int64_t>(detail::embedded::wine, 178, 13,
                                                        detail::next_decimal);
  data.feature_names = {
      "alcohol",         "malic_acid",      "ash",        "alcalinity_of_ash",
      "magnesium",       "total_phenols",   "flavanoids", "nonflavanoid_phenols",
      "proanthocyanins", "color_intensity", "hue",        "od280/od315_of_diluted_wines",
      "proline"};
  data.class_names = {"class_0", "class_1", "class_2"};
  return data;
}

}  // namespace datasets

}  // namespace eigengrad
