// Attributions by gradients: saliency, input x gradient, SmoothGrad and its kin, integrated
// gradients. Against Captum, against sums done by hand, and what they refuse.

#include "explain/trained_models.hpp"
#include "support/catch.hpp"

#include <eigengrad/explain/gradients.hpp>
#include <eigengrad/explain/integrated_gradients.hpp>
#include <eigengrad/explain/noise_tunnel.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/sum.hpp>

#include <limits>
#include <string>

namespace eg = eigengrad;
namespace explain = eigengrad::explain;
namespace nn = eigengrad::nn;
using eg::Tensor;

namespace {

using explain_tests::check_equal;
using explain_tests::for_each_line;
using explain_tests::Trained;

/// f(x) = x0^2 x1, one number a row: the gradient is (2 x0 x1, x0^2).
Tensor<double> cubic(const Tensor<double>& x) {
  const auto x0 = eg::slice(x, 1, 0, 1);
  const auto x1 = eg::slice(x, 1, 1, 2);
  return x0 * x0 * x1;
}
/// As many outputs as inputs: x0 and x1 each times the sum of the row.
Tensor<double> pair(const Tensor<double>& x) {
  return x * eg::sum(x, {1}, eg::KeepDims::yes);
}
const Tensor<double>& two_rows() {
  static const Tensor<double> x = eg::tensor<double>({2, 3, -1, 4}, {2, 2});
  return x;
}
explain::Quadrature method_of(const reference::Line& line) {
  const std::string method = line.attribute("method");
  return method == "gausslegendre"   ? explain::Quadrature::gauss_legendre
         : method == "riemann_left"  ? explain::Quadrature::riemann_left
         : method == "riemann_right" ? explain::Quadrature::riemann_right
                                     : explain::Quadrature::riemann_middle;
}

}  // namespace

TEST_CASE("saliency: Captum's on three models", "[explain]") {
  CHECK(for_each_line("saliency", [](const reference::Line& line, Trained& trained) {
          check_equal(explain::saliency(trained.model, trained.rows(2),
                                        {.target = explain_tests::target_of(line),
                                         .absolute = line.number("absolute") != 0}),
                      line.outputs[0]);
        }) == 8);
}

TEST_CASE("input_x_gradient: Captum's on three models", "[explain]") {
  CHECK(for_each_line("input_x_gradient", [](const reference::Line& line, Trained& trained) {
          check_equal(explain::input_x_gradient(trained.model, trained.rows(2),
                                                {.target = explain_tests::target_of(line)}),
                      line.outputs[0]);
        }) == 4);
}

TEST_CASE("integrated_gradients: Captum's on three models, by every rule", "[explain]") {
  CHECK(for_each_line("integrated_gradients", [](const reference::Line& line, Trained& trained) {
          // 7 steps of 2 rows go in three calls of the model, 50 in one.
          const auto steps = static_cast<eg::Index>(line.number("steps"));
          const auto found =
              explain::integrated_gradients(trained.model, trained.rows(2),
                                            {.target = explain_tests::target_of(line),
                                             .baseline = explain_tests::input_of(line),
                                             .steps = steps,
                                             .method = method_of(line),
                                             .batch_size = steps == 7 ? 6 : 256});
          check_equal(found.attributions, line.outputs[0]);
          check_equal(found.convergence_delta, line.outputs[1]);
        }) == 32);
}

TEST_CASE("integrated_gradients: attributions sum to the difference of outputs within 1 %",
          "[explain]") {
  for (const char* name : {"bce_adam_relu", "mse_sgd_sigmoid", "ce_sgd_nesterov_tanh"}) {
    INFO(name);
    const Trained trained = explain_tests::load(name);
    const bool images = trained.x.rank() == 3;
    const auto target = images ? explain::Target(4) : explain::Target();
    const Tensor<double> x = trained.rows(40);
    // The ReLUs' kinks want more steps than the smooth models.
    const auto found = explain::integrated_gradients(
        [&](const Tensor<double>& rows) { return trained.model(rows); }, x,
        {.target = target, .steps = 400, .tolerance = 0.01});
    CHECK(found.completeness_error() < 0.01);
    const Tensor<double> there = trained.model(x);
    const Tensor<double> here = trained.model(eg::zeros<double>(x.shape()));
    for (eg::Index row = 0; row < 40; ++row) {
      double sum = 0;
      for (const double value : eg::to_vector(eg::detail::selected(found.attributions, 0, row))) {
        sum += value;
      }
      const double difference = there.at(row, images ? 4 : 0) - here.at(row, images ? 4 : 0);
      CHECK(std::abs(sum - difference) <= 0.01 * std::abs(difference));
    }
  }
}

