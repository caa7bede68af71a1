// The MLP trainer: the classic Keras workflow as a C++ program. Loads a table, splits and
// standardises it, trains a multilayer perceptron, tests it, tunes it when asked to, saves it and
// predicts with it. See --help.

#include "mlp_trainer/data.hpp"
#include "mlp_trainer/interrupted.hpp"
#include "mlp_trainer/model_files.hpp"
#include "mlp_trainer/options.hpp"
#include "mlp_trainer/quality.hpp"
#include "mlp_trainer/report.hpp"
#include "mlp_trainer/training.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/csv_table.hpp>
#include <eigengrad/train/table_text.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace trainer {

/// Reads features without labels: .npy (rows, features) or .csv, as the training data was read.
[[nodiscard]] eg::Tensor<float> read_features(const Options& options,
                                              const eg::train::TrainedMlp<float>& trained) {
  if (ends_with(options.predict, ".npy")) {
    return eg::load_npy<float>(options.predict);
  }
  if (!trained.table.empty()) {
    return eg::load_csv_table<float>(options.predict,
                                     eg::train::table_schema(trained, options.load))
        .x;
  }
  return eg::load_csv<float>(options.predict);
}

/// --load DIR --predict FILE: one line a row, the class (with its probability) or the number.
void predict_file(const Options& options) {
  auto trained = load_model(options.load);
  const eg::Tensor<float> x = read_features(options, trained);
  eg::check_finite(x, trained.feature_names);
  if (x.rank() != 2 || x.extent(1) != trained.mlp.features) {
    throw eg::FileError("mlp_trainer", options.predict,
                        "shape is " + eg::to_string(x.shape()) + ", the model expects (rows, " +
                            std::to_string(trained.mlp.features) + ")");
  }
  const auto y = trained.predict(x);
  if (trained.mlp.task == eg::train::Task::regression) {
    for (const float value : y.values()) {
      std::printf("%.9g\n", static_cast<double>(value));
    }
    return;
  }
  const auto classes = trained.predict_classes(x);
  const auto scores = trained.mlp.task == eg::train::Task::binary ? y : eg::softmax(y);
  for (eg::Index i = 0; i < x.extent(0); ++i) {
    const auto which = static_cast<std::size_t>(classes.at(i));
    const double first =
        static_cast<double>(scores.at(i, scores.extent(1) == 1 ? 0 : classes.at(i)));
    const double probability = scores.extent(1) == 1 && which == 0 ? 1.0 - first : first;
    std::printf("%s %.4f\n", trained.class_names[which].c_str(), probability);
  }
}

void print_test(const eg::train::Evaluation& result, const eg::train::TrainedMlp<float>& trained) {
  std::printf("test: loss %.4f", result.loss);
  for (const auto& [name, value] : result.metrics) {
    // Errors in the unit of the target.
    std::printf(" %s %.4f", name.c_str(), name == "rmse" ? value * trained.target_scale : value);
  }
  std::printf("\n");
}

/// False if Ctrl-C ended it before its time.
[[nodiscard]] bool train_and_test(const Options& options) {
  const Table table = read_table(options);
  if (options.describe) {
    print_description(table);
    return true;
  }
  eg::train::TrainedMlp<float> trained{
      {}, eg::train::make_mlp<float>({.features = 1, .hidden = {}}, 0), {}, {}, {}};
  trained.mlp.task = table.task;
  trained.mlp.features = table.x.extent(1);
  trained.mlp.outputs = table.task == eg::train::Task::multiclass
                            ? static_cast<eg::Index>(table.class_names.size())
                            : 1;
  trained.mlp.activation = options.activation;
  trained.feature_names = table.feature_names;
  trained.class_names = table.class_names;
  if (table.schema.has_value()) {
    eg::train::keep_table(trained, *table.schema);
  }
  const Parts parts = make_parts(table, options, trained);
  warn(table, parts);

  const Hyperparameters hyper{options.learning_rate, options.hidden, options.batch_size};
  const auto verbose =
      options.quiet ? eg::train::Verbosity::silent : eg::train::Verbosity::automatic;
  eg::train::Interrupt<float> interrupt;
  Run run = train_once(options, hyper, parts, trained, interrupt, verbose);
  if (interrupt.requested()) {
    return false;
  }
  eg::train::Evaluation result = test(options, parts, trained);
  if (options.target_accuracy.has_value() && result["accuracy"] < *options.target_accuracy) {
    std::printf("test accuracy %.4f is below the target %g: tuning\n", result["accuracy"],
                *options.target_accuracy);
    tune(options, parts, trained, interrupt, run);
    if (interrupt.requested()) {
      return false;
    }
    result = test(options, parts, trained);
    if (result["accuracy"] < *options.target_accuracy) {
      std::printf("the target %g was not reached\n", *options.target_accuracy);
    }
  }
  if (!options.save.empty()) {
    save_model(options.save, trained);
  }
  if (!options.report.empty()) {
    write_report(options, table, parts, trained, run, result);
  }
  print_test(result, trained);
  return true;
}

/// Refuses what no single flag can see. Throws: ValueError
void check(const Options& options) {
  if (options.load.empty() != options.predict.empty()) {
    throw eg::ValueError("mlp_trainer", "--load and --predict go together");
  }
  if (options.describe && !options.load.empty()) {
    throw eg::ValueError("mlp_trainer", "--describe is about --data, not about a saved model");
  }
  if (options.target_accuracy.has_value() && options.task == "regression") {
    throw eg::ValueError("mlp_trainer", "--target-accuracy needs classes, --task is regression");
  }
  if (options.target_accuracy.has_value() && !(options.validation_split > 0)) {
    throw eg::ValueError("mlp_trainer",
                         "--target-accuracy tunes on validation data, --validation-split is 0");
  }
  if (options.missing != "refuse" && !ends_with(options.data, ".csv")) {
    throw eg::ValueError("mlp_trainer", "--missing is about a CSV file: --data FILE.csv");
  }
  if (options.resume && options.checkpoint.empty()) {
    throw eg::ValueError("mlp_trainer", "--resume needs the folder: --checkpoint");
  }
  if (!options.report.empty() && (!options.load.empty() || options.describe)) {
    throw eg::ValueError("mlp_trainer", "--report is about a training; this one trains nothing");
  }
  if (options.explain && options.report.empty()) {
    throw eg::ValueError("mlp_trainer", "--explain needs the page: --report");
  }
  if (!options.pictures.empty() && options.report.empty()) {
    throw eg::ValueError("mlp_trainer", "--pictures are those of the page: --report");
  }
  check_model_path(options.save);
  check_model_path(options.load);
  if (options.threads < 0) {
    throw eg::ValueError("mlp_trainer",
                         "--threads is negative: " + std::to_string(options.threads));
  }
}

int run(int argc, char** argv) {
  CLI::App app("Trains a multilayer perceptron on a table and tests it on a held-out part.",
               "mlp_trainer");
  Options options;
  describe(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      return app.exit(error);
    }
    std::fprintf(stderr, "mlp_trainer: %s (see --help)\n", error.what());
    return 2;
  }
  try {
    check(options);
    if (options.threads > 0) {
      eg::set_num_threads(options.threads);
    }
    if (!options.load.empty()) {
      predict_file(options);
    } else if (!train_and_test(options)) {
      print_how_to_resume(options, {argv, argv + argc});
      return interrupted_exit_code;
    }
  } catch (const eg::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace trainer

int main(int argc, char** argv) {
  try {
    return trainer::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "mlp_trainer: %s\n", error.what());
    return 1;
  }
}
