// Sequential: names, widths, summary, modes, copies and moves, layers of the user, and calls
// without heap.

#include <eigengrad/losses/regression.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/dropout.hpp>
#include <eigengrad/nn/flatten.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eg = eigengrad;
namespace nn = eigengrad::nn;
using eg::Index;
using eg::Tensor;

namespace {

/// A layer of the user without parameters.
struct Square {
  template <eg::FloatScalar T>
  Tensor<T> operator()(const Tensor<T>& x) const {
    return x * x;
  }
};

/// A layer of the user with a parameter, a name and widths.
struct Scale {
  Index features;
  std::string label;

  static constexpr std::string_view kind = "Scale";
  [[nodiscard]] const std::string& name() const { return label; }
  [[nodiscard]] Index in_features() const { return features; }
  [[nodiscard]] Index out_features() const { return features; }

  template <class T>
  struct Layer {
    eg::Parameter<T> factor;
    Layer(const Scale& spec, nn::Builder<T>& builder)
        : factor(builder.parameter("factor", {spec.features}, "ones")) {}
    Tensor<T> operator()(const Tensor<T>& x) const { return eg::mul<T>(x, factor); }
  };
};

/// A layer that makes one parameter twice.
struct Twice {
  template <class T>
  struct Layer {
    Layer(const Twice& /*spec*/, nn::Builder<T>& builder) {
      builder.parameter("a", {1});
      builder.parameter("a", {1});
    }
    Tensor<T> operator()(const Tensor<T>& x) const { return x; }
  };
};

template <class T>
std::vector<std::string> names_of(const nn::Module<T>& model) {
  std::vector<std::string> names;
  for (const eg::Parameter<T>& parameter : model.parameters()) {
    names.push_back(parameter.name());
  }
  return names;
}

nn::Sequential<float> small(std::uint64_t seed = 42) {
  return nn::Sequential<float>({nn::Dense(3, 4), nn::ReLU(), nn::Dense(4, 2)}, {.seed = seed});
}

}  // namespace

TEST_CASE("sequential: parameters are named by position, or by the layer's name", "[nn]") {
  const nn::Sequential<float> model(
      {nn::Dense(3, 4), nn::ReLU(), nn::Dense(4, 4, {.use_bias = false}),
       nn::Dense(4, 2, {.name = "head"}), Scale{2, ""}, Scale{2, "last"}});
  CHECK(names_of(model) == std::vector<std::string>{"0.weight", "0.bias", "2.weight", "head.weight",
                                                    "head.bias", "4.factor", "last.factor"});
  CHECK(model.parameter("head.weight").shape() == eg::Shape{4, 2});
  CHECK(model.parameter("0.bias").shape() == eg::Shape{4});
  CHECK(model.parameter_count() == 12 + 4 + 16 + 8 + 2 + 2 + 2);
  model.parameter("0.weight").set_trainable(false);
  CHECK(model.parameter_count(true) == 34);
  CHECK(model.size() == 6);
  CHECK(model.layers()[3].kind() == "Dense");
  CHECK(model.layers()[3].name() == "head");
  CHECK(model.layers()[1].name().empty());
  const nn::Sequential<float> plain({nn::Dense(1, 1)});
  CHECK_THROWS_TEXT(plain.parameter("1.weight"), eg::ValueError,
                    "Module: no parameter is named '1.weight': there are 0.weight, 0.bias");
  const nn::Sequential<float> none({nn::ReLU()});
  CHECK_THROWS_TEXT(none.parameter("x"), eg::ValueError,
                    "Module: no parameter is named 'x': there are none");
}

TEMPLATE_TEST_CASE("sequential: computes its layers one after another", "[nn]", float, double) {
  using T = TestType;
  const nn::Sequential<T> model({nn::Dense(2, 2), nn::ReLU(), Square(), nn::Dense(2, 1)});
  auto p = model.parameters();
  p[0].assign(eg::tensor<T>({{1, 2}, {3, 4}}));
  p[1].assign(eg::tensor<T>({-1, -20}));
  p[2].assign(eg::tensor<T>({{2}, {1}}));
  p[3].assign(eg::tensor<T>({5}));
  // (1, 2): (7, 10) + (-1, -20) -> relu (6, 0) -> square (36, 0) -> 72 + 5.
  CHECK(model(eg::tensor<T>({{1, 2}})).item() == 77);
}

