// A table from a CSV file to a saved model and a report: docs/tutorials/tabular.md.
//
//   tabular [FILE.csv]    a table whose last column is the class; without one, the wine data

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/data/describe.hpp>
#include <eigengrad/data/inspect.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/report.hpp>
#include <eigengrad/train/confusion.hpp>

#include <cstdio>
#include <string>

namespace eg = eigengrad;

namespace {

/// The wine data as a file, for want of one.
void write_wine(const std::string& file) {
  const auto wine = eg::datasets::wine<float>();
  eg::CsvTable table{wine.feature_names, {}};
  table.column_names.emplace_back("cultivar");
  for (eg::Index i = 0; i < wine.x.extent(0); ++i) {
    auto& row = table.rows.emplace_back();
    for (eg::Index j = 0; j < wine.x.extent(1); ++j) {
      row.push_back(std::to_string(wine.x.at(i, j)));
    }
    row.push_back(wine.class_names[static_cast<std::size_t>(wine.y.at(i))]);
  }
  eg::write_csv(file, table);
}

double train(const std::string& file) {
  const auto table = eg::load_csv_labelled<float>(file);
  const auto features = table.x.extent(1);
  const auto classes = static_cast<eg::Index>(table.class_names.size());
  std::printf("%d rows, %d features, %d classes\n", static_cast<int>(table.x.extent(0)),
              static_cast<int>(features), static_cast<int>(classes));

  const auto split = eg::train_test_split(
      table.x, table.y, {.test_size = 0.2, .random_state = 42, .stratify = table.y});
  const eg::train::Mlp mlp{.features = features,
                           .hidden = {32, 16},
                           .outputs = classes,
                           .task = eg::train::Task::multiclass};
  eg::train::TrainedMlp<float> trained{
      mlp, eg::train::make_mlp<float>(mlp, 42), {}, table.feature_names, table.class_names};
  const eg::Dataset train{trained.standardizer.fit_transform(split.x_train), split.y_train};
  const eg::Dataset test{trained.standardizer.transform(split.x_test), split.y_test};

  eg::optim::Adam adam(trained.model.parameters(), {.learning_rate = 0.01});
  eg::train::EarlyStopping<float> early({.patience = 10});
  const auto history = eg::train::fit(trained.model, train, adam, eg::train::CrossEntropy{},
                                      {.epochs = 60,
                                       .batch_size = 16,
                                       .validation_split = 0.15,
                                       .metrics = {eg::train::accuracy()},
                                       .callbacks = {&early},
                                       .verbose = eg::train::Verbosity::silent});
  const auto result = eg::train::evaluate(trained.model, test, eg::train::CrossEntropy{},
                                          {.metrics = {eg::train::accuracy()}});
  std::printf("at least 90 %% of the test rows are right: %s\n",
              result["accuracy"] >= 0.9 ? "yes" : "no");

  eg::report::Report report("Wine", "32-16 with Adam");
  report.add_history(history);
  const auto matrix =
      eg::train::confusion_matrix(trained.predict_classes(split.x_test), split.y_test, classes);
  report.add_confusion(matrix, table.class_names);
  report.add_model(trained.model);
  const auto counts = eg::count_classes(table.y, table.class_names);
  report.add_data(eg::describe(table.x, table.feature_names), counts,
                  eg::inspect(table.x, table.feature_names));
  report.write("report.html");
  eg::train::save_mlp("model", trained);
  return result["accuracy"];
}

void predict(const std::string& file) {
  auto model = eg::train::load_mlp<float>("model");
  const auto table = eg::load_csv_labelled<float>(file);
  const auto some = eg::slice(table.x, 0, 0, 1);
  const auto predicted = model.predict_classes(some);
  std::printf("the first row: %s\n",
              model.class_names[static_cast<std::size_t>(predicted.at(0))].c_str());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::string file = argc > 1 ? argv[1] : "wine.csv";
    if (argc == 1) {
      write_wine(file);
    }
    const double accuracy = train(file);
    predict(file);
    return argc > 1 || accuracy >= 0.9 ? 0 : 1;
  } catch (const eg::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
