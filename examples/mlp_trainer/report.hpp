#pragma once
// --report: the training as a page.

#include "data.hpp"
#include "explain.hpp"
#include "options.hpp"
#include "training.hpp"

#include <eigengrad/build_info.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/report.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace trainer {

/// What the command line and the tuning chose, and what the machine made of it.
[[nodiscard]] inline std::vector<eg::report::Setting> settings(
    const Options& options, const eg::train::TrainedMlp<float>& trained, const Run& run,
    const eg::train::Evaluation& result) {
  const auto number = [](double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value);
    return std::string(text);
  };
  std::string hidden;
  for (const eg::Index width : trained.mlp.hidden) {
    hidden += (hidden.empty() ? "" : ", ") + std::to_string(width);
  }
  const eg::BuildInfo build = eg::build_info();
  std::vector<eg::report::Setting> list{
      {"data", options.data.empty() ? "Breast Cancer Wisconsin (embedded)" : options.data},
      {"task", std::string(eg::train::task_name(trained.mlp.task))},
      {"hidden layers", hidden.empty() ? "none" : hidden},
      {"activation", options.activation},
      {"optimizer", options.optimizer},
      {"learning rate", number(run.learning_rate)},
      {"batch size", std::to_string(run.batch_size)},
      {"epochs", std::to_string(run.history.epochs())},
      {"seed", std::to_string(options.seed)},
      {"test loss", number(result.loss)}};
  for (const auto& [name, value] : result.metrics) {
    list.push_back({"test " + name, number(name == "rmse" ? value * trained.target_scale : value)});
  }
  list.push_back({"training time", number(run.history.seconds()) + " s"});
  list.push_back({"eigengrad", build.version});
  list.push_back({"instruction set", build.instruction_set});
  list.push_back({"compiler", build.compiler});
  list.push_back({"threads", std::to_string(build.threads)});
  return list;
}

/// Writes the page: training, test errors, model, weights, data, settings.
inline void write_report(const Options& options, const Table& table, const Parts& parts,
                         eg::train::TrainedMlp<float>& trained, const Run& run,
                         const eg::train::Evaluation& result) {
  eg::report::Report report("Training report",
                            options.data.empty() ? "Breast Cancer Wisconsin" : options.data);
  report.add_history(run.history);
  std::vector<eg::DataFinding> findings = eg::inspect(table.x, table.feature_names);
  std::vector<eg::ClassCount> classes;
  if (trained.mlp.task != eg::train::Task::regression) {
    trained.model.eval();
    const eg::NoGrad no_grad;
    const eg::Tensor<float> scores = trained.model(parts.test_classes.x);
    if (trained.mlp.task == eg::train::Task::binary) {
      report.add_binary(scores, parts.test_classes.y);
    }
    report.add_confusion(
        eg::train::confusion_matrix(eg::train::predicted_classes(scores), parts.test_classes.y,
                                    static_cast<eg::Index>(trained.class_names.size())),
        trained.class_names);
    classes = eg::count_classes(table.y, table.class_names);
    for (const eg::DataFinding& finding : eg::inspect_balance(classes)) {
      findings.push_back(finding);
    }
  }
  if (options.explain) {
    add_explanations(report, options, parts, trained);
  }
  report.add_model(trained.model);
  report.add_histograms(run.histograms);
  report.add_data(eg::describe(table.x, table.feature_names), classes, findings);
  report.add_settings("Settings", settings(options, trained, run, result));
  report.write(options.report);
  if (!options.pictures.empty()) {
    report.write_pictures(options.pictures);
  }
}

}  // namespace trainer
