#pragma once
// A trained Mlp as one safetensors file: the weights as tensors, which PyTorch reads, and all else
// that prediction needs in the metadata. Needs nlohmann-json. The same as a folder: mlp_file.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/preprocess.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/safetensors_parser.hpp>
#include <eigengrad/io/weights.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/train/mlp.hpp>
#include <eigengrad/train/mlp_file.hpp>
#include <eigengrad/train/model_file.hpp>

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace eigengrad::detail {

inline constexpr std::string_view mlp_key = "eigengrad.mlp";
inline constexpr std::string_view feature_mean_key = "eigengrad.feature_mean";
inline constexpr std::string_view feature_scale_key = "eigengrad.feature_scale";

/// Numbers as a text that gives the same bits back.
[[nodiscard]] inline std::string numbers_text(const Tensor<double>& values) {
  std::string text;
  for (const double value : values.values()) {
    text += concat(text.empty() ? "" : " ", value);
  }
  return text;
}

/// A text of a file's metadata. Throws: FileError if there is none
[[nodiscard]] inline const std::string& mlp_metadata(const SafetensorsFile& file,
                                                     std::string_view key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) {
    throw FileError("load_mlp", file.path(),
                    concat("no trained Mlp: __metadata__ has no '", key, "'"), 8);
  }
  return found->second;
}

[[nodiscard]] inline Tensor<double> mlp_numbers(const SafetensorsFile& file, std::string_view key) {
  const std::string& text = mlp_metadata(file, key);
  std::vector<double> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const auto [next, error] = std::from_chars(at, end, values.emplace_back());
    if (error != std::errc() || (next != end && *next != ' ')) {
      throw FileError(
          "load_mlp", file.path(),
          concat("__metadata__ '", key, "': number ", values.size() - 1, " is malformed"), 8);
    }
    at = next == end ? end : next + 1;
  }
  return from_vector(values);
}

/// The bytes of the layers that an Mlp describes must be in the file before they are allocated.
inline void check_mlp_size(const SafetensorsFile& file, const train::Mlp& mlp) {
  Index held = 0;
  for (const SafetensorsInfo& info : file.tensors()) {
    held += info.shape.size();
  }
  Index described = 0;
  Index width = mlp.features;
  const auto add = [&](Index outputs) {
    described += width * outputs;  // widths are 2^24 at most
    width = outputs;
    if (described > held) {
      throw FileError("load_mlp", file.path(),
                      concat("the layers have more weights than the ", held, " in the file"), 8);
    }
  };
  for (const Index hidden : mlp.hidden) {
    add(hidden);
  }
  add(mlp.outputs);
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Writes a trained model as one safetensors file, all or nothing; load_model reads the network
/// out of it, and PyTorch the weights.
///
/// Throws:    FileError as save_safetensors; ValueError for a name that is not UTF-8
template <FloatScalar T>
void save_mlp_safetensors(const std::string& path, const TrainedMlp<T>& trained) {
  namespace d = eigengrad::detail;
  SaveWeightsOptions options;
  options.metadata = {
      {std::string(d::mlp_key), d::mlp_text(trained)},
      {std::string(d::model_key), d::describe_model(trained.model)},
      {std::string(d::feature_mean_key), d::numbers_text(trained.standardizer.mean())},
      {std::string(d::feature_scale_key), d::numbers_text(trained.standardizer.scale())}};
  d::save_weights_for("save_mlp", path, trained.model.parameters(), options);
}

/// Reads a model that save_mlp_safetensors wrote, of either element type.
///
/// Throws:    FileError naming the file and what is wrong in it
template <FloatScalar T>
[[nodiscard]] TrainedMlp<T> load_mlp_safetensors(const std::string& path) {
  namespace d = eigengrad::detail;
  const SafetensorsFile file(path, "load_mlp");
  TrainedMlp<T> trained{{}, make_mlp<T>({.features = 1, .hidden = {}}, 0), {}, {}, {}};
  const std::string place = d::concat("__metadata__ '", d::mlp_key, "': ");
  d::MlpFileReader(path, place).read(d::mlp_metadata(file, d::mlp_key), trained);
  d::check_mlp_size(file, trained.mlp);
  try {
    trained.standardizer = Standardizer<T>(d::mlp_numbers(file, d::feature_mean_key),
                                           d::mlp_numbers(file, d::feature_scale_key));
    if (trained.standardizer.mean().size() != trained.mlp.features) {
      throw ValueError("Standardizer", d::concat(trained.standardizer.mean().size(), " means for ",
                                                 trained.mlp.features, " features"));
    }
    trained.model = make_mlp<T>(trained.mlp, 0);
  } catch (const ShapeError& error) {
    throw FileError("load_mlp", path, error.what(), 8);
  } catch (const ValueError& error) {
    throw FileError("load_mlp", path, error.what(), 8);
  }
  d::load_weights_from("load_mlp", file, trained.model.parameters(), {});
  return trained;
}

}  // namespace eigengrad::train
