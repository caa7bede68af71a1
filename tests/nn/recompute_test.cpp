// A Sequential in segments: which there may be, and what they save.

#include <eigengrad/memory/pool.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/recompute.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <vector>

using namespace eigengrad;
namespace nn = eigengrad::nn;

namespace {

/// The largest number of bytes in use during a forward and a backward pass of a deep MLP, beyond
/// those before it.
Index peak_bytes(Index depth, Index segments) {
  std::vector<nn::LayerSpec<float>> layers;
  for (Index i = 0; i < depth; ++i) {
    layers.emplace_back(nn::Dense(16, 16));
    layers.emplace_back(nn::Tanh());
  }
  const nn::Sequential<float> model(layers, {.seed = 1});
  const auto x = uniform<float>({512, 16}, -1.F, 1.F, {1, 1});
  std::int64_t peak = 0;
  for (int warm = 0; warm < 2; ++warm) {  // the first allocates the parameters' gradients
    detail::PoolState& pool = detail::pool_state;
    const std::int64_t before = pool.live;
    pool.peak = before;
    Tape tape;
    tape.backward(sum(segments == 0 ? model(x) : nn::recompute_sequential(model, segments, x)));
    peak = pool.peak - before;
  }
  return static_cast<Index>(peak);
}

}  // namespace

TEST_CASE("recompute_sequential: memory falls as the square root of the depth", "[nn][recompute]") {
  const Index activation = 512 * 16 * 4;
  const Index plain_16 = peak_bytes(16, 0);
  const Index plain_64 = peak_bytes(64, 0);
  const Index cut_16 = peak_bytes(16, 4);
  const Index cut_64 = peak_bytes(64, 8);
  const Index cut_256 = peak_bytes(256, 16);
  INFO("in activations: " << plain_16 / activation << " " << plain_64 / activation << ", cut "
                          << cut_16 / activation << " " << cut_64 / activation << " "
                          << cut_256 / activation);
  // Four times the depth: four times the memory without segments, twice with sqrt(depth) of them.
  CHECK_THAT(static_cast<double>(plain_64) / static_cast<double>(plain_16),
             Catch::Matchers::WithinAbs(4, 0.5));
  CHECK_THAT(static_cast<double>(cut_64) / static_cast<double>(cut_16),
             Catch::Matchers::WithinAbs(2, 0.3));
  CHECK_THAT(static_cast<double>(cut_256) / static_cast<double>(cut_64),
             Catch::Matchers::WithinAbs(2, 0.3));
  // Each layer saves two activations; sqrt(64) layers and the borders are 24 of 128.
  CHECK(static_cast<double>(plain_64) / static_cast<double>(cut_64) > 3.5);
}

TEST_CASE("recompute_sequential: one to as many segments as layers", "[nn][recompute]") {
  const nn::Sequential<float> model({nn::Dense(2, 3), nn::ReLU()});
  const auto x = zeros<float>({1, 2});
  CHECK_THROWS_TEXT(nn::recompute_sequential(model, 0, x), ValueError,
                    "recompute_sequential: expected 1 to 2 segments, one a layer, got 0");
  CHECK_THROWS_TEXT(nn::recompute_sequential(model, 3, x), ValueError,
                    "recompute_sequential: expected 1 to 2 segments, one a layer, got 3");
  CHECK_THROWS_TEXT(model.apply(x, 1, 3), IndexError,
                    "Sequential: no layers [1, 3): the model has 2");
  CHECK(equal(model.apply(model.apply(x, 0, 1), 1, 2), model(x)));
}
