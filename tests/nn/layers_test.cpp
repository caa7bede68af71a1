// The activations and Flatten as layers, Dropout in both modes, and models of the user's own.

#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/nn/flatten.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace eg = eigengrad;
namespace nn = eigengrad::nn;
using eg::Index;
using eg::Tensor;

namespace {

/// A model of the user: two branches that are added.
struct Branches final : nn::Module<float> {
  explicit Branches(std::uint64_t seed)
      : nn::Module<float>(seed), left_(make("left")), right_(make("right")) {}

  [[nodiscard]] Tensor<float> operator()(const Tensor<float>& x) const override {
    return eg::relu(left_(x)) + right_(x);
  }

 private:
  nn::Dense::Layer<float> make(const char* name) {
    auto layer = builder(name);
    return {nn::Dense(2, 3), layer};
  }

  nn::Dense::Layer<float> left_;
  nn::Dense::Layer<float> right_;
};

template <class Layer>
double apply(const Layer& layer, double x) {
  const nn::Sequential<double> model({layer});
  return model(eg::tensor<double>({{x}})).item();
}

Index count_zeros(const Tensor<float>& x) {
  Index zeros = 0;
  for (const float value : eg::to_vector(x)) {
    zeros += value == 0 ? 1 : 0;
  }
  return zeros;
}

}  // namespace

TEST_CASE("activations: layers are their functions", "[nn]") {
  using Catch::Matchers::WithinRel;
  const double e = std::exp(1.0);
  CHECK(apply(nn::ReLU(), -2) == 0);
  CHECK(apply(nn::ReLU(), 2) == 2);
  CHECK_THAT(apply(nn::LeakyReLU(), -2), WithinRel(-0.02, 1e-15));
  CHECK_THAT(apply(nn::LeakyReLU{0.3}, -2), WithinRel(-0.6, 1e-15));
  CHECK_THAT(apply(nn::ELU(), -1), WithinRel(1 / e - 1, 1e-14));
  CHECK_THAT(apply(nn::ELU{2}, -1), WithinRel(2 / e - 2, 1e-14));
  CHECK_THAT(apply(nn::GELU(), 1), WithinRel(0.5 * std::erfc(-std::sqrt(0.5)), 1e-14));
  // .5 (1 + tanh(sqrt(2 / pi) 1.044715))
  CHECK_THAT(apply(nn::GELU{eg::Gelu::tanh}, 1),
             WithinRel(0.5 * (1 + std::tanh(0.7978845608028654 * 1.044715)), 1e-14));
  CHECK_THAT(apply(nn::SiLU(), 1), WithinRel(e / (1 + e), 1e-14));
  CHECK_THAT(apply(nn::Softplus(), 0), WithinRel(std::log(2.0), 1e-14));
  CHECK_THAT(apply(nn::Softsign(), -3), WithinRel(-0.75, 1e-15));
  CHECK_THAT(apply(nn::Tanh(), 1), WithinRel(std::tanh(1.0), 1e-14));
  CHECK_THAT(apply(nn::Sigmoid(), 1), WithinRel(e / (1 + e), 1e-14));
  const nn::Sequential<double> rows({nn::Softmax()});
  CHECK(eg::to_vector(rows(eg::tensor<double>({{0, 0}, {5, 5}}))) ==
        std::vector{0.5, 0.5, 0.5, 0.5});
  const nn::Sequential<double> columns({nn::Softmax{0}});
  CHECK(eg::to_vector(columns(eg::tensor<double>({{1, 2}, {1, 2}}))) ==
        std::vector{0.5, 0.5, 0.5, 0.5});
}

TEST_CASE("flatten: puts a sample into one row", "[nn]") {
  const nn::Sequential<float> model({nn::Flatten()});
  CHECK(model(eg::zeros<float>({5, 3, 4})).shape() == eg::Shape{5, 12});
  CHECK(model(eg::zeros<float>({5, 3})).shape() == eg::Shape{5, 3});
  CHECK(model(eg::zeros<float>({5})).shape() == eg::Shape{5, 1});
  CHECK(model(eg::zeros<float>({0, 3, 4})).shape() == eg::Shape{0, 12});
}

TEST_CASE("dropout: drops in training mode only, and keeps the mean", "[nn][random]") {
  nn::Sequential<float> model({nn::Dropout(0.25)}, {.seed = 5});
  const auto x = eg::ones<float>({100, 100});
  CHECK(model.is_training());
  const Tensor<float> y = model(x);
  // 10,000 draws: 2,500 zeros, standard deviation 43.
  CHECK(std::abs(static_cast<double>(count_zeros(y)) - 2500) < 5 * 43.3);
  for (const float value : eg::to_vector(y)) {
    REQUIRE((value == 0 || value == 1 / 0.75F));
  }
  // The next call has a mask of its own; the same model does the same again.
  const Tensor<float> next = model(x);
  CHECK_FALSE(eg::equal(y, next));
  const nn::Sequential<float> again({nn::Dropout(0.25)}, {.seed = 5});
  CHECK(eg::equal(again(x), y));
  CHECK(eg::equal(again(x), next));
  const nn::Sequential<float> other({nn::Dropout(0.25)}, {.seed = 6});
  CHECK_FALSE(eg::equal(other(x), y));

  model.eval();
  CHECK_FALSE(model.is_training());
  CHECK(eg::equal(model(x), x));
  // Evaluation, and a summary, use up no mask.
  static_cast<void>(model.summary(eg::Shape{3}));
  model.train();
  CHECK(eg::equal(model(x), again(x)));
}

