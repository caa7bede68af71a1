#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/weights.hpp>
#include <eigengrad/torch.hpp>

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
  eg::nn::Sequential<float> model(
      {eg::torch::Linear(30, 64), eg::nn::ReLU(), eg::nn::Dropout(0.2), eg::torch::Linear(64, 1)},
      {.seed = 42});
  std::printf("%s", model.summary().c_str());
  // 7
  auto adam = eg::torch::Adam(model.parameters(), {.learning_rate = 1e-3});
  const eg::torch::BCEWithLogitsLoss criterion;
  // 8
  eg::DataLoader loader(train,
                        {.batch_size = 32, .seed = 42, .order = eg::torch::data_loader_order});
  for (int epoch = 0; epoch < 20; ++epoch) {
    double sum = 0;
    model.train();
    for (const auto& [xb, yb] : loader) {
      eg::Tape tape;
      const auto loss = criterion(model(xb), yb);
      tape.backward(loss);
      adam.step();
      sum += static_cast<double>(loss.item()) * static_cast<double>(xb.shape()[0]);
    }
    std::printf("epoch %d loss %.4f\n", epoch + 1, sum / static_cast<double>(loader.rows()));
  }
  // 9
  model.eval();
  const eg::NoGrad no_grad;
  const auto logits = model(test.x);
  const double loss = static_cast<double>(criterion(logits, test.y).item());
  const double accuracy = eg::train::evaluate(model, test, criterion,
                                              {.metrics = {eg::train::accuracy(0.0)}})["accuracy"];
  std::printf("test loss %.4f, accuracy %.4f\n", loss, accuracy);
  // 10
  const auto p = eg::sigmoid(logits);
  // 11
  eg::save_weights("model.safetensors", model.parameters());
  eg::load_weights("model.safetensors", model.parameters());
  const auto again = eg::sigmoid(model(test.x));
  return eg::to_vector(p) == eg::to_vector(again) && accuracy > 0.9 ? 0 : 1;
}
