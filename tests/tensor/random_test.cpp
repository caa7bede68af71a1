// Random tensors: the generator against published vectors, first values against an independent
// program (tests/reference/make_random_values.py, Python 3), distributions, and independence of
// shape.

#include "support/catch.hpp"

#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <type_traits>
#include <vector>

namespace eg = eigengrad;
using Catch::Matchers::WithinAbs;
using eg::Index;
using eg::RandomKey;
using Words = eg::detail::PhiloxWords;

namespace {

constexpr RandomKey key = RandomKey::named(42, "dense1.weight");

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

/// Mean of (x - center)^power.
double moment_of(const std::vector<double>& values, double center, int power) {
  double sum = 0;
  for (const double value : values) {
    sum += std::pow(value - center, power);
  }
  return sum / static_cast<double>(values.size());
}

/// Largest distance between the empirical distribution and `cumulative` (Kolmogorov-Smirnov).
template <class Cumulative>
double ks_distance(std::vector<double> values, const Cumulative& cumulative) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double distance = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cumulative(values[i]);
    distance = std::max({distance, expected - static_cast<double>(i) / n,
                         static_cast<double>(i + 1) / n - expected});
  }
  return distance;
}

}  // namespace

TEST_CASE("philox: the published known answers of Philox4x32-10", "[tensor]") {
  // Random123 1.14, tests/kat_vectors; keys are (low word, high word).
  CHECK(eg::detail::philox({0, 0, 0, 0}, 0) ==
        Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(eg::detail::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, 0xffffffffffffffff) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(eg::detail::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random key: names are hashed by FNV-1a", "[tensor]") {
  // Fowler, Noll, Vo: draft-eastlake-fnv, appendix C
  CHECK(RandomKey::named(1, "").stream == 0xcbf29ce484222325);
  CHECK(RandomKey::named(1, "a").stream == 0xaf63dc4c8601ec8c);
  CHECK(RandomKey::named(1, "foobar").stream == 0x85944171f73967e8);
  CHECK(RandomKey::named(7, "foobar").seed == 7);
}

TEST_CASE("random key: fold gives other streams of the same seed", "[tensor]") {
  // make_random_values.py
  CHECK(key.fold(0).stream == 0x67db0bd73dbd4d53);
  CHECK(key.fold(1).stream == 0x664b79421e15f02b);
  CHECK(key.fold(1).fold(2).stream == 0xcb815745b11d40ce);
  CHECK(key.fold(1).seed == 42);
  CHECK_FALSE(key.fold(1).fold(2) == key.fold(2).fold(1));
  std::vector<std::uint64_t> streams;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    streams.push_back(key.fold(i).stream);
  }
  std::sort(streams.begin(), streams.end());
  CHECK(std::adjacent_find(streams.begin(), streams.end()) == streams.end());
}

TEST_CASE("random: first values of every distribution", "[tensor]") {
  // make_random_values.py
  CHECK(eg::to_vector(eg::random_bits({3}, key)) ==
        std::vector<std::int64_t>{7856062519366737756, 2591177423486579188, 2805632436699438379});
  CHECK(eg::to_vector(eg::uniform<double>({5}, 0, 1, key)) ==
        std::vector<double>{0.425878002533968, 0.14046800959197703, 0.15209363915326646,
                            0.8601899899307079, 0.30840928934819245});
  CHECK(eg::to_vector(eg::uniform<float>({5}, 0, 1, key)) ==
        std::vector<float>{0.42587798833847046F, 0.14046800136566162F, 0.15209358930587769F,
                           0.8601899743080139F, 0.30840927362442017F});
  const std::vector<double> normals{0.8298944191693549, 1.0091976806068221, 1.2388660069154152,
                                    -1.4938971913814665, 1.5326828012961526};
  const auto drawn = eg::normal<double>({5}, 0, 1, key);
  for (Index i = 0; i < 5; ++i) {
    // Last bits of log, sin and cos may differ between C libraries.
    CHECK_THAT(drawn.at(i), WithinAbs(normals[static_cast<std::size_t>(i)], 1e-14));
  }
  CHECK(eg::to_vector(eg::permutation(10, key)) ==
        std::vector<std::int64_t>{3, 5, 9, 2, 1, 6, 8, 7, 0, 4});
  CHECK(eg::to_vector(eg::bernoulli({10}, 0.3, key)) ==
        std::vector<bool>{false, false, false, true, true, true, true, false, false, false});
}

TEST_CASE("random: elements depend on their position alone, not on the shape", "[tensor]") {
  // 9001 is past two blocks of work and ends in the middle of a block of the generator.
  const auto check = [](const auto& draw) {
    const auto longest = draw(eg::Shape{9001});
    for (const eg::Shape& shape : {eg::Shape{}, eg::Shape{7}, eg::Shape{3, 5}, eg::Shape{4097},
                                   eg::Shape{2, 3, 1000}, eg::Shape{0, 4}}) {
      const auto x = draw(shape);
      REQUIRE(x.shape() == shape);
      REQUIRE(eg::to_vector(x) == eg::to_vector(eg::detail::sliced(longest, 0, 0, x.size())));
    }
  };
  check([](const eg::Shape& shape) { return eg::uniform<float>(shape, -1, 1, key); });
  check([](const eg::Shape& shape) { return eg::uniform<double>(shape, -1, 1, key); });
  check([](const eg::Shape& shape) { return eg::normal<float>(shape, 0, 1, key); });
  check([](const eg::Shape& shape) { return eg::normal<double>(shape, 0, 1, key); });
  check([](const eg::Shape& shape) { return eg::random_bits(shape, key); });
  check([](const eg::Shape& shape) { return eg::bernoulli(shape, 0.5, key); });
}

TEST_CASE("random: any thread and any number of threads give the same bits", "[tensor][threads]") {
  const auto expected = eg::normal<double>({20000}, 0, 1, key);
  for (const int threads : {1, 2, 4}) {
    eg::set_num_threads(threads);
    REQUIRE(eg::equal(eg::normal<double>({20000}, 0, 1, key), expected));
  }
  eg::set_num_threads(1);
  bool same = false;
  std::thread([&] { same = eg::equal(eg::normal<double>({20000}, 0, 1, key), expected); }).join();
  CHECK(same);
}

TEST_CASE("random: another seed, stream or name gives other numbers", "[tensor]") {
  const auto x = eg::random_bits({4}, {1, 2});
  CHECK(eg::equal(x, eg::random_bits({4}, {1, 2})));
  CHECK_FALSE(eg::equal(x, eg::random_bits({4}, {2, 2})));
  CHECK_FALSE(eg::equal(x, eg::random_bits({4}, {1, 3})));
  CHECK_FALSE(eg::equal(x, eg::random_bits({4}, {1 + (std::uint64_t{1} << 32), 2})));
  CHECK_FALSE(eg::equal(x, eg::random_bits({4}, {1, 2 + (std::uint64_t{1} << 32)})));
}

TEMPLATE_TEST_CASE("uniform: stays in [low, high) and is uniform", "[tensor]", float, double) {
  constexpr Index n = 100000;
  const auto x = eg::detail::converted<double>(eg::uniform<TestType>({n}, -2, 3, key));
  const std::vector<double> values = eg::to_vector(x);
  CHECK(*std::min_element(values.begin(), values.end()) >= -2.0);
  CHECK(*std::max_element(values.begin(), values.end()) < 3.0);
  // Standard errors: mean 5 / sqrt(12 n) = .0046, variance 25 sqrt(1 / 180 n) = .0059; 4 of them.
  CHECK_THAT(mean_of(values), WithinAbs(0.5, 0.0185));
  CHECK_THAT(moment_of(values, 0.5, 2), WithinAbs(25.0 / 12, 0.0237));
  // Kolmogorov-Smirnov at the .1 % level: 1.95 / sqrt(n).
  CHECK(ks_distance(values, [](double v) { return (v + 2) / 5; }) < 1.95 / std::sqrt(1.0 * n));
}

TEST_CASE("uniform: never reaches high, even where rounding would", "[tensor]") {
  // Two floats: about half of the draws round up to high before they are put right.
  const float low = 1.0F;
  const float high = std::nextafter(low, 2.0F);
  const auto x = eg::uniform<float>({1000}, low, high, key);
  CHECK(eg::equal(x, eg::full<float>({1000}, low)));
}

TEST_CASE("uniform: refuses an empty or infinite interval", "[tensor]") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  CHECK_THROWS_TEXT(eg::uniform<double>({1}, 1, 1, key), eg::ValueError,
                    "uniform: [low, high) is empty or not finite: [1, 1)");
  CHECK_THROWS_TEXT(eg::uniform<float>({1}, 2, -1, key), eg::ValueError,
                    "uniform: [low, high) is empty or not finite: [2, -1)");
  CHECK_THROWS_TEXT(eg::uniform<double>({1}, 0, infinity, key), eg::ValueError,
                    "uniform: [low, high) is empty or not finite: [0, inf)");
  CHECK_THROWS_AS(eg::uniform<double>({1}, std::nan(""), 1, key), eg::ValueError);
}