TEMPLATE_TEST_CASE("sequential: a Dense with its ReLU has the bits of the two apart", "[nn]", float,
                   double) {
  using T = TestType;
  const nn::Sequential<T> model(
      {nn::Dense(5, 37), nn::ReLU(), nn::ReLU(), nn::Dense(37, 3, {.use_bias = false}), nn::ReLU(),
       nn::Dense(3, 1)},
      {.seed = 3});
  const auto p = model.parameters();
  const auto x = eg::normal<T>({11, 5}, 0.0, 1.0, eg::RandomKey::named(1, "x"));
  const auto gradients = [&](const auto& output) {
    eg::Tape tape;
    const eg::Tensor<T> loss = eg::sum(output());
    tape.backward(loss);
    std::vector<eg::Tensor<T>> all{loss};
    for (eg::Parameter<T> parameter : p) {
      all.push_back(eg::clone(parameter.gradient()));
      parameter.zero_gradient();
    }
    return all;
  };
  const auto together = gradients([&] { return model(x); });
  const auto apart = gradients([&] {
    const auto first = eg::relu(eg::linear<T>(x, p[0], p[1]));
    return eg::linear<T>(eg::relu(eg::linear<T>(first, p[2])), p[3], p[4]);
  });
  for (std::size_t i = 0; i < together.size(); ++i) {
    CHECK(eg::equal(together[i], apart[i]));
  }
  CHECK(model.size() == 6);
}

TEST_CASE("sequential: layers may be chosen at run time", "[nn]") {
  std::vector<nn::LayerSpec<double>> layers;
  Index in = 3;
  for (const Index width : {5, 4}) {
    layers.emplace_back(nn::Dense(in, width));
    layers.emplace_back(nn::Tanh());
    in = width;
  }
  const nn::Sequential<double> listed({nn::Dense(3, 5), nn::Tanh(), nn::Dense(5, 4), nn::Tanh()},
                                      {.seed = 7});
  const nn::Sequential<double> built(layers, {.seed = 7});
  const auto x = eg::tensor<double>({{1, -2, 0.5}});
  CHECK(eg::equal(listed(x), built(x)));
}

TEST_CASE("sequential: refuses consecutive widths that differ", "[nn][errors]") {
  using Model = nn::Sequential<float>;
  using eg::ShapeError;
  CHECK_THROWS_TEXT(Model({nn::Dense(30, 128), nn::ReLU(), nn::Dense(64, 1)}), ShapeError,
                    "Sequential: layer 2 (Dense) expects 64 features, layer 0 (Dense) gives 128");
  CHECK_THROWS_TEXT(Model({nn::Dense(3, 4, {.name = "in"}), nn::Dropout(0.5), Scale{5, "s"}}),
                    ShapeError,
                    "Sequential: layer 2 (Scale 's') expects 5 features, layer 0 (Dense 'in') "
                    "gives 4");
  // After a layer that does not say what it gives, nothing is known.
  CHECK_NOTHROW(Model({nn::Dense(3, 4), Square(), nn::Dense(5, 1)}));
  CHECK_NOTHROW(Model({nn::Dense(3, 4), nn::Flatten(), nn::Dense(12, 1)}));
}

TEST_CASE("sequential: refuses names given twice and no layers", "[nn][errors]") {
  using Model = nn::Sequential<float>;
  CHECK_THROWS_TEXT(Model({nn::Dense(1, 1, {.name = "a"}), nn::Dense(1, 1, {.name = "a"})}),
                    eg::ValueError, "Sequential: two layers are named 'a'");
  CHECK_THROWS_TEXT(Model({nn::Dense(1, 1, {.name = "1"}), nn::ReLU()}), eg::ValueError,
                    "Sequential: two layers are named '1'");
  CHECK_THROWS_TEXT(Model({Twice()}), eg::ValueError, "Builder: two parameters are named '0.a'");
  CHECK_THROWS_TEXT(Model(std::vector<nn::LayerSpec<float>>()), eg::ValueError,
                    "Sequential: a model needs at least one layer");
}

TEST_CASE("sequential: a wrong input names the layer", "[nn][errors]") {
  const nn::Sequential<float> model({nn::Dense(30, 128), nn::ReLU(), nn::Dense(128, 1)});
  CHECK_THROWS_TEXT(
      model(eg::zeros<float>({32, 29})), eg::ShapeError,
      "Sequential: layer 0 (Dense): linear_relu: inner dimensions differ: (32, 29) x (30, 128)");
  const nn::Sequential<float> late({Square(), nn::Dense(2, 1, {.name = "out"})});
  CHECK_THROWS_TEXT(
      late(eg::zeros<float>({4, 3})), eg::ShapeError,
      "Sequential: layer 1 (Dense 'out'): linear: inner dimensions differ: (4, 3) x (2, 1)");
  try {
    static_cast<void>(model(eg::zeros<float>({32, 29})));
  } catch (const eg::ShapeError& error) {
    CHECK(error.op() == "Sequential");
    CHECK(error.lhs() == eg::Shape{32, 29});
    CHECK(error.rhs() == eg::Shape{30, 128});
  }
}

