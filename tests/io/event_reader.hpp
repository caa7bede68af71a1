#pragma once
// Reads event files for the tests: records with their checksums, the fields of messages, and what
// TensorBoard keeps of a run that was resumed. Independent of the writer: the checksum is worked
// out bit by bit.

#include "support/catch.hpp"

#include <eigengrad/io/file.hpp>
#include <eigengrad/io/folder.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace event_reader {

/// CRC-32C as RFC 3720 defines it, masked.
inline std::uint32_t masked_crc(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1U) != 0 ? 0x82f63b78U ^ (crc >> 1U) : crc >> 1U;
    }
  }
  crc = ~crc;
  return ((crc >> 15U) | (crc << 17U)) + 0xa282ead8U;
}

inline std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) {
    value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

/// The records of a file; every checksum is checked.
inline std::vector<std::string> records(const std::string& file) {
  std::vector<std::string> result;
  for (std::size_t at = 0; at < file.size();) {
    REQUIRE(at + 12 <= file.size());
    const std::uint64_t length = little_endian(file, at, 8);
    REQUIRE(at + 16 + length <= file.size());
    const auto view = std::string_view(file);
    CHECK(little_endian(file, at + 8, 4) == masked_crc(view.substr(at, 8)));
    CHECK(little_endian(file, at + 12 + length, 4) == masked_crc(view.substr(at + 12, length)));
    result.push_back(file.substr(at + 12, length));
    at += 16 + length;
  }
  return result;
}

/// One field of a message: a number as its bits, or bytes.
struct Field {
  unsigned number = 0;
  std::uint64_t bits = 0;
  std::string bytes;
};

inline std::uint64_t varint(std::string_view bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.at(at++));
    value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) {
      return value;
    }
  }
}

inline std::vector<Field> fields(std::string_view bytes) {
  std::vector<Field> result;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint64_t key = varint(bytes, at);
    Field field;
    field.number = static_cast<unsigned>(key >> 3U);
    if (const unsigned type = key & 7U; type == 0) {
      field.bits = varint(bytes, at);
    } else if (type == 2) {
      const std::uint64_t length = varint(bytes, at);
      REQUIRE(at + length <= bytes.size());
      field.bytes = std::string(bytes.substr(at, length));
      at += length;
    } else {
      const std::size_t width = type == 1 ? 8 : 4;
      REQUIRE((type == 1 || type == 5));
      REQUIRE(at + width <= bytes.size());
      field.bits = little_endian(bytes, at, width);
      at += width;
    }
    result.push_back(std::move(field));
  }
  return result;
}

/// The first field of that number; empty if there is none.
inline Field field(std::string_view bytes, unsigned number) {
  for (Field& candidate : fields(bytes)) {
    if (candidate.number == number) {
      return candidate;
    }
  }
  return {};
}

/// What the tests look at in an event.
struct Event {
  std::int64_t step = 0;
  std::string tag;
  float scalar = 0;
  std::string histogram;  // a HistogramProto
  bool restart = false;
  [[nodiscard]] friend bool operator==(const Event&, const Event&) = default;
};

/// The events of a file after its first, which must be the version's.
inline std::vector<Event> events(const std::string& file) {
  const std::vector<std::string> all = records(file);
  REQUIRE_FALSE(all.empty());
  CHECK(field(all[0], 3).bytes == "brain.Event:2");
  std::vector<Event> result;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const std::string value = field(field(all[i], 5).bytes, 1).bytes;
    result.push_back({static_cast<std::int64_t>(field(all[i], 2).bits), field(value, 1).bytes,
                      std::bit_cast<float>(static_cast<std::uint32_t>(field(value, 2).bits)),
                      field(value, 5).bytes, field(field(all[i], 7).bytes, 1).bits == 1});
  }
  return result;
}

/// Those of all files of a run, in the order of their names.
inline std::vector<Event> events_of_run(const std::string& folder) {
  std::vector<std::string> names = eigengrad::detail::names_in("test", folder);
  std::sort(names.begin(), names.end());
  std::vector<Event> result;
  for (const std::string& name : names) {
    if (name.find("tfevents") != std::string::npos) {
      const std::vector<Event> more = events(eigengrad::read_file(folder + "/" + name));
      result.insert(result.end(), more.begin(), more.end());
    }
  }
  return result;
}

/// What TensorBoard shows of them: a restart voids what was there from its step on, but for a run's
/// first, which is its beginning.
inline std::vector<Event> shown(const std::vector<Event>& events) {
  std::vector<Event> result;
  bool begun = false;
  for (const Event& event : events) {
    if (!event.restart) {
      result.push_back(event);
      continue;
    }
    if (begun) {
      std::erase_if(result, [&](const Event& earlier) { return earlier.step >= event.step; });
    }
    begun = true;
  }
  return result;
}

}  // namespace event_reader
