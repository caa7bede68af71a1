// The arena: order, growth, alignment, reuse.

#include "support/catch.hpp"

#include <eigengrad/memory/arena.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <cstdint>
#include <cstring>
#include <vector>

namespace eg = eigengrad;

TEST_CASE("arena: neighbours lie together, rounded up to 16 bytes", "[memory]") {
  eg::detail::Arena arena;
  auto* const a = static_cast<char*>(arena.allocate(1));
  auto* const b = static_cast<char*>(arena.allocate(17));
  auto* const c = static_cast<char*>(arena.allocate(16));
  CHECK(reinterpret_cast<std::uintptr_t>(a) % 16 == 0);
  CHECK(b - a == 16);
  CHECK(c - b == 32);
}

TEST_CASE("arena: addresses and contents stay while it grows", "[memory]") {
  eg::detail::Arena arena;
  std::vector<unsigned char*> blocks;
  for (int i = 0; i < 2000; ++i) {
    const auto bytes = static_cast<std::size_t>(1 + i % 700);
    blocks.push_back(static_cast<unsigned char*>(arena.allocate(bytes)));
    std::memset(blocks.back(), i % 251, bytes);
  }
  for (int i = 0; i < 2000; ++i) {
    const unsigned char* const block = blocks[static_cast<std::size_t>(i)];
    REQUIRE(block[0] == i % 251);
    REQUIRE(block[i % 700] == i % 251);
  }
}

TEST_CASE("arena: a request larger than any chunk gets a chunk of its own", "[memory]") {
  eg::detail::Arena arena;
  const std::size_t bytes = std::size_t{5} << 20;
  auto* const block = static_cast<unsigned char*>(arena.allocate(bytes));
  block[0] = 1;
  block[bytes - 1] = 2;
  auto* const next = static_cast<unsigned char*>(arena.allocate(8));
  next[7] = 3;
  CHECK(block[0] + block[bytes - 1] + next[7] == 6);
}

TEST_CASE("arena: clear starts over at the first address, and a warm round makes no heap call",
          "[memory]") {
  eg::detail::Arena arena;
  const auto fill = [&] {
    void* const first = arena.allocate(48);
    for (int i = 0; i < 500; ++i) {
      std::memset(arena.allocate(100), 1, 100);
    }
    return first;
  };
  const void* const first = fill();
  arena.clear();
  const eg::Index before = eg::testing::heap_calls();
  bool same_start = true;
  for (int round = 0; round < 10; ++round) {
    same_start = same_start && fill() == first;
    arena.clear();
  }
  CHECK(eg::testing::heap_calls() - before == 0);
  CHECK(same_start);
}

TEST_CASE("arena: clearing an unused arena does nothing", "[memory]") {
  eg::detail::Arena arena;
  arena.clear();
  CHECK(arena.allocate(1) != nullptr);
}

TEST_CASE("arena: its end gives the chunks back to the pool", "[memory]") {
  eg::release_cached_memory();
  {
    eg::detail::Arena arena;
    static_cast<void>(arena.allocate(100));
    CHECK(eg::cached_memory_bytes() == 0);
  }
  CHECK(eg::cached_memory_bytes() == 4096);
}
