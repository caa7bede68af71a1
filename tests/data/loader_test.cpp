#include "support/catch.hpp"

#include <eigengrad/data/loader.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

/// Row i of x is (10 i, 10 i + 1), y is i.
eg::Dataset<float, std::int64_t> rows_with_numbers(Index rows) {
  eg::Dataset<float, std::int64_t> data{eg::zeros<float>({rows, 2}),
                                        eg::zeros<std::int64_t>({rows})};
  for (Index i = 0; i < rows; ++i) {
    data.x.set({i, 0}, static_cast<float>(10 * i));
    data.x.set({i, 1}, static_cast<float>(10 * i + 1));
    data.y.set({i}, i);
  }
  return data;
}

/// The rows of one epoch, batch by batch.
template <class Loader>
std::vector<std::vector<std::int64_t>> epoch_of(Loader& loader) {
  std::vector<std::vector<std::int64_t>> batches;
  for (auto [x, y] : loader) {
    REQUIRE(x.shape() == eg::Shape{y.shape()[0], 2});
    for (Index i = 0; i < y.size(); ++i) {
      CHECK(x.at(i, 0) == static_cast<float>(10 * y.at(i)));
      CHECK(x.at(i, 1) == static_cast<float>(10 * y.at(i) + 1));
    }
    batches.push_back(eg::to_vector(y));
  }
  return batches;
}

std::vector<std::int64_t> joined(const std::vector<std::vector<std::int64_t>>& batches) {
  std::vector<std::int64_t> rows;
  for (const auto& batch : batches) {
    rows.insert(rows.end(), batch.begin(), batch.end());
  }
  return rows;
}

