#pragma once
// Bytes that can be read at any place, of a file or of memory, and little-endian numbers out of
// them. What the archives' readers stand on; leaves out every format.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// A file, or bytes in memory that stand for one of that name. Borrows both. Many threads may read.
class ByteSource {
 public:
  ByteSource(std::string_view op, const std::string& name, const InputFile& file)
      : op_(op), name_(name), file_(&file), size_(file.size()) {}
  ByteSource(std::string_view op, const std::string& name, std::span<const std::byte> bytes)
      : op_(op), name_(name), bytes_(bytes.data()), size_(static_cast<Index>(bytes.size())) {}

  [[nodiscard]] const std::string& op() const noexcept { return op_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] Index size() const noexcept { return size_; }

  /// `bytes` bytes from the byte `at` on; `what` they are, for the error.
  /// Throws: FileError if there are fewer
  void read_at(Index at, void* to, Index bytes, std::string_view what) const {
    check(at, bytes, what);
    if (file_ != nullptr) {
      file_->read_at(at, to, bytes);
    } else if (bytes > 0) {
      std::memcpy(to, bytes_ + at, static_cast<std::size_t>(bytes));
    }
  }
  /// The same as a text. Nothing is allocated that is not there.
  [[nodiscard]] std::string text_at(Index at, Index bytes, std::string_view what) const {
    check(at, bytes, what);
    std::string text(static_cast<std::size_t>(bytes), '\0');
    read_at(at, text.data(), bytes, what);
    return text;
  }

  /// Refuses what the file holds. Throws: FileError
  [[noreturn]] EIGENGRAD_COLD void fail(Index at, const std::string& message) const {
    throw FileError(op_, name_, message, at);
  }

 private:
  void check(Index at, Index bytes, std::string_view what) const {
    if (at < 0 || bytes < 0 || at > size_ || bytes > size_ - at) {
      fail(at, concat("truncated at byte ", at, ": expected ", bytes, " bytes of ", what,
                      ", found ", at < size_ ? size_ - at : 0));
    }
  }

  std::string op_, name_;
  const InputFile* file_ = nullptr;
  const std::byte* bytes_ = nullptr;
  Index size_ = 0;
};

/// Little-endian numbers, one after the other, from a text that is long enough: the caller answers
/// for that.
class LittleEndian {
 public:
  explicit LittleEndian(std::string_view bytes) noexcept : bytes_(bytes) {}
  [[nodiscard]] std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  [[nodiscard]] std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t u64() noexcept { return number(8); }
  void skip(std::size_t count) noexcept { bytes_.remove_prefix(count); }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size(); }
  /// The next `count` bytes.
  [[nodiscard]] std::string_view take(std::size_t count) noexcept {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

 private:
  [[nodiscard]] std::uint64_t number(std::size_t width) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = width; i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    }
    bytes_.remove_prefix(width);
    return value;
  }

  std::string_view bytes_;
};

/// Appends a number in little-endian order.
inline void append_little_endian(std::string& text, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) {
    text += static_cast<char>(value >> (8 * i) & 255U);
  }
}

}  // namespace eigengrad::detail
