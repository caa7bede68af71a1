#include "support/catch.hpp"

#include <eigengrad/train/search.hpp>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

const train::SearchSpace space{
    .learning_rates = {0.1, 0.01}, .widths = {8, 16, 32}, .batch_sizes = {4, 8}};

double by_width(const train::Trial& trial) {
  return static_cast<double>(trial.width) + trial.learning_rate;
}

}  // namespace

TEST_CASE("search: a grid in the order of the lists, the best kept", "[train][search]") {
  std::vector<double> rates;
  const auto result =
      train::search(space, by_width, {.random = false},
                    [&](const train::Trial& trial) { rates.push_back(trial.learning_rate); });
  CHECK(result.trials.size() == 12);
  CHECK(rates.front() == 0.1);
  CHECK(rates.back() == 0.01);
  CHECK(result.best().width == 32);
  CHECK(result.best().learning_rate == 0.1);
  CHECK(result.best().batch_size == 4);  // the first of two equal scores
  CHECK(result.best().number == 5);
  CHECK_FALSE(result.reached_target);
}

TEST_CASE("search: random trials do not repeat and depend on the seed alone", "[train][search]") {
  const auto order = [](std::uint64_t seed) {
    std::vector<double> codes;
    static_cast<void>(
        train::search(space, by_width, {.trials = 7, .seed = seed}, [&](const train::Trial& trial) {
          codes.push_back(static_cast<double>(trial.width * 100 + trial.batch_size) +
                          trial.learning_rate);
        }));
    return codes;
  };
  const auto first = order(1);
  CHECK(first.size() == 7);
  CHECK(std::set<double>(first.begin(), first.end()).size() == 7);
  CHECK(first == order(1));
  CHECK(first != order(2));
}

TEST_CASE("search: stops at the target, in both directions", "[train][search]") {
  const auto up = train::search(space, by_width, {.random = false, .target = 16});
  CHECK(up.reached_target);
  CHECK(up.trials.size() == 3);
  const auto down =
      train::search(space, by_width, {.random = false, .maximize = false, .target = 8.05});
  CHECK(down.reached_target);
  CHECK(down.best().learning_rate == 0.01);
}

TEST_CASE("search: NaN is never best", "[train][search]") {
  const auto result =
      train::search(space,
                    [](const train::Trial& trial) {
                      return trial.number == 2 ? 1.0 : std::numeric_limits<double>::quiet_NaN();
                    },
                    {.random = false});
  CHECK(result.best().number == 2);
}

TEST_CASE("search: an empty list or no trials are refused", "[train][search]") {
  CHECK_THROWS_TEXT(train::search({.widths = {}}, by_width), eg::ValueError,
                    "search: a list of the space is empty");
  CHECK_THROWS_TEXT(train::search(space, by_width, {.trials = 0}), eg::ValueError,
                    "search: trials is not positive: 0");
}
