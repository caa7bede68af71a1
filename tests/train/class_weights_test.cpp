// Class weights against Keras's, balanced weights against scikit-learn's, and their refusals.

#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/train/class_weights.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

void check_close(const std::vector<double>& found, const std::vector<double>& expected,
                 double tolerance) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    INFO(found[i] << ", expected " << expected[i]);
    CHECK(reference::close(found[i], expected[i], tolerance, tolerance));
  }
}

/// Trains the one layer of a line, with targets of its own type.
template <class Y, class Activation, class Loss>
void check_line(const reference::Line& line, Activation activation, const Loss& loss) {
  INFO(line.text);
  const eg::Dataset data{line.inputs[0].tensor<double>(), line.inputs[2].tensor<Y>()};
  eg::Parameter<double> w("w", line.inputs[1].tensor<double>());
  const auto model = [&](const eg::Tensor<double>& x) { return activation(eg::matmul(x, w)); };
  eg::optim::SGD<double> sgd({w}, {.learning_rate = line.number("learning_rate")});
  const train::ClassWeighted weighted(loss, line.inputs[3].values);
  const train::History history = train::fit(model, data, sgd, weighted,
                                            {.epochs = static_cast<eg::Index>(line.number("steps")),
                                             .batch_size = data.x.shape()[0],
                                             .validation = data,
                                             .shuffle = false,
                                             .verbose = train::Verbosity::silent});
  constexpr double single = 1e-6;  // Keras computes the losses of fit in float32
  check_close(history["loss"], line.outputs[0].values, single);
  check_close(history["val_loss"], line.outputs[1].values, single);
  check_close(eg::to_vector<double>(w), line.outputs[2].values, single);
  CHECK(train::evaluate(model, data, weighted, {.batch_size = 100}).loss ==
        train::evaluate(model, data, loss, {.batch_size = 100}).loss);
  check_close(
      train::balanced_class_weights(data.y, static_cast<eg::Index>(line.inputs[3].values.size())),
      line.outputs[3].values, 1e-15);
}

}  // namespace

TEST_CASE("class weights: training equals Keras's, validation is not weighted",
          "[train][class_weights]") {
  const auto lines = reference::read("class_weights.txt");
  REQUIRE(lines.size() == 4);
  const auto same = [](const eg::Tensor<double>& z) { return z; };
  const auto sigmoid = [](const eg::Tensor<double>& z) { return eg::sigmoid(z); };
  check_line<double>(lines[0], sigmoid, train::BinaryCrossEntropy{});
  check_line<std::int64_t>(lines[1], same, train::CrossEntropy{});
  check_line<double>(lines[2], same, train::CrossEntropy{});
  check_line<double>(lines[3], same, train::MeanSquaredError{});
}

TEST_CASE("class weights: the losses take weights of samples too", "[train][class_weights]") {
  const auto p = eg::tensor<double>({{0.5}, {3}});
  const auto y = eg::tensor<double>({{0}, {1}});
  const auto w = eg::tensor<double>({2, 0.5});
  CHECK(train::MeanSquaredError{}(p, y, w).item() == (2 * 0.25 + 0.5 * 4) / 2);
  CHECK(train::MeanAbsoluteError{}(p, y, w).item() == (2 * 0.5 + 0.5 * 2) / 2);
  CHECK(train::Huber{1.0}(p, y, w).item() == (2 * 0.125 + 0.5 * 1.5) / 2);
  CHECK(train::BinaryCrossEntropyWithLogits{}(p, y, w).item() ==
        eg::binary_cross_entropy_with_logits(p, y, {.weights = w}).item());
}

TEST_CASE("class weights: what they refuse", "[train][class_weights]") {
  using Weighted = train::ClassWeighted<train::MeanSquaredError>;
  const Weighted loss({}, {1.0, 2.0});
  const auto p = eg::tensor<double>({{0.5}, {3}});
  CHECK_THROWS_TEXT(Weighted({}, {}), eg::ValueError, "ClassWeighted: no weights");
  CHECK_THROWS_TEXT(Weighted({}, {1, -1}), eg::ValueError,
                    "ClassWeighted: weight of class 1 is outside [0, inf): -1");
  CHECK_THROWS_TEXT(loss(p, eg::tensor<double>({{0}, {2}})), eg::ValueError,
                    "ClassWeighted: target 2 at row 1 is no class of [0, 2)");
  CHECK_THROWS_TEXT(loss(p, eg::tensor<double>({{0.5}, {1}})), eg::ValueError,
                    "ClassWeighted: target 0.5 at row 0 is no class of [0, 2)");
  CHECK_THROWS_TEXT(loss(p, eg::tensor<double>({{0, 0, 1}, {1, 0, 0}})), eg::ShapeError,
                    "ClassWeighted: 2 classes, targets are (2, 3)");
  CHECK_THROWS_TEXT(loss(p, eg::scalar<double>(1)), eg::ShapeError,
                    "ClassWeighted: targets are neither (n,), (n, 1) nor (n, classes): ()");
  CHECK_THROWS_TEXT(train::balanced_class_weights(eg::tensor<std::int64_t>({0, 1}), 0),
                    eg::ValueError, "balanced_class_weights: classes is not positive: 0");
  CHECK(train::balanced_class_weights(eg::tensor<std::int64_t>({0, 2, 2, 2}), 3) ==
        std::vector<double>{4.0 / 3.0, 0.0, 4.0 / 9.0});
}
