// Reductions over many shapes against plain loops, and where there is nothing to reduce. Values at
// special points are in op_values_test.cpp, gradients in the op suite.

#include <eigengrad/ops/extrema.hpp>
#include <eigengrad/ops/logsumexp.hpp>
#include <eigengrad/ops/product.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/variance.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;
using Catch::Matchers::WithinRel;
using eg::equal;
using eg::Index;
using eg::KeepDims;
using eg::Shape;
using eg::Tensor;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// (3, 37, 5), and the same elements with strides of their own.
Tensor<double> dense() {
  return eg::uniform<double>({3, 37, 5}, -2, 2, {1, 1});
}
Tensor<double> strided() {
  return eg::transpose(eg::detail::copied(eg::transpose(dense(), 0, 2)), 0, 2);
}

}  // namespace

TEST_CASE("reductions: over the middle axis they equal plain loops", "[ops][reductions]") {
  for (const auto& x : {dense(), strided()}) {
    const auto largest = eg::max(x, {1});
    const auto smallest = eg::min(x, {1});
    const auto product = eg::prod(x, {1});
    const auto variance = eg::var(x, {1});
    const auto log_sum = eg::logsumexp(x, {1});
    const auto at_largest = eg::argmax(x, 1);
    const auto at_smallest = eg::argmin(x, -2);
    REQUIRE(largest.shape() == Shape{3, 5});
    for (Index i = 0; i < 3; ++i) {
      for (Index j = 0; j < 5; ++j) {
        double low = infinity;
        double high = -infinity;
        double all = 1;
        double sum = 0;
        double exponentials = 0;
        for (Index k = 0; k < 37; ++k) {
          low = std::min(low, x.at(i, k, j));
          high = std::max(high, x.at(i, k, j));
          all *= x.at(i, k, j);
          sum += x.at(i, k, j);
          exponentials += std::exp(x.at(i, k, j));
        }
        double squares = 0;
        for (Index k = 0; k < 37; ++k) {
          squares += std::pow(x.at(i, k, j) - sum / 37, 2);
        }
        CHECK(largest.at(i, j) == high);
        CHECK(smallest.at(i, j) == low);
        CHECK(x.at(i, at_largest.at(i, j), j) == high);
        CHECK(x.at(i, at_smallest.at(i, j), j) == low);
        // 37 terms in another order: a few eps.
        CHECK_THAT(product.at(i, j), WithinRel(all, 1e-13));
        CHECK_THAT(variance.at(i, j), WithinRel(squares / 36, 1e-13));
        CHECK_THAT(log_sum.at(i, j), WithinRel(std::log(exponentials), 1e-13));
      }
    }
  }
}

TEST_CASE("reductions: KeepDims leaves extents of 1", "[ops][reductions]") {
  const auto x = dense();
  CHECK(eg::max(x, {0, 2}, KeepDims::yes).shape() == Shape{1, 37, 1});
  CHECK(eg::prod(x, {-1}, KeepDims::yes).shape() == Shape{3, 37, 1});
  CHECK(eg::var(x, KeepDims::yes).shape() == Shape{1, 1, 1});
  CHECK(eg::logsumexp(x, {1}, KeepDims::yes).shape() == Shape{3, 1, 5});
  CHECK(eg::argmax(x, 1, KeepDims::yes).shape() == Shape{3, 1, 5});
  CHECK(eg::argmin(x).shape() == Shape{});
  CHECK(eg::max(x, {}).shape() == x.shape());
}

TEST_CASE("reductions: over all elements equal those over all axes", "[ops][reductions]") {
  const auto x = dense();
  CHECK(equal(eg::max(x), eg::max(x, {0, 1, 2})));
  CHECK(equal(eg::min(x), eg::min(x, {0, 1, 2})));
  CHECK(equal(eg::prod(x), eg::prod(x, {0, 1, 2})));
  CHECK(equal(eg::var(x), eg::var(x, {0, 1, 2})));
  CHECK(equal(eg::logsumexp(x), eg::logsumexp(x, {0, 1, 2})));
}

