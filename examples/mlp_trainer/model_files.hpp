#pragma once
// Where the trainer's models are kept: a folder, or one file whose name ends in .safetensors, which
// needs nlohmann-json.

#include "data.hpp"

#include <eigengrad/eigengrad.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <eigengrad/train/mlp_safetensors.hpp>
#endif

#include <string>

namespace trainer {

[[nodiscard]] inline bool is_safetensors(const std::string& path) {
  return ends_with(path, ".safetensors");
}

/// Refuses a file that this program cannot write or read. Throws: ValueError
inline void check_model_path([[maybe_unused]] const std::string& path) {
#if !__has_include(<nlohmann/json.hpp>)
  if (is_safetensors(path)) {
    throw eg::ValueError("mlp_trainer",
                         "built without nlohmann-json, so without .safetensors: " + path);
  }
#endif
}

inline void save_model(const std::string& path, const eg::train::TrainedMlp<float>& trained) {
#if __has_include(<nlohmann/json.hpp>)
  if (is_safetensors(path)) {
    eg::train::save_mlp_safetensors(path, trained);
    return;
  }
#endif
  eg::train::save_mlp(path, trained);
}

[[nodiscard]] inline eg::train::TrainedMlp<float> load_model(const std::string& path) {
#if __has_include(<nlohmann/json.hpp>)
  if (is_safetensors(path)) {
    return eg::train::load_mlp_safetensors<float>(path);
  }
#endif
  return eg::train::load_mlp<float>(path);
}

}  // namespace trainer
