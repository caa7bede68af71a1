#pragma once
// Tensors as text, laid out as NumPy 2 prints arrays: aligned columns, eight digits after the point
// at most, scientific when the numbers span too much, lines of 75 characters, and only the edges of
// more than 1000 elements. Leaves out options: round or slice the tensor instead.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

namespace detail {

inline constexpr Index print_edge = 3;          // elements kept at each end of a long axis
inline constexpr Index print_threshold = 1000;  // elements from which on axes are cut
inline constexpr std::size_t print_width = 75;  // characters of a line
inline constexpr std::size_t print_digits = 8;  // after the point, at most

/// A decimal number taken apart: text is [whole].[fraction] or, with an exponent, the same before
/// the e.
struct DecimalText {
  std::string whole;     // with its sign
  std::string fraction;  // without trailing zeros
  std::string exponent;  // with its sign, at least two digits; empty in positional form
};

[[nodiscard]] EIGENGRAD_COLD inline DecimalText take_apart(std::string_view text) {
  DecimalText parts;
  if (const std::size_t e = text.find('e'); e != std::string_view::npos) {
    parts.exponent = text.substr(e + 1);
    text = text.substr(0, e);
  }
  const std::size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != std::string_view::npos) {
    text = text.substr(point + 1);
    parts.fraction = text.substr(0, text.find_last_not_of('0') + 1);
  }
  return parts;
}

/// A double in positional form has up to 309 digits, a point, a sign and its fraction.
using DecimalBuffer = std::array<char, 512>;

/// `value` rounded to `digits` after the point, half to even on the exact value.
template <FloatScalar T>
[[nodiscard]] DecimalText rounded(T value, std::chars_format format, std::size_t digits) {
  DecimalBuffer buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format,
                                 static_cast<int>(digits));
  return take_apart({buffer.data(), end.ptr});
}

/// The shortest digits that read back as `value`, rounded if more than `digits` follow the point.
template <FloatScalar T>
[[nodiscard]] DecimalText decimal(T value, std::chars_format format, std::size_t digits) {
  DecimalBuffer buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  DecimalText parts = take_apart({buffer.data(), end.ptr});
  return parts.fraction.size() > digits ? rounded(value, format, digits) : parts;
}

/// How all numbers of one tensor are written, from a first pass over those that are shown.
struct FloatLayout {
  bool scientific = false;
  std::size_t left = 0;      // characters before the point
  std::size_t right = 0;     // characters after it, exponent included
  std::size_t fraction = 0;  // digits after the point
  std::size_t exponent = 0;  // digits of the exponent
};

inline void pad_front(std::string& text, std::size_t width, char fill = ' ') {
  if (text.size() < width) {
    text.insert(0, width - text.size(), fill);
  }
}
inline void pad_back(std::string& text, std::size_t width, char fill = ' ') {
  if (text.size() < width) {
    text.append(width - text.size(), fill);
  }
}

template <FloatScalar T>
[[nodiscard]] std::string_view non_finite_text(T value) {
  return std::isnan(value) ? "nan" : (value < 0 ? "-inf" : "inf");
}

/// Whether NumPy would write these numbers with exponents: for large, for small and for widely
/// spread ones.
template <FloatScalar T>
[[nodiscard]] bool wants_scientific(const std::vector<T>& values) {
  // NumPy's finfo.precision, at most 8.
  constexpr double largest = std::same_as<T, float> ? 1e6 : 1e8;
  T low = 0;
  T high = 0;
  for (const T value : values) {
    if (const T size = std::abs(value); std::isfinite(value) && size != 0) {
      low = low == 0 || size < low ? size : low;
      high = size > high ? size : high;
    }
  }
  return high != 0 && (static_cast<double>(high) >= largest || static_cast<double>(low) < 0.0001 ||
                       high / low > T(1000));
}

