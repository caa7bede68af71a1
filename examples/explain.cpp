// Why a trained model decides: the features of a table that matter, by permutation importance and
// by integrated gradients, and the pixels of a handwritten digit. Writes three pictures.

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/explain.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

/// Prints the five largest bars and writes all as a picture.
void show(std::vector<eg::plot::Bar> bars, const std::string& title, const std::string& unit,
          const std::string& file) {
  eg::write_file(file, eg::plot::bar_chart(bars, {.title = title, .axis_label = unit}));
  std::stable_sort(bars.begin(), bars.end(), [](const auto& a, const auto& b) {
    return std::abs(a.value) > std::abs(b.value);
  });
  bars.resize(5);
  std::printf("\n%s (%s)\n", title.c_str(), file.c_str());
  for (const eg::plot::Bar& bar : bars) {
    std::printf("  %-24s %8.4f\n", bar.label.c_str(), bar.value);
  }
}

/// Whether the attributions are complete.
bool explain_table() {
  const auto cancer = eg::datasets::breast_cancer<float>();
  const auto split =
      eg::train_test_split(cancer.x, cancer.y, {.test_size = 0.2, .random_state = 42});
  eg::Standardizer<float> scale;
  const eg::Dataset train{scale.fit_transform(split.x_train),
                          eg::reshape(eg::cast<float>(split.y_train), {-1, 1})};
  const eg::Dataset test{scale.transform(split.x_test),
                         eg::reshape(eg::cast<float>(split.y_test), {-1, 1})};
  // Without a last Sigmoid: attributions of a logit add up over many rows, those of a probability
  // that is 1 already do not say much.
  eg::nn::Sequential<float> model({eg::nn::Dense(30, 32), eg::nn::ReLU(), eg::nn::Dense(32, 16),
                                   eg::nn::ReLU(), eg::nn::Dense(16, 1)},
                                  {.seed = 42});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  static_cast<void>(eg::train::fit(model, train, adam, eg::train::BinaryCrossEntropyWithLogits{},
                                   {.epochs = 30, .verbose = eg::train::Verbosity::silent}));

  // On rows that the model has not seen: what it has learnt, not what it has memorised.
  const auto importance = eg::explain::permutation_importance(
      model, test, eg::train::BinaryCrossEntropyWithLogits{}, {.n_repeats = 20});
  const auto why =
      eg::explain::integrated_gradients(model, test.x, {.steps = 300, .tolerance = 0.01});
  std::vector<eg::plot::Bar> shuffled;
  std::vector<eg::plot::Bar> first;
  for (eg::Index i = 0; i < 30; ++i) {
    const std::string& name = cancer.feature_names[static_cast<std::size_t>(i)];
    shuffled.push_back({name, importance.importances_mean.at(i), importance.importances_std.at(i)});
    first.push_back({name, static_cast<double>(why.attributions.at(0, i))});
  }
  show(shuffled, "Features by permutation importance", "increase of the test loss when shuffled",
       "importance.svg");
  show(first, "The first test row, by integrated gradients", "part of the logit (benign: positive)",
       "attributions.svg");
  std::printf("  they sum to %.4f, the outputs differ by %.4f\n",
              why.output_difference.at(0) + why.convergence_delta.at(0),
              why.output_difference.at(0));
  return why.completeness_error() <= 0.01;
}

/// Whether the pixels that speak for a digit are those that were drawn.
bool explain_digit() {
  const auto digits = eg::datasets::digits<float>();
  const auto split =
      eg::train_test_split(digits.x / 16.0, digits.y, {.test_size = 0.2, .random_state = 42});
  eg::nn::Sequential<float> model(
      {eg::nn::Flatten(), eg::nn::Dense(64, 64), eg::nn::ReLU(), eg::nn::Dense(64, 10)},
      {.seed = 42});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 2e-3});
  static_cast<void>(eg::train::fit(
      model, eg::Dataset{eg::reshape(split.x_train, {-1, 8, 8}), split.y_train}, adam,
      eg::train::CrossEntropy{}, {.epochs = 20, .verbose = eg::train::Verbosity::silent}));
  const auto image = eg::reshape(eg::slice(split.x_test, 0, 0, 1), {1, 8, 8});
  const auto digit = eg::argmax(eg::train::predict(model, image), 1).at(0);
  const auto pixels =
      eg::explain::occlusion(model, image, {.target = digit, .sliding_window_shape = {2, 2}});
  eg::write_file("digit.svg",
                 eg::plot::pixels_svg(
                     eg::plot::blended_heat_map(eg::select(image, 0, 0), eg::select(pixels, 0, 0)),
                     40, "What speaks for this digit, and what against"));
  std::printf("\nA digit that the model takes for a %d (digit.svg)\n", static_cast<int>(digit));
  const auto sum_over = [&](bool drawn) {
    double sum = 0;
    for (eg::Index i = 0; i < 64; ++i) {
      const bool ink = image.at(0, i / 8, i % 8) > 0.5F;
      sum += ink == drawn ? static_cast<double>(pixels.at(0, i / 8, i % 8)) : 0;
    }
    return sum;
  };
  return digit == split.y_test.at(0) && sum_over(true) > sum_over(false);
}

}  // namespace

int main() {
  const bool complete = explain_table();
  const bool drawn = explain_digit();
  return complete && drawn ? 0 : 1;
}
