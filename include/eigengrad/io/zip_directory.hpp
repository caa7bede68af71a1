#pragma once
// The directory of a zip archive: which members it has and where, with every check that keeps one
// member's bytes from being another's. Leaves out reading the members: zip_member.hpp, and writing:
// zip_writer.hpp.
//
// Stricter than most on purpose. The members lie one after the other, from the first byte of the
// file to the directory, which ends where the end record begins, which ends the file: no prefix, no
// gap, no overlap, no comment of the archive. Sizes and checksums are those of the directory, and a
// member's own header and descriptor must agree with them. Reference: PKWARE's APPNOTE 6.3.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

enum class ZipMethod : std::uint16_t { stored = 0, deflated = 8 };

/// One member of an archive.
struct ZipMember {
  std::string name;
  ZipMethod method = ZipMethod::stored;
  std::uint16_t flags = 0;
  std::uint32_t crc = 0;
  Index bytes = 0;         // when read
  Index packed_bytes = 0;  // in the file
  Index header = 0;        // where its header is
  Index begin = 0;         // where its data is
};

inline constexpr std::uint16_t zip_flag_descriptor = 8;
inline constexpr std::uint16_t zip_flag_utf8 = 2048;

/// Reads an archive's directory.
class ZipDirectoryReader {
 public:
  explicit ZipDirectoryReader(const ByteSource& source) : source_(source) {}

  /// The members in the order of their data. Throws: FileError with the byte and the field
  [[nodiscard]] std::vector<ZipMember> read() {
    read_end();
    read_directory();
    check_names();
    check_members();
    return std::move(members_);
  }

 private:
  static constexpr std::uint32_t end_mark = 0x06054b50;
  static constexpr std::uint32_t end64_mark = 0x06064b50;
  static constexpr std::uint32_t locator_mark = 0x07064b50;
  static constexpr std::uint32_t entry_mark = 0x02014b50;
  static constexpr std::uint32_t header_mark = 0x04034b50;
  static constexpr std::uint32_t descriptor_mark = 0x08074b50;
  static constexpr Index end_bytes = 22;
  static constexpr Index end64_bytes = 56;
  static constexpr Index locator_bytes = 20;
  static constexpr Index entry_bytes = 46;
  static constexpr Index header_bytes = 30;
  static constexpr std::uint64_t in_zip64 = 0xffffffffU;  // the number is elsewhere

