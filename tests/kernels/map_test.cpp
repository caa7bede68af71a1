// Elementwise maps: dense, strided and broadcast inputs, accumulation, tails, threads.

#include "support/catch.hpp"

#include <eigengrad/kernels/map.hpp>
#include <eigengrad/kernels/parallel.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace eg = eigengrad;
namespace kernels = eigengrad::kernels;
using eg::Index;
using eg::Shape;
using eg::Strides;

namespace {

/// Numbers with few bits, so that sums and products below are exact and need no tolerance.
template <class T>
std::vector<T> numbers(Index n, int seed) {
  std::vector<T> values;
  for (Index i = 0; i < n; ++i) {
    values.push_back(static_cast<T>((i * 37 + seed * 11) % 101 - 50));
  }
  return values;
}

// x y + x, for packets of either type.
constexpr auto product_plus = [](auto x, auto y) { return x * y + x; };
constexpr auto doubled = [](auto x) { return x + x; };

}  // namespace

TEMPLATE_TEST_CASE("map: dense inputs of every length up to several packets", "[kernels]", float,
                   double) {
  for (Index n = 0; n <= 70; ++n) {
    const auto x = numbers<TestType>(n, 1);
    const auto y = numbers<TestType>(n, 2);
    // One element more, to see that nothing is written past the end.
    std::vector<TestType> out(static_cast<std::size_t>(n) + 1, TestType(777));
    kernels::map(product_plus, Shape{n}, out.data(),
                 std::array<const TestType*, 2>{x.data(), y.data()},
                 std::array<Strides, 2>{Strides{1}, Strides{1}});
    std::vector<TestType> expected;
    for (std::size_t i = 0; i < x.size(); ++i) {
      expected.push_back(x[i] * y[i] + x[i]);
    }
    expected.push_back(TestType(777));
    INFO("n " << n);
    REQUIRE(out == expected);
  }
}

TEMPLATE_TEST_CASE("map: with Add the results are added to what is there", "[kernels]", float,
                   double) {
  for (const Index n : {1, 5, 16, 33, 100}) {
    const auto x = numbers<TestType>(n, 3);
    auto out = numbers<TestType>(n, 4);
    auto expected = out;
    for (std::size_t i = 0; i < x.size(); ++i) {
      expected[i] += 2 * x[i];
    }
    kernels::map<true>(doubled, Shape{n}, out.data(), std::array<const TestType*, 1>{x.data()},
                       std::array<Strides, 1>{Strides{1}});
    REQUIRE(out == expected);
    kernels::map_dense<true>(doubled, n, out.data(), std::array<const TestType*, 1>{x.data()});
    for (std::size_t i = 0; i < x.size(); ++i) {
      expected[i] += 2 * x[i];
    }
    REQUIRE(out == expected);
  }
}

TEMPLATE_TEST_CASE("map: strided and broadcast inputs", "[kernels]", float, double) {
  const Shape shape{5, 19};
  struct Layout {
    Strides strides;
    const char* name;
  };
  const Layout layouts[] = {
      {Strides{19, 1}, "dense"},      {Strides{40, 2}, "every other column"},
      {Strides{1, 5}, "transposed"},  {Strides{0, 1}, "one row"},
      {Strides{1, 0}, "one column"},  {Strides{0, 0}, "one number"},
      {Strides{23, 1}, "wider rows"}, {Strides{0, 3}, "one strided row"},
  };
  const auto x = numbers<TestType>(200, 5);
  const auto y = numbers<TestType>(200, 6);
  for (const Layout& left : layouts) {
    for (const Layout& right : layouts) {
      std::vector<TestType> out(95, TestType(0));
      kernels::map(product_plus, shape, out.data(),
                   std::array<const TestType*, 2>{x.data(), y.data()},
                   std::array<Strides, 2>{left.strides, right.strides});
      std::vector<TestType> added(95, TestType(1));
      kernels::map<true>(product_plus, shape, added.data(),
                         std::array<const TestType*, 2>{x.data(), y.data()},
                         std::array<Strides, 2>{left.strides, right.strides});
      std::vector<TestType> expected;
      std::vector<TestType> expected_added;
      for (Index i = 0; i < 5; ++i) {
        for (Index j = 0; j < 19; ++j) {
          const TestType a = x[static_cast<std::size_t>(i * left.strides[0] + j * left.strides[1])];
          const TestType b =
              y[static_cast<std::size_t>(i * right.strides[0] + j * right.strides[1])];
          expected.push_back(a * b + a);
          expected_added.push_back(a * b + a + 1);
        }
      }
      INFO(left.name << ", " << right.name);
      REQUIRE(out == expected);
      REQUIRE(added == expected_added);
    }
  }
}

