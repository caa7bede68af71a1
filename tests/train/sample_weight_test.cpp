// Weights of samples in fit and evaluate against Keras's, and their refusals.

#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/testing/heap_counter.hpp>
#include <eigengrad/train/class_weights.hpp>

#include <support/reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using train_tests::line_data;
using train_tests::LinearModel;

namespace {

constexpr auto silent = train::Verbosity::silent;
constexpr double single = 1e-6;  // Keras computes the losses of fit in float32

void check_close(const std::vector<double>& found, const std::vector<double>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(found[i] << ", expected " << expected[i]);
    CHECK(reference::close(found[i], expected[i], single, single));
  }
}

/// Trains the one layer of a line, with targets of its own type and a loss that weighs or not.
template <class Y, class Activation, class Loss, class Plain>
void check_line(const reference::Line& line, Activation activation, const Loss& loss,
                const Plain& plain) {
  INFO(line.text);
  const auto weights = line.inputs[3].tensor<double>();
  const bool by_class = line.inputs[4].given;
  const eg::Dataset data{line.inputs[0].tensor<double>(), line.inputs[2].tensor<Y>()};
  const std::string metric = line.attribute("metric");
  const std::vector<train::Metric> metrics{metric == "mae" ? train::mean_absolute_error()
                                                           : train::accuracy()};
  eg::Parameter<double> w("w", line.inputs[1].tensor<double>());
  const auto model = [&](const eg::Tensor<double>& x) { return activation(eg::matmul(x, w)); };
  eg::optim::SGD<double> sgd({w}, {.learning_rate = line.number("learning_rate")});
  train::FitOptions<double, Y> options;
  options.epochs = static_cast<eg::Index>(line.number("epochs"));
  options.batch_size = static_cast<eg::Index>(line.number("batch_size"));
  options.validation_split = line.number("split");
  options.shuffle = false;
  options.metrics = options.weighted_metrics = metrics;
  options.verbose = silent;
  if (options.validation_split == 0) {
    options.validation = eg::Dataset{-data.x, data.y};
    std::vector<double> backwards = line.inputs[3].values;
    std::reverse(backwards.begin(), backwards.end());
    options.validation_sample_weight = eg::from_vector(backwards);
  }
  if (!by_class) {
    options.sample_weight = weights;
  }
  const train::History history = train::fit(model, data, sgd, loss, options);
  for (const std::size_t i : {0U, 1U}) {
    const std::string prefix = i == 0 ? "" : "val_";
    check_close(history[prefix + "loss"], line.outputs[3 * i].values);
    check_close(history[prefix + metric], line.outputs[3 * i + 1].values);
    check_close(history[prefix + "weighted_" + metric], line.outputs[3 * i + 2].values);
  }
  check_close(eg::to_vector<double>(w), line.outputs[6].values);
  const auto evaluated = train::evaluate(model, data, plain,
                                         {.batch_size = options.batch_size,
                                          .metrics = metrics,
                                          .sample_weight = weights,
                                          .weighted_metrics = metrics});
  check_close({evaluated.loss, evaluated[metric], evaluated["weighted_" + metric]},
              line.outputs[7].values);
}

}  // namespace

TEST_CASE("sample weights: losses, metrics and steps equal Keras's", "[train][sample_weight]") {
  const auto lines = reference::read("sample_weights.txt");
  REQUIRE(lines.size() == 7);
  const auto same = [](const eg::Tensor<double>& z) { return z; };
  const auto sigmoid = [](const eg::Tensor<double>& z) { return eg::sigmoid(z); };
  const train::BinaryCrossEntropy binary;
  const train::CrossEntropy several;
  const train::MeanSquaredError squares;
  check_line<double>(lines[0], sigmoid, binary, binary);
  check_line<double>(lines[1], sigmoid, binary, binary);
  check_line<std::int64_t>(lines[2], same, several, several);
  check_line<std::int64_t>(lines[3], same, several, several);
  check_line<double>(lines[4], same, squares, squares);
  const train::ClassWeighted weighted_binary(binary, lines[5].inputs[4].values);
  check_line<double>(lines[5], sigmoid, weighted_binary, binary);
  const train::ClassWeighted weighted_several(several, lines[6].inputs[4].values);
  check_line<std::int64_t>(lines[6], same, weighted_several, weighted_several);
}

TEST_CASE("sample weights: go with their samples when those are shuffled",
          "[train][sample_weight]") {
  // A weight of 0 and a sample that is not there are the same to the sum of the gradients.
  const auto data = line_data(8);
  const auto odd = eg::tensor<double>({1, 0, 1, 0, 1, 0, 1, 0});
  const auto run = [](const eg::Dataset<double, double>& part, const eg::Tensor<double>& weights,
                      eg::Index batch_size, double rate) {
    LinearModel model;
    eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = rate});
    static_cast<void>(train::fit(
        model, part, sgd, train::MeanSquaredError{},
        {.epochs = 3, .batch_size = batch_size, .sample_weight = weights, .verbose = silent}));
    return model.w.item();
  };
  const std::vector<eg::Index> rows{0, 2, 4, 6};
  const eg::Dataset kept{eg::take_rows(data.x, rows), eg::take_rows(data.y, rows)};
  // The mean divides by 8 samples here, by 4 there.
  CHECK(reference::close(run(data, odd, 8, 0.02), run(kept, {}, 4, 0.01), 1e-14, 0));
  CHECK(run(data, odd, 3, 0.02) != run(data, {}, 3, 0.02));
  CHECK(run(data, eg::ones<double>({8}), 3, 0.01) == run(data, {}, 3, 0.01));
}

