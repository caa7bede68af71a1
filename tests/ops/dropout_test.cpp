#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>

namespace eg = eigengrad;
using eg::equal;
using eg::Index;
using eg::RandomKey;

TEST_CASE("dropout: keeps what bernoulli(1 - rate) says, at any size", "[ops][dropout]") {
  for (const RandomKey key :
       {RandomKey{42, 1}, RandomKey{0x123456789ABCDEF0, 0xFEDCBA9876543210}}) {
    for (const Index n : {1, 4, 7, 8, 63, 64, 65, 1000, 20001}) {
      INFO("n = " << n << ", seed " << key.seed);
      const auto y = eg::dropout(eg::ones<float>({n}), 0.3, key);
      const auto kept = eg::bernoulli({n}, 0.7, key);
      Index wrong = 0;
      for (Index i = 0; i < n; ++i) {
        wrong += y.at(i) == (kept.at(i) ? static_cast<float>(1 / 0.7) : 0.F) ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("dropout: about the rate is dropped and the mean stays", "[ops][dropout]") {
  const Index n = 100000;
  const auto y = eg::dropout(eg::ones<double>({n}), 0.25, {1, 2});
  // The standard deviation of the mean is sqrt(.25 / .75 / n) = .0018.
  CHECK_THAT(mean(y).item(), Catch::Matchers::WithinAbs(1.0, 0.008));
}

TEST_CASE("dropout: the same key gives the same, another key another", "[ops][dropout]") {
  const auto x = eg::ones<float>({1000});
  const RandomKey key = RandomKey::named(1, "layer");
  CHECK(equal(eg::dropout(x, 0.5, key), eg::dropout(x, 0.5, key)));
  CHECK_FALSE(equal(eg::dropout(x, 0.5, key), eg::dropout(x, 0.5, key.fold(1))));
  // Positions count in row-major order, whatever the strides.
  const auto matrix = eg::reshape(x, {20, 50});
  const auto strided = eg::transpose(eg::detail::copied(eg::transpose(matrix)));
  CHECK(equal(eg::dropout(strided, 0.5, key), eg::reshape(eg::dropout(x, 0.5, key), {20, 50})));
}

TEST_CASE("dropout: does nothing at rate 0 and outside training", "[ops][dropout]") {
  const auto x = eg::uniform<double>({10}, 0, 1, {3, 3});
  CHECK(eg::is_same_storage(eg::dropout(x, 0, {1, 1}), x));
  CHECK(eg::is_same_storage(eg::dropout(x, 0.5, {1, 1}, false), x));
  CHECK_THROWS_TEXT(eg::dropout(x, std::nan(""), {1, 1}), eg::ValueError,
                    "dropout: rate is outside [0, 1): nan");
  CHECK_THROWS_TEXT(eg::dropout(x, 1.0, {1, 1}, false), eg::ValueError,
                    "dropout: rate is outside [0, 1): 1");
}

TEST_CASE("dropout: the gradient passes where the element did", "[ops][dropout]") {
  eg::Tape tape;
  const auto x = tape.watch(eg::ones<float>({300}));
  const auto y = eg::dropout(x, 0.4, {9, 9});
  tape.backward(sum(y));
  CHECK(equal(tape.gradient(x), y));  // both are 0 or 1 / (1 - rate)
}

TEST_CASE("dropout: a dropped infinity is NaN, as in PyTorch", "[ops][dropout]") {
  const auto x = eg::full<float>({64}, std::numeric_limits<float>::infinity());
  const auto y = eg::dropout(x, 0.5, {4, 4});
  const auto kept = eg::bernoulli({64}, 0.5, {4, 4});
  for (Index i = 0; i < 64; ++i) {
    CHECK((kept.at(i) ? std::isinf(y.at(i)) : std::isnan(y.at(i))));
  }
}
