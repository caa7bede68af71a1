#pragma once
// Rows of fields out of CSV text (RFC 4180), and what a field is as a number. Leaves out tensors
// and headers: csv.hpp.
//
// Beyond RFC 4180: a BOM is skipped; lines end with CRLF, LF or CR; empty lines are skipped; blanks
// around a field belong to it only inside quotes. Nothing depends on the locale.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_csv_line(std::string_view op, const std::string& name,
                                                       Index line, const std::string& what) {
  throw FileError(op, name, concat("line ", line, ": ", what), line);
}

/// Blanks that may surround a field; a tab is none where it delimits.
[[nodiscard]] inline bool is_csv_blank(char c, char delimiter) noexcept {
  return (c == ' ' || c == '\t') && c != delimiter;
}

/// Steps through the rows of a text that it owns. Quotes are taken off in place, so fields are
/// views into that text; they last until the reader goes.
class CsvReader {
 public:
  CsvReader(std::string_view op, std::string name, std::string text, char delimiter)
      : op_(op), name_(std::move(name)), text_(std::move(text)), delimiter_(delimiter) {
    if (delimiter == '"' || delimiter == '\r' || delimiter == '\n' || delimiter == '\0' ||
        (delimiter >= '0' && delimiter <= '9')) {
      throw ValueError(op, concat("not a delimiter: character ",
                                  static_cast<int>(static_cast<unsigned char>(delimiter))));
    }
    const std::string_view start = std::string_view(text_).substr(0, 3);
    if (text_.empty() || text_ == "\xef\xbb\xbf") {
      throw FileError(op, name_, "the file is empty");
    }
    if (start.substr(0, 2) == "\xff\xfe" || start.substr(0, 2) == "\xfe\xff") {
      throw FileError(op, name_, "is UTF-16 text; save it as UTF-8");
    }
    at_ = start == "\xef\xbb\xbf" ? 3 : 0;
  }

  [[nodiscard]] std::string_view op() const noexcept { return op_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// The row that next() found.
  [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return fields_; }
  /// The line on which it begins, counted from 1.
  [[nodiscard]] Index line() const noexcept { return line_; }

  /// Steps to the next row that is not an empty line; false at the end.
  /// Throws: FileError with the line for a quote that is not closed or not where it may be
  [[nodiscard]] bool next() {
    while (at_ < text_.size()) {
      fields_.clear();
      line_ = next_line_;
      const bool quoted = read_row();
      if (fields_.size() > 1 || quoted || !fields_[0].empty()) {
        return true;
      }
    }
    return false;
  }

 private:
  [[nodiscard]] bool at_end_of_field() const noexcept {
    return at_ == text_.size() || text_[at_] == delimiter_ || text_[at_] == '\n' ||
           text_[at_] == '\r';
  }
  void skip_blanks() noexcept {
    while (at_ < text_.size() && is_csv_blank(text_[at_], delimiter_)) {
      ++at_;
    }
  }
  /// Steps over one line end, if there is one.
  bool take_line_end() noexcept {
    if (at_ == text_.size() || (text_[at_] != '\n' && text_[at_] != '\r')) {
      return false;
    }
    at_ += text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 1;
    ++next_line_;
    return true;
  }

  /// Fills fields_; whether a field was in quotes.
  [[nodiscard]] bool read_row() {
    bool quoted = false;
    for (;;) {
      skip_blanks();
      const bool in_quotes = at_ < text_.size() && text_[at_] == '"';
      fields_.push_back(in_quotes ? read_quoted() : read_plain());
      quoted = quoted || in_quotes;
      if (at_ < text_.size() && text_[at_] == delimiter_) {
        ++at_;
        continue;
      }
      take_line_end();
      return quoted;
    }
  }

  [[nodiscard]] std::string_view read_plain() {
    const std::size_t start = at_;
    for (; !at_end_of_field(); ++at_) {
      if (text_[at_] == '"') {
        throw_csv_line(op_, name_, next_line_,
                       "a quote inside a field that does not begin with one");
      }
    }
    std::size_t end = at_;
    while (end > start && is_csv_blank(text_[end - 1], delimiter_)) {
      --end;
    }
    return std::string_view(text_).substr(start, end - start);
  }

  [[nodiscard]] std::string_view read_quoted() {
    const std::size_t start = ++at_;
    const Index opened = next_line_;
    std::size_t end = start;  // what is kept; falls behind at_ by one at every doubled quote
    for (;;) {
      if (at_ == text_.size()) {
        throw_csv_line(op_, name_, opened, "a quote that is not closed");
      }
      const std::size_t here = at_;
      if (text_[at_] == '"') {
        if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') {
          break;
        }
        ++at_;
        text_[end++] = text_[at_++];
      } else if (take_line_end()) {
        for (std::size_t i = here; i < at_; ++i) {
          text_[end++] = text_[i];
        }
      } else {
        text_[end++] = text_[at_++];
      }
    }
    ++at_;
    skip_blanks();
    if (!at_end_of_field()) {
      throw_csv_line(op_, name_, next_line_, "text after a closing quote");
    }
    return std::string_view(text_).substr(start, end - start);
  }

