// Scratch and Buffer: pooled memory for a scope, and a growing array.

#include "support/catch.hpp"

#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <cstdint>
#include <numeric>

namespace eg = eigengrad;
using eg::detail::Buffer;
using eg::detail::Scratch;

TEST_CASE("scratch: aligned memory that the next scope gets again", "[memory]") {
  const double* address = nullptr;
  {
    Scratch<double> scratch(100);
    scratch[0] = 1.0;
    scratch[99] = 2.0;
    address = scratch.data();
    CHECK(reinterpret_cast<std::uintptr_t>(address) % 64 == 0);
    CHECK(scratch[0] + scratch.data()[99] == 3.0);
  }
  Scratch<double> again(100);
  CHECK(again.data() == address);
}

TEST_CASE("scratch: no elements are fine", "[memory]") {
  Scratch<float> scratch(0);
  CHECK(scratch.data() != nullptr);
}

TEST_CASE("scratch: none of its memory is lost", "[memory]") {
  eg::release_cached_memory();
  const std::int64_t live = eg::detail::pool_state.live;
  {
    const Scratch<float> scratch(1000);
    CHECK(eg::detail::pool_state.live == live + 4096);  // 4000 bytes, class of 4096
  }
  CHECK(eg::detail::pool_state.live == live);
}

TEST_CASE("buffer: keeps its elements while it grows", "[memory]") {
  Buffer<std::int64_t> buffer;
  CHECK(buffer.size() == 0);
  CHECK(buffer.begin() == buffer.end());
  for (std::int64_t i = 0; i < 10000; ++i) {
    buffer.push_back(i);
  }
  CHECK(buffer.size() == 10000);
  CHECK(buffer[0] == 0);
  CHECK(buffer[9999] == 9999);
  const Buffer<std::int64_t>& view = buffer;
  CHECK(view[5000] == 5000);
  CHECK(std::accumulate(buffer.begin(), buffer.end(), std::int64_t{0}) == 9999 * 10000 / 2);
}

TEST_CASE("buffer: clear keeps the memory", "[memory]") {
  Buffer<int> buffer;
  for (int i = 0; i < 1000; ++i) {
    buffer.push_back(i);
  }
  const int* const address = buffer.begin();
  buffer.clear();
  CHECK(buffer.size() == 0);
  const eg::Index before = eg::testing::heap_calls();
  for (int i = 0; i < 1000; ++i) {
    buffer.push_back(-i);
  }
  CHECK(eg::testing::heap_calls() - before == 0);
  CHECK(buffer.begin() == address);
  CHECK(buffer[999] == -999);
}
