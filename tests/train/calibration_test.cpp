// The calibration curve against scikit-learn's, and its refusals.

#include "support/catch.hpp"
#include "train/metric_values.hpp"

#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/train/calibration.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

using train_tests::check_values;

TEST_CASE("calibration: equals scikit-learn's", "[train][metric]") {
  int compared = 0;
  for (const reference::Line& line : reference::read("metrics.txt")) {
    if (line.name != "calibration_curve") {
      continue;
    }
    INFO(line.text << " of " << line.inputs[0].values.size() << " rows");
    const train::CalibrationCurve curve = train::calibration_curve(
        line.inputs[0].tensor<double>(), line.inputs[1].tensor<std::int64_t>(),
        static_cast<eg::Index>(line.number("bins", 0)));
    check_values(curve.prob_true, line.outputs[0], 1e-14);
    check_values(curve.prob_pred, line.outputs[1], 1e-14);
    double rows = 0;
    for (const double count : curve.count) {
      CHECK(count > 0);
      rows += count;
    }
    CHECK(rows == static_cast<double>(line.inputs[0].values.size()));
    ++compared;
  }
  CHECK(compared == 12);
}

TEST_CASE("calibration: what it refuses", "[train][metric]") {
  const auto p = eg::tensor<double>({0.5, 1.5});
  const auto y = eg::tensor<std::int64_t>({0, 1});
  CHECK_THROWS_TEXT(train::calibration_curve(p, y), eg::ValueError,
                    "calibration_curve: probability 1.5 at row 1 is outside [0, 1]");
  CHECK_THROWS_TEXT(train::calibration_curve(p, y, 0), eg::ValueError,
                    "calibration_curve: n_bins is not positive: 0");
  const auto half = eg::tensor<double>({0.5, 0.5});
  CHECK_THROWS_TEXT(train::calibration_curve(half, eg::tensor<std::int64_t>({0, 2})),
                    eg::ValueError, "calibration_curve: target 2 at row 1 is neither 0 nor 1");
  CHECK_THROWS_TEXT(train::calibration_curve(half, eg::tensor<std::int64_t>({0})), eg::ShapeError,
                    "calibration_curve: probabilities are (2,), targets are (1,)");
  CHECK_THROWS_TEXT(train::calibration_curve(eg::zeros<double>({0}), eg::zeros<double>({0})),
                    eg::ValueError, "calibration_curve: no rows");
}
