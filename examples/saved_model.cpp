// A small application that loads a saved model and answers with it: the species of an iris from
// four measurements.
//
//   saved_model                    answers for three flowers; trains ./iris_model if it is absent
//   saved_model 5.1 3.5 1.4 0.2    answers for one flower

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

constexpr const char* folder = "iris_model";

/// What mlp_trainer --save does, in a few lines.
void train_and_save() {
  const auto iris = eg::datasets::iris<float>();
  const eg::train::Mlp mlp{.features = 4,
                           .hidden = {16},
                           .outputs = 3,
                           .activation = "tanh",
                           .task = eg::train::Task::multiclass};
  eg::train::TrainedMlp<float> trained{
      mlp, eg::train::make_mlp<float>(mlp, 42), {}, iris.feature_names, iris.class_names};
  const auto x = trained.standardizer.fit_transform(iris.x);
  eg::optim::Adam adam(trained.model.parameters(), {.learning_rate = 0.01});
  static_cast<void>(
      eg::train::fit(trained.model, eg::Dataset{x, iris.y}, adam, eg::train::CrossEntropy{},
                     {.epochs = 60, .batch_size = 16, .verbose = eg::train::Verbosity::silent}));
  eg::train::save_mlp(folder, trained);
}

[[nodiscard]] bool model_exists() {
  std::FILE* const file = std::fopen((std::string(folder) + "/model.txt").c_str(), "rb");
  if (file != nullptr) {
    std::fclose(file);
  }
  return file != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (!model_exists()) {
      train_and_save();
    }
    auto trained = eg::train::load_mlp<float>(folder);

    // One flower of each species, from Fisher's table, or the one on the command line.
    std::vector<float> flowers = {5.1F, 3.5F, 1.4F, 0.2F, 7.0F, 3.2F,
                                  4.7F, 1.4F, 6.3F, 3.3F, 6.0F, 2.5F};
    if (argc == 5) {
      flowers.clear();
      for (int i = 1; i < argc; ++i) {
        flowers.push_back(std::strtof(argv[i], nullptr));
      }
    }
    const auto rows = static_cast<eg::Index>(flowers.size() / 4);
    const auto x = eg::view_of(std::span<const float>(flowers), {rows, 4});
    const auto classes = trained.predict_classes(x);
    for (eg::Index i = 0; i < rows; ++i) {
      std::printf("%s\n", trained.class_names[static_cast<std::size_t>(classes.at(i))].c_str());
    }
    const bool right =
        argc == 5 || (classes.at(0) == 0 && classes.at(1) == 1 && classes.at(2) == 2);
    return right ? 0 : 1;
  } catch (const eg::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