TEST_CASE("noise_tunnel: Captum's three types with the same noise", "[explain]") {
  CHECK(for_each_line("noise_tunnel", [](const reference::Line& line, Trained& trained) {
          const std::string type = line.attribute("type");
          const auto gradient = [&](const Tensor<double>& noisy) {
            return explain::saliency(trained.model, noisy,
                                     {.target = explain_tests::target_of(line), .absolute = false});
          };
          const Tensor<double> noise = explain_tests::input_of(line);
          check_equal(
              explain::noise_tunnel(
                  gradient, trained.rows(2),
                  {.type = type == "smoothgrad"      ? explain::NoiseTunnelType::smooth_grad
                           : type == "smoothgrad_sq" ? explain::NoiseTunnelType::smooth_grad_sq
                                                     : explain::NoiseTunnelType::var_grad,
                   .samples = noise.shape()[0],
                   .noise = noise}),
              line.outputs[0]);
          if (type == "smoothgrad") {
            check_equal(explain::smooth_grad(trained.model, trained.rows(2),
                                             {.target = explain_tests::target_of(line),
                                              .samples = noise.shape()[0],
                                              .noise = noise}),
                        line.outputs[0]);
          }
        }) == 12);
}

TEST_CASE("gradients: of x0^2 x1, done by hand", "[explain]") {
  CHECK(equal(explain::saliency(cubic, two_rows()), eg::tensor<double>({12, 4, 8, 1}, {2, 2})));
  CHECK(equal(explain::saliency(cubic, two_rows(), {.absolute = false}),
              eg::tensor<double>({12, 4, -8, 1}, {2, 2})));
  CHECK(equal(explain::input_x_gradient(cubic, two_rows()),
              eg::tensor<double>({24, 12, 8, 4}, {2, 2})));
  // The gradient of x0 (x0 + x1) is (2 x0 + x1, x0), of x1 (x0 + x1) it is (x1, x0 + 2 x1).
  CHECK(equal(explain::saliency(pair, two_rows(), {.target = 0, .absolute = false}),
              eg::tensor<double>({7, 2, 2, -1}, {2, 2})));
  CHECK(equal(explain::saliency(pair, two_rows(),
                                {.target = eg::tensor<std::int64_t>({1, 0}), .absolute = false}),
              eg::tensor<double>({3, 8, 2, -1}, {2, 2})));
  // A strided view is the tensor that it shows.
  const auto turned = eg::transpose(eg::tensor<double>({2, -1, 3, 4}, {2, 2}));
  CHECK(
      equal(explain::input_x_gradient(cubic, turned), eg::tensor<double>({24, 12, 8, 4}, {2, 2})));
}

TEST_CASE("integrated_gradients: of x0^2 x1, done by hand", "[explain]") {
  // From 0 the gradient at a x is a^2 (2 x0 x1, x0^2), on average a third: two points of
  // Gauss-Legendre are exact. Attributions (2/3, 1/3) x0^2 x1.
  const auto found = explain::integrated_gradients(cubic, two_rows(), {.steps = 2});
  CHECK(allclose(found.attributions, eg::tensor<double>({8, 4, 8. / 3, 4. / 3}, {2, 2}), 1e-14));
  CHECK(equal(found.output_difference, eg::tensor<double>({12, 4})));
  CHECK(found.completeness_error() < 1e-14);
  // The mean of a^2 over 1/4 and 3/4 is 5/16: 1/16 too little, of a third.
  const auto rough = explain::integrated_gradients(
      cubic, two_rows(), {.steps = 2, .method = explain::Quadrature::riemann_middle});
  CHECK_THAT(rough.completeness_error(0), Catch::Matchers::WithinAbs(1. / 16, 1e-14));
  CHECK_THAT(rough.convergence_delta.at(0), Catch::Matchers::WithinAbs(-0.75, 1e-13));
  // At the baseline there is nothing to attribute.
  const auto nothing =
      explain::integrated_gradients(cubic, two_rows(), {.baseline = two_rows(), .tolerance = 0});
  CHECK(equal(nothing.attributions, eg::zeros<double>({2, 2})));
  CHECK(nothing.completeness_error() == 0);
  // Float: every sum is in double.
  const auto single =
      explain::integrated_gradients([](const Tensor<float>& x) { return eg::sum(eg::exp(x), {1}); },
                                    eg::tensor<float>({1, -2, 0.5F}, {1, 3}), {.tolerance = 1e-6});
  CHECK(single.completeness_error() < 1e-6);
}

