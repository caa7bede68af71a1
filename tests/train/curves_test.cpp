// Curves and areas against scikit-learn's, and their refusals.

#include "support/catch.hpp"
#include "train/metric_values.hpp"

#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/train/curves.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

using train_tests::check_values;

TEST_CASE("curves: equal scikit-learn's, ties included", "[train][metric]") {
  int compared = 0;
  for (const reference::Line& line : reference::read("metrics.txt")) {
    if (line.name == "classes" || line.name == "calibration_curve") {
      continue;
    }
    INFO(line.text << " of " << line.inputs[0].values.size() << " rows");
    const auto score = line.inputs[0].tensor<double>();
    const auto target = line.inputs[1].tensor<std::int64_t>();
    const bool drop = line.number("drop", 0) != 0;
    if (line.name == "roc_curve") {
      const train::RocCurve curve = train::roc_curve(score, target, drop);
      check_values(curve.false_positive_rate, line.outputs[0], 1e-15);
      check_values(curve.true_positive_rate, line.outputs[1], 1e-15);
      check_values(curve.thresholds, line.outputs[2], 1e-15);
    } else if (line.name == "precision_recall_curve") {
      const train::PrecisionRecallCurve curve = train::precision_recall_curve(score, target, drop);
      check_values(curve.precision, line.outputs[0], 1e-15);
      check_values(curve.recall, line.outputs[1], 1e-15);
      check_values(curve.thresholds, line.outputs[2], 1e-15);
    } else {
      check_values({train::roc_auc(score, target)}, line.outputs[0], 1e-15);
      // scikit-learn adds differences of rounded recalls.
      CHECK(reference::close(train::average_precision(score, target), line.outputs[1].values[0],
                             1e-14, 0));
    }
    ++compared;
  }
  CHECK(compared == 55);
}

TEST_CASE("curves: float scores in a column against float labels", "[train][metric]") {
  // One of the four pairs is out of order: scikit-learn's own example.
  const auto score = eg::tensor<float>({{0.1F}, {0.4F}, {0.35F}, {0.8F}});
  const auto target = eg::tensor<float>({{0}, {0}, {1}, {1}});
  CHECK(train::roc_auc(score, target) == 0.75);
  CHECK(train::average_precision(score, target) == (1.0 + 2.0 / 3.0) / 2);
}

TEST_CASE("curves: what they refuse", "[train][metric]") {
  const auto score = eg::tensor<double>({1, 2});
  const auto nan_value = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_TEXT(train::roc_auc(score, eg::tensor<double>({1})), eg::ShapeError,
                    "roc_auc: scores are (2,), targets are (1,)");
  CHECK_THROWS_TEXT(train::roc_curve(score, eg::tensor<std::int64_t>({0, 2})), eg::ValueError,
                    "roc_curve: target 2 at row 1 is neither 0 nor 1");
  CHECK_THROWS_TEXT(
      train::precision_recall_curve(eg::tensor<double>({nan_value, 1}), eg::tensor<bool>({0, 1})),
      eg::ValueError, "precision_recall_curve: score nan at row 0 is not finite");
  CHECK_THROWS_TEXT(train::average_precision(eg::empty<double>({0}), eg::empty<double>({0})),
                    eg::ValueError, "average_precision: no rows");
}
