#pragma once
// The bytes of one member of a zip archive, in order, stored or deflated, with their checksum.
// Needs zlib. Leaves out where members are: zip_directory.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/deflate.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/zip_directory.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace eigengrad::detail {

/// Reads a member once from its start. finish() must be called before the bytes are believed.
class ZipMemberReader {
 public:
  /// Throws: FileError if a deflated member says that it is longer than `most_bytes`, or than
  ///         deflated bytes can stand for
  ZipMemberReader(const ByteSource& source, const ZipMember& member, Index most_bytes)
      : source_(source), member_(member) {
    if (member.method != ZipMethod::deflated) {
      return;
    }
    // Division, because the product may overflow.
    if (member.bytes / deflate_largest_ratio > member.packed_bytes) {
      fail(concat(member.packed_bytes, " deflated bytes cannot stand for ", member.bytes));
    }
    if (member.bytes > most_bytes) {
      fail(concat(member.bytes, " bytes when inflated, at most ", most_bytes,
                  " are allowed: see NpzOptions::max_inflated_bytes"));
    }
    inflated_.emplace(source, member.begin, member.begin + member.packed_bytes,
                      DeflateWrapper::none);
  }

  /// The next `bytes` bytes. Throws: FileError if the member has fewer, or is corrupt
  void read(void* to, Index bytes) {
    if (bytes > member_.bytes - done_) {
      fail(concat("it has ", member_.bytes, " bytes, ", done_ + bytes, " are wanted"));
    }
    if (!inflated_) {
      source_.read_at(member_.begin + done_, to, bytes, "member");
    } else if (const Index found = inflated_->read(to, bytes); found < bytes) {
      fail(concat("inflated to ", done_ + found, " bytes instead of ", member_.bytes));
    }
    crc_ = crc32_of(crc_, to, bytes);
    done_ += bytes;
  }

  /// Checks that nothing is left, and the checksum. Throws: FileError
  void finish() {
    if (inflated_) {
      char more = 0;
      if (inflated_->read(&more, 1) != 0) {
        fail(concat("inflated to more than ", member_.bytes, " bytes"));
      }
      if (inflated_->at() != member_.begin + member_.packed_bytes) {
        fail("bytes after the end of the compressed data");
      }
    }
    if (crc_ != member_.crc) {
      fail("its checksum is wrong: the data is corrupt");
    }
  }

 private:
  [[noreturn]] EIGENGRAD_COLD void fail(const std::string& why) const {
    source_.fail(member_.begin, concat("bad member at byte ", member_.begin, ": member '",
                                       shown_text(member_.name), "': ", why));
  }

  const ByteSource& source_;
  const ZipMember& member_;
  std::optional<InflateStream> inflated_;
  Index done_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace eigengrad::detail