TEST_CASE("integrated_gradients: a difference of 0 that is missed is infinitely wrong",
          "[explain]") {
  // x0^2 x1 + x0 for x0 = 1, x1 = -1: both outputs are 0, and the left rule misses.
  const auto f = [](const Tensor<double>& x) { return cubic(x) + eg::slice(x, 1, 0, 1); };
  const auto x = eg::tensor<double>({1, -1}, {1, 2});
  const explain::IntegratedGradientsOptions<double> left{
      .steps = 4, .method = explain::Quadrature::riemann_left};
  CHECK(explain::integrated_gradients(f, x, left).completeness_error() ==
        std::numeric_limits<double>::infinity());
}

TEST_CASE("smooth_grad: its noise is of its seed, and more samples begin like fewer", "[explain]") {
  const auto x = eg::tensor<double>({0.5, -1}, {1, 2});
  std::vector<std::vector<double>> seen;
  const auto watch = [&](const Tensor<double>& noisy) {
    seen.push_back(eg::to_vector(noisy));
    return noisy;
  };
  static_cast<void>(explain::noise_tunnel(watch, x, {.samples = 2, .seed = 7}));
  static_cast<void>(explain::noise_tunnel(watch, x, {.samples = 3, .seed = 7}));
  REQUIRE(seen.size() == 5);
  CHECK(seen[0] == seen[2]);
  CHECK(seen[1] == seen[3]);
  CHECK(seen[0] != seen[1]);
  static_cast<void>(explain::noise_tunnel(watch, x, {.samples = 1, .seed = 8}));
  CHECK(seen[0] != seen[5]);
  // The gradient of a linear function is the same everywhere; without noise it is saliency's.
  const auto linear = [](const Tensor<double>& rows) {
    return eg::slice(rows, 1, 0, 1) * 3 - eg::slice(rows, 1, 1, 2);
  };
  CHECK(allclose(explain::smooth_grad(linear, x), eg::tensor<double>({3, -1}, {1, 2}), 1e-15));
  CHECK(equal(explain::smooth_grad(cubic, two_rows(), {.samples = 1, .standard_deviation = 0}),
              explain::saliency(cubic, two_rows(), {.absolute = false})));
  // The mean over 20,000 draws of 2 (x0 + e0)(x1 + e1) is 2 x0 x1, to 2 sqrt(x0^2 + x1^2) s / 141.
  const auto mean = explain::smooth_grad(cubic, x, {.samples = 20000, .standard_deviation = 0.5});
  CHECK_THAT(mean.at(0, 0), Catch::Matchers::WithinAbs(-1, 0.05));
}

TEST_CASE("explain: a model is explained in evaluation mode and left as it was", "[explain]") {
  nn::Sequential<double> model({nn::Dense(2, 16), nn::Tanh(), nn::Dropout(0.5), nn::Dense(16, 1)},
                               {.seed = 3});
  const auto once = explain::saliency(model, two_rows());
  CHECK(model.is_training());
  CHECK(equal(explain::saliency(model, two_rows()), once));
  model.eval();
  CHECK(equal(explain::saliency(model, two_rows()), once));
  CHECK_FALSE(model.is_training());
  const nn::Sequential<double>& constant = model;
  CHECK(equal(explain::saliency(constant, two_rows()), once));
  model.train();
  CHECK_THROWS_TEXT(explain::saliency(constant, two_rows()), eg::ValueError,
                    "saliency: the model is const and in training mode; call eval() first");
  CHECK_FALSE(model.parameter("0.weight").has_gradient());
}

