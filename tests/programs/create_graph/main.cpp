// An op has its rule if any unit that applies it includes transforms.hpp, whatever the order of
// linking; else create_graph refuses it by name.

#include "unit.hpp"

#include <eigengrad/base/error.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

namespace eg = eigengrad;

namespace {

int failures = 0;

void expect(bool condition, std::string_view what) {
  if (!condition) {
    std::printf("failed: %.*s\n", static_cast<int>(what.size()), what.data());
    ++failures;
  }
}

/// The second derivative of f at 0.4, or the text of the error.
template <class F>
std::string second_derivative(const F& f, double expected) {
  eg::Tape tape;
  const auto x = tape.watch(eg::scalar(0.4));
  try {
    const auto first = tape.gradients(f(x), {x}, {.create_graph = true})[0];
    const double second = tape.gradients(first, {x})[0].item();
    return std::abs(second - expected) < 1e-14 ? "as expected" : std::to_string(second);
  } catch (const eg::Error& error) {
    return error.what();
  }
}

}  // namespace

int main() {
#if defined(WITHOUT_TRANSFORMS)
  expect(second_derivative(plain_tanh, 0) ==
             "gradients: create_graph needs a unit of the program to include "
             "eigengrad/transforms.hpp",
         "a program without the header");
  eg::Tape tape;
  const auto x = tape.watch(eg::scalar(0.4));
  try {
    static_cast<void>(eg::grad(plain_tanh, x));
    expect(false, "a gradient inside a tape that records it");
  } catch (const eg::TapeError& error) {
    expect(std::string_view(error.what()) ==
               "grad: inside the scope of a tape that records it, a gradient must be recorded too; "
               "include eigengrad/transforms.hpp, or open a NoGrad scope",
           "a gradient inside a tape that records it");
  }
  const eg::NoGrad no_grad;
  expect(std::abs(eg::grad(plain_tanh, x).item() - (1 - std::tanh(0.4) * std::tanh(0.4))) < 1e-15,
         "a gradient under NoGrad");
#else
  const double t = std::tanh(0.4);
  const double second = -2 * t * (1 - t * t);
  expect(second_derivative(tanh_with_rule, second) == "as expected", "tanh of a unit with rules");
  expect(second_derivative(plain_tanh, second) == "as expected", "tanh of a unit without");
  expect(second_derivative(plain_expm1, 0) ==
             "expm1: not twice differentiable here: the unit that applied it does not include "
             "eigengrad/transforms.hpp",
         "an op that no unit with rules applies");
  expect(second_derivative(buffered, 0) ==
             "buffered: not twice differentiable: its vjp is not written on tensors",
         "an op without a rule");
#endif
  return failures == 0 ? 0 : 1;
}
