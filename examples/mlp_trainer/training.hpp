#pragma once
// Training one model as the command line says, and tuning when its accuracy is below the target.

#include "checkpoints.hpp"
#include "data.hpp"
#include "options.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/train/tensorboard.hpp>
#include <eigengrad/train/weight_histograms.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
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

/// What came of one training run besides the model.
struct Run {
  eg::train::History history;
  std::vector<eg::train::ParameterHistograms> histograms;  // if there is to be a report
  double learning_rate = 0;
  eg::Index batch_size = 0;
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

/// The losses against float targets, chosen by name: one type, so that fit() is compiled once for
/// them.
struct NamedLoss {
  std::string name;
  [[nodiscard]] eg::Tensor<float> operator()(const eg::Tensor<float>& prediction,
                                             const eg::Tensor<float>& y) const {
    return name == "bce"     ? eg::binary_cross_entropy(prediction, y)
           : name == "mae"   ? eg::mean_absolute_error(prediction, y)
           : name == "huber" ? eg::huber(prediction, y)
                             : eg::mean_squared_error(prediction, y);
  }
};

/// Calls use(train, test, loss) with the data and the loss that the options and the task ask for.
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
  return use(parts.train, parts.test, NamedLoss{loss});
}

[[nodiscard]] inline std::vector<eg::train::Metric> metrics_for(eg::train::Task task) {
  if (task == eg::train::Task::regression) {
    return {eg::train::root_mean_squared_error(), eg::train::r2()};
  }
  return {eg::train::accuracy()};
}

/// Trains `trained.model` afresh with these hyperparameters.
[[nodiscard]] inline Run train_once(const Options& options, const Hyperparameters& hyper,
                                    const Parts& parts, eg::train::TrainedMlp<float>& trained,
                                    eg::train::Interrupt<float>& interrupt,
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
        fit.callbacks.push_back(&interrupt);
        const auto checkpoint = make_checkpoint(options, trained.model);
        if (checkpoint != nullptr) {
          fit.callbacks.push_back(checkpoint.get());
        }
        std::optional<eg::train::TensorBoard<float>> board;
        if (!options.tensorboard.empty()) {
          board.emplace(options.tensorboard,
                        eg::train::TensorBoardOptions{
                            .hyperparameters = {{"learning_rate", hyper.learning_rate},
                                                {"batch_size", hyper.batch_size},
                                                {"optimizer", options.optimizer},
                                                {"activation", options.activation}}});
          fit.callbacks.push_back(&*board);
        }
        eg::train::WeightHistograms<float> histograms(trained.model.parameters());
        if (!options.report.empty()) {
          fit.callbacks.push_back(&histograms);
        }
        eg::train::History history = eg::train::fit(trained.model, train, *optimizer, loss, fit);
        return Run{std::move(history), histograms.parameters(), hyper.learning_rate,
                   hyper.batch_size};
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

/// How good a run was on its validation data: the accuracy, and among equal ones the lower loss.
[[nodiscard]] inline double validation_score(const eg::train::History& history) {
  return history.last("val_accuracy") - 1e-6 * std::fmin(history.last("val_loss"), 1e3);
}

/// The hyperparameters around those of the command line.
[[nodiscard]] inline eg::train::SearchSpace search_space(const Options& options) {
  const eg::Index width = options.hidden.empty() ? 128 : options.hidden.front();
  return {.learning_rates = {options.learning_rate / 3, options.learning_rate * 3,
                             options.learning_rate * 10},
          .widths = {width, 2 * width},
          .batch_sizes = {std::max<eg::Index>(1, options.batch_size / 2), options.batch_size}};
}

/// The hidden widths of the command line, scaled so that the first one is `first`.
[[nodiscard]] inline std::vector<eg::Index> scaled_widths(const Options& options, eg::Index first) {
  if (options.hidden.empty()) {
    return {first};
  }
  std::vector<eg::Index> widths = options.hidden;
  for (eg::Index& width : widths) {
    width = std::max<eg::Index>(1, width * first / options.hidden.front());
  }
  return widths;
}

/// Tries other learning rates, widths and batch sizes and leaves the model that is best on the
/// validation data with its run: one of the trials, or the one that was there.
inline void tune(const Options& base, const Parts& parts, eg::train::TrainedMlp<float>& trained,
                 eg::train::Interrupt<float>& interrupt, Run& best_run) {
  namespace train = eg::train;
  Options options = base;
  options.checkpoint.clear();  // those are of the first training
  options.tensorboard.clear();
  eg::train::Mlp best_mlp = trained.mlp;
  eg::nn::Sequential<float> best_model = trained.model.clone();
  double best_score = validation_score(best_run.history);
  eg::Index best_trial = 0;
  const auto score = [&](const train::Trial& trial) {
    if (interrupt.requested()) {
      return std::nan("");  // no candidate
    }
    const Hyperparameters hyper{trial.learning_rate, scaled_widths(options, trial.width),
                                trial.batch_size};
    Run run = train_once(options, hyper, parts, trained, interrupt, train::Verbosity::silent);
    const train::History history = run.history;
    const double value = validation_score(history);
    if (value > best_score) {
      best_score = value;
      best_trial = trial.number;
      best_mlp = trained.mlp;
      best_model = std::move(trained.model);
      best_run = std::move(run);
    }
    if (!options.quiet) {
      std::printf(
          "trial %lld: learning rate %.3g, first layer %lld, batch size %lld: validation accuracy "
          "%.4f, loss %.4f\n",
          static_cast<long long>(trial.number), trial.learning_rate,
          static_cast<long long>(trial.width), static_cast<long long>(trial.batch_size),
          history.last("val_accuracy"), history.last("val_loss"));
    }
    return value;
  };
  static_cast<void>(
      train::search(search_space(options), score, {.trials = 8, .seed = options.seed}));
  trained.mlp = best_mlp;
  trained.model = std::move(best_model);
  if (!options.quiet && best_trial == 0) {
    std::printf("none was better on the validation data; the first model stays\n");
  } else if (!options.quiet) {
    std::printf("the model of trial %lld is the best on the validation data\n",
                static_cast<long long>(best_trial));
  }
}

}  // namespace trainer
