#pragma once
// Rows of fields out of CSV text (RFC 4180), from memory or piece by piece from a file of any size.
// Leaves out what a field means (csv_number.hpp), tensors and headers (csv.hpp).
//
// Beyond RFC 4180: a BOM is skipped; lines end with CRLF, LF or CR; empty lines are skipped; blanks
// around a field belong to it only inside quotes.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/csv_number.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_csv_line(std::string_view op, const std::string& name,
                                                       Index line, const std::string& what) {
  throw FileError(op, name, concat("line ", line, ": ", what), line);
}

/// Where a row ends, found byte by byte: at the line end that no quotes enclose. A quote opens
/// where a field begins and nowhere else; whether it may stand there is CsvReader's to say.
class CsvRowEnd {
 public:
  explicit CsvRowEnd(char delimiter) noexcept : delimiter_(delimiter) {}

  /// Whether the row, its line end included, ends at this byte or has ended before it.
  [[nodiscard]] bool at(char c) noexcept {
    if (state_ == State::carriage_return) {
      return true;  // a line feed belongs to it, anything else to the next row
    }
    if (state_ == State::quoted) {
      state_ = c == '"' ? State::closing : State::quoted;
    } else if (state_ == State::closing && c == '"') {
      state_ = State::quoted;  // a doubled quote
    } else if (c == '\n') {
      return true;
    } else if (c == '\r') {
      state_ = State::carriage_return;
    } else if (c == delimiter_) {
      state_ = State::beginning;
    } else if (state_ != State::beginning) {
      state_ = State::plain;
    } else if (!is_csv_blank(c, delimiter_)) {
      state_ = c == '"' ? State::quoted : State::plain;
    }
    return false;
  }

 private:
  enum class State : std::uint8_t { beginning, plain, quoted, closing, carriage_return };

  char delimiter_;
  State state_ = State::beginning;
};

/// How much of a file a CsvReader holds.
struct CsvPieces {
  Index bytes = Index{1} << 18;  ///< read at a time
  Index row = Index{1} << 24;    ///< the longest row that is accepted, but for one piece
};

/// Steps through the rows of a text. Quotes are taken off in place, so fields are views into what
/// the reader holds; of a file they last until the next step.
class CsvReader {
 public:
  /// All of a text, which the reader owns.
  CsvReader(std::string_view op, std::string name, std::string text, char delimiter)
      : op_(op), name_(std::move(name)), text_(std::move(text)), delimiter_(delimiter) {
    begin();
  }
  /// Piece by piece: holds one piece and one row. Borrows the source.
  CsvReader(const ByteSource& source, char delimiter, const CsvPieces& pieces = {})
      : op_(source.op()),
        name_(source.name()),
        delimiter_(delimiter),
        source_(&source),
        pieces_(pieces) {
    while (text_.size() < 4 && read_on()) {  // a byte order mark and more
    }
    begin();
  }

  [[nodiscard]] std::string_view op() const noexcept { return op_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// The row that next() found.
  [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return fields_; }
  /// The line on which it begins, counted from 1.
  [[nodiscard]] Index line() const noexcept { return line_; }

  /// Steps to the next row that is not an empty line; false at the end.
  /// Throws: FileError with the line for a quote that is not closed or not where it may be, and for
  /// a row of a file that is longer than its limit
  [[nodiscard]] bool next() {
    while (hold_row()) {
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
  /// Refuses delimiters and texts that can be none, and steps over a BOM.
  void begin() {
    if (delimiter_ == '"' || delimiter_ == '\r' || delimiter_ == '\n' || delimiter_ == '\0' ||
        (delimiter_ >= '0' && delimiter_ <= '9')) {
      throw ValueError(op_, concat("not a delimiter: character ",
                                   static_cast<int>(static_cast<unsigned char>(delimiter_))));
    }
    const std::string_view start = std::string_view(text_).substr(0, 3);
    if (text_.empty() || text_ == "\xef\xbb\xbf") {
      throw FileError(op_, name_, "the file is empty");
    }
    if (start.substr(0, 2) == "\xff\xfe" || start.substr(0, 2) == "\xfe\xff") {
      throw FileError(op_, name_, "is UTF-16 text; save it as UTF-8");
    }
    at_ = start == "\xef\xbb\xbf" ? 3 : 0;
  }

  /// Lets go of what was given out and adds the next piece; false if there is none.
  [[nodiscard]] bool read_on() {
    if (source_ == nullptr || position_ == source_->size()) {
      return false;
    }
    text_.erase(0, at_);
    at_ = 0;
    const Index bytes = std::min(pieces_.bytes, source_->size() - position_);
    const std::size_t held = text_.size();
    text_.resize(held + static_cast<std::size_t>(bytes));
    source_->read_at(position_, text_.data() + held, bytes, "text");
    position_ += bytes;
    return true;
  }

  /// Reads on until the text holds the row that begins at at_; false if nothing is left.
  [[nodiscard]] bool hold_row() {
    if (source_ == nullptr) {
      return at_ < text_.size();
    }
    CsvRowEnd end(delimiter_);
    std::size_t seen = 0;  // bytes of the row
    for (;;) {
      while (at_ + seen < text_.size()) {
        if (end.at(text_[at_ + seen++])) {
          return true;
        }
      }
      if (static_cast<Index>(seen) > pieces_.row) {
        throw_csv_line(op_, name_, next_line_,
                       concat("a row of more than ", pieces_.row,
                              " bytes; is there a quote that is not closed?"));
      }
      if (!read_on()) {
        return at_ < text_.size();
      }
    }
  }

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
  const ByteSource* source_ = nullptr;  // null: the text is all there is
  CsvPieces pieces_;
  Index position_ = 0;  // of the source's next piece
  std::size_t at_ = 0;
  Index line_ = 1;
  Index next_line_ = 1;
  std::vector<std::string_view> fields_;
};

}  // namespace eigengrad::detail
