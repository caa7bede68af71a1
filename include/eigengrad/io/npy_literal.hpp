#pragma once
// The Python dict literal in a .npy file's header: what it says (NpyInfo) and a parser that trusts
// nothing. Leaves out what stands around it: npy_header.hpp.
//
// Stricter than NumPy on purpose: refuses negative extents, keys given twice, integers that are not
// plain decimals, and escapes in strings.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace eigengrad {

/// What the header of a .npy file says.
struct NpyInfo {
  std::string descr;           ///< NumPy's name of the element type, such as "<f8"
  bool fortran_order = false;  ///< whether the first axis varies fastest in the file
  Shape shape;
};

namespace detail {

struct NpyHeader {
  NpyInfo info;
  char kind = 'f';        // b, i, u or f, as in descr
  Index item_bytes = 8;   // of one element
  bool swapped = false;   // the other byte order than this machine's
  Index data_offset = 0;  // where the elements begin
  Index data_bytes = 0;   // how long they are
};

#if EIGENGRAD_BODIES

/// "float64": the name of a header's element type.
[[nodiscard]] inline std::string npy_type_name(const NpyHeader& header) {
  if (header.kind == 'b') {
    return "bool";
  }
  const char* const kind = header.kind == 'f' ? "float" : header.kind == 'i' ? "int" : "uint";
  return kind + std::to_string(header.item_bytes * 8);
}

/// Reads the Python dict literal of a header. `offset` is where `text` begins in the file.
class NpyHeaderParser {
 public:
  NpyHeaderParser(std::string_view op, const std::string& name, std::string_view text, Index offset,
                  bool allow_long)
      : op_(op), name_(name), text_(text), offset_(offset), allow_long_(allow_long) {}

  [[nodiscard]] NpyHeader parse() {
    expect('{', "'{'");
    for (skip_blanks(); peek() != '}'; skip_blanks()) {
      parse_entry();
      skip_blanks();
      if (peek() != '}') {
        expect(',', "',' or '}'");
      }
    }
    ++at_;
    skip_blanks();
    if (at_ != text_.size()) {
      fail("bad header", "text after the closing '}'");
    }
    for (int key = 0; key < 3; ++key) {
      if (!seen_[key]) {
        fail("bad header", concat("the key '", keys[key], "' is missing"));
      }
    }
    return std::move(header_);
  }

 private:
  static constexpr std::string_view keys[] = {"descr", "fortran_order", "shape"};

  [[noreturn]] EIGENGRAD_COLD void fail(std::string_view field, const std::string& why) const {
    const Index at = offset_ + static_cast<Index>(at_);
    throw FileError(op_, name_, concat(field, " at byte ", at, ": ", why), at);
  }

