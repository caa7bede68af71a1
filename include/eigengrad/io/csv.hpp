#pragma once
// CSV files: read_csv (text), load_csv (numbers), write_csv and save_csv, as declared in
// csv_declarations.hpp. Numbers are read and written without regard to the locale and read back to
// the same bits. Leaves out label columns (csv_labels.hpp) and columns of text (csv_table.hpp).

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/csv_declarations.hpp>
#include <eigengrad/io/csv_number.hpp>
#include <eigengrad/io/csv_reader.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Walks the data rows of a CSV text or file: takes the header off and refuses ragged rows.
class CsvRows {
 public:
  /// All of a text.
  CsvRows(std::string_view op, const std::string& name, std::string text, const CsvOptions& options)
      : CsvRows(CsvReader(op, name, std::move(text), options.delimiter), options) {}
  /// A file piece by piece. Borrows the source.
  CsvRows(const ByteSource& source, const CsvOptions& options, const CsvPieces& pieces = {})
      : CsvRows(CsvReader(source, options.delimiter, pieces), options) {}
  CsvRows(const CsvRows&) = delete;  // fields are views into it
  CsvRows& operator=(const CsvRows&) = delete;
  ~CsvRows() = default;

  /// Steps to the next row; false at the end.
  /// Throws: FileError with the line if it has not as many fields as the first row
  [[nodiscard]] bool next() {
    if (!std::exchange(waiting_, false) && !reader_.next()) {
      return false;
    }
    const auto found = static_cast<Index>(reader_.fields().size());
    if (found != columns_) {
      throw_csv_line(reader_.op(), reader_.name(), reader_.line(),
                     concat(found, found == 1 ? " field" : " fields", ", expected ", columns_,
                            " as in line ", first_line_));
    }
    return true;
  }

  [[nodiscard]] const CsvReader& reader() const noexcept { return reader_; }
  [[nodiscard]] Index columns() const noexcept { return columns_; }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] std::string_view field(Index column) const noexcept {
    return reader_.fields()[static_cast<std::size_t>(column)];
  }

  /// A column in errors: `column 'age' (3)`, counted from 1.
  [[nodiscard]] EIGENGRAD_COLD std::string label(Index column) const {
    const std::string number = std::to_string(column + 1);
    return names_.empty() ? "column " + number
                          : concat("column '", shown_text(names_[static_cast<std::size_t>(column)]),
                                   "' (", number, ")");
  }
  /// Refuses a field of the current row: `line 7, column 'age' (3): 'abc' is not a number`.
  [[noreturn]] EIGENGRAD_COLD void fail(Index column, std::string_view why) const {
    const std::string_view text = field(column);
    const std::string value = text.empty() ? "an empty field" : concat("'", shown_text(text), "'");
    throw FileError(reader_.op(), reader_.name(),
                    concat("line ", reader_.line(), ", ", label(column), ": ", value, " ", why),
                    reader_.line());
  }

  /// A field as a T, by the options' rules. Throws: FileError with line and column
  template <AnyScalar T>
  [[nodiscard]] T number(Index column) const {
    if constexpr (std::integral<T>) {
      const std::string_view digits = csv_digits(field(column));
      T value{};
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error == std::errc() && end == digits.data() + digits.size()) {
        return value;
      }
    }
    const CsvNumber parsed = parse_csv_number(field(column));
    if (parsed.kind == CsvKind::number) {
      return narrowed<T>(parsed.value, column);
    }
    if constexpr (std::floating_point<T>) {
      if (parsed.kind == CsvKind::missing && options_.missing == CsvMissing::nan) {
        return std::numeric_limits<T>::quiet_NaN();
      }
      if (parsed.kind == CsvKind::not_finite &&
          (options_.allow_non_finite ||
           (options_.missing == CsvMissing::nan && std::isnan(parsed.value)))) {
        return static_cast<T>(parsed.value);
      }
    }
    fail(column, parsed.kind == CsvKind::missing        ? "is a missing value"
                 : parsed.kind == CsvKind::not_finite   ? "is not finite"
                 : parsed.kind == CsvKind::out_of_range ? "is outside the range of float64"
                                                        : "is not a number");
  }

 private:
  CsvRows(CsvReader reader, const CsvOptions& options)
      : options_(options), reader_(std::move(reader)) {
    waiting_ = reader_.next();
    if (!waiting_) {
      throw FileError(reader_.op(), reader_.name(), "the file holds empty lines only");
    }
    first_line_ = reader_.line();
    columns_ = static_cast<Index>(reader_.fields().size());
    if (options.header == CsvHeader::present ||
        (options.header == CsvHeader::automatic && looks_like_names())) {
      names_.assign(reader_.fields().begin(), reader_.fields().end());
      waiting_ = reader_.next();
    }
    if (!waiting_) {
      throw FileError(reader_.op(), reader_.name(), "no rows of data below the header");
    }
  }

  template <AnyScalar T>
  [[nodiscard]] T narrowed(double value, Index column) const {
    if constexpr (std::integral<T>) {
      // The bounds are powers of two, hence exact.
      constexpr auto low = static_cast<double>(std::numeric_limits<T>::min());
      if (value != std::trunc(value)) {
        fail(column, "is not an integer");
      }
      if (value < low || value >= -low) {
        fail(column, concat("is outside the range of ", dtype_name(dtype_of<T>)));
      }
    } else if (std::isinf(static_cast<T>(value))) {
      fail(column, concat("is outside the range of ", dtype_name(dtype_of<T>)));
    }
    return static_cast<T>(value);
  }

  [[nodiscard]] bool looks_like_names() const noexcept {
    bool text = false;
    for (const std::string_view field : reader_.fields()) {
      const CsvKind kind = parse_csv_number(field).kind;
      if (kind != CsvKind::not_a_number && kind != CsvKind::missing) {
        return false;
      }
      text = text || kind == CsvKind::not_a_number;
    }
    return text;
  }

  CsvOptions options_;
  CsvReader reader_;
  bool waiting_ = false;  // a row was read and not yet given out
  Index first_line_ = 1;
  Index columns_ = 0;
  std::vector<std::string> names_;
};

