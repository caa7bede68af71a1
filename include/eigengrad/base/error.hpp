#pragma once
// The exceptions of the library and the one function that words them.
// Every text reads `op: what is wrong: the values`, and the facts travel in the exception too.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/extents.hpp>

#include <charconv>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>

namespace eigengrad {

/// Base of all errors: `what()` is "op: message".
class EIGENGRAD_API Error : public std::runtime_error {
 public:
  EIGENGRAD_COLD Error(std::string_view op, const std::string& message)
      : std::runtime_error(std::string(op) + ": " + message), op_(op) {}
  /// The function that refused, as the user called it.
  [[nodiscard]] const std::string& op() const noexcept { return op_; }

 private:
  std::string op_;
};

/// Shapes that do not fit an operation or each other.
class EIGENGRAD_API ShapeError : public Error {
 public:
  ShapeError(std::string_view op, const std::string& message, const Shape& lhs = {},
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

inline void append(std::string& text, std::string_view part) {
  text += part;
}
inline void append(std::string& text, const Shape& shape) {
  text += to_string(shape);
}
template <std::integral I>
EIGENGRAD_COLD void append(std::string& text, I value) {
  text += std::to_string(value);
}
template <std::floating_point F>
EIGENGRAD_COLD void append(std::string& text, F value) {
  if (value != value) {
    text += "nan";  // without the sign, which says nothing
    return;
  }
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  text.append(buffer, end.ptr);
}

/// Joins texts, numbers (shortest form that reads back) and shapes.
template <class... Parts>
[[nodiscard]] EIGENGRAD_COLD std::string concat(const Parts&... parts) {
  std::string text;
  (append(text, parts), ...);
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