TEST_CASE("dense: refuses widths that are not positive", "[nn][errors]") {
  CHECK_THROWS_TEXT(nn::Dense(0, 3), eg::ValueError, "Dense: in is not positive: 0");
  CHECK_THROWS_TEXT(nn::Dense(3, -1), eg::ValueError, "Dense: out is not positive: -1");
}

TEST_CASE("sequential: the summary is a table of layers", "[nn]") {
  const nn::Sequential<float> model({nn::Dense(30, 128), nn::ReLU(), nn::Dense(128, 64),
                                     nn::Dropout(0.2), nn::Dense(64, 1, {.name = "head"}),
                                     nn::Sigmoid()});
  model.parameter("0.bias").set_trainable(false);
  CHECK(model.summary() ==
        "Model: Sequential\n"
        "-----------------------------------\n"
        "Layer (type)  Output Shape  Param #\n"
        "-----------------------------------\n"
        "0 (Dense)     (None, 128)     3,968\n"
        "1 (ReLU)      (None, 128)         0\n"
        "2 (Dense)     (None, 64)      8,256\n"
        "3 (Dropout)   (None, 64)          0\n"
        "head (Dense)  (None, 1)          65\n"
        "5 (Sigmoid)   (None, 1)           0\n"
        "-----------------------------------\n"
        "Total params: 12,289\n"
        "Trainable params: 12,161\n"
        "Non-trainable params: 128\n");
  CHECK(model.is_training());
}

TEST_CASE("sequential: a summary without a known input says so", "[nn]") {
  const nn::Sequential<float> model({nn::Flatten(), nn::Dense(12, 2)});
  const std::string rule = "-----------------------------------\n";
  const std::string head =
      "Model: Sequential\n" + rule + "Layer (type)  Output Shape  Param #\n" + rule;
  const std::string totals =
      rule + "Total params: 26\nTrainable params: 26\nNon-trainable params: 0\n";
  CHECK(model.summary() == head +
                               "0 (Flatten)   ?                   0\n"
                               "1 (Dense)     ?                  26\n" +
                               totals);
  CHECK(model.summary(eg::Shape{3, 4}) == head +
                                              "0 (Flatten)   (None, 12)          0\n"
                                              "1 (Dense)     (None, 2)          26\n" +
                                              totals);
}

TEST_CASE("sequential: kinds of user layers are their type's names", "[nn]") {
  const nn::Sequential<double> model(
      {Square(), [](const auto& x) { return x + x; }, Scale{2, "s"}});
  CHECK(model.layers()[0].kind() == "Square");
  CHECK(model.layers()[1].kind() == "lambda");
  CHECK(model.layers()[2].kind() == "Scale");
}

TEMPLATE_TEST_CASE("sequential: layers of the user train", "[nn]", float, double) {
  using T = TestType;
  const nn::Sequential<T> model({Scale{2, "s"}, Square(), [](const auto& x) { return x + x; }});
  eg::optim::SGD<T> sgd(model.parameters(), {.learning_rate = 0.25});
  eg::Tape tape;
  // y = 2 (f x)^2 at f = 1: dy/df = 4 x^2.
  tape.backward(eg::sum(model(eg::tensor<T>({{1, 3}}))));
  CHECK(eg::to_vector(model.parameter("s.factor").gradient()) == std::vector<T>{4, 36});
  sgd.step();
  CHECK(eg::to_vector<T>(model.parameter("s.factor")) == std::vector<T>{0, -8});
}

TEST_CASE("sequential: seeds decide, and later layers change no earlier one", "[nn]") {
  const auto a = small(1);
  const auto b = small(1);
  const auto c = small(2);
  CHECK(eg::equal<float>(a.parameter("0.weight"), b.parameter("0.weight")));
  CHECK_FALSE(eg::equal<float>(a.parameter("0.weight"), c.parameter("0.weight")));
  const nn::Sequential<float> longer(
      {nn::Dense(3, 4), nn::ReLU(), nn::Dense(4, 2), nn::Tanh(), nn::Dense(2, 1)}, {.seed = 1});
  CHECK(eg::equal<float>(a.parameter("0.weight"), longer.parameter("0.weight")));
  CHECK(eg::equal<float>(a.parameter("2.weight"), longer.parameter("2.weight")));
  // Two layers of one shape start differently.
  const nn::Sequential<float> same({nn::Dense(3, 3), nn::Dense(3, 3)});
  CHECK_FALSE(eg::equal<float>(same.parameter("0.weight"), same.parameter("1.weight")));
  // A float model starts from the rounded weights of the double one.
  const nn::Sequential<double> wide({nn::Dense(3, 4)}, {.seed = 1});
  CHECK(eg::allclose(eg::detail::converted<double>(Tensor<float>(a.parameter("0.weight"))),
                     Tensor<double>(wide.parameter("0.weight")), 0, 1e-6));
}

