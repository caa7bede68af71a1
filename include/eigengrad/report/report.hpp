#pragma once
// Report: one HTML file that tells a training: its curves, what the model gets wrong, its weights,
// the data and the settings. Each add_ function is a section; the pictures are files too on demand.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/describe.hpp>
#include <eigengrad/data/inspect.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/folder.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/plot/confusion_matrix.hpp>
#include <eigengrad/plot/curves.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/report/histograms_picture.hpp>
#include <eigengrad/report/model_picture.hpp>
#include <eigengrad/report/page.hpp>
#include <eigengrad/train/calibration.hpp>
#include <eigengrad/train/confusion.hpp>
#include <eigengrad/train/curves.hpp>
#include <eigengrad/train/history.hpp>
#include <eigengrad/train/weight_histograms.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::report {

/// A line of a table of settings.
struct Setting {
  std::string name;
  std::string value;
};

/// Gathers sections in the order in which they are added, and writes them.
///
///     eg::report::Report report("Breast cancer", "128-64-1, Adam");
///     report.add_history(history);
///     report.add_binary(model(test.x), test.y);
///     report.write("report.html");
class Report {
 public:
  explicit Report(std::string title, std::string lead = {})
      : title_(std::move(title)), lead_(std::move(lead)) {}

  /// A picture for each quantity, training and validation together, and a table of all numbers.
  void add_history(const train::History& history) {
    std::string html;
    for (const train::Series& series : history.series()) {
      if (series.name.starts_with("val_") && history.has(series.name.substr(4))) {
        continue;  // with the training's
      }
      std::vector<plot::Curve> curves{epochs_curve("training", series.values, false)};
      if (history.has("val_" + series.name)) {
        curves.push_back(epochs_curve("validation", history["val_" + series.name], true));
      }
      html +=
          figure(series.name,
                 plot::curves(curves, {.title = series.name, .x_label = "epoch", .whole_x = true}));
    }
    html = pictures(html) + history_table(history);
    if (!history.stop_reason().empty()) {
      html =
          "<p>Stopped: " + eigengrad::detail::escape_xml(history.stop_reason()) + ".</p>\n" + html;
    }
    sections_.push_back({"Training", html});
  }

  /// ROC, precision-recall and calibration of the probabilities of class 1.
  ///
  /// Shapes:    probability (n,) or (n, 1), target as many labels 0 and 1
  /// Throws:    as train::roc_curve and train::calibration_curve
  template <FloatScalar T, AnyScalar Y>
  void add_binary(const Tensor<T>& probability, const Tensor<Y>& target) {
    const train::RocCurve roc = train::roc_curve(probability, target);
    const train::PrecisionRecallCurve pr = train::precision_recall_curve(probability, target, true);
    const train::CalibrationCurve bins = train::calibration_curve(probability, target, 10);
    const std::string area =
        "area " + eigengrad::detail::shown_number(train::roc_auc(probability, target), 4);
    const std::string precision =
        "average precision " +
        eigengrad::detail::shown_number(train::average_precision(probability, target), 4);
    std::string html =
        figure("roc", plot::curves({{area, roc.false_positive_rate, roc.true_positive_rate}},
                                   {.title = "ROC curve",
                                    .x_label = "false positive rate",
                                    .y_label = "true positive rate",
                                    .unit_square = true,
                                    .diagonal = true}));
    html += figure("precision-recall", plot::curves({{precision, pr.recall, pr.precision}},
                                                    {.title = "Precision and recall",
                                                     .x_label = "recall",
                                                     .y_label = "precision",
                                                     .unit_square = true}));
    html += figure("calibration",
                   plot::curves({{"10 bins", bins.prob_pred, bins.prob_true, false, true}},
                                {.title = "Calibration",
                                 .x_label = "mean predicted probability",
                                 .y_label = "share of class 1",
                                 .unit_square = true,
                                 .diagonal = true}));
    sections_.push_back({"Probabilities", pictures(html)});
  }

  /// The confusion matrix, and precision, recall and F1 of every class.
  ///
  /// Shapes:    matrix (classes, classes), as confusion_matrix() gives it
  /// Throws:    as train::class_scores; ValueError for other than `classes` names
  void add_confusion(const Tensor<std::int64_t>& matrix,
                     const std::vector<std::string>& class_names) {
    const train::ClassScores scores = train::class_scores(matrix);
    std::vector<std::vector<std::string>> lines{{"class", "precision", "recall", "F1", "rows"}};
    const auto add = [&](const std::string& name, const train::ClassScore& score) {
      const auto number = [](double value) { return eigengrad::detail::shown_number(value, 4); };
      lines.push_back({name, number(score.precision), number(score.recall), number(score.f1),
                       std::to_string(score.support)});
    };
    const std::string picture = figure("confusion", plot::confusion_matrix(matrix, class_names));
    for (std::size_t i = 0; i < scores.classes.size(); ++i) {
      add(class_names[i], scores.classes[i]);
    }
    add("mean", scores.macro);
    sections_.push_back({"Classes", "<p>Accuracy " +
                                        eigengrad::detail::shown_number(scores.accuracy, 4) +
                                        " on the test data.</p>\n" + pictures(picture) +
                                        eigengrad::detail::html_table(lines)});
  }

