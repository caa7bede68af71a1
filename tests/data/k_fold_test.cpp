// Folds against scikit-learn's, and their refusals.

#include "data/split_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/data/k_fold.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using split_cases::listed;
using split_cases::whole;

TEST_CASE("k_fold: every fold of scikit-learn's, by their checksums", "[data][k_fold]") {
  const std::vector<Index> seeds{0, 0, 42, 4294967295LL};  // the first without shuffle
  int same = 0;
  int refused = 0;
  for (const std::vector<std::string>& f : split_cases::lines_of("folds.txt")) {
    const std::vector<std::string> sums = reference::split(f[5], ' ');
    REQUIRE(sums.size() == seeds.size());
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      INFO(f[0] << ", " << f[1] << " rows, " << f[2] << " classes, " << f[3] << ", " << f[4]
                << " folds, seed " << i);
      const eg::KFoldOptions options{whole(f[4]), i > 0, seeds[i]};
      const auto split = [&] {
        return f[0] == "plain" ? eg::k_fold(whole(f[1]), options)
                               : eg::stratified_k_fold(
                                     split_cases::labels(f[3], whole(f[2]), whole(f[1])), options);
      };
      if (sums[i] == "error") {
        CHECK_THROWS_AS(split(), eg::ValueError);
        ++refused;
        continue;
      }
      std::vector<std::vector<Index>> parts;
      for (const eg::SplitIndices& fold : split()) {
        parts.push_back(listed(fold.train));
        parts.push_back(listed(fold.test));
      }
      const bool right = split_cases::fnv1a64(parts) == sums[i];
      if (!right) {
        CHECK(right);
      }
      same += right ? 1 : 0;
    }
  }
  CHECK(same == 1552);
  CHECK(refused == 164);
}

TEST_CASE("k_fold: folds by hand", "[data][k_fold]") {
  const auto folds = eg::k_fold(5, {.n_splits = 2});
  REQUIRE(folds.size() == 2);
  CHECK(listed(folds[0].test) == std::vector<Index>{0, 1, 2});
  CHECK(listed(folds[0].train) == std::vector<Index>{3, 4});
  CHECK(listed(folds[1].test) == std::vector<Index>{3, 4});
  // Classes 2 and 0 by appearance, three rows each: fold 0 gets two of class 2 and one of class 0.
  const auto y = eg::tensor<float>({2, 0, 0, 2, 0, 2});
  const auto stratified = eg::stratified_k_fold(y, {.n_splits = 2});
  CHECK(listed(stratified[0].test) == std::vector<Index>{0, 1, 3});
  CHECK(listed(stratified[1].test) == std::vector<Index>{2, 4, 5});
}

TEST_CASE("k_fold: what it refuses", "[data][k_fold]") {
  CHECK_THROWS_TEXT(eg::k_fold(10, {.n_splits = 1}), eg::ValueError,
                    "k_fold: n_splits is below 2: 1");
  CHECK_THROWS_TEXT(eg::k_fold(4), eg::ValueError, "k_fold: n_splits is more than the 4 rows: 5");
  CHECK_THROWS_TEXT(eg::k_fold(9, {.random_state = -1}), eg::ValueError,
                    "k_fold: random_state is outside [0, 4294967295]: -1");
  const auto y = eg::tensor<std::int64_t>({1, 1, 0, 0, 2, 2});
  CHECK_THROWS_TEXT(eg::stratified_k_fold(y, {.n_splits = 3}), eg::ValueError,
                    "stratified_k_fold: no class has n_splits = 3 rows; the largest has 2");
  CHECK_THROWS_TEXT(eg::stratified_k_fold(y, {.n_splits = 7}), eg::ValueError,
                    "stratified_k_fold: n_splits is more than the 6 rows: 7");
  CHECK_THROWS_TEXT(eg::stratified_k_fold(eg::tensor<double>({1, 0.5}), {.n_splits = 2}),
                    eg::ValueError, "stratified_k_fold: label 0.5 at row 1 is not a whole number");
  CHECK_THROWS_TEXT(eg::stratified_k_fold(eg::tensor<double>({{1, 0}}), {.n_splits = 2}),
                    eg::ShapeError, "stratified_k_fold: labels are not (rows,): (1, 2)");
}
