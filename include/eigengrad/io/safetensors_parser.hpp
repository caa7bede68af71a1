#pragma once
// The JSON object in a safetensors file's header: what it says (SafetensorsInfo) and a reader that
// trusts nothing. Needs nlohmann-json. Leaves out what stands around it, and whether the tensors'
// bytes fit the file: safetensors_header.hpp.
//
// Stricter than Python's safetensors on purpose: refuses names and keys given twice, keys that the
// format does not have, and blanks before the object. Places in errors are the byte that the parser
// has come to, which may be one or two past the value that is wrong.

#if !__has_include(<nlohmann/json.hpp>)
#error "safetensors needs nlohmann-json >= 3.9 (Debian, Ubuntu: nlohmann-json3-dev)"
#endif

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/elements.hpp>
#include <eigengrad/io/file.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

/// What the header of a safetensors file says of one tensor.
struct SafetensorsInfo {
  std::string name;
  std::string dtype;  ///< "F32", "BF16", ...
  Shape shape;
  Index begin = 0;  ///< of its first byte in the file
  Index end = 0;    ///< of the byte after its last one
};

/// Texts that a safetensors file carries beside its tensors, by key.
using SafetensorsMetadata = std::map<std::string, std::string, std::less<>>;

namespace detail {

inline constexpr std::string_view safetensors_metadata_key = "__metadata__";

struct SafetensorsType {
  std::string_view name;
  ElementFormat format;
};

/// In the order in which Python's safetensors lays tensors out, the largest elements first.
inline constexpr std::array<SafetensorsType, 13> safetensors_types{{{"U64", {'u', 8}},
                                                                    {"I64", {'i', 8}},
                                                                    {"F64", {'f', 8}},
                                                                    {"F32", {'f', 4}},
                                                                    {"U32", {'u', 4}},
                                                                    {"I32", {'i', 4}},
                                                                    {"BF16", {'h', 2}},
                                                                    {"F16", {'f', 2}},
                                                                    {"U16", {'u', 2}},
                                                                    {"I16", {'i', 2}},
                                                                    {"I8", {'i', 1}},
                                                                    {"U8", {'u', 1}},
                                                                    {"BOOL", {'b', 1}}}};

/// The type of that name, or a null pointer.
[[nodiscard]] inline const SafetensorsType* find_safetensors_type(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(safetensors_types.begin(), safetensors_types.end(),
                   [name](const SafetensorsType& type) { return type.name == name; });
  return found == safetensors_types.end() ? nullptr : found;
}

/// How elements of that type lie in the file, which is little-endian. The caller answers for the
/// name.
[[nodiscard]] inline ElementFormat safetensors_format(std::string_view name) noexcept {
  ElementFormat format = find_safetensors_type(name)->format;
  format.swapped = std::endian::native == std::endian::big && format.bytes > 1;
  return format;
}

struct SafetensorsHeader {
  std::vector<SafetensorsInfo> tensors;  // in the order of the data
  std::vector<Index> places;             // of each tensor's object in the file, for errors
  SafetensorsMetadata metadata;
};

/// A text that notes how far it has been read, so that errors can say where.
class TrackedText {
 public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedText() = default;
  TrackedText(const char* at, const char** reached) noexcept : at_(at), reached_(reached) {}
  [[nodiscard]] reference operator*() const noexcept { return *at_; }
  TrackedText& operator++() noexcept {
    *reached_ = ++at_;
    return *this;
  }
  TrackedText operator++(int) noexcept {
    const TrackedText before = *this;
    ++*this;
    return before;
  }
  [[nodiscard]] friend bool operator==(const TrackedText& a, const TrackedText& b) noexcept {
    return a.at_ == b.at_;
  }

 private:
  const char* at_ = nullptr;
  const char** reached_ = nullptr;
};

/// Takes the events of nlohmann's parser and refuses every one that the format does not have there.
/// Offsets count from the data's first byte, and are not checked against anything.
class SafetensorsParser {
 public:
  SafetensorsParser(std::string_view op, const std::string& name, std::string_view text)
      : op_(op), name_(name), text_(text), reached_(text.data()) {}

  [[nodiscard]] SafetensorsHeader parse() {
    if (text_.empty() || text_[0] != '{') {  // also a byte order mark, which the parser would skip
      fail("bad header", "expected '{'");
    }
    if (const std::size_t nul = text_.find('\0'); nul != std::string_view::npos) {
      reached_ = text_.data() + nul;  // the parser would end there
      fail("bad header", "a NUL byte");
    }
    nlohmann::json::sax_parse(TrackedText(text_.data(), &reached_),
                              TrackedText(text_.data() + text_.size(), &reached_), this);
    return std::move(header_);
  }

  // The parser's events.
  bool null() { return unexpected("null"); }
  bool boolean(bool /*value*/) { return unexpected("a boolean"); }
  bool number_integer(std::int64_t /*value*/) { return unexpected("a negative number"); }
  bool number_float(double /*value*/, const std::string& /*text*/) {
    return unexpected("a number that is no integer below 2^64");
  }
  bool binary(nlohmann::json::binary_t& /*value*/) { return unexpected("binary data"); }

