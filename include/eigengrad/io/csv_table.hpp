#pragma once
// CSV tables with columns of text: load_csv_table reads a file by a schema that csv_schema learnt
// from it or from another one, and CsvTableReader some rows at a time. Categories become one column
// each (one-hot). Leaves out files of numbers alone, which need no schema: csv.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_columns.hpp>
#include <eigengrad/io/csv_declarations.hpp>
#include <eigengrad/io/csv_learn.hpp>
#include <eigengrad/io/csv_number.hpp>
#include <eigengrad/io/csv_reader.hpp>
#include <eigengrad/io/csv_schema.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// The place of a text among sorted ones; -1 if it is not there.
[[nodiscard]] inline Index place_among(const std::vector<std::string>& sorted,
                                       std::string_view text) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), text,
                                   [](std::string_view a, std::string_view b) { return a < b; });
  return at != sorted.end() && *at == text ? static_cast<Index>(at - sorted.begin()) : -1;
}

/// Turns the rows of one file into features by a schema.
template <FloatScalar T>
class CsvEncoder {
 public:
  CsvEncoder(const ByteSource& source, CsvSchema schema, const CsvPieces& pieces = {})
      : schema_(std::move(schema)),
        rows_(source,
              {.delimiter = schema_.delimiter,
               .header = schema_.has_header ? CsvHeader::present : CsvHeader::absent,
               .allow_non_finite = schema_.allow_non_finite},
              pieces),
        features_(schema_.features()),
        feature_names_(schema_.feature_names()) {
    if (!schema_.has_header && rows_.columns() != schema_.file_columns) {
      throw_csv_file(
          rows_, concat(rows_.columns(), " columns, the schema's file has ", schema_.file_columns));
    }
    const CsvNames names(rows_);
    const auto place = [&](const CsvColumn& column) {
      return schema_.has_header ? names.find(column.name) : column.position;
    };
    for (const CsvColumn& column : schema_.columns) {
      places_.push_back(place(column));
    }
    if (has_target()) {
      target_ = place(*schema_.target);
      for (const std::string& name : schema_.target->categories) {
        class_values_.push_back(parse_csv_number(name).value);
      }
    }
  }

  /// The next rows, at most `limit`; nothing when there are none left. Throws: FileError
  [[nodiscard]] std::optional<LabelledCsv<T>> next(Index limit) {
    x_.clear();
    y_.clear();
    values_.clear();
    Index count = 0;
    while (count < limit && rows_.next()) {
      if (schema_.missing == CsvFill::drop_row && lacks_a_value()) {
        continue;
      }
      add_features();
      if (has_target()) {
        add_label();
      }
      ++count;
    }
    if (count == 0) {
      return std::nullopt;
    }
    LabelledCsv<T> part;
    part.x = from_vector(x_, {count, features_});
    part.feature_names = feature_names_;
    if (has_target()) {
      part.label_name = schema_.target->name;
      if (schema_.labels == CsvLabels::classes) {
        part.y = from_vector(y_);
        part.class_names = schema_.target->categories;
      }
      if (!values_.empty()) {
        part.label_values = from_vector(values_);
      }
    }
    return part;
  }

 private:
  [[nodiscard]] bool has_target() const noexcept { return schema_.target.has_value(); }
  [[nodiscard]] bool is_missing(Index column) const {
    return is_missing_field(schema_, rows_.field(column));
  }
  [[nodiscard]] bool lacks_a_value() const {
    bool lacks = has_target() && is_missing(target_);
    for (const Index column : places_) {
      lacks = lacks || is_missing(column);
    }
    return lacks;
  }

