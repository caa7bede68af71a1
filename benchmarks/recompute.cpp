// Memory against time of a deep MLP in segments that are recomputed (docs/recomputation.md): for
// each depth and number of segments the peak of what a forward and a backward pass take from the
// pool, and the processor's time, the best of interleaved rounds. Prints the table of that page.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/nn/recompute.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

constexpr Index width = 128;
constexpr Index batch = 256;

struct Row {
  Index segments;  // 0: without recomputation
  double milliseconds = std::numeric_limits<double>::infinity();
  double megabytes = 0;
};

eg::nn::Sequential<float> mlp(Index depth) {
  std::vector<eg::nn::LayerSpec<float>> layers;
  for (Index i = 0; i < depth; ++i) {
    layers.emplace_back(eg::nn::Dense(width, width));
    layers.emplace_back(eg::nn::Tanh());
  }
  return eg::nn::Sequential<float>(layers, {.seed = 1});
}

double cpu_milliseconds() {
  std::timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// One forward and backward pass.
void step(const eg::nn::Sequential<float>& model, const eg::Tensor<float>& x, Row& row) {
  eg::detail::PoolState& pool = eg::detail::pool_state;
  const std::int64_t before = pool.live;
  pool.peak = before;
  const double start = cpu_milliseconds();
  {
    eg::Tape tape;
    tape.backward(eg::mean(
        row.segments == 0 ? model(x) : eg::nn::recompute_sequential(model, row.segments, x)));
  }
  row.milliseconds = std::min(row.milliseconds, cpu_milliseconds() - start);
  row.megabytes = static_cast<double>(pool.peak - before) / 1e6;
  for (auto& parameter : model.parameters()) {
    parameter.zero_gradient();
  }
}

void measure(Index depth, int rounds) {
  const eg::nn::Sequential<float> model = mlp(depth);
  const auto x = eg::uniform<float>({batch, width}, -1.F, 1.F, {1, 1});
  const auto root = static_cast<Index>(std::lround(std::sqrt(static_cast<double>(depth))));
  std::vector<Row> rows;
  for (const Index segments : {Index{0}, root / 2, root, 2 * root, depth}) {
    rows.push_back({segments});
  }
  for (int round = -1; round < rounds; ++round) {
    for (Row& row : rows) {
      step(model, x, row);
      if (round < 0) {  // allocates
        row.milliseconds = std::numeric_limits<double>::infinity();
      }
    }
  }
  for (const Row& row : rows) {
    std::printf("| %4ld | %8ld | %8.2f | %5.2f | %8.2f | %5.2f |\n", static_cast<long>(depth),
                static_cast<long>(row.segments), row.megabytes, row.megabytes / rows[0].megabytes,
                row.milliseconds, row.milliseconds / rows[0].milliseconds);
  }
}

}  // namespace

/// recompute [ROUNDS]
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  std::printf("Dense(%ld, %ld) and Tanh per layer, batch %ld, float, best of %d\n\n",
              static_cast<long>(width), static_cast<long>(width), static_cast<long>(batch), rounds);
  std::printf("| depth | segments | peak MB | of 0 | ms | of 0 |\n|---|---|---|---|---|---|\n");
  for (const Index depth : {16, 64, 256}) {
    measure(depth, rounds);
  }
  return 0;
}
