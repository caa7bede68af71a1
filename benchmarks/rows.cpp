// Functions of rows and axes: softmax, normalised rows, sums by axis, transposes and broadcasting,
// each against what a good engineer writes on Eigen into ready arrays. Items are elements of the
// input; bytes are those of the input and those of the result. One thread.

#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/variance.hpp>
#include <eigengrad/tensor/random.hpp>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include <string>

namespace eg = eigengrad;
using eg::Index;

namespace {

using Array = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Array<float, 1, Eigen::Dynamic>;
using Column = Eigen::Array<float, Eigen::Dynamic, 1>;
using ConstMap = Eigen::Map<const Array>;

/// What a run gets: x (rows, columns), and a row and a column that broadcast over it.
struct Input {
  eg::Tensor<float> x, row, column;

  Input(Index rows, Index columns)
      : x(eg::normal<float>({rows, columns}, 0.0, 1.0, eg::RandomKey::named(1, "x"))),
        row(eg::normal<float>({columns}, 0.0, 1.0, eg::RandomKey::named(1, "row"))),
        column(eg::normal<float>({rows, 1}, 0.0, 1.0, eg::RandomKey::named(1, "column"))) {}

  [[nodiscard]] ConstMap map() const { return {x.data(), x.extent(0), x.extent(1)}; }
  [[nodiscard]] Eigen::Map<const Row> row_map() const { return {row.data(), x.extent(1)}; }
  [[nodiscard]] Eigen::Map<const Column> column_map() const { return {column.data(), x.extent(0)}; }
};

void report(benchmark::State& state, Index elements, Index results) {
  state.SetItemsProcessed(state.iterations() * elements);
  state.SetBytesProcessed(state.iterations() * (elements + results) * Index{sizeof(float)});
}

/// Registers ours(input), an op, and eigen(input, result), a loop into a ready array of as many
/// rows and columns.
template <class Ours, class ByHand>
void add(const std::string& name, Index rows, Index columns, Ours ours, ByHand eigen) {
  const std::string suffix =
      "/" + name + "/" + std::to_string(rows) + "x" + std::to_string(columns);
  benchmark::RegisterBenchmark(("ours" + suffix).c_str(), [=](benchmark::State& state) {
    const Input input(rows, columns);
    Index results = 0;
    for (auto _ : state) {
      const auto y = ours(input);
      results = y.size();
      benchmark::DoNotOptimize(y.data());
      benchmark::ClobberMemory();
    }
    report(state, rows * columns, results);
  });
  benchmark::RegisterBenchmark(("eigen" + suffix).c_str(), [=](benchmark::State& state) {
    const Input input(rows, columns);
    Array y(rows, columns);
    Index results = 0;
    for (auto _ : state) {
      results = eigen(input, y);
      benchmark::DoNotOptimize(y.data());
      benchmark::ClobberMemory();
    }
    report(state, rows * columns, results);
  });
}

void add_softmax(Index rows, Index columns) {
  add(
      "softmax", rows, columns, [](const Input& in) { return eg::softmax(in.x); },
      [](const Input& in, Array& y) {
        const ConstMap x = in.map();
        for (Index i = 0; i < y.rows(); ++i) {
          y.row(i) = (x.row(i) - x.row(i).maxCoeff()).exp();
          y.row(i) *= 1.0F / y.row(i).sum();
        }
        return y.size();
      });
  // The measure of softmax: the exponentials alone.
  add(
      "exp", rows, columns, [](const Input& in) { return eg::exp(in.x); },
      [](const Input& in, Array& y) {
        y = in.map().exp();
        return y.size();
      });
}

/// (x - mean) / sqrt(var + epsilon) of every row, as the composite that a user writes.
void add_normalized(Index rows, Index columns) {
  constexpr float epsilon = 1e-5F;
  add(
      "normalized", rows, columns,
      [](const Input& in) {
        const auto mean = eg::mean(in.x, {1}, eg::KeepDims::yes);
        const auto variance = eg::var(in.x, {1}, eg::KeepDims::yes, 0);
        return (in.x - mean) * eg::rsqrt(variance + epsilon);
      },
      [](const Input& in, Array& y) {
        const ConstMap x = in.map();
        for (Index i = 0; i < y.rows(); ++i) {
          y.row(i) = x.row(i) - x.row(i).mean();
          y.row(i) *= 1.0F / std::sqrt(y.row(i).square().mean() + epsilon);
        }
        return y.size();
      });
}

void add_reductions(Index rows, Index columns) {
  add(
      "sum axis 0", rows, columns, [](const Input& in) { return eg::sum(in.x, {0}); },
      [](const Input& in, Array& y) {
        y.row(0) = in.map().colwise().sum();
        return y.cols();
      });
  add(
      "sum axis 1", rows, columns, [](const Input& in) { return eg::sum(in.x, {1}); },
      [](const Input& in, Array& y) {
        Eigen::Map<Column>(y.data(), y.rows()) = in.map().rowwise().sum();
        return y.rows();
      });
  add(
      "sum", rows, columns, [](const Input& in) { return eg::sum(in.x); },
      [](const Input& in, Array& y) {
        y(0, 0) = in.map().sum();
        return Index{1};
      });
}

void add_layouts(Index rows, Index columns) {
  add(
      "transpose", rows, columns,
      [](const Input& in) { return eg::contiguous(eg::transpose(in.x)); },
      [](const Input& in, Array& y) {
        Eigen::Map<Array>(y.data(), y.cols(), y.rows()) = in.map().transpose();
        return y.size();
      });
  add(
      "plus row", rows, columns, [](const Input& in) { return in.x + in.row; },
      [](const Input& in, Array& y) {
        y = in.map().rowwise() + in.row_map();
        return y.size();
      });
  add(
      "plus column", rows, columns, [](const Input& in) { return in.x + in.column; },
      [](const Input& in, Array& y) {
        y = in.map().colwise() + in.column_map();
        return y.size();
      });
}

}  // namespace

int main(int argc, char** argv) {
  eg::set_num_threads(1);
  add_softmax(10000, 10);
  add_softmax(1000, 100);
  add_softmax(100, 1000);
  add_normalized(10000, 10);
  add_normalized(1000, 100);
  add_normalized(100, 1000);
  add_reductions(10000, 10);
  add_reductions(1000, 1000);
  add_reductions(32, 128);
  add_layouts(10000, 10);
  add_layouts(1000, 1000);
  add_layouts(32, 128);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