TEST_CASE("sequential: a move keeps parameters, optimizers and modes working", "[nn]") {
  static_assert(!std::is_copy_constructible_v<nn::Sequential<float>>);
  static_assert(!std::is_copy_assignable_v<nn::Sequential<float>>);
  static_assert(std::is_nothrow_move_constructible_v<nn::Sequential<float>>);
  nn::Sequential<float> first({nn::Dense(2, 1), nn::Dropout(0.5)});
  eg::optim::SGD<float> sgd(first.parameters(), {.learning_rate = 1});
  const auto x = eg::tensor<float>({{1, 1}});
  nn::Sequential<float> model = std::move(first);
  model.eval();
  const float before = model(x).item();
  eg::Tape tape;
  tape.backward(eg::sum(model(x)));
  sgd.step();
  // dw = (1, 1), db = 1, rate 1.
  CHECK_THAT(model(x).item(), Catch::Matchers::WithinRel(before - 3, 1e-5F));
  CHECK_THROWS_TEXT(first.parameters(), eg::ValueError,  // NOLINT: after the move on purpose
                    "Module: used after it was moved from");
  CHECK_THROWS_TEXT(first(x), eg::ValueError, "Module: used after it was moved from");
  nn::Sequential<float> other({nn::Dense(2, 1)});
  other = std::move(model);
  CHECK_THAT(other(x).item(), Catch::Matchers::WithinRel(before - 3, 1e-5F));
}

TEST_CASE("sequential: a clone is independent", "[nn]") {
  nn::Sequential<float> model = small();
  model.parameter("2.bias").assign(eg::tensor<float>({1, 2}));
  model.parameter("0.weight").set_trainable(false);
  model.eval();
  const nn::Sequential<float> copy = model.clone();
  const auto x = eg::tensor<float>({{1, -2, 3}});
  CHECK(eg::equal(model(x), copy(x)));
  CHECK_FALSE(copy.is_training());
  CHECK_FALSE(copy.parameter("0.weight").trainable());
  CHECK(copy.parameter("2.bias").trainable());
  model.parameter("2.bias").assign(eg::tensor<float>({5, 5}));
  CHECK_FALSE(eg::equal(model(x), copy(x)));
  CHECK(eg::to_vector<float>(copy.parameter("2.bias")) == std::vector<float>{1, 2});
}

TEST_CASE("module: values are copied and restored", "[nn]") {
  nn::Sequential<float> model = small();
  const auto x = eg::tensor<float>({{1, -2, 3}});
  const Tensor<float> before = model(x);
  std::vector<Tensor<float>> values;
  {
    const eg::Tape tape;
    values = model.copy_values();
    CHECK(tape.size() == 0);
  }
  for (eg::Parameter<float>& parameter : model.parameters()) {
    parameter.assign(eg::zeros<float>(parameter.shape()));
  }
  CHECK_FALSE(eg::equal(model(x), before));
  model.restore_values(values);
  CHECK(eg::equal(model(x), before));
  const nn::Sequential<float> other({nn::Dense(3, 4), nn::ReLU(), nn::Dense(4, 3)});
  const std::vector<Tensor<float>> theirs = other.copy_values();
  CHECK_THROWS_TEXT(model.restore_values(theirs), eg::ShapeError,
                    "assign: '2.weight' is (4, 2), the new value is (4, 3)");
  CHECK(eg::equal(model(x), before));  // nothing was written
  values.pop_back();
  CHECK_THROWS_TEXT(model.restore_values(values), eg::ValueError,
                    "restore_values: 3 values for 4 parameters");
}

TEST_CASE("Sequential: a range of layers ends before the ReLU that follows it",
          "[nn][sequential]") {
  const nn::Sequential<double> model({nn::Dense(2, 2), nn::ReLU(), nn::Dense(2, 1)});
  model.parameter("0.weight").assign(eg::tensor<double>({{1, -1}, {0, 2}}));
  model.parameter("0.bias").assign(eg::tensor<double>({0.5, -3}));
  model.parameter("2.weight").assign(eg::tensor<double>({2, 5}, {2, 1}));
  const auto x = eg::tensor<double>({{1, 0.5}});
  // (1, 0.5) w = (1, 0); with the bias (1.5, -3).
  CHECK(equal(model.apply(x, 0, 1), eg::tensor<double>({{1.5, -3}})));
  CHECK(equal(model.apply(x, 0, 2), eg::tensor<double>({{1.5, 0}})));
  CHECK(equal(model.apply(model.apply(x, 0, 1), 1, 2), eg::tensor<double>({{1.5, 0}})));
  CHECK(equal(model.apply(model.apply(x, 0, 1), 1, 3), model(x)));
  CHECK(model(x).item() == 3);
  CHECK(equal(model.apply(x, 1, 1), x));
}
