#pragma once
// Compressed bytes by zlib: InflateStream reads what is deflated, as a zip's member or as gzip, and
// DeflateStream writes it. Needs zlib. Leaves out what the bytes mean.

#if !__has_include(<zlib.h>)
#error ".npz and gzip need zlib >= 1.2.9 (Debian, Ubuntu: zlib1g-dev); link with -lz"
#endif

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/byte_source.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <zlib.h>

namespace eigengrad::detail {

/// No deflated byte stands for more: a match of 258 bytes takes at least two bits.
inline constexpr Index deflate_largest_ratio = 1032;

/// CRC-32 of some bytes, going on from that of the bytes before (0 at the start).
[[nodiscard]] inline std::uint32_t crc32_of(std::uint32_t before, const void* bytes,
                                            Index count) noexcept {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, static_cast<const Bytef*>(bytes), static_cast<std::size_t>(count)));
}

/// How deflated bytes are wrapped: not at all, as in a zip; as in a PNG; or as gzip, whose checksum
/// zlib checks.
enum class DeflateWrapper : int { none = -MAX_WBITS, zlib = MAX_WBITS, gzip = MAX_WBITS + 16 };

[[noreturn]] EIGENGRAD_COLD inline void throw_zlib_memory(int status) {
  if (status == Z_MEM_ERROR) {
    throw std::bad_alloc();
  }
  throw Error("zlib", "the library is of another version than its header");
}

/// Reads what the bytes [begin, end) of a source hold deflated.
class InflateStream {
 public:
  InflateStream(const ByteSource& source, Index begin, Index end, DeflateWrapper wrapper)
      : source_(source), next_(begin), end_(end), gzip_(wrapper == DeflateWrapper::gzip) {
    if (const int status = inflateInit2(&stream_, static_cast<int>(wrapper)); status != Z_OK) {
      throw_zlib_memory(status);
    }
    input_ = std::make_unique_for_overwrite<Bytef[]>(buffer_bytes);
  }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;
  ~InflateStream() { inflateEnd(&stream_); }

  /// The next `bytes` bytes, or as many as there are: fewer only at the end.
  /// Throws: FileError for corrupt data, or data that ends in the middle
  [[nodiscard]] Index read(void* to, Index bytes) {
    auto* out = static_cast<Bytef*>(to);
    Index done = 0;
    while (done < bytes && !ended()) {
      if (stream_.avail_in == 0) {
        refill();
      }
      constexpr Index most = std::numeric_limits<int>::max();
      const auto room = static_cast<uInt>(std::min(bytes - done, most));
      stream_.next_out = out + done;
      stream_.avail_out = room;
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      done += static_cast<Index>(room - stream_.avail_out);
      if (status == Z_STREAM_END) {
        finished_ = true;
      } else if (status == Z_MEM_ERROR) {
        throw std::bad_alloc();
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        source_.fail(at(), concat("corrupt compressed data at byte ", at(), ": ",
                                  stream_.msg != nullptr ? stream_.msg : "a preset dictionary"));
      }
    }
    return done;
  }

  /// The first byte that has not been used.
  [[nodiscard]] Index at() const noexcept { return next_ - static_cast<Index>(stream_.avail_in); }

 private:
  static constexpr Index buffer_bytes = 65536;

  /// Whether the data is at its end. A gzip file may be several, one after the other.
  [[nodiscard]] bool ended() {
    if (finished_ && gzip_ && at() < end_) {
      static_cast<void>(inflateReset(&stream_));
      finished_ = false;
    }
    return finished_;
  }
  void refill() {
    const Index bytes = std::min(end_ - next_, buffer_bytes);
    if (bytes == 0) {
      source_.fail(next_, concat("truncated at byte ", next_, ": the compressed data has no end"));
    }
    source_.read_at(next_, input_.get(), bytes, "compressed data");
    next_ += bytes;
    stream_.next_in = input_.get();
    stream_.avail_in = static_cast<uInt>(bytes);
  }

  const ByteSource& source_;
  Index next_;  // of the source, not yet in the buffer
  Index end_;
  bool gzip_;
  bool finished_ = false;
  z_stream stream_{};
  std::unique_ptr<Bytef[]> input_;
};

/// Deflates bytes and gives them to write(from, bytes).
class DeflateStream {
 public:
  explicit DeflateStream(DeflateWrapper wrapper) {
    constexpr int memory_level = 8;  // zlib's own default
    if (const int status =
            deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, static_cast<int>(wrapper),
                         memory_level, Z_DEFAULT_STRATEGY);
        status != Z_OK) {
      throw_zlib_memory(status);
    }
    output_ = std::make_unique_for_overwrite<Bytef[]>(buffer_bytes);
  }
  DeflateStream(const DeflateStream&) = delete;
  DeflateStream& operator=(const DeflateStream&) = delete;
  ~DeflateStream() { deflateEnd(&stream_); }

  template <class Write>
  void add(const void* from, Index bytes, const Write& write) {
    const auto* next = static_cast<const Bytef*>(from);
    while (bytes > 0) {
      constexpr Index most = std::numeric_limits<int>::max();
      const Index now = std::min(bytes, most);
      step(next, now, Z_NO_FLUSH, write);
      next += now;
      bytes -= now;
    }
  }
  /// Writes what is left.
  template <class Write>
  void finish(const Write& write) {
    step(nullptr, 0, Z_FINISH, write);
  }

 private:
  static constexpr uInt buffer_bytes = 65536;

  template <class Write>
  void step(const Bytef* from, Index bytes, int flush, const Write& write) {
    stream_.next_in = const_cast<Bytef*>(from);  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(bytes);
    do {
      stream_.next_out = output_.get();
      stream_.avail_out = buffer_bytes;
      static_cast<void>(::deflate(&stream_, flush));  // no error is left that it could give
      write(output_.get(), static_cast<Index>(buffer_bytes - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  std::unique_ptr<Bytef[]> output_;
};

}  // namespace eigengrad::detail