TEST_CASE("explain: inside a tape's scope nothing is recorded", "[explain]") {
  const nn::Sequential<double> model({nn::Dense(2, 1)});
  const auto f = [&](const Tensor<double>& x) { return model(x); };
  eg::Tape tape;
  const auto x = tape.watch(two_rows());
  const eg::Index before = tape.size();
  static_cast<void>(explain::saliency(f, x));
  static_cast<void>(explain::integrated_gradients(f, x));
  static_cast<void>(explain::smooth_grad(f, x));
  CHECK(tape.size() == before);
}

TEST_CASE("gradients: what they refuse", "[explain][errors]") {
  const auto x = two_rows();
  CHECK_THROWS_TEXT(explain::saliency(pair, x), eg::ValueError,
                    "saliency: the model gives several outputs for a row; choose one by `target`: "
                    "(2, 2)");
  CHECK_THROWS_TEXT(explain::saliency(pair, x, {.target = 2}), eg::IndexError,
                    "saliency: target 2 is outside [0, 2)");
  CHECK_THROWS_TEXT(explain::saliency(pair, x, {.target = -1}), eg::IndexError,
                    "saliency: target -1 is outside [0, 2)");
  CHECK_THROWS_TEXT(
      explain::input_x_gradient(pair, x, {.target = eg::tensor<std::int64_t>({0, 2})}),
      eg::IndexError, "input_x_gradient: target 2 at row 1 is outside [0, 2)");
  CHECK_THROWS_TEXT(
      explain::input_x_gradient(pair, x, {.target = eg::tensor<std::int64_t>({0, 1, 0})}),
      eg::ShapeError, "input_x_gradient: targets are (3,) for 2 rows");
  CHECK_THROWS_TEXT(explain::saliency(cubic, eg::zeros<double>({0, 2})), eg::ValueError,
                    "saliency: x has no elements: (0, 2)");
  CHECK_THROWS_TEXT(explain::saliency(cubic, eg::scalar(1.0)), eg::ShapeError,
                    "saliency: a scalar has no rows: ()");
  CHECK_THROWS_TEXT(explain::saliency([](const auto& in) { return eg::sum(in); }, x),
                    eg::ShapeError, "saliency: the model gave () for 2 rows");
  CHECK_THROWS_TEXT(explain::saliency(
                        [](const auto& in) {
                          return eg::reshape(in, {2, 1, 2});
                        },
                        x, {.target = 0}),
                    eg::ShapeError,
                    "saliency: the model gave (2, 1, 2), expected (rows,) or (rows, outputs)");
  CHECK_THROWS_TEXT(explain::integrated_gradients(cubic, x, {.steps = 0}), eg::ValueError,
                    "integrated_gradients: steps is not positive: 0");
  CHECK_THROWS_TEXT(explain::integrated_gradients(cubic, x, {.batch_size = 0}), eg::ValueError,
                    "integrated_gradients: batch size is not positive: 0");
  CHECK_THROWS_TEXT(explain::integrated_gradients(cubic, x, {.baseline = eg::zeros<double>({3})}),
                    eg::ShapeError, "integrated_gradients: cannot expand (3,) to (2, 2)");
  CHECK_THROWS_TEXT(
      explain::integrated_gradients(
          cubic, x, {.steps = 1, .method = explain::Quadrature::riemann_middle, .tolerance = 0.01}),
      eg::ValueError,
      "integrated_gradients: attributions of row 0 sum to 9, the outputs differ by 12; give more "
      "than 1 steps");
  CHECK_THROWS_TEXT(explain::smooth_grad(cubic, x, {.samples = 0}), eg::ValueError,
                    "smooth_grad: samples is not positive: 0");
  CHECK_THROWS_TEXT(explain::smooth_grad(cubic, x, {.standard_deviation = -1}), eg::ValueError,
                    "smooth_grad: standard deviation is not a finite number >= 0: -1");
  CHECK_THROWS_TEXT(explain::smooth_grad(cubic, x, {.samples = 3, .noise = x}), eg::ShapeError,
                    "smooth_grad: noise is (2, 2) for 3 samples of (2, 2)");
  CHECK_THROWS_TEXT(explain::noise_tunnel([](const auto& in) { return eg::sum(in); }, x),
                    eg::ShapeError, "noise_tunnel: attributions are () for an input (2, 2)");
}
