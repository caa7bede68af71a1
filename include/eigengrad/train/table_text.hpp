#pragma once
// How CSV files become the features of a model, kept with it: keep_table writes a CsvSchema as
// lines of the model's text, "table.missing: mean", and table_schema reads them. Without a target.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/csv_schema.hpp>
#include <eigengrad/train/mlp_file.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace eigengrad::detail {

/// The names of CsvFill, in its order.
inline constexpr std::string_view csv_fill_names[] = {"refuse", "drop_row",      "keep",    "mean",
                                                      "median", "most_frequent", "constant"};

[[nodiscard]] inline std::string table_text(const CsvSchema& schema) {
  std::string text =
      concat("table.columns: ", schema.has_header ? Index{0} : schema.file_columns,  // 0: by name
             "\ntable.delimiter: ", static_cast<int>(schema.delimiter),
             "\ntable.missing: ", csv_fill_names[static_cast<std::size_t>(schema.missing)],
             "\ntable.default_na: ", schema.keep_default_na ? 1 : 0,
             "\ntable.non_finite: ", schema.allow_non_finite ? 1 : 0,
             "\ntable.ignore_unknown: ", schema.handle_unknown == CsvUnknown::ignore ? 1 : 0, "\n");
  for (const std::string& na : schema.na_values) {
    text += concat("table.na: ", escaped(na), "\n");
  }
  for (const CsvColumn& column : schema.columns) {
    const bool numbers = column.type == CsvType::number;
    text += concat(numbers ? "table.numbers: " : "table.categories: ", column.position, " ",
                   escaped(column.name), "\n");
    text += numbers ? concat("table.fill: ", column.fill_value, "\n")
                    : concat("table.fill: ", escaped(column.fill_category), "\n");
    for (const std::string& category : column.categories) {
      text += concat("table.category: ", escaped(category), "\n");
    }
  }
  return text;
}

/// Reads the lines of table_text one after the other.
class TableTextReader {
 public:
  /// Takes the line `table.KEY: VALUE`; false if it is none of them, or not in its place.
  [[nodiscard]] bool take(std::string_view key, std::string_view value, CsvSchema& schema) const {
    if (key == "columns") {
      schema.has_header = value == "0";
      return number(value, schema.file_columns) && schema.file_columns >= 0;
    }
    if (key == "delimiter") {
      int code = 0;
      const bool good = number(value, code) && code >= -128 && code < 128;
      schema.delimiter = static_cast<char>(code);
      return good;
    }
    if (key == "missing") {
      const auto* const found =
          std::find(std::begin(csv_fill_names), std::end(csv_fill_names), value);
      schema.missing = static_cast<CsvFill>(found - std::begin(csv_fill_names));
      return found != std::end(csv_fill_names);
    }
    if (key == "default_na") {
      return flag(value, schema.keep_default_na);
    }
    if (key == "non_finite") {
      return flag(value, schema.allow_non_finite);
    }
    if (key == "ignore_unknown") {
      bool ignore = false;
      const bool good = flag(value, ignore);
      schema.handle_unknown = ignore ? CsvUnknown::ignore : CsvUnknown::error;
      return good;
    }
    if (key == "na") {
      schema.na_values.push_back(unescaped(value));
      return true;
    }
    return take_column(key, value, schema);
  }

  /// Whether all of it is there and fits files: positions inside, categories in order.
  [[nodiscard]] bool is_whole(const CsvSchema& schema) const {
    bool whole = !schema.columns.empty();
    for (const CsvColumn& column : schema.columns) {
      const auto& names = column.categories;
      whole = whole && column.position >= 0 &&
              (schema.has_header || column.position < schema.file_columns) &&
              std::is_sorted(names.begin(), names.end()) &&
              std::adjacent_find(names.begin(), names.end()) == names.end();
    }
    return whole;
  }

 private:
  template <class N>
  [[nodiscard]] static bool number(std::string_view text, N& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  }
  [[nodiscard]] static bool flag(std::string_view text, bool& value) {
    value = text == "1";
    return value || text == "0";
  }
  [[nodiscard]] static bool take_column(std::string_view key, std::string_view value,
                                        CsvSchema& schema) {
    if (key == "numbers" || key == "categories") {
      const std::size_t space = std::min(value.find(' '), value.size());
      CsvColumn column;
      column.type = key == "numbers" ? CsvType::number : CsvType::category;
      column.name = space < value.size() ? unescaped(value.substr(space + 1)) : std::string();
      const bool good = number(value.substr(0, space), column.position);
      schema.columns.push_back(column);
      return good && space < value.size();
    }
    if (schema.columns.empty()) {
      return false;
    }
    CsvColumn& column = schema.columns.back();
    const bool numbers = column.type == CsvType::number;
    if (key == "fill" && numbers) {
      return number(value, column.fill_value);
    }
    if (key == "fill") {
      column.fill_category = unescaped(value);
      return true;
    }
    if (key == "category" && !numbers) {
      column.categories.push_back(unescaped(value));
      return true;
    }
    return false;
  }
};

[[noreturn]] EIGENGRAD_COLD inline void throw_table(const std::string& path,
                                                    const std::string& what) {
  throw FileError("load_mlp", path, what);
}

/// The schema of table_text's lines. Throws: FileError with the first line that is none of them
[[nodiscard]] inline CsvSchema parse_table(const std::string& text, Index features,
                                           const std::string& path) {
  const TableTextReader reader;
  CsvSchema schema;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view(text).substr(start, end - start);
    const std::size_t colon = std::min(line.find(": "), line.size());
    const std::size_t key = std::min<std::size_t>(6, colon);  // past "table."
    if (colon == line.size() ||
        !reader.take(line.substr(key, colon - key), line.substr(colon + 2), schema)) {
      throw_table(path, concat("no line of a table: '", shown_text(line), "'"));
    }
    start = end + 1;
  }
  if (!reader.is_whole(schema) || schema.features() != features) {
    throw_table(path, concat("the table's columns do not give ", features, " features"));
  }
  return schema;
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Keeps with a model how CSV files become its features; save_mlp and save_mlp_safetensors write
/// it.
template <FloatScalar T>
void keep_table(TrainedMlp<T>& trained, const CsvSchema& schema) {
  trained.table = eigengrad::detail::table_text(schema.without_target());
}

/// The schema that was kept with a model, without a target: for load_csv_table of files to predict
/// from. `path` is where the model came from, for errors.
///
/// Throws:    FileError if nothing was kept, or what was is damaged or gives other features
template <FloatScalar T>
[[nodiscard]] CsvSchema table_schema(const TrainedMlp<T>& trained, const std::string& path) {
  return eigengrad::detail::parse_table(trained.table, trained.mlp.features, path);
}

}  // namespace eigengrad::train
