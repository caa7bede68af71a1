#pragma once
// Whole files in and out, with errors that name the file: reading, and writing that leaves either
// the new content or the old one, never half. Leaves out every format; knows regular files only.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_system(std::string_view op, const std::string& file,
                                                     std::string_view doing, int error) {
  throw FileError(op, file, concat("cannot ", doing, ": ", std::generic_category().message(error)));
}

/// Text out of a file, fit for one line of an error: cut at 40 bytes, control characters as '?'.
[[nodiscard]] EIGENGRAD_COLD inline std::string shown_text(std::string_view text) {
  std::size_t length = text.size() > 40 ? 40 : text.size();
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0U) == 0x80U) {
    ++length;  // not in the middle of a UTF-8 sequence
  }
  std::string shown(text.substr(0, length));
  for (char& c : shown) {
    c = static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? '?' : c;
  }
  return shown + (length < text.size() ? "..." : "");
}

/// Files begun by AtomicFile in this program, its libraries included: two must not share a name.
EIGENGRAD_API inline constinit std::atomic<unsigned> file_parts{0};

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { static_cast<void>(close_now()); }
  [[nodiscard]] int number() const noexcept { return number_; }
  /// Zero, or the error of close().
  [[nodiscard]] int close_now() noexcept {
    const int number = std::exchange(number_, -1);
    return number >= 0 && ::close(number) != 0 ? errno : 0;
  }

 private:
  int number_;
};

/// A regular file open for reading from its first byte on.
class InputFile {
 public:
  InputFile(std::string_view op, const std::string& path)
      : op_(op), path_(path), file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat status {};
    if (file_.number() < 0 || ::fstat(file_.number(), &status) != 0) {
      throw_system(op, path, "open", errno);
    }
    if (!S_ISREG(status.st_mode)) {
      throw FileError(op, path, S_ISDIR(status.st_mode) ? "is a directory" : "is not a file");
    }
    size_ = static_cast<Index>(status.st_size);
  }

  /// Bytes when it was opened.
  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] int descriptor() const noexcept { return file_.number(); }

  /// The next `bytes` bytes. Throws: FileError if the file has fewer by now
  void read(void* to, Index bytes) {
    read_at(at_, to, bytes);
    at_ += bytes;
  }

  /// `bytes` bytes from the byte `at` on; many threads may. Throws: FileError as read()
  void read_at(Index at, void* to, Index bytes) const {
    char* next = static_cast<char*>(to);
    while (bytes > 0) {
      const ssize_t count = ::pread(file_.number(), next, static_cast<std::size_t>(bytes), at);
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        throw_system(op_, path_, "read", errno);
      }
      if (count == 0) {
        throw FileError(op_, path_, concat("shrank while it was read: byte ", at), at);
      }
      next += count;
      bytes -= count;
      at += count;
    }
  }

 private:
  std::string op_, path_;
  Descriptor file_;
  Index size_ = 0;
  Index at_ = 0;
};

/// The folder that a path lies in.
[[nodiscard]] inline std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

/// Makes the names in a folder durable: zero, or the error. File systems that cannot synchronise
/// folders have none.
inline int sync_folder(const std::string& path) noexcept {
  const Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() < 0) {
    return errno;
  }
  return ::fsync(opened.number()) != 0 && errno != EINVAL && errno != ENOTSUP ? errno : 0;
}

/// A new file beside `path` that takes its place on commit(), and is removed when there is none.
class AtomicFile {
 public:
  AtomicFile(std::string_view op, const std::string& path)
      : op_(op),
        path_(path),
        part_(part_name(path)),
        file_(::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {
    if (file_.number() < 0) {
      const int error = errno;
      part_.clear();
      throw_system(op, path, "create", error);
    }
  }
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() {
    if (!part_.empty()) {
      ::unlink(part_.c_str());
    }
  }

  /// Appends. Throws: FileError
  void write(const void* from, Index bytes) {
    write_at(size_, from, bytes);
    size_ += bytes;
  }
  /// Writes over what has been written. Throws: FileError
  void write_at(Index at, const void* from, Index bytes) {
    const char* next = static_cast<const char*>(from);
    while (bytes > 0) {
      const ssize_t count = ::pwrite(file_.number(), next, static_cast<std::size_t>(bytes), at);
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count <= 0) {
        throw_system(op_, path_, "write", count < 0 ? errno : ENOSPC);
      }
      next += count;
      bytes -= count;
      at += count;
    }
  }
  /// Bytes written so far.
  [[nodiscard]] Index size() const noexcept { return size_; }

  /// Makes the bytes durable, then gives them the name, which sync_folder() makes durable.
  void publish() {
    if (::fsync(file_.number()) != 0) {
      throw_system(op_, path_, "write", errno);
    }
    if (const int error = file_.close_now(); error != 0) {
      throw_system(op_, path_, "write", error);
    }
    if (std::rename(part_.c_str(), path_.c_str()) != 0) {
      throw_system(op_, path_, "replace", errno);
    }
    part_.clear();
  }
  /// publish(), and the folder synchronised as far as that is possible.
  void commit() {
    publish();
    sync_folder(folder_of(path_));
  }

 private:
  /// A name that no other writer uses: two threads may save to one path, the last one wins.
  [[nodiscard]] static std::string part_name(const std::string& path) {
    return concat(path, ".part-", ::getpid(), "-", file_parts.fetch_add(1));
  }

  std::string op_, path_, part_;
  Descriptor file_;
  Index size_ = 0;
};

[[nodiscard]] inline std::string read_file_for(std::string_view op, const std::string& path) {
  InputFile file(op, path);
  std::string content(static_cast<std::size_t>(file.size()), '\0');
  file.read(content.data(), file.size());
  return content;
}

inline void write_file_for(std::string_view op, const std::string& path, std::string_view content) {
  AtomicFile file(op, path);
  file.write(content.data(), static_cast<Index>(content.size()));
  file.commit();
}

}  // namespace detail

/// The bytes of a file, as they are.
///
/// Throws:    FileError if it is missing, a folder, or cannot be read
/// Cost:      one pass, the file's size in memory
[[nodiscard]] inline std::string read_file(const std::string& path) {
  return detail::read_file_for("read_file", path);
}

/// Writes a file all or nothing: to a new file in the same folder, made durable, then renamed.
///
/// Throws:    FileError if it cannot be created or written; what was at `path` is then untouched
/// Cost:      one pass and two fsync
inline void write_file(const std::string& path, std::string_view content) {
  detail::write_file_for("write_file", path, content);
}

}  // namespace eigengrad
