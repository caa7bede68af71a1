#pragma once
// IDX files, the format of MNIST and its relatives, plain or gzipped: load_idx and save_idx. Needs
// zlib: link with -lz.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/deflate.hpp>
#include <eigengrad/io/elements.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eigengrad {

struct IdxOptions {
  /// A gzipped file of more bytes is refused, because few compressed bytes may stand for many.
  Index max_inflated_bytes = Index{4} << 30;
};

namespace detail {

struct IdxType {
  std::uint8_t code;
  std::string_view name;
  ElementFormat format;
};

inline constexpr IdxType idx_types[] = {{0x08, "uint8", {'u', 1}},   {0x09, "int8", {'i', 1}},
                                        {0x0B, "int16", {'i', 2}},   {0x0C, "int32", {'i', 4}},
                                        {0x0D, "float32", {'f', 4}}, {0x0E, "float64", {'f', 8}}};

/// How elements of a type lie in the file, which is big-endian.
[[nodiscard]] inline ElementFormat idx_format(const IdxType& type) noexcept {
  ElementFormat format = type.format;
  format.swapped = std::endian::native == std::endian::little && format.bytes > 1;
  return format;
}

/// Reads an IDX file from a source. Bytes in errors count in what was gzipped.
class IdxReader {
 public:
  IdxReader(const ByteSource& source, const IdxOptions& options)
      : source_(source), options_(options) {
    char magic[2] = {};
    if (source.size() >= 2) {
      source.read_at(0, magic, 2, "magic");
    }
    if (magic[0] == '\x1f' && magic[1] == '\x8b') {
      inflated_.emplace(source, 0, source.size(), DeflateWrapper::gzip);
    }
  }

  template <AnyScalar T>
  [[nodiscard]] Tensor<T> load() {
    read_header();
    check_size();
    Tensor<T> out = uninitialized<T>(shape_);
    const auto take = [this](void* to, Index bytes) { read(to, bytes, "data"); };
    read_elements(idx_format(*type_), out.mutable_data(), out.size(), take);
    char more = 0;
    if (inflated_ && inflated_->read(&more, 1) != 0) {
      fail_trailing(at_);
    }
    return out;
  }

 private:
  void read(void* to, Index bytes, std::string_view what) {
    if (!inflated_) {
      source_.read_at(at_, to, bytes, what);
    } else if (const Index found = inflated_->read(to, bytes); found < bytes) {
      source_.fail(at_, concat("truncated at byte ", at_, ": expected ", bytes, " bytes of ", what,
                               ", found ", found));
    }
    at_ += bytes;
  }

  void read_header() {
    unsigned char magic[4] = {};
    read(magic, 4, "magic");
    if (magic[0] != 0 || magic[1] != 0) {
      source_.fail(0, "no IDX magic at byte 0: expected two zero bytes");
    }
    const auto* const found = std::find_if(std::begin(idx_types), std::end(idx_types),
                                           [&](const IdxType& t) { return t.code == magic[2]; });
    if (found == std::end(idx_types)) {
      source_.fail(2, concat("bad type at byte 2: ", static_cast<int>(magic[2]),
                             ", expected 8, 9, 11, 12, 13 or 14"));
    }
    type_ = found;
    const int axes = magic[3];
    if (axes > max_rank) {
      source_.fail(3, concat("bad number of axes at byte 3: ", axes, ", at most ", max_rank));
    }
    for (int axis = 0; axis < axes; ++axis) {
      unsigned char bytes[4] = {};
      read(bytes, 4, "extents");
      Index extent = 0;
      for (const unsigned char byte : bytes) {
        extent = extent << 8 | byte;
      }
      shape_.push_back(extent);
    }
  }

