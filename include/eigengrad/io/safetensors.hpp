#pragma once
// safetensors files, as Python's library and PyTorch read and write them: SafetensorsFile to read
// some tensors, load_safetensors to read all, save_safetensors to write. Needs nlohmann-json.
// Leaves out models: train/model_file.hpp, and files that stay on the disk: mapped_safetensors.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/elements.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/named_tensor.hpp>
#include <eigengrad/io/safetensors_header.hpp>
#include <eigengrad/io/safetensors_parser.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// The name under which a type is stored when nothing else is asked for.
[[nodiscard]] constexpr std::string_view safetensors_dtype(DType type) noexcept {
  constexpr std::string_view names[] = {"F32", "F64", "I64", "I32", "U8", "BOOL"};
  return names[static_cast<unsigned>(type)];
}

[[nodiscard]] EIGENGRAD_COLD inline std::string safetensors_names(
    const std::vector<SafetensorsInfo>& tensors) {
  return listed_names(tensors, [](const SafetensorsInfo& tensor) { return tensor.name; });
}

/// The position of the tensor of that name. Throws: FileError listing the names that there are
[[nodiscard]] inline const SafetensorsInfo& safetensors_named(
    std::string_view op, const std::string& file, const std::vector<SafetensorsInfo>& tensors,
    std::string_view name) {
  for (const SafetensorsInfo& tensor : tensors) {
    if (tensor.name == name) {
      return tensor;
    }
  }
  throw_no_tensor(op, file, name, safetensors_names(tensors));
}

/// The elements of a checked tensor; read(to, bytes) gives the next bytes.
template <AnyScalar T, class Read>
[[nodiscard]] Tensor<T> read_safetensor(const SafetensorsInfo& info, Read&& read) {
  Tensor<T> out = uninitialized<T>(info.shape);
  read_elements(safetensors_format(info.dtype), out.mutable_data(), out.size(), read);
  return out;
}

/// load_safetensors from bytes in memory; `name` stands for the file in errors.
template <AnyScalar T>
[[nodiscard]] NamedTensors<T> parse_safetensors(std::span<const std::byte> bytes,
                                                const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const auto size = static_cast<Index>(bytes.size());
  const Index length = safetensors_header_length("load_safetensors", name, text, size);
  const SafetensorsHeader header = parse_safetensors_header(
      "load_safetensors", name, text.substr(8, static_cast<std::size_t>(length)), size);
  NamedTensors<T> tensors;
  for (const SafetensorsInfo& info : header.tensors) {
    const std::byte* next = bytes.data() + info.begin;
    tensors.emplace_back(info.name, read_safetensor<T>(info, [&next](void* to, Index count) {
                           std::memcpy(to, next, static_cast<std::size_t>(count));
                           next += count;
                         }));
  }
  return tensors;
}

}  // namespace detail

/// A safetensors file open for reading: the header is read and checked at once, tensors on demand.
/// Many threads may load from one.
class SafetensorsFile {
 public:
  /// Throws: FileError for a missing file, and for anything that is not a well-formed safetensors
  ///         file of known types and exactly the promised length, with the byte and the field
  explicit SafetensorsFile(const std::string& path, std::string_view op = "load_safetensors")
      : op_(op), path_(path), file_(op, path) {
    char start[8] = {};
    file_.read(start, std::min<Index>(file_.size(), 8));
    const Index length =
        detail::safetensors_header_length(op, path_, {start, sizeof start}, file_.size());
    std::string text(static_cast<std::size_t>(length), '\0');
    file_.read(text.data(), length);
    header_ = detail::parse_safetensors_header(op, path_, text, file_.size());
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// What the file holds, in the order of the data.
  [[nodiscard]] const std::vector<SafetensorsInfo>& tensors() const noexcept {
    return header_.tensors;
  }
  [[nodiscard]] const SafetensorsMetadata& metadata() const noexcept { return header_.metadata; }
  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    return std::any_of(tensors().begin(), tensors().end(),
                       [name](const SafetensorsInfo& tensor) { return tensor.name == name; });
  }
  /// What the header says of one tensor. Throws: FileError; it lists the names that there are
  [[nodiscard]] const SafetensorsInfo& info(std::string_view name) const {
    return detail::safetensors_named(op_, path_, tensors(), name);
  }

  /// One tensor, its elements converted to T as NumPy's astype does.
  /// Throws: FileError if there is none of that name, or the file has shrunk
  template <AnyScalar T>
  [[nodiscard]] Tensor<T> load(std::string_view name) const {
    return load<T>(info(name));
  }
  /// The same for an element of tensors().
  template <AnyScalar T>
  [[nodiscard]] Tensor<T> load(const SafetensorsInfo& info) const {
    return detail::read_safetensor<T>(info, [this, at = info.begin](void* to, Index count) mutable {
      file_.read_at(at, to, count);
      at += count;
    });
  }

 private:
  std::string op_, path_;
  detail::InputFile file_;
  detail::SafetensorsHeader header_;
};

