#include "support/catch.hpp"

#include <eigengrad/data/preprocess.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <limits>

namespace eg = eigengrad;
using eg::Index;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("normalize: one mean and deviation for everything", "[data][preprocess]") {
  // 1 2 3 6: mean 3, squared differences 4 1 0 9, variance 14 / 4
  const auto x = eg::tensor<double>({{1, 2}, {3, 6}});
  const eg::Normalization by = eg::normalization_of(x);
  CHECK(by.mean == 3.0);
  CHECK(by.scale == std::sqrt(3.5));
  const double s = std::sqrt(3.5);
  CHECK(eg::equal(eg::normalize(x), eg::tensor<double>({{-2 / s, -1 / s}, {0, 3 / s}})));
  CHECK(eg::equal(eg::normalize(eg::tensor<double>({13}), by), eg::tensor<double>({10 / s})));
  const auto f = eg::normalize(eg::tensor<float>({1, 2, 3, 6}));
  CHECK(eg::equal(f, eg::tensor<float>({static_cast<float>(-2 / s), static_cast<float>(-1 / s), 0,
                                        static_cast<float>(3 / s)})));
  CHECK(eg::equal(x, eg::tensor<double>({{1, 2}, {3, 6}})));
}

TEST_CASE("normalize: a constant gives zeros, a large mean cancels nothing", "[data][preprocess]") {
  CHECK(eg::equal(eg::normalize(eg::tensor<double>({7, 7})), eg::tensor<double>({0, 0})));
  CHECK(eg::normalization_of(eg::tensor<double>({7, 7})).scale == 1.0);
  // One pass over x^2 would leave a variance of 0 or of 10^2.
  const eg::Normalization by = eg::normalization_of(eg::tensor<double>({1e9 - 1, 1e9 + 1}));
  CHECK(by.mean == 1e9);
  CHECK(by.scale == 1.0);
}

TEST_CASE("normalize: what it refuses", "[data][preprocess]") {
  CHECK_THROWS_TEXT(eg::normalize(eg::empty<double>({0, 2})), eg::ValueError,
                    "normalization_of: x has no elements: (0, 2)");
  CHECK_THROWS_TEXT(eg::normalize(eg::tensor<double>({{1, 2}, {nan_value, 3}})), eg::ValueError,
                    "normalization_of: nan is not finite at row 1, column 0");
  CHECK_THROWS_TEXT(eg::normalize(eg::tensor<double>({1}), {0.0, 0.0}), eg::ValueError,
                    "normalize: mean and scale must be finite, scale above 0: 0, 0");
  CHECK_THROWS_TEXT(eg::normalize(eg::tensor<double>({1}), {nan_value, 1.0}), eg::ValueError,
                    "normalize: mean and scale must be finite, scale above 0: nan, 1");
}

TEST_CASE("Standardizer: every feature on its own", "[data][preprocess]") {
  const auto x = eg::tensor<double>({{1, 10, -4}, {2, 10, 0}, {3, 10, 4}});
  eg::Standardizer<double> standardizer;
  CHECK_FALSE(standardizer.is_fitted());
  const auto z = standardizer.fit_transform(x);
  CHECK(standardizer.is_fitted());
  // Column 0: variance 2 / 3; column 1 is constant; column 2: variance 32 / 3.
  CHECK(eg::equal(standardizer.mean(), eg::tensor<double>({2, 10, 0})));
  CHECK(eg::equal(standardizer.scale(),
                  eg::tensor<double>({std::sqrt(2.0 / 3), 1, std::sqrt(32.0 / 3)})));
  const double unit = std::sqrt(1.5);
  CHECK(eg::allclose(z, eg::tensor<double>({{-unit, 0, -unit}, {0, 0, 0}, {unit, 0, unit}}), 1e-15,
                     0.0));
  CHECK(eg::allclose(standardizer.inverse_transform(z), x, 1e-15, 1e-15));
  // Other rows, by the statistics of the first ones.
  CHECK(eg::equal(standardizer.transform(eg::tensor<double>({{2, 11, 0}})),
                  eg::tensor<double>({{0, 1, 0}})));
}

