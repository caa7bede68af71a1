// Matrix products, GFLOP a second: ours, our backend on Eigen's kernel, Eigen's own expression, and
// OpenBLAS and oneDNN where CMake found them, next to the peak of this core's multiply-add units
// measured in the same run. Shapes: squares in all four transposes, and every product of the
// forward and backward passes of the networks a, b and c (see step/problem.cpp). One thread.
//
//   gemm --benchmark_filter='NN/' --benchmark_repetitions=20
//        --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true
//
// The highest rate of the repetitions is reported as `best`: other processes only slow a run down.

#include <eigengrad/kernels/eigen/gemm.hpp>
#include <eigengrad/kernels/gemm/gemm.hpp>
#include <eigengrad/memory/scratch.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#if BENCHMARK_OPENBLAS
#include <cblas.h>
#endif
#if BENCHMARK_ONEDNN
#include <dnnl.h>
#endif

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using kernels::GemmArguments;

namespace {

struct Shape {
  Index m, n, k;
  bool transposed_a, transposed_b;
};

/// Operands of one product, cache-line aligned.
struct Operands {
  Shape shape;
  eg::detail::Scratch<float> a, b, c;

  explicit Operands(const Shape& s) : shape(s), a(s.m * s.k), b(s.k * s.n), c(s.m * s.n) {
    for (Index i = 0; i < s.m * s.k; ++i) {
      a[i] = static_cast<float>(i % 7) - 3.0F;
    }
    for (Index i = 0; i < s.k * s.n; ++i) {
      b[i] = static_cast<float>(i % 5) - 2.0F;
    }
  }
  GemmArguments<float> arguments() {
    return {.m = shape.m,
            .n = shape.n,
            .k = shape.k,
            .a = a.data(),
            .a_row_stride = shape.transposed_a ? 1 : shape.k,
            .a_column_stride = shape.transposed_a ? shape.m : 1,
            .b = b.data(),
            .b_row_stride = shape.transposed_b ? 1 : shape.n,
            .b_column_stride = shape.transposed_b ? shape.k : 1,
            .c = c.data(),
            .c_row_stride = shape.n};
  }
};

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ColumnMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic>;

void plain_eigen(const GemmArguments<float>& p, const Shape& s) {
  Eigen::Map<RowMajor> c(p.c, p.m, p.n);
  const Eigen::Map<const RowMajor> a(p.a, p.m, p.k);
  const Eigen::Map<const ColumnMajor> at(p.a, p.m, p.k);
  const Eigen::Map<const RowMajor> b(p.b, p.k, p.n);
  const Eigen::Map<const ColumnMajor> bt(p.b, p.k, p.n);
  if (s.transposed_a && s.transposed_b) {
    c.noalias() = at * bt;
  } else if (s.transposed_a) {
    c.noalias() = at * b;
  } else if (s.transposed_b) {
    c.noalias() = a * bt;
  } else {
    c.noalias() = a * b;
  }
}

#if BENCHMARK_OPENBLAS
void openblas(const GemmArguments<float>& p, const Shape& s) {
  const auto size = [](Index n) { return static_cast<int>(n); };
  cblas_sgemm(CblasRowMajor, s.transposed_a ? CblasTrans : CblasNoTrans,
              s.transposed_b ? CblasTrans : CblasNoTrans, size(p.m), size(p.n), size(p.k), 1.0F,
              p.a, size(s.transposed_a ? p.m : p.k), p.b, size(s.transposed_b ? p.k : p.n), 0.0F,
              p.c, size(p.n));
}
#endif
#if BENCHMARK_ONEDNN
void onednn(const GemmArguments<float>& p, const Shape& s) {
  dnnl_sgemm(s.transposed_a ? 'T' : 'N', s.transposed_b ? 'T' : 'N', p.m, p.n, p.k, 1.0F, p.a,
             s.transposed_a ? p.m : p.k, p.b, s.transposed_b ? p.k : p.n, 0.0F, p.c, p.n);
}
#endif

void report(benchmark::State& state, double flops) {
  state.counters["GFLOP"] = benchmark::Counter(
      flops * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Ten independent chains of multiply-adds in registers.
void peak(benchmark::State& state) {
  using P = kernels::Packet<float>;
  constexpr int chains = 10;
  P sums[chains];
  for (P& sum : sums) {
    sum = P(0.0F);
  }
  P x(1.0F);
  benchmark::DoNotOptimize(x);
  for (auto _ : state) {
    for (int repeat = 0; repeat < 1000; ++repeat) {
#pragma GCC unroll 10
      for (P& sum : sums) {
        sum = kernels::multiply_add(x, x, sum);
      }
    }
  }
  for (P& sum : sums) {
    benchmark::DoNotOptimize(sum);
  }
  report(state, 2.0 * 1000 * chains * static_cast<double>(P::lanes));
}

double best(const std::vector<double>& values) {
  return *std::max_element(values.begin(), values.end());
}

/// Registers product(arguments, shape) as who/transposes/shape.
template <class Product>
void add_one(const std::string& who, const std::string& name, const Shape& s, Product product) {
  benchmark::RegisterBenchmark((who + name).c_str(), [s, product](benchmark::State& state) {
    Operands operands(s);
    const GemmArguments<float> arguments = operands.arguments();
    product(arguments, s);  // a library may compile a kernel at the first call
    for (auto _ : state) {
      product(arguments, s);
      benchmark::ClobberMemory();
    }
    report(state, 2.0 * static_cast<double>(s.m * s.n * s.k));
  })->ComputeStatistics("best", best);
}

/// Everybody on one shape.
void add(const Shape& s) {
  const std::string name = std::string("/") + (s.transposed_a ? 'T' : 'N') +
                           (s.transposed_b ? 'T' : 'N') + '/' + std::to_string(s.m) + 'x' +
                           std::to_string(s.k) + '*' + std::to_string(s.k) + 'x' +
                           std::to_string(s.n);
  add_one("ours", name, s, [](const auto& p, const Shape&) { kernels::gemm(p); });
  add_one("backend", name, s, [](const auto& p, const Shape&) { kernels::gemm_eigen(p); });
  add_one("eigen", name, s, plain_eigen);
#if BENCHMARK_OPENBLAS
  add_one("openblas", name, s, openblas);
#endif
#if BENCHMARK_ONEDNN
  add_one("onednn", name, s, onednn);
#endif
}

/// The three products of a dense layer: forward, gradient of the weights, gradient of the input.
void add_layer(Index batch, Index in, Index out) {
  add({batch, out, in, false, false});
  add({in, out, batch, true, false});
  add({batch, in, out, false, true});
}

}  // namespace

int main(int argc, char** argv) {
  eg::set_num_threads(1);
  Eigen::setNbThreads(1);
#if BENCHMARK_OPENBLAS
  openblas_set_num_threads(1);
#endif
#if BENCHMARK_ONEDNN && defined(_OPENMP)
  omp_set_num_threads(1);
#endif
  benchmark::RegisterBenchmark("peak", peak)->ComputeStatistics("best", best);
  for (const Index n : {32, 48, 50, 64, 96, 100, 128, 192, 250, 256, 384, 512, 1024, 2048}) {
    add({n, n, n, false, false});
    add({n, n, n, true, false});
    add({n, n, n, false, true});
    add({n, n, n, true, true});
  }
  add_layer(32, 30, 128);
  add_layer(32, 128, 64);
  add_layer(32, 64, 1);
  add_layer(128, 784, 512);
  add_layer(128, 512, 256);
  add_layer(128, 256, 10);
  add_layer(256, 784, 2048);
  add_layer(256, 2048, 2048);
  add_layer(256, 2048, 10);
  add({1, 128, 30, false, false});
  add({1, 512, 784, false, false});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
