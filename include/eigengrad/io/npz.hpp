#pragma once
// NumPy's .npz files, zip archives of .npy files: NpzFile to read some arrays, load_npz to read
// all, save_npz to write. Needs zlib: link with -lz. Nothing is ever extracted, so a member's name
// is never a path.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/named_tensor.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/io/npy_header.hpp>
#include <eigengrad/io/npy_literal.hpp>
#include <eigengrad/io/zip_directory.hpp>
#include <eigengrad/io/zip_member.hpp>
#include <eigengrad/io/zip_writer.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

struct NpzOptions {
  /// A compressed array of more bytes is refused, because few compressed bytes may stand for many.
  Index max_inflated_bytes = Index{4} << 30;
};

/// How save_npz writes: as numpy.savez, or smaller and slower as numpy.savez_compressed.
enum class NpzCompression : std::uint8_t { none, deflate };

namespace detail {

inline constexpr std::string_view npz_suffix = ".npy";

/// The arrays of an archive; load() reads one. Borrows the source.
class NpzReader {
 public:
  NpzReader(const ByteSource& source, const NpzOptions& options)
      : source_(source), options_(options), members_(ZipDirectoryReader(source).read()) {
    for (const ZipMember& member : members_) {
      if (!std::string_view(member.name).ends_with(npz_suffix)) {
        source.fail(member.header, concat("bad member at byte ", member.header, ": member '",
                                          shown_text(member.name), "' is not a .npy file"));
      }
      names_.push_back(member.name.substr(0, member.name.size() - npz_suffix.size()));
    }
  }

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// The position of an array. Throws: FileError listing the names that there are
  [[nodiscard]] std::size_t find(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      throw_no_tensor(source_.op(), source_.name(), name,
                      listed_names(names_, [](const std::string& known) { return known; }));
    }
    return static_cast<std::size_t>(found - names_.begin());
  }

  template <AnyScalar T>
  [[nodiscard]] Tensor<T> load(std::size_t i) const {
    Tensor<T> out;
    read(i, [&out](const NpyHeader& header, ZipMemberReader& reader, std::string_view rest) {
      out = read_npy_tensor<T>(header, [&](void* to, Index count) {
        const std::size_t ready = std::min(rest.size(), static_cast<std::size_t>(count));
        std::memcpy(to, rest.data(), ready);
        rest.remove_prefix(ready);
        reader.read(static_cast<std::byte*>(to) + ready, count - static_cast<Index>(ready));
      });
      reader.finish();
    });
    return out;
  }
  [[nodiscard]] NpyInfo info(std::size_t i) const {
    NpyInfo info;
    read(i, [&info](const NpyHeader& header, ZipMemberReader& /*reader*/,
                    std::string_view /*rest*/) { info = header.info; });
    return info;
  }

 private:
  /// Calls use(header, reader, what of the elements has been read along).
  template <class Use>
  void read(std::size_t i, const Use& use) const {
    const ZipMember& member = members_[i];
    ZipMemberReader reader(source_, member, options_.max_inflated_bytes);
    std::string start(static_cast<std::size_t>(std::min(member.bytes, npy_longest_header + 12)),
                      '\0');
    reader.read(start.data(), static_cast<Index>(start.size()));
    const NpyHeader header = header_of(member, start);
    use(header, reader,
        std::string_view(start).substr(static_cast<std::size_t>(header.data_offset)));
  }

  /// Errors of the array itself name the archive and the member; bytes count from the member's
  /// first.
  [[nodiscard]] NpyHeader header_of(const ZipMember& member, std::string_view start) const {
    const std::string place = "member '" + shown_text(member.name) + "'";
    try {
      return parse_npy_header(source_.op(), place, start, member.bytes);
    } catch (const FileError& error) {
      const std::string_view message = error.what();
      source_.fail(error.offset(), std::string(message.substr(source_.op().size() + 2)));
    }
  }

  const ByteSource& source_;
  NpzOptions options_;
  std::vector<ZipMember> members_;
  std::vector<std::string> names_;
};

/// load_npz from bytes in memory; `name` stands for the file in errors.
template <AnyScalar T>
[[nodiscard]] NamedTensors<T> parse_npz(std::span<const std::byte> bytes, const std::string& name,
                                        const NpzOptions& options = {}) {
  const ByteSource source("load_npz", name, bytes);
  const NpzReader reader(source, options);
  NamedTensors<T> arrays;
  for (std::size_t i = 0; i < reader.names().size(); ++i) {
    arrays.emplace_back(reader.names()[i], reader.load<T>(i));
  }
  return arrays;
}

}  // namespace detail

