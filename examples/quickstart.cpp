#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>

#include <cstdio>

namespace eg = eigengrad;

int main() {
  const auto cancer = eg::datasets::breast_cancer<float>();
  auto split = eg::train_test_split(cancer.x, cancer.y, {.test_size = 0.2, .random_state = 42});
  eg::Standardizer<float> scale;
  const eg::Dataset train{scale.fit_transform(split.x_train),
                          eg::reshape(eg::cast<float>(split.y_train), {-1, 1})};
  const eg::Dataset test{scale.transform(split.x_test),
                         eg::reshape(eg::cast<float>(split.y_test), {-1, 1})};

  eg::nn::Sequential<float> model({eg::nn::Dense(30, 128), eg::nn::ReLU(), eg::nn::Dense(128, 64),
                                   eg::nn::ReLU(), eg::nn::Dense(64, 1), eg::nn::Sigmoid()},
                                  {.seed = 42});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 1e-3});
  eg::train::fit(model, train, adam, eg::train::BinaryCrossEntropy{},
                 {.epochs = 10, .validation_split = 0.1, .metrics = {eg::train::accuracy()}});
  const auto result = eg::train::evaluate(model, test, eg::train::BinaryCrossEntropy{},
                                          {.metrics = {eg::train::accuracy()}});
  std::printf("test accuracy %.4f\n", result["accuracy"]);
}
