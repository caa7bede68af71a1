// Trains a small model with what eigengrad::compiled holds, beside a layer and an op of the
// program's own.

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>

#include <cstdint>
#include <cstdio>

namespace eg = eigengrad;

namespace {

struct Cube {
  template <eg::FloatScalar T>
  eg::Tensor<T> operator()(const eg::Tensor<T>& x) const {
    return x * x * x;
  }
};

}  // namespace

int main() {
#if !defined(EIGENGRAD_COMPILED)
#error "the target does not say that it is linked"
#endif
  const auto iris = eg::datasets::iris<double>();
  const auto split = eg::train_test_split(iris.x, iris.y, {.test_size = 0.2, .random_state = 42});
  eg::Standardizer<double> scale;
  const eg::Dataset train{scale.fit_transform(split.x_train), split.y_train};
  const eg::Dataset test{scale.transform(split.x_test), split.y_test};
  eg::nn::Sequential<double> model(
      {eg::nn::Dense(4, 16), eg::nn::Tanh(), Cube{}, eg::nn::Dense(16, 3)}, {.seed = 1});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 0.01});
  eg::train::fit(model, train, adam, eg::train::CrossEntropy{},
                 {.epochs = 30, .verbose = eg::train::Verbosity::silent});
  const auto result = eg::train::evaluate(model, test, eg::train::CrossEntropy{},
                                          {.metrics = {eg::train::accuracy()}});
  if (!(result["accuracy"] > 0.85)) {
    std::printf("consumer: accuracy %g\n", result["accuracy"]);
    return 1;
  }
  // Declared here, defined in the library alone.
  eg::save_csv("consumer.csv", eg::tensor<std::int64_t>({{1, 2}, {3, 4}}), {"a", "b"});
  if (eg::load_csv<double>("consumer.csv").at(1, 0) != 3.0 ||
      eg::read_csv("consumer.csv").column_names[1] != "b") {
    std::puts("consumer: wrong values from a file");
    return 1;
  }
  std::puts("consumer: ok");
  return 0;
}
