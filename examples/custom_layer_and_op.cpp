// A user's own op and layers: Mish as an op of one struct, a layer with parameters, and a layer
// that is a lambda.

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>
#include <eigengrad/testing/check_gradients.hpp>

#include <cstdio>

namespace eg = eigengrad;

/// x tanh(log(1 + e^x)). Misra 2019. f and df are all that the library needs to map, broadcast and
/// differentiate it.
struct Mish {
  static constexpr std::string_view name = "mish";
  static constexpr std::string_view doc = "x tanh(softplus(x)).";
  static constexpr eg::Save saves = eg::Save::input;
  template <class S>
  static S f(S x) {
    return x * eg::math::tanh(eg::math::softplus(x));
  }
  template <class S>
  static S df(S x) {
    const S t = eg::math::tanh(eg::math::softplus(x));
    return t + x * (S(1) - t * t) * eg::math::sigmoid(x);
  }
};

template <eg::FloatScalar T>
eg::Tensor<T> mish(const eg::Tensor<T>& x) {
  return eg::detail::unary<Mish>(x);
}

/// A layer with parameters: each feature times a learnt factor plus a learnt offset.
struct Affine {
  eg::Index features;
  template <class T>
  struct Layer {
    eg::Parameter<T> factor, offset;
    Layer(const Affine& spec, eg::nn::Builder<T>& builder)
        : factor(builder.parameter("factor", {spec.features}, eg::nn::Initializer::ones())),
          offset(builder.parameter("offset", {spec.features}, eg::nn::Initializer::zeros())) {}
    eg::Tensor<T> operator()(const eg::Tensor<T>& x) const { return x * factor + offset; }
  };
};

int main() {
  // The library's own checker: the derivative against central differences in double.
  const auto report = eg::testing::check_gradients([](const auto& in) { return mish(in[0]); },
                                                   {eg::linspace<double>(-4.0, 4.0, 17)});
  if (!report) {
    std::printf("%s\n", report.message.c_str());
    return 1;
  }

  const auto wine = eg::datasets::wine<float>();
  const auto split = eg::train_test_split(wine.x, wine.y, {.test_size = 0.2, .random_state = 42});
  eg::Standardizer<float> standardizer;
  const auto x_train = standardizer.fit_transform(split.x_train);

  eg::nn::Sequential<float> model(
      {Affine{13}, eg::nn::Dense(13, 16), [](const auto& x) { return mish(x); },  //
       eg::nn::Dense(16, 3)},
      {.seed = 1});
  eg::optim::Adam adam(model.parameters(), {.learning_rate = 0.01});
  static_cast<void>(
      eg::train::fit(model, eg::Dataset{x_train, split.y_train}, adam, eg::train::CrossEntropy{},
                     {.epochs = 20, .batch_size = 16, .verbose = eg::train::Verbosity::silent}));
  const auto result =
      eg::train::evaluate(model, eg::Dataset{standardizer.transform(split.x_test), split.y_test},
                          eg::train::CrossEntropy{}, {.metrics = {eg::train::accuracy()}});
  std::printf("%s\ntest: loss %.4f accuracy %.4f\n", model.summary({13}).c_str(), result.loss,
              result["accuracy"]);
  return result["accuracy"] >= 0.9 ? 0 : 1;
}
