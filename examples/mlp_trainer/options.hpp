#pragma once
// The command line of the MLP trainer.

#include <eigengrad/build_info.hpp>
#include <eigengrad/eigengrad.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace trainer {

/// What the command line says. The defaults are the classic Keras workflow.
struct Options {
  std::string data;  // empty: the embedded Breast Cancer Wisconsin data
  std::string task = "auto";
  double test_size = 0.2;
  eigengrad::Index split_seed = 42;
  std::string missing = "refuse";
  bool describe = false;

  std::vector<eigengrad::Index> hidden = {128, 64};
  std::string activation = "relu";

  std::string optimizer = "adam";
  double learning_rate = 0.001;
  std::string loss = "auto";
  eigengrad::Index epochs = 10;
  eigengrad::Index batch_size = 32;
  double validation_split = 0.1;
  std::uint64_t seed = 42;
  int threads = 0;  // 0: as many as OpenMP offers
  std::optional<eigengrad::Index> max_steps;
  std::optional<double> stop_at_loss;
  std::optional<eigengrad::Index> patience;
  std::optional<double> target_accuracy;
  bool quiet = false;

  std::string checkpoint;
  eigengrad::Index every = 1;
  eigengrad::Index keep = 3;
  bool resume = false;

  std::string save;
  std::string load;
  std::string predict;
  std::string report;
  std::string pictures;
  bool explain = false;
  std::string tensorboard;
};

/// Describes the flags to `app`, which writes what it reads into `options`.
inline void describe(CLI::App& app, Options& options) {
  app.set_help_flag("-h,--help", "show this help and exit");
  app.set_version_flag("--version", "mlp_trainer " EIGENGRAD_VERSION_STRING "\n" +
                                        eigengrad::to_string(eigengrad::build_info()));
  app.get_formatter()->column_width(34);
  app.footer(
      "Without arguments it trains on the embedded Breast Cancer Wisconsin data and prints the\n"
      "loss and accuracy on the held-out fifth.\n\n"
      "  mlp_trainer --data measurements.csv --epochs 30 --save model\n"
      "  mlp_trainer --load model --predict new_measurements.csv");

  const std::string data = "Data";
  app.add_option(
         "--data", options.data,
         "FILE.npy or FILE.csv; the last column is the label, columns of text are categories")
      ->group(data);
  app.add_option("--task", options.task,
                 "what the label is: auto (a class), binary, multiclass, regression")
      ->check(CLI::IsMember({"auto", "binary", "multiclass", "regression"}))
      ->capture_default_str()
      ->group(data);
  app.add_option("--test-size", options.test_size, "held-out part: a fraction of the rows")
      ->capture_default_str()
      ->group(data);
  app.add_option("--split-seed", options.split_seed,
                 "seed of the train/test split (scikit-learn's random_state)")
      ->capture_default_str()
      ->group(data);
  app.add_option(
         "--missing", options.missing,
         "missing values of a CSV: refuse, drop the rows, or fill with the whole column's mean,\n"
         "median or most frequent value (text: most frequent)")
      ->check(CLI::IsMember({"refuse", "drop", "mean", "median", "most-frequent"}))
      ->capture_default_str()
      ->group(data);
  app.add_flag("--describe", options.describe,
               "print what the data holds and what is suspicious in it, and train nothing")
      ->group(data);

  const std::string model = "Model";
  app.add_option("--hidden", options.hidden, "widths of the hidden layers, separated by commas")
      ->delimiter(',')
      ->capture_default_str()
      ->group(model);
  std::vector<std::string> activations(std::begin(eigengrad::train::mlp_activations),
                                       std::end(eigengrad::train::mlp_activations));
  app.add_option("--activation", options.activation, "between the layers")
      ->check(CLI::IsMember(activations))
      ->capture_default_str()
      ->group(model);

  const std::string training = "Training";
  app.add_option("--optimizer", options.optimizer, "how steps are made")
      ->check(CLI::IsMember({"sgd", "momentum", "adam", "adamw", "rmsprop"}))
      ->capture_default_str()
      ->group(training);
  app.add_option("--learning-rate", options.learning_rate, "size of the steps")
      ->capture_default_str()
      ->group(training);
  app.add_option("--loss", options.loss, "auto: bce for two classes, ce for more, mse for numbers")
      ->check(CLI::IsMember({"auto", "bce", "ce", "mse", "mae", "huber"}))
      ->capture_default_str()
      ->group(training);
  app.add_option("--epochs", options.epochs, "passes over the training part")
      ->capture_default_str()
      ->group(training);
  app.add_option("--batch-size", options.batch_size, "rows a step")
      ->capture_default_str()
      ->group(training);
  app.add_option("--validation-split", options.validation_split,
                 "last fraction of the training part, not trained on")
      ->capture_default_str()
      ->group(training);
  app.add_option("--seed", options.seed, "seed of weights and batches")
      ->capture_default_str()
      ->group(training);
  app.add_option("--threads", options.threads,
                 "threads of large products; results do not depend on it")
      ->group(training);
  app.add_option("--max-steps", options.max_steps, "stop after this many steps")->group(training);
  app.add_option("--stop-at-loss", options.stop_at_loss,
                 "stop when an epoch's training loss is at most this")
      ->group(training);
  app.add_option(
         "--patience", options.patience,
         "stop after this many epochs without a better validation loss, and keep the best weights")
      ->group(training);
  app.add_option("--target-accuracy", options.target_accuracy,
                 "tune and train again while the test accuracy is below this")
      ->group(training);
  app.add_flag("--quiet", options.quiet, "print the last line only")->group(training);

  const std::string checkpoints = "Checkpoints";
  app.add_option("--checkpoint", options.checkpoint,
                 "save the training itself to this folder while it goes on")
      ->group(checkpoints);
  app.add_option("--every", options.every, "epochs between two checkpoints")
      ->capture_default_str()
      ->group(checkpoints);
  app.add_option("--keep", options.keep, "the last ones that stay")
      ->capture_default_str()
      ->group(checkpoints);
  app.add_flag("--resume", options.resume,
               "go on from the newest one, exactly; begin afresh when there is none")
      ->group(checkpoints);

  const std::string files = "Saved models";
  app.add_option("--save", options.save,
                 "write all that prediction needs to this folder, or file *.safetensors")
      ->group(files);
  app.add_option("--report", options.report,
                 "write a page FILE.html with curves, errors, weights and data")
      ->group(files);
  app.add_option("--pictures", options.pictures,
                 "write the report's pictures to this folder as SVG")
      ->group(files);
  app.add_flag("--explain", options.explain,
               "add to the report which features matter, and why the best and worst predictions")
      ->group(files);
  app.add_option("--tensorboard", options.tensorboard,
                 "write the training's curves and histograms to this folder, for TensorBoard")
      ->group(files);
  app.add_option("--load", options.load, "folder or file of a saved model")->group(files);
  app.add_option("--predict", options.predict,
                 "FILE.csv or FILE.npy without labels; prints one prediction a row")
      ->group(files);
}

}  // namespace trainer