template <FloatScalar T>
[[nodiscard]] FloatLayout plan_floats(const std::vector<T>& values) {
  FloatLayout layout;
  layout.scientific = wants_scientific(values);
  const auto format = layout.scientific ? std::chars_format::scientific : std::chars_format::fixed;
  std::size_t widest_non_finite = 0;
  for (const T value : values) {
    if (!std::isfinite(value)) {
      widest_non_finite = std::max(widest_non_finite, non_finite_text(value).size());
      continue;
    }
    const DecimalText parts = decimal(value, format, print_digits);
    layout.left = std::max(layout.left, parts.whole.size());
    layout.fraction = std::max(layout.fraction, parts.fraction.size());
    layout.exponent = std::max(layout.exponent, parts.exponent.size());
  }
  layout.right = layout.fraction;
  if (layout.scientific) {
    layout.exponent -= 1;                 // without its sign
    layout.right += 2 + layout.exponent;  // "e" and the sign
  }
  if (widest_non_finite > layout.right + 1) {
    layout.left = std::max(layout.left, widest_non_finite - layout.right - 1);
  }
  return layout;
}

template <FloatScalar T>
[[nodiscard]] std::string float_word(T value, const FloatLayout& layout) {
  if (!std::isfinite(value)) {
    std::string word(non_finite_text(value));
    pad_front(word, layout.left + 1 + layout.right);
    return word;
  }
  if (!layout.scientific) {
    DecimalText parts = decimal(value, std::chars_format::fixed, print_digits);
    pad_front(parts.whole, layout.left);
    pad_back(parts.fraction, layout.right);
    return parts.whole + "." + parts.fraction;
  }
  // Every number shows as many digits as the one that needs most, and they are digits of the value.
  DecimalText parts = rounded(value, std::chars_format::scientific, layout.fraction);
  pad_front(parts.whole, layout.left);
  pad_back(parts.fraction, layout.fraction, '0');
  std::string digits = parts.exponent.substr(1);
  pad_front(digits, layout.exponent, '0');
  return parts.whole + "." + parts.fraction + "e" + parts.exponent[0] + digits;
}

/// The shown elements as words of one width.
template <AnyScalar T>
[[nodiscard]] std::vector<std::string> to_words(const std::vector<T>& values) {
  std::vector<std::string> words;
  words.reserve(values.size());
  if constexpr (FloatScalar<T>) {
    const FloatLayout layout = plan_floats(values);
    for (const T value : values) {
      words.push_back(float_word(value, layout));
    }
  } else if constexpr (std::same_as<T, bool>) {
    for (const bool value : values) {
      words.emplace_back(value ? " True" : "False");
    }
  } else {
    std::size_t width = 0;
    for (const T value : values) {
      words.push_back(std::to_string(value));
      width = std::max(width, words.back().size());
    }
    for (std::string& word : words) {
      pad_front(word, width);
    }
  }
  return words;
}

/// One number on its own, as NumPy prints a scalar: the shortest digits, "1.0", "1e-05", "1e+16".
template <AnyScalar T>
[[nodiscard]] std::string single_word(T value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "True" : "False";
  } else if constexpr (std::integral<T>) {
    return std::to_string(value);
  } else {
    if (!std::isfinite(value)) {
      return std::string(non_finite_text(value));
    }
    constexpr std::size_t all_digits = 512;
    constexpr double large = std::same_as<T, float> ? 1e6 : 1e16;
    const double size = std::abs(static_cast<double>(value));
    if (size != 0 && (size < 1e-4 || size >= large)) {
      const DecimalText parts = decimal(value, std::chars_format::scientific, all_digits);
      return parts.whole + (parts.fraction.empty() ? "" : ".") + parts.fraction + "e" +
             parts.exponent;
    }
    const DecimalText parts = decimal(value, std::chars_format::fixed, all_digits);
    return parts.whole + "." + (parts.fraction.empty() ? "0" : parts.fraction);
  }
}

/// Whether an axis is cut to its edges.
[[nodiscard]] inline bool is_cut(Index extent, bool summarize) noexcept {
  return summarize && extent > 2 * print_edge;
}

/// Appends the elements that are shown, in order.
template <AnyScalar T>
void collect_shown(const Tensor<T>& x, int axis, Index offset, bool summarize,
                   std::vector<T>& shown) {
  if (axis == x.rank()) {
    shown.push_back(x.data()[offset]);
    return;
  }
  const Index n = x.shape()[axis];
  const Index stride = x.strides()[static_cast<std::size_t>(axis)];
  for (Index i = 0; i < n; ++i) {
    if (is_cut(n, summarize) && i == print_edge) {
      i = n - print_edge;
    }
    collect_shown(x, axis + 1, offset + i * stride, summarize, shown);
  }
}

