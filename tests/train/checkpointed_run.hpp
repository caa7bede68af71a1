#pragma once
// A small training with everything in it that a checkpoint must keep, and all that it leaves
// behind, to be compared bit for bit.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/train/checkpoint.hpp>
#include <eigengrad/train/fit_stream.hpp>

#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace checkpointed {

namespace eg = eigengrad;
namespace train = eigengrad::train;
namespace optim = eigengrad::optim;

/// All numbers that a training leaves behind; doubles and floats as their bytes.
struct Result {
  std::string bytes;
  std::string stop_reason;
  eg::Index steps = 0;
  [[nodiscard]] friend bool operator==(const Result&, const Result&) = default;

  template <class V>
  void add(const V* values, std::size_t count) {
    bytes.append(reinterpret_cast<const char*>(values), count * sizeof(V));
  }
};

/// What a process that is killed in the midst of a training leaves: the files.
struct Killed : std::runtime_error {
  Killed() : std::runtime_error("killed") {}
};

/// Kills the training after so many steps, counted over all its processes.
class Killer final : public train::Callback<float> {
 public:
  explicit Killer(eg::Index after) : after_(after) {}
  void on_batch_end(train::TrainingState<float>& state) override {
    if (state.step == after_) {
      throw Killed();
    }
  }

 private:
  eg::Index after_;
};

inline std::unique_ptr<optim::Optimizer<float>> make_optimizer(
    const std::string& name, std::vector<eg::Parameter<float>> parameters) {
  using optim::Convention;
  if (name == "SGD") {
    return std::make_unique<optim::SGD<float>>(std::move(parameters), optim::SGDOptions{0.05});
  }
  if (name == "SGD, momentum") {
    return std::make_unique<optim::SGD<float>>(
        std::move(parameters), optim::SGDOptions{0.05, 0.9, true, 1e-3, Convention::pytorch});
  }
  if (name == "AdamW") {
    return std::make_unique<optim::AdamW<float>>(std::move(parameters));
  }
  if (name == "RMSprop") {
    return std::make_unique<optim::RMSprop<float>>(std::move(parameters),
                                                   optim::RMSpropOptions{.momentum = 0.5});
  }
  if (name == "Adagrad") {
    return std::make_unique<optim::Adagrad<float>>(
        std::move(parameters), optim::AdagradOptions{.learning_rate_decay = 0.01});
  }
  if (name == "Nadam") {
    return std::make_unique<optim::Nadam<float>>(std::move(parameters));
  }
  if (name == "Lion") {
    return std::make_unique<optim::Lion<float>>(std::move(parameters));
  }
  return std::make_unique<optim::Adam<float>>(std::move(parameters));
}

/// One process of a training. 600 rows of 32 features in batches of 256: three steps an epoch, wide
/// enough for two threads.
struct Process {
  std::string optimizer = "Adam";
  std::optional<eg::StreamOptions> stream = {};  // the data comes from a loader of these
  eg::Index epochs = 5;
  int threads = 1;
  eg::Index batch_size = 256;
  eg::Index width = 64;
  bool validates = true;
  std::vector<train::Callback<float>*> callbacks = {};
  std::string folder = {};  // empty: no checkpoints
  train::CheckpointOptions options = {};
  eg::Index kill_after = -1;

  /// Trains to the end; throws Killed if it doesn't come to it.
  [[nodiscard]] Result run() const {
    eg::set_num_threads(threads);
    eg::nn::Sequential<float> model(
        {eg::nn::Dense(32, width), eg::nn::ReLU(), eg::nn::Dropout(0.3), eg::nn::Dense(width, 1),
         eg::nn::Dropout(0.1), eg::nn::Sigmoid()},
        {.seed = 7});
    const auto adam = make_optimizer(optimizer, model.parameters());
    const eg::Dataset<float, float> data{
        eg::normal<float>({600, 32}, 0.0, 1.0, eg::RandomKey::named(1, "x")),
        eg::cast<float>(eg::bernoulli({600, 1}, 0.5, eg::RandomKey::named(1, "y")))};
    train::FitOptions<float, float> fit;
    fit.epochs = epochs;
    fit.batch_size = batch_size;
    fit.validation_split = validates && !stream ? 0.1 : 0.0;
    if (validates && stream) {
      fit.validation = data;
    }
    fit.metrics = {train::accuracy()};
    fit.verbose = train::Verbosity::silent;
    Killer killer(kill_after);
    train::Checkpoint<float> checkpoint(model, folder.empty() ? "unused" : folder, options);
    if (!folder.empty()) {
      fit.callbacks.push_back(&checkpoint);  // the first, so that its place can't matter
    } else {
      fit.callbacks.push_back(&killer);
    }
    for (train::Callback<float>* const callback : callbacks) {
      fit.callbacks.push_back(callback);
    }
    fit.callbacks.push_back(&killer);
    const train::BinaryCrossEntropy loss;
    const train::History history =
        stream ? train::fit(model, eg::StreamLoader(data, *stream), *adam, loss, fit)
               : train::fit(model, data, *adam, loss, fit);
    eg::set_num_threads(1);
    Result result;
    for (const eg::Parameter<float>& parameter : model.parameters()) {
      result.add(parameter.data(), static_cast<std::size_t>(parameter.size()));
    }
    for (const optim::NamedState<float>& state : adam->state()) {
      result.add(state.value.data(), static_cast<std::size_t>(state.value.size()));
    }
    for (const train::Series& series : history.series()) {
      result.bytes += series.name;
      result.add(series.values.data(), series.values.size());
    }
    const double rate = adam->learning_rate();
    result.add(&rate, 1);
    result.stop_reason = history.stop_reason();
    result.steps = history.steps();
    return result;
  }

  /// run(), for a process that is expected to be killed: whether it was.
  [[nodiscard]] bool dies() const {
    try {
      static_cast<void>(run());
    } catch (const Killed&) {
      eg::set_num_threads(1);
      return true;
    }
    return false;
  }
};

}  // namespace checkpointed
