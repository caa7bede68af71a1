#pragma once
// What a field of a CSV text is as a number: the nearest double, a missing value, or neither.
// Nothing depends on the locale. Leaves out where fields come from: csv_reader.hpp.

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <system_error>

namespace eigengrad::detail {

/// Blanks that may surround a field; a tab is none where it delimits.
[[nodiscard]] inline bool is_csv_blank(char c, char delimiter) noexcept {
  return (c == ' ' || c == '\t') && c != delimiter;
}

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

/// Whether a field is `lower` once its letters are made small.
[[nodiscard]] inline bool is_in_lower_case(std::string_view field,
                                           std::string_view lower) noexcept {
  bool same = field.size() == lower.size();
  for (std::size_t i = 0; same && i < field.size(); ++i) {
    const char c = field[i];
    same = (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == lower[i];
  }
  return same;
}

/// "NA", "n/a", "null", "none", "?" and nothing stand for a missing value.
[[nodiscard]] inline bool is_csv_missing(std::string_view field) noexcept {
  for (const std::string_view marker : {"", "na", "n/a", "null", "none", "?"}) {
    if (is_in_lower_case(field, marker)) {
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
