#pragma once
// NewFolder: a folder of files that appears under its name all at once, or not at all.

#include <eigengrad/base/error.hpp>
#include <eigengrad/io/file.hpp>

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// The names in a folder but "." and "..". Throws: FileError
[[nodiscard]] inline std::vector<std::string> names_in(std::string_view op,
                                                       const std::string& path) {
  DIR* const folder = ::opendir(path.c_str());
  if (folder == nullptr) {
    throw_system(op, path, "open", errno);
  }
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") {
      names.push_back(name);
    }
  }
  ::closedir(folder);
  return names;
}

/// Removes a folder and the files in it; leaves what it can't remove.
inline void remove_folder(std::string_view op, const std::string& path) {
  for (const std::string& name : names_in(op, path)) {
    ::unlink((path + "/" + name).c_str());
  }
  ::rmdir(path.c_str());
}

/// Makes a folder and those around it, where they are not there yet. Throws: FileError
inline void make_folders(std::string_view op, const std::string& path) {
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end == path.size() || path[end] == '/') {
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
        throw_system(op, part, "create", errno);
      }
    }
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    throw FileError(op, path, "is not a folder");
  }
}

}  // namespace detail

/// Files are written to file(name) in a folder beside `path`; commit() puts that folder in path's
/// place and removes what was there. Without commit() nothing of it stays.
class NewFolder {
 public:
  /// `marker` is a file that an existing folder must hold to be replaced, so that no other folder
  /// is ever removed. Throws: FileError if `path` is a file or a folder of something else, or
  /// cannot be created
  NewFolder(std::string_view op, std::string path, std::string_view marker)
      : op_(op), path_(std::move(path)) {
    while (path_.size() > 1 && path_.back() == '/') {
      path_.pop_back();
    }
    struct stat status {};
    exists_ = ::stat(path_.c_str(), &status) == 0;
    if (exists_ && !S_ISDIR(status.st_mode)) {
      throw FileError(op_, path_, "exists and is not a folder");
    }
    if (exists_ && !detail::names_in(op_, path_).empty() &&
        ::access((path_ + "/" + std::string(marker)).c_str(), F_OK) != 0) {
      throw FileError(op_, path_,
                      "exists and holds something else (no " + std::string(marker) + ")");
    }
    part_ = detail::concat(path_, ".part-", ::getpid());
    if (::mkdir(part_.c_str(), 0777) != 0) {
      const int error = errno;
      const std::string part = std::exchange(part_, {});
      detail::throw_system(op_, part, "create", error);
    }
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;
  ~NewFolder() {
    if (!part_.empty()) {
      try {
        detail::remove_folder(op_, part_);
      } catch (const FileError&) {
        // Nothing more can be done about it here.
      }
    }
  }

  /// Where to write a file of the folder.
  [[nodiscard]] std::string file(std::string_view name) const {
    return part_ + "/" + std::string(name);
  }

  /// Gives the folder its name. Throws: FileError; what was there is then still there
  void commit() {
    const std::string old = detail::concat(path_, ".old-", ::getpid());
    if (exists_ && std::rename(path_.c_str(), old.c_str()) != 0) {
      detail::throw_system(op_, path_, "replace", errno);
    }
    if (std::rename(part_.c_str(), path_.c_str()) != 0) {
      const int error = errno;
      if (exists_) {
        static_cast<void>(std::rename(old.c_str(), path_.c_str()));
      }
      detail::throw_system(op_, path_, "replace", error);
    }
    part_.clear();
    detail::sync_folder(detail::folder_of(path_));
    if (exists_) {
      detail::remove_folder(op_, old);
    }
  }

 private:
  std::string op_;
  std::string path_;
  std::string part_;
  bool exists_ = false;
};

}  // namespace eigengrad
