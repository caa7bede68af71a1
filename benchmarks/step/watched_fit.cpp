// Epochs of fit() on network b with as many rows as MNIST has, alone or watched: what the progress
// bar and TensorBoard add. History is kept in both.

#include "../../tests/support/redirected_output.hpp"
#include "contestant.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/train/tensorboard.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace eg = eigengrad;

namespace step_bench {
namespace {

class WatchedFit final : public Contestant {
 public:
  WatchedFit(std::string folder, bool watched)
      : folder_(std::move(folder)),
        watched_(watched),
        model_(eg::train::make_mlp<float>({.features = 784,
                                           .hidden = {512, 256},
                                           .outputs = 10,
                                           .task = eg::train::Task::multiclass},
                                          42)),
        adam_(model_.parameters(), {.learning_rate = AdamConstants::learning_rate}),
        data_{eg::normal<float>({rows, 784}, 0.0, 1.0, eg::RandomKey::named(1, "x")),
              eg::zeros<std::int64_t>({rows})} {
    for (Index row = 0; row < rows; ++row) {
      data_.y.set({row}, row * 7 % 10);
    }
  }

  float run(Index repeats) override {
    const RedirectedOutput nowhere("/dev/null");  // it belongs to the protocol
    eg::train::FitOptions<float, std::int64_t> options;
    options.epochs = repeats;
    options.batch_size = 128;
    options.verbose = watched_ ? eg::train::Verbosity::bar : eg::train::Verbosity::silent;
    eg::train::TensorBoard<float> board(folder_ + "/runs", {.update_every = 1});
    if (watched_) {
      options.callbacks = {&board};
    }
    const auto history = eg::train::fit(model_, data_, adam_, eg::train::CrossEntropy{}, options);
    return static_cast<float>(history.last("loss"));
  }

 private:
  static constexpr Index rows = 60000;

  std::string folder_;
  bool watched_;
  eg::nn::Sequential<float> model_;
  eg::optim::Adam<float> adam_;
  eg::Dataset<float, std::int64_t> data_;
};

}  // namespace

std::unique_ptr<Contestant> make_watched_fit(const std::string& folder, bool watched, int threads) {
  eg::set_num_threads(threads);
  return std::make_unique<WatchedFit>(folder, watched);
}

}  // namespace step_bench
