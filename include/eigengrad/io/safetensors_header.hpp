#pragma once
// What stands around the JSON of a safetensors file: its length, and whether the tensors' bytes lie
// one after the other and fill the file; and the writer's header. Needs nlohmann-json. Leaves out
// the elements: safetensors.hpp.
//
// Stricter than Python's safetensors on purpose: refuses extents whose product overflows beside a
// zero extent.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/safetensors_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// The format's own limit on the length of the header.
inline constexpr Index safetensors_longest_header = 100'000'000;
/// Python's safetensors pads the header so that the data starts at a multiple of this.
inline constexpr std::size_t safetensors_alignment = 8;

[[noreturn]] EIGENGRAD_COLD inline void throw_bytes_missing(std::string_view op,
                                                            const std::string& name, Index at,
                                                            Index expected, std::string_view what,
                                                            Index found) {
  throw FileError(op, name,
                  concat("truncated at byte ", at, ": expected ", expected, " bytes of ", what,
                         ", found ", found),
                  at);
}

/// The length of the JSON after the first eight bytes, at most what the file holds.
/// Throws: FileError if there is less, or for a length past the format's limit
[[nodiscard]] inline Index safetensors_header_length(std::string_view op, const std::string& name,
                                                     std::string_view start, Index file_size) {
  if (file_size < 8) {
    throw_bytes_missing(op, name, 0, 8, "header length", file_size);
  }
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) {
    length = length << 8 | static_cast<unsigned char>(start[i]);
  }
  if (length > static_cast<std::uint64_t>(safetensors_longest_header)) {
    throw FileError(op, name,
                    concat("header too long at byte 0: ", length, " bytes, at most ",
                           safetensors_longest_header),
                    0);
  }
  const auto known = static_cast<Index>(length);
  if (known > file_size - 8) {
    throw_bytes_missing(op, name, 8, known, "header", file_size - 8);
  }
  return known;
}

/// Compares where the tensors are said to be with their types, with each other and with the file,
/// and sorts them by place.
class SafetensorsLayout {
 public:
  SafetensorsLayout(std::string_view op, const std::string& name, SafetensorsHeader& header,
                    Index data_offset, Index file_size)
      : op_(op), name_(name), header_(header), offset_(data_offset), size_(file_size) {}

  void check() {
    std::vector<std::size_t> order(header_.tensors.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    check_names(order);
    std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
      const SafetensorsInfo& x = header_.tensors[a];
      const SafetensorsInfo& y = header_.tensors[b];
      return std::pair(x.begin, x.end) < std::pair(y.begin, y.end);
    });
    Index filled = 0;
    std::vector<SafetensorsInfo> sorted;
    sorted.reserve(order.size());
    for (const std::size_t i : order) {
      check_tensor(i, filled);
      filled = header_.tensors[i].end;
      sorted.push_back(std::move(header_.tensors[i]));
      sorted.back().begin += offset_;
      sorted.back().end += offset_;
    }
    header_.tensors = std::move(sorted);
    const Index data = size_ - offset_;
    if (filled < data) {
      const Index at = offset_ + filled;
      throw FileError(op_, name_,
                      concat("trailing bytes at byte ", at, ": expected ", filled,
                             " bytes of data, found ", data),
                      at);
    }
  }

 private:
  [[noreturn]] EIGENGRAD_COLD void fail(std::size_t i, std::string_view field,
                                        const std::string& why) const {
    throw FileError(op_, name_,
                    concat("bad ", field, " at byte ", header_.places[i], ": tensor '",
                           shown_text(header_.tensors[i].name), "': ", why),
                    header_.places[i]);
  }

  /// Leaves `order` sorted by name.
  void check_names(std::vector<std::size_t>& order) const {
    const auto name = [this](std::size_t i) -> const std::string& {
      return header_.tensors[i].name;
    };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::pair<const std::string&, std::size_t>(name(a), a) <
             std::pair<const std::string&, std::size_t>(name(b), b);
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      if (name(order[i - 1]) == name(order[i])) {
        fail(order[i], "header", "the name appears twice");
      }
    }
  }

  /// The bytes that a tensor needs, every product checked; zero extents count as one until the last
  /// step, because Shape and Strides promise that no product of theirs overflows.
  [[nodiscard]] Index bytes_of(std::size_t i) const {
    const SafetensorsInfo& tensor = header_.tensors[i];
    Index product = find_safetensors_type(tensor.dtype)->format.bytes;
    for (const Index extent : tensor.shape) {
      if (__builtin_mul_overflow(product, std::max<Index>(extent, 1), &product)) {
        fail(i, "shape",
             concat("the number of bytes overflows: ", tensor.dtype, " ", tensor.shape));
      }
    }
    return tensor.shape.size() == 0 ? 0 : product;
  }

  void check_tensor(std::size_t i, Index filled) const {
    const SafetensorsInfo& tensor = header_.tensors[i];
    const Index data = size_ - offset_;
    const Index bytes = bytes_of(i);
    if (tensor.end < tensor.begin) {
      fail(i, "data_offsets",
           concat("the end ", tensor.end, " is before the begin ", tensor.begin));
    }
    if (tensor.end - tensor.begin != bytes) {
      fail(i, "data_offsets",
           concat(tensor.end - tensor.begin, " bytes, ", tensor.dtype, " ", tensor.shape, " has ",
                  bytes));
    }
    if (tensor.begin != filled) {
      fail(i, "data_offsets",
           concat("begins at ", tensor.begin, ", the one before ends at ", filled));
    }
    if (tensor.end > data) {
      throw_bytes_missing(op_, name_, offset_ + tensor.begin, bytes,
                          "tensor '" + shown_text(tensor.name) + "'", data - tensor.begin);
    }
  }

  std::string_view op_;
  const std::string& name_;
  SafetensorsHeader& header_;
  Index offset_;
  Index size_;
};

