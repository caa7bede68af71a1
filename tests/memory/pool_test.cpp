// The pool: size classes, reuse, limits, threads, and the end of the program.

#include "support/catch.hpp"

#include <eigengrad/memory/poison.hpp>
#include <eigengrad/memory/pool.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::Tensor;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// Lives until after main; ends the program with code 3 if its tensor did not survive that long.
struct AfterMain {
  Tensor<double> kept;

  AfterMain() = default;
  AfterMain(const AfterMain&) = delete;
  AfterMain& operator=(const AfterMain&) = delete;
  ~AfterMain() {
    if (!kept.defined()) {
      return;  // the case did not run
    }
    if (!eg::detail::pool_state.closed || kept.at(99) != 7.0) {
      std::fputs("a tensor in static storage was lost when main ended\n", stderr);
      std::_Exit(3);
    }
    // Allocating that late still works.
    if (eg::ones<float>({10}).at(9) != 1.0F) {
      std::_Exit(3);
    }
  }
};

AfterMain after_main;

std::vector<Tensor<float>> some_tensors(int count, Index elements) {
  std::vector<Tensor<float>> tensors;
  for (int i = 0; i < count; ++i) {
    tensors.push_back(eg::full<float>({elements}, static_cast<float>(i)));
  }
  return tensors;
}

}  // namespace

TEST_CASE("pool: requests up to 1 KiB fall into classes of 64 bytes", "[memory]") {
  CHECK(eg::detail::pool_class(0) == 0);
  CHECK(eg::detail::pool_class(1) == 0);
  CHECK(eg::detail::pool_class(64) == 0);
  CHECK(eg::detail::pool_class(65) == 1);
  CHECK(eg::detail::pool_class(1024) == 15);
  CHECK(eg::detail::pool_class_bytes(0) == 64);
  CHECK(eg::detail::pool_class_bytes(15) == 1024);
}

TEST_CASE("pool: larger requests fall into eight classes an octave", "[memory]") {
  CHECK(eg::detail::pool_class(1025) == 16);
  CHECK(eg::detail::pool_class_bytes(16) == 1152);
  CHECK(eg::detail::pool_class(2048) == 23);
  CHECK(eg::detail::pool_class_bytes(23) == 2048);
  CHECK(eg::detail::pool_class(2049) == 24);
  CHECK(eg::detail::pool_class_bytes(24) == 2304);
  CHECK(eg::detail::pool_class(std::size_t{1} << 48) == eg::detail::pool_classes - 1);
}

TEST_CASE("pool: a class holds its requests, wastes at most 1/8, and classes are in order",
          "[memory]") {
  int last = 0;
  for (std::size_t bytes = 1; bytes < 64 * mebibyte; bytes += 1 + bytes / 97) {
    const int size_class = eg::detail::pool_class(bytes);
    const std::size_t block = eg::detail::pool_class_bytes(size_class);
    INFO("bytes " << bytes);
    REQUIRE(block >= bytes);
    REQUIRE(block % 64 == 0);
    REQUIRE(block <= (bytes <= 1024 ? bytes + 63 : bytes + bytes / 8));
    REQUIRE(size_class >= last);
    REQUIRE(eg::detail::pool_class(block) == size_class);
    last = size_class;
  }
}

TEST_CASE("pool: blocks are aligned to 64 bytes and come back last in, first out", "[memory]") {
  void* const a = eg::detail::pool_allocate(200);
  void* const b = eg::detail::pool_allocate(200);
  CHECK(reinterpret_cast<std::uintptr_t>(a) % 64 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(b) % 64 == 0);
  CHECK(a != b);
  eg::detail::pool_release(a, 200);
  eg::detail::pool_release(b, 200);
  CHECK(eg::detail::pool_allocate(193) == b);  // the class of 193 to 256 bytes
  CHECK(eg::detail::pool_allocate(256) == a);
  eg::detail::pool_release(a, 256);
  eg::detail::pool_release(b, 193);
}

TEST_CASE("pool: blocks of 4 MiB and more begin at a huge page", "[memory]") {
  // The class of 4 MiB, the one above, and one where the huge pages end before the block does.
  for (const std::size_t bytes : {4 * mebibyte - 1, 4 * mebibyte + 1, 9 * mebibyte}) {
    auto* const block = static_cast<char*>(eg::detail::pool_allocate(bytes));
    INFO("bytes " << bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % (2 * mebibyte) == 0);
    block[0] = 1;
    block[bytes - 1] = 2;
    CHECK(block[0] + block[bytes - 1] == 3);
    eg::detail::pool_release(block, bytes);
  }
  CHECK(eg::detail::pool_block_alignment(4 * mebibyte - 1) == std::align_val_t{64});
  eg::release_cached_memory();
}

