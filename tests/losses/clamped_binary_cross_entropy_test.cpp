// PyTorch's form of binary cross entropy against PyTorch, at the ends of [0, 1] too.

#include <eigengrad/losses/clamped_binary_cross_entropy.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <cstddef>
#include <vector>

namespace eg = eigengrad;
using eg::LossReduction;

TEST_CASE("clamped binary cross entropy: every value and gradient is PyTorch's",
          "[losses][reference]") {
  int elements = 0;
  for (const reference::Line& line : reference::read("losses.txt", "binary_cross_entropy")) {
    if (line.attribute("convention") != "torch") {
      continue;
    }
    INFO(line.text);
    eg::LossOptions<double> options;
    options.reduction = line.attribute("reduction") == "none"  ? LossReduction::none
                        : line.attribute("reduction") == "sum" ? LossReduction::sum
                                                               : LossReduction::mean;
    eg::Parameter<double> p("p", line.inputs[0].tensor<double>());
    eg::Tape tape;
    const auto loss =
        eg::clamped_binary_cross_entropy<double>(p, line.inputs[1].tensor<double>(), options);
    tape.backward(loss, eg::ones<double>(loss.shape()));
    const auto check = [&](const std::vector<double>& found, const reference::Values& expected) {
      REQUIRE(found.size() == expected.values.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        INFO("element " << i << ": " << found[i] << ", expected " << expected.values[i]);
        CHECK(reference::close(found[i], expected.values[i], 1e-13, 1e-15));
        ++elements;
      }
    };
    check(eg::to_vector(loss), line.outputs[0]);
    check(eg::to_vector(p.gradient()), line.gradients[0]);
  }
  CHECK(elements >= 70);
}

TEST_CASE("clamped binary cross entropy: a sigmoid is not seen through", "[losses]") {
  // At z = -800 sigmoid is 0: PyTorch's loss is 100 there, and its gradient by z is 0.
  eg::Parameter<double> z("z", eg::tensor<double>({-800}));
  eg::Tape tape;
  const auto loss = eg::clamped_binary_cross_entropy(eg::sigmoid<double>(z), eg::ones<double>({1}));
  tape.backward(loss);
  CHECK(loss.item() == 100.0);
  CHECK(z.gradient().at(0) == 0.0);
}

TEST_CASE("clamped binary cross entropy: what it refuses", "[losses]") {
  const auto p = eg::tensor<double>({0.5, 1.5});
  CHECK_THROWS_TEXT(eg::clamped_binary_cross_entropy(p, eg::tensor<double>({0, 1})), eg::ValueError,
                    "clamped_binary_cross_entropy: prediction 1.5 at row 1 is outside [0, 1]; for "
                    "logits there is binary_cross_entropy_with_logits");
  CHECK_THROWS_TEXT(
      eg::clamped_binary_cross_entropy(eg::tensor<double>({0.5}), eg::tensor<double>({2})),
      eg::ValueError, "clamped_binary_cross_entropy: target 2 at row 0 is outside [0, 1]");
  CHECK_THROWS_TEXT(eg::clamped_binary_cross_entropy(p, eg::tensor<double>({0})), eg::ShapeError,
                    "clamped_binary_cross_entropy: target is (1,), prediction is (2,)");
}