  /// Layers as a picture and the table that a Keras user knows.
  template <FloatScalar T>
  void add_model(const nn::Sequential<T>& model) {
    sections_.push_back(
        {"Model", pictures(figure("model", to_svg(model)) + preformatted(model.summary()))});
  }

  /// Every column's numbers, the classes (none for a regression) and what is suspicious.
  void add_data(std::span<const ColumnSummary> columns, std::span<const ClassCount> classes,
                std::span<const DataFinding> findings) {
    std::string html;
    if (!classes.empty()) {
      html += preformatted(to_string(classes)) + "<p></p>\n";
    }
    html += preformatted(to_string(columns));
    for (const DataFinding& finding : findings) {
      html += "<p>Suspicious: " + eigengrad::detail::escape_xml(finding.text) + "</p>\n";
    }
    sections_.push_back({"Data", html});
  }

  /// How the values and gradients of each parameter are distributed, epoch by epoch.
  void add_histograms(const std::vector<train::ParameterHistograms>& parameters) {
    std::string html;
    for (const train::ParameterHistograms& one : parameters) {
      html += figure(one.name + " values", to_svg(one.values, one.name));
      html += figure(one.name + " gradient", to_svg(one.gradients, one.name + ", gradient"));
    }
    sections_.push_back({"Weights and gradients", pictures(html)});
  }

  /// A table of names and values: hyperparameters, timings, library and machine.
  void add_settings(std::string heading, const std::vector<Setting>& settings) {
    std::vector<std::vector<std::string>> lines{{"", ""}};
    for (const Setting& setting : settings) {
      lines.push_back({setting.name, setting.value});
    }
    sections_.push_back({std::move(heading), eigengrad::detail::html_table(lines)});
  }

  /// A picture of one's own, as an element `svg`, under a heading; `name` is that of its file.
  void add_picture(std::string heading, std::string_view name, std::string_view svg) {
    sections_.push_back({std::move(heading), pictures(figure(name, svg))});
  }

  /// The page as text.
  [[nodiscard]] std::string html() const {
    return eigengrad::detail::page(title_, lead_, sections_);
  }
  /// Writes the page: wholly or not at all. Throws: FileError
  void write(const std::string& path) const {
    eigengrad::detail::write_file_for("Report", path, html());
  }
  /// Writes each picture as NAME.svg into a folder, which is made if need be. Throws: FileError
  void write_pictures(const std::string& folder) const {
    eigengrad::detail::make_folders("Report", folder);
    for (const auto& [name, svg] : pictures_) {
      eigengrad::detail::write_file_for("Report", folder + "/" + name + ".svg", svg);
    }
  }

 private:
  [[nodiscard]] static plot::Curve epochs_curve(std::string name, const std::vector<double>& values,
                                                bool dashed) {
    plot::Curve curve{.name = std::move(name), .y = values, .dashed = dashed};
    for (std::size_t i = 0; i < values.size(); ++i) {
      curve.x.push_back(static_cast<double>(i + 1));
    }
    return curve;
  }

  [[nodiscard]] static std::string pictures(const std::string& figures) {
    return "<div class=\"pictures\">\n" + figures + "</div>\n";
  }
  /// The lines of a text as they are.
  [[nodiscard]] static std::string preformatted(std::string_view text) {
    std::string html = "<div class=\"scroll\"><pre>";
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      html += eigengrad::detail::escape_xml(line) + "\n";
      text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return html + "</pre></div>\n";
  }

  /// Keeps the picture for write_pictures(); whatever a file's name can't hold becomes a dash.
  [[nodiscard]] std::string figure(std::string_view name, std::string_view svg) {
    std::string file;
    for (const char c : name) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || (c == '.' && !file.empty());
      file += plain ? c : '-';
    }
    pictures_.emplace_back(std::move(file), svg);
    return "<figure>\n" + std::string(svg) + "</figure>\n";
  }

  [[nodiscard]] static std::string history_table(const train::History& history) {
    std::vector<std::vector<std::string>> lines{{"epoch"}};
    for (Index epoch = 1; epoch <= history.epochs(); ++epoch) {
      lines.push_back({std::to_string(epoch)});
    }
    for (const train::Series& series : history.series()) {
      lines[0].push_back(series.name);
      for (std::size_t i = 0; i < series.values.size() && i + 1 < lines.size(); ++i) {
        lines[i + 1].push_back(eigengrad::detail::shown_number(series.values[i], 4));
      }
    }
    return "<details><summary>All numbers</summary>\n" + eigengrad::detail::html_table(lines) +
           "</details>\n";
  }

  std::string title_;
  std::string lead_;
  std::vector<eigengrad::detail::PageSection> sections_;
  std::vector<std::pair<std::string, std::string>> pictures_;
};

}  // namespace eigengrad::report
