#include "support/catch.hpp"

#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/train/metric.hpp>

#include <cmath>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using eigengrad::detail::MetricTotals;

namespace {

template <class P, class Y>
double value_of(train::Metric metric, const P& prediction, const Y& target) {
  MetricTotals totals(metric);
  totals.add(prediction, target);
  return totals.value();
}

}  // namespace

TEST_CASE("metric: binary accuracy counts probabilities above the threshold", "[train][metric]") {
  const auto p = eg::tensor<float>({0.9F, 0.5F, 0.4F, 0.6F}, {4, 1});
  const auto y = eg::tensor<float>({1, 1, 0, 0}, {4, 1});
  // 0.5 is not above 0.5, as in Keras: right, wrong, right, wrong.
  CHECK(value_of(train::accuracy(), p, y) == 0.5);
  CHECK(value_of(train::accuracy(0.45), p, y) == 0.75);
}

TEST_CASE("metric: binary accuracy takes class indices and any layout of one value a row",
          "[train][metric]") {
  const auto p = eg::tensor<double>({0.9, 0.1, 0.8}, {3, 1});
  CHECK(value_of(train::accuracy(), p, eg::tensor<std::int64_t>({1, 0, 0})) == 2.0 / 3.0);
}

TEST_CASE("metric: categorical accuracy compares the largest score with an index or a one-hot row",
          "[train][metric]") {
  const auto p = eg::tensor<float>({{0.1F, 0.7F, 0.2F}, {3.0F, 1.0F, 2.0F}, {0.2F, 0.2F, 0.1F}});
  CHECK(value_of(train::accuracy(), p, eg::tensor<std::int64_t>({1, 2, 0})) == 2.0 / 3.0);
  CHECK(value_of(train::accuracy(), p, eg::tensor<float>({{0, 1, 0}, {1, 0, 0}, {0, 0, 1}})) ==
        2.0 / 3.0);
}

TEST_CASE("metric: precision, recall and f1 from counts done by hand", "[train][metric]") {
  // said 1: rows 0 1 2; is 1: rows 0 1 3 4 -> tp 2, fp 1, fn 2
  const auto p = eg::tensor<float>({0.9F, 0.8F, 0.7F, 0.2F, 0.1F, 0.3F});
  const auto y = eg::tensor<float>({1, 1, 0, 1, 1, 0});
  CHECK_THAT(value_of(train::precision(), p, y), WithinRel(2.0 / 3.0, 1e-15));
  CHECK_THAT(value_of(train::recall(), p, y), WithinRel(0.5, 1e-15));
  CHECK_THAT(value_of(train::f1(), p, y), WithinRel(4.0 / 7.0, 1e-15));
}

TEST_CASE("metric: precision, recall and f1 are 0 where they divide by 0", "[train][metric]") {
  const auto none = eg::tensor<float>({0.1F, 0.2F});
  CHECK(value_of(train::precision(), none, eg::tensor<float>({1, 0})) == 0.0);
  CHECK(value_of(train::recall(), none, eg::tensor<float>({0, 0})) == 0.0);
  CHECK(value_of(train::f1(), none, eg::tensor<float>({1, 0})) == 0.0);
}

TEST_CASE("metric: errors of a regression, against scikit-learn's documented r2 example",
          "[train][metric]") {
  // sklearn.metrics.r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8]) is documented as 0.948...
  const auto p = eg::tensor<double>({2.5, 0.0, 2.0, 8.0});
  const auto y = eg::tensor<double>({3.0, -0.5, 2.0, 7.0});
  CHECK_THAT(value_of(train::mean_absolute_error(), p, y), WithinRel(0.5, 1e-15));
  CHECK_THAT(value_of(train::root_mean_squared_error(), p, y),
             WithinRel(std::sqrt(1.5 / 4.0), 1e-15));
  // 1 - 1.5 / (sum of squared deviations from 2.875 = 29.1875)
  CHECK_THAT(value_of(train::r2(), p, y), WithinRel(1.0 - 1.5 / 29.1875, 1e-14));
}

TEST_CASE("metric: r2 of a constant target is 1 without errors and 0 with", "[train][metric]") {
  const auto y = eg::tensor<double>({2.0, 2.0});
  CHECK(value_of(train::r2(), y, y) == 1.0);
  CHECK(value_of(train::r2(), eg::tensor<double>({2.0, 3.0}), y) == 0.0);
}

TEST_CASE("metric: batches add up to the whole", "[train][metric]") {
  const auto p = eg::tensor<double>({2.5, 0.0, 2.0, 8.0});
  const auto y = eg::tensor<double>({3.0, -0.5, 2.0, 7.0});
  for (const auto metric :
       {train::r2(), train::root_mean_squared_error(), train::mean_absolute_error()}) {
    MetricTotals totals(metric);
    totals.add(eg::tensor<double>({2.5, 0.0, 2.0}), eg::tensor<double>({3.0, -0.5, 2.0}));
    totals.add(eg::tensor<double>({8.0}), eg::tensor<double>({7.0}));
    CHECK_THAT(totals.value(), WithinRel(value_of(metric, p, y), 1e-14));
    totals.reset();
    CHECK(std::isnan(totals.value()));
  }
}

TEST_CASE("metric: names are those of the history", "[train][metric]") {
  CHECK(train::accuracy().name() == "accuracy");
  CHECK(train::precision().name() == "precision");
  CHECK(train::recall().name() == "recall");
  CHECK(train::f1().name() == "f1");
  CHECK(train::mean_absolute_error().name() == "mae");
  CHECK(train::root_mean_squared_error().name() == "rmse");
  CHECK(train::r2().name() == "r2");
}

TEST_CASE("metric: shapes that do not fit are refused", "[train][metric]") {
  const auto scores = eg::zeros<float>({3, 4});
  CHECK_THROWS_TEXT(value_of(train::precision(), scores, eg::tensor<std::int64_t>({0, 1, 2})),
                    eg::ShapeError,
                    "precision: needs one probability a row; the prediction is (3, 4)");
  CHECK_THROWS_TEXT(value_of(train::accuracy(), scores, eg::tensor<std::int64_t>({0, 1})),
                    eg::ShapeError, "accuracy: prediction is (3, 4), target is (2,)");
  CHECK_THROWS_TEXT(
      value_of(train::root_mean_squared_error(), eg::zeros<float>({3, 1}), eg::zeros<float>({2})),
      eg::ShapeError, "rmse: prediction is (3, 1), target is (2,)");
}
