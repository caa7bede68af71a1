// The counter that the tests of warm loops rely on.

#include "support/catch.hpp"

#include <eigengrad/testing/heap_counter.hpp>

#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

// Through a volatile pointer, so that no compiler drops the pair of new and delete.
template <class Make>
eg::Index calls_of(const Make& make) {
  const eg::Index before = eg::testing::heap_calls();
  make();
  return eg::testing::heap_calls() - before;
}

void* volatile sink = nullptr;

}  // namespace

TEST_CASE("heap counter: every form of operator new counts once", "[memory]") {
  struct alignas(64) Wide {
    char bytes[64];
  };
  CHECK(calls_of([] {
          auto* const p = new int(1);
          sink = p;
          delete p;
        }) == 1);
  CHECK(calls_of([] {
          auto* const p = new int[100];
          sink = p;
          delete[] p;
        }) == 1);
  CHECK(calls_of([] {
          auto* const p = new Wide;
          sink = p;
          delete p;
        }) == 1);
  CHECK(calls_of([] {
          auto* const p = new Wide[3];
          sink = p;
          delete[] p;
        }) == 1);
  CHECK(calls_of([] {
          auto* const p = new (std::nothrow) int(1);
          sink = p;
          delete p;
        }) == 1);
  CHECK(calls_of([] {
          void* const p = ::operator new (64, std::align_val_t{64});
          sink = p;
          ::operator delete (p, std::align_val_t{64});
        }) == 1);
}

TEST_CASE("heap counter: the standard library's memory counts", "[memory]") {
  CHECK(calls_of([] {
          const std::vector<double> values(1000, 1.0);
          sink = const_cast<double*>(values.data());
        }) == 1);
  CHECK(calls_of([] {
          const std::string text(1000, 'x');
          sink = const_cast<char*>(text.data());
        }) == 1);
}

TEST_CASE("heap counter: malloc counts where the library says so", "[memory]") {
  const eg::Index each = eg::testing::heap_counter_sees_malloc ? 1 : 0;
  CHECK(calls_of([] {
          void* p = std::malloc(10);
          sink = p;
          std::free(p);
        }) == each);
  CHECK(calls_of([] {
          void* p = std::calloc(10, 10);
          sink = p;
          std::free(p);
        }) == each);
  CHECK(calls_of([] {
          void* p = std::malloc(10);
          sink = p;
          p = std::realloc(p, 100000);
          sink = p;
          std::free(p);
        }) == 2 * each);
  CHECK(calls_of([] {
          void* p = std::aligned_alloc(64, 128);
          sink = p;
          std::free(p);
        }) == each);
  CHECK(calls_of([] {
          void* p = nullptr;
          if (posix_memalign(&p, 64, 128) == 0) {
            sink = p;
            std::free(p);
          }
        }) == each);
}

TEST_CASE("heap counter: the bytes that were asked for add up", "[memory]") {
  const eg::Index before = eg::testing::heap_bytes();
  auto* const one = new char[1000];
  sink = one;
  delete[] one;
  CHECK(eg::testing::heap_bytes() - before == 1000);
  void* const two = std::calloc(10, 30);
  sink = two;
  std::free(two);
  CHECK(eg::testing::heap_bytes() - before ==
        1000 + (eg::testing::heap_counter_sees_malloc ? 300 : 0));
}

TEST_CASE("heap counter: arithmetic does not count", "[memory]") {
  volatile int x = 1;
  CHECK(calls_of([&] { x = x + 1; }) == 0);
}
