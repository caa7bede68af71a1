// Stratified splits against scikit-learn's, and their refusals.

#include "data/split_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/data/split.hpp>
#include <eigengrad/data/stratify.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using split_cases::listed;
using split_cases::size_of;
using split_cases::whole;

TEST_CASE("stratify: every case of scikit-learn's, by its checksum", "[data][split]") {
  const std::vector<Index> seeds{0, 42, 4294967295LL};
  int same = 0;
  int refused = 0;
  for (const std::vector<std::string>& f : split_cases::lines_of("stratified_splits.txt")) {
    const eg::Tensor<std::int64_t> y = split_cases::labels(f[2], whole(f[1]), whole(f[0]));
    const std::vector<std::string> sums = reference::split(f[5], ' ');
    for (std::size_t i = 0; i < sums.size(); ++i) {
      INFO(f[0] << " rows, " << f[1] << " classes, " << f[2] << ", " << f[3] << ", " << f[4]
                << ", random_state " << seeds[i]);
      const auto split = [&] {
        return eg::train_test_split_indices(y.size(),
                                            {size_of(f[3]), size_of(f[4]), seeds[i], true, y});
      };
      if (sums[i] == "error") {
        CHECK_THROWS_AS(split(), eg::ValueError);
        ++refused;
        continue;
      }
      const eg::SplitIndices parts = split();
      const bool right = split_cases::fnv1a64({listed(parts.train), listed(parts.test)}) == sums[i];
      if (!right) {
        CHECK(right);
      }
      same += right ? 1 : 0;
    }
  }
  CHECK(same == 2259);
  CHECK(refused == 78);
}

TEST_CASE("stratify: both parts keep the shares, whatever the labels' type", "[data][split]") {
  // scikit-learn 1.9: train_test_split(range(12), test_size=4, random_state=1,
  // stratify=[0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
  const std::vector<Index> train{4, 9, 8, 0, 6, 1, 11, 2};
  const std::vector<Index> test{10, 3, 5, 7};
  const auto y = eg::tensor<std::int64_t>({0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2});
  const auto check = [&](const eg::Stratify& by) {
    const eg::SplitIndices parts =
        eg::train_test_split_indices(12, {.test_size = 4, .random_state = 1, .stratify = by});
    CHECK(listed(parts.train) == train);
    CHECK(listed(parts.test) == test);
  };
  check(y);
  check(eg::detail::converted<float>(y));
  check(eg::detail::converted<std::int32_t>(y));
  const auto [x_train, x_test, y_train, y_test] =
      eg::train_test_split(y, y, {.test_size = 4, .random_state = 1, .stratify = y});
  CHECK(listed(y_test).size() == 4);
  CHECK(std::count(y_test.values().begin(), y_test.values().end(), 0) == 2);
}

TEST_CASE("stratify: what it refuses", "[data][split]") {
  const auto y = eg::tensor<std::int64_t>({0, 0, 5, 5, 7, 7});
  const auto split = [](Index rows, const eg::SplitOptions& options) {
    return eg::train_test_split_indices(rows, options);
  };
  CHECK_THROWS_TEXT(split(7, {.test_size = 3, .stratify = y}), eg::ShapeError,
                    "train_test_split: stratify has 6 labels for 7 rows");
  CHECK_THROWS_TEXT(eg::Stratify(eg::tensor<std::int64_t>({{1}, {1}})), eg::ShapeError,
                    "train_test_split: stratify is not (rows,): (2, 1)");
  CHECK_THROWS_TEXT(
      eg::Stratify(eg::tensor<std::int64_t>({4, 9, 4})), eg::ValueError,
      "train_test_split: only one row is of class 9; stratify needs one for each part");
  CHECK_THROWS_TEXT(eg::Stratify(eg::tensor<double>({0, std::numeric_limits<double>::quiet_NaN()})),
                    eg::ValueError, "class_labels: label nan at row 1 is not a class");
  CHECK_THROWS_TEXT(
      split(6, {.test_size = 2, .stratify = y}), eg::ValueError,
      "train_test_split: each part needs a row of each of the 3 classes: 4 to train, 2 to test");
  CHECK_THROWS_TEXT(
      split(6, {.test_size = 4, .stratify = y}), eg::ValueError,
      "train_test_split: each part needs a row of each of the 3 classes: 2 to train, 4 to test");
  CHECK_THROWS_TEXT(split(6, {.test_size = 3, .shuffle = false, .stratify = y}), eg::ValueError,
                    "train_test_split: stratify needs shuffle");
}
