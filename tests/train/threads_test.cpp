// Whole trainings and predictions on several threads at once, for the thread sanitizer.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/data/stream_loader.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/mapped_npy.hpp>

#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

eg::nn::Sequential<float> model_of(std::uint64_t seed) {
  return eg::nn::Sequential<float>({eg::nn::Dense(6, 16), eg::nn::ReLU(), eg::nn::Dropout(0.3),
                                    eg::nn::Dense(16, 1), eg::nn::Sigmoid()},
                                   {.seed = seed});
}

eg::Dataset<float, float> some_data(eg::Index rows) {
  return {eg::normal<float>({rows, 6}, 0.0, 1.0, eg::RandomKey::named(5, "x")),
          eg::cast<float>(eg::bernoulli({rows, 1}, 0.5, eg::RandomKey::named(5, "y")))};
}

/// Calls work(0) and work(1), each on a thread of its own.
template <class Work>
void in_two_threads(const Work& work) {
  std::thread other([&] { work(1); });
  work(0);
  other.join();
}

std::vector<float> parameters_of(const eg::nn::Sequential<float>& model) {
  std::vector<float> all;
  for (const auto& parameter : model.parameters()) {
    const auto values = eg::to_vector<float>(parameter);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

TEST_CASE("threads: two trainings of shared data at once give the bits of one after the other",
          "[train][threads]") {
  const auto data = some_data(90);
  const auto run = [&](std::uint64_t seed) {
    auto model = model_of(seed);
    eg::optim::Adam adam(model.parameters(), {.learning_rate = 0.01});
    train::EarlyStopping<float> early({.patience = 5});
    const auto history = train::fit(model, data, adam, train::BinaryCrossEntropy{},
                                    {.epochs = 3,
                                     .batch_size = 16,
                                     .validation_split = 0.2,
                                     .seed = seed,
                                     .metrics = {train::accuracy()},
                                     .callbacks = {&early},
                                     .verbose = train::Verbosity::silent});
    std::vector<float> result = parameters_of(model);
    result.push_back(static_cast<float>(history.last("val_loss")));
    return result;
  };
  std::vector<float> found[2];
  in_two_threads([&](std::size_t i) { found[i] = run(i); });
  CHECK(found[0] == run(0));
  CHECK(found[1] == run(1));
  CHECK(found[0] != found[1]);
}

TEST_CASE("threads: one model predicts and is evaluated by two threads at once",
          "[train][threads]") {
  const auto data = some_data(50);
  auto model = model_of(3);
  model.eval();
  const auto expected = eg::to_vector(train::predict(model, data.x, 16));
  const auto at_once = eg::to_vector(model(data.x));
  const double loss = train::evaluate(model, data, train::BinaryCrossEntropy{}).loss;
  bool same[2] = {false, false};
  in_two_threads([&](std::size_t i) {
    same[i] = true;
    for (int round = 0; round < 4; ++round) {
      const eg::NoGrad no_grad;
      same[i] = same[i] && eg::to_vector(train::predict(model, data.x, 16)) == expected &&
                eg::to_vector(model(data.x)) == at_once &&
                train::evaluate(model, data, train::BinaryCrossEntropy{}).loss == loss;
    }
  });
  CHECK(same[0]);
  CHECK(same[1]);
}

TEST_CASE("threads: two trainings stream from one mapped file", "[train][threads]") {
  const ScratchFolder folder;
  const auto data = some_data(400);
  eg::save_npy(folder / "x.npy", data.x);
  eg::save_npy(folder / "y.npy", data.y);
  const auto x = eg::map_npy<float>(folder / "x.npy");
  const auto y = eg::map_npy<float>(folder / "y.npy");
  const auto run = [&] {
    auto model = model_of(7);
    eg::optim::Adam adam(model.parameters(), {.learning_rate = 0.01});
    eg::StreamLoader loader(x, y, {.batch_size = 32, .block_rows = 20, .window_blocks = 5});
    for (int epoch = 0; epoch < 2; ++epoch) {
      for (const auto& batch : loader) {
        eg::Tape tape;
        tape.backward(eg::binary_cross_entropy(model(batch.x), batch.y));
        adam.step();
      }
    }
    return parameters_of(model);
  };
  std::vector<float> found[2];
  in_two_threads([&](std::size_t i) { found[i] = run(); });
  CHECK(found[0] == run());
  CHECK(found[1] == found[0]);
}