TEMPLATE_TEST_CASE("map: narrow rows of every length, broadcast and apart", "[kernels]", float,
                   double) {
  using T = TestType;
  const auto x = numbers<T>(4000, 5);
  const auto y = numbers<T>(4000, 6);
  for (const Index rows : {2, 17, 70}) {
    for (Index n = 1; n <= 40; ++n) {
      // Dense, a row, a column, a number, wider rows, every other element of them.
      const Strides layouts[] = {Strides{n, 1}, Strides{0, 1},     Strides{1, 0},
                                 Strides{0, 0}, Strides{n + 3, 1}, Strides{n + 3, 2}};
      for (const Strides& layout : layouts) {
        const Index offset = n % 3;  // so that x starts at no packet's alignment
        std::vector<T> out(static_cast<std::size_t>(rows * n) + 1, T(777));
        std::vector<T> added(out.size(), T(1));
        kernels::map(product_plus, Shape{rows, n}, out.data(),
                     std::array<const T*, 2>{x.data() + offset, y.data()},
                     std::array<Strides, 2>{layout, Strides{n, 1}});
        kernels::map<true>(product_plus, Shape{rows, n}, added.data(),
                           std::array<const T*, 2>{x.data() + offset, y.data()},
                           std::array<Strides, 2>{layout, Strides{n, 1}});
        std::vector<T> expected;
        std::vector<T> expected_added;
        for (Index i = 0; i < rows * n; ++i) {
          const T a = x[static_cast<std::size_t>(offset + i / n * layout[0] + i % n * layout[1])];
          const T value = a * y[static_cast<std::size_t>(i)] + a;
          expected.push_back(value);
          expected_added.push_back(value + 1);
        }
        expected.push_back(T(777));  // nothing is written past the end
        expected_added.push_back(T(1));
        INFO(rows << " rows of " << n << ", strides " << layout[0] << ", " << layout[1]);
        REQUIRE(out == expected);
        REQUIRE(added == expected_added);
      }
    }
  }
}

TEMPLATE_TEST_CASE("map: three axes of which the middle one repeats", "[kernels]", float, double) {
  using T = TestType;
  const auto x = numbers<T>(6 * 5 * 7, 1);
  const auto y = numbers<T>(6 * 7, 2);
  std::vector<T> out(x.size());
  kernels::map(product_plus, Shape{6, 5, 7}, out.data(),
               std::array<const T*, 2>{x.data(), y.data()},
               std::array<Strides, 2>{Strides{35, 7, 1}, Strides{7, 0, 1}});
  bool equal = true;
  for (std::size_t i = 0; i < x.size(); ++i) {
    equal = equal && out[i] == x[i] * y[i / 35 * 7 + i % 7] + x[i];
  }
  CHECK(equal);
}

TEMPLATE_TEST_CASE("map: the result may be an operand, whatever its length", "[kernels]", float,
                   double) {
  for (Index n = 1; n <= 70; ++n) {
    auto x = numbers<TestType>(n, 1);
    std::vector<TestType> expected;
    for (const TestType value : x) {
      expected.push_back(2 * value);
    }
    kernels::map_dense(doubled, n, x.data(), std::array<const TestType*, 1>{x.data()});
    INFO("n " << n);
    REQUIRE(x == expected);
  }
}

TEST_CASE("map: a scalar and a shape without elements", "[kernels]") {
  const float x = 3;
  float out = 0;
  kernels::map(doubled, Shape{}, &out, std::array<const float*, 1>{&x},
               std::array<Strides, 1>{Strides{}});
  CHECK(out == 6.0F);
  out = 1;
  kernels::map(doubled, Shape{2, 0}, &out, std::array<const float*, 1>{&x},
               std::array<Strides, 1>{Strides{}});
  kernels::map_dense(doubled, 0, &out, std::array<const float*, 1>{&x});
  CHECK(out == 1.0F);
}

TEST_CASE("map: three inputs", "[kernels]") {
  const auto x = numbers<double>(21, 1);
  const auto y = numbers<double>(3, 2);
  const auto z = numbers<double>(7, 3);
  std::vector<double> out(21);
  // x (7, 3), y (3,), z (7, 1)
  kernels::map([](auto a, auto b, auto c) { return a * b - c; }, Shape{7, 3}, out.data(),
               std::array<const double*, 3>{x.data(), y.data(), z.data()},
               std::array<Strides, 3>{Strides{3, 1}, Strides{0, 1}, Strides{1, 0}});
  bool equal = true;
  for (std::size_t i = 0; i < 21; ++i) {
    equal = equal && out[i] == x[i] * y[i % 3] - z[i / 3];
  }
  CHECK(equal);
}

