// Handwritten digits (8x8 pixels, ten classes) with softmax cross entropy, the Keras way: fit,
// evaluate, predict.

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>

#include <cstdio>

namespace eg = eigengrad;

int main() {
  const auto digits = eg::datasets::digits<float>();
  const auto split =
      eg::train_test_split(digits.x / 16.0, digits.y, {.test_size = 0.2, .random_state = 42});

  eg::nn::Sequential<float> model({eg::nn::Dense(64, 128), eg::nn::ReLU(),  //
                                   eg::nn::Dense(128, 10)},
                                  {.seed = 42});
  std::printf("%s\n", model.summary().c_str());
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 2e-3});
  static_cast<void>(eg::train::fit(model, eg::Dataset{split.x_train, split.y_train}, adam,
                                   eg::train::CrossEntropy{},
                                   {.epochs = 30,
                                    .batch_size = 32,
                                    .validation_split = 0.1,
                                    .metrics = {eg::train::accuracy()}}));

  const auto result =
      eg::train::evaluate(model, eg::Dataset{split.x_test, split.y_test}, eg::train::CrossEntropy{},
                          {.metrics = {eg::train::accuracy()}});
  std::printf("test: loss %.4f accuracy %.4f\n", result.loss, result["accuracy"]);

  const auto first = eg::slice(split.x_test, 0, 0, 5);
  const auto classes = eg::argmax(eg::train::predict(model, first), 1);
  for (eg::Index i = 0; i < 5; ++i) {
    std::printf("digit %d: predicted %d\n", static_cast<int>(split.y_test.at(i)),
                static_cast<int>(classes.at(i)));
  }
  return result["accuracy"] >= 0.96 ? 0 : 1;
}
