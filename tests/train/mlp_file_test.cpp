#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/eigengrad.hpp>

#include <cstdio>
#include <string>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using Catch::Matchers::ContainsSubstring;

namespace {

train::TrainedMlp<float> three_classes() {
  train::TrainedMlp<float> trained{{.features = 2,
                                    .hidden = {5, 4},
                                    .outputs = 3,
                                    .activation = "tanh",
                                    .task = train::Task::multiclass},
                                   train::make_mlp<float>({.features = 2,
                                                           .hidden = {5, 4},
                                                           .outputs = 3,
                                                           .activation = "tanh",
                                                           .task = train::Task::multiclass},
                                                          7),
                                   {},
                                   {"first, of two", "second\nline"},
                                   {"a", "b\\c", "d"}};
  trained.standardizer.fit(eg::tensor<float>({{1, 10}, {3, 30}}));
  return trained;
}

}  // namespace

TEST_CASE("mlp file: what was saved predicts the same bits after loading", "[train][mlp_file]") {
  const ScratchFolder folder;
  auto trained = three_classes();
  train::save_mlp(folder / ("model"), trained);
  auto loaded = train::load_mlp<float>(folder / ("model"));
  const auto x = eg::tensor<float>({{1, 20}, {2, 5}, {-4, 11}});
  CHECK(eg::equal(trained.predict(x), loaded.predict(x)));
  CHECK(eg::equal(trained.predict_classes(x), loaded.predict_classes(x)));
  CHECK(loaded.feature_names == trained.feature_names);
  CHECK(loaded.class_names == trained.class_names);
  CHECK(loaded.mlp.hidden == trained.mlp.hidden);
  CHECK(loaded.mlp.activation == "tanh");
}

TEST_CASE("mlp file: weights are .npy files under their parameters' names", "[train][mlp_file]") {
  const ScratchFolder folder;
  const auto trained = three_classes();
  train::save_mlp(folder / ("model"), trained);
  for (const auto& parameter : trained.model.parameters()) {
    CHECK(eg::equal<float>(eg::load_npy<float>(folder / ("model/" + parameter.name() + ".npy")),
                           parameter));
  }
}

TEST_CASE("mlp file: a regression keeps the unit of its target", "[train][mlp_file]") {
  const ScratchFolder folder;
  const train::Mlp mlp{.features = 1, .hidden = {}, .task = train::Task::regression};
  train::TrainedMlp<double> trained{mlp, train::make_mlp<double>(mlp, 1), {}, {}, {}, 100.0, 10.0};
  trained.standardizer.fit(eg::tensor<double>({{0.0}, {2.0}}));  // mean 1, deviation 1
  trained.model.parameters()[0].assign(eg::tensor<double>({2.0}, {1, 1}));
  train::save_mlp(folder / ("model"), trained);
  auto loaded = train::load_mlp<double>(folder / ("model"));
  CHECK(loaded.predict(eg::tensor<double>({{4.0}})).item() == 160.0);  // (4 - 1) * 2 * 10 + 100
  CHECK_THROWS_TEXT(loaded.predict_classes(eg::tensor<double>({{4.0}})), eg::ValueError,
                    "predict_classes: the model predicts numbers, not classes");
}

TEST_CASE("mlp file: two classes are told apart at one half", "[train][mlp_file]") {
  const train::Mlp mlp{.features = 1, .hidden = {}};
  train::TrainedMlp<double> trained{mlp, train::make_mlp<double>(mlp, 1), {}, {}, {"no", "yes"}};
  trained.standardizer.fit(eg::tensor<double>({{-1.0}, {1.0}}));
  trained.model.parameters()[0].assign(eg::tensor<double>({1.0}, {1, 1}));
  CHECK(eg::to_vector(trained.predict_classes(eg::tensor<double>({{-2.0}, {2.0}}))) ==
        std::vector<std::int64_t>{0, 1});
}

