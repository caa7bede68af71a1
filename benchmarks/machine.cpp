// What one core of this machine can do, as one line of JSON: multiply-adds a second in registers
// with the widest instruction set that the compiler was given, and copies (bytes read plus bytes
// written) within the first- and second-level caches and in memory. Every figure is the best of
// many short runs, because other processes only slow a run down.

#include <eigengrad/kernels/packet.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;

namespace {

/// The least seconds that one of `runs` calls of body() takes.
template <class Body>
double best_seconds(int runs, const Body& body) {
  double best = 1e30;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const auto stop = std::chrono::steady_clock::now();
    best = std::min(best, std::chrono::duration<double>(stop - start).count());
  }
  return best;
}

/// Tell the compiler that a value, or what lies in memory, is read here.
template <class V>
void use(V& value) {
  asm volatile("" : "+x"(value) : : "memory");
}

void use_memory(const void* p) {
  asm volatile("" : : "r"(p) : "memory");
}

/// Billions of additions and multiplications a second: chains enough to hide the latency of two
/// units of 5 cycles, few enough for 16 registers.
template <class T>
double multiply_add_rate() {
  using P = kernels::Packet<T>;
  constexpr int chains = 12;
  constexpr int repeats = 20000;
  P sums[chains];
  for (P& sum : sums) {
    sum = P(T(0));
  }
  P x(T(1));
  use(x.v);
  const double seconds = best_seconds(60, [&] {
    for (int repeat = 0; repeat < repeats; ++repeat) {
#pragma GCC unroll 12
      for (P& sum : sums) {
        sum = kernels::multiply_add(x, x, sum);
      }
    }
#pragma GCC unroll 12
    for (P& sum : sums) {
      use(sum.v);
    }
  });
  return 2e-9 * repeats * chains * static_cast<double>(P::lanes) / seconds;
}

/// A copy in registers: the C library's may prefer a string instruction that is slow in cache.
void copy_packets(float* to, const float* from, Index n) {
  using P = kernels::Packet<float>;
  for (Index i = 0; i + 4 * P::lanes <= n; i += 4 * P::lanes) {
#pragma GCC unroll 4
    for (Index k = 0; k < 4; ++k) {
      P::load(from + i + k * P::lanes).store(to + i + k * P::lanes);
    }
  }
}

/// Gigabytes a second of copies from and to buffers of n floats, by the faster of two ways.
double copy_rate(Index n, int repeats, int runs) {
  const auto bytes = static_cast<std::size_t>(n) * sizeof(float);
  std::vector<float> from(static_cast<std::size_t>(n), 1.0F);
  std::vector<float> to(static_cast<std::size_t>(n), 2.0F);
  const auto repeated = [&](const auto& copy) {
    return best_seconds(runs, [&] {
      for (int repeat = 0; repeat < repeats; ++repeat) {
        copy();
        use_memory(to.data());
      }
    });
  };
  const double seconds = std::min(repeated([&] { copy_packets(to.data(), from.data(), n); }),
                                  repeated([&] { std::memcpy(to.data(), from.data(), bytes); }));
  return 2e-9 * static_cast<double>(bytes) * repeats / seconds;
}

}  // namespace

int main() {
  constexpr Index kilobyte = 1024 / static_cast<Index>(sizeof(float));
  std::printf(
      "{\"fma_gflops_float\": %.2f, \"fma_gflops_double\": %.2f, \"copy_gb_s_l1\": %.2f, "
      "\"copy_gb_s_l2\": %.2f, \"copy_gb_s\": %.2f}\n",
      multiply_add_rate<float>(), multiply_add_rate<double>(), copy_rate(8 * kilobyte, 500, 60),
      copy_rate(96 * kilobyte, 50, 60), copy_rate(64 * 1024 * kilobyte, 1, 6));
  return 0;
}
