#pragma once
// CSV files with a label column: features, classes (text or numbers) and their names, or targets of
// a regression. Leaves out splitting and scaling: data/.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_declarations.hpp>
#include <eigengrad/io/csv_number.hpp>
#include <eigengrad/io/csv_reader.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Position of the label column. Throws: FileError if there is none such, or no other column
[[nodiscard]] inline Index find_label_column(const CsvRows& rows, const CsvLabelOptions& options) {
  const CsvReader& reader = rows.reader();
  const Index columns = rows.columns();
  if (columns < 2) {
    const bool semicolons = rows.field(0).find(';') != std::string_view::npos;
    throw_csv_line(reader.op(), reader.name(), reader.line(),
                   concat("1 column, expected features and a label",
                          semicolons ? "; is the delimiter ';'?" : ""));
  }
  if (!options.label_name.empty()) {
    const auto& names = rows.names();
    const auto found = std::find(names.begin(), names.end(), options.label_name);
    if (found == names.end()) {
      throw FileError(reader.op(), reader.name(),
                      concat("no column is called '", options.label_name, "'"));
    }
    return static_cast<Index>(found - names.begin());
  }
  const Index column = options.label_column;
  if (column < -columns || column >= columns) {
    throw FileError(reader.op(), reader.name(),
                    concat("label_column ", column, " is outside [", -columns, ", ", columns, ")"));
  }
  return column < 0 ? column + columns : column;
}

/// Sorts and numbers the labels: names[result[i]] is value i by `name`.
template <class Value, class Name>
[[nodiscard]] Tensor<std::int64_t> number_classes(const std::vector<Value>& values,
                                                  std::vector<std::string>& names,
                                                  const Name& name) {
  std::vector<Value> classes = values;
  std::sort(classes.begin(), classes.end());
  classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
  for (const Value& value : classes) {
    names.push_back(name(value));
  }
  Tensor<std::int64_t> y = uninitialized<std::int64_t>({static_cast<Index>(values.size())});
  std::int64_t* const to = y.mutable_data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    to[i] = std::lower_bound(classes.begin(), classes.end(), values[i]) - classes.begin();
  }
  return y;
}

/// load_csv_labelled from text in memory; `name` stands for the file in errors.
template <FloatScalar T>
[[nodiscard]] LabelledCsv<T> parse_csv_labelled(std::string text, const std::string& name,
                                                const CsvLabelOptions& options,
                                                const CsvOptions& csv) {
  CsvRows rows("load_csv_labelled", name, std::move(text), csv);
  const Index label = find_label_column(rows, options);
  std::vector<T> features;
  std::vector<double> numbers;  // the labels, while all of them are numbers
  std::vector<std::string> texts;
  bool numeric = true;
  while (rows.next()) {
    for (Index column = 0; column < rows.columns(); ++column) {
      if (column != label) {
        features.push_back(rows.number<T>(column));
      }
    }
    if (options.labels == CsvLabels::numbers) {
      numbers.push_back(static_cast<double>(rows.number<T>(label)));
      continue;
    }
    const CsvNumber number = parse_csv_number(rows.field(label));
    if (rows.field(label).empty() || number.kind == CsvKind::not_finite) {
      rows.fail(label, "is no label");
    }
    numeric = numeric && number.kind == CsvKind::number;
    numbers.push_back(number.value);
    texts.emplace_back(rows.field(label));
  }
  const auto count = static_cast<Index>(numbers.size());
  LabelledCsv<T> result;
  result.x = from_vector(features, {count, rows.columns() - 1});
  if (numeric) {
    result.label_values = from_vector(std::vector<T>(numbers.begin(), numbers.end()));
  }
  if (options.labels == CsvLabels::classes) {
    result.y = numeric ? number_classes(numbers, result.class_names,
                                        [](double value) { return concat(value); })
                       : number_classes(texts, result.class_names,
                                        [](const std::string& value) { return value; });
  }
  if (!rows.names().empty()) {
    result.feature_names = rows.names();
    result.label_name = rows.names()[static_cast<std::size_t>(label)];
    result.feature_names.erase(result.feature_names.begin() + label);
  }
  return result;
}

}  // namespace detail

template <FloatScalar T>
LabelledCsv<T> load_csv_labelled(const std::string& path, const CsvLabelOptions& options,
                                 const CsvOptions& csv) {
  return detail::parse_csv_labelled<T>(detail::read_file_for("load_csv_labelled", path), path,
                                       options, csv);
}

}  // namespace eigengrad
