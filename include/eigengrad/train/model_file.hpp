#pragma once
// save_model and load_model: a Sequential as one safetensors file, weights and description, so that
// it can be rebuilt from the file alone. Needs nlohmann-json. Leaves out training's state
// (optimizer, loader) and what the inputs mean: train/mlp_safetensors.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/safetensors.hpp>
#include <eigengrad/io/safetensors_parser.hpp>
#include <eigengrad/io/weights.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/nn/flatten.hpp>
#include <eigengrad/nn/layer.hpp>
#include <eigengrad/nn/sequential.hpp>

#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// What a model file says of one layer.
struct LayerDescription {
  std::string kind;
  std::string name;                          ///< empty if the user gave none
  std::map<std::string, double> attributes;  ///< as the layer's attributes() gave them

  /// One of the attributes. Throws: ValueError if it is missing
  [[nodiscard]] double number(const std::string& attribute) const {
    const auto found = attributes.find(attribute);
    if (found == attributes.end()) {
      throw ValueError(kind, "the attribute '" + attribute + "' is missing");
    }
    return found->second;
  }
  /// One that counts something. Throws: ValueError if it is missing or no integer within 2^24, so
  /// that no product of two overflows
  [[nodiscard]] Index integer(const std::string& attribute) const {
    const double value = number(attribute);
    if (value != std::trunc(value) || std::abs(value) > 0x1p24) {
      throw ValueError(kind, eigengrad::detail::concat("the attribute '", attribute,
                                                       "' is no integer within 2^24: ", value));
    }
    return static_cast<Index>(value);
  }
};

/// Makes a layer from its description.
template <FloatScalar T>
using LayerMaker = nn::LayerSpec<T> (*)(const LayerDescription& layer);

/// Makers of a user's own layers, by kind.
template <FloatScalar T>
using LayerMakers = std::map<std::string, LayerMaker<T>, std::less<>>;

}  // namespace eigengrad::train

namespace eigengrad::detail {

/// The metadata's key for the description.
inline constexpr std::string_view model_key = "eigengrad.model";

/// The makers of the library's own layers.
template <FloatScalar T>
[[nodiscard]] const train::LayerMakers<T>& built_in_layers() {
  using Layer = const train::LayerDescription&;
  using Spec = nn::LayerSpec<T>;
  static const train::LayerMakers<T> makers{
      {"Dense",
       [](Layer layer) -> Spec {
         return nn::Dense(layer.integer("in"), layer.integer("out"),
                          {.use_bias = layer.number("use_bias") != 0, .name = layer.name});
       }},
      {"Dropout", [](Layer layer) -> Spec { return nn::Dropout(layer.number("rate")); }},
      {"Flatten", [](Layer /*layer*/) -> Spec { return nn::Flatten(); }},
      {"ReLU", [](Layer /*layer*/) -> Spec { return nn::ReLU(); }},
      {"LeakyReLU", [](Layer layer) -> Spec { return nn::LeakyReLU{layer.number("slope")}; }},
      {"ELU", [](Layer layer) -> Spec { return nn::ELU{layer.number("alpha")}; }},
      {"GELU",
       [](Layer layer) -> Spec {
         return nn::GELU{layer.number("tanh") != 0 ? Gelu::tanh : Gelu::erf};
       }},
      {"SiLU", [](Layer /*layer*/) -> Spec { return nn::SiLU(); }},
      {"Softplus", [](Layer /*layer*/) -> Spec { return nn::Softplus(); }},
      {"Softsign", [](Layer /*layer*/) -> Spec { return nn::Softsign(); }},
      {"Tanh", [](Layer /*layer*/) -> Spec { return nn::Tanh(); }},
      {"Sigmoid", [](Layer /*layer*/) -> Spec { return nn::Sigmoid(); }},
      {"Softmax", [](Layer layer) -> Spec { return nn::Softmax{layer.integer("axis")}; }}};
  return makers;
}

/// The description of a model as JSON.
/// Throws: ValueError for a layer that does not say what it was made from
template <FloatScalar T>
[[nodiscard]] std::string describe_model(const nn::Sequential<T>& model) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < model.layers().size(); ++i) {
    const nn::LayerSpec<T>& spec = model.layers()[i];
    if (!spec.describes_itself() || spec.kind() == "lambda") {
      throw ValueError("save_model",
                       concat("layer ", i, " (", spec.kind(),
                              ") does not say what it was made from: give it attributes(), see "
                              "nn/layer.hpp, or use save_weights"));
    }
    nlohmann::ordered_json layer{{"kind", spec.kind()}};
    if (!spec.name().empty()) {
      layer["name"] = spec.name();
    }
    for (const nn::LayerAttribute& attribute : spec.attributes()) {
      const bool whole = attribute.value == std::trunc(attribute.value);
      auto& value = layer[std::string(attribute.name)];
      if (whole && std::abs(attribute.value) < 0x1p53) {
        value = static_cast<std::int64_t>(attribute.value);
      } else {
        value = attribute.value;
      }
    }
    layers.push_back(std::move(layer));
  }
  const nlohmann::ordered_json description{
      {"version", 1}, {"seed", model.seed()}, {"layers", std::move(layers)}};
  try {
    return description.dump();
  } catch (const nlohmann::json::type_error&) {
    throw ValueError("save_model", "a layer's name is not UTF-8");
  }
}

