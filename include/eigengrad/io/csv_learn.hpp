#pragma once
// csv_schema: learns from one pass over a CSV file what its columns hold: types, categories, and
// what fills gaps. Leaves out the data itself: csv_table.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_columns.hpp>
#include <eigengrad/io/csv_declarations.hpp>
#include <eigengrad/io/csv_reader.hpp>
#include <eigengrad/io/csv_schema.hpp>
#include <eigengrad/io/csv_statistics.hpp>
#include <eigengrad/io/file.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_target_type(std::string_view op,
                                                          std::string_view name) {
  throw ValueError(op, concat("'", shown_text(name), "' is the target, its type is in labels"));
}

/// Learns a schema from the rows of one file.
class CsvLearner {
 public:
  CsvLearner(const ByteSource& source, const CsvTableOptions& options, const CsvPieces& pieces)
      : options_(options),
        rows_(source,
              {.delimiter = options.delimiter,
               .header = options.header,
               .allow_non_finite = options.allow_non_finite},
              pieces),
        names_(rows_) {
    schema_.labels = options.labels;
    schema_.delimiter = options.delimiter;
    schema_.has_header = !rows_.names().empty();
    schema_.file_columns = rows_.columns();
    schema_.missing = options.missing;
    schema_.na_values = options.na_values;
    schema_.keep_default_na = options.keep_default_na;
    schema_.allow_non_finite = options.allow_non_finite;
    schema_.handle_unknown = options.handle_unknown;
    target_ = find_target();
    add_columns();
  }

  /// All rows, and what they show. Throws: FileError
  [[nodiscard]] CsvSchema run() {
    Index kept = 0;
    while (rows_.next()) {
      if (options_.missing == CsvFill::drop_row && lacks_a_value()) {
        continue;
      }
      add_row();
      ++kept;
    }
    if (kept == 0) {
      throw_csv_file(rows_, "every row has a missing value");
    }
    for (CsvStatistics& column : columns_) {
      schema_.columns.push_back(column.finish(rows_));
    }
    if (has_target()) {
      schema_.target = CsvColumn{.name = names_[target_], .position = target_};
      if (options_.labels == CsvLabels::classes) {
        schema_.target->type = CsvType::category;
        schema_.target->categories = classes_.names();
        schema_.numeric_classes = classes_.numeric();
      }
    }
    return schema_;
  }

 private:
  [[nodiscard]] bool has_target() const noexcept { return target_ >= 0; }

  /// The target's place; -1 for none.
  [[nodiscard]] Index find_target() const {
    if (!options_.target.empty()) {
      return names_.find(options_.target);
    }
    if (!options_.target_column.has_value()) {
      return -1;
    }
    const Index column = *options_.target_column;
    const Index columns = rows_.columns();
    if (column < -columns || column >= columns) {
      throw_csv_file(
          rows_, concat("target_column ", column, " is outside [", -columns, ", ", columns, ")"));
    }
    return column < 0 ? column + columns : column;
  }

  void add_columns() {
    const auto count = static_cast<std::size_t>(names_.size());
    std::vector<bool> used(count, options_.usecols.empty());
    for (const std::string& name : options_.usecols) {
      used[static_cast<std::size_t>(names_.find(name))] = true;
    }
    std::vector<CsvType> types(count, CsvType::automatic);
    for (const auto& [name, type] : options_.dtype) {
      const Index column = names_.find(name);
      if (column == target_) {
        throw_target_type(rows_.reader().op(), name);
      }
      types[static_cast<std::size_t>(column)] = type;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto column = static_cast<Index>(i);
      if (used[i] && column != target_) {
        static_cast<void>(names_.find(names_[column]));  // refuses a name that comes twice
        columns_.emplace_back(names_[column], column, types[i], options_);
      }
    }
    if (columns_.empty()) {
      const bool semicolons = names_.size() == 1 && names_[0].find(';') != std::string::npos;
      throw_csv_file(rows_, concat("no column is left for features",
                                   semicolons ? "; is the delimiter ';'?" : ""));
    }
  }

  [[nodiscard]] bool is_missing(Index column) const {
    return is_missing_field(schema_, rows_.field(column));
  }
  [[nodiscard]] bool lacks_a_value() const {
    bool lacks = has_target() && is_missing(target_);
    for (const CsvStatistics& column : columns_) {
      lacks = lacks || is_missing(column.position());
    }
    return lacks;
  }
  void add_row() {
    for (CsvStatistics& column : columns_) {
      if (is_missing(column.position())) {
        column.add_missing(rows_);
      } else {
        column.add(rows_);
      }
    }
    if (has_target() && options_.labels == CsvLabels::classes) {
      if (is_missing(target_)) {
        rows_.fail(target_, "is no label");
      }
      classes_.add(rows_, target_);
    }
  }

  const CsvTableOptions& options_;
  CsvRows rows_;
  CsvNames names_;
  CsvSchema schema_;
  Index target_ = -1;
  std::vector<CsvStatistics> columns_;
  CsvClasses classes_;
};

/// csv_schema from any source.
[[nodiscard]] inline CsvSchema learn_csv_schema(const ByteSource& source,
                                                const CsvTableOptions& options,
                                                const CsvPieces& pieces = {}) {
  return CsvLearner(source, options, pieces).run();
}

}  // namespace detail

/// Learns how a table becomes features. Types are found or declared (`dtype`), categories are those
/// that occur, in the order of their bytes, and what fills gaps is taken from this file, so let it
/// be the training part. With CsvFill::drop_row a row that is left out counts for nothing.
///
/// Throws:    FileError as read_csv; for a column that is not there, or called as another; with
///            line and column for a missing value that is refused, for text among numbers or a
///            number among text, for a number that is none or not finite, for too many categories;
///            for a column without a value to fill its gaps from; ValueError for a dtype of the
///            target
/// Cost:      one pass, in pieces; in memory are the categories and, for medians and most frequent
///            values, the numbers
/// Reference: pandas `read_csv`, `dropna`, `get_dummies`; scikit-learn `SimpleImputer`,
///            `OneHotEncoder`
[[nodiscard]] inline CsvSchema csv_schema(const std::string& path,
                                          const CsvTableOptions& options = {}) {
  const detail::InputFile file("csv_schema", path);
  const detail::ByteSource source("csv_schema", path, file);
  return detail::learn_csv_schema(source, options);
}

}  // namespace eigengrad
