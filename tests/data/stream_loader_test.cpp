#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/data/stream_loader.hpp>
#include <eigengrad/io/mapped_npy.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

/// Row i of x is (2 i, 2 i + 1), of y i.
struct Counted {
  eg::Tensor<float> x;
  eg::Tensor<std::int64_t> y;
  explicit Counted(Index rows)
      : x(eg::detail::make_view(eg::arange<float>(static_cast<float>(2 * rows)), {rows, 2}, {2, 1},
                                0)),
        y(eg::arange<std::int64_t>(rows)) {}
};

using Loader = eg::StreamLoader<float, std::int64_t>;

/// The rows of an epoch in their order; checks that x goes with y, and the batches' sizes.
std::vector<std::int64_t> rows_of_epoch(Loader& loader, Index batch_size) {
  std::vector<std::int64_t> rows;
  Index batches = 0;
  for (const auto& [x, y] : loader) {
    ++batches;
    CHECK((x.shape()[0] == batch_size || batches == loader.steps()));
    for (Index i = 0; i < y.size(); ++i) {
      rows.push_back(y.at(i));
      if (x.at(i, 1) != static_cast<float>(2 * y.at(i) + 1)) {
        FAIL_CHECK("row " << y.at(i) << " has x of another");
      }
    }
  }
  CHECK(batches == loader.steps());
  return rows;
}

std::vector<std::int64_t> counted(Index rows) {
  return eg::to_vector(eg::arange<std::int64_t>(rows));
}

