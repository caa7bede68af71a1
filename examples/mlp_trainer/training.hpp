#pragma once
// Training one model as the command line says, and tuning when its accuracy is below the target.

#include "data.hpp"
#include "options.hpp"

#include <eigengrad/eigengrad.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trainer {

/// The training and the test part, scaled; y is float for two classes and for numbers.
struct Parts {
  eg::Dataset<float, float> train, test;
  eg::Dataset<float, std::int64_t> train_classes,
      test_classes;  // the same with class indices, for several classes
};

/// The hyperparameters that tuning changes.
struct Hyperparameters {
  double learning_rate;
  std::vector<eg::Index> hidden;
  eg::Index batch_size;
};

/// What came of one training run.
struct Outcome {
  eg::train::TrainedMlp<float> trained;
  eg::train::History history;
};

/// Splits as scikit-learn does and scales by the training part; fills in what the model file needs
/// to know.
[[nodiscard]] inline Parts make_parts(const Table& table, const Options& options,
                                      eg::train::TrainedMlp<float>& trained) {
  const eg::SplitIndices rows = eg::train_test_split_indices(
      table.x.extent(0), {.test_size = options.test_size, .random_state = options.split_seed});
  const auto take = [&](const auto& from, const eg::Tensor<std::int64_t>& which) {
    return eg::take_rows(from, which.values());
  };
  Parts parts;
  const auto train_x = trained.standardizer.fit_transform(take(table.x, rows.train));
  const auto test_x = trained.standardizer.transform(take(table.x, rows.test));
  if (table.task == eg::train::Task::regression) {
    auto train_y = take(table.values, rows.train);
    auto test_y = take(table.values, rows.test);
    const eg::Normalization by = eg::normalization_of(train_y);
    trained.target_mean = by.mean;
    trained.target_scale = by.scale;
    parts.train = {train_x, eg::reshape(eg::normalize(train_y, by), {-1, 1})};
    parts.test = {test_x, eg::reshape(eg::normalize(test_y, by), {-1, 1})};
    return parts;
  }
  const auto train_y = take(table.y, rows.train);
  const auto test_y = take(table.y, rows.test);
  parts.train_classes = {train_x, train_y};
  parts.test_classes = {test_x, test_y};
  if (table.task == eg::train::Task::binary) {
    eg::check_binary_labels(train_y);
    parts.train = {train_x, eg::reshape(eg::cast<float>(train_y), {-1, 1})};
    parts.test = {test_x, eg::reshape(eg::cast<float>(test_y), {-1, 1})};
  }
  return parts;
}

[[nodiscard]] inline std::unique_ptr<eg::optim::Optimizer<float>> make_optimizer(
    const Options& options, double learning_rate, std::vector<eg::Parameter<float>> parameters) {
  namespace optim = eg::optim;
  if (options.optimizer == "sgd") {
    return std::make_unique<optim::SGD<float>>(std::move(parameters),
                                               optim::SGDOptions{.learning_rate = learning_rate});
  }
  if (options.optimizer == "momentum") {
    return std::make_unique<optim::SGD<float>>(
        std::move(parameters),
        optim::SGDOptions{.learning_rate = learning_rate, .momentum = 0.9, .nesterov = true});
  }
  if (options.optimizer == "adamw") {
    return std::make_unique<optim::AdamW<float>>(
        std::move(parameters), optim::AdamWOptions{.learning_rate = learning_rate});
  }
  if (options.optimizer == "rmsprop") {
    return std::make_unique<optim::RMSprop<float>>(
        std::move(parameters), optim::RMSpropOptions{.learning_rate = learning_rate});
  }
  return std::make_unique<optim::Adam<float>>(std::move(parameters),
                                              optim::AdamOptions{.learning_rate = learning_rate});
}

/// Calls use(data.train, data.test, loss) with the loss that the options and the task ask for.
template <class Use>
auto with_loss(const Options& options, eg::train::Task task, const Parts& parts, Use&& use) {
  namespace train = eg::train;
  const bool binary = task == train::Task::binary;
  const std::string automatic = binary ? "bce" : task == train::Task::multiclass ? "ce" : "mse";
  const std::string loss = options.loss == "auto" ? automatic : options.loss;
  if ((loss == "bce") != binary || (loss == "ce") != (task == train::Task::multiclass)) {
    throw eg::ValueError("mlp_trainer",
                         "--loss " + loss + " does not fit the task " +
                             std::string(train::task_name(task)) + ", expected " + automatic +
                             (task == train::Task::regression ? ", mae or huber" : ""));
  }
  if (loss == "ce") {
    return use(parts.train_classes, parts.test_classes, train::CrossEntropy{});
  }
  if (loss == "bce") {
    return use(parts.train, parts.test, train::BinaryCrossEntropy{});
  }
  if (loss == "mae") {
    return use(parts.train, parts.test, train::MeanAbsoluteError{});
  }
  if (loss == "huber") {
    return use(parts.train, parts.test, train::Huber{});
  }
  return use(parts.train, parts.test, train::MeanSquaredError{});
}