/// Puts words into nested brackets.
class BracketWriter {
 public:
  BracketWriter(const Shape& shape, const std::vector<std::string>& words, bool summarize)
      : shape_(shape), words_(words), summarize_(summarize) {}

  [[nodiscard]] EIGENGRAD_COLD std::string write() { return write_axis(0); }

 private:
  [[nodiscard]] std::string write_axis(int axis) {
    return axis == shape_.rank() - 1 ? write_row(axis) : write_blocks(axis);
  }

  /// Parts of one axis before the dots, after them, and whether there are dots.
  struct Parts {
    Index count;
    Index dots_at;  // -1: none
  };
  [[nodiscard]] Parts parts_of(int axis) const noexcept {
    const bool cut = is_cut(shape_[axis], summarize_);
    return {cut ? 2 * print_edge : shape_[axis], cut ? print_edge : -1};
  }

  [[nodiscard]] std::string write_blocks(int axis) {
    const std::string indent(static_cast<std::size_t>(axis) + 1, ' ');
    const std::string separator(static_cast<std::size_t>(shape_.rank() - 1 - axis), '\n');
    const Parts parts = parts_of(axis);
    std::string text = "[";
    for (Index i = 0; i < parts.count; ++i) {
      if (i > 0) {
        text += separator + indent;
      }
      if (i == parts.dots_at) {
        text += "..." + separator + indent;
      }
      text += write_axis(axis + 1);
    }
    return text + "]";
  }

  [[nodiscard]] std::string write_row(int axis) {
    indent_ = static_cast<std::size_t>(axis) + 1;
    row_width_ = print_width - static_cast<std::size_t>(axis) - 1;
    text_.clear();
    line_.assign(indent_, ' ');
    const Parts parts = parts_of(axis);
    for (Index i = 0; i < parts.count; ++i) {
      if (i > 0) {
        line_ += ' ';
      }
      if (i == parts.dots_at) {
        extend("...");
        line_ += ' ';
      }
      extend(words_[next_++]);
    }
    return "[" + (text_ + line_).substr(indent_) + "]";
  }

  /// Adds a word to the line, on a new one if it would get too long.
  void extend(const std::string& word) {
    if (line_.size() + word.size() > row_width_ && line_.size() > indent_) {
      line_.erase(line_.find_last_not_of(' ') + 1);
      text_ += line_ + "\n";
      line_.assign(indent_, ' ');
    }
    line_ += word;
  }

  const Shape& shape_;
  const std::vector<std::string>& words_;
  bool summarize_;
  std::size_t next_ = 0;  // word
  std::size_t indent_ = 0;
  std::size_t row_width_ = 0;
  std::string text_;
  std::string line_;
};

}  // namespace detail

/// The elements as text, without a newline at the end: as str() of a NumPy array prints them. A
/// tensor without elements is "[] of shape (0, 3)"; a 0-d tensor is its number.
///
/// Cost:      at most 1000 elements, or 6 along each axis, are read
/// Reference: NumPy 2.4, numpy.array2string with its default options
template <AnyScalar T>
[[nodiscard]] std::string to_string(const Tensor<T>& x) {
  if (x.size() == 0) {
    return "[] of shape " + to_string(x.shape());
  }
  if (x.rank() == 0) {
    return detail::single_word(x.item());
  }
  const bool summarize = x.size() > detail::print_threshold;
  std::vector<T> shown;
  detail::collect_shown(x, 0, 0, summarize, shown);
  const std::vector<std::string> words = detail::to_words(shown);
  return detail::BracketWriter(x.shape(), words, summarize).write();
}

/// Writes to_string(x) to a stream.
template <class Traits, AnyScalar T>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& stream,
                                             const Tensor<T>& x) {
  const std::string text = to_string(x);
  stream << text.c_str();
  return stream;
}

}  // namespace eigengrad
