#include "data/split_cases.hpp"
#include "support/catch.hpp"

#include <eigengrad/data/mersenne_twister.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/data/split.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using split_cases::fnv1a64;
using split_cases::listed;
using split_cases::size_of;
using split_cases::whole;

namespace {

eg::Tensor<double> counting(const eg::Shape& shape) {
  eg::Tensor<double> x = eg::detail::uninitialized<double>(shape);
  double* const data = x.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    data[i] = static_cast<double>(i);
  }
  return x;
}

std::string ends(const std::vector<Index>& indices, bool last) {
  const std::size_t count = std::min<std::size_t>(indices.size(), 8);
  const std::size_t from = last ? indices.size() - count : 0;
  std::string text;
  for (std::size_t i = from; i < from + count; ++i) {
    text += (i == from ? "" : " ") + std::to_string(indices[i]);
  }
  return text;
}

}  // namespace

TEST_CASE("split: every case of scikit-learn's, row by row", "[data][split]") {
  int accepted = 0;
  int refused = 0;
  for (const std::vector<std::string>& f : split_cases::lines_of("splits.txt")) {
    REQUIRE(f.size() > 5);
    INFO(f[0] << " rows, " << f[1] << ", " << f[2] << ", " << f[3] << ", " << f[4]);
    eg::SplitOptions options{.test_size = size_of(f[1]), .train_size = size_of(f[2])};
    options.random_state = f[3] == "none" ? 0 : whole(f[3]);
    options.shuffle = f[4] == "1";
    const Index rows = whole(f[0]);
    if (f[5] == "error") {
      CHECK_THROWS_AS(eg::train_test_split_indices(rows, options), eg::ValueError);
      ++refused;
      continue;
    }
    REQUIRE(f.size() == 14);
    const eg::SplitIndices parts = eg::train_test_split_indices(rows, options);
    const std::vector<Index> train = listed(parts.train);
    const std::vector<Index> test = listed(parts.test);
    CHECK(std::to_string(train.size()) == f[6]);
    CHECK(std::to_string(test.size()) == f[7]);
    CHECK(ends(train, false) == f[8]);
    CHECK(ends(train, true) == f[9]);
    CHECK(ends(test, false) == f[10]);
    CHECK(ends(test, true) == f[11]);
    CHECK(fnv1a64({train}) == f[12]);
    CHECK(fnv1a64({test}) == f[13]);
    ++accepted;
  }
  CHECK(accepted > 200);
  CHECK(refused > 30);
}

TEST_CASE("split: 2,400 more of scikit-learn's, by their checksums", "[data][split]") {
  const std::vector<Index> seeds{0,    1,     7,          42,           123,
                                 2024, 65535, 2147483647, 2147483648LL, 4294967295LL};
  int same = 0;
  for (const std::vector<std::string>& f : split_cases::lines_of("split_checksums.txt")) {
    const std::vector<std::string> sums = reference::split(f[3], ' ');
    REQUIRE(sums.size() == seeds.size());
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      INFO(f[0] << " rows, " << f[1] << ", " << f[2] << ", random_state " << seeds[i]);
      const eg::SplitIndices parts = eg::train_test_split_indices(
          whole(f[0]),
          {.test_size = size_of(f[1]), .train_size = size_of(f[2]), .random_state = seeds[i]});
      const bool right = fnv1a64({listed(parts.train), listed(parts.test)}) == sums[i];
      if (!right) {
        CHECK(right);
      }
      same += right ? 1 : 0;
    }
  }
  CHECK(same == 2400);
}

TEST_CASE("split: our generator is std::mt19937", "[data][split]") {
  for (const std::uint32_t seed : {0U, 1U, 42U, 5489U, 0xffffffffU}) {
    eg::detail::MersenneTwister ours(seed);
    std::mt19937 theirs(seed);
    bool same = true;
    for (int i = 0; i < 3000; ++i) {
      same = same && ours.next() == theirs();
    }
    INFO("seed " << seed);
    CHECK(same);
  }
}

TEST_CASE("split: intervals draw nothing for 0 and the high half first past 32 bits",
          "[data][split]") {
  eg::detail::MersenneTwister ours(7);
  std::mt19937 theirs(7);
  CHECK(ours.interval(0) == 0);
  std::uint64_t high = theirs();
  std::uint64_t low = theirs();
  CHECK(ours.interval(~std::uint64_t{0}) == ((high << 32) | low));
  high = theirs();
  low = theirs();
  CHECK(ours.interval((std::uint64_t{1} << 40) - 1) == (((high & 255U) << 32) | low));
  CHECK(ours.interval(0xffffffffU) == theirs());
}

TEST_CASE("split: features and targets stay together", "[data][split]") {
  const eg::Tensor<double> x = counting({10, 2, 3});
  const eg::Tensor<std::int64_t> y = eg::detail::converted<std::int64_t>(counting({10}));
  const auto [x_train, x_test, y_train, y_test] =
      eg::train_test_split(x, y, {.test_size = 3, .random_state = 42});
  // scikit-learn 1.9: train_test_split(range(10), test_size=3, random_state=42)
  CHECK(listed(y_train) == std::vector<Index>{0, 7, 2, 9, 4, 3, 6});
  CHECK(listed(y_test) == std::vector<Index>{8, 1, 5});
  CHECK(x_train.shape() == eg::Shape{7, 2, 3});
  CHECK(x_test.shape() == eg::Shape{3, 2, 3});
  for (Index i = 0; i < 3; ++i) {
    CHECK(x_test.at(i, 1, 2) == static_cast<double>(6 * y_test.at(i) + 5));
  }
  CHECK(x_train.at(6, 0, 0) == 36.0);
}

