#pragma once
// --checkpoint: the training saved while it goes on, which needs nlohmann-json.

#include "options.hpp"

#include <eigengrad/eigengrad.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <eigengrad/train/checkpoint.hpp>
#endif

#include <memory>

namespace trainer {

/// The callback that saves the training of `model` as the options say; null if they don't ask for
/// it. Throws: ValueError if this program cannot
[[nodiscard]] inline std::unique_ptr<eigengrad::train::Callback<float>> make_checkpoint(
    const Options& options, [[maybe_unused]] eigengrad::nn::Sequential<float>& model) {
  if (options.checkpoint.empty()) {
    return nullptr;
  }
#if __has_include(<nlohmann/json.hpp>)
  return std::make_unique<eigengrad::train::Checkpoint<float>>(
      model, options.checkpoint,
      eigengrad::train::CheckpointOptions{
          .every = options.every, .keep = options.keep, .resume = options.resume});
#else
  throw eigengrad::ValueError("mlp_trainer",
                              "built without nlohmann-json, so without --checkpoint");
#endif
}

}  // namespace trainer