TEST_CASE("pool: more than 2^48 bytes are refused", "[memory]") {
  CHECK_THROWS_AS(eg::detail::pool_allocate((std::size_t{1} << 48) + 1), std::bad_alloc);
}

TEST_CASE("pool: a tensor gets the memory of the one before it", "[memory]") {
  Tensor<float> x = eg::ones<float>({30, 128});
  const float* const address = x.data();
  x = Tensor<float>();
  CHECK(eg::zeros<float>({30, 128}).data() == address);
}

TEST_CASE("pool: a warm loop makes no heap call", "[memory]") {
  const auto step = [] {
    Tensor<float> x = eg::ones<float>({32, 30});
    Tensor<float> y = eg::zeros<float>({32, 128});
    Tensor<double> z = eg::full<double>({500, 300}, 2.0);
    const Tensor<std::int64_t> order = eg::arange<std::int64_t>(32);
    x = eg::ones<float>({128, 64});
    return x.size() + y.size() + z.size() + order.size();
  };
  static_cast<void>(step());
  const Index before = eg::testing::heap_calls();
  Index total = 0;
  for (int i = 0; i < 100; ++i) {
    total += step();
  }
  CHECK(eg::testing::heap_calls() - before == 0);
  CHECK(total == 100 * (128 * 64 + 32 * 128 + 500 * 300 + 32));
}

TEST_CASE("pool: cached bytes are counted and given back on request", "[memory]") {
  eg::release_cached_memory();
  CHECK(eg::cached_memory_bytes() == 0);
  void* const block = eg::detail::pool_allocate(3000);
  CHECK(eg::cached_memory_bytes() == 0);
  eg::detail::pool_release(block, 3000);
  CHECK(eg::cached_memory_bytes() == 3072);  // 2816 < 3000 <= 3072: steps of 256 above 2048
  Index before = eg::testing::heap_calls();
  eg::detail::pool_release(eg::detail::pool_allocate(3000), 3000);
  CHECK(eg::testing::heap_calls() - before == 0);
  eg::release_cached_memory();
  CHECK(eg::cached_memory_bytes() == 0);
  before = eg::testing::heap_calls();
  eg::detail::pool_release(eg::detail::pool_allocate(3000), 3000);
  CHECK(eg::testing::heap_calls() - before == 1);
}

TEST_CASE("pool: a thread keeps as much as it once held", "[memory][threads]") {
  Index cached = 0;
  std::thread([&] {
    std::vector<void*> blocks;
    for (int i = 0; i < 96; ++i) {
      blocks.push_back(eg::detail::pool_allocate(mebibyte));
    }
    for (void* const block : blocks) {
      eg::detail::pool_release(block, mebibyte);
    }
    cached = eg::cached_memory_bytes();
  }).join();
  CHECK(cached == static_cast<Index>(96 * mebibyte));
}

TEST_CASE("pool: blocks of new sizes are kept when the lists are full of others",
          "[memory][threads]") {
  Index calls = -1;
  Index full = 0;
  Index cached = 0;
  std::thread([&] {
    { const auto held = some_tensors(24, Index{1} << 20); }
    full = eg::cached_memory_bytes();
    const auto step = [] { static_cast<void>(eg::ones<float>({Index{3} << 18})); };
    step();
    const Index before = eg::testing::heap_calls();
    for (int i = 0; i < 5; ++i) {
      step();
    }
    calls = eg::testing::heap_calls() - before;
    cached = eg::cached_memory_bytes();
  }).join();
  CHECK(full >= static_cast<Index>(96 * mebibyte));
  CHECK(calls == 0);
  CHECK(cached <= full);  // others made room
}

TEST_CASE("pool: a thread that frees the tensors of others keeps 64 MiB of them at most",
          "[memory][threads]") {
  std::vector<Tensor<float>> tensors = some_tensors(96, Index{1} << 18);  // 1 MiB each and a body
  Index cached = 0;
  std::thread([&] {
    const Tensor<float> own = eg::ones<float>({4});
    tensors.clear();
    cached = eg::cached_memory_bytes();
  }).join();
  CHECK(cached > static_cast<Index>(50 * mebibyte));
  CHECK(cached <= static_cast<Index>(64 * mebibyte));
}