[[nodiscard]] inline std::vector<eg::train::Metric> metrics_for(eg::train::Task task) {
  if (task == eg::train::Task::regression) {
    return {eg::train::root_mean_squared_error(), eg::train::r2()};
  }
  return {eg::train::accuracy()};
}

/// Trains `trained.model` afresh with these hyperparameters.
[[nodiscard]] inline eg::train::History train_once(const Options& options,
                                                   const Hyperparameters& hyper, const Parts& parts,
                                                   eg::train::TrainedMlp<float>& trained,
                                                   eg::train::Verbosity verbose) {
  trained.mlp.hidden = hyper.hidden;
  trained.model = eg::train::make_mlp<float>(trained.mlp, options.seed);
  const auto optimizer = make_optimizer(options, hyper.learning_rate, trained.model.parameters());
  return with_loss(
      options, trained.mlp.task, parts,
      [&](const auto& train, const auto& /*test*/, const auto& loss) {
        using Data = std::remove_cvref_t<decltype(train)>;
        using Label = typename decltype(Data::y)::value_type;
        eg::train::FitOptions<float, Label> fit;
        fit.epochs = options.epochs;
        fit.batch_size = hyper.batch_size;
        fit.validation_split = options.validation_split;
        fit.seed = options.seed;
        fit.metrics = metrics_for(trained.mlp.task);
        fit.max_steps = options.max_steps;
        fit.stop_at_loss = options.stop_at_loss;
        fit.verbose = verbose;
        const bool validates = options.validation_split > 0;
        eg::train::EarlyStopping<float> early(
            {.monitor = validates ? "val_loss" : "loss", .patience = options.patience.value_or(0)});
        if (options.patience.has_value()) {
          fit.callbacks.push_back(&early);
        }
        return eg::train::fit(trained.model, train, *optimizer, loss, fit);
      });
}

/// Loss and metrics on the held-out part.
[[nodiscard]] inline eg::train::Evaluation test(const Options& options, const Parts& parts,
                                                eg::train::TrainedMlp<float>& trained) {
  return with_loss(options, trained.mlp.task, parts,
                   [&](const auto& /*train*/, const auto& test, const auto& loss) {
                     return eg::train::evaluate(
                         trained.model, test, loss,
                         {.batch_size = 256, .metrics = metrics_for(trained.mlp.task)});
                   });
}

/// Searches learning rates, widths and batch sizes by validation accuracy and trains the best
/// again.
inline void tune(const Options& options, const Parts& parts,
                 eg::train::TrainedMlp<float>& trained) {
  namespace train = eg::train;
  if (options.validation_split <= 0) {
    throw eg::ValueError("mlp_trainer",
                         "--target-accuracy tunes on validation data: --validation-split is 0");
  }
  const eg::Index width = options.hidden.empty() ? 128 : options.hidden.front();
  const auto hidden = [&](eg::Index first) {
    std::vector<eg::Index> widths =
        options.hidden.empty() ? std::vector<eg::Index>{first} : options.hidden;
    for (eg::Index& w : widths) {
      w = std::max<eg::Index>(1, w * first / width);
    }
    return widths;
  };
  const train::SearchSpace space{
      .learning_rates = {options.learning_rate / 3, options.learning_rate * 3,
                         options.learning_rate * 10},
      .widths = {width, 2 * width},
      .batch_sizes = {std::max<eg::Index>(1, options.batch_size / 2), options.batch_size}};
  const auto score = [&](const train::Trial& trial) {
    const Hyperparameters hyper{trial.learning_rate, hidden(trial.width), trial.batch_size};
    return train_once(options, hyper, parts, trained, train::Verbosity::silent)
        .last("val_accuracy");
  };
  const train::SearchResult result = train::search(
      space, score, {.trials = 8, .seed = options.seed}, [&](const train::Trial& trial) {
        if (!options.quiet) {
          std::printf(
              "trial %lld: learning rate %g, first layer %lld, batch size %lld: validation "
              "accuracy %.4f\n",
              static_cast<long long>(trial.number), trial.learning_rate,
              static_cast<long long>(trial.width), static_cast<long long>(trial.batch_size),
              trial.score);
        }
      });
  const train::Trial& best = result.best();
  if (!options.quiet) {
    std::printf("best is trial %lld; training it again\n", static_cast<long long>(best.number));
  }
  const Hyperparameters hyper{best.learning_rate, hidden(best.width), best.batch_size};
  static_cast<void>(train_once(options, hyper, parts, trained, train::Verbosity::silent));
}

}  // namespace trainer