  bool number_unsigned(std::uint64_t value) {
    if (place_ != Place::shape && place_ != Place::offsets) {
      return unexpected("a number");
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
      fail_field("past 2^63 - 1");
    }
    const auto number = static_cast<Index>(value);
    if (place_ == Place::offsets) {
      if (offsets_ == 2) {
        fail_field("more than two offsets");
      }
      (offsets_++ == 0 ? tensor().begin : tensor().end) = number;
    } else if (tensor().shape.rank() == max_rank) {
      fail_field(concat("more than ", max_rank, " extents"));
    } else {
      tensor().shape.push_back(number);
    }
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::metadata) {
      if (!header_.metadata.emplace(key_, value).second) {
        fail("bad __metadata__", concat("the key '", shown_text(key_), "' appears twice"));
      }
      return true;
    }
    if (place_ != Place::tensor || field_ != 0) {
      return unexpected("a string");
    }
    if (find_safetensors_type(value) == nullptr) {
      fail_field(concat("unknown dtype '", shown_text(value), "'"));
    }
    tensor().dtype = value;
    return true;
  }

  bool start_object(std::size_t /*elements*/) {
    if (place_ == Place::start) {
      place_ = Place::root;
    } else if (place_ == Place::root && key_ == safetensors_metadata_key) {
      place_ = Place::metadata;
    } else if (place_ == Place::root) {
      place_ = Place::tensor;
      header_.tensors.emplace_back().name = key_;
      std::fill(std::begin(seen_), std::end(seen_), false);
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool key(std::string& value) {
    if (place_ == Place::tensor) {
      field_ =
          static_cast<std::size_t>(std::find(fields.begin(), fields.end(), value) - fields.begin());
      if (field_ == fields.size()) {
        fail("bad header", concat(owner(), ": unknown key '", shown_text(value), "'"));
      }
      if (std::exchange(seen_[field_], true)) {
        fail("bad header", concat(owner(), ": the key '", value, "' appears twice"));
      }
      return true;
    }
    if (place_ == Place::root && value == safetensors_metadata_key &&
        std::exchange(metadata_seen_, true)) {
      fail("bad header", "the key '__metadata__' appears twice");
    }
    key_ = value;
    return true;
  }

  bool end_object() {
    if (place_ == Place::tensor) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!seen_[i]) {
          fail("bad header", concat(owner(), ": the key '", fields[i], "' is missing"));
        }
      }
      header_.places.push_back(8 + (reached_ - text_.data()));
    }
    place_ = place_ == Place::root ? Place::end : Place::root;
    return true;
  }

  bool start_array(std::size_t /*elements*/) {
    if (place_ != Place::tensor || field_ == 0) {
      return unexpected("an array");
    }
    place_ = field_ == 1 ? Place::shape : Place::offsets;
    offsets_ = 0;
    return true;
  }

  bool end_array() {
    if (place_ == Place::offsets && offsets_ != 2) {
      fail_field("fewer than two offsets");
    }
    place_ = Place::tensor;
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) {
    fail("bad header", "malformed JSON");
  }

 private:
  enum class Place : std::uint8_t { start, root, metadata, tensor, shape, offsets, end };
  static constexpr std::array<std::string_view, 3> fields{"dtype", "shape", "data_offsets"};

  [[nodiscard]] SafetensorsInfo& tensor() noexcept { return header_.tensors.back(); }
  [[nodiscard]] EIGENGRAD_COLD std::string owner() const {
    return "tensor '" + shown_text(header_.tensors.back().name) + "'";
  }
  [[noreturn]] EIGENGRAD_COLD void fail(std::string_view field, const std::string& why) const {
    const Index at = 8 + (reached_ - text_.data());
    throw FileError(op_, name_, concat(field, " at byte ", at, ": ", why), at);
  }
  [[noreturn]] EIGENGRAD_COLD void fail_field(const std::string& why) const {
    fail("bad " + std::string(fields[field_]), owner() + ": " + why);
  }
  EIGENGRAD_COLD bool unexpected(std::string_view what) const {
    switch (place_) {
      case Place::metadata:
        fail("bad __metadata__",
             concat("the value of '", shown_text(key_), "' is ", what, ", not a string"));
      case Place::tensor:
      case Place::shape:
      case Place::offsets:
        fail_field(concat("unexpected: ", what));
      case Place::root:
        fail("bad header", concat("'", shown_text(key_), "' is ", what, ", not an object"));
      case Place::start:
      case Place::end:
        break;
    }
    fail("bad header", concat("unexpected: ", what));
  }

  std::string_view op_;
  const std::string& name_;
  std::string_view text_;
  const char* reached_;
  Place place_ = Place::start;
  std::string key_;        // the last one in the root or in __metadata__
  std::size_t field_ = 0;  // the last one in a tensor's object
  bool seen_[3] = {};
  bool metadata_seen_ = false;
  int offsets_ = 0;
  SafetensorsHeader header_;
};

}  // namespace detail

}  // namespace eigengrad
