// Cross-validation: what each fold sees, and the summary.

#include "support/catch.hpp"

#include <eigengrad/data/k_fold.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/train/cross_validate.hpp>

#include <cstdint>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

TEST_CASE("cross_validate: each fold trains on the others' rows", "[train][cross_validate]") {
  eg::Dataset data{eg::tensor<double>({{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}}),
                   eg::tensor<std::int64_t>({10, 11, 12, 13, 14})};
  data.feature_names = {"a", "b"};
  Index calls = 0;
  const auto result = eg::train::cross_validate(
      data, eg::k_fold(5, {.n_splits = 2}), [&](const auto& train, const auto& test, Index fold) {
        CHECK(fold == calls++);
        CHECK(train.feature_names == data.feature_names);
        CHECK(train.x.shape()[0] + test.x.shape()[0] == 5);
        CHECK(test.x.at(0, 0) == 2.0 * static_cast<double>(test.y.at(0) - 10));
        return test.y.at(0);  // 10, then 13
      });
  CHECK(result.scores == std::vector<double>{10, 13});
  CHECK(result.mean() == 11.5);
  CHECK(result.standard_deviation() == 1.5);
}

TEST_CASE("cross_validate: what it refuses", "[train][cross_validate]") {
  const auto score = [](const auto& /*train*/, const auto& /*test*/, Index /*fold*/) { return 0; };
  const eg::Dataset data{eg::tensor<double>({1, 2}), eg::tensor<double>({1, 2})};
  CHECK_THROWS_TEXT(eg::train::cross_validate(data, {}, score), eg::ValueError,
                    "cross_validate: no folds");
  CHECK_THROWS_TEXT(eg::train::cross_validate(data, eg::k_fold(3, {.n_splits = 3}), score),
                    eg::IndexError, "take_rows: row 2 is outside [0, 2)");
  const eg::Dataset unequal{eg::tensor<double>({1, 2}), eg::tensor<double>({1})};
  CHECK_THROWS_TEXT(eg::train::cross_validate(unequal, eg::k_fold(2, {.n_splits = 2}), score),
                    eg::ShapeError, "cross_validate: x and y differ in rows: (2,) and (1,)");
}
