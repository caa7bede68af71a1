// XOR with a bare tape: two Dense layers written as the formulas they are, and gradient descent by
// hand.

#include <eigengrad/eigengrad.hpp>

#include <cstdio>

namespace eg = eigengrad;

int main() {
  const auto x = eg::tensor<float>({{0, 0}, {0, 1}, {1, 0}, {1, 1}});
  const auto y = eg::tensor<float>({{0}, {1}, {1}, {0}});

  eg::Parameter<float> w1("w1", eg::normal<float>({2, 8}, 0.0, 1.0, eg::RandomKey::named(1, "w1")));
  eg::Parameter<float> b1("b1", eg::zeros<float>({8}));
  eg::Parameter<float> w2("w2", eg::normal<float>({8, 1}, 0.0, 1.0, eg::RandomKey::named(1, "w2")));
  eg::Parameter<float> b2("b2", eg::zeros<float>({1}));

  const auto logits = [&](const eg::Tensor<float>& input) {
    return eg::linear(eg::tanh(eg::linear(input, w1, b1)), w2, b2);
  };

  for (int step = 1; step <= 500; ++step) {
    eg::Tape tape;
    const auto loss = eg::binary_cross_entropy_with_logits(logits(x), y);
    tape.backward(loss);
    for (eg::Parameter<float> p : {w1, b1, w2, b2}) {
      p.assign(p - p.gradient() * 0.5);
      p.zero_gradient();
    }
    if (step % 100 == 0) {
      std::printf("step %d: loss %.5f\n", step, static_cast<double>(loss.item()));
    }
  }

  const auto p = eg::sigmoid(logits(x));
  bool learnt = true;
  for (eg::Index i = 0; i < 4; ++i) {
    std::printf("%g xor %g = %.1f\n", static_cast<double>(x.at(i, 0)),
                static_cast<double>(x.at(i, 1)), static_cast<double>(p.at(i, 0)));
    learnt = learnt && (p.at(i, 0) > 0.5F) == (y.at(i, 0) > 0.5F);
  }
  return learnt ? 0 : 1;
}
