// Permutation importance and partial dependence: against scikit-learn, by hand, and what they
// refuse.

#include "explain/trained_models.hpp"
#include "support/catch.hpp"

#include <eigengrad/explain/partial_dependence.hpp>
#include <eigengrad/explain/permutation_importance.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/train/loss.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace explain = eigengrad::explain;
namespace train = eigengrad::train;
using eg::Tensor;

namespace {

using explain_tests::check_equal;
using explain_tests::for_each_line;
using explain_tests::Trained;

/// 2 x0 + x1^2; what x2 is does not matter.
Tensor<double> known(const Tensor<double>& x) {
  const auto x1 = eg::slice(x, 1, 1, 2);
  return eg::slice(x, 1, 0, 1) * 2 + x1 * x1;
}
const Tensor<double>& table() {
  static const Tensor<double> x = eg::tensor<double>({0, 1, 5, 1, 2, 6, 2, 3, 7, 3, 1, 8}, {4, 3});
  return x;
}

explain::PermutationImportance importance_of(const std::string& metric, Trained& trained,
                                             const eg::Dataset<double, double>& data,
                                             const explain::PermutationImportanceOptions& options) {
  if (metric == "loss") {
    return explain::permutation_importance(trained.model, data, train::MeanSquaredError{}, options);
  }
  return explain::permutation_importance(trained.model, data,
                                         metric == "mae"    ? train::mean_absolute_error()
                                         : metric == "rmse" ? train::root_mean_squared_error()
                                         : metric == "r2"   ? train::r2()
                                                            : train::accuracy(0.0),
                                         options);
}

}  // namespace

TEST_CASE("permutation_importance: scikit-learn's with its permutations, by five scores",
          "[explain]") {
  CHECK(for_each_line("permutation_importance", [](const reference::Line& line, Trained& trained) {
          const auto rows = static_cast<eg::Index>(line.number("rows"));
          const eg::Dataset<double, double> data{
              trained.rows(rows),
              eg::detail::reshape_view_or_copy(line.inputs[1].tensor<double>(), {rows, 1})};
          const auto orders = line.inputs[0].tensor<std::int64_t>();
          const auto found = importance_of(
              line.attribute("metric"), trained, data,
              {.n_repeats = orders.shape()[0], .permutations = orders, .batch_size = 16});
          check_equal(found.importances, line.outputs[0]);
          check_equal(found.importances_mean, line.outputs[1]);
          check_equal(found.importances_std, line.outputs[2]);
        }) == 10);
}

TEST_CASE("permutation_importance: of a score done by hand", "[explain]") {
  // The score is the first row's output; the permutation puts the last row first.
  const auto score = [](const Tensor<double>& x) { return known(x).at(0, 0); };
  const auto order = eg::tensor<std::int64_t>({3, 1, 2, 0, 0, 1, 2, 3}, {2, 4});
  const auto found =
      explain::permutation_importance(score, table(), {.n_repeats = 2, .permutations = order});
  CHECK(found.baseline_score == 1);
  CHECK(equal(found.importances, eg::tensor<double>({-6, 0, 0, 0, 0, 0}, {3, 2})));
  CHECK(equal(found.importances_mean, eg::tensor<double>({-3, 0, 0})));
  CHECK(equal(found.importances_std, eg::tensor<double>({3, 0, 0})));
}

TEST_CASE("permutation_importance: what does not matter has none, and the seed decides",
          "[explain]") {
  const eg::Dataset<double, double> data{table(), known(table())};
  const auto found = explain::permutation_importance(known, data, train::r2(), {.n_repeats = 20});
  CHECK(found.baseline_score == 1);
  CHECK(found.importances_mean.at(0) > 0.1);
  CHECK(found.importances_mean.at(1) > 0.1);
  CHECK(found.importances_mean.at(2) == 0);
  const auto again = explain::permutation_importance(known, data, train::r2(), {.n_repeats = 20});
  CHECK(equal(found.importances, again.importances));
  const auto other =
      explain::permutation_importance(known, data, train::r2(), {.n_repeats = 20, .seed = 1});
  CHECK_FALSE(equal(found.importances, other.importances));
  // Errors: an importance is how much larger the error becomes.
  const auto errors =
      explain::permutation_importance(known, data, train::mean_absolute_error(), {});
  CHECK(errors.baseline_score == 0);
  CHECK(errors.importances_mean.at(0) > 0);
}

TEST_CASE("permutation_importance: what it refuses", "[explain][errors]") {
  const auto score = [](const Tensor<double>& x) { return x.at(0, 0); };
  CHECK_THROWS_TEXT(explain::permutation_importance(score, eg::ones<double>({2, 2, 2})),
                    eg::ShapeError, "permutation_importance: x is not (rows, features): (2, 2, 2)");
  CHECK_THROWS_TEXT(explain::permutation_importance(score, table(), {.n_repeats = 0}),
                    eg::ValueError, "permutation_importance: n_repeats is not positive: 0");
  CHECK_THROWS_TEXT(
      explain::permutation_importance(
          score, table(),
          {.n_repeats = 1, .permutations = eg::tensor<std::int64_t>({0, 1, 2}, {1, 3})}),
      eg::ShapeError, "permutation_importance: permutations are (1, 3), expected (1, 4)");
  CHECK_THROWS_TEXT(
      explain::permutation_importance(
          score, table(),
          {.n_repeats = 2,
           .permutations = eg::tensor<std::int64_t>({0, 1, 2, 3, 0, 1, 1, 3}, {2, 4})}),
      eg::ValueError, "permutation_importance: row 1 of permutations does not name every row once");
  const eg::Dataset<double, double> uneven{table(), eg::ones<double>({3, 1})};
  CHECK_THROWS_TEXT(explain::permutation_importance(known, uneven, train::r2()), eg::ShapeError,
                    "permutation_importance: x and y differ in rows: (4, 3) and (3, 1)");
  const eg::Dataset<double, double> data{table(), known(table())};
  CHECK_THROWS_TEXT(explain::permutation_importance(known, data, train::r2(), {.batch_size = 0}),
                    eg::ValueError, "permutation_importance: batch size is not positive: 0");
}