  std::string_view op_;
  std::string name_;
  std::string text_;
  char delimiter_;
  std::size_t at_ = 0;
  Index line_ = 1;
  Index next_line_ = 1;
  std::vector<std::string_view> fields_;
};

/// What a field is as a number.
enum class CsvKind : std::uint8_t { number, missing, not_finite, out_of_range, not_a_number };

struct CsvNumber {
  CsvKind kind = CsvKind::not_a_number;
  double value = 0.0;
};

/// Whether a decimal number that no double is near to is too large, rather than too close to zero.
[[nodiscard]] inline bool is_huge(std::string_view digits) noexcept {
  const std::size_t mark = digits.find_first_of("eE");
  const std::string_view mantissa = digits.substr(0, mark);
  const std::size_t point =
      mantissa.find('.') == std::string_view::npos ? mantissa.size() : mantissa.find('.');
  const std::size_t first = mantissa.find_first_of("123456789");
  const double position = static_cast<double>(point) - static_cast<double>(first);
  double exponent = 0.0;
  if (mark != std::string_view::npos) {
    const bool negative = digits[mark + 1] == '-';
    for (const char c : digits.substr(mark + 1)) {
      exponent = c >= '0' && c <= '9' ? exponent * 10.0 + (c - '0') : exponent;
    }
    exponent = negative ? -exponent : exponent;
  }
  return position + exponent > 0.0;
}

/// "NA", "n/a", "null", "none", "?" and nothing stand for a missing value.
[[nodiscard]] inline bool is_csv_missing(std::string_view field) noexcept {
  constexpr std::string_view markers[] = {"", "na", "n/a", "null", "none", "?"};
  for (const std::string_view marker : markers) {
    bool same = marker.size() == field.size();
    for (std::size_t i = 0; same && i < field.size(); ++i) {
      const char c = field[i];
      same = (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == marker[i];
    }
    if (same) {
      return true;
    }
  }
  return false;
}

/// A field without the blanks around it (those inside quotes) and without a leading '+'.
[[nodiscard]] inline std::string_view csv_digits(std::string_view field) noexcept {
  while (!field.empty() && is_csv_blank(field.front(), '\0')) {
    field.remove_prefix(1);
  }
  while (!field.empty() && is_csv_blank(field.back(), '\0')) {
    field.remove_suffix(1);
  }
  if (field.size() > 1 && field[0] == '+' && field[1] != '-' && field[1] != '+') {
    field.remove_prefix(1);
  }
  return field;
}

/// The nearest double, ties to even; too small a number is zero.
[[nodiscard]] inline CsvNumber parse_csv_number(std::string_view field) noexcept {
  const std::string_view digits = csv_digits(field);
  if (is_csv_missing(digits)) {
    return {CsvKind::missing, 0.0};
  }
  CsvNumber number;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, number.value);
  if (error == std::errc::invalid_argument || end != last) {
    return number;
  }
  const bool is_digits = digits.find_first_of("nN") == std::string_view::npos;  // no "nan", "inf"
  if (error == std::errc::result_out_of_range || (is_digits && std::isinf(number.value))) {
    const double zero = digits[0] == '-' ? -0.0 : 0.0;
    return is_huge(digits) ? CsvNumber{CsvKind::out_of_range, 0.0}
                           : CsvNumber{CsvKind::number, zero};
  }
  number.kind = std::isfinite(number.value) ? CsvKind::number : CsvKind::not_finite;
  return number;
}

}  // namespace eigengrad::detail