/// Loads every tensor of a safetensors file, in the order of its data. Elements of any of the
/// file's types (U64 I64 F64 F32 U32 I32 BF16 F16 U16 I16 I8 U8 BOOL) become T as by NumPy's
/// astype: to bool by != 0, to integers by truncation, to float by rounding to nearest.
///
/// Shapes:    the file's; at most six extents
/// Throws:    FileError as SafetensorsFile
/// Cost:      one pass; nothing is allocated that the file does not hold
/// Reference: https://github.com/huggingface/safetensors, "Format"
template <AnyScalar T>
[[nodiscard]] NamedTensors<T> load_safetensors(const std::string& path) {
  const SafetensorsFile file(path);
  NamedTensors<T> tensors;
  for (const SafetensorsInfo& info : file.tensors()) {
    tensors.emplace_back(info.name, file.load<T>(info));
  }
  return tensors;
}

/// One tensor for save_safetensors: {"name", tensor}, or {"name", tensor, "BF16"} to store its
/// elements as another type, converted as by NumPy's astype.
class SafetensorsTensor : public NamedTensor {
 public:
  /// Throws: ValueError for an unknown dtype
  template <AnyScalar T>
  SafetensorsTensor(std::string name, const Tensor<T>& tensor, std::string_view dtype = "")
      : NamedTensor(std::move(name), tensor),
        dtype_(dtype.empty() ? detail::safetensors_dtype(dtype_of<T>) : dtype) {
    if (detail::find_safetensors_type(dtype_) == nullptr) {
      throw ValueError("save_safetensors",
                       detail::concat("unknown dtype '", dtype_, "' for '", this->name(), "'"));
    }
  }
  /// The type in the file.
  [[nodiscard]] const std::string& stored_as() const noexcept { return dtype_; }

 private:
  std::string dtype_;
};

namespace detail {

/// The tensors' places in a file: larger elements first, then by name, as in Python's safetensors.
[[nodiscard]] inline std::vector<std::size_t> safetensors_order(
    std::string_view op, const std::vector<SafetensorsTensor>& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto* const x = find_safetensors_type(tensors[a].stored_as());
    const auto* const y = find_safetensors_type(tensors[b].stored_as());
    return x != y ? x < y : tensors[a].name() < tensors[b].name();
  });
  std::vector<std::string_view> names;
  for (const SafetensorsTensor& tensor : tensors) {
    if (tensor.name() == safetensors_metadata_key) {
      throw ValueError(op, "a tensor cannot be named '__metadata__'");
    }
    names.push_back(tensor.name());
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    throw ValueError(op, concat("two tensors are named '", shown_text(*twice), "'"));
  }
  return order;
}

/// A file that is ready to be written: what stands before the data, and the tensors' places.
struct SafetensorsPlan {
  std::string head;
  std::vector<std::size_t> order;
};

[[nodiscard]] inline SafetensorsPlan plan_safetensors(std::string_view op,
                                                      const std::vector<SafetensorsTensor>& tensors,
                                                      const SafetensorsMetadata& metadata) {
  std::vector<std::size_t> order = safetensors_order(op, tensors);
  std::vector<SafetensorsInfo> infos;
  Index end = 0;
  for (const std::size_t i : order) {
    const SafetensorsTensor& tensor = tensors[i];
    const Index begin = end;
    end += tensor.size() * find_safetensors_type(tensor.stored_as())->format.bytes;
    infos.push_back({tensor.name(), tensor.stored_as(), tensor.shape(), begin, end});
  }
  std::string head = format_safetensors_header(op, infos, metadata);
  return {std::move(head), std::move(order)};
}

/// Hands all bytes of the file to write(from, bytes), in their order.
template <class Write>
void write_safetensors(const SafetensorsPlan& plan, const std::vector<SafetensorsTensor>& tensors,
                       const Write& write) {
  write(plan.head.data(), static_cast<Index>(plan.head.size()));
  for (const std::size_t i : plan.order) {
    tensors[i].visit([&](const auto* data) {
      write_elements(safetensors_format(tensors[i].stored_as()), data, tensors[i].size(), write);
    });
  }
}

inline void save_safetensors_for(std::string_view op, const std::string& path,
                                 const std::vector<SafetensorsTensor>& tensors,
                                 const SafetensorsMetadata& metadata) {
  const SafetensorsPlan plan = plan_safetensors(op, tensors, metadata);
  AtomicFile file(op, path);
  write_safetensors(plan, tensors,
                    [&file](const void* from, Index bytes) { file.write(from, bytes); });
  file.commit();
}

}  // namespace detail

/// Writes tensors of any types as a safetensors file, which Python's safetensors would have written
/// byte for byte: save_safetensors("x.safetensors", {{"x", x}, {"y", y, "BF16"}}, {{"key",
/// "text"}}). All or nothing: see write_file.
///
/// Throws:    ValueError for a name given twice, a tensor named "__metadata__", or text that is not
///            UTF-8; FileError if the file cannot be written; what was at `path` is then untouched
/// Cost:      one pass; a strided view is copied first
/// Reference: https://github.com/huggingface/safetensors, "Format"
inline void save_safetensors(const std::string& path, const std::vector<SafetensorsTensor>& tensors,
                             const SafetensorsMetadata& metadata = {}) {
  detail::save_safetensors_for("save_safetensors", path, tensors, metadata);
}

}  // namespace eigengrad
