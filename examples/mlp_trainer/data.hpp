#pragma once
// What the trainer learns from: a file or the embedded data, checked, split and scaled.

#include "options.hpp"

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/csv_table.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trainer {

namespace eg = eigengrad;

/// Features and labels of one kind, before the split. y is a class (0, 1, ...) or a number.
struct Table {
  eg::Tensor<float> x;         // (rows, features)
  eg::Tensor<std::int64_t> y;  // (rows,), for classes
  eg::Tensor<float> values;    // (rows,), for numbers
  std::vector<std::string> feature_names;
  std::vector<std::string> class_names;
  eg::train::Task task = eg::train::Task::binary;
  std::optional<eg::CsvSchema> schema = {};  // of files to predict from, if not numbers alone
};

[[nodiscard]] inline bool ends_with(const std::string& text, const std::string& tail) {
  return text.size() >= tail.size() &&
         text.compare(text.size() - tail.size(), tail.size(), tail) == 0;
}

/// The columns of an .npy matrix: all but the last are features.
[[nodiscard]] inline Table read_npy_table(const std::string& path, bool regression) {
  const auto all = eg::load_npy<float>(path);
  if (all.rank() != 2 || all.extent(1) < 2) {
    throw eg::FileError(
        "load_npy", path,
        "shape is " + eg::to_string(all.shape()) + ", expected (rows, features + 1 label)");
  }
  Table table;
  const eg::Index features = all.extent(1) - 1;
  table.x = eg::contiguous(eg::slice(all, 1, 0, features));
  table.values = eg::contiguous(eg::select(all, 1, features));
  if (!regression) {
    auto [classes, names] = eg::class_labels(table.values);
    table.y = classes;
    table.class_names = names;
  }
  return table;
}

/// What --missing asks for; to describe a table, missing values stay.
[[nodiscard]] inline eg::CsvFill fill_of(const Options& options) {
  using eg::CsvFill;
  return options.describe                     ? CsvFill::keep
         : options.missing == "drop"          ? CsvFill::drop_row
         : options.missing == "mean"          ? CsvFill::mean
         : options.missing == "median"        ? CsvFill::median
         : options.missing == "most-frequent" ? CsvFill::most_frequent
                                              : CsvFill::refuse;
}

/// The last column is the label, columns of text become one feature a category. With --describe
/// missing values and infinities pass.
[[nodiscard]] inline Table read_csv_table(const Options& options) {
  const bool regression = options.task == "regression";
  const eg::CsvSchema schema = eg::csv_schema(
      options.data, {.target_column = -1,
                     .labels = regression ? eg::CsvLabels::numbers : eg::CsvLabels::classes,
                     .allow_non_finite = options.describe,
                     .missing = fill_of(options)});
  auto csv = eg::load_csv_table<float>(options.data, schema);
  Table table;
  table.x = csv.x;
  table.y = csv.y;
  table.values = csv.label_values;
  table.class_names = std::move(csv.class_names);
  const bool numbers = schema.features() == static_cast<eg::Index>(schema.columns.size());
  if (schema.has_header || !numbers) {
    table.feature_names = std::move(csv.feature_names);
  }
  if (!numbers || schema.missing != eg::CsvFill::refuse) {
    table.schema = schema;
    if (schema.missing == eg::CsvFill::drop_row) {
      table.schema->missing = eg::CsvFill::refuse;  // every row that is asked about is answered
    }
  }
  return table;
}

[[nodiscard]] inline Table read_embedded() {
  auto cancer = eg::datasets::breast_cancer<float>();
  Table table;
  table.x = cancer.x;
  table.y = cancer.y;
  table.feature_names = std::move(cancer.feature_names);
  table.class_names = std::move(cancer.class_names);
  return table;
}

/// Reads the data that the options name, checks it and settles the task; to describe it, reads
/// only. Throws: eigengrad's errors
[[nodiscard]] inline Table read_table(const Options& options) {
  const bool regression = options.task == "regression";
  Table table;
  if (options.data.empty()) {
    table = read_embedded();
    if (regression) {
      throw eg::ValueError(
          "mlp_trainer",
          "the embedded data has classes, not numbers: --task regression needs --data");
    }
  } else if (ends_with(options.data, ".npy")) {
    table = read_npy_table(options.data, regression);
  } else if (ends_with(options.data, ".csv")) {
    table = read_csv_table(options);
  } else {
    throw eg::ValueError("mlp_trainer", "--data is neither .npy nor .csv: " + options.data);
  }
  if (options.describe) {
    return table;
  }
  eg::check_finite(table.x, table.feature_names);
  const auto classes = static_cast<eg::Index>(table.class_names.size());
  if (regression) {
    eg::check_finite(table.values);
    table.task = eg::train::Task::regression;
    return table;
  }
  if (classes < 2) {
    throw eg::ValueError("mlp_trainer", "the label column has one class only: '" +
                                            (classes == 1 ? table.class_names[0] : std::string()) +
                                            "'; for numbers use --task regression");
  }
  if (options.task == "binary" && classes != 2) {
    throw eg::ValueError("mlp_trainer", "--task binary, but the label column has " +
                                            std::to_string(classes) + " classes");
  }
  // A column of measurements, not of classes.
  if (classes > 2 && 5 * classes > table.x.extent(0)) {
    throw eg::ValueError("mlp_trainer", "the label column has " + std::to_string(classes) +
                                            " classes in " + std::to_string(table.x.extent(0)) +
                                            " rows; for numbers use --task regression");
  }
  table.task = options.task == "multiclass" || classes > 2 ? eg::train::Task::multiclass
                                                           : eg::train::Task::binary;
  return table;
}

}  // namespace trainer