  [[noreturn]] EIGENGRAD_COLD void fail(Index at, std::string_view field,
                                        const std::string& why) const {
    source_.fail(at, concat("bad ", field, " at byte ", at, ": ", why));
  }
  [[nodiscard]] EIGENGRAD_COLD static std::string text_of(const ZipMember& member) {
    return "member '" + shown_text(member.name) + "': ";
  }
  [[nodiscard]] Index index_of(std::uint64_t value, Index at, std::string_view field) const {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) {
      fail(at, field, concat(value, " is past 2^63 - 1"));
    }
    return static_cast<Index>(value);
  }
  [[nodiscard]] std::string expect(Index at, Index bytes, std::uint32_t mark,
                                   std::string_view what) const {
    std::string text = source_.text_at(at, bytes, what);
    if (LittleEndian(text).u32() != mark) {
      fail(at, what, "its mark is missing");
    }
    return text;
  }

  /// Finds the directory from the last bytes of the file.
  void read_end() {
    const Index size = source_.size();
    if (size < end_bytes) {
      source_.fail(0, concat("truncated at byte 0: expected at least ", end_bytes,
                             " bytes of a zip archive, found ", size));
    }
    const Index at = size - end_bytes;
    const std::string text = source_.text_at(at, end_bytes, "end record");
    LittleEndian numbers(text);
    if (numbers.u32() != end_mark) {
      fail(at, "end record",
           "no zip archive ends here; it is truncated, has bytes after it, or a comment");
    }
    const std::uint32_t disks = numbers.u32();
    const std::uint64_t here = numbers.u16();
    std::uint64_t count = numbers.u16();
    std::uint64_t bytes = numbers.u32();
    std::uint64_t begin = numbers.u32();
    Index end = at;
    if (disks != 0 || here != count) {
      fail(at, "end record", "the archive is one of several disks");
    }
    if (numbers.u16() != 0) {
      fail(at, "end record", "the archive has a comment");
    }
    if (count == 0xffffU || bytes == in_zip64 || begin == in_zip64) {
      end = read_end64(at, count, bytes, begin);
    }
    directory_ = index_of(begin, at, "end record");
    const Index directory_bytes = index_of(bytes, at, "end record");
    if (directory_ > end || directory_bytes != end - directory_) {
      fail(at, "end record",
           concat("the directory has ", directory_bytes, " bytes from byte ", directory_,
                  ", it should end at byte ", end));
    }
    if (count > static_cast<std::uint64_t>(directory_bytes / entry_bytes)) {
      fail(at, "end record",
           concat(count, " members do not fit a directory of ", directory_bytes, " bytes"));
    }
    count_ = static_cast<std::size_t>(count);
    directory_end_ = end;
  }

  /// The same from the record for large archives. Returns where it begins.
  [[nodiscard]] Index read_end64(Index end, std::uint64_t& count, std::uint64_t& bytes,
                                 std::uint64_t& begin) const {
    const Index locator = end - locator_bytes;
    if (locator < end64_bytes) {
      fail(end, "end record", "the zip64 record that it refers to is missing");
    }
    const std::string located = expect(locator, locator_bytes, locator_mark, "zip64 locator");
    LittleEndian numbers(located);
    numbers.skip(4);
    const std::uint32_t disk = numbers.u32();
    const Index at = index_of(numbers.u64(), locator, "zip64 locator");
    if (disk != 0 || numbers.u32() > 1) {
      fail(locator, "zip64 locator", "the archive is one of several disks");
    }
    if (at != locator - end64_bytes) {
      fail(locator, "zip64 locator",
           concat("the zip64 record is said to be at byte ", at, ", it should be at byte ",
                  locator - end64_bytes));
    }
    const std::string text = expect(at, end64_bytes, end64_mark, "zip64 end record");
    LittleEndian wide(text);
    wide.skip(4);
    const std::uint64_t record_bytes = wide.u64();
    wide.skip(4);  // versions
    const std::uint64_t disks = wide.u64();
    const std::uint64_t here = wide.u64();
    const std::uint64_t wide_count = wide.u64();
    const std::uint64_t wide_bytes = wide.u64();
    const std::uint64_t wide_begin = wide.u64();
    if (record_bytes != static_cast<std::uint64_t>(end64_bytes - 12) || disks != 0 ||
        here != wide_count) {
      fail(at, "zip64 end record", "its length or its disks");
    }
    if ((count != 0xffffU && count != wide_count) || (bytes != in_zip64 && bytes != wide_bytes) ||
        (begin != in_zip64 && begin != wide_begin)) {
      fail(at, "zip64 end record", "it contradicts the end record");
    }
    count = wide_count;
    bytes = wide_bytes;
    begin = wide_begin;
    return at;
  }

  void read_directory() {
    const std::string text = source_.text_at(directory_, directory_end_ - directory_, "directory");
    members_.reserve(count_);
    LittleEndian rest(text);
    for (std::size_t i = 0; i < count_; ++i) {
      const Index at = directory_end_ - static_cast<Index>(rest.left());
      if (static_cast<Index>(rest.left()) < entry_bytes) {
        fail(at, "directory", concat(i, " members instead of ", count_));
      }
      read_entry(rest, at);
    }
    if (rest.left() != 0) {
      fail(directory_end_ - static_cast<Index>(rest.left()), "directory",
           "bytes after the last member");
    }
  }

  void read_entry(LittleEndian& rest, Index at) {
    LittleEndian numbers(rest.take(static_cast<std::size_t>(entry_bytes)));
    if (numbers.u32() != entry_mark) {
      fail(at, "directory", "a member's mark is missing");
    }
    ZipMember member;
    numbers.skip(4);  // versions
    member.flags = numbers.u16();
    const std::uint16_t method = numbers.u16();
    numbers.skip(4);  // time and date
    member.crc = numbers.u32();
    std::uint64_t packed_bytes = numbers.u32();
    std::uint64_t bytes = numbers.u32();
    const std::size_t name_bytes = numbers.u16();
    const std::size_t extra_bytes = numbers.u16();
    const std::size_t comment_bytes = numbers.u16();
    const std::uint16_t disk = numbers.u16();
    numbers.skip(6);  // attributes
    std::uint64_t header = numbers.u32();
    if (rest.left() < name_bytes + extra_bytes + comment_bytes) {
      fail(at, "directory", "a member's name, extra field or comment is cut off");
    }
    member.name = rest.take(name_bytes);
    const std::string_view extra = rest.take(extra_bytes);
    rest.skip(comment_bytes);
    read_extra(extra, at, member, bytes, packed_bytes, header);
    if (disk != 0) {
      fail(at, "directory", text_of(member) + "it is on another disk");
    }
    if ((member.flags & ~(6U | zip_flag_descriptor | zip_flag_utf8)) != 0) {
      fail(at, "directory",
           text_of(member) + ((member.flags & 1U) != 0 ? "it is encrypted" : "unknown flags"));
    }
    if (method != 0 && method != 8) {
      fail(at, "directory",
           concat(text_of(member), "compression method ", method, ", expected 0 or 8"));
    }
    member.method = static_cast<ZipMethod>(method);
    member.bytes = index_of(bytes, at, "directory");
    member.packed_bytes = index_of(packed_bytes, at, "directory");
    member.header = index_of(header, at, "directory");
    if (member.method == ZipMethod::stored && member.bytes != member.packed_bytes) {
      fail(at, "directory",
           concat(text_of(member), "stored, but ", member.packed_bytes, " bytes stand for ",
                  member.bytes));
    }
    members_.push_back(std::move(member));
  }

  /// Takes the numbers that did not fit 32 bits out of the extra field.
  void read_extra(std::string_view extra, Index at, const ZipMember& member, std::uint64_t& bytes,
                  std::uint64_t& packed_bytes, std::uint64_t& header) const {
    LittleEndian fields(extra);
    bool seen = false;
    while (fields.left() >= 4) {
      const std::uint16_t kind = fields.u16();
      const std::size_t length = fields.u16();
      if (length > fields.left()) {
        fail(at, "extra field", text_of(member) + "it is cut off");
      }
      LittleEndian field(fields.take(length));
      if (kind != 1) {
        continue;
      }
      if (std::exchange(seen, true)) {
        fail(at, "extra field", text_of(member) + "two of zip64");
      }
      for (std::uint64_t* const number : {&bytes, &packed_bytes, &header}) {
        if (*number == in_zip64) {
          if (field.left() < 8) {
            fail(at, "extra field", text_of(member) + "zip64's is too short");
          }
          *number = field.u64();
        }
      }
    }
  }

  /// Leaves the members sorted by their place.
  void check_names() {
    std::vector<std::string_view> names;
    for (const ZipMember& member : members_) {
      if (member.name.empty() || member.name.find('\0') != std::string::npos) {
        fail(directory_, "directory", "a member's name is empty or has a NUL");
      }
      names.push_back(member.name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) {
      fail(directory_, "directory", concat("two members are named '", shown_text(*twice), "'"));
    }
    std::sort(members_.begin(), members_.end(),
              [](const ZipMember& a, const ZipMember& b) { return a.header < b.header; });
  }

  /// Goes through the members' own headers: each begins where the one before ends.
  void check_members() {
    Index at = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      ZipMember& member = members_[i];
      if (member.header != at) {
        fail(member.header, "member",
             concat(text_of(member), "begins at byte ", member.header, ", it should at byte ", at));
      }
      check_header(member);
      const Index next = i + 1 < members_.size() ? members_[i + 1].header : directory_;
      if (member.packed_bytes > next - member.begin) {
        fail(member.begin, "member",
             concat(text_of(member), "its ", member.packed_bytes, " bytes go past byte ", next));
      }
      at = member.begin + member.packed_bytes;
      if ((member.flags & zip_flag_descriptor) != 0) {
        check_descriptor(member, at, next - at);
        at = next;
      }
    }
    if (at != directory_) {
      fail(at, "member", concat("bytes of no member before the directory at byte ", directory_));
    }
  }

  void check_header(ZipMember& member) const {
    const Index at = member.header;
    const std::string text = expect(at, header_bytes, header_mark, "member");
    LittleEndian numbers(text);
    numbers.skip(6);  // mark and version
    const std::uint16_t flags = numbers.u16();
    const std::uint16_t method = numbers.u16();
    numbers.skip(4);  // time and date
    const std::uint32_t crc = numbers.u32();
    std::uint64_t packed_bytes = numbers.u32();
    std::uint64_t bytes = numbers.u32();
    const Index name_bytes = numbers.u16();
    const Index extra_bytes = numbers.u16();
    const std::string rest = source_.text_at(at + header_bytes, name_bytes + extra_bytes, "member");
    std::uint64_t no_header = 0;
    const auto name = std::string_view(rest).substr(0, static_cast<std::size_t>(name_bytes));
    read_extra(std::string_view(rest).substr(name.size()), at, member, bytes, packed_bytes,
               no_header);
    const bool later = (flags & zip_flag_descriptor) != 0;  // the header may say 0
    const auto agree = [later](std::uint64_t found, auto expected) {
      return found == static_cast<std::uint64_t>(expected) || (later && found == 0);
    };
    if (flags != member.flags || method != static_cast<std::uint16_t>(member.method) ||
        name != member.name || !agree(crc, member.crc) || !agree(bytes, member.bytes) ||
        !agree(packed_bytes, member.packed_bytes)) {
      fail(at, "member", text_of(member) + "its header contradicts the directory");
    }
    member.begin = at + header_bytes + name_bytes + extra_bytes;
  }

  /// A descriptor repeats checksum and sizes after the data, with or without a mark, in 32 or 64
  /// bits.
  void check_descriptor(const ZipMember& member, Index at, Index length) const {
    const bool marked = length == 16 || length == 24;
    const bool wide = length == 20 || length == 24;
    if (length != 12 && !marked && !wide) {
      fail(at, "descriptor", concat(text_of(member), "it has ", length, " bytes"));
    }
    const std::string text = source_.text_at(at, length, "descriptor");
    LittleEndian numbers(text);
    const bool mark_is_right = !marked || numbers.u32() == descriptor_mark;
    const std::uint32_t crc = numbers.u32();
    const std::uint64_t packed_bytes = wide ? numbers.u64() : numbers.u32();
    const std::uint64_t bytes = wide ? numbers.u64() : numbers.u32();
    if (!mark_is_right || crc != member.crc ||
        packed_bytes != static_cast<std::uint64_t>(member.packed_bytes) ||
        bytes != static_cast<std::uint64_t>(member.bytes)) {
      fail(at, "descriptor", text_of(member) + "it contradicts the directory");
    }
  }

  const ByteSource& source_;
  Index directory_ = 0;
  Index directory_end_ = 0;
  std::size_t count_ = 0;
  std::vector<ZipMember> members_;
};

}  // namespace eigengrad::detail
