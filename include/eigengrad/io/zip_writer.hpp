#pragma once
// Writes a zip archive member by member, as Python's zipfile does for numpy.savez: zip64 sizes in
// every member's header, no time, so that equal data gives equal bytes. Needs zlib. Leaves out
// reading: zip_directory.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/deflate.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/zip_directory.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::detail {

/// An archive in the making. Numbers past `small` go into zip64 fields; tests lower it.
class ZipWriter {
 public:
  ZipWriter(AtomicFile& file, bool compress, Index small = std::numeric_limits<std::int32_t>::max())
      : file_(file), compress_(compress), small_(small) {}

  /// Starts a member. The name is ASCII or UTF-8, at most 65,535 bytes: the caller answers for it.
  void begin_member(std::string_view name) {
    ZipMember& member = members_.emplace_back();
    member.name = name;
    member.method = compress_ ? ZipMethod::deflated : ZipMethod::stored;
    const bool ascii =
        std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
    member.flags = ascii ? std::uint16_t{0} : zip_flag_utf8;
    member.header = file_.size();
    write(header_of(member));
    member.begin = file_.size();
    if (compress_) {
      deflated_.emplace(DeflateWrapper::none);
    }
  }

  /// Adds bytes to the member that was begun.
  void add(const void* from, Index bytes) {
    ZipMember& member = members_.back();
    member.crc = crc32_of(member.crc, from, bytes);
    member.bytes += bytes;
    if (compress_) {
      deflated_->add(from, bytes, write_);
    } else {
      file_.write(from, bytes);
    }
  }

  /// Ends the member: its checksum and sizes go into its header.
  void end_member() {
    if (compress_) {
      deflated_->finish(write_);
      deflated_.reset();
    }
    ZipMember& member = members_.back();
    member.packed_bytes = file_.size() - member.begin;
    const std::string header = header_of(member);
    file_.write_at(member.header, header.data(), static_cast<Index>(header.size()));
  }

  /// Writes the directory and the end records.
  void finish() {
    const Index begin = file_.size();
    for (const ZipMember& member : members_) {
      write(entry_of(member));
    }
    const Index bytes = file_.size() - begin;
    const auto count = static_cast<Index>(members_.size());
    const bool wide = count >= 0xffff || begin > small_ || bytes > small_;
    if (wide) {
      write(wide_end(begin, bytes, count));
    }
    std::string text("PK\x05\x06\0\0\0\0", 8);
    append_little_endian(text, static_cast<std::uint64_t>(std::min<Index>(count, 0xffff)), 2);
    append_little_endian(text, static_cast<std::uint64_t>(std::min<Index>(count, 0xffff)), 2);
    append_little_endian(text, narrow(bytes), 4);
    append_little_endian(text, narrow(begin), 4);
    append_little_endian(text, 0, 2);
    write(text);
  }

 private:
  static constexpr std::uint64_t in_zip64 = 0xffffffffU;

  void write(const std::string& text) { file_.write(text.data(), static_cast<Index>(text.size())); }
  [[nodiscard]] std::uint64_t narrow(Index value) const noexcept {
    return value > small_ ? in_zip64 : static_cast<std::uint64_t>(value);
  }

  /// What headers and directory have in common: version to flags, method, time, checksum.
  static void append_common(std::string& text, const ZipMember& member) {
    append_little_endian(text, 45, 2);  // version 4.5: zip64
    append_little_endian(text, member.flags, 2);
    append_little_endian(text, static_cast<std::uint64_t>(member.method), 2);
    append_little_endian(text, 0, 2);     // midnight of
    append_little_endian(text, 0x21, 2);  // 1 January 1980
    append_little_endian(text, member.crc, 4);
  }

  [[nodiscard]] static std::string header_of(const ZipMember& member) {
    std::string text = "PK\x03\x04";
    append_common(text, member);
    append_little_endian(text, in_zip64, 4);
    append_little_endian(text, in_zip64, 4);
    append_little_endian(text, member.name.size(), 2);
    append_little_endian(text, 20, 2);
    text += member.name;
    append_little_endian(text, 1, 2);
    append_little_endian(text, 16, 2);
    append_little_endian(text, static_cast<std::uint64_t>(member.bytes), 8);
    append_little_endian(text, static_cast<std::uint64_t>(member.packed_bytes), 8);
    return text;
  }

  [[nodiscard]] std::string entry_of(const ZipMember& member) const {
    const bool wide = member.bytes > small_ || member.packed_bytes > small_;
    std::string extra;
    if (wide) {
      append_little_endian(extra, static_cast<std::uint64_t>(member.bytes), 8);
      append_little_endian(extra, static_cast<std::uint64_t>(member.packed_bytes), 8);
    }
    if (member.header > small_) {
      append_little_endian(extra, static_cast<std::uint64_t>(member.header), 8);
    }
    std::string text = "PK\x01\x02";
    append_little_endian(text, 45 | 3 << 8, 2);  // made on Unix
    append_common(text, member);
    append_little_endian(text, wide ? in_zip64 : narrow(member.packed_bytes), 4);
    append_little_endian(text, wide ? in_zip64 : narrow(member.bytes), 4);
    append_little_endian(text, member.name.size(), 2);
    append_little_endian(text, extra.empty() ? 0 : extra.size() + 4, 2);
    append_little_endian(text, 0, 6);                          // comment, disk, internal attributes
    append_little_endian(text, std::uint64_t{0600} << 16, 4);  // its owner may read and write
    append_little_endian(text, narrow(member.header), 4);
    text += member.name;
    if (!extra.empty()) {
      append_little_endian(text, 1, 2);
      append_little_endian(text, extra.size(), 2);
      text += extra;
    }
    return text;
  }

  /// The zip64 end record and its locator.
  [[nodiscard]] std::string wide_end(Index begin, Index bytes, Index count) const {
    std::string text = "PK\x06\x06";
    append_little_endian(text, 44, 8);
    append_little_endian(text, 45, 2);
    append_little_endian(text, 45, 2);
    append_little_endian(text, 0, 8);  // disks
    append_little_endian(text, static_cast<std::uint64_t>(count), 8);
    append_little_endian(text, static_cast<std::uint64_t>(count), 8);
    append_little_endian(text, static_cast<std::uint64_t>(bytes), 8);
    append_little_endian(text, static_cast<std::uint64_t>(begin), 8);
    text += "PK\x06\x07";
    append_little_endian(text, 0, 4);
    append_little_endian(text, static_cast<std::uint64_t>(begin + bytes), 8);
    append_little_endian(text, 1, 4);
    return text;
  }

  /// Appends to the file.
  struct Append {
    AtomicFile& file;
    void operator()(const void* from, Index bytes) const { file.write(from, bytes); }
  };

  AtomicFile& file_;
  Append write_{file_};
  bool compress_;
  Index small_;
  std::vector<ZipMember> members_;
  std::optional<DeflateStream> deflated_;
};

}  // namespace eigengrad::detail
