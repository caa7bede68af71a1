#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/weights.hpp>
#include <eigengrad/keras.hpp>

#include <cstdio>

namespace eg = eigengrad;

int main() {
  // Stands for your files.
  const auto cancer = eg::datasets::breast_cancer<float>();
  eg::save_npy("x.npy", cancer.x);
  eg::save_npy("y.npy", cancer.y);

  // 1 to 3
  const auto x = eg::load_npy<float>("x.npy");
  const auto labels = eg::load_npy<float>("y.npy");
  const auto y = eg::reshape(labels, {-1, 1});
  // 4
  auto [x_train, x_test, y_train, y_test] =
      eg::train_test_split(x, y, {.test_size = 0.2, .random_state = 42, .stratify = labels});
  // 5
  eg::Standardizer<float> scaler;
  const eg::Dataset train{scaler.fit_transform(x_train), y_train};
  const eg::Dataset test{scaler.transform(x_test), y_test};
  // 6
  eg::nn::Sequential<float> model({eg::keras::Dense(30, 64), eg::nn::ReLU(), eg::nn::Dropout(0.2),
                                   eg::keras::Dense(64, 1), eg::nn::Sigmoid()},
                                  {.seed = 42});
  std::printf("%s", model.summary().c_str());
  // 7
  auto adam = eg::keras::Adam(model.parameters(), {.learning_rate = 1e-3});
  const eg::keras::BinaryCrossentropy loss;
  // 8
  auto stop = eg::keras::EarlyStopping<float>({.patience = 5, .restore_best_weights = true});
  auto plateau = eg::keras::ReduceLROnPlateau<float>({.factor = 0.5, .patience = 2});
  const eg::train::History history = eg::train::fit(model, train, adam, loss,
                                                    {.epochs = 20,
                                                     .batch_size = 32,
                                                     .validation_split = 0.1,
                                                     .metrics = {eg::train::accuracy()},
                                                     .callbacks = {&stop, &plateau}});
  // 9
  const auto result = eg::train::evaluate(model, test, loss, {.metrics = {eg::train::accuracy()}});
  std::printf("epochs %d, test loss %.4f, accuracy %.4f\n",
              static_cast<int>(history["val_loss"].size()), result.loss, result["accuracy"]);
  // 10
  const auto p = eg::train::predict(model, test.x);
  // 11
  eg::save_weights("model.safetensors", model.parameters());
  eg::load_weights("model.safetensors", model.parameters());
  const auto again = eg::train::predict(model, test.x);
  return eg::to_vector(p) == eg::to_vector(again) && result["accuracy"] > 0.9 ? 0 : 1;
}
