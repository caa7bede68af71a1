#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/train/state_visitor.hpp>
#include <eigengrad/train/weight_histograms.hpp>

#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

train::History fit(train::WeightHistograms<double>& histograms, train_tests::LinearModel& model,
                   std::optional<eg::Index> max_steps = {}) {
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.01});
  return train::fit(model, train_tests::line_data(4), sgd, train::MeanSquaredError{},
                    {.epochs = 3,
                     .batch_size = 2,
                     .callbacks = {&histograms},
                     .max_steps = max_steps,
                     .verbose = train::Verbosity::silent});
}

}  // namespace

TEST_CASE("histogram: equal parts from the least to the greatest value", "[train][histogram]") {
  const auto values = eg::arange<double>(64.0);  // 0 .. 63: two in each of 32 parts
  const auto h = train::Histogram::of(values);
  CHECK(h.low == 0);
  CHECK(h.high == 63);
  for (const double count : h.counts) {
    CHECK(count == 2);
  }
}

TEST_CASE("histogram: one value, and values that are not finite", "[train][histogram]") {
  const auto same = train::Histogram::of(eg::full<float>({5}, 2.5F));
  CHECK(same.low == 2.5);
  CHECK(same.high == 2.5);
  CHECK(same.counts[0] == 5);
  const double inf = std::numeric_limits<double>::infinity();
  const auto broken = train::Histogram::of(eg::tensor<double>({1.0, -inf, inf - inf, 3.0}));
  CHECK(broken.low == 1);
  CHECK(broken.high == 3);
  CHECK(broken.not_finite == 2);
  CHECK(std::accumulate(broken.counts.begin(), broken.counts.end(), 0.0) == 2);
}

TEST_CASE("weight histograms: an element an epoch, of the values after it", "[train][histogram]") {
  train_tests::LinearModel model;
  train::WeightHistograms<double> histograms(model.parameters());
  static_cast<void>(fit(histograms, model));
  REQUIRE(histograms.parameters().size() == model.parameters().size());
  for (std::size_t i = 0; i < model.parameters().size(); ++i) {
    const train::ParameterHistograms& one = histograms.parameters()[i];
    CHECK(one.name == model.parameters()[i].name());
    REQUIRE(one.values.size() == 3);
    REQUIRE(one.gradients.size() == 3);
    // A single value: where it ended.
    CHECK(one.values[2].low == model.parameters()[i].item());
    CHECK(one.gradients[2].low != 0);
  }
}

TEST_CASE("weight histograms: an epoch that is cut short has none", "[train][histogram]") {
  train_tests::LinearModel model;
  train::WeightHistograms<double> histograms(model.parameters());
  static_cast<void>(fit(histograms, model, 3));
  CHECK(histograms.parameters()[0].values.size() == 1);
  CHECK(histograms.parameters()[0].gradients.size() == 1);
}

TEST_CASE("weight histograms: state of another length is refused by its name",
          "[train][histogram][errors]") {
  struct Longer final : train::StateVisitor<double> {
    void integer(std::string_view, eg::Index&) override {}
    void real(std::string_view, double&) override {}
    void reals(std::string_view name, std::vector<double>& values) override {
      if (name == "weight_histograms.0.gradients") {
        values.push_back(0);
      }
    }
    void text(std::string_view, std::string&) override {}
    void tensors(std::string_view, std::vector<eg::Tensor<double>>&) override {}
  } longer;
  train_tests::LinearModel model;
  train::WeightHistograms<double> histograms(model.parameters());
  static_cast<void>(fit(histograms, model));
  CHECK_THROWS_TEXT(
      histograms.visit_state(longer), eg::ValueError,
      "weight_histograms: 'weight_histograms.0.gradients' has 106 numbers, no multiple of 35");
}