TEST_CASE("sample weights: metrics by hand", "[train][sample_weight]") {
  LinearModel model;
  model.w.assign(eg::tensor<double>({1.0}, {1, 1}));
  const auto data = line_data(3);  // errors 2, 4, 6; targets 3, 6, 9
  const auto result =
      train::evaluate(model, data, train::MeanAbsoluteError{},
                      {.batch_size = 2,
                       .metrics = {train::mean_absolute_error()},
                       .sample_weight = eg::tensor<double>({1, 0, 3}),
                       .weighted_metrics = {train::mean_absolute_error(),
                                            train::root_mean_squared_error(), train::r2()}});
  CHECK(reference::close(result.loss, (2 + 3 * 6) / 3.0, 1e-15, 0));
  CHECK(result["mae"] == 4);
  CHECK(result["weighted_mae"] == (2 + 3 * 6) / 4.0);
  CHECK(reference::close(result["rmse"], std::sqrt((4 + 3 * 36) / 4.0), 1e-15, 0));
  // Mean target (3 + 27) / 4 = 7.5; deviations 4.5^2 + 3 * 1.5^2 = 27.
  CHECK(reference::close(result["r2"], 1 - 112.0 / 27, 1e-14, 0));
  const auto p = eg::tensor<float>({0.9F, 0.8F, 0.7F, 0.2F});
  const auto y = eg::tensor<float>({1, 0, 1, 1});
  const auto of = [&](train::Metric metric) {
    eg::detail::MetricTotals totals(metric);
    totals.add(p, y, eg::tensor<float>({1, 2, 3, 4}));
    return totals.value();
  };
  CHECK(of(train::precision()) == 4.0 / 6);
  CHECK(of(train::recall()) == 4.0 / 8);
  CHECK(of(train::f1()) == 2.0 * (2.0 / 3) * 0.5 / (2.0 / 3 + 0.5));
  CHECK_THROWS_TEXT(
      eg::detail::MetricTotals(train::accuracy()).add(p, y, eg::tensor<float>({1, 2})),
      eg::ShapeError, "accuracy: prediction is (4,), sample_weight is (2,)");
}

TEST_CASE("sample weights: no heap call in a warm step", "[train][sample_weight]") {
  struct Watch final : train::Callback<double> {
    eg::Index before = 0;
    eg::Index calls = 0;
    void on_epoch_begin(train::TrainingState<double>& /*state*/) override {
      before = eg::testing::heap_calls();
    }
    void on_batch_end(train::TrainingState<double>& state) override {
      calls += state.epoch > 1 ? eg::testing::heap_calls() - before : 0;
      before = eg::testing::heap_calls();
    }
  } watch;
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-4});
  static_cast<void>(train::fit(model, line_data(40), sgd, train::MeanSquaredError{},
                               {.epochs = 3,
                                .batch_size = 8,
                                .sample_weight = eg::ones<double>({40}),
                                .weighted_metrics = {train::mean_absolute_error()},
                                .callbacks = {&watch},
                                .verbose = silent}));
  CHECK(watch.calls == 0);
}

TEST_CASE("sample weights: what they refuse", "[train][sample_weight]") {
  LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 0.1});
  const auto data = line_data(4);
  const train::MeanSquaredError mse;
  const auto fit = [&](const auto& loss, train::FitOptions<double, double> options) {
    options.verbose = silent;
    static_cast<void>(train::fit(model, data, sgd, loss, options));
  };
  const auto two = eg::ones<double>({2});
  const auto four = eg::ones<double>({4});
  CHECK_THROWS_TEXT(fit(mse, {.sample_weight = two}), eg::ShapeError,
                    "fit: sample_weight is (2,), expected (4,)");
  CHECK_THROWS_TEXT(fit(mse, {.sample_weight = eg::ones<double>({4, 1})}), eg::ShapeError,
                    "fit: sample_weight is (4, 1), expected (4,)");
  CHECK_THROWS_TEXT(fit(mse, {.sample_weight = eg::tensor<double>({1, 1, -2, 1})}), eg::ValueError,
                    "fit: sample_weight -2 at row 2 is outside [0, inf)");
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_TEXT(fit(mse, {.sample_weight = eg::tensor<double>({infinity, 1, 1, 1})}),
                    eg::ValueError, "fit: sample_weight inf at row 0 is outside [0, inf)");
  CHECK_THROWS_TEXT(fit(mse, {.validation_sample_weight = four}), eg::ValueError,
                    "fit: validation_sample_weight was given without validation data");
  CHECK_THROWS_TEXT(fit(mse, {.validation = data, .validation_sample_weight = two}), eg::ShapeError,
                    "fit: sample_weight is (2,), expected (4,)");
  const auto own = [](const auto& p, const auto& t) { return eg::mean_squared_error(p, t); };
  CHECK_THROWS_TEXT(fit(own, {.sample_weight = four}), eg::ValueError,
                    "fit: sample_weight was given, but the loss takes no weights");
  CHECK_THROWS_TEXT(fit(train::ClassWeighted(mse, {1.0, 2.0}), {.sample_weight = four}),
                    eg::ValueError, "fit: both sample_weight and class weights were given");
  CHECK(model.calls == 0);
  CHECK_THROWS_TEXT(train::evaluate(model, data, mse, {.sample_weight = two}), eg::ShapeError,
                    "evaluate: sample_weight is (2,), expected (4,)");
  CHECK_THROWS_TEXT(train::evaluate(model, data, own, {.sample_weight = four}), eg::ValueError,
                    "evaluate: sample_weight was given, but the loss takes no weights");
}
