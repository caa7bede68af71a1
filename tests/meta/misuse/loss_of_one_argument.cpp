// A loss that takes no target, given to fit().
// says: a loss is a callable (Tensor<T> prediction, Tensor<Y> target) -> Tensor<T>

#include <eigengrad/eigengrad.hpp>

namespace eg = eigengrad;

int main() {
  eg::nn::Sequential<float> model({eg::nn::Dense(2, 1)});
  const eg::Dataset data{eg::ones<float>({4, 2}), eg::ones<float>({4, 1})};
  eg::optim::Adam adam(model.parameters());
  eg::train::fit(model, data, adam, [](const eg::Tensor<float>& y) { return eg::mean(y); });
}
