#pragma once
// Messages in the wire format of Protocol Buffers, written field by field in the order of their
// numbers. Leaves out reading, and what the messages mean.

#include <eigengrad/base/index.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// A message as bytes. A field that is 0 or empty is left out, as proto3 does, unless it is `set_`:
/// a member of a oneof.
/// Reference: Protocol Buffers documentation, "Encoding"
class ProtobufMessage {
 public:
  ProtobufMessage& integer(unsigned field, std::int64_t value) {
    return value == 0 ? *this : set_integer(field, value);
  }
  ProtobufMessage& real(unsigned field, double value) {
    // -0 is not 0 here.
    return std::bit_cast<std::uint64_t>(value) == 0 ? *this : set_real(field, value);
  }
  ProtobufMessage& text(unsigned field, std::string_view value) {
    return value.empty() ? *this : set_text(field, value);
  }
  ProtobufMessage& reals(unsigned field, const std::vector<double>& values) {
    if (!values.empty()) {
      key(field, length_first);
      varint(8 * values.size());
      for (const double value : values) {
        fixed(std::bit_cast<std::uint64_t>(value), 8);
      }
    }
    return *this;
  }

  ProtobufMessage& set_integer(unsigned field, std::int64_t value) {
    key(field, 0);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  ProtobufMessage& set_real(unsigned field, double value) {
    key(field, 1);
    fixed(std::bit_cast<std::uint64_t>(value), 8);
    return *this;
  }
  ProtobufMessage& set_single(unsigned field, float value) {
    key(field, 5);
    fixed(std::bit_cast<std::uint32_t>(value), 4);
    return *this;
  }
  ProtobufMessage& set_text(unsigned field, std::string_view value) {
    key(field, length_first);
    varint(value.size());
    bytes_ += value;
    return *this;
  }
  ProtobufMessage& message(unsigned field, const ProtobufMessage& value) {
    return set_text(field, value.bytes_);
  }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }

 private:
  static constexpr unsigned length_first = 2;

  void key(unsigned field, unsigned wire_type) { varint(field << 3U | wire_type); }
  /// Seven bits a byte, the lowest first.
  void varint(std::uint64_t value) {
    for (; value > 127; value >>= 7U) {
      bytes_ += static_cast<char>((value & 127U) | 128U);
    }
    bytes_ += static_cast<char>(value);
  }
  void fixed(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
      bytes_ += static_cast<char>(value >> (8 * i) & 255U);
    }
  }

  std::string bytes_;
};

}  // namespace eigengrad::detail
