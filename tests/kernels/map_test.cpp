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