/// A .npz file open for reading: the directory is read and checked at once, arrays on demand. Many
/// threads may load from one.
class NpzFile {
 public:
  /// Throws:    FileError for a missing file, and for anything that is not a well-formed zip
  ///            archive of .npy files, stored or deflated, with the byte and the field
  explicit NpzFile(const std::string& path, const NpzOptions& options = {})
      : file_("load_npz", path), source_("load_npz", path, file_), reader_(source_, options) {}
  NpzFile(const NpzFile&) = delete;
  NpzFile& operator=(const NpzFile&) = delete;

  /// The arrays' names, without ".npy", in the order of the file.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return reader_.names(); }
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    return std::find(names().begin(), names().end(), name) != names().end();
  }
  /// What an array's header says. Throws: FileError
  [[nodiscard]] NpyInfo info(std::string_view name) const {
    return reader_.info(reader_.find(name));
  }
  /// One array, converted as by load_npy.
  /// Throws: FileError if there is none of that name; as load_npy (bytes then count from the
  ///         member's first); for a wrong checksum or corrupt compressed data
  template <AnyScalar T>
  [[nodiscard]] Tensor<T> load(std::string_view name) const {
    return reader_.template load<T>(reader_.find(name));
  }

 private:
  detail::InputFile file_;
  detail::ByteSource source_;
  detail::NpzReader reader_;
};

/// Loads every array of a .npz file, in the order of the file, converted as by load_npy.
///
/// Shapes:    the file's
/// Throws:    FileError as NpzFile and NpzFile::load
/// Cost:      one pass with its checksum; nothing is allocated that the file cannot hold, or past
///            options.max_inflated_bytes
/// Reference: numpy.load
template <AnyScalar T>
[[nodiscard]] NamedTensors<T> load_npz(const std::string& path, const NpzOptions& options = {}) {
  const NpzFile file(path, options);
  NamedTensors<T> arrays;
  for (const std::string& name : file.names()) {
    arrays.emplace_back(name, file.load<T>(name));
  }
  return arrays;
}

namespace detail {

inline void check_npz_names(const std::vector<NamedTensor>& arrays) {
  std::vector<std::string_view> names;
  for (const NamedTensor& array : arrays) {
    constexpr std::size_t most = 65535 - npz_suffix.size();
    if (array.name().empty() || array.name().size() > most ||
        array.name().find('\0') != std::string::npos) {
      throw ValueError("save_npz", concat("an array's name is empty, has a NUL or more than ", most,
                                          " bytes: '", shown_text(array.name()), "'"));
    }
    names.push_back(array.name());
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    throw ValueError("save_npz", concat("two arrays are named '", shown_text(*twice), "'"));
  }
}

}  // namespace detail

/// Writes arrays of any types as a .npz file: save_npz("data.npz", {{"x", x}, {"y", y}}). Names are
/// UTF-8 and may hold anything but NUL. Without
/// compression it is byte for byte what numpy.savez writes. All or nothing: see write_file.
///
/// Throws:    ValueError for a name that is empty, given twice, or cannot be stored; FileError if
///            the file cannot be written; what was at `path` is then untouched
/// Cost:      two passes, for the checksum; a strided view is copied first
/// Reference: numpy.savez, numpy.savez_compressed
inline void save_npz(const std::string& path, const std::vector<NamedTensor>& arrays,
                     NpzCompression compression = NpzCompression::none) {
  detail::check_npz_names(arrays);
  detail::AtomicFile file("save_npz", path);
  detail::ZipWriter zip(file, compression == NpzCompression::deflate);
  for (const NamedTensor& array : arrays) {
    array.visit([&]<class T>(const T* data) {
      const std::string head = detail::format_npy_header(detail::npy_descr<T>(), array.shape());
      zip.begin_member(array.name() + std::string(detail::npz_suffix));
      zip.add(head.data(), static_cast<Index>(head.size()));
      zip.add(data, array.size() * static_cast<Index>(sizeof(T)));
      zip.end_member();
    });
  }
  zip.finish();
  file.commit();
}

}  // namespace eigengrad
