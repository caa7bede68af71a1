#pragma once
// The exceptions of the library and the one function that words them.
// Every text reads `op: what is wrong: the values`, and the facts travel in the exception too.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/extents.hpp>

#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace eigengrad {

/// Base of all errors: `what()` is "op: message".
class EIGENGRAD_API Error : public std::runtime_error {
 public:
  EIGENGRAD_COLD Error(std::string_view op, std::string_view message)
      : std::runtime_error(worded(op, message)), op_(op) {}
  /// The function that refused, as the user called it.
  [[nodiscard]] const std::string& op() const noexcept { return op_; }

 private:
  [[nodiscard]] EIGENGRAD_COLD static std::string worded(std::string_view op,
                                                         std::string_view message) {
    std::string text(op);
    text.append(": ", 2).append(message);
    return text;
  }

  std::string op_;
};

/// Shapes that do not fit an operation or each other.
class EIGENGRAD_API ShapeError : public Error {
 public:
  ShapeError(std::string_view op, std::string_view message, const Shape& lhs = {},
             const Shape& rhs = {})
      : Error(op, message), lhs_(lhs), rhs_(rhs) {}
  [[nodiscard]] const Shape& lhs() const noexcept { return lhs_; }
  [[nodiscard]] const Shape& rhs() const noexcept { return rhs_; }

 private:
  Shape lhs_, rhs_;
};

/// An axis, position or class index outside its range.
class EIGENGRAD_API IndexError : public Error {
 public:
  using Error::Error;
};

/// An argument whose value is not allowed: a negative rate, a label that is not 0 or 1.
class EIGENGRAD_API ValueError : public Error {
 public:
  using Error::Error;
};

/// Misuse of a tape: a second backward, an operand of a dead tape, a saved tensor that changed.
class EIGENGRAD_API TapeError : public Error {
 public:
  using Error::Error;
};

/// A file that cannot be read or written, or does not hold what its format promises.
class EIGENGRAD_API FileError : public Error {
 public:
  FileError(std::string_view op, std::string file, const std::string& message, Index offset = -1)
      : Error(op, file + ": " + message), file_(std::move(file)), offset_(offset) {}
  [[nodiscard]] const std::string& file() const noexcept { return file_; }
  /// Byte (binary formats) or line (text formats) where the trouble is; -1 when it is the file as a
  /// whole.
  [[nodiscard]] Index offset() const noexcept { return offset_; }

 private:
  std::string file_;
  Index offset_;
};

namespace detail {

/// One part of an error text: a text, a number or a shape, by reference. Not a template, and
/// neither is concat(): one for every list of types was 9 KB of a small program, and time to
/// compile.
class Part {
 public:
  constexpr Part() noexcept : kind_(Kind::text), text_() {}
  // NOLINTBEGIN(google-explicit-constructor): implicit on purpose
  Part(const char* text) noexcept : kind_(Kind::text), text_(text) {}
  Part(std::string_view text) noexcept : kind_(Kind::text), text_(text) {}
  Part(const std::string& text) noexcept : kind_(Kind::text), text_(text) {}
  Part(const Shape& shape) noexcept : kind_(Kind::shape), shape_(&shape) {}
  Part(int value) noexcept : kind_(Kind::integer), integer_(value) {}
  Part(long value) noexcept : kind_(Kind::integer), integer_(value) {}
  Part(long long value) noexcept : kind_(Kind::integer), integer_(value) {}
  Part(unsigned value) noexcept : kind_(Kind::natural), natural_(value) {}
  Part(unsigned long value) noexcept : kind_(Kind::natural), natural_(value) {}
  Part(unsigned long long value) noexcept : kind_(Kind::natural), natural_(value) {}
  Part(float value) noexcept : kind_(Kind::single), single_(value) {}
  Part(double value) noexcept : kind_(Kind::real), real_(value) {}
  // NOLINTEND(google-explicit-constructor)

  EIGENGRAD_COLD void append_to(std::string& text) const {
    char digits[64];
    const char* end = digits;
    switch (kind_) {
      case Kind::text:
        text += text_;
        return;
      case Kind::shape:
        text += to_string(*shape_);
        return;
      case Kind::integer:
        end = std::to_chars(digits, digits + sizeof digits, integer_).ptr;
        break;
      case Kind::natural:
        end = std::to_chars(digits, digits + sizeof digits, natural_).ptr;
        break;
      case Kind::single:
        end = number(digits, single_);
        break;
      case Kind::real:
        end = number(digits, real_);
        break;
    }
    text.append(digits, static_cast<std::size_t>(end - digits));
  }

 private:
  enum class Kind : unsigned char { text, shape, integer, natural, single, real };

  /// The shortest form that reads back; "nan" without its sign, which says nothing.
  template <class F>
  static const char* number(char (&digits)[64], F value) {
    return value != value ? std::to_chars(digits, digits + 64, F(__builtin_nanf(""))).ptr
                          : std::to_chars(digits, digits + 64, value).ptr;
  }

  Kind kind_;
  union {
    std::string_view text_;
    const Shape* shape_;
    long long integer_;
    unsigned long long natural_;
    float single_;
    double real_;
  };
};

inline constexpr Part no_part;

/// Joins texts, numbers (shortest form that reads back) and shapes.
[[nodiscard]] EIGENGRAD_COLD inline std::string concat(
    const Part& a = no_part, const Part& b = no_part, const Part& c = no_part,
    const Part& d = no_part, const Part& e = no_part, const Part& f = no_part,
    const Part& g = no_part, const Part& h = no_part, const Part& i = no_part,
    const Part& j = no_part, const Part& k = no_part, const Part& l = no_part,
    const Part& m = no_part) {
  std::string text;
  for (const Part* const part : {&a, &b, &c, &d, &e, &f, &g, &h, &i, &j, &k, &l, &m}) {
    part->append_to(text);
  }
  return text;
}

[[noreturn]] EIGENGRAD_COLD inline void throw_bad_extents(std::span<const Index> extents) {
  std::string text = "(";
  for (std::size_t i = 0; i < extents.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(extents[i]);
  }
  text += extents.size() == 1 ? ",)" : ")";
  if (extents.size() > static_cast<std::size_t>(max_rank)) {
    throw ShapeError("Shape", concat(extents.size(), " extents, at most ", max_rank, ": ", text));
  }
  for (const Index extent : extents) {
    if (extent < 0) {
      throw ShapeError("Shape", "negative extent: " + text);
    }
  }
  throw ShapeError("Shape", "number of elements overflows: " + text);
}

}  // namespace detail

inline Shape::Shape(std::span<const Index> extents) {
  if (extents.size() > static_cast<std::size_t>(max_rank)) {
    detail::throw_bad_extents(extents);
  }
  // Checked as if zero extents were one, so that no product of strides can overflow either.
  Index product = 1;
  for (const Index extent : extents) {
    if (extent < 0 || __builtin_mul_overflow(product, extent == 0 ? 1 : extent, &product)) {
      detail::throw_bad_extents(extents);
    }
    push_back(extent);
  }
}

}  // namespace eigengrad
