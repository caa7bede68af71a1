// The first of two units that include the umbrella: a function of the library that is neither a
// template nor inline fails to link here, and a tape opened in one unit records what the other
// does.

#include <eigengrad/eigengrad.hpp>

#include <cstdio>

namespace eg = eigengrad;

eg::Tensor<double> cube_in_second_unit(const eg::Tensor<double>& x);

int main() {
  const eg::Parameter<double> x("x", eg::tensor<double>({1.0, 2.0, -3.0}));
  eg::Tape tape;
  const auto loss = eg::sum(cube_in_second_unit(x));
  tape.backward(loss);
  const auto gradient = x.gradient();  // 3 x^2
  if (loss.item() != -18.0 || gradient.at(0) != 3.0 || gradient.at(1) != 12.0 ||
      gradient.at(2) != 27.0) {
    std::puts("consumer: wrong gradient");
    return 1;
  }
  std::puts("consumer: ok");
  return 0;
}