TEST_CASE("reductions: of nothing", "[ops][reductions]") {
  const auto nothing = eg::zeros<double>({0, 3});
  CHECK(equal(eg::prod(nothing, {0}), eg::full<double>({3}, 1)));
  CHECK(equal(eg::logsumexp(nothing, {0}), eg::full<double>({3}, -infinity)));
  CHECK(std::isnan(eg::var(nothing).item()));
  CHECK(eg::max(nothing, {1}).shape() == Shape{0});
  CHECK_THROWS_TEXT(eg::max(nothing), eg::ShapeError, "max: no elements to choose from: (0, 3)");
  CHECK_THROWS_TEXT(eg::min(nothing, {0}), eg::ShapeError,
                    "min: no elements to choose from: (0, 3)");
  CHECK_THROWS_TEXT(eg::argmax(nothing), eg::ShapeError,
                    "argmax: no elements to choose from: (0,)");
  CHECK_THROWS_TEXT(eg::argmin(nothing, 0), eg::ShapeError,
                    "argmin: no elements to choose from: (0, 3)");
  CHECK_THROWS_TEXT(eg::argmax(dense(), 3), eg::IndexError, "argmax: axis 3 is outside [-3, 3)");
  CHECK(eg::argmax(nothing, 1).shape() == Shape{0});
}

TEST_CASE("var: does not cancel when the mean is large", "[ops][reductions]") {
  // Values 2^30 + {0, 1, 2}: the mean square minus the squared mean would lose every digit.
  const auto x = eg::from_vector(std::vector<double>{0x1p30, 0x1p30 + 1, 0x1p30 + 2});
  CHECK(eg::var(x).item() == 1);
  CHECK(eg::var(x, KeepDims::no, 0).item() == 2.0 / 3);
  CHECK(eg::var(eg::full<double>({5}, 0.1), KeepDims::no, 5).shape() == Shape{});
}

TEST_CASE("logsumexp: no overflow, infinities as they are", "[ops][reductions]") {
  const auto of = [](std::vector<float> values) {
    return eg::logsumexp(eg::from_vector(values)).item();
  };
  constexpr float inf = std::numeric_limits<float>::infinity();
  CHECK_THAT(of({1e4F, 1e4F}), WithinRel(1e4F + std::log(2.F), 1e-6F));
  CHECK_THAT(of({-1e4F, -1e4F}), WithinRel(-1e4F + std::log(2.F), 1e-6F));
  CHECK(of({-inf, 3.F}) == 3.F);
  CHECK(of({-inf, -inf}) == -inf);
  CHECK(of({inf, -inf}) == inf);
  CHECK(std::isnan(of({inf, std::nanf("")})));
}

TEST_CASE("argmax: the first of equals and the first NaN, for any element type",
          "[ops][reductions]") {
  CHECK(eg::argmax(eg::tensor<std::int64_t>({3, 7, 7, 1}, {4})).item() == 1);
  CHECK(eg::argmin(eg::tensor<std::int32_t>({3, 1, 7, 1}, {4})).item() == 1);
  CHECK(eg::argmax(eg::tensor<bool>({false, true, true}, {3})).item() == 1);
  const double nan = std::nan("");
  CHECK(eg::argmax(eg::from_vector(std::vector<double>{1, nan, infinity, nan})).item() == 1);
  CHECK(eg::argmin(eg::from_vector(std::vector<double>{1, nan, -infinity, nan})).item() == 1);
}

TEST_CASE("max: float and double agree, also over long rows", "[ops][reductions]") {
  const auto x = eg::uniform<float>({4, 5000}, -1.F, 1.F, {2, 2});
  const auto y = eg::detail::converted<double>(x);
  CHECK(equal(eg::detail::converted<double>(eg::max(x, {1})), eg::max(y, {1})));
  CHECK(equal(eg::argmax(x, 1), eg::argmax(y, 1)));
}