/// Reads a model's description out of a file's metadata.
class ModelDescription {
 public:
  explicit ModelDescription(const SafetensorsFile& file) : file_(file) {
    const auto text = file.metadata().find(model_key);
    if (text == file.metadata().end()) {
      fail("it describes no model: build one and call load_weights");
    }
    const nlohmann::json json = nlohmann::json::parse(text->second, nullptr, false);
    if (!json.is_object() || json.value("version", nlohmann::json()) != 1) {
      fail("expected JSON with version 1");
    }
    const auto seed = json.find("seed");
    const auto layers = json.find("layers");
    if (seed == json.end() || !seed->is_number_unsigned() || layers == json.end() ||
        !layers->is_array()) {
      fail("expected a seed and layers");
    }
    seed_ = seed->get<std::uint64_t>();
    for (const nlohmann::json& layer : *layers) {
      read_layer(layer);
    }
  }

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

  /// The specifications. Nothing of the described size is allocated yet.
  template <FloatScalar T>
  [[nodiscard]] std::vector<nn::LayerSpec<T>> specs(const train::LayerMakers<T>& more) const {
    std::vector<nn::LayerSpec<T>> specs;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const train::LayerDescription& layer = layers_[i];
      const auto* const maker = find(more, layer.kind);
      const auto* const known = maker != nullptr ? maker : find(built_in_layers<T>(), layer.kind);
      if (known == nullptr) {
        fail(concat("layer ", i, " is of the unknown kind '", shown_text(layer.kind),
                    "': give load_model a maker of it"));
      }
      try {
        specs.push_back((*known)(layer));
      } catch (const ValueError& error) {
        fail(concat("layer ", i, ": ", error.what()));
      }
    }
    check_sizes();
    return specs;
  }

  [[noreturn]] EIGENGRAD_COLD void fail(const std::string& why) const {
    throw FileError("load_model", file_.path(), concat("__metadata__ '", model_key, "': ", why), 8);
  }

 private:
  template <class Makers>
  [[nodiscard]] static auto find(const Makers& makers, const std::string& kind) -> const
      typename Makers::mapped_type* {
    const auto found = makers.find(kind);
    return found == makers.end() ? nullptr : &found->second;
  }

  void read_layer(const nlohmann::json& json) {
    train::LayerDescription layer;
    if (json.is_object()) {
      for (const auto& [key, value] : json.items()) {
        if (key == "kind" && value.is_string()) {
          layer.kind = value.get<std::string>();
        } else if (key == "name" && value.is_string()) {
          layer.name = value.get<std::string>();
        } else if (key != "kind" && key != "name" && value.is_number()) {
          layer.attributes[key] = value.get<double>();
        } else {
          layer.kind.clear();
          break;
        }
      }
    }
    if (layer.kind.empty()) {
      fail(concat("layer ", layers_.size(), " is not a kind, a name and numbers"));
    }
    layers_.push_back(std::move(layer));
  }

  /// A description must not make us allocate what the file does not hold.
  void check_sizes() const {
    Index held = 0;
    for (const SafetensorsInfo& info : file_.tensors()) {
      held += info.shape.size();
    }
    Index described = 0;
    for (const train::LayerDescription& layer : layers_) {
      if (layer.kind == "Dense") {  // 2^48 at most, see integer()
        described += layer.integer("in") * layer.integer("out");
      }
      if (described > held) {
        fail(concat("the layers have more weights than the ", held, " in the file"));
      }
    }
  }

  const SafetensorsFile& file_;
  std::uint64_t seed_ = 0;
  std::vector<train::LayerDescription> layers_;
};

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Writes a model's weights and description as one safetensors file, which PyTorch reads too: see
/// save_weights. All or nothing.
///
/// Throws:    ValueError for a layer of the user's own without attributes(), see nn/layer.hpp;
///            FileError as save_safetensors
template <FloatScalar T>
void save_model(const std::string& path, const nn::Sequential<T>& model,
                SaveWeightsOptions options = {}) {
  options.metadata.insert_or_assign(std::string(eigengrad::detail::model_key),
                                    eigengrad::detail::describe_model(model));
  eigengrad::detail::save_weights_for("save_model", path, model.parameters(), options);
}

/// Builds the model that save_model wrote, of either element type, in training mode. `makers` make
/// layers of the user's own: {{"Scale", [](const LayerDescription& layer) -> nn::LayerSpec<float> {
/// return Scale{layer.integer("features")}; }}}.
///
/// Throws:    FileError as load_weights; for a description that is missing, malformed, or of a
///            layer that is not known
/// Cost:      three times the values in memory
template <FloatScalar T>
[[nodiscard]] nn::Sequential<T> load_model(const std::string& path,
                                           const LayerMakers<T>& makers = {}) {
  const SafetensorsFile file(path, "load_model");
  const eigengrad::detail::ModelDescription description(file);
  const std::vector<nn::LayerSpec<T>> specs = description.specs(makers);
  const auto build = [&]() -> nn::Sequential<T> {
    try {
      return nn::Sequential<T>(specs, {.seed = description.seed()});
    } catch (const Error& error) {
      description.fail(error.what());
    }
  };
  nn::Sequential<T> model = build();
  eigengrad::detail::load_weights_from("load_model", file, model.parameters(), {});
  return model;
}

}  // namespace eigengrad::train
