// What fit promises of every warm step: no heap call, and the same bits at any number of threads.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"
#include "train/heap_watch.hpp"
#include "train/printed.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/testing/heap_counter.hpp>
#include <eigengrad/train/tensorboard.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <unistd.h>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

using train_tests::HeapWatch;

namespace {

struct Threads {
  explicit Threads(int n) { eg::set_num_threads(n); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  ~Threads() { eg::set_num_threads(1); }
};

eg::nn::Sequential<float> binary_model() {
  return eg::nn::Sequential<float>({eg::nn::Dense(30, 128), eg::nn::ReLU(), eg::nn::Dense(128, 64),
                                    eg::nn::ReLU(), eg::nn::Dense(64, 1), eg::nn::Sigmoid()},
                                   {.seed = 42});
}
eg::nn::Sequential<float> image_model() {
  return eg::nn::Sequential<float>(
      {eg::nn::Dense(784, 512), eg::nn::ReLU(), eg::nn::Dropout(0.2), eg::nn::Dense(512, 10)},
      {.seed = 42});
}

eg::Dataset<float, float> binary_data(eg::Index rows) {
  return {eg::normal<float>({rows, 30}, 0.0, 1.0, eg::RandomKey::named(1, "x")),
          eg::cast<float>(eg::bernoulli({rows, 1}, 0.5, eg::RandomKey::named(1, "y")))};
}
eg::Dataset<float, std::int64_t> image_data(eg::Index rows) {
  auto y = eg::zeros<std::int64_t>({rows});
  for (eg::Index i = 0; i < rows; ++i) {
    y.set({i}, i * 7 % 10);
  }
  return {eg::normal<float>({rows, 784}, 0.0, 1.0, eg::RandomKey::named(2, "x")), y};
}

/// Trains and gives all parameters' elements.
template <class Y, class Loss>
std::vector<float> weights_after(eg::nn::Sequential<float> model, const eg::Dataset<float, Y>& data,
                                 const Loss& loss, eg::Index batch_size, eg::Index epochs,
                                 train::Callback<float>* callback) {
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  train::FitOptions<float, Y> options;
  options.epochs = epochs;
  options.batch_size = batch_size;
  options.metrics = {train::accuracy()};
  options.verbose = train::Verbosity::silent;
  if (callback != nullptr) {
    options.callbacks = {callback};
  }
  static_cast<void>(train::fit(model, data, adam, loss, options));
  std::vector<float> weights;
  for (const auto& parameter : model.parameters()) {
    const auto values = eg::to_vector<float>(parameter);
    weights.insert(weights.end(), values.begin(), values.end());
  }
  return weights;
}

}  // namespace

TEST_CASE("fit: a warm step of 30-128-64-1 makes no heap call", "[train][heap]") {
  HeapWatch watch;
  static_cast<void>(
      weights_after(binary_model(), binary_data(100), train::BinaryCrossEntropy{}, 32, 4, &watch));
  CHECK(watch.steps == 12);
  CHECK(watch.calls == 0);
}

TEST_CASE("fit: a warm step of 784-512-10 makes no heap call", "[train][heap]") {
  HeapWatch watch;
  static_cast<void>(
      weights_after(image_model(), image_data(300), train::CrossEntropy{}, 128, 3, &watch));
  CHECK(watch.steps == 6);
  CHECK(watch.calls == 0);
}

TEST_CASE("fit: a warm step that is watched makes no heap call", "[train][heap]") {
  // The bar is drawn at most ten times a second: one step of every epoch waits for it.
  struct Waits final : train::Callback<float> {
    void on_batch_end(train::TrainingState<float>& state) override {
      if (state.step_in_epoch == 1) {
        ::usleep(110000);
      }
    }
  } waits;
  const ScratchFolder folder;
  train::TensorBoard<float> board(folder / "run", {.update_every = 1});
  HeapWatch watch;
  eg::nn::Sequential<float> model({eg::nn::Dense(784, 512), eg::nn::ReLU(), eg::nn::Dense(512, 256),
                                   eg::nn::ReLU(), eg::nn::Dense(256, 10)},
                                  {.seed = 42});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  train::FitOptions<float, std::int64_t> options;
  options.epochs = 3;
  options.batch_size = 128;
  options.validation_split = 0.1;
  options.metrics = {train::accuracy()};
  options.verbose = train::Verbosity::bar;
  options.callbacks = {&waits, &board, &watch};
  const auto data = image_data(400);
  const std::string shown = train_tests::printed_by([&] {
    const auto history = train::fit(model, data, adam, train::CrossEntropy{}, options);
    CHECK(history["val_accuracy"].size() == 3);
  });
  CHECK(std::count(shown.begin(), shown.end(), '\r') >= 6);  // within each epoch and at its end
  CHECK(watch.steps == 6);
  CHECK(watch.calls == 0);
}

TEST_CASE("fit: 1, 2 and 4 threads give the same bits", "[train][determinism]") {
  const auto run = [](int threads) {
    const Threads use(threads);
    auto weights = weights_after(binary_model(), binary_data(100), train::BinaryCrossEntropy{}, 32,
                                 2, nullptr);
    const auto more =
        weights_after(image_model(), image_data(256), train::CrossEntropy{}, 128, 2, nullptr);
    weights.insert(weights.end(), more.begin(), more.end());
    return weights;
  };
  const auto one = run(1);
  CHECK(run(2) == one);
  CHECK(run(4) == one);
}
