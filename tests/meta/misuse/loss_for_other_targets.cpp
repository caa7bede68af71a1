// A loss that wants targets of the predictions' type, given class indices by evaluate().
// says: those of train/loss.hpp but CrossEntropy want Y = T: see cast<T>()

#include <eigengrad/eigengrad.hpp>

namespace eg = eigengrad;

int main() {
  eg::nn::Sequential<float> model({eg::nn::Dense(2, 1)});
  const eg::Dataset data{eg::ones<float>({4, 2}), eg::zeros<eg::Index>({4, 1})};
  return eg::train::evaluate(model, data, eg::train::BinaryCrossEntropy{}).loss > 0 ? 1 : 0;
}
