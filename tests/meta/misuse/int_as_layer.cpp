// An int where a layer is wanted.
// says: a layer is a callable Tensor<T> -> Tensor<T>, or has a template Layer<T>

#include <eigengrad/eigengrad.hpp>

namespace eg = eigengrad;

int main() {
  const eg::nn::Sequential<float> model({eg::nn::Dense(30, 128), 64, eg::nn::Dense(128, 1)});
  return static_cast<int>(model.size());
}
