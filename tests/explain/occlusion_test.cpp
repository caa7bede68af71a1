// Occlusion and layer activations: against Captum, by hand, and what they refuse.

#include "explain/trained_models.hpp"
#include "support/catch.hpp"

#include <eigengrad/explain/layer_activation.hpp>
#include <eigengrad/explain/occlusion.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/sum.hpp>

#include <string>
#include <vector>

namespace eg = eigengrad;
namespace explain = eigengrad::explain;
namespace nn = eigengrad::nn;
using eg::Tensor;

namespace {

using explain_tests::check_equal;
using explain_tests::for_each_line;
using explain_tests::Trained;

Tensor<double> total(const Tensor<double>& x) {
  return eg::sum(eg::reshape(x, {x.shape()[0], -1}), {1});
}

}  // namespace

TEST_CASE("occlusion: Captum's on three models", "[explain]") {
  const auto shape = [](const reference::Line& line, const char* key) {
    const std::vector<eg::Index> extents = explain_tests::integers(line, key);
    return eg::Shape(std::span<const eg::Index>(extents));
  };
  CHECK(for_each_line("occlusion", [&](const reference::Line& line, Trained& trained) {
          check_equal(explain::occlusion(trained.model, trained.rows(2),
                                         {.target = explain_tests::target_of(line),
                                          .sliding_window_shape = shape(line, "window"),
                                          .strides = shape(line, "strides"),
                                          .baseline = explain_tests::input_of(line),
                                          .batch_size = 7}),
                      line.outputs[0]);
        }) == 14);
}

TEST_CASE("occlusion: of a sum, done by hand", "[explain]") {
  // Windows of two over four elements lose 1 + 2, 2 + 3 and 3 + 4.
  const auto x = eg::tensor<double>({1, 2, 3, 4}, {1, 4});
  CHECK(equal(explain::occlusion(total, x, {.sliding_window_shape = {2}}),
              eg::tensor<double>({3, 4, 6, 7}, {1, 4})));
  // Steps of two over five: the last window is cut to one element.
  const auto five = eg::tensor<double>({1, 2, 3, 4, 5}, {1, 5});
  CHECK(equal(explain::occlusion(total, five, {.sliding_window_shape = {2}, .strides = {2}}),
              eg::tensor<double>({3, 3, 7, 7, 5}, {1, 5})));
  // A baseline of 10 for the first row and 20 for the second.
  const auto rows = eg::tensor<double>({1, 2, 3, 4}, {2, 2});
  CHECK(equal(explain::occlusion(
                  total, rows,
                  {.sliding_window_shape = {1}, .baseline = eg::tensor<double>({10, 20}, {2, 1})}),
              eg::tensor<double>({-9, -8, -17, -16}, {2, 2})));
}

TEST_CASE("occlusion: what it refuses", "[explain][errors]") {
  const auto x = eg::ones<double>({2, 3, 4});
  const auto with = [&](const eg::Shape& window, const eg::Shape& strides) {
    return explain::occlusion(total, x, {.sliding_window_shape = window, .strides = strides});
  };
  CHECK_THROWS_TEXT(with({2}, {}), eg::ShapeError,
                    "occlusion: window (2,) is not one extent for each axis of a row of (2, 3, 4)");
  CHECK_THROWS_TEXT(
      with({2, 2}, {1}), eg::ShapeError,
      "occlusion: strides (1,) is not one extent for each axis of a row of (2, 3, 4)");
  CHECK_THROWS_TEXT(with({2, 5}, {}), eg::ShapeError,
                    "occlusion: window (2, 5) with strides (1, 1) is empty, larger than a row of "
                    "(2, 3, 4), or steps over elements");
  CHECK_THROWS_AS(with({0, 2}, {}), eg::ShapeError);
  CHECK_THROWS_AS(with({2, 2}, {0, 1}), eg::ShapeError);
  CHECK_THROWS_AS(with({2, 2}, {1, 3}), eg::ShapeError);
  CHECK(with({3, 2}, {5, 2}).shape() == x.shape());  // one step covers the axis: any stride will do
  CHECK_THROWS_TEXT(explain::occlusion(total, x, {.sliding_window_shape = {1, 1}, .batch_size = 0}),
                    eg::ValueError, "occlusion: batch size is not positive: 0");
}

TEST_CASE("layer_activation: Captum's on three models", "[explain]") {
  CHECK(for_each_line("layer_activation", [](const reference::Line& line, Trained& trained) {
          const auto layer = static_cast<eg::Index>(line.number("layer"));
          check_equal(explain::layer_activation(trained.model, trained.rows(2), layer),
                      line.outputs[0]);
          check_equal(explain::layer_activation(trained.model, trained.rows(2),
                                                layer - trained.model.size()),
                      line.outputs[0]);
        }) == 12);
}

TEST_CASE("layer_activation: by name, and what it refuses", "[explain][errors]") {
  nn::Sequential<double> model(
      {nn::Dense(2, 3, {.name = "in"}), nn::ReLU(), nn::Dense(3, 1, {.name = "out"})});
  const auto x = eg::tensor<double>({1, -2}, {1, 2});
  CHECK(equal(explain::layer_activation(model, x, "in"), explain::layer_activation(model, x, 0)));
  CHECK(equal(explain::layer_activation(model, x, "out"), model(x)));
  CHECK_THROWS_TEXT(explain::layer_activation(model, x, "hidden"), eg::ValueError,
                    "layer_activation: no layer is named 'hidden': there are in, out");
  CHECK_THROWS_TEXT(explain::layer_activation(model, x, 3), eg::IndexError,
                    "layer_activation: layer 3 is outside [-3, 3)");
  nn::Sequential<double> unnamed({nn::Dense(2, 1)});
  CHECK_THROWS_TEXT(explain::layer_activation(unnamed, x, "0"), eg::ValueError,
                    "layer_activation: no layer is named '0': there are none with a name");
}
