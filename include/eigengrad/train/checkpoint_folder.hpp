#pragma once
// The folder that a run's checkpoints are in: their names, whose turn it is to write there, and
// which of them may go.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/folder.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// When a checkpoint was written: after an epoch, or after so many steps of it.
struct CheckpointPlace {
  Index epoch = 0;  ///< from 1
  Index step = whole_epoch;

  static constexpr Index whole_epoch = std::numeric_limits<Index>::max();
  [[nodiscard]] friend bool operator==(const CheckpointPlace&, const CheckpointPlace&) = default;
  [[nodiscard]] friend bool operator<(const CheckpointPlace& a, const CheckpointPlace& b) noexcept {
    return a.epoch != b.epoch ? a.epoch < b.epoch : a.step < b.step;
  }
};

/// Files "checkpoint-00000012.safetensors", or "checkpoint-00000012-00000345.safetensors" of an
/// unfinished epoch, in one folder.
class CheckpointFolder {
 public:
  CheckpointFolder(std::string_view op, std::string path) : op_(op), path_(std::move(path)) {
    while (path_.size() > 1 && path_.back() == '/') {
      path_.pop_back();
    }
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Makes the folder if there is none, keeps other processes off, and removes what a killed one
  /// left half written. Throws: FileError
  void open() {
    lock_.reset();
    if (::mkdir(path_.c_str(), 0777) == 0) {
      sync_folder(folder_of(path_));
    } else if (errno != EEXIST) {
      throw_system(op_, path_, "create", errno);
    }
    auto lock =
        std::make_unique<Descriptor>(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock->number() < 0) {
      throw_system(op_, path_, "open", errno);
    }
    // Some network file systems cannot lock a folder; there the user answers for it.
    if (::flock(lock->number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw FileError(op_, path_, "another training writes its checkpoints there");
    }
    lock_ = std::move(lock);
    tidy({});
  }
  /// Lets others in.
  void close() noexcept { lock_.reset(); }

  [[nodiscard]] std::string file(const CheckpointPlace& place) const {
    const std::string step =
        place.step == CheckpointPlace::whole_epoch ? std::string() : "-" + padded(place.step);
    return concat(path_, "/", prefix, padded(place.epoch), step, suffix);
  }

  /// All checkpoints, the newest first. Throws: FileError
  [[nodiscard]] std::vector<CheckpointPlace> places() const {
    std::vector<CheckpointPlace> found;
    for (const std::string& name : names_in(op_, path_)) {
      if (const CheckpointPlace place = place_of(name); place.epoch > 0) {
        found.push_back(place);
      }
    }
    std::sort(found.begin(), found.end(),
              [](const CheckpointPlace& a, const CheckpointPlace& b) { return b < a; });
    return found;
  }

  /// Removes the checkpoints before that one and what was left half written, as far as it is
  /// allowed to. Not while one is being written. Throws: FileError
  void tidy(const CheckpointPlace& before) const {
    for (const std::string& name : names_in(op_, path_)) {
      const CheckpointPlace place = place_of(name);
      const bool part =
          name.starts_with(prefix) && name.find(".safetensors.part-") != std::string::npos;
      if (part || (place.epoch > 0 && place < before)) {
        static_cast<void>(::unlink((path_ + "/" + name).c_str()));
      }
    }
  }

 private:
  static constexpr std::string_view prefix = "checkpoint-";
  static constexpr std::string_view suffix = ".safetensors";
  static constexpr std::size_t digits = 8;

  [[nodiscard]] static std::string padded(Index number) {
    const std::string text = concat(number);
    return std::string(text.size() < digits ? digits - text.size() : 0, '0') + text;
  }

  /// Epoch 0 for other files.
  [[nodiscard]] static CheckpointPlace place_of(std::string_view name) {
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
      return {};
    }
    const char* const end = name.data() + name.size() - suffix.size();
    CheckpointPlace place;
    const char* at = std::from_chars(name.data() + prefix.size(), end, place.epoch).ptr;
    if (at != end && *at == '-') {
      at = std::from_chars(at + 1, end, place.step).ptr;
    }
    return at == end ? place : CheckpointPlace{};
  }

  std::string op_, path_;
  std::unique_ptr<Descriptor> lock_;
};

}  // namespace eigengrad::detail
