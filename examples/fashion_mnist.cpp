// Fashion-MNIST: photographs of clothes, 28 x 28 pixels in ten classes, by an MLP 256-128-100. What
// it gets right and wrong by class, and why: saliency over the test pictures that it was surest of,
// rightly and wrongly, in fashion_mnist.svg.
//
//   fashion_mnist [FOLDER] [SEED]
//
// Dropout, batch size, rate and epochs were chosen on the last tenth of the training pictures; the
// test pictures were looked at after the choices were made. Needs Debian's package
// dataset-fashion-mnist, and zlib.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/explain.hpp>
#include <eigengrad/io/idx.hpp>
#include <eigengrad/plot/picture_grid.hpp>
#include <eigengrad/train/confusion.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using Network = eg::nn::Sequential<float>;
using Labels = eg::Tensor<std::int64_t>;

namespace {

constexpr int no_data = 77;  // what ctest takes for "skipped"
const std::vector<std::string> names{"T-shirt", "Trouser", "Pullover", "Dress", "Coat",
                                     "Sandal",  "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};

std::string file_of(const std::string& folder, const std::string& part, const std::string& what) {
  return folder + "/" + part + "-" + what + "-ubyte.gz";
}

eg::Dataset<float, std::int64_t> load(const std::string& folder, const std::string& part) {
  return {eg::load_idx<float>(file_of(folder, part, "images-idx3")) / 255.0,
          eg::load_idx<std::int64_t>(file_of(folder, part, "labels-idx1"))};
}

void print_scores(const Labels& matrix) {
  const auto scores = eg::train::class_scores(matrix);
  std::printf("\n%-11s precision  recall     f1   most often taken for\n", "");
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto row = static_cast<Index>(i);
    Index other = row == 0 ? 1 : 0;
    for (Index j = 0; j < matrix.extent(1); ++j) {
      if (j != row && matrix.at(row, j) > matrix.at(row, other)) {
        other = j;
      }
    }
    const eg::train::ClassScore& of = scores.classes[i];
    std::printf("%-11s %9.3f %7.3f %6.3f   %s (%d)\n", names[i].c_str(), of.precision, of.recall,
                of.f1, names[static_cast<std::size_t>(other)].c_str(),
                static_cast<int>(matrix.at(row, other)));
  }
}

/// The pictures of the largest probability for the predicted class, among those that are right or
/// those that are wrong, each of another true class.
std::vector<Index> surest(const eg::Tensor<float>& confidence, const Labels& predicted,
                          const Labels& labels, bool right, std::size_t count) {
  std::vector<Index> rows;
  for (Index i = 0; i < labels.size(); ++i) {
    if ((predicted.at(i) == labels.at(i)) == right) {
      rows.push_back(i);
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [&](Index a, Index b) { return confidence.at(a) > confidence.at(b); });
  std::vector<Index> chosen;
  for (const Index row : rows) {
    const bool new_class = std::none_of(chosen.begin(), chosen.end(), [&](Index other) {
      return labels.at(other) == labels.at(row);
    });
    if (new_class && chosen.size() < count) {
      chosen.push_back(row);
    }
  }
  return chosen;
}

/// Sixteen levels a colour, which the eye hardly tells from 256 and which need a third of the
/// bytes.
eg::Tensor<std::uint8_t> coarse(eg::Tensor<std::uint8_t> picture) {
  for (std::uint8_t& byte : picture.mutable_values()) {
    byte = static_cast<std::uint8_t>((byte + 8) / 17 * 17);
  }
  return picture;
}

/// A picture, and over it the smoothed gradient of its predicted class: red pixels speak for the
/// class when they are lighter, blue ones when they are darker.
eg::plot::Tile explained(Network& network, const eg::Tensor<float>& images, const Labels& labels,
                         const Labels& predicted, const eg::Tensor<float>& confidence, Index row) {
  const auto image = eg::slice(images, 0, row, row + 1);
  const auto why = eg::explain::smooth_grad(network, image, {.target = predicted.at(row)});
  const auto pixels = eg::select(image, 0, 0);
  const auto name = [&](const Labels& of) { return names[static_cast<std::size_t>(of.at(row))]; };
  char text[64];
  std::snprintf(text, sizeof text, "%s: %.1f %%", name(predicted).c_str(),
                100.0 * static_cast<double>(confidence.at(row)));
  return {{coarse(eg::plot::blended_heat_map(pixels, eg::select(why, 0, 0), {.alpha = 0})),
           coarse(eg::plot::blended_heat_map(pixels, eg::select(why, 0, 0), {.alpha = 0.8}))},
          text,
          predicted.at(row) == labels.at(row) ? "is one" : "is: " + name(labels)};
}

int run(const std::string& folder, std::uint64_t seed) {
  const auto train = load(folder, "train");
  const auto test = load(folder, "t10k");
  Network network({eg::nn::Flatten(), eg::nn::Dense(784, 256), eg::nn::ReLU(), eg::nn::Dropout(0.2),
                   eg::nn::Dense(256, 128), eg::nn::ReLU(), eg::nn::Dropout(0.2),
                   eg::nn::Dense(128, 100), eg::nn::ReLU(), eg::nn::Dense(100, 10)},
                  {.seed = seed});
  constexpr Index epochs = 15;
  constexpr Index batch_size = 64;
  constexpr Index steps = epochs * ((54000 + batch_size - 1) / batch_size);
  eg::optim::Adam adam(network.parameters(), {});
  eg::train::LearningRateSchedule<float> schedule(eg::optim::Schedule::cosine(1e-3, steps),
                                                  eg::train::Per::step);
  const auto begin = std::chrono::steady_clock::now();
  const auto history = eg::train::fit(network, train, adam, eg::train::CrossEntropy{},
                                      {.epochs = epochs,
                                       .batch_size = batch_size,
                                       .validation_split = 0.1,
                                       .seed = seed,
                                       .metrics = {eg::train::accuracy()},
                                       .callbacks = {&schedule}});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;

  const auto probability = eg::softmax(eg::train::predict(network, test.x, 256), 1);
  const Labels predicted = eg::argmax(probability, 1);
  const auto confidence = eg::max(probability, {1});
  const Labels matrix = eg::train::confusion_matrix(predicted, test.y, 10);
  const double accuracy = eg::train::class_scores(matrix).accuracy;
  print_scores(matrix);
  std::printf("\nvalidation accuracy %.4f, test accuracy %.4f, %.1f s\n",
              history["val_accuracy"].back(), accuracy, seconds.count());

  std::vector<eg::plot::TileRow> rows{{"Surest and right", {}}, {"Surest and wrong", {}}};
  for (const bool right : {true, false}) {
    for (const Index row : surest(confidence, predicted, test.y, right, 4)) {
      rows[right ? 0 : 1].tiles.push_back(
          explained(network, test.x, test.y, predicted, confidence, row));
    }
  }
  eg::write_file("fashion_mnist.svg",
                 eg::plot::picture_grid(
                     rows, {.title = "Fashion-MNIST: what the network sees, and why it says so"}));
  return accuracy >= 0.885 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(file_of(folder, "train", "images-idx3"))) {
    std::fprintf(stderr,
                 "%s does not hold Fashion-MNIST\n"
                 "(Debian, Ubuntu: apt-get install dataset-fashion-mnist)\n",
                 folder.c_str());
    return no_data;
  }
  try {
    return run(folder, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  } catch (const eg::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
