#pragma once
// A trained Mlp as a folder: model.txt (what it is), feature_mean.npy and feature_scale.npy (how to
// scale its inputs) and one .npy a parameter. All that prediction needs, readable by NumPy and by
// eye.

#include <eigengrad/base/error.hpp>
#include <eigengrad/data/preprocess.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/folder.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/train/evaluate.hpp>
#include <eigengrad/train/mlp.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// A model with what turns raw features into its inputs and its outputs into answers.
template <FloatScalar T>
struct TrainedMlp {
  Mlp mlp;
  nn::Sequential<T> model;
  Standardizer<T> standardizer;            // of the features
  std::vector<std::string> feature_names;  // one a feature, or empty
  std::vector<std::string> class_names;    // one a class; empty for a regression
  double target_mean = 0;  // of a regression: answer = output * target_scale + target_mean
  double target_scale = 1;
  std::string table = {};  // how CSV files become features, if not as they are: table_text.hpp

  /// The model's outputs for raw features: probabilities of class 1, logits, or numbers in the
  /// target's unit. Shapes: x (n, features) -> (n, outputs). Throws: ShapeError for another number
  /// of features
  [[nodiscard]] Tensor<T> predict(const Tensor<T>& x) {
    Tensor<T> y = train::predict(model, standardizer.transform(x), 256);
    if (mlp.task == Task::regression) {
      for (T& value : y.mutable_values()) {
        value = static_cast<T>(static_cast<double>(value) * target_scale + target_mean);
      }
    }
    return y;
  }

  /// The class of each row of raw features, as a position in class_names.
  /// Shapes: x (n, features) -> (n,). Throws: as predict; ValueError for a regression
  [[nodiscard]] Tensor<std::int64_t> predict_classes(const Tensor<T>& x) {
    if (mlp.task == Task::regression) {
      detail::throw_error<ValueError>("predict_classes",
                                      {"the model predicts numbers, not classes"});
    }
    const Tensor<T> y = predict(x);
    const Index outputs = y.extent(1);
    Tensor<std::int64_t> classes = eigengrad::detail::uninitialized<std::int64_t>({y.extent(0)});
    std::int64_t* const to = classes.mutable_data();
    for (Index i = 0; i < y.extent(0); ++i) {
      const T* const row = y.data() + i * outputs;
      to[i] = outputs == 1 ? (row[0] > T(0.5) ? 1 : 0) : std::max_element(row, row + outputs) - row;
    }
    return classes;
  }
};

}  // namespace eigengrad::train

namespace eigengrad::detail {

/// One line of text for any text: backslash, line feed and carriage return are escaped.
[[nodiscard]] inline std::string escaped(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == '\\' || c == '\n' || c == '\r') {
      line += '\\';
      line += c == '\n' ? 'n' : c == '\r' ? 'r' : '\\';
    } else {
      line += c;
    }
  }
  return line;
}
[[nodiscard]] inline std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) {
      ++i;
      text += line[i] == 'n' ? '\n' : line[i] == 'r' ? '\r' : line[i];
    } else {
      text += line[i];
    }
  }
  return text;
}

/// Reads the text of model.txt: lines of "key: value". `place` is where in the file at `path` the
/// text is, in words; empty if it is the file.
class MlpFileReader {
 public:
  explicit MlpFileReader(std::string path, std::string_view place = "")
      : path_(std::move(path)), place_(place) {}

  template <FloatScalar T>
  void read(const std::string& text, train::TrainedMlp<T>& into) {
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      ++line_;
      read_line(std::string_view(text).substr(start, end - start), into);
      start = end + 1;
    }
    const bool classes_fit = into.mlp.task == train::Task::regression ? into.class_names.empty()
                             : into.mlp.task == train::Task::binary
                                 ? into.class_names.size() == 2
                                 : static_cast<Index>(into.class_names.size()) == into.mlp.outputs;
    if (!format_seen_ || into.mlp.features < 1 || into.mlp.outputs < 1 || !classes_fit) {
      throw FileError(
          "load_mlp", path_,
          place_ + "incomplete: expected format, task, features, outputs and the classes");
    }
  }

 private:
  template <FloatScalar T>
  void read_line(std::string_view line, train::TrainedMlp<T>& into) {
    if (line.empty()) {
      return;
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) {
      fail("expected 'key: value'");
    }
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    train::Mlp& mlp = into.mlp;
    if (key == "format") {
      format_seen_ = value == "eigengrad-mlp 1";
      if (!format_seen_) {
        fail("expected format 'eigengrad-mlp 1'");
      }
    } else if (key == "task") {
      mlp.task = task(value);
    } else if (key == "features") {
      mlp.features = count(value);
    } else if (key == "outputs") {
      mlp.outputs = count(value);
    } else if (key == "hidden") {
      mlp.hidden = counts(value);
    } else if (key == "activation") {
      mlp.activation = value;
    } else if (key == "target_mean") {
      into.target_mean = number(value);
    } else if (key == "target_scale") {
      into.target_scale = number(value);
    } else if (key == "class") {
      into.class_names.push_back(unescaped(value));
    } else if (key == "feature") {
      into.feature_names.push_back(unescaped(value));
    } else if (key.substr(0, 6) == "table.") {
      into.table += std::string(line) + "\n";
    } else {
      fail("unknown key '" + std::string(key) + "'");
    }
  }

  [[noreturn]] EIGENGRAD_COLD void fail(const std::string& what) const {
    throw FileError("load_mlp", path_, concat(place_, "line ", line_, ": ", what), line_);
  }
  [[nodiscard]] train::Task task(std::string_view value) const {
    for (const train::Task task :
         {train::Task::binary, train::Task::multiclass, train::Task::regression}) {
      if (value == train::task_name(task)) {
        return task;
      }
    }
    fail("unknown task '" + std::string(value) + "'");
  }
  template <class N>
  [[nodiscard]] N parsed(std::string_view value) const {
    N result{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), result);
    if (error != std::errc() || end != value.data() + value.size()) {
      fail("'" + std::string(value) + "' is not a number");
    }
    return result;
  }
  [[nodiscard]] double number(std::string_view value) const {
    const auto result = parsed<double>(value);
    if (!std::isfinite(result)) {
      fail("'" + std::string(value) + "' is not finite");
    }
    return result;
  }
  /// Layer widths: large enough for any model, small enough that no product of two overflows.
  [[nodiscard]] Index count(std::string_view value) const {
    const auto result = parsed<Index>(value);
    if (result < 1 || result > (Index{1} << 24)) {
      fail("'" + std::string(value) + "' is not a width in [1, 2^24]");
    }
    return result;
  }
  [[nodiscard]] std::vector<Index> counts(std::string_view value) const {
    std::vector<Index> result;
    while (value != "none" && !value.empty()) {
      const std::size_t comma = std::min(value.find(','), value.size());
      result.push_back(count(value.substr(0, comma)));
      value = comma < value.size() ? value.substr(comma + 1) : std::string_view();
    }
    return result;
  }

  std::string path_;
  std::string place_;
  Index line_ = 0;
  bool format_seen_ = false;
};

