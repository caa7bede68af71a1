// The initializers: bounds, moments and shape of each distribution, names, fans and refusals.

#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/initializers.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace nn = eigengrad::nn;
using nn::Initializer;

namespace {

struct Moments {
  double mean = 0;
  double deviation = 0;
  double largest = 0;  // absolute value
};

Moments moments_of(const std::vector<double>& values) {
  Moments result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) {
    result.mean += value / n;
    result.largest = std::max(result.largest, std::abs(value));
  }
  for (const double value : values) {
    result.deviation += (value - result.mean) * (value - result.mean) / n;
  }
  result.deviation = std::sqrt(result.deviation);
  return result;
}

/// 300 x 200 values: the fans are 300 and 200.
template <class T>
std::vector<double> draw(const Initializer& initializer) {
  const eg::Shape shape{300, 200};
  const auto x = initializer.make<T>(shape, eg::RandomKey::named(3, "w"), nn::fans_of(shape));
  CHECK(x.shape() == shape);
  return eg::to_vector(eg::detail::converted<double>(x));
}

/// Whether a sample of 60,000 fits: the mean to five of its standard errors, the deviation to 2 %
/// (its standard error is at most .3 %).
void check_moments(const Moments& found, double mean, double deviation) {
  CHECK(std::abs(found.mean - mean) < 5 * deviation / std::sqrt(60000.0));
  CHECK_THAT(found.deviation, Catch::Matchers::WithinRel(deviation, 0.02));
}

}  // namespace

TEMPLATE_TEST_CASE("initializers: uniform ones fill their interval", "[nn][random]", float,
                   double) {
  const std::vector<std::pair<Initializer, double>> bounds{
      {Initializer::glorot_uniform(), std::sqrt(6.0 / 500)},
      {Initializer::he_uniform(), std::sqrt(6.0 / 300)},
      {Initializer::pytorch(), std::sqrt(1.0 / 300)},
      {Initializer("uniform"), 0.05}};
  for (const auto& [initializer, bound] : bounds) {
    INFO(initializer.name());
    const Moments found = moments_of(draw<TestType>(initializer));
    CHECK(found.largest <= bound * (1 + 1e-7));
    CHECK(found.largest > 0.999 * bound);
    check_moments(found, 0, bound / std::sqrt(3.0));
  }
  const Moments shifted = moments_of(draw<TestType>(Initializer::uniform(1, 3)));
  check_moments(shifted, 2, 1 / std::sqrt(3.0));
}

TEMPLATE_TEST_CASE("initializers: normal ones have their deviation after truncation",
                   "[nn][random]", float, double) {
  const std::vector<std::pair<Initializer, double>> deviations{
      {Initializer::glorot_normal(), std::sqrt(2.0 / 500)},
      {Initializer::he_normal(), std::sqrt(2.0 / 300)},
      {Initializer::lecun_normal(), std::sqrt(1.0 / 300)}};
  for (const auto& [initializer, deviation] : deviations) {
    INFO(initializer.name());
    const Moments found = moments_of(draw<TestType>(initializer));
    check_moments(found, 0, deviation);
    // Cut at two deviations of the untruncated normal, .8796 of which is the truncated one's.
    const double limit = 2 * deviation / 0.87962566103423978;
    CHECK(found.largest <= limit * (1 + 1e-6));
    CHECK(found.largest > 0.98 * limit);
  }
  check_moments(moments_of(draw<TestType>(Initializer::normal(2, 0.5))), 2, 0.5);
  // Not truncated: 60,000 values reach beyond three deviations.
  const Moments plain = moments_of(draw<TestType>(Initializer("normal")));
  check_moments(plain, 0, 0.05);
  CHECK(plain.largest > 0.15);
}

TEST_CASE("initializers: constants", "[nn]") {
  for (const double value : draw<float>(Initializer::zeros())) {
    REQUIRE(value == 0);
  }
  for (const double value : draw<float>(Initializer::ones())) {
    REQUIRE(value == 1);
  }
}

TEST_CASE("initializers: the normal quantile inverts the distribution", "[nn]") {
  // Phi(x) by the C library: .5 erfc(-x / sqrt 2).
  for (double x = -3.5; x <= 3.5; x += 0.125) {
    const double p = 0.5 * std::erfc(-x / std::sqrt(2.0));
    INFO("x " << x);
    // p near 1 keeps few digits of 1 - p: 1e-16 / density(3.5) = 1e-13.
    CHECK(std::abs(eg::detail::normal_quantile(p) - x) < 1e-12);
  }
}

TEST_CASE("initializers: by name, and compared", "[nn]") {
  for (const std::string_view name : eg::detail::initializer_names) {
    CHECK(Initializer(name).name() == name);
  }
  CHECK(Initializer("he_uniform") == Initializer::he_uniform());
  CHECK(Initializer() == Initializer::glorot_uniform());
  CHECK_FALSE(Initializer::uniform(0, 1) == Initializer::uniform(0, 2));
  CHECK(Initializer("normal") == Initializer::normal(0, 0.05));
}

TEST_CASE("initializers: fans as Keras counts them", "[nn]") {
  const auto fans = [](const eg::Shape& shape) {
    const nn::Fans found = nn::fans_of(shape);
    return std::pair(found.in, found.out);
  };
  using Pair = std::pair<eg::Index, eg::Index>;
  CHECK(fans({30, 128}) == Pair{30, 128});
  CHECK(fans({7}) == Pair{7, 7});
  CHECK(fans({}) == Pair{1, 1});
  // Convolution kernels: 3 x 3 places.
  CHECK(fans({3, 3, 16, 32}) == Pair{144, 288});
}

TEST_CASE("initializers: refuse unknown names and ranges", "[nn][errors]") {
  using eg::ValueError;
  CHECK_THROWS_TEXT(Initializer("xavier"), ValueError,
                    "Initializer: no initializer is named 'xavier': glorot_uniform, "
                    "glorot_normal, he_uniform, he_normal, lecun_normal, pytorch, zeros, ones, "
                    "uniform, normal");
  CHECK_THROWS_TEXT(Initializer::uniform(1, 1), ValueError,
                    "Initializer: uniform needs low < high: 1, 1");
  CHECK_THROWS_TEXT(Initializer::normal(0, -1), ValueError,
                    "Initializer: normal needs a finite mean and a deviation >= 0: 0, -1");
}

TEST_CASE("dense: starts as Keras's, or as PyTorch's", "[nn][random]") {
  const nn::Sequential<double> keras({nn::Dense(100, 50)}, {.seed = 1});
  const Moments weight = moments_of(eg::to_vector<double>(keras.parameter("0.weight")));
  CHECK(weight.largest <= 0.2);  // sqrt(6 / 150)
  CHECK(weight.largest > 0.199);
  CHECK(moments_of(eg::to_vector<double>(keras.parameter("0.bias"))).largest == 0);

  const nn::Sequential<double> torch({nn::Dense(100, 50, {.initializer = "pytorch"})});
  for (const char* name : {"0.weight", "0.bias"}) {
    const Moments found = moments_of(eg::to_vector<double>(torch.parameter(name)));
    CHECK(found.largest <= 0.1);  // 1 / sqrt(100)
    CHECK(found.largest > 0.09);
  }
  const nn::Sequential<double> own(
      {nn::Dense(4, 2, {.initializer = Initializer::ones(), .bias_initializer = "ones"})});
  CHECK(own(eg::ones<double>({1, 4})).at(0, 0) == 5);
}