TEST_CASE("split: a data set keeps its names", "[data][split]") {
  eg::Dataset data{counting({4, 1}), counting({4})};
  data.feature_names = {"a"};
  data.class_names = {"no", "yes"};
  const auto [train, test] = eg::train_test_split(data, {.test_size = 0.5, .shuffle = false});
  CHECK(train.x.at(1, 0) == 1.0);
  CHECK(test.y.at(0) == 2.0);
  CHECK(train.feature_names == data.feature_names);
  CHECK(test.class_names == data.class_names);
}

TEST_CASE("split: what it refuses", "[data][split]") {
  const auto split = [](Index rows, const eg::SplitOptions& options) {
    return eg::train_test_split_indices(rows, options);
  };
  CHECK_THROWS_TEXT(split(10, {.test_size = 1.0}), eg::ValueError,
                    "train_test_split: test_size as a fraction is outside (0, 1): 1");
  CHECK_THROWS_TEXT(split(10, {.train_size = -0.5}), eg::ValueError,
                    "train_test_split: train_size as a fraction is outside (0, 1): -0.5");
  CHECK_THROWS_TEXT(split(10, {.test_size = 10}), eg::ValueError,
                    "train_test_split: test_size must leave both parts some of the 10 rows: 10");
  CHECK_THROWS_TEXT(split(10, {.train_size = 0}), eg::ValueError,
                    "train_test_split: train_size must leave both parts some of the 10 rows: 0");
  CHECK_THROWS_TEXT(split(10, {.test_size = 0.6, .train_size = 0.6}), eg::ValueError,
                    "train_test_split: test_size and train_size exceed 1 together: 0.6 + 0.6");
  CHECK_THROWS_TEXT(split(10, {.test_size = 0.5, .train_size = 6}), eg::ValueError,
                    "train_test_split: test_size and train_size need more than the 10 rows: 5 + 6");
  CHECK_THROWS_TEXT(split(1, {.test_size = 0.2}), eg::ValueError,
                    "train_test_split: the training part of 1 rows is empty: test_size 0.2, "
                    "train_size none");
  CHECK_THROWS_TEXT(split(0, {}), eg::ValueError,
                    "train_test_split: the training part of 0 rows is empty: test_size 0.25, "
                    "train_size none");
  CHECK_THROWS_TEXT(split(-1, {}), eg::ValueError,
                    "train_test_split: a negative number of rows: -1");
  CHECK_THROWS_TEXT(split(10, {.random_state = -1}), eg::ValueError,
                    "train_test_split: random_state is outside [0, 4294967295]: -1");
  CHECK_THROWS_TEXT(split(10, {.random_state = Index{1} << 32}), eg::ValueError,
                    "train_test_split: random_state is outside [0, 4294967295]: 4294967296");
  CHECK_THROWS_TEXT(eg::train_test_split(counting({3, 2}), counting({4})), eg::ShapeError,
                    "train_test_split: x and y differ in rows: (3, 2) and (4,)");
  CHECK_THROWS_TEXT(eg::train_test_split(counting({}), counting({4})), eg::ShapeError,
                    "train_test_split: a scalar has no rows: ()");
}

TEST_CASE("take_rows: any order, repeats, strided sources, no rows", "[data][rows]") {
  const eg::Tensor<double> x = counting({3, 2});
  const eg::Tensor<double> y = eg::take_rows(x, std::vector<Index>{2, 0, 2});
  CHECK(std::vector<double>(y.values().begin(), y.values().end()) ==
        std::vector<double>{4, 5, 0, 1, 4, 5});
  const eg::Tensor<double> columns = eg::detail::make_view(x, {2, 3}, {1, 2}, 0);
  const eg::Tensor<double> z = eg::take_rows(columns, std::vector<Index>{1});
  CHECK(std::vector<double>(z.values().begin(), z.values().end()) == std::vector<double>{1, 3, 5});
  CHECK(eg::take_rows(x, std::vector<Index>{}).shape() == eg::Shape{0, 2});
  CHECK_THROWS_TEXT(eg::take_rows(x, std::vector<Index>{3}), eg::IndexError,
                    "take_rows: row 3 is outside [0, 3)");
  CHECK_THROWS_TEXT(eg::take_rows(x, std::vector<Index>{-1}), eg::IndexError,
                    "take_rows: row -1 is outside [0, 3)");
  CHECK_THROWS_TEXT(eg::take_rows(counting({}), std::vector<Index>{0}), eg::ShapeError,
                    "take_rows: a scalar has no rows: ()");
  const auto square = eg::detail::converted<std::int64_t>(counting({1, 1}));
  CHECK_THROWS_TEXT(eg::take_rows(x, square), eg::ShapeError,
                    "take_rows: indices are not (k,): (1, 1)");
}