TEST_CASE("Standardizer: constant up to rounding counts as constant", "[data][preprocess]") {
  // The mean of three times 0.1 is not 0.1 in double; scikit-learn 1.9 gives scale_ 1 for both
  // columns and mean_ 0.1 (rounded), 1e8.
  eg::Standardizer<double> standardizer;
  standardizer.fit(eg::tensor<double>({{0.1, 1e8}, {0.1, 1e8}, {0.1, 1e8 + 1.5e-8}}));
  CHECK(eg::equal(standardizer.scale(), eg::tensor<double>({1, 1})));
  standardizer.fit(eg::tensor<double>({{0.1, 1e8}, {0.1, 1e8}, {0.1, 1e8 + 1e-6}}));
  CHECK(standardizer.scale().at(0) == 1.0);
  CHECK(standardizer.scale().at(1) < 1e-5);
}

TEST_CASE("Standardizer: float data, double statistics", "[data][preprocess]") {
  eg::Tensor<float> x = eg::zeros<float>({1000, 2});
  for (Index i = 0; i < 1000; ++i) {
    x.set({i, 0}, 16777216.0F + static_cast<float>(2 * (i % 2)));  // a float sum would stick
    x.set({i, 1}, static_cast<float>(i));
  }
  eg::Standardizer<float> standardizer;
  const auto z = standardizer.fit_transform(x);
  CHECK(standardizer.mean().at(0) == 16777217.0);
  CHECK(standardizer.scale().at(0) == 1.0);
  CHECK(z.at(0, 0) == -1.0F);
  CHECK(z.at(1, 0) == 1.0F);
  CHECK(standardizer.mean().at(1) == 499.5);
  // (n^2 - 1) / 12
  CHECK(standardizer.scale().at(1) == std::sqrt(999999.0 / 12));
}

TEST_CASE("Standardizer: restored from its statistics", "[data][preprocess]") {
  const auto x = eg::tensor<double>({{1, 5}, {2, 7}, {4, 7}});
  eg::Standardizer<double> first;
  const auto z = first.fit_transform(x);
  const eg::Standardizer<double> second(first.mean(), first.scale());
  CHECK(eg::equal(second.transform(x), z));
  CHECK_THROWS_TEXT(eg::Standardizer<double>(eg::tensor<double>({1, 2}), eg::tensor<double>({1})),
                    eg::ShapeError,
                    "Standardizer: mean and scale are not both (features,): (2,) and (1,)");
  CHECK_THROWS_TEXT(
      eg::Standardizer<double>(eg::tensor<double>({1, 2}), eg::tensor<double>({1, 0})),
      eg::ValueError,
      "Standardizer: mean and scale of feature 1 must be finite, scale above 0: 2, 0");
}

TEST_CASE("Standardizer: what it refuses", "[data][preprocess]") {
  eg::Standardizer<double> standardizer;
  const auto x = eg::tensor<double>({{1, 2}, {3, 4}});
  CHECK_THROWS_TEXT(standardizer.transform(x), eg::ValueError, "Standardizer: used before fit");
  CHECK_THROWS_TEXT(standardizer.inverse_transform(x), eg::ValueError,
                    "Standardizer: used before fit");
  CHECK_THROWS_TEXT(standardizer.mean(), eg::ValueError, "Standardizer: used before fit");
  CHECK_THROWS_TEXT(standardizer.scale(), eg::ValueError, "Standardizer: used before fit");
  CHECK_THROWS_TEXT(standardizer.fit(eg::tensor<double>({1, 2})), eg::ShapeError,
                    "Standardizer: x is not (rows, features): (2,)");
  CHECK_THROWS_TEXT(standardizer.fit(eg::empty<double>({0, 2})), eg::ValueError,
                    "Standardizer: no rows to fit: (0, 2)");
  CHECK_THROWS_TEXT(standardizer.fit(eg::tensor<double>({{1, 2}, {3, nan_value}})), eg::ValueError,
                    "Standardizer: nan is not finite at row 1, column 1");
  CHECK_FALSE(standardizer.is_fitted());
  standardizer.fit(x);
  CHECK_THROWS_TEXT(standardizer.transform(eg::tensor<double>({{1, 2, 3}})), eg::ShapeError,
                    "Standardizer: x has 3 features, the fitted data had 2");
  CHECK_THROWS_TEXT(standardizer.transform(eg::tensor<double>({1, 2})), eg::ShapeError,
                    "Standardizer: x is not (rows, features): (2,)");
}
