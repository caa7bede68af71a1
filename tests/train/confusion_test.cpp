// Confusion matrices and class scores against scikit-learn's, and their refusals.

#include "support/catch.hpp"

#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/train/confusion.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

void check_score(const train::ClassScore& found, double precision, double recall, double f1) {
  CHECK(reference::close(found.precision, precision, 1e-15, 0));
  CHECK(reference::close(found.recall, recall, 1e-15, 0));
  CHECK(reference::close(found.f1, f1, 1e-15, 0));
}

}  // namespace

TEST_CASE("confusion: matrix, scores and averages equal scikit-learn's", "[train][metric]") {
  const std::vector<reference::Line> lines = reference::read("metrics.txt", "classes");
  REQUIRE(lines.size() == 4);
  for (const reference::Line& line : lines) {
    INFO(line.text);
    const auto classes = static_cast<eg::Index>(line.number("classes"));
    const auto matrix = train::confusion_matrix(line.inputs[0].tensor<std::int64_t>(),
                                                line.inputs[1].tensor<double>(), classes);
    const std::vector<eg::Index> counts = eg::to_vector(matrix);
    CHECK(std::vector<double>(counts.begin(), counts.end()) == line.outputs[0].values);
    const train::ClassScores scores = train::class_scores(matrix);
    REQUIRE(scores.classes.size() == static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < scores.classes.size(); ++i) {
      check_score(scores.classes[i], line.outputs[1].values[i], line.outputs[2].values[i],
                  line.outputs[3].values[i]);
      CHECK(static_cast<double>(scores.classes[i].support) == line.outputs[4].values[i]);
    }
    const std::vector<double>& macro = line.outputs[5].values;
    const std::vector<double>& weighted = line.outputs[6].values;
    check_score(scores.macro, macro[0], macro[1], macro[2]);
    check_score(scores.weighted, weighted[0], weighted[1], weighted[2]);
    CHECK(reference::close(scores.accuracy, line.outputs[7].values[0], 1e-15, 0));
    CHECK(scores.macro.support == static_cast<eg::Index>(line.inputs[0].values.size()));
  }
}

TEST_CASE("confusion: the class of a row of scores", "[train][metric]") {
  const auto scores = eg::tensor<float>({{0.1F, 0.5F, 0.5F}, {3, 2, 1}});
  CHECK(eg::to_vector(train::predicted_classes(scores)) == std::vector<std::int64_t>{1, 0});
  const auto one = eg::tensor<double>({{0.5}, {0.75}, {-1}});
  CHECK(eg::to_vector(train::predicted_classes(one)) == std::vector<std::int64_t>{0, 1, 0});
  CHECK(eg::to_vector(train::predicted_classes(one, 0.0)) == std::vector<std::int64_t>{1, 1, 0});
  CHECK(train::predicted_classes(eg::tensor<double>({0.5, 0.75})).shape() == eg::Shape{2});
}

TEST_CASE("confusion: what it refuses", "[train][metric]") {
  const auto p = eg::tensor<std::int64_t>({0, 1});
  CHECK_THROWS_TEXT(train::confusion_matrix(p, p, 0), eg::ValueError,
                    "confusion_matrix: classes is not positive: 0");
  CHECK_THROWS_TEXT(train::confusion_matrix(p, eg::tensor<std::int64_t>({0}), 2), eg::ShapeError,
                    "confusion_matrix: predictions are (2,), targets are (1,)");
  CHECK_THROWS_TEXT(train::confusion_matrix(p, p, 1), eg::ValueError,
                    "confusion_matrix: target 1 at row 1 is no class of [0, 1)");
  CHECK_THROWS_TEXT(train::confusion_matrix(eg::tensor<double>({0, 0.5}), p, 2), eg::ValueError,
                    "confusion_matrix: prediction 0.5 at row 1 is no class of [0, 2)");
  CHECK_THROWS_TEXT(train::class_scores(eg::zeros<std::int64_t>({2, 3})), eg::ShapeError,
                    "class_scores: the matrix is not square: (2, 3)");
  CHECK_THROWS_TEXT(train::class_scores(eg::zeros<std::int64_t>({2, 2})), eg::ValueError,
                    "class_scores: the matrix counts no rows");
  CHECK_THROWS_TEXT(train::predicted_classes(eg::scalar<float>(1)), eg::ShapeError,
                    "predicted_classes: prediction is neither (n,) nor (n, classes): ()");
}