  /// Compares the size that the header promises with the file's, before anything is allocated.
  void check_size() {
    Index bytes = type_->format.bytes;
    for (const Index extent : shape_) {  // zero extents as one, so that no product overflows
      if (__builtin_mul_overflow(bytes, std::max<Index>(extent, 1), &bytes)) {
        source_.fail(4, concat("bad extents at byte 4: the number of bytes overflows: ", shape_));
      }
    }
    bytes = shape_.size() == 0 ? 0 : bytes;
    if (inflated_) {
      if (bytes / deflate_largest_ratio > source_.size()) {
        source_.fail(4, concat("bad extents at byte 4: ", source_.size(),
                               " deflated bytes cannot stand for ", bytes));
      }
      if (bytes > options_.max_inflated_bytes) {
        source_.fail(4, concat("bad extents at byte 4: ", bytes, " bytes when inflated, at most ",
                               options_.max_inflated_bytes,
                               " are allowed: see IdxOptions::max_inflated_bytes"));
      }
      return;
    }
    const Index found = source_.size() - at_;
    if (found < bytes) {
      source_.fail(at_, concat("truncated at byte ", at_, ": expected ", bytes, " bytes of ",
                               type_->name, " data, found ", found));
    }
    if (found > bytes) {
      fail_trailing(at_ + bytes);
    }
  }
  [[noreturn]] EIGENGRAD_COLD void fail_trailing(Index at) const {
    source_.fail(at, concat("trailing bytes at byte ", at, ": ", type_->name, " data of ", shape_,
                            " ends there"));
  }

  const ByteSource& source_;
  IdxOptions options_;
  std::optional<InflateStream> inflated_;
  const IdxType* type_ = nullptr;
  Shape shape_;
  Index at_ = 0;
};

/// load_idx from bytes in memory; `name` stands for the file in errors.
template <AnyScalar T>
[[nodiscard]] Tensor<T> parse_idx(std::span<const std::byte> bytes, const std::string& name,
                                  const IdxOptions& options = {}) {
  const ByteSource source("load_idx", name, bytes);
  return IdxReader(source, options).load<T>();
}

/// The type that holds T's numbers. There is none for int64.
template <AnyScalar T>
[[nodiscard]] constexpr const IdxType& idx_type_of() noexcept {
  return idx_types[std::same_as<T, double>  ? 5
                   : std::same_as<T, float> ? 4
                   : IndexScalar<T>         ? 3
                                            : 0];
}

}  // namespace detail

/// Loads an IDX file, plain or gzipped (known by its first bytes, not its name), converted to T as
/// by load_npy. MNIST: load_idx<float>("train-images-idx3-ubyte.gz") is (60000, 28, 28).
///
/// Shapes:    the file's; at most six extents
/// Throws:    FileError for a missing file, and for anything that is not a well-formed IDX file of
///            exactly the promised length, with the byte and the field
/// Cost:      one pass; nothing is allocated that the file cannot hold, or past
///            options.max_inflated_bytes
/// Reference: http://yann.lecun.com/exdb/mnist, "The IDX file format"; RFC 1952
template <AnyScalar T>
[[nodiscard]] Tensor<T> load_idx(const std::string& path, const IdxOptions& options = {}) {
  const detail::InputFile file("load_idx", path);
  const detail::ByteSource source("load_idx", path, file);
  return detail::IdxReader(source, options).load<T>();
}

/// Writes a tensor as an IDX file, gzipped if the name ends in ".gz". All or nothing: see
/// write_file.
///
/// Shapes:    any whose extents are below 2^32
/// Throws:    ShapeError for a larger extent; FileError if the file cannot be written; what was at
///            `path` is then untouched
/// Cost:      one pass; a strided view is copied first
template <AnyScalar T>
requires(!std::same_as<T, std::int64_t>) void save_idx(const std::string& path,
                                                       const Tensor<T>& x) {
  constexpr const detail::IdxType& type = detail::idx_type_of<T>();
  std::string head{'\0', '\0', static_cast<char>(type.code), static_cast<char>(x.rank())};
  for (const Index extent : x.shape()) {
    if (extent > Index{0xffffffff}) {
      throw ShapeError("save_idx", detail::concat("an extent is past 2^32 - 1: ", x.shape()),
                       x.shape());
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
      head += static_cast<char>(extent >> shift & 255);
    }
  }
  const Tensor<T> elements = detail::packed(x);
  detail::AtomicFile file("save_idx", path);
  const auto to_file = [&file](const void* from, Index bytes) { file.write(from, bytes); };
  const auto write_all = [&](const auto& write) {
    write(head.data(), static_cast<Index>(head.size()));
    detail::write_elements(detail::idx_format(type), elements.data(), elements.size(), write);
  };
  if (path.ends_with(".gz")) {
    detail::DeflateStream deflated(detail::DeflateWrapper::gzip);
    write_all([&](const void* from, Index bytes) { deflated.add(from, bytes, to_file); });
    deflated.finish(to_file);
  } else {
    write_all(to_file);
  }
  file.commit();
}

}  // namespace eigengrad
