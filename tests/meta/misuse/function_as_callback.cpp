// A function where fit() wants the address of a callback.
// says: a callback is the address of a train::Callback<T>; train::epoch_hook<T>(function) makes one

#include <eigengrad/eigengrad.hpp>

namespace eg = eigengrad;

int main() {
  eg::nn::Sequential<float> model({eg::nn::Dense(2, 1)});
  const eg::Dataset data{eg::ones<float>({4, 2}), eg::ones<float>({4, 1})};
  eg::optim::Adam adam(model.parameters());
  const auto stop_after_three = [](int epoch) { return epoch < 3; };
  eg::train::fit(model, data, adam, eg::train::MeanSquaredError{},
                 {.callbacks = {stop_after_three}});
}
