// Two moons: a small network learns to tell them apart, and its decision boundary moves over the
// epochs in one picture, two_moons.svg.

#include <eigengrad/data/moons.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/plot/animation.hpp>
#include <eigengrad/plot/decision_boundary.hpp>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace eg = eigengrad;
using Network = eg::nn::Sequential<float>;

namespace {

constexpr eg::plot::Plane plane{-1.6, 2.6, -1.2, 1.7};
constexpr eg::Index rows = 30;
constexpr eg::Index columns = 43;

std::array<eg::plot::PointGroup, 2> groups_of(const eg::Tensor<float>& x,
                                              const eg::Tensor<float>& y) {
  std::array<eg::plot::PointGroup, 2> groups{{{"upper moon"}, {"lower moon"}}};
  for (eg::Index i = 0; i < x.extent(0); ++i) {
    eg::plot::PointGroup& group = groups[y.at(i, 0) > 0.5F ? 1 : 0];
    group.x.push_back(static_cast<double>(x.at(i, 0)));
    group.y.push_back(static_cast<double>(x.at(i, 1)));
  }
  return groups;
}

/// Draws the network after some epochs: each at first, later fewer and fewer.
class Film final : public eg::train::Callback<float> {
 public:
  Film(Network& network, const eg::Dataset<float, float>& data)
      : network_(network),
        places_(eg::plot::plane_grid<float>(plane, rows, columns)),
        groups_(groups_of(data.x, data.y)) {}

  void on_epoch_end(eg::train::TrainingState<float>& state) override {
    if (state.epoch >= next_) {
      draw(state.epoch, state.history()["loss"].back());
      next_ = state.epoch + 1 + state.epoch / 5;
    }
  }

  void draw(eg::Index epoch, double loss) {
    char note[64];
    std::snprintf(note, sizeof note, "epoch %d, loss %.3f", static_cast<int>(epoch), loss);
    const auto probability =
        eg::sigmoid(eg::cast<double>(eg::train::predict(network_, places_, 2048)));
    frames_.push_back(
        eg::plot::decision_boundary(eg::reshape(probability, {rows, columns}), plane, groups_,
                                    {.title = "A network learns two moons", .note = note}));
  }

  [[nodiscard]] const std::vector<std::string>& frames() const { return frames_; }

 private:
  Network& network_;
  eg::Tensor<float> places_;
  std::array<eg::plot::PointGroup, 2> groups_;
  std::vector<std::string> frames_;
  eg::Index next_ = 1;
};

}  // namespace

int main() {
  const auto moons =
      eg::datasets::make_moons<float>({.n_samples = 400, .noise = 0.15, .random_state = 42});
  const auto split = eg::train_test_split(moons.x, moons.y, {.test_size = 0.5, .random_state = 42});
  const eg::Dataset train{split.x_train, eg::reshape(eg::cast<float>(split.y_train), {-1, 1})};
  const eg::Dataset test{split.x_test, eg::reshape(eg::cast<float>(split.y_test), {-1, 1})};

  Network network({eg::nn::Dense(2, 16), eg::nn::Tanh(), eg::nn::Dense(16, 16), eg::nn::Tanh(),
                   eg::nn::Dense(16, 1)},
                  {.seed = 42});
  eg::optim::Adam adam(network.parameters(), {.learning_rate = 5e-3});
  const eg::train::BinaryCrossEntropyWithLogits loss;

  Film film(network, train);
  film.draw(0, eg::train::evaluate(network, train, loss).loss);
  static_cast<void>(eg::train::fit(network, train, adam, loss,
                                   {.epochs = 100,
                                    .batch_size = 32,
                                    .callbacks = {&film},
                                    .verbose = eg::train::Verbosity::silent}));

  const std::string picture = eg::plot::animation(film.frames(), {.seconds_per_frame = 0.3});
  eg::write_file("two_moons.svg", picture);
  const auto result =
      eg::train::evaluate(network, test, loss, {.metrics = {eg::train::accuracy(0.0)}});
  std::printf("test accuracy %.3f; two_moons.svg: %zu frames, %zu KB\n", result["accuracy"],
              film.frames().size(), picture.size() / 1024);
  return result["accuracy"] >= 0.97 && picture.size() < 150 * 1024 ? 0 : 1;
}
