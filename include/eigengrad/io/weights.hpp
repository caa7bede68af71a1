#pragma once
// save_weights and load_weights: parameters as a safetensors file that PyTorch and Keras users can
// read and write. Needs nlohmann-json. Leaves out what the model is: train/model_file.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/named_tensor.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/safetensors_parser.hpp>
#include <eigengrad/io/state_dict.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

struct SaveWeightsOptions {
  WeightFormat format = WeightFormat::pytorch;
  std::string dtype = {};             ///< "BF16", "F16", ...; by default the parameters' own
  SafetensorsMetadata metadata = {};  ///< more of it
};

struct LoadWeightsOptions {
  std::optional<WeightFormat> format = {};  ///< by default what the file says, else pytorch
  bool strict = true;                       ///< whether missing and unexpected names are errors
};

namespace detail {

/// The metadata's key for the name of a WeightFormat.
inline constexpr std::string_view weight_format_key = "eigengrad.weights";

template <FloatScalar T>
void save_weights_for(std::string_view op, const std::string& path,
                      const std::vector<Parameter<T>>& parameters,
                      const SaveWeightsOptions& options) {
  std::vector<SafetensorsTensor> tensors;
  for (auto& [name, value] : state_dict(parameters, options.format)) {
    tensors.emplace_back(name, value, options.dtype);
  }
  SafetensorsMetadata metadata = options.metadata;
  metadata.insert_or_assign(std::string(weight_format_key),
                            std::string(weight_format_name(options.format)));
  if (options.format == WeightFormat::pytorch) {
    metadata.emplace("format", "pt");  // as safetensors.torch writes it, and others ask for it
  }
  save_safetensors_for(op, path, tensors, metadata);
}

/// The format of a file's weights. Throws: FileError if the file says another than is asked for
[[nodiscard]] inline WeightFormat weight_format_of(std::string_view op, const SafetensorsFile& file,
                                                   std::optional<WeightFormat> asked) {
  const auto said = file.metadata().find(weight_format_key);
  if (said == file.metadata().end()) {
    return asked.value_or(WeightFormat::pytorch);
  }
  for (const WeightFormat format :
       {WeightFormat::pytorch, WeightFormat::keras, WeightFormat::eigengrad}) {
    if (said->second == weight_format_name(format) && asked.value_or(format) == format) {
      return format;
    }
  }
  throw FileError(op, file.path(),
                  concat("the weights are of the format '", shown_text(said->second), "'",
                         asked ? ", asked for is " : "",
                         asked ? weight_format_name(*asked) : std::string_view()));
}

template <FloatScalar T>
LoadReport load_weights_from(std::string_view op, const SafetensorsFile& file,
                             std::vector<Parameter<T>> parameters,
                             const LoadWeightsOptions& options) {
  const std::vector<StoredParameter> stored =
      stored_parameters(parameters, weight_format_of(op, file, options.format));
  std::vector<OfferedTensor> offered;
  for (const SafetensorsInfo& info : file.tensors()) {
    offered.push_back({info.name, info.shape});
  }
  LoadPlan plan = plan_load(stored, offered, options.strict, "the file");
  if (!plan.problem.empty()) {
    throw FileError(op, file.path(), plan.problem);
  }
  // Everything is read before anything is written: the file may fail in the middle.
  std::vector<Tensor<T>> values;
  for (const auto& [parameter, info] : plan.pairs) {
    values.push_back(file.load<T>(file.tensors()[info]));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t parameter = plan.pairs[i].first;
    assign_stored(parameters[parameter], stored[parameter], values[i]);
  }
  return std::move(plan.report);
}

}  // namespace detail

/// Writes parameters as a safetensors file: save_weights("m.safetensors", model.parameters()). In
/// PyTorch, `model.load_state_dict(safetensors.torch.load_file("m.safetensors"))` reads it. All or
/// nothing: see write_file.
///
/// Throws:    ValueError for two parameters of one name; FileError as save_safetensors
/// Cost:      one copy of the values
template <FloatScalar T>
void save_weights(const std::string& path, const std::vector<Parameter<T>>& parameters,
                  const SaveWeightsOptions& options = {}) {
  detail::save_weights_for("save_weights", path, parameters, options);
}

/// Reads parameters from a safetensors file, by name, of whatever element type. All or nothing.
///
/// Throws:    FileError as SafetensorsFile; listing what is missing, unexpected (if options.strict)
///            or of another shape; for a file that says another format than is asked for. Nothing
///            has been written then
/// Cost:      twice the values in memory
template <FloatScalar T>
LoadReport load_weights(const std::string& path, const std::vector<Parameter<T>>& parameters,
                        const LoadWeightsOptions& options = {}) {
  return detail::load_weights_from("load_weights", SafetensorsFile(path, "load_weights"),
                                   parameters, options);
}

}  // namespace eigengrad