TEST_CASE("dropout: layers of one model drop different elements", "[nn][random]") {
  const auto x = eg::ones<float>({64, 64});
  const nn::Sequential<float> first({nn::Dropout(0.5)});
  const nn::Sequential<float> second({nn::ReLU(), nn::Dropout(0.5)});
  CHECK_FALSE(eg::equal(first(x), second(x)));
}

TEST_CASE("dropout: rate 0 changes nothing, and gradients pass", "[nn]") {
  const nn::Sequential<double> model({nn::Dense(3, 2), nn::Dropout(0)});
  eg::Tape tape;
  tape.backward(eg::sum(model(eg::ones<double>({4, 3}))));
  CHECK(eg::to_vector(model.parameter("0.bias").gradient()) == std::vector{4.0, 4.0});
}

TEST_CASE("dropout: the mode follows a moved model", "[nn]") {
  nn::Sequential<float> first({nn::Dropout(0.5)});
  nn::Sequential<float> model = std::move(first);
  model.eval();
  const auto x = eg::ones<float>({50, 50});
  CHECK(eg::equal(model(x), x));
  model.train();
  CHECK(count_zeros(model(x)) > 0);
}

TEST_CASE("dropout: refuses a rate outside [0, 1)", "[nn][errors]") {
  CHECK_THROWS_TEXT(nn::Dropout(1), eg::ValueError, "Dropout: rate is outside [0, 1): 1");
  CHECK_THROWS_TEXT(nn::Dropout(-0.1), eg::ValueError, "Dropout: rate is outside [0, 1): -0.1");
  CHECK_THROWS_TEXT(nn::Dropout(std::nan("")), eg::ValueError,
                    "Dropout: rate is outside [0, 1): nan");
}

TEST_CASE("module: a model of the user's own", "[nn]") {
  const Branches model(3);
  std::vector<std::string> names;
  for (const eg::Parameter<float>& parameter : model.parameters()) {
    names.push_back(parameter.name());
  }
  CHECK(names ==
        std::vector<std::string>{"left.weight", "left.bias", "right.weight", "right.bias"});
  CHECK(model(eg::ones<float>({5, 2})).shape() == eg::Shape{5, 3});
  CHECK(model.summary() ==
        "Model: Module\n"
        "-----------------------------\n"
        "Parameter     Shape   Param #\n"
        "-----------------------------\n"
        "left.weight   (2, 3)        6\n"
        "left.bias     (3,)          3\n"
        "right.weight  (2, 3)        6\n"
        "right.bias    (3,)          3\n"
        "-----------------------------\n"
        "Total params: 18\n"
        "Trainable params: 18\n"
        "Non-trainable params: 0\n");
  const Branches same(3);
  CHECK(eg::equal<float>(model.parameter("left.weight"), same.parameter("left.weight")));
  CHECK(model.seed() == 3);
  eg::Tape tape;
  tape.backward(eg::sum(model(eg::ones<float>({5, 2}))));
  CHECK(eg::to_vector(model.parameter("right.bias").gradient()) == std::vector<float>{5, 5, 5});
}

TEST_CASE("module: random streams can be kept and restored", "[nn]") {
  const auto make = [](double rate) {
    return nn::Sequential<float>({nn::Dropout(rate), nn::Dense(3, 3), nn::Dropout(0.5)},
                                 {.seed = 5});
  };
  const auto x = eg::ones<float>({4, 3});
  auto first = make(0.5);
  static_cast<void>(first(x));
  static_cast<void>(first(x));
  const auto positions = first.stream_positions();
  REQUIRE(positions.size() == 2);
  CHECK(positions[0].name == "0.mask");
  CHECK(positions[1].name == "2.mask");
  CHECK(positions[1].draws == 2);
  auto second = make(0.5);
  CHECK(eg::to_vector<float>(second.clone()(x)) != eg::to_vector<float>(first(x)));
  second.restore_streams(positions);
  first.restore_streams(positions);
  auto moved = std::move(first);  // counters go with the model
  CHECK(eg::to_vector<float>(second(x)) == eg::to_vector<float>(moved(x)));
  CHECK(moved.stream_positions()[0].draws == 3);

  nn::Sequential<float> other({nn::Dense(3, 3), nn::Dropout(0.5)});
  CHECK_THROWS_TEXT(other.restore_streams(positions), eg::ValueError,
                    "restore_streams: 2 random streams, not the 1 of the model by name");
  CHECK(other.stream_positions()[0].draws == 0);
}