  void add_features() {
    const std::size_t row = x_.size();
    x_.resize(row + static_cast<std::size_t>(features_), T(0));
    T* to = x_.data() + row;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const CsvColumn& column = schema_.columns[i];
      const bool missing = is_missing(places_[i]);
      if (missing && schema_.missing == CsvFill::refuse) {
        rows_.fail(places_[i], "is a missing value");
      }
      if (column.type == CsvType::number) {
        *to++ = missing ? static_cast<T>(column.fill_value) : rows_.number<T>(places_[i]);
        continue;
      }
      if (!missing || schema_.missing != CsvFill::keep) {
        add_category(to, column, places_[i], missing);
      }
      to += column.categories.size();
    }
  }
  void add_category(T* to, const CsvColumn& column, Index place, bool missing) const {
    const Index category = place_among(
        column.categories, missing ? std::string_view(column.fill_category) : rows_.field(place));
    if (category >= 0) {
      to[category] = T(1);
    } else if (schema_.handle_unknown == CsvUnknown::error) {
      rows_.fail(place, concat("is none of the ", column.categories.size(), " categories",
                               missing ? ", nor is what stands for it" : ""));
    }
  }

  void add_label() {
    const bool missing = is_missing(target_);
    if (schema_.labels == CsvLabels::numbers && missing && schema_.missing == CsvFill::keep) {
      values_.push_back(std::numeric_limits<T>::quiet_NaN());
      return;
    }
    if (missing) {
      rows_.fail(target_, "is no label");
    }
    if (schema_.labels == CsvLabels::numbers) {
      values_.push_back(rows_.number<T>(target_));
      return;
    }
    Index found = -1;
    if (schema_.numeric_classes) {
      const CsvNumber number = parse_csv_number(rows_.field(target_));
      const auto at = std::lower_bound(class_values_.begin(), class_values_.end(), number.value);
      if (number.kind == CsvKind::number && at != class_values_.end() && *at == number.value) {
        found = static_cast<Index>(at - class_values_.begin());
        values_.push_back(static_cast<T>(number.value));
      }
    } else {
      found = place_among(schema_.target->categories, rows_.field(target_));
    }
    if (found < 0) {
      rows_.fail(target_, concat("is none of the ", schema_.target->categories.size(), " classes"));
    }
    y_.push_back(found);
  }

  CsvSchema schema_;
  CsvRows rows_;
  Index features_;
  std::vector<std::string> feature_names_;
  std::vector<Index> places_;  // of the features' columns in this file
  Index target_ = -1;
  std::vector<double> class_values_;
  std::vector<T> x_;  // of the rows that next() has gathered
  std::vector<std::int64_t> y_;
  std::vector<T> values_;
};

}  // namespace detail

/// Reads a CSV file by a schema, some rows at a time: in memory are those rows, one row of text and
/// a piece of the file.
///
///     eg::CsvTableReader<float> reader("table.csv", schema);
///     while (const auto part = reader.next(1000)) { ... part->x, part->y ... }
///
/// Throws:    as load_csv_table
/// Reference: pandas `read_csv(chunksize=...)`
template <FloatScalar T>
class CsvTableReader {
 public:
  CsvTableReader(const std::string& path, CsvSchema schema)
      : file_("CsvTableReader", path),
        source_("CsvTableReader", path, file_),
        encoder_(source_, std::move(schema)) {}
  CsvTableReader(const CsvTableReader&) = delete;
  CsvTableReader& operator=(const CsvTableReader&) = delete;
  ~CsvTableReader() = default;

  /// The next rows, `limit` unless the file ends; nothing when there are none left. The members are
  /// those that load_csv_table gives.
  ///
  /// Throws:    ValueError if limit < 1; FileError as load_csv_table
  [[nodiscard]] std::optional<LabelledCsv<T>> next(Index limit) {
    if (limit < 1) {
      detail::throw_error<ValueError>("CsvTableReader", {"limit is not positive: ", limit});
    }
    return encoder_.next(limit);
  }

 private:
  detail::InputFile file_;
  detail::ByteSource source_;
  detail::CsvEncoder<T> encoder_;
};

/// Reads a CSV file by a schema. Columns are found by their names, in any order and among others
/// (without a header: by their positions), and become the same features whatever the file.
///
///     const auto schema = eg::csv_schema("train.csv", {.target = "price"});
///     const auto train = eg::load_csv_table<float>("train.csv", schema);
///     const auto test = eg::load_csv_table<float>("test.csv", schema);
///     const auto unlabelled = eg::load_csv_table<float>("new.csv", schema.without_target());
///
/// Shapes:    x (rows, schema.features()), y and label_values (rows,), undefined without a target;
///            label_values also for classes that are text, y for CsvLabels::numbers
/// Throws:    FileError as csv_schema; for a category that the schema does not know, if that is not
///            to be ignored, and always for such a class
/// Cost:      one pass, in pieces; the values twice in memory
/// Reference: scikit-learn `OneHotEncoder.transform`
template <FloatScalar T>
[[nodiscard]] LabelledCsv<T> load_csv_table(const std::string& path, const CsvSchema& schema) {
  const detail::InputFile file("load_csv_table", path);
  const detail::ByteSource source("load_csv_table", path, file);
  auto table = detail::CsvEncoder<T>(source, schema).next(std::numeric_limits<Index>::max());
  if (!table.has_value()) {
    throw FileError("load_csv_table", path, "every row has a missing value");
  }
  return std::move(*table);
}

}  // namespace eigengrad