/// load_csv from text in memory; `name` stands for the file in errors.
template <AnyScalar T>
[[nodiscard]] Tensor<T> parse_csv(std::string text, const std::string& name,
                                  const CsvOptions& options) {
  CsvRows rows("load_csv", name, std::move(text), options);
  std::vector<T> values;
  while (rows.next()) {
    for (Index column = 0; column < rows.columns(); ++column) {
      values.push_back(rows.number<T>(column));
    }
  }
  return from_vector(values, {static_cast<Index>(values.size()) / rows.columns(), rows.columns()});
}

/// Adds a field, in quotes where a reader would otherwise see something else.
inline void append_csv_field(std::string& text, std::string_view field, char delimiter) {
  const bool plain = !field.empty() && field.find_first_of("\"\r\n") == std::string_view::npos &&
                     field.find(delimiter) == std::string_view::npos &&
                     !is_csv_blank(field.front(), '\0') && !is_csv_blank(field.back(), '\0');
  if (plain) {
    text += field;
    return;
  }
  text += '"';
  for (const char c : field) {
    text.append(c == '"' ? 2 : 1, c);
  }
  text += '"';
}

inline void append_csv_row(std::string& text, std::span<const std::string> fields, char delimiter) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) {
      text += delimiter;
    }
    append_csv_field(text, fields[i], delimiter);
  }
  text += '\n';
}

[[noreturn]] EIGENGRAD_COLD inline void throw_csv_names(std::string_view op, std::size_t names,
                                                        Index columns) {
  throw ValueError(op, concat("column_names has ", names, " names for ", columns, " columns"));
}

}  // namespace detail

template <class>
CsvTable read_csv(const std::string& path, const CsvOptions& options) {
  detail::CsvRows rows("read_csv", path, detail::read_file_for("read_csv", path), options);
  CsvTable table{rows.names(), {}};
  while (rows.next()) {
    const auto fields = rows.reader().fields();
    table.rows.emplace_back(fields.begin(), fields.end());
  }
  return table;
}

template <AnyScalar T>
requires FloatScalar<T> || IndexScalar<T> Tensor<T> load_csv(const std::string& path,
                                                             const CsvOptions& options) {
  return detail::parse_csv<T>(detail::read_file_for("load_csv", path), path, options);
}

template <class>
void write_csv(const std::string& path, const CsvTable& table, char delimiter) {
  std::string text;
  if (!table.column_names.empty()) {
    detail::append_csv_row(text, table.column_names, delimiter);
  }
  const std::size_t columns = table.column_names.empty() && !table.rows.empty()
                                  ? table.rows[0].size()
                                  : table.column_names.size();
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    if (table.rows[i].size() != columns) {
      throw ValueError("write_csv", detail::concat("row ", i, " has ", table.rows[i].size(),
                                                   " fields, expected ", columns));
    }
    detail::append_csv_row(text, table.rows[i], delimiter);
  }
  detail::write_file_for("write_csv", path, text);
}

template <AnyScalar T>
void save_csv(const std::string& path, const Tensor<T>& x,
              const std::vector<std::string>& column_names, char delimiter) {
  if (x.rank() != 1 && x.rank() != 2) {
    throw ShapeError("save_csv",
                     detail::concat("expected (rows, columns) or (rows,), got ", x.shape()),
                     x.shape());
  }
  const Index columns = x.rank() == 2 ? x.shape()[1] : 1;
  std::string text;
  if (!column_names.empty()) {
    if (static_cast<Index>(column_names.size()) != columns) {
      detail::throw_csv_names("save_csv", column_names.size(), columns);
    }
    detail::append_csv_row(text, column_names, delimiter);
  }
  const Tensor<T> values = detail::packed(x);
  Index column = 0;
  for (const T value : values.values()) {
    detail::Part(value).append_to(text);
    ++column;
    text += column == columns ? '\n' : delimiter;
    column = column == columns ? 0 : column;
  }
  detail::write_file_for("save_csv", path, text);
}

}  // namespace eigengrad
