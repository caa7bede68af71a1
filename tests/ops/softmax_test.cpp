// Softmax over many widths against plain sums, its tails, and the logits it carries. Values at
// special points are in op_values_test.cpp, gradients in the op suite.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace eg = eigengrad;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using eg::equal;
using eg::Index;
using eg::Tensor;

namespace {

template <class T>
void check_rows(Index n, Index axis, double tolerance) {
  INFO("n = " << n << ", axis " << axis);
  const auto rows = eg::uniform<T>({3, n}, T(-9), T(9), {5, static_cast<std::uint64_t>(n)});
  const auto x = axis == 1 ? rows : eg::detail::copied(eg::transpose(rows));
  const auto turn = [axis](const Tensor<T>& y) { return axis == 1 ? y : eg::transpose(y); };
  const auto p = turn(eg::softmax(x, axis));
  const auto logs = turn(eg::log_softmax(x, axis));
  for (Index i = 0; i < 3; ++i) {
    double sum = 0;
    for (Index j = 0; j < n; ++j) {
      sum += std::exp(static_cast<double>(rows.at(i, j)));
    }
    for (Index j = 0; j < n; ++j) {
      const auto z = static_cast<double>(rows.at(i, j));
      REQUIRE_THAT(static_cast<double>(p.at(i, j)), WithinRel(std::exp(z) / sum, tolerance));
      REQUIRE_THAT(static_cast<double>(logs.at(i, j)),
                   WithinAbs(z - std::log(sum), tolerance * (1 + std::abs(std::log(sum)))));
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("softmax: every width equals plain sums", "[ops][softmax]", float, double) {
  // A few ulp of the subtraction (at most 18), the exponential and the sum.
  const double tolerance = sizeof(TestType) == 4 ? 4e-6 : 1e-14;
  for (const Index n : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 1000, 9000}) {
    check_rows<TestType>(n, 1, tolerance);
    check_rows<TestType>(n, 0, tolerance);
  }
}

TEST_CASE("softmax: a row does not depend on its neighbours or its place", "[ops][softmax]") {
  const auto x = eg::uniform<float>({40, 10}, -5.F, 5.F, {6, 6});
  const auto all = eg::softmax(x);
  const auto gradient_of = [](const Tensor<float>& rows, const Tensor<float>& g) {
    eg::Tape tape;
    const auto watched = tape.watch(rows);
    tape.backward(eg::softmax(watched), g);
    return tape.gradient(watched);
  };
  const auto whole = gradient_of(x, x);
  for (Index i = 0; i < 40; ++i) {
    const auto row = eg::detail::sliced(x, 0, i, i + 1);
    CHECK(equal(eg::softmax(row), eg::detail::sliced(all, 0, i, i + 1)));
    CHECK(equal(gradient_of(row, row), eg::detail::sliced(whole, 0, i, i + 1)));
  }
}

TEST_CASE("softmax: the tails neither overflow nor lose the logarithm", "[ops][softmax]") {
  const auto x = eg::from_vector(std::vector<float>{0.F, 1e4F, -1e4F});
  CHECK(equal(eg::softmax(x), eg::from_vector(std::vector<float>{0, 1, 0})));
  CHECK(equal(eg::log_softmax(x), eg::from_vector(std::vector<float>{-1e4F, 0, -2e4F})));
}

TEST_CASE("softmax: spoilt rows are NaN in every width, others are not", "[ops][softmax]") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (const Index n : {1, 5, 8, 20, 100}) {
    auto x = eg::zeros<float>({4, n});
    x.set({0, n - 1}, std::nanf(""));
    x.set({1, n / 2}, inf);
    for (Index j = 0; j < n; ++j) {
      x.set({2, j}, -inf);
    }
    for (const auto& y :
         {eg::softmax(x), eg::log_softmax(x), eg::transpose(eg::softmax(eg::transpose(x), 0)),
          eg::transpose(eg::log_softmax(eg::transpose(x), 0))}) {
      for (Index j = 0; j < n; ++j) {
        CHECK(std::isnan(y.at(0, j)));
        CHECK(std::isnan(y.at(1, j)));
        CHECK(std::isnan(y.at(2, j)));
        CHECK(std::isfinite(y.at(3, j)));
      }
    }
  }
}

TEST_CASE("softmax: along the last axis it carries its logits", "[ops][softmax]") {
  const auto x = eg::uniform<double>({3, 4}, -1, 1, {7, 7});
  using eg::detail::Origin;
  const auto y = eg::softmax(x);
  CHECK(equal(eg::detail::origin_of(y, Origin::softmax_last), x));
  CHECK_FALSE(eg::detail::origin_of(y, Origin::log_softmax_last).defined());
  CHECK(equal(eg::detail::origin_of(eg::log_softmax(x, 1), Origin::log_softmax_last), x));
  CHECK_FALSE(eg::detail::origin_of(eg::softmax(x, 0), Origin::softmax_last).defined());
  CHECK_FALSE(eg::detail::origin_of(eg::detach(y), Origin::softmax_last).defined());
}

TEST_CASE("softmax: gradients accumulate into one target", "[ops][softmax]") {
  for (const Index n : {4, 11, 70}) {
    eg::Tape tape;
    const auto x = tape.watch(eg::uniform<double>({2, n}, -1, 1, {8, 8}));
    const auto c = eg::uniform<double>({2, n}, -1, 1, {8, 9});
    const auto once = tape.gradients(sum(eg::softmax(x) * c), {x})[0];
    const auto twice = tape.gradients(sum(eg::softmax(x) * c) + sum(eg::softmax(x) * c), {x})[0];
    CHECK(equal(twice, once + once));
    const auto logs = tape.gradients(sum(eg::log_softmax(x, 0) * c), {x})[0];
    const auto both =
        tape.gradients(sum(eg::log_softmax(x, 0) * c) + sum(eg::log_softmax(x, 0) * c), {x})[0];
    CHECK(equal(both, logs + logs));
  }
}