TEMPLATE_TEST_CASE("normal: mean, variance, tails and shape", "[tensor]", float, double) {
  constexpr Index n = 100000;
  const auto x = eg::detail::converted<double>(eg::normal<TestType>({n}, 1, 2, key));
  std::vector<double> values = eg::to_vector(x);
  for (double& value : values) {
    value = (value - 1) / 2;
  }
  // Standard errors: mean 1 / sqrt(n), variance sqrt(2 / n), skewness sqrt(6 / n), fourth moment
  // sqrt(96 / n); 4 of them.
  const double root = std::sqrt(static_cast<double>(n));
  CHECK_THAT(mean_of(values), WithinAbs(0.0, 4 / root));
  CHECK_THAT(moment_of(values, 0, 2), WithinAbs(1.0, 4 * std::sqrt(2.0) / root));
  CHECK_THAT(moment_of(values, 0, 3), WithinAbs(0.0, 4 * std::sqrt(15.0) / root));
  CHECK_THAT(moment_of(values, 0, 4), WithinAbs(3.0, 4 * std::sqrt(96.0) / root));
  const auto cumulative = [](double v) { return 0.5 * std::erfc(-v / std::sqrt(2.0)); };
  CHECK(ks_distance(values, cumulative) < 1.95 / root);
}