/// Bytes of this process in memory, files' pages included.
Index resident_bytes() {
  std::ifstream in("/proc/self/statm");
  Index total = 0;
  Index resident = 0;
  in >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

TEST_CASE("stream loader: every row once an epoch, whatever the sizes", "[data]") {
  for (const Index rows : {1, 2, 31, 32, 33, 100, 257}) {
    for (const Index block : {1, 7, 32, 1000}) {
      for (const Index window : {1, 3, 1000000000}) {
        INFO(rows << " rows, blocks of " << block << ", windows of " << window);
        const Counted data(rows);
        Loader loader(data.x, data.y,
                      {.batch_size = 32, .block_rows = block, .window_blocks = window});
        auto found = rows_of_epoch(loader, 32);
        std::sort(found.begin(), found.end());
        CHECK(found == counted(rows));
      }
    }
  }
}

TEST_CASE("stream loader: the order depends on seed and epoch alone", "[data]") {
  const Counted data(500);
  const eg::StreamOptions options{
      .batch_size = 20, .seed = 3, .block_rows = 10, .window_blocks = 8};
  Loader loader(data.x, data.y, options);
  const auto first = rows_of_epoch(loader, 20);
  const auto second = rows_of_epoch(loader, 20);
  CHECK(first != second);
  CHECK(first != counted(500));
  Loader again(data.x, data.y, options);
  CHECK(rows_of_epoch(again, 20) == first);
  again.set_epoch(1);
  CHECK(again.epoch() == 1);
  CHECK(rows_of_epoch(again, 20) == second);
  // Another size of batch cuts the same order elsewhere.
  Loader other(data.x, data.y, {.batch_size = 7, .seed = 3, .block_rows = 10, .window_blocks = 8});
  CHECK(rows_of_epoch(other, 7) == first);
  Loader seed(data.x, data.y, {.batch_size = 20, .seed = 4, .block_rows = 10, .window_blocks = 8});
  CHECK(rows_of_epoch(seed, 20) != first);
}

TEST_CASE("stream loader: rows are shuffled within and across blocks", "[data]") {
  const Counted data(6400);
  Loader loader(data.x, data.y, {.batch_size = 64, .block_rows = 64, .window_blocks = 16});
  const auto rows = rows_of_epoch(loader, 64);
  std::vector<std::int64_t> blocks;  // of the first batch
  for (std::size_t i = 0; i < 64; ++i) {
    blocks.push_back(rows[i] / 64);
  }
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  // 64 draws from 16 blocks miss one with probability 16 (15/16)^64 = .26; five or more, never.
  CHECK(blocks.size() >= 12);
  CHECK(blocks.size() <= 16);
}

TEST_CASE("stream loader: drop_last", "[data]") {
  const Counted data(70);
  Loader loader(data.x, data.y, {.batch_size = 32, .drop_last = true});
  CHECK(loader.steps() == 2);
  CHECK(rows_of_epoch(loader, 32).size() == 64);
  CHECK(loader.rows() == 70);
}

TEST_CASE("stream loader: a file larger than what may be in memory", "[data][map]") {
  const ScratchFolder folder;
  const std::string path = folder / "x.npy";
  constexpr Index rows = 65536;
  constexpr Index width = 1024;  // 256 MiB of float32
  const std::string head = eg::detail::format_npy_header("<f4", {rows, width});
  eg::write_file(path, head);
  // Without blocks on the disk: they read as zeros.
  REQUIRE(::truncate(path.c_str(), static_cast<off_t>(head.size()) + rows * width * 4) == 0);
  const auto x = eg::map_npy<float>(path);
  const auto y = eg::arange<std::int64_t>(rows);
  eg::StreamLoader loader(x, y, {.batch_size = 256, .block_rows = 64, .window_blocks = 32});
  const Index before = resident_bytes();
  Index most = 0;
  Index seen = 0;
  for (const auto& batch : loader) {
    seen += batch.x.shape()[0];
    most = std::max(most, resident_bytes() - before);
  }
  CHECK(seen == rows);
  // A window of 8 MiB, its pages, batches of 1 MiB, and what pool and sanitizers keep: measured 10
  // MiB between batches, and 266 if pages are not let go.
  CHECK(most < Index{64} << 20);
}

TEST_CASE("stream loader: two threads stream from one map", "[data][threads]") {
  const ScratchFolder folder;
  const Counted data(3000);
  eg::save_npy(folder / "x.npy", data.x);
  eg::save_npy(folder / "y.npy", data.y);
  const auto x = eg::map_npy<float>(folder / "x.npy");
  const auto y = eg::map_npy<std::int64_t>(folder / "y.npy");
  std::vector<std::int64_t> found[2];
  const auto stream = [&](std::vector<std::int64_t>& rows) {
    Loader loader(x, y, {.batch_size = 50, .block_rows = 20, .window_blocks = 10});
    for (int epoch = 0; epoch < 3; ++epoch) {
      for (const auto& batch : loader) {
        rows.insert(rows.end(), batch.y.values().begin(), batch.y.values().end());
      }
    }
  };
  std::thread other([&] { stream(found[1]); });
  stream(found[0]);
  other.join();
  CHECK(found[0].size() == 9000);
  CHECK(found[0] == found[1]);
}

TEST_CASE("stream loader: refusals", "[data]") {
  const Counted data(10);
  const auto y = eg::zeros<std::int64_t>({9});
  CHECK_THROWS_TEXT(Loader(data.x, y), eg::ShapeError,
                    "StreamLoader: x and y differ in rows: (10, 2) and (9,)");
  CHECK_THROWS_TEXT(Loader(eg::detail::make_view(data.x, {10, 1}, {2, 1}, 0), data.y),
                    eg::ShapeError,
                    "StreamLoader: tensor (10, 1) is a strided view; call contiguous() first");
  CHECK_THROWS_TEXT(Loader(eg::zeros<float>({0, 2}), eg::zeros<std::int64_t>({0})), eg::ValueError,
                    "StreamLoader: no rows");
  CHECK_THROWS_TEXT(Loader(data.x, data.y, {.batch_size = 0}), eg::ValueError,
                    "StreamLoader: batch_size is not positive: 0");
  CHECK_THROWS_TEXT(Loader(data.x, data.y, {.block_rows = -1}), eg::ValueError,
                    "StreamLoader: block_rows is not positive: -1");
  CHECK_THROWS_TEXT(Loader(data.x, data.y, {.window_blocks = 0}), eg::ValueError,
                    "StreamLoader: window_blocks is not positive: 0");
  CHECK_THROWS_TEXT(Loader(data.x, data.y, {.batch_size = 11, .drop_last = true}), eg::ValueError,
                    "StreamLoader: drop_last leaves no batch: 10 rows, batch_size 11");
}