template <FloatScalar T>
[[nodiscard]] std::string mlp_text(const train::TrainedMlp<T>& trained) {
  const train::Mlp& mlp = trained.mlp;
  std::string text = concat("format: eigengrad-mlp 1\ntask: ", train::task_name(mlp.task),
                            "\nfeatures: ", mlp.features, "\nhidden: ");
  for (std::size_t i = 0; i < mlp.hidden.size(); ++i) {
    text += concat(i == 0 ? "" : ",", mlp.hidden[i]);
  }
  text += concat(mlp.hidden.empty() ? "none" : "", "\nactivation: ", mlp.activation,
                 "\noutputs: ", mlp.outputs, "\n");
  if (mlp.task == train::Task::regression) {
    text += concat("target_mean: ", trained.target_mean, "\ntarget_scale: ", trained.target_scale,
                   "\n");
  }
  for (const std::string& name : trained.class_names) {
    text += concat("class: ", escaped(name), "\n");
  }
  for (const std::string& name : trained.feature_names) {
    text += concat("feature: ", escaped(name), "\n");
  }
  return text + trained.table;
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// Writes a trained model to a folder, all or nothing; a model that is there is replaced.
///
/// Throws: FileError if the folder cannot be written, or holds something other than a model
template <FloatScalar T>
void save_mlp(const std::string& path, const TrainedMlp<T>& trained) {
  NewFolder folder("save_mlp", path, "model.txt");
  write_file(folder.file("model.txt"), eigengrad::detail::mlp_text(trained));
  save_npy(folder.file("feature_mean.npy"), trained.standardizer.mean());
  save_npy(folder.file("feature_scale.npy"), trained.standardizer.scale());
  for (const Parameter<T>& parameter : trained.model.parameters()) {
    save_npy<T>(folder.file(parameter.name() + ".npy"), parameter);
  }
  folder.commit();
}

/// Reads a model that save_mlp wrote, of either element type.
///
/// Throws: FileError naming the file and what is wrong in it; ValueError for an unknown activation
template <FloatScalar T>
[[nodiscard]] TrainedMlp<T> load_mlp(const std::string& path) {
  TrainedMlp<T> trained{{}, make_mlp<T>({.features = 1, .hidden = {}}, 0), {}, {}, {}};
  const std::string description = path + "/model.txt";
  eigengrad::detail::MlpFileReader(description)
      .read(eigengrad::detail::read_file_for("load_mlp", description), trained);
  trained.standardizer = Standardizer<T>(load_npy<double>(path + "/feature_mean.npy"),
                                         load_npy<double>(path + "/feature_scale.npy"));
  if (trained.standardizer.mean().size() != trained.mlp.features) {
    throw FileError("load_mlp", path + "/feature_mean.npy",
                    eigengrad::detail::concat("has ", trained.standardizer.mean().size(),
                                              " features, model.txt has ", trained.mlp.features));
  }
  trained.model = make_mlp<T>(trained.mlp, 0);
  for (Parameter<T>& parameter : trained.model.parameters()) {
    const std::string file = path + "/" + parameter.name() + ".npy";
    const Tensor<T> value = load_npy<T>(file);
    if (!(value.shape() == parameter.shape())) {
      throw FileError(
          "load_mlp", file,
          eigengrad::detail::concat("'", parameter.name(), "' is ", value.shape(), " in the file, ",
                                    parameter.shape(), " in the model"));
    }
    parameter.assign(value);
  }
  return trained;
}

}  // namespace eigengrad::train
