#pragma once
// What training data must hold: finite features, labels of at least two classes. Each check names
// the first offender; rows and columns are counted from 0, as by Tensor::at.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_finite(std::string_view op, double value,
                                                         Index at, const Shape& shape,
                                                         std::span<const std::string> names) {
  std::string where;
  if (shape.rank() > 0) {
    const Index width = row_size(shape);
    where = concat(" at row ", at / width);
    if (shape.rank() == 2) {
      const Index column = at % width;
      const auto i = static_cast<std::size_t>(column);
      where += i < names.size() ? concat(", column '", names[i], "' (", column, ")")
                                : concat(", column ", column);
    } else if (shape.rank() > 2) {
      where += concat(", element ", at % width, " of the row");
    }
  }
  throw_error<ValueError>(op, {value, " is not finite", where});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_label(std::string_view op, const std::string& label,
                                                    Index row, std::string_view why) {
  throw_error<ValueError>(op, {"label ", label, " at row ", row, " is ", why});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_one_class(std::string_view op,
                                                        const std::string& label, Index count) {
  throw_error<ValueError>(
      op, {count == 0 ? std::string("no labels")
                      : concat("one class only: all ", count, " labels are ", label)});
}

/// check_finite under another function's name.
template <FloatScalar T>
void check_finite_for(std::string_view op, const Tensor<T>& x,
                      std::span<const std::string> column_names) {
  const Tensor<T> elements = packed(x);
  const T* const from = elements.data();
  for (Index i = 0; i < x.size(); ++i) {
    if (!std::isfinite(from[i])) {
      throw_not_finite(op, static_cast<double>(from[i]), i, x.shape(), column_names);
    }
  }
}

}  // namespace detail

/// Refuses NaN and infinity, naming the row and the column: `check_finite: nan is not finite at row
/// 3, column 'age' (2)`.
///
/// Shapes:    any; column_names, when given, are those of (rows, columns)
/// Throws:    ValueError
/// Cost:      one pass
template <FloatScalar T>
void check_finite(const Tensor<T>& x, std::span<const std::string> column_names = {}) {
  detail::check_finite_for("check_finite", x, column_names);
}

/// Refuses labels other than 0 and 1, and labels of which all are the same.
///
/// Shapes:    (rows,) or (rows, ...)
/// Throws:    ValueError with the label and its row; ShapeError for a scalar
/// Cost:      one pass
template <AnyScalar Y>
void check_binary_labels(const Tensor<Y>& y) {
  const std::string_view op = "check_binary_labels";
  static_cast<void>(detail::rows_of(op, y));
  const Tensor<Y> labels = detail::packed(y);
  const Y* const from = labels.data();
  Index ones = 0;
  for (Index i = 0; i < y.size(); ++i) {
    if (!(from[i] == Y(0) || from[i] == Y(1))) {
      detail::throw_label(op, detail::concat(from[i]), i / detail::row_size(y.shape()),
                          "neither 0 nor 1");
    }
    ones += from[i] == Y(1) ? 1 : 0;
  }
  if (ones == 0 || ones == y.size()) {
    detail::throw_one_class(op, ones == 0 ? "0" : "1", y.size());
  }
}

/// Refuses class indices outside [0, classes), and labels of which all are the same.
///
/// Shapes:    (rows,) or (rows, ...)
/// Throws:    ValueError with the label and its row; ShapeError for a scalar
/// Cost:      one pass
template <IndexScalar Y>
void check_class_labels(const Tensor<Y>& y, Index classes) {
  const std::string_view op = "check_class_labels";
  static_cast<void>(detail::rows_of(op, y));
  const Tensor<Y> labels = detail::packed(y);
  const Y* const from = labels.data();
  bool differ = false;
  for (Index i = 0; i < y.size(); ++i) {
    if (from[i] < 0 || static_cast<Index>(from[i]) >= classes) {
      detail::throw_label(op, detail::concat(from[i]), i / detail::row_size(y.shape()),
                          detail::concat("outside [0, ", classes, ")"));
    }
    differ = differ || from[i] != from[0];
  }
  if (!differ) {
    detail::throw_one_class(op, y.size() == 0 ? "" : detail::concat(from[0]), y.size());
  }
}

}  // namespace eigengrad