TEST_CASE("pool: what another thread freed no longer counts as held", "[memory][threads]") {
  std::int64_t live = 0;
  std::int64_t peak = 0;
  std::thread([&] {
    // A producer whose tensors all end elsewhere: 40 rounds of 4 MiB.
    for (int round = 0; round < 40; ++round) {
      std::vector<Tensor<float>> batch = some_tensors(4, Index{1} << 18);
      std::thread([&] { batch.clear(); }).join();
    }
    eg::detail::pool_release(eg::detail::pool_allocate(9 * mebibyte), 9 * mebibyte);
    live = eg::detail::pool_state.live;
    peak = eg::detail::pool_state.peak;
  }).join();
  CHECK(live == 0);
  CHECK(peak < static_cast<std::int64_t>(24 * mebibyte));  // not 160 MiB
}

TEST_CASE("pool: a thread that only frees hands everything to the heap", "[memory][threads]") {
  std::vector<Tensor<float>> tensors = some_tensors(3, 100);
  Index cached = -1;
  std::thread([&] {
    tensors.clear();
    cached = eg::cached_memory_bytes();
  }).join();
  CHECK(cached == 0);
}

namespace {

/// Made before the thread's pool opens, hence destroyed after it closed.
struct OutlivesPool {
  Tensor<float> kept;
  std::atomic<int>* verdict = nullptr;

  OutlivesPool() = default;
  OutlivesPool(const OutlivesPool&) = delete;
  OutlivesPool& operator=(const OutlivesPool&) = delete;
  ~OutlivesPool() {
    if (verdict == nullptr) {
      return;
    }
    const bool empty = eg::detail::pool_state.closed && eg::detail::pool_state.cached == 0;
    const bool intact = kept.at(0) == 5.0F;
    kept = Tensor<float>();
    const bool straight_to_heap = eg::detail::pool_state.cached == 0;
    verdict->store(empty && intact && straight_to_heap ? 1 : 2);
  }
};

thread_local OutlivesPool outlives_pool;

}  // namespace

TEST_CASE("pool: a thread's end empties its lists, and later releases reach the heap",
          "[memory][threads]") {
  std::atomic<int> verdict{0};
  std::thread([&] {
    outlives_pool.verdict = &verdict;
    outlives_pool.kept = eg::full<float>({1000}, 5.0F);
    static_cast<void>(some_tensors(10, 1000));
  }).join();
  CHECK(verdict.load() == 1);
}

TEST_CASE("pool: a tensor in static storage outlives main", "[memory]") {
  after_main.kept = eg::full<double>({100}, 7.0);
  CHECK(after_main.kept.at(99) == 7.0);  // the rest is checked by its destructor
}

TEST_CASE("pool: tensors made in one thread are read and released in another",
          "[memory][threads]") {
  std::vector<Tensor<float>> tensors = some_tensors(64, 500);
  double sum = 0;
  std::thread([&sum, mine = std::move(tensors)]() mutable {
    for (const Tensor<float>& x : mine) {
      sum += static_cast<double>(x.at(499));
    }
    mine.clear();
    // What was freed here is used here again.
    for (const Tensor<float>& x : some_tensors(64, 500)) {
      sum += static_cast<double>(x.at(0));
    }
  }).join();
  CHECK(sum == 2.0 * (63 * 64 / 2));
}

TEST_CASE("pool: handles of one tensor may be dropped by several threads at once",
          "[memory][threads]") {
  for (int round = 0; round < 50; ++round) {
    Tensor<double> shared = eg::full<double>({200}, 3.0);
    std::vector<double> sums(4, 0.0);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
      threads.emplace_back([mine = shared, sum = &sums[i]]() mutable {
        const Tensor<double> another = mine;
        for (const double value : another.values()) {
          *sum += value;
        }
        mine = Tensor<double>();
      });
    }
    shared = Tensor<double>();
    for (std::thread& thread : threads) {
      thread.join();
    }
    REQUIRE(sums == std::vector<double>(4, 600.0));
  }
}

#if EIGENGRAD_POISON
TEST_CASE("pool: cached blocks and the slack of used ones are poisoned under ASan", "[memory]") {
  auto* const block = static_cast<char*>(eg::detail::pool_allocate(100));
  CHECK(__asan_address_is_poisoned(block) == 0);
  CHECK(__asan_address_is_poisoned(block + 99) == 0);
  CHECK(__asan_address_is_poisoned(block + 100) == 1);
  CHECK(__asan_address_is_poisoned(block + 127) == 1);
  eg::detail::pool_release(block, 100);
  CHECK(__asan_address_is_poisoned(block) == 1);
  CHECK(__asan_address_is_poisoned(block + 99) == 1);
  CHECK(eg::detail::pool_allocate(128) == block);
  CHECK(__asan_address_is_poisoned(block) == 0);
  CHECK(__asan_address_is_poisoned(block + 127) == 0);
  eg::detail::pool_release(block, 128);
}
#endif
