// clone and contiguous: what they share, and that gradients flow through them. Their derivatives
// are in the op suite.

#include "support/catch.hpp"

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eg = eigengrad;

TEST_CASE("clone: a gradient flows through it", "[ops][copy]") {
  const eg::Parameter<float> x("x", eg::tensor<float>({{1, 2, 3}, {4, 5, 6}}));
  const auto weights = eg::tensor<float>({{1, 10, 100}, {2, 20, 200}});
  eg::Tape tape;
  const auto y = eg::clone(x);
  CHECK_FALSE(eg::is_same_storage(x, y));
  CHECK(eg::equal<float>(x, y));
  tape.backward(eg::sum(y * weights));
  CHECK(eg::to_vector(x.gradient()) == std::vector<float>{1, 10, 100, 2, 20, 200});
}

TEST_CASE("contiguous: a gradient flows through the copy of a transposed view", "[ops][copy]") {
  const eg::Parameter<double> x("x", eg::tensor<double>({{1, 2, 3}, {4, 5, 6}}));
  const auto weights = eg::tensor<double>({{1, 2}, {10, 20}, {100, 200}});
  eg::Tape tape;
  const auto y = eg::contiguous(eg::transpose(x));
  CHECK(y.is_contiguous());
  CHECK(eg::to_vector(y) == std::vector<double>{1, 4, 2, 5, 3, 6});
  CHECK(tape.size() == 2);  // transpose, contiguous
  tape.backward(eg::sum(y * weights));
  CHECK(eg::to_vector(x.gradient()) == std::vector<double>{1, 10, 100, 2, 20, 200});
}

TEST_CASE("contiguous: a contiguous operand comes back as it is", "[ops][copy]") {
  const eg::Parameter<float> x("x", eg::tensor<float>({1, 2, 3}));
  eg::Tape tape;
  const auto y = eg::contiguous(x);
  CHECK(&y.body() == &x.body());
  CHECK(tape.size() == 0);
}

TEST_CASE("clone, contiguous: the copy has the same bits", "[ops][copy]") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto x = eg::tensor<float>({{-0.0F, nan}, {1e-45F, 3.0F}});
  for (const auto& copy : {eg::clone(x), eg::contiguous(eg::transpose(x))}) {
    const bool turned = copy.at(0, 1) == 1e-45F;
    CHECK(std::signbit(copy.at(0, 0)));
    CHECK(std::isnan(turned ? copy.at(1, 0) : copy.at(0, 1)));
    CHECK(copy.at(1, 1) == 3.0F);
  }
}

TEST_CASE("clone, contiguous: element types without gradients are only copied", "[ops][copy]") {
  const auto x = eg::tensor<std::int64_t>({{1, 2}, {3, 4}});
  CHECK(eg::to_vector(eg::clone(x)) == std::vector<std::int64_t>{1, 2, 3, 4});
  CHECK(eg::to_vector(eg::contiguous(eg::transpose(x))) == std::vector<std::int64_t>{1, 3, 2, 4});
  CHECK(eg::clone(eg::scalar(true)).item());
}

TEST_CASE("clone: without a tape, under NoGrad or of a frozen parameter a constant",
          "[ops][copy]") {
  eg::Parameter<float> x("x", eg::tensor<float>({1, 2}));
  CHECK(eg::to_vector(eg::clone(x)) == std::vector<float>{1, 2});
  eg::Tape tape;
  {
    const eg::NoGrad no_grad;
    CHECK(eg::to_vector(eg::clone(x)) == std::vector<float>{1, 2});
  }
  x.set_trainable(false);
  CHECK(eg::to_vector(eg::clone(x)) == std::vector<float>{1, 2});
  CHECK(tape.size() == 0);
}
