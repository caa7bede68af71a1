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
#include <memory>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// Files "checkpoint-00000012.safetensors" in one folder, by the number of the epoch after which
/// they were written.
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
    tidy(0);
  }
  /// Lets others in.
  void close() noexcept { lock_.reset(); }

  [[nodiscard]] std::string file(Index epoch) const {
    const std::string number = concat(epoch);
    const std::string zeros(number.size() < digits ? digits - number.size() : 0, '0');
    return concat(path_, "/", prefix, zeros, number, suffix);
  }

  /// The epochs of all checkpoints, the newest first. Throws: FileError
  [[nodiscard]] std::vector<Index> epochs() const {
    std::vector<Index> found;
    for (const std::string& name : names_in(op_, path_)) {
      if (const Index epoch = epoch_of(name); epoch > 0) {
        found.push_back(epoch);
      }
    }
    std::sort(found.begin(), found.end(), [](Index a, Index b) { return a > b; });
    return found;
  }

  /// Removes the checkpoints before that epoch and what was left half written, as far as it is
  /// allowed to. Not while one is being written. Throws: FileError
  void tidy(Index before) const {
    for (const std::string& name : names_in(op_, path_)) {
      const Index epoch = epoch_of(name);
      const bool part =
          name.starts_with(prefix) && name.find(".safetensors.part-") != std::string::npos;
      if (part || (epoch > 0 && epoch < before)) {
        static_cast<void>(::unlink((path_ + "/" + name).c_str()));
      }
    }
  }

 private:
  static constexpr std::string_view prefix = "checkpoint-";
  static constexpr std::string_view suffix = ".safetensors";
  static constexpr std::size_t digits = 8;

  /// 0 for other files.
  [[nodiscard]] static Index epoch_of(std::string_view name) {
    Index epoch = 0;
    if (name.size() <= prefix.size() + suffix.size() || !name.starts_with(prefix) ||
        !name.ends_with(suffix)) {
      return 0;
    }
    const char* const end = name.data() + name.size() - suffix.size();
    return std::from_chars(name.data() + prefix.size(), end, epoch).ptr == end ? epoch : 0;
  }

  std::string op_, path_;
  std::unique_ptr<Descriptor> lock_;
};

}  // namespace eigengrad::detail