/// What the JSON `text` of a file of `file_size` bytes says, checked so that a caller may allocate
/// every tensor.
/// Throws: FileError with the byte and the field
[[nodiscard]] inline SafetensorsHeader parse_safetensors_header(std::string_view op,
                                                                const std::string& name,
                                                                std::string_view text,
                                                                Index file_size) {
  SafetensorsHeader header = SafetensorsParser(op, name, text).parse();
  SafetensorsLayout(op, name, header, 8 + static_cast<Index>(text.size()), file_size).check();
  return header;
}

/// A text in JSON's quotes. Throws: ValueError if it is not UTF-8
[[nodiscard]] inline std::string json_quoted(std::string_view op, const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    throw ValueError(op, concat("not UTF-8: '", shown_text(text), "'"));
  }
}

/// Everything before the data, byte for byte as Python's safetensors writes it (metadata in the
/// order of its keys). `tensors` are in the order of the data, their offsets count from its first
/// byte.
[[nodiscard]] inline std::string format_safetensors_header(
    std::string_view op, const std::vector<SafetensorsInfo>& tensors,
    const SafetensorsMetadata& metadata) {
  std::string text = "{";
  const auto begin_entry = [&](const std::string& key) {
    text += (text.size() > 1 ? "," : "") + json_quoted(op, key) + ":";
  };
  if (!metadata.empty()) {
    begin_entry(std::string(safetensors_metadata_key));
    char before = '{';
    for (const auto& [key, value] : metadata) {
      text += std::exchange(before, ',') + json_quoted(op, key) + ":" + json_quoted(op, value);
    }
    text += '}';
  }
  for (const SafetensorsInfo& tensor : tensors) {
    begin_entry(tensor.name);
    text += concat("{\"dtype\":\"", tensor.dtype, "\",\"shape\":[");
    for (int axis = 0; axis < tensor.shape.rank(); ++axis) {
      text += concat(axis == 0 ? "" : ",", tensor.shape[axis]);
    }
    text += concat("],\"data_offsets\":[", tensor.begin, ",", tensor.end, "]}");
  }
  text += '}';
  text.append((0 - text.size()) % safetensors_alignment, ' ');
  if (text.size() > static_cast<std::size_t>(safetensors_longest_header)) {
    throw ValueError(
        op, concat("the header has ", text.size(), " bytes, at most ", safetensors_longest_header));
  }
  std::string head;
  for (std::size_t i = 0; i < 8; ++i) {
    head += static_cast<char>(text.size() >> (8 * i) & 255U);
  }
  return head + text;
}

}  // namespace eigengrad::detail
