#pragma once
// What a checkpoint says: CheckpointWriter gathers a run's state as tensors and exact texts,
// CheckpointReader gives it back. Needs nlohmann-json. Leaves out when and where:
// checkpoint.hpp.
//
// Tensors: "model.0.weight" (in the library's own layout), "optimizer.exp_avg.0.weight",
// "history.0.values", "callbacks.1.early_stopping.best_values.0". Everything else is in
// __metadata__, as integers and hexadecimal floating-point numbers.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/named_tensor.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/safetensors_parser.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/train/state_visitor.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// The number to the bit: "1.8p+3". Independent of the locale.
[[nodiscard]] inline std::string hex_text(double value) {
  if (value != value) {
    return "nan";
  }
  char digits[64];
  return std::string(digits, std::to_chars(digits, digits + 64, value, std::chars_format::hex).ptr);
}

/// Gathers state under names with a prefix.
template <FloatScalar T>
class EIGENGRAD_API CheckpointWriter final : public train::StateVisitor<T> {
 public:
  void begin(std::string prefix) { prefix_ = std::move(prefix); }

  void integer(std::string_view name, Index& value) override { put(name, concat(value)); }
  void real(std::string_view name, double& value) override { put(name, hex_text(value)); }
  void reals(std::string_view name, std::vector<double>& values) override {
    Tensor<double> all = uninitialized<double>({static_cast<Index>(values.size())});
    std::copy(values.begin(), values.end(), all.mutable_data());
    tensors_.emplace_back(prefix_ + std::string(name), all);
  }
  void text(std::string_view name, std::string& value) override { put(name, value); }
  void tensors(std::string_view name, std::vector<Tensor<T>>& values) override {
    put(name, concat(values.size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      tensor(concat(name, ".", i), values[i]);
    }
  }

  /// Something that must be the same in the run that goes on.
  void same(std::string_view name, const std::string& value) { put(name, value); }
  /// Shares the elements.
  void tensor(std::string_view name, const Tensor<T>& value) {
    tensors_.emplace_back(prefix_ + std::string(name), value);
  }

  [[nodiscard]] const std::vector<SafetensorsTensor>& tensors() const noexcept { return tensors_; }
  [[nodiscard]] const SafetensorsMetadata& metadata() const noexcept { return metadata_; }

 private:
  void put(std::string_view name, std::string value) {
    if (!metadata_.emplace(prefix_ + std::string(name), std::move(value)).second) {
      throw ValueError("Checkpoint", concat("two states are named '", prefix_, name, "'"));
    }
  }

  std::string prefix_;
  std::vector<SafetensorsTensor> tensors_;
  SafetensorsMetadata metadata_;
};

/// Gives state back, and knows in the end what nobody asked for.
template <FloatScalar T>
class EIGENGRAD_API CheckpointReader final : public train::StateVisitor<T> {
 public:
  explicit CheckpointReader(const std::string& path) : file_(path, "Checkpoint") {
    for (const auto& [key, value] : file_.metadata()) {
      unused_.insert(key);
    }
    for (const SafetensorsInfo& info : file_.tensors()) {
      unused_.insert(info.name);
    }
  }

  void begin(std::string prefix) { prefix_ = std::move(prefix); }

  void integer(std::string_view name, Index& value) override {
    value = parsed<Index>(name, [](const char* from, const char* to, Index& number) {
      return std::from_chars(from, to, number);
    });
  }
  void real(std::string_view name, double& value) override {
    value = parsed<double>(name, [](const char* from, const char* to, double& number) {
      return std::from_chars(from, to, number, std::chars_format::hex);
    });
  }
  void reals(std::string_view name, std::vector<double>& values) override {
    const Tensor<double> all = load<double>(prefix_ + std::string(name));
    values.assign(all.data(), all.data() + all.size());
  }
  void text(std::string_view name, std::string& value) override { value = get(name); }
  void tensors(std::string_view name, std::vector<Tensor<T>>& values) override {
    Index count = 0;
    integer(name, count);
    values.clear();
    for (Index i = 0; i < count; ++i) {
      values.push_back(tensor(concat(name, ".", i)));
    }
  }

  void same(std::string_view name, const std::string& value) {
    if (const std::string& stored = get(name); stored != value) {
      fail(concat(prefix_, name, " is ", shown_text(stored), " in it, ", shown_text(value),
                  " in this run"));
    }
  }
  [[nodiscard]] Tensor<T> tensor(std::string_view name) {
    return load<T>(prefix_ + std::string(name));
  }
  /// All tensors whose names begin with the prefix, without it.
  [[nodiscard]] NamedTensors<T> rest() {
    NamedTensors<T> found;
    for (const SafetensorsInfo& info : file_.tensors()) {
      if (info.name.starts_with(prefix_)) {
        found.emplace_back(info.name.substr(prefix_.size()), load<T>(info.name));
      }
    }
    return found;
  }

  /// Refuses a checkpoint that knows more than the run asked for.
  void finish() const {
    if (!unused_.empty()) {
      fail("this run has no " +
           listed_names(unused_, [](const std::string& name) { return shown_text(name); }));
    }
  }
  [[noreturn]] EIGENGRAD_COLD void fail(const std::string& why) const {
    throw FileError("Checkpoint", file_.path(), "is not of this run: " + why);
  }

 private:
  [[nodiscard]] const std::string& get(std::string_view name) {
    const std::string key = prefix_ + std::string(name);
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) {
      fail(concat("'", key, "' is missing"));
    }
    unused_.erase(key);
    return found->second;
  }
  template <class N, class Parse>
  [[nodiscard]] N parsed(std::string_view name, const Parse& parse) {
    const std::string& stored = get(name);
    const char* const end = stored.data() + stored.size();
    N number{};
    const auto [at, error] = parse(stored.data(), end, number);
    if (error != std::errc() || at != end) {
      fail(concat("'", prefix_, name, "' is no number: '", shown_text(stored), "'"));
    }
    return number;
  }
  template <FloatScalar F>
  [[nodiscard]] Tensor<F> load(const std::string& name) {
    if (!file_.contains(name)) {
      fail(concat("'", name, "' is missing"));
    }
    const SafetensorsInfo& info = file_.info(name);
    if (info.dtype != safetensors_dtype(dtype_of<F>)) {
      fail(concat("'", shown_text(name), "' is ", info.dtype, " in it, ",
                  safetensors_dtype(dtype_of<F>), " in this run"));
    }
    unused_.erase(name);
    return file_.load<F>(info);
  }

  SafetensorsFile file_;
  std::string prefix_;
  std::set<std::string, std::less<>> unused_;
};

}  // namespace eigengrad::detail