std::vector<std::int64_t> sorted(std::vector<std::int64_t> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

TEST_CASE("loader: without shuffling, rows in order and the last batch smaller", "[data][loader]") {
  eg::DataLoader loader(rows_with_numbers(7), {.batch_size = 3, .shuffle = false});
  CHECK(loader.steps() == 3);
  CHECK(loader.rows() == 7);
  const std::vector<std::vector<std::int64_t>> expected{{0, 1, 2}, {3, 4, 5}, {6}};
  CHECK(epoch_of(loader) == expected);
  CHECK(epoch_of(loader) == expected);
}

TEST_CASE("loader: the last batch is dropped when asked", "[data][loader]") {
  const auto data = rows_with_numbers(7);
  eg::DataLoader loader(data.x, data.y, {.batch_size = 3, .shuffle = false, .drop_last = true});
  CHECK(loader.steps() == 2);
  CHECK(epoch_of(loader) == std::vector<std::vector<std::int64_t>>{{0, 1, 2}, {3, 4, 5}});
  eg::DataLoader whole(data.x, data.y, {.batch_size = 7, .drop_last = true});
  CHECK(whole.steps() == 1);
  eg::DataLoader larger(data.x, data.y, {.batch_size = 100});
  CHECK(larger.steps() == 1);
  CHECK(epoch_of(larger)[0].size() == 7);
}

TEST_CASE("loader: a shuffled epoch has every row once, each epoch its own order",
          "[data][loader]") {
  const auto data = rows_with_numbers(100);
  eg::DataLoader loader(data, {.batch_size = 32, .seed = 7});
  const auto first = epoch_of(loader);
  CHECK(loader.epoch() == 1);
  const auto second = epoch_of(loader);
  CHECK(first.size() == 4);
  CHECK(sorted(joined(first)) == eg::to_vector(data.y));
  CHECK(sorted(joined(second)) == eg::to_vector(data.y));
  CHECK(joined(first) != eg::to_vector(data.y));
  CHECK(first != second);
}

TEST_CASE("loader: the same seed gives the same batches", "[data][loader]") {
  const auto data = rows_with_numbers(50);
  eg::DataLoader one(data, {.batch_size = 8, .seed = 3});
  eg::DataLoader two(data, {.batch_size = 8, .seed = 3});
  eg::DataLoader other(data, {.batch_size = 8, .seed = 4});
  const auto first = epoch_of(one);
  CHECK(epoch_of(two) == first);
  CHECK(epoch_of(other) != first);
  const auto second = epoch_of(one);
  // Goes on where another run stopped, and back.
  eg::DataLoader resumed(data, {.batch_size = 8, .seed = 3});
  resumed.set_epoch(1);
  CHECK(epoch_of(resumed) == second);
  resumed.set_epoch(0);
  CHECK(epoch_of(resumed) == first);
  // The order of rows does not depend on the batch size.
  eg::DataLoader wide(data, {.batch_size = 50, .seed = 3});
  CHECK(epoch_of(wide)[0] == joined(first));
}

TEST_CASE("loader: the order is that of the documented stream", "[data][loader]") {
  eg::DataLoader loader(rows_with_numbers(20), {.batch_size = 20, .seed = 9});
  loader.set_epoch(5);
  CHECK(epoch_of(loader)[0] ==
        eg::to_vector(eg::permutation(20, eg::RandomKey::named(9, "loader").fold(5))));
}

TEST_CASE("loader: an unshuffled batch is a view, a shuffled one a copy", "[data][loader]") {
  const auto data = rows_with_numbers(6);
  eg::DataLoader plain(data, {.batch_size = 2, .shuffle = false});
  auto at = plain.begin();
  ++at;
  CHECK((*at).x.data() == data.x.data() + 4);
  CHECK((*at).y.data() == data.y.data() + 2);
  eg::DataLoader shuffled(data, {.batch_size = 2});
  CHECK_FALSE(eg::is_same_storage((*shuffled.begin()).x, data.x));
}

TEST_CASE("loader: strided features and targets of higher rank", "[data][loader]") {
  const auto table = eg::tensor<double>({{0, 1, 2, 3}, {10, 11, 12, 13}, {20, 21, 22, 23}});
  const auto columns = eg::detail::make_view(table, {4, 3}, {1, 4}, 0);
  const auto targets = eg::detail::make_view(table, {4, 1, 1}, {1, 1, 1}, 0);
  for (const bool shuffle : {false, true}) {
    eg::DataLoader loader(columns, targets, {.batch_size = 3, .shuffle = shuffle});
    for (auto [x, y] : loader) {
      CHECK(y.rank() == 3);
      for (Index i = 0; i < x.shape()[0]; ++i) {
        CHECK(x.at(i, 2) == y.at(i, 0, 0) + 20);
      }
    }
  }
}

TEST_CASE("loader: no heap call once the pool has seen an epoch", "[data][loader]") {
  const auto data = rows_with_numbers(1000);
  const bool shuffle = GENERATE(false, true);
  eg::DataLoader loader(data, {.batch_size = 32, .shuffle = shuffle});
  const auto run = [&loader] {
    Index rows = 0;
    for (auto [x, y] : loader) {
      rows += y.shape()[0];
    }
    return rows;
  };
  CHECK(run() == 1000);
  const Index before = eg::testing::heap_calls();
  const Index rows = run() + run();
  const Index after = eg::testing::heap_calls();
  CHECK(rows == 2000);
  CHECK(after - before == 0);
}

TEST_CASE("loader: two threads may step through one data set", "[data][loader][threads]") {
  const auto data = rows_with_numbers(200);
  std::vector<std::int64_t> seen[2];
  const auto run = [&data](std::vector<std::int64_t>& rows) {
    eg::DataLoader loader(data, {.batch_size = 16, .seed = 1});
    for (auto [x, y] : loader) {
      for (const std::int64_t row : y.values()) {
        rows.push_back(row);
      }
    }
  };
  std::thread other([&] { run(seen[1]); });
  run(seen[0]);
  other.join();
  CHECK(seen[0].size() == 200);
  CHECK(seen[0] == seen[1]);
}

TEST_CASE("loader: what it refuses", "[data][loader]") {
  const auto x = eg::zeros<float>({5, 2});
  const auto y = eg::zeros<float>({5});
  const auto load = [](const eg::Tensor<float>& a, const eg::Tensor<float>& b,
                       const eg::LoaderOptions& options) {
    return eg::DataLoader<float, float>(a, b, options);
  };
  CHECK_THROWS_TEXT(load(x, eg::zeros<float>({4}), {}), eg::ShapeError,
                    "DataLoader: x and y differ in rows: (5, 2) and (4,)");
  CHECK_THROWS_TEXT(load(x, eg::scalar<float>(1), {}), eg::ShapeError,
                    "DataLoader: a scalar has no rows: ()");
  CHECK_THROWS_TEXT(load(eg::zeros<float>({0, 2}), eg::zeros<float>({0}), {}), eg::ValueError,
                    "DataLoader: no rows");
  CHECK_THROWS_TEXT(load(x, y, {.batch_size = 0}), eg::ValueError,
                    "DataLoader: batch_size is not positive: 0");
  CHECK_THROWS_TEXT(load(x, y, {.batch_size = 6, .drop_last = true}), eg::ValueError,
                    "DataLoader: drop_last leaves no batch: 5 rows, batch_size 6");
}