  /// The next character, '\0' at the end (a NUL in the text is refused wherever it is looked at).
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() noexcept {
    while (at_ < text_.size() &&
           std::string_view(" \t\n\r\f").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  void expect(char wanted, std::string_view what) {
    skip_blanks();
    if (peek() != wanted) {
      fail("bad header", concat("expected ", what));
    }
    ++at_;
  }
  [[nodiscard]] bool take(std::string_view word) noexcept {
    if (text_.substr(at_, word.size()) != word) {
      return false;
    }
    at_ += word.size();
    return true;
  }

  void parse_entry() {
    const std::size_t start = at_;
    const std::string_view key = parse_string("bad header", "a key in quotes");
    const auto* const found = std::find(std::begin(keys), std::end(keys), key);
    if (found == std::end(keys)) {
      at_ = start;
      fail("bad header", concat("unknown key '", shown_text(key), "'"));
    }
    bool& seen = seen_[found - std::begin(keys)];
    if (seen) {
      at_ = start;
      fail("bad header", concat("the key '", key, "' appears twice"));
    }
    seen = true;
    expect(':', concat("':' after '", key, "'"));
    skip_blanks();
    if (key == "descr") {
      parse_descr();
    } else if (key == "shape") {
      parse_shape();
    } else if (take("True")) {
      header_.info.fortran_order = true;
    } else if (!take("False")) {
      fail("bad fortran_order", "expected True or False");
    }
  }

  [[nodiscard]] std::string_view parse_string(std::string_view field, std::string_view what) {
    const char quote = peek();
    if (quote != '\'' && quote != '"') {
      fail(field, concat("expected ", what));
    }
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) {
      fail(field, "the quote is not closed");
    }
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    if (value.find_first_of("\\\n") != std::string_view::npos) {
      fail(field, "an escape or a line end in quotes");
    }
    at_ = end + 1;
    return value;
  }

  void parse_descr() {
    if (peek() == '[' || peek() == '(') {
      fail("bad descr", "structured dtypes are not supported");
    }
    const std::size_t start = at_;
    const std::string_view descr = parse_string("bad descr", "a dtype in quotes");
    const std::size_t end = at_;
    at_ = start;  // errors point at the descr
    set_type(descr);
    at_ = end;
    header_.info.descr = descr;
  }

  void set_type(std::string_view descr) {
    std::string_view type = descr;
    char order = '=';
    if (!type.empty() && std::string_view("<>=|").find(type[0]) != std::string_view::npos) {
      order = type[0];
      type.remove_prefix(1);
    }
    const char kind = type.empty() ? '\0' : type[0];
    Index bytes = 0;
    if (type == "?") {
      header_.kind = 'b';
      header_.item_bytes = 1;
      return;
    }
    if (!type.empty()) {
      const char* const last = type.data() + type.size();
      const auto [end, error] = std::from_chars(type.data() + 1, last, bytes);
      bytes = error == std::errc() && end == last ? bytes : 0;
    }
    const bool known =
        (kind == 'b' && bytes == 1) ||
        ((kind == 'i' || kind == 'u') && (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8)) ||
        (kind == 'f' && (bytes == 2 || bytes == 4 || bytes == 8));
    if (!known) {
      fail("bad descr", concat("'", shown_text(descr), "' ", refusal(kind, bytes)));
    }
    header_.kind = kind;
    header_.item_bytes = bytes;
    const char native = std::endian::native == std::endian::little ? '<' : '>';
    header_.swapped = bytes > 1 && (order == '<' || order == '>') && order != native;
  }

  [[nodiscard]] EIGENGRAD_COLD static std::string_view refusal(char kind, Index bytes) noexcept {
    switch (kind) {
      case 'O':
        return "holds pickled Python objects, which are not supported";
      case 'c':
        return "is complex, which is not supported";
      case 'f':
        return bytes > 8 ? "is long double, which is not supported" : "is not a known dtype";
      case 'S':
      case 'a':
      case 'U':
        return "is text, not numbers";
      case 'M':
      case 'm':
        return "is a date or duration, not numbers";
      case 'V':
        return "is raw bytes, not numbers";
      default:
        return "is not a known dtype";
    }
  }

  void parse_shape() {
    if (peek() != '(') {
      fail("bad shape", "expected a tuple");
    }
    const std::size_t start = at_++;
    int extents = 0;
    bool comma = false;
    for (skip_blanks(); peek() != ')'; skip_blanks()) {
      if (extents > 0 && !comma) {
        fail("bad shape", "expected ',' or ')'");
      }
      const Index extent = parse_extent();
      if (extents == max_rank) {
        at_ = start;
        fail("bad shape", concat("more than ", max_rank, " extents"));
      }
      header_.info.shape.push_back(extent);
      ++extents;
      skip_blanks();
      comma = peek() == ',';
      at_ += comma ? 1 : 0;
    }
    if (extents == 1 && !comma) {
      at_ = start;
      const Index extent = header_.info.shape[0];
      fail("bad shape", concat("(", extent, ") is not a tuple, (", extent, ",) is"));
    }
    ++at_;
    check_product(start);
  }

  [[nodiscard]] Index parse_extent() {
    const char first = peek();
    if (first == '-') {
      fail("bad shape", "a negative extent");
    }
    if (first < '0' || first > '9') {
      fail("bad shape", "expected an extent");
    }
    Index extent = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), extent);
    if (error != std::errc()) {
      fail("bad shape", "an extent past 2^63 - 1");
    }
    const auto digits = static_cast<std::size_t>(end - (text_.data() + at_));
    if (first == '0' && digits > 1) {
      fail("bad shape", "an extent with leading zeros");
    }
    at_ += digits;
    if (peek() == 'L' && allow_long_) {
      ++at_;  // Python 2 wrote long integers so
    }
    return extent;
  }

  /// As if zero extents were one: Shape and Strides promise that no product of theirs overflows.
  void check_product(std::size_t start) {
    Index product = 1;
    for (const Index extent : header_.info.shape) {
      if (__builtin_mul_overflow(product, std::max<Index>(extent, 1), &product)) {
        at_ = start;
        fail("bad shape", concat("the number of elements overflows: ", header_.info.shape));
      }
    }
  }

  std::string_view op_;
  const std::string& name_;
  std::string_view text_;
  Index offset_;
  bool allow_long_;
  std::size_t at_ = 0;
  bool seen_[3] = {};
  NpyHeader header_;
};

#endif

}  // namespace detail

}  // namespace eigengrad