TEST_CASE("mlp file: saving again replaces a model, and nothing but a model", "[train][mlp_file]") {
  const ScratchFolder folder;
  const auto trained = three_classes();
  train::save_mlp(folder / ("model"), trained);
  eg::write_file(folder / ("model/stale.npy"), "x");
  train::save_mlp(folder / ("model/"), trained);
  CHECK_THROWS_AS(eg::read_file(folder / ("model/stale.npy")), eg::FileError);
  CHECK_NOTHROW(train::load_mlp<float>(folder / ("model")));

  const std::string path = folder / ("other");
  eg::NewFolder other("test", path, "note.txt");
  eg::write_file(other.file("note.txt"), "mine");
  other.commit();
  CHECK_THROWS_TEXT(train::save_mlp(path, trained), eg::FileError,
                    "save_mlp: " + path + ": exists and holds something else (no model.txt)");
  CHECK(eg::read_file(path + "/note.txt") == "mine");
  const std::string file = folder / ("file");
  eg::write_file(file, "x");
  CHECK_THROWS_TEXT(train::save_mlp(file, trained), eg::FileError,
                    "save_mlp: " + file + ": exists and is not a folder");
  CHECK_THROWS_WITH(train::save_mlp(folder / ("no/such/model"), trained),
                    ContainsSubstring("No such file"));
}

TEST_CASE("mlp file: damage is refused with file, line and reason", "[train][mlp_file]") {
  const ScratchFolder folder;
  const std::string path = folder / "model";
  train::save_mlp(path, three_classes());
  const std::string good = eg::read_file(path + "/model.txt");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    eg::write_file(path + "/model.txt", text);
  };
  const std::string start = "load_mlp: " + path + "/model.txt: ";
  with("eigengrad-mlp 1", "eigengrad-mlp 9");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 1: expected format 'eigengrad-mlp 1'");
  with("multiclass", "poetry");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 2: unknown task 'poetry'");
  with("features: 2", "features: two");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 3: 'two' is not a number");
  with("hidden: 5,4", "hidden: 5,0");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 4: '0' is not a width in [1, 2^24]");
  with("activation", "activity");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 5: unknown key 'activity'");
  with("tanh", "tansh");
  CHECK_THROWS_WITH(train::load_mlp<float>(path),
                    ContainsSubstring("unknown activation 'tansh', expected one of: relu"));
  with("class: d\n", "");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "incomplete: expected format, task, features, outputs and the classes");
  with("task: ", "task ");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 2: expected 'key: value'");
  with("outputs: 3\n", "outputs: 3\ntarget_mean: inf\n");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    start + "line 7: 'inf' is not finite");
  with("features: 2", "features: 3");
  CHECK_THROWS_TEXT(train::load_mlp<float>(path), eg::FileError,
                    "load_mlp: " + path + "/feature_mean.npy: has 2 features, model.txt has 3");
  with("hidden: 5,4", "hidden: 6,4");
  CHECK_THROWS_TEXT(
      train::load_mlp<float>(path), eg::FileError,
      "load_mlp: " + path + "/0.weight.npy: '0.weight' is (2, 5) in the file, (2, 6) in the model");
  std::remove((path + "/model.txt").c_str());
  CHECK_THROWS_WITH(train::load_mlp<float>(path), ContainsSubstring("model.txt"));
}

TEST_CASE("mlp: every activation builds, widths and names are checked", "[train][mlp]") {
  for (const auto activation : train::mlp_activations) {
    const auto model = train::make_mlp<double>(
        {.features = 3, .hidden = {4}, .activation = std::string(activation)}, 1);
    CHECK(model(eg::ones<double>({2, 3})).shape() == eg::Shape{2, 1});
  }
  CHECK_THROWS_TEXT(train::make_mlp<float>({.features = 3, .hidden = {4, 0}}, 1), eg::ValueError,
                    "Mlp: layer width is not positive: 0");
  CHECK_THROWS_WITH(train::make_mlp<float>({.features = 3, .activation = "step"}, 1),
                    ContainsSubstring("Mlp: unknown activation 'step'"));
}
