// Writes the files of weights/ that are ours, for make_weight_files.py to read:
//   write_weights FOLDER

#include "weights_model.hpp"

#include <eigengrad/io/weights.hpp>
#include <eigengrad/train/model_file.hpp>

#include <string>

int main(int count, char** arguments) {
  if (count != 2) {
    return 2;
  }
  const std::string folder = arguments[1];
  const auto model = weights_model<float>();
  eigengrad::train::save_model(folder + "/eigengrad.safetensors", model);
  eigengrad::train::save_model(folder + "/eigengrad_bfloat16.safetensors", model,
                               {.dtype = "BF16"});
  eigengrad::save_weights(folder + "/eigengrad_keras.safetensors", model.parameters(),
                          {.format = eigengrad::WeightFormat::keras});
}
