#pragma once
// The exceptions of the library and the one function that words them.
// Every text reads `op: what is wrong: the values`, and the facts travel in the exception too.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/extents.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace eigengrad {

/// Base of all errors: `what()` is "op: message".
class EIGENGRAD_API Error : public std::runtime_error {
 public:
  Error(std::string_view op, std::string_view message);
  /// The function that refused, as the user called it.
  [[nodiscard]] const std::string& op() const noexcept { return op_; }

 private:
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

/// One part of an error text: a text, a number, a shape or any list of extents, by reference. Not a
/// template, and all texts are joined by one function: time to compile, and kilobytes of a program.
class Part {
 public:
  // NOLINTBEGIN(google-explicit-constructor): implicit on purpose
  Part(const char* text) noexcept : kind_(Kind::text), text_(text) {}
  Part(std::string_view text) noexcept : kind_(Kind::text), text_(text) {}
  Part(const std::string& text) noexcept : kind_(Kind::text), text_(text) {}
  Part(const Shape& shape) noexcept
      : Part(std::span<const Index>(shape.begin(), static_cast<std::size_t>(shape.rank()))) {}
  Part(std::span<const Index> extents) noexcept : kind_(Kind::extents), extents_(extents) {}
  Part(int value) noexcept : kind_(Kind::integer), integer_(value) {}
  Part(long value) noexcept : kind_(Kind::integer), integer_(value) {}
  Part(long long value) noexcept : kind_(Kind::integer), integer_(value) {}
  Part(unsigned value) noexcept : kind_(Kind::natural), natural_(value) {}
  Part(unsigned long value) noexcept : kind_(Kind::natural), natural_(value) {}
  Part(unsigned long long value) noexcept : kind_(Kind::natural), natural_(value) {}
  Part(float value) noexcept : kind_(Kind::single), single_(value) {}
  Part(double value) noexcept : kind_(Kind::real), real_(value) {}
  // NOLINTEND(google-explicit-constructor)

  void append_to(std::string& text) const;

 private:
  enum class Kind : unsigned char { text, extents, integer, natural, single, real };

  /// The shortest form that reads back; "nan" without its sign, which says nothing.
  template <class F>
  static const char* number(char (&digits)[64], F value) {
    return std::to_chars(digits, digits + 64, value != value ? F(__builtin_nanf("")) : value).ptr;
  }

  Kind kind_;
  union {
    std::string_view text_;
    std::span<const Index> extents_;
    long long integer_;
    unsigned long long natural_;
    float single_;
    double real_;
  };
};

[[nodiscard]] std::string joined(std::initializer_list<Part> parts);

/// Joins texts, numbers (shortest form that reads back) and shapes.
template <class... P>
[[nodiscard]] EIGENGRAD_INLINE std::string concat(const P&... parts) {
  return joined({Part(parts)...});
}

/// Throws an E that reads `op: text`. A function that words an error does nothing but call this: it
/// then has no text to let go of when an exception passes.
template <class E>
[[noreturn]] EIGENGRAD_COLD void throw_error(std::string_view op,
                                             std::initializer_list<Part> text) {
  throw E(op, joined(text));
}
[[noreturn]] void throw_shape_error(std::string_view op, std::initializer_list<Part> text,
                                    const Shape& lhs = {}, const Shape& rhs = {});

}  // namespace detail

/// A shape as NumPy prints it: "()", "(3,)", "(2, 3)".
[[nodiscard]] inline std::string to_string(const Shape& shape) {
  return detail::concat(shape);
}

#if EIGENGRAD_BODIES

EIGENGRAD_COLD EIGENGRAD_BODY Error::Error(std::string_view op, std::string_view message)
    : std::runtime_error(detail::concat(op, ": ", message)), op_(op) {}

namespace detail {

EIGENGRAD_COLD EIGENGRAD_BODY void Part::append_to(std::string& text) const {
  char digits[64];
  const char* end = digits;
  switch (kind_) {
    case Kind::text:
      text.append(text_.data(), text_.size());
      return;
    case Kind::extents:
      text.append("(");
      for (std::size_t i = 0; i < extents_.size(); ++i) {
        text.append(i == 0 ? "" : ", ");
        Part(extents_[i]).append_to(text);
      }
      text.append(extents_.size() == 1 ? ",)" : ")");
      return;
    case Kind::integer:
      end += std::snprintf(digits, sizeof digits, "%lld", integer_);
      break;
    case Kind::natural:
      end += std::snprintf(digits, sizeof digits, "%llu", natural_);
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

EIGENGRAD_COLD EIGENGRAD_BODY std::string joined(std::initializer_list<Part> parts) {
  std::string text;
  for (const Part& part : parts) {
    part.append_to(text);
  }
  return text;
}

[[noreturn]] EIGENGRAD_COLD EIGENGRAD_BODY void throw_shape_error(std::string_view op,
                                                                  std::initializer_list<Part> text,
                                                                  const Shape& lhs,
                                                                  const Shape& rhs) {
  throw ShapeError(op, joined(text), lhs, rhs);
}

[[noreturn]] EIGENGRAD_COLD EIGENGRAD_BODY void throw_bad_extents(std::span<const Index> extents) {
  if (extents.size() > static_cast<std::size_t>(max_rank)) {
    throw_shape_error("Shape", {extents.size(), " extents, at most ", max_rank, ": ", extents});
  }
  bool negative = false;
  for (const Index extent : extents) {
    negative = negative || extent < 0;
  }
  throw_shape_error("Shape",
                    {negative ? "negative extent: " : "number of elements overflows: ", extents});
}

}  // namespace detail

EIGENGRAD_BODY Shape::Shape(std::span<const Index> extents) {
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

#endif

}  // namespace eigengrad