TEST_CASE("map: an element's bits depend neither on its position nor on the layout", "[kernels]") {
  // 1 / x + x rounds, so a different order of work would show.
  const auto f = [](auto v) { return decltype(v)(1.0F) / v + v; };
  const float value = 0.3F;
  std::vector<float> in(133, value);
  std::vector<float> dense(133);
  std::vector<float> repeated(133);
  std::vector<float> strided(66);
  kernels::map(f, Shape{133}, dense.data(), std::array<const float*, 1>{in.data()},
               std::array<Strides, 1>{Strides{1}});
  kernels::map(f, Shape{133}, repeated.data(), std::array<const float*, 1>{&value},
               std::array<Strides, 1>{Strides{0}});
  kernels::map(f, Shape{66}, strided.data(), std::array<const float*, 1>{in.data()},
               std::array<Strides, 1>{Strides{2}});
  CHECK(dense == std::vector<float>(133, dense[0]));
  CHECK(repeated == dense);
  CHECK(strided == std::vector<float>(66, dense[0]));
}

TEST_CASE("map: several blocks of work on any number of threads give the same bits",
          "[kernels][threads]") {
  constexpr Index n = 3 * kernels::map_grain + 17;
  const auto x = numbers<float>(n, 1);
  const auto y = numbers<float>(n, 2);
  const auto f = [](auto a, auto b) {
    return (a + decltype(a)(0.1F)) / (b * b + decltype(b)(0.7F));
  };
  const auto run = [&](int threads) {
    eg::set_num_threads(threads);
    std::vector<float> out(static_cast<std::size_t>(n));
    kernels::map_dense(f, n, out.data(), std::array<const float*, 2>{x.data(), y.data()});
    return out;
  };
  const std::vector<float> one = run(1);
  CHECK(run(2) == one);
  CHECK(run(4) == one);
  std::vector<float> shaped(static_cast<std::size_t>(n));
  kernels::map(f, Shape{n}, shaped.data(), std::array<const float*, 2>{x.data(), y.data()},
               std::array<Strides, 2>{Strides{1}, Strides{1}});
  CHECK(shaped == one);
  eg::set_num_threads(1);
}

TEST_CASE("map: broadcast rows have the same bits on any number of threads", "[kernels][threads]") {
  const auto f = [](auto a, auto b) {
    return (a + decltype(a)(0.1F)) / (b * b + decltype(b)(0.7F));
  };
  struct Case {
    Index rows;
    Index columns;
    Strides strides;
    const char* name;
  };
  for (const Case& c :
       {Case{7001, 10, {1, 0}, "a column over narrow rows"}, Case{7001, 10, {0, 1}, "a narrow row"},
        Case{70, 1001, {1, 0}, "a column over long rows"},
        Case{2, 40000, {1, 0}, "a column over rows of several blocks"},
        Case{1, 60000, {0, 0}, "a number"}}) {
    INFO(c.name);
    const Index n = c.rows * c.columns;
    const auto x = numbers<float>(n, 1);
    const auto y = numbers<float>(n, 2);
    const auto run = [&](int threads) {
      eg::set_num_threads(threads);
      std::vector<float> out(static_cast<std::size_t>(n));
      kernels::map(f, Shape{c.rows, c.columns}, out.data(),
                   std::array<const float*, 2>{x.data(), y.data()},
                   std::array<Strides, 2>{Strides{c.columns, 1}, c.strides});
      return out;
    };
    const std::vector<float> one = run(1);
    CHECK(run(2) == one);
    CHECK(run(4) == one);
    CHECK(run(8) == one);
    eg::set_num_threads(1);
    // What an element is does not depend on its neighbours: one by one, the same bits.
    bool equal = true;
    for (Index i = 0; i < n; i += 97) {
      const auto at = static_cast<std::size_t>(i);
      const auto other =
          static_cast<std::size_t>(i / c.columns * c.strides[0] + i % c.columns * c.strides[1]);
      float single = 0;
      kernels::map_dense(f, 1, &single, std::array<const float*, 2>{&x[at], &y[other]});
      equal = equal && single == one[at];
    }
    CHECK(equal);
  }
}
