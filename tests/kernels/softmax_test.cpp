// Softmax, its logarithm, their gradients and cross entropy over rows of every length up to several
// packets, against plain loops in double; that rows end where they end, and threads.

#include "support/catch.hpp"

#include <eigengrad/kernels/loss.hpp>
#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/kernels/softmax.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using eg::Shape;

namespace {

constexpr float untouched = 777;

std::vector<float> numbers(Index n, int seed) {
  std::vector<float> values;
  for (Index i = 0; i < n; ++i) {
    values.push_back(static_cast<float>((i * 37 + seed * 11) % 101 - 50) / 16.0F);
  }
  return values;
}

/// log softmax of the row in double.
std::vector<double> log_softmax_of(const float* x, Index n) {
  double sum = 0;
  for (Index i = 0; i < n; ++i) {
    sum += std::exp(double{x[i]});
  }
  std::vector<double> y;
  for (Index i = 0; i < n; ++i) {
    y.push_back(double{x[i]} - std::log(sum));
  }
  return y;
}

/// The largest deviation of rows of y from expected(row, i), with what lies past them untouched.
template <class Expected>
double deviation(const std::vector<float>& y, Index rows, Index n, const Expected& expected) {
  double worst = y.back() == untouched ? 0 : INFINITY;
  for (Index row = 0; row < rows; ++row) {
    for (Index i = 0; i < n; ++i) {
      const double value = double{y[static_cast<std::size_t>(row * n + i)]};
      const double error = std::fabs(value - expected(row, i));
      worst = error <= worst ? worst : error;  // NaN comes out
    }
  }
  return worst;
}

// Results are at most 1 for softmax and 8 for its logarithm: a few roundings of those.
constexpr double softmax_tolerance = 1e-6;
constexpr double log_tolerance = 4e-6;

}  // namespace

TEST_CASE("softmax: rows of every length, with their neighbours intact", "[kernels]") {
  for (const Index rows : {1, 2, 5, 20}) {
    for (Index n = 1; n <= 70; ++n) {
      INFO(rows << " rows of " << n);
      const kernels::AxisSplit split(Shape{rows, n}, 1);
      const auto x = numbers(rows * n, 1);
      std::vector<float> y(x.size() + 1, untouched);
      std::vector<float> log_y(x.size() + 1, untouched);
      kernels::softmax<false>(split, x.data(), y.data());
      kernels::softmax<true>(split, x.data(), log_y.data());
      const auto reference = [&](Index row, Index i) {
        return log_softmax_of(x.data() + row * n, n)[static_cast<std::size_t>(i)];
      };
      REQUIRE(deviation(y, rows, n, [&](Index row, Index i) {
                return std::exp(reference(row, i));
              }) < softmax_tolerance);
      REQUIRE(deviation(log_y, rows, n, reference) < log_tolerance);
    }
  }
}

TEST_CASE("softmax: gradients of rows of every length, assigned and added", "[kernels]") {
  constexpr Index rows = 5;
  for (Index n = 1; n <= 40; ++n) {
    INFO("rows of " << n);
    const kernels::AxisSplit split(Shape{rows, n}, 1);
    const auto x = numbers(rows * n, 1);
    const auto g = numbers(rows * n, 2);
    const auto before = numbers(rows * n, 3);
    std::vector<float> y(x.size());
    kernels::softmax<false>(split, x.data(), y.data());
    const auto expected = [&](Index row, Index i) {
      double total = 0;
      for (Index j = row * n; j < row * n + n; ++j) {
        total += double{y[static_cast<std::size_t>(j)]} * double{g[static_cast<std::size_t>(j)]};
      }
      const auto at = static_cast<std::size_t>(row * n + i);
      return double{y[at]} * (double{g[at]} - total);
    };
    std::vector<float> dx(x.size() + 1, untouched);
    kernels::softmax_gradient<false, false>(split, y.data(), g.data(), dx.data());
    REQUIRE(deviation(dx, rows, n, expected) < log_tolerance);
    std::vector<float> sum = before;
    sum.push_back(untouched);
    kernels::softmax_gradient<false, true>(split, y.data(), g.data(), sum.data());
    REQUIRE(deviation(sum, rows, n, [&](Index row, Index i) {
              return expected(row, i) + double{before[static_cast<std::size_t>(row * n + i)]};
            }) < log_tolerance);
  }
}

TEST_CASE("softmax: a row that has no softmax is NaN and leaves the others alone", "[kernels]") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (const Index n : {1, 3, 10, 16, 20, 40}) {
    INFO("rows of " << n);
    auto x = numbers(4 * n, 1);
    std::vector<float> y(x.size());
    x[static_cast<std::size_t>(n)] = inf;
    for (Index i = 2 * n; i < 3 * n; ++i) {
      x[static_cast<std::size_t>(i)] = -inf;
    }
    kernels::softmax<false>(kernels::AxisSplit(Shape{4, n}, 1), x.data(), y.data());
    for (Index i = 0; i < 4 * n; ++i) {
      const bool defined = i / n == 0 || i / n == 3;
      REQUIRE(std::isnan(y[static_cast<std::size_t>(i)]) != defined);
    }
  }
}

TEST_CASE("cross entropy: rows of every length, with their neighbours intact", "[kernels]") {
  constexpr Index rows = 5;
  for (Index n = 1; n <= 40; ++n) {
    INFO("rows of " << n);
    const auto z = numbers(rows * n, 1);
    std::vector<std::int64_t> classes;
    std::vector<float> one_hot(z.size(), 0.0F);
    for (Index row = 0; row < rows; ++row) {
      classes.push_back((row * 7) % n);
      one_hot[static_cast<std::size_t>(row * n + classes.back())] = 1;
    }
    std::vector<float> value(static_cast<std::size_t>(rows) + 1, untouched);
    std::vector<float> slope(z.size() + 1, untouched);
    const auto check = [&] {
      REQUIRE(deviation(slope, rows, n, [&](Index row, Index i) {
                const double log_p =
                    log_softmax_of(z.data() + row * n, n)[static_cast<std::size_t>(i)];
                return std::exp(log_p) - double{one_hot[static_cast<std::size_t>(row * n + i)]};
              }) < softmax_tolerance);
      REQUIRE(deviation(value, rows, 1, [&](Index row, Index) {
                const auto target =
                    static_cast<std::size_t>(classes[static_cast<std::size_t>(row)]);
                return -log_softmax_of(z.data() + row * n, n)[target];
              }) < log_tolerance);
    };
    kernels::class_cross_entropy(rows, n, z.data(), classes.data(), value.data(), slope.data());
    check();
    value.assign(value.size(), untouched);
    slope.assign(slope.size(), untouched);
    kernels::target_cross_entropy(rows, n, z.data(), one_hot.data(), value.data(), slope.data());
    check();
  }
}

TEST_CASE("softmax: narrow rows have the same bits on any number of threads",
          "[kernels][threads]") {
  for (const Index n : {3, 10, 100}) {
    const Index rows = 60000 / n;
    const auto x = numbers(rows * n, 1);
    const auto run = [&](int threads) {
      eg::set_num_threads(threads);
      std::vector<float> y(x.size());
      kernels::softmax<false>(kernels::AxisSplit(Shape{rows, n}, 1), x.data(), y.data());
      return y;
    };
    const std::vector<float> one = run(1);
    INFO("rows of " << n);
    CHECK(run(2) == one);
    CHECK(run(4) == one);
    CHECK(run(8) == one);
  }
  eg::set_num_threads(1);
}
