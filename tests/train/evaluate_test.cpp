#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using Catch::Matchers::WithinRel;
using train_tests::line_data;
using train_tests::LinearModel;

TEST_CASE("evaluate: the loss over all rows whatever the batch size", "[train][evaluate]") {
  LinearModel model;
  const auto data = line_data(5);  // w = 0: mean of 9 x^2 over 1..5 is 99
  for (const eg::Index batch_size : {1, 2, 3, 5, 100}) {
    const auto result =
        train::evaluate(model, data, train::MeanSquaredError{},
                        {.batch_size = batch_size, .metrics = {train::mean_absolute_error()}});
    CHECK_THAT(result.loss, WithinRel(99.0, 1e-14));
    CHECK_THAT(result["mae"], WithinRel(9.0, 1e-14));
  }
}

TEST_CASE("evaluate: an unknown metric is refused", "[train][evaluate]") {
  LinearModel model;
  const auto result = train::evaluate(model, line_data(2), train::MeanSquaredError{});
  CHECK_THROWS_TEXT(result["accuracy"], eg::ValueError,
                    "Evaluation: no metric 'accuracy' was evaluated");
}

TEST_CASE("evaluate: refuses no rows, bad batch sizes and losses without a scalar",
          "[train][evaluate]") {
  LinearModel model;
  const train::MeanSquaredError mse;
  const eg::Dataset<double, double> empty{eg::zeros<double>({0, 1}), eg::zeros<double>({0, 1})};
  CHECK_THROWS_TEXT(train::evaluate(model, empty, mse), eg::ValueError,
                    "evaluate: the data has no rows");
  CHECK_THROWS_TEXT(train::evaluate(model, line_data(2), mse, {.batch_size = 0}), eg::ValueError,
                    "evaluate: batch size is not positive: 0");
  CHECK_THROWS_TEXT(
      train::evaluate(model, line_data(2), [](const auto& p, const auto& t) { return p - t; }),
      eg::ShapeError, "evaluate: the loss gave (2, 1), expected a scalar");
}

TEST_CASE("predict: all rows in order, in batches", "[train][evaluate]") {
  LinearModel model;
  model.w.assign(eg::tensor<double>({3.0}, {1, 1}));
  const auto data = line_data(7);
  const auto y = train::predict(model, data.x, 3);
  CHECK(model.calls == 3);
  CHECK(eg::equal(y, eg::detail::packed(data.y)));
  CHECK_THROWS_TEXT(train::predict(model, data.x, 0), eg::ValueError,
                    "predict: batch size is not positive: 0");
  CHECK_THROWS_TEXT(train::predict(model, eg::zeros<double>({0, 1})), eg::ValueError,
                    "predict: the data has no rows");
}

TEST_CASE("evaluate, predict: dropout is off, the mode comes back, nothing is recorded",
          "[train][evaluate]") {
  eg::nn::Sequential<float> model({eg::nn::Dense(4, 8), eg::nn::Dropout(0.5), eg::nn::Dense(8, 1)},
                                  {.seed = 3});
  const auto x = eg::ones<float>({6, 4});
  const eg::Tape tape;
  CHECK(model.is_training());
  const auto first = train::predict(model, x);
  CHECK(eg::equal(first, train::predict(model, x, 2)));
  static_cast<void>(
      train::evaluate(model, eg::Dataset{x, eg::zeros<float>({6, 1})}, train::MeanSquaredError{}));
  CHECK(model.is_training());
  CHECK(tape.size() == 0);
  model.eval();
  static_cast<void>(train::predict(model, x));
  CHECK_FALSE(model.is_training());
}
