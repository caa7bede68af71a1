#pragma once
// A checkpoint's file: safetensors whose __metadata__ holds a checksum of the whole file, written
// so that it is there whole or not at all. Needs nlohmann-json. Leaves out what it says:
// checkpoint_state.hpp, and the files beside it: checkpoint_folder.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/crc64.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/safetensors_header.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// In the metadata; the digits count as zeros in the checksum. No other key or value can look so:
/// quotes inside of them are escaped.
inline constexpr std::string_view checksum_key = "checksum";
inline constexpr std::string_view checksum_mark = "\"checksum\":\"crc64:";
inline constexpr std::string_view checksum_zeros = "0000000000000000";

[[nodiscard]] inline std::string checksum_digits(std::uint64_t value) {
  std::string digits(checksum_zeros);
  for (std::size_t i = digits.size(); i-- > 0; value >>= 4) {
    digits[i] = "0123456789abcdef"[value & 15U];
  }
  return digits;
}

/// Writes a checkpoint to a new file beside `path`, makes it durable and gives it the name, which
/// is made durable too. Throws: FileError; what was at `path` is then untouched, but for an error
/// in that last step
inline void write_checkpoint(std::string_view op, const std::string& path,
                             const std::vector<SafetensorsTensor>& tensors,
                             SafetensorsMetadata metadata) {
  metadata.insert_or_assign(std::string(checksum_key), concat("crc64:", checksum_zeros));
  const SafetensorsPlan plan = plan_safetensors(op, tensors, metadata);
  const std::size_t digits = plan.head.find(checksum_mark) + checksum_mark.size();
  Crc64 crc;
  AtomicFile file(op, path);
  write_safetensors(plan, tensors, [&](const void* from, Index bytes) {
    crc.add(from, bytes);
    file.write(from, bytes);
  });
  const std::string checksum = checksum_digits(crc.value());
  file.write_at(static_cast<Index>(digits), checksum.data(), static_cast<Index>(checksum.size()));
  file.publish();
  if (const int error = sync_folder(folder_of(path)); error != 0) {
    throw_system(op, path, "synchronise the folder", error);
  }
}

/// Whether a file is what write_checkpoint wrote, to the last bit.
/// Throws: FileError if it is not, or cannot be read
inline void verify_checkpoint(std::string_view op, const std::string& path) {
  const InputFile file(op, path);
  char start[8] = {};
  file.read_at(0, start, std::min<Index>(file.size(), 8));
  const Index length = safetensors_header_length(op, path, {start, sizeof start}, file.size());
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read_at(8, text.data(), length);
  const std::size_t mark = text.find(checksum_mark);
  const std::size_t digits = mark + checksum_mark.size();
  if (mark == std::string::npos || text.size() - digits < checksum_zeros.size()) {
    throw FileError(op, path, "has no checksum: torn, or no checkpoint", 8);
  }
  const std::string stored = text.substr(digits, checksum_zeros.size());
  text.replace(digits, checksum_zeros.size(), checksum_zeros);
  Crc64 crc;
  crc.add(start, 8);
  crc.add(text.data(), length);
  constexpr Index block = Index{1} << 20;
  Scratch<std::byte> bytes(std::min(block, file.size()));
  for (Index at = 8 + length; at < file.size();) {
    const Index now = std::min(block, file.size() - at);
    file.read_at(at, bytes.data(), now);
    crc.add(bytes.data(), now);
    at += now;
  }
  if (const std::string found = checksum_digits(crc.value()); found != stored) {
    throw FileError(op, path,
                    concat("is torn or damaged: its checksum is ", shown_text(stored),
                           ", its bytes have ", found));
  }
}

}  // namespace eigengrad::detail