TEST_CASE("partial_dependence: scikit-learn's on two models", "[explain]") {
  CHECK(for_each_line("partial_dependence", [](const reference::Line& line, Trained& trained) {
          const auto found = explain::partial_dependence(
              trained.model, trained.rows(static_cast<eg::Index>(line.number("rows"))),
              explain_tests::integers(line, "features"),
              {.percentiles = {line.number("low"), line.number("high")},
               .grid_resolution = static_cast<eg::Index>(line.number("resolution")),
               .batch_size = 16});
          check_equal(found.average, line.outputs[0]);
          check_equal(found.individual, line.outputs[1]);
          REQUIRE(found.grid_values.size() + 2 == line.outputs.size());
          for (std::size_t i = 0; i < found.grid_values.size(); ++i) {
            check_equal(found.grid_values[i], line.outputs[i + 2]);
          }
        }) == 8);
}

TEST_CASE("partial_dependence: of 2 x0 + x1^2, done by hand", "[explain]") {
  // Few distinct values are the grid: x1 is 1, 2, 3, 1; the mean of 2 x0 is 3.
  const auto found = explain::partial_dependence(known, table(), 1);
  CHECK(equal(found.grid_values[0], eg::tensor<double>({1, 2, 3})));
  CHECK(equal(found.average, eg::tensor<double>({4, 7, 12}, {1, 3})));
  CHECK(
      equal(eg::detail::selected(found.individual, 1, 3), eg::tensor<double>({7, 10, 15}, {1, 3})));
  // Two outputs and two features: rows of the grid are those of the first.
  const auto both = [](const Tensor<double>& x) { return eg::slice(x, 1, 0, 2); };
  const auto surface = explain::partial_dependence(both, table(), {0, 1});
  REQUIRE(surface.average.shape() == eg::Shape{2, 4, 3});
  CHECK(surface.average.at(0, 2, 1) == 2);
  CHECK(surface.average.at(1, 2, 1) == 2);
  CHECK(surface.average.at(1, 0, 2) == 3);
  REQUIRE(surface.individual.shape() == eg::Shape{2, 4, 4, 3});
}

TEST_CASE("partial_dependence: what it refuses", "[explain][errors]") {
  const auto with = [](const std::vector<eg::Index>& features,
                       const explain::PartialDependenceOptions& options) {
    return explain::partial_dependence(known, table(), features, options);
  };
  CHECK_THROWS_TEXT(with({}, {}), eg::ValueError,
                    "partial_dependence: expected one or two features, got 0");
  CHECK_THROWS_TEXT(with({3}, {}), eg::IndexError,
                    "partial_dependence: feature 3 is outside [0, 3)");
  CHECK_THROWS_TEXT(with({0}, {.percentiles = {0.5, 0.5}}), eg::ValueError,
                    "partial_dependence: percentiles are not 0 <= low < high <= 1: 0.5, 0.5");
  CHECK_THROWS_TEXT(with({0}, {.grid_resolution = 1}), eg::ValueError,
                    "partial_dependence: grid_resolution is below 2: 1");
  CHECK_THROWS_TEXT(with({0}, {.batch_size = 0}), eg::ValueError,
                    "partial_dependence: batch size is not positive: 0");
  CHECK_THROWS_TEXT(explain::partial_dependence(known, eg::ones<double>({3}), 0), eg::ShapeError,
                    "partial_dependence: x is not (rows, features): (3,)");
  CHECK_THROWS_TEXT(
      explain::partial_dependence(known, eg::tensor<double>({1, 2, 2, 2, 2, 2}, {6, 1}), 0,
                                  {.percentiles = {0.4, 0.6}, .grid_resolution = 2}),
      eg::ValueError,
      "partial_dependence: both percentiles of feature 0 are 2; choose some further apart");
  const double nan_value = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_TEXT(
      explain::partial_dependence(known, eg::tensor<double>({1, nan_value}, {2, 1}), 0),
      eg::ValueError, "partial_dependence: feature 0 has a value that is not finite: nan");
  CHECK_THROWS_TEXT(
      explain::partial_dependence([](const auto& x) { return eg::sum(x); }, table(), 0),
      eg::ShapeError, "partial_dependence: the model gave () for 4 rows");
  CHECK_THROWS_TEXT(explain::partial_dependence(
                        [](const auto& x) {
                          return eg::reshape(x, {-1, 3, 1});
                        },
                        table(), 0),
                    eg::ShapeError,
                    "partial_dependence: the model gave (4, 3, 1), expected (rows,) or (rows, "
                    "outputs)");
}
