#pragma once
// SummaryWriter: event files that TensorBoard shows. What is in them is in
// tensorboard_messages.hpp; the callback that writes them during a training is in
// train/tensorboard.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/crc32c.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/folder.hpp>
#include <eigengrad/io/protobuf.hpp>
#include <eigengrad/io/tensorboard_messages.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Seconds since 1970.
[[nodiscard]] inline double wall_time_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// A record of a TFRecord file: length, its checksum, the bytes, theirs.
inline void append_record(std::string& to, std::string_view bytes) {
  std::string length;
  append_little_endian(length, bytes.size(), 8);
  to += length;
  append_little_endian(to, masked_crc32c(length), 4);
  to += bytes;
  append_little_endian(to, masked_crc32c(bytes), 4);
}

/// A number with leading zeros, so that names sort as numbers do.
[[nodiscard]] inline std::string zero_padded(long long value, std::size_t digits) {
  std::string text = concat(value);
  return text.insert(0, text.size() < digits ? digits - text.size() : 0, '0');
}

/// "events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER": TensorBoard looks for the middle, and reads
/// the files of a run in the order of their names.
[[nodiscard]] inline std::string event_file_name(double seconds) {
  char host[256] = "";
  static_cast<void>(::gethostname(host, sizeof host - 1));
  return concat("events.out.tfevents.", zero_padded(static_cast<long long>(seconds), 10), ".",
                static_cast<const char*>(host), ".", zero_padded(::getpid(), 7), ".",
                zero_padded(file_parts.fetch_add(1), 6));
}

}  // namespace detail

/// Writes one event file of a run, which is a folder; `tensorboard --logdir` of it or a folder
/// around it shows the run. What is added reaches the file by flush() or when there is a lot, and
/// the disk by sync() or the end. PyTorch's names.
///
/// Throws:    FileError if the folder or the file cannot be made or written
/// Reference: PyTorch `SummaryWriter`
class SummaryWriter {
 public:
  explicit SummaryWriter(std::string folder) : SummaryWriter(std::move(folder), "SummaryWriter") {}
  /// The same with another name in errors.
  SummaryWriter(std::string folder, std::string_view op) : op_(op) {
    while (folder.size() > 1 && folder.back() == '/') {
      folder.pop_back();
    }
    detail::make_folders(op, folder);
    const double now = detail::wall_time_now();
    path_ = folder + "/" + detail::event_file_name(now);
    file_ = std::make_unique<detail::Descriptor>(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
    if (file_->number() < 0) {
      detail::throw_system(op, path_, "create", errno);
    }
    add(detail::version_event(now));
    flush();
  }
  SummaryWriter(const SummaryWriter&) = delete;
  SummaryWriter& operator=(const SummaryWriter&) = delete;
  ~SummaryWriter() {
    try {
      sync();
    } catch (const FileError&) {
      // Nothing more can be done about it here.
    }
  }

  /// The file's path.
  [[nodiscard]] const std::string& file() const noexcept { return path_; }

  /// A point of a curve, in float. Tags with a slash are shown in groups.
  void add_scalar(std::string_view tag, double value, Index step) {
    add_scalar(tag, value, step, detail::wall_time_now());
  }
  /// The same with the time of the point, in seconds since 1970.
  void add_scalar(std::string_view tag, double value, Index step, double wall_time) {
    add(detail::summary_event(wall_time, step, detail::scalar_value(tag, value)));
  }
  /// How the elements of a tensor are distributed, in 30 intervals; none if none is finite.
  template <FloatScalar T>
  void add_histogram(std::string_view tag, const Tensor<T>& values, Index step) {
    const detail::Histogram histogram = detail::histogram_of(values);
    if (histogram.count > 0) {
      add(detail::summary_event(detail::wall_time_now(), step,
                                detail::histogram_value(tag, histogram)));
    }
  }
  /// A text, shown as Markdown.
  void add_text(std::string_view tag, std::string_view text, Index step = 0) {
    add(detail::summary_event(detail::wall_time_now(), step, detail::text_value(tag, text)));
  }
  /// The run's hyperparameters. Its scalars, those of folders in it too, are the metrics beside
  /// them.
  void add_hparams(const std::vector<HyperParameter>& parameters) {
    const double now = detail::wall_time_now();
    add(detail::summary_event(now, 0, detail::session_start(parameters, now)));
  }
  /// That the run of add_hparams() has ended well.
  void end_hparams() {
    const double now = detail::wall_time_now();
    add(detail::summary_event(now, 0, detail::session_end(now)));
  }
  /// That a run begins or goes on at a step: what it held from there on is void. TensorBoard takes
  /// a run's first restart as its beginning, which voids nothing: the first file needs one too.
  void restart(Index step) { add(detail::restart_event(detail::wall_time_now(), step)); }

  /// Hands all to the system: it survives the process. Throws: FileError
  void flush() {
    const char* next = buffer_.data();
    std::size_t left = buffer_.size();
    while (left > 0) {
      const ssize_t count = ::write(file_->number(), next, left);
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count <= 0) {
        const int error = count < 0 ? errno : ENOSPC;
        buffer_.erase(0, buffer_.size() - left);
        detail::throw_system(op_, path_, "write", error);
      }
      next += count;
      left -= static_cast<std::size_t>(count);
    }
    buffer_.clear();
  }
  /// flush(), and waits until it is on the disk: it survives a power cut. Throws: FileError
  void sync() {
    flush();
    if (::fsync(file_->number()) != 0) {
      detail::throw_system(op_, path_, "write", errno);
    }
  }

 private:
  static constexpr std::size_t flush_bytes = std::size_t{1} << 20U;

  void add(const detail::ProtobufMessage& event) {
    detail::append_record(buffer_, event.bytes());
    if (buffer_.size() >= flush_bytes) {
      flush();
    }
  }

  std::string op_;
  std::string path_;
  std::unique_ptr<detail::Descriptor> file_;
  std::string buffer_;
};

}  // namespace eigengrad