TEST_CASE("normal: neighbours are not correlated", "[tensor]") {
  constexpr Index n = 100000;
  const auto x = eg::normal<double>({n}, 0, 1, key);
  for (const Index lag : {1, 2, 3, 4, 8}) {
    double sum = 0;
    for (Index i = 0; i + lag < n; ++i) {
      sum += x.data()[i] * x.data()[i + lag];
    }
    INFO("lag " << lag);
    CHECK_THAT(sum / static_cast<double>(n), WithinAbs(0.0, 4 / std::sqrt(static_cast<double>(n))));
  }
}

TEST_CASE("normal: deviation 0 gives the mean, a bad one is refused", "[tensor]") {
  CHECK(eg::equal(eg::normal<float>({3}, 5, 0, key), eg::full<float>({3}, 5)));
  CHECK_THROWS_TEXT(eg::normal<float>({3}, 0, -1, key), eg::ValueError,
                    "normal: standard deviation is not a finite number >= 0: -1");
  CHECK_THROWS_AS(eg::normal<double>({3}, 0, std::nan(""), key), eg::ValueError);
  CHECK_THROWS_AS(eg::normal<double>({3}, 0, std::numeric_limits<double>::infinity(), key),
                  eg::ValueError);
}

TEST_CASE("bernoulli: never, always, and as often as asked", "[tensor]") {
  const auto share = [](double probability) {
    const auto x = eg::bernoulli({100000}, probability, key);
    Index count = 0;
    for (const bool value : x.values()) {
      count += value ? 1 : 0;
    }
    return static_cast<double>(count) / 100000;
  };
  CHECK(share(0.0) == 0.0);
  CHECK(share(1.0) == 1.0);
  CHECK_THAT(share(0.5), WithinAbs(0.5, 4 * 0.5 / 316.2));  // 4 sqrt(p (1 - p) / n)
  CHECK_THAT(share(0.1), WithinAbs(0.1, 4 * 0.3 / 316.2));
  CHECK_THROWS_TEXT(eg::bernoulli({1}, 1.5, key), eg::ValueError,
                    "bernoulli: probability is outside [0, 1]: 1.5");
  CHECK_THROWS_AS(eg::bernoulli({1}, std::nan(""), key), eg::ValueError);
  CHECK_THROWS_AS(eg::bernoulli({1}, -0.1, key), eg::ValueError);
}

TEST_CASE("permutation: every number once", "[tensor]") {
  for (const Index n : {0, 1, 2, 3, 10, 1000}) {
    auto order = eg::to_vector(eg::permutation(n, key));
    std::sort(order.begin(), order.end());
    REQUIRE(order == eg::to_vector(eg::arange<std::int64_t>(n)));
  }
  CHECK_THROWS_TEXT(eg::permutation(-1, key), eg::ValueError, "permutation: n is negative: -1");
}

TEST_CASE("permutation: every order of three is as likely as the others", "[tensor]") {
  std::vector<int> counts(27, 0);
  constexpr int rounds = 60000;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const auto order = eg::permutation(3, key.fold(i));
    ++counts[static_cast<std::size_t>(order.at(0) * 9 + order.at(1) * 3 + order.at(2))];
  }
  double chi_squared = 0;
  int orders = 0;
  for (const int count : counts) {
    if (count > 0) {
      ++orders;
      chi_squared += (count - rounds / 6.0) * (count - rounds / 6.0) / (rounds / 6.0);
    }
  }
  CHECK(orders == 6);
  CHECK(chi_squared < 20.5);  // 5 degrees of freedom, .1 % level
}

TEST_CASE("bounded draws: below any bound, without bias", "[tensor]") {
  eg::detail::BoundedDraws draws(key);
  std::vector<int> counts(6, 0);
  for (int i = 0; i < 60000; ++i) {
    ++counts[static_cast<std::size_t>(draws.below(6))];
  }
  double chi_squared = 0;
  for (const int count : counts) {
    chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  }
  CHECK(chi_squared < 20.5);  // 5 degrees of freedom, .1 % level
  CHECK(draws.below(1) == 0);
  CHECK(draws.below(std::uint64_t{1} << 63) < std::uint64_t{1} << 63);
}
