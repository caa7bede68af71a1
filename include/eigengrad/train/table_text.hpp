#pragma once
// A CsvSchema as lines of a model's text, "table.missing: mean", so that a saved model reads the
// files that it is asked about as it read those that it was trained on. Without a target.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/csv_schema.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace eigengrad::detail {

/// One line of text for any text: backslash, line feed and carriage return are escaped.
[[nodiscard]] inline std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\\' || c == '\n' || c == '\r') {
      line += '\\';
      line += c == '\n' ? 'n' : c == '\r' ? 'r' : '\\';
    } else {
      line += c;
    }
  }
  return line;
}
[[nodiscard]] inline std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      text += line[i] == 'n' ? '\n' : line[i] == 'r' ? '\r' : line[i];
    } else {
      text += line[i];
    }
  }
  return text;
}

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

}  // namespace eigengrad::detail
