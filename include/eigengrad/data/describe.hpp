#pragma once
// describe: what a table holds, column by column, with the numbers of pandas' `DataFrame.describe`.
// What of it is suspicious is said by inspect.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

/// One column of numbers. Statistics leave out missing values (NaN); without a value they are NaN.
struct ColumnSummary {
  std::string name;
  Index count = 0;     ///< values that are not missing
  Index missing = 0;   ///< NaN
  Index infinite = 0;  ///< of the count
  double mean = 0;
  double std = 0;  ///< dividing by count - 1, as pandas; NaN for one value
  double min = 0;
  double quarter = 0;  ///< quartiles between two values are interpolated
  double median = 0;
  double three_quarters = 0;
  double max = 0;
};

/// A class and how many rows it has.
struct ClassCount {
  std::string name;
  Index count = 0;
};

namespace detail {

/// Throws: ShapeError, ValueError
inline void check_columns(std::string_view op, const Shape& shape,
                          std::span<const std::string> names) {
  if (shape.rank() != 2) {
    throw ShapeError(op, concat("x is not (rows, columns): ", shape), shape);
  }
  if (!names.empty() && static_cast<Index>(names.size()) != shape[1]) {
    throw ValueError(op, concat(names.size(), " names for ", shape[1], " columns"));
  }
}

/// The value below which `part` of the sorted values lie. Reference: NumPy `quantile`, "linear"
[[nodiscard]] inline double sorted_quantile(const std::vector<double>& sorted, double part) {
  const double at = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double fraction = at - static_cast<double>(below);
  if (fraction == 0) {
    return sorted[below];
  }
  const double low = sorted[below];
  const double high = sorted[below + 1];
  // From the nearer end, as NumPy: exact at both.
  return fraction < 0.5 ? low + (high - low) * fraction : high - (high - low) * (1.0 - fraction);
}

inline void summarize(ColumnSummary& column, std::vector<double>& values) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  column.count = static_cast<Index>(values.size());
  column.mean = column.std = column.min = column.max = unknown;
  column.quarter = column.median = column.three_quarters = unknown;
  if (values.empty()) {
    return;
  }
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) {
    sum += value;
    column.infinite += std::isinf(value) ? 1 : 0;
  }
  column.mean = sum / n;
  if (column.count > 1) {
    double squares = 0;
    for (const double value : values) {
      squares += (value - column.mean) * (value - column.mean);
    }
    column.std = std::sqrt(squares / (n - 1));
  }
  std::sort(values.begin(), values.end());
  column.min = values.front();
  column.max = values.back();
  column.quarter = sorted_quantile(values, 0.25);
  column.median = sorted_quantile(values, 0.5);
  column.three_quarters = sorted_quantile(values, 0.75);
}

/// Six significant digits.
[[nodiscard]] inline std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

/// Lines of cells, the first column flush left and the others flush right.
[[nodiscard]] inline std::string aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], line[i].size());
    }
  }
  std::string text;
  for (const std::vector<std::string>& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string padding(widths[i] - line[i].size(), ' ');
      text += i == 0 ? line[i] + padding : "  " + padding + line[i];
    }
    while (text.back() == ' ') {
      text.pop_back();
    }
    text += '\n';
  }
  return text;
}

}  // namespace detail

/// The summary of every column of a matrix.
///
/// Shapes:    x (rows, columns); names are those of the columns, or none: "0", "1", ...
/// Throws:    ShapeError for another rank; ValueError for another number of names
/// Cost:      O(rows log(rows)) a column, which is copied
/// Reference: pandas `DataFrame.describe`, `DataFrame.isna`
template <AnyScalar T>
[[nodiscard]] std::vector<ColumnSummary> describe(const Tensor<T>& x,
                                                  std::span<const std::string> names = {}) {
  detail::check_columns("describe", x.shape(), names);
  const Index rows = x.shape()[0];
  const Index columns = x.shape()[1];
  const Tensor<T> dense = detail::packed(x);
  std::vector<ColumnSummary> result;
  for (Index j = 0; j < columns; ++j) {
    ColumnSummary column;
    column.name = names.empty() ? std::to_string(j) : names[static_cast<std::size_t>(j)];
    std::vector<double> values;
    for (Index i = 0; i < rows; ++i) {
      const auto value = static_cast<double>(dense.data()[i * columns + j]);
      if (std::isnan(value)) {
        ++column.missing;
      } else {
        values.push_back(value);
      }
    }
    detail::summarize(column, values);
    result.push_back(std::move(column));
  }
  return result;
}

/// How many rows each class has; class_names[y] is the name of class y.
///
/// Shapes:    y (rows,) or (rows, 1), class indices
/// Throws:    IndexError if a label has no name
template <IndexScalar Y>
[[nodiscard]] std::vector<ClassCount> count_classes(const Tensor<Y>& y,
                                                    std::span<const std::string> class_names) {
  std::vector<ClassCount> result;
  for (const std::string& name : class_names) {
    result.push_back({name, 0});
  }
  const std::vector<Y> labels = to_vector(y);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= result.size()) {
      throw IndexError("count_classes", detail::concat("label ", labels[i], " at row ", i,
                                                       " is outside [0, ", result.size(), ")"));
    }
    ++result[static_cast<std::size_t>(labels[i])].count;
  }
  return result;
}

/// A summary as a table for people: six significant digits.
[[nodiscard]] inline std::string to_string(std::span<const ColumnSummary> columns) {
  std::vector<std::vector<std::string>> lines{
      {"column", "count", "missing", "mean", "std", "min", "25%", "50%", "75%", "max"}};
  for (const ColumnSummary& column : columns) {
    lines.push_back({column.name, std::to_string(column.count), std::to_string(column.missing)});
    for (const double value : {column.mean, column.std, column.min, column.quarter, column.median,
                               column.three_quarters, column.max}) {
      lines.back().push_back(detail::short_number(value));
    }
  }
  return detail::aligned(lines);
}

/// Classes with their counts and shares as a table for people.
[[nodiscard]] inline std::string to_string(std::span<const ClassCount> classes) {
  Index rows = 0;
  for (const ClassCount& one : classes) {
    rows += one.count;
  }
  std::vector<std::vector<std::string>> lines{{"class", "count", "share"}};
  for (const ClassCount& one : classes) {
    char share[16];
    std::snprintf(
        share, sizeof share, "%.1f %%",
        rows > 0 ? 100.0 * static_cast<double>(one.count) / static_cast<double>(rows) : 0.0);
    lines.push_back({one.name, std::to_string(one.count), share});
  }
  return detail::aligned(lines);
}

}  // namespace eigengrad
