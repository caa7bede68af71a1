// check_gradients as a user calls it. The program has the op suite too, whose tape refuses ops that
// are not listed: so they are listed here, without cases.

// clang-format off: before the ops
#include <eigengrad/testing/op_list.hpp>
// clang-format on

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/testing/check_gradients.hpp>

#include <support/catch.hpp>

#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Tensor;
using Inputs = std::vector<Tensor<double>>;

TEST_CASE("check_gradients: passes a composite of several inputs", "[testing]") {
  const Inputs inputs = {eg::tensor<double>({{1, 2, 3}, {4, 5, 6}}),
                         eg::tensor<double>({{1, -1}, {0.5, 2}, {3, 0.25}}),
                         eg::tensor<double>({0.5, -0.5})};
  const auto f = [](const Inputs& in) { return eg::tanh(eg::linear(in[0], in[1], in[2]) / 8); };
  const eg::testing::GradientReport report = eg::testing::check_gradients(f, inputs);
  CHECK(report.passed());
  CHECK(report.message.empty());
}

TEST_CASE("check_gradients: names input, position and both numbers", "[testing]") {
  // The value is x^2, the gradient that of x: half of the square's is left out at x = 1 and 2.
  const auto f = [](const Inputs& in) {
    const Tensor<double> frozen = eg::detach(in[1]);
    return in[0] + frozen * in[1];
  };
  const Inputs inputs = {eg::zeros<double>({2}), eg::tensor<double>({1, 2})};
  const eg::testing::GradientReport report = eg::testing::check_gradients(f, inputs);
  CHECK_FALSE(report);
  const std::string start = "gradient of input 1 (2,) at (0,), where it is 1: ";
  CHECK(report.message.substr(0, start.size()) == start);
  CHECK_THAT(report.message, Catch::Matchers::ContainsSubstring(" by backward, "));
  CHECK_THAT(report.message, Catch::Matchers::ContainsSubstring("; so are 1 more of 2"));
}

TEST_CASE("check_gradients: a NaN gradient does not pass", "[testing]") {
  const auto f = [](const Inputs& in) { return eg::sqrt(in[0] * 0 - 1); };
  CHECK_FALSE(eg::testing::check_gradients(f, {eg::tensor<double>({1, 2})}));
}

TEST_CASE("check_gradients: leaves the inputs alone and takes options", "[testing]") {
  const Inputs inputs = {eg::tensor<double>({0.5, 0.25})};
  const auto f = [](const Inputs& in) { return eg::abs(in[0] - 0.2); };
  CHECK(eg::testing::check_gradients(f, inputs));
  // A step across the kink at 0.2 makes it fail, a tolerance for that lets it pass.
  CHECK_FALSE(eg::testing::check_gradients(f, inputs, {.step = 0.1}));
  CHECK(eg::testing::check_gradients(f, inputs, {.step = 0.1, .absolute = 2}));
  CHECK(eg::to_vector(inputs[0]) == std::vector<double>{0.5, 0.25});
}

TEST_CASE("check_gradients: the Jacobian shows what a sum of large terms hides", "[testing]") {
  // The second result is x^2 with the gradient of x: 1 instead of 2, next to a million.
  const auto f = [](const Inputs& in) {
    return in[0] * eg::tensor<double>({1e6, 0}) +
           eg::detach(in[0]) * in[0] * eg::tensor<double>({0, 1});
  };
  const Inputs inputs = {eg::tensor<double>({1}, {1})};
  CHECK(eg::testing::check_gradients(f, inputs));
  const eg::testing::GradientReport report =
      eg::testing::check_gradients(f, inputs, {.jacobian = true});
  const std::string start =
      "Jacobian of the result (2,) at (1,) by input 0 (1,) at (0,): 1 by backward, ";
  CHECK(report.message.substr(0, start.size()) == start);
  CHECK(eg::testing::check_gradients([](const Inputs& in) { return eg::exp(in[0]); },
                                     {eg::tensor<double>({{1, 2}, {3, 4}})}, {.jacobian = true}));
}
