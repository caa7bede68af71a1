// What the losses refuse, with the exact texts.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <string>

namespace eg = eigengrad;
using eg::Tensor;

TEST_CASE("losses: refuse shapes that differ", "[losses][errors]") {
  const auto x = eg::zeros<float>({4, 2});
  using eg::ShapeError;
  CHECK_THROWS_TEXT(eg::mean_squared_error(x, eg::zeros<float>({4})), ShapeError,
                    "mean_squared_error: target is (4,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::half_mean_squared_error(x, eg::zeros<float>({2, 4})), ShapeError,
                    "half_mean_squared_error: target is (2, 4), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::mean_absolute_error(x, eg::zeros<float>({8})), ShapeError,
                    "mean_absolute_error: target is (8,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::huber(x, eg::zeros<float>({1})), ShapeError,
                    "huber: target is (1,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::binary_cross_entropy(x, eg::zeros<float>({4})), ShapeError,
                    "binary_cross_entropy: target is (4,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::binary_cross_entropy_with_logits(x, eg::zeros<float>({2})), ShapeError,
                    "binary_cross_entropy_with_logits: target is (2,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::cross_entropy(x, eg::zeros<float>({4})), ShapeError,
                    "cross_entropy: target is (4,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::cross_entropy(x, eg::zeros<std::int64_t>({4, 2})), ShapeError,
                    "cross_entropy: target is (4, 2), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::categorical_cross_entropy(x, eg::zeros<std::int64_t>({2})), ShapeError,
                    "categorical_cross_entropy: target is (2,), prediction is (4, 2)");
  CHECK_THROWS_TEXT(eg::cross_entropy(eg::scalar(1.0F), eg::zeros<std::int64_t>({})), ShapeError,
                    "cross_entropy: prediction () has no axis of classes");
  try {
    static_cast<void>(eg::mean_squared_error(x, eg::zeros<float>({4})));
  } catch (const ShapeError& error) {
    CHECK(error.op() == "mean_squared_error");
    CHECK(error.lhs() == eg::Shape{4, 2});
    CHECK(error.rhs() == eg::Shape{4});
  }
}

TEST_CASE("losses: refuse weights that fit neither losses nor samples", "[losses][errors]") {
  const auto x = eg::zeros<double>({4, 2});
  CHECK_THROWS_TEXT(eg::mean_squared_error(x, x, {.weights = eg::ones<double>({2})}),
                    eg::ShapeError, "mean_squared_error: weights are (2,), losses are (4, 2)");
  CHECK_THROWS_TEXT(
      eg::cross_entropy(x, eg::zeros<std::int64_t>({4}), {.weights = eg::ones<double>({3})}),
      eg::ShapeError, "cross_entropy: weights are (3,), losses are (4,)");
}

TEST_CASE("losses: refuse labels that are none", "[losses][errors]") {
  using eg::IndexError;
  using eg::ValueError;
  const auto p = eg::full<double>({4, 1}, 0.5);
  CHECK_THROWS_TEXT(eg::binary_cross_entropy(p, eg::tensor<double>({0, 1, 1, 2})), ValueError,
                    "binary_cross_entropy: target 2 at row 3 is outside [0, 1]");
  CHECK_THROWS_TEXT(eg::binary_cross_entropy_with_logits(p, eg::tensor<double>({0, -1, 1, 2})),
                    ValueError,
                    "binary_cross_entropy_with_logits: target -1 at row 1 is outside [0, 1]");
  CHECK_THROWS_TEXT(eg::binary_cross_entropy(p, eg::tensor<double>({0, std::nan(""), 1, 1})),
                    ValueError, "binary_cross_entropy: target nan at row 1 is outside [0, 1]");
  const auto wide = eg::tensor<double>({{0, 1}, {1, 3}});
  CHECK_THROWS_TEXT(
      eg::binary_cross_entropy_with_logits(wide, wide), ValueError,
      "binary_cross_entropy_with_logits: target 3 at row 1, column 1 is outside [0, 1]");
  const auto z = eg::zeros<double>({4, 5});
  CHECK_THROWS_TEXT(eg::cross_entropy(z, eg::tensor<std::int64_t>({0, 4, 1, 7})), IndexError,
                    "cross_entropy: target 7 at row 3 is outside [0, 5)");
  CHECK_THROWS_TEXT(eg::cross_entropy(z, eg::tensor<std::int64_t>({0, -1, 1, 2})), IndexError,
                    "cross_entropy: target -1 at row 1 is outside [0, 5)");
  CHECK_THROWS_TEXT(eg::categorical_cross_entropy(z, eg::tensor<std::int64_t>({5, 0, 1, 2})),
                    IndexError, "categorical_cross_entropy: target 5 at row 0 is outside [0, 5)");
}

TEST_CASE("losses: refuse logits where probabilities belong", "[losses][errors]") {
  const auto t = eg::tensor<float>({1, 0});
  CHECK_THROWS_TEXT(eg::binary_cross_entropy(eg::tensor<float>({0.5F, 3.5F}), t), eg::ValueError,
                    "binary_cross_entropy: prediction 3.5 at row 1 is outside [0, 1]; for logits "
                    "there is binary_cross_entropy_with_logits");
}

TEST_CASE("losses: NaN among predictions hides none that is outside", "[losses][errors]") {
  // Beyond one packet, and in every order.
  for (const eg::Index at : {0, 5, 40}) {
    auto p = eg::full<float>({50, 1}, 0.5F);
    p.set({at, 0}, std::nanf(""));
    const auto t = eg::ones<float>({50});
    // NaN alone is what a diverged training leaves: the loss is NaN and says so itself.
    CHECK(std::isnan(eg::binary_cross_entropy(p, t).item()));
    for (const eg::Index outside : {3, 49}) {
      p.set({outside, 0}, -0.25F);
      CHECK_THROWS_TEXT(eg::binary_cross_entropy(p, t), eg::ValueError,
                        "binary_cross_entropy: prediction -0.25 at row " + std::to_string(outside) +
                            " is outside [0, 1]; for logits there is "
                            "binary_cross_entropy_with_logits");
      p.set({outside, 0}, 0.5F);
    }
  }
}

TEST_CASE("losses: refuse a delta that is not positive", "[losses][errors]") {
  const auto x = eg::zeros<float>({2});
  CHECK_THROWS_TEXT(eg::huber(x, x, 0.0), eg::ValueError, "huber: delta is not positive: 0");
  CHECK_THROWS_TEXT(eg::huber(x, x, -1.5), eg::ValueError, "huber: delta is not positive: -1.5");
  CHECK_THROWS_TEXT(eg::huber(x, x, std::nan("")), eg::ValueError,
                    "huber: delta is not positive: nan");
}

TEST_CASE("losses: refuse a target that wants a gradient they do not give", "[losses][errors]") {
  const eg::Parameter<double> t("t", eg::full<double>({2, 2}, 0.5));
  const auto x = eg::full<double>({2, 2}, 0.5);
  const std::string why =
      ": no gradient flows into the target, which is trainable or recorded; detach() it";
  // Without a tape there is no gradient to miss.
  CHECK_NOTHROW(eg::binary_cross_entropy<double>(x, t));
  const eg::Tape tape;
  using eg::TapeError;
  CHECK_THROWS_TEXT(eg::binary_cross_entropy<double>(x, t), TapeError,
                    "binary_cross_entropy" + why);
  CHECK_THROWS_TEXT(eg::binary_cross_entropy_with_logits<double>(x, t), TapeError,
                    "binary_cross_entropy_with_logits" + why);
  CHECK_THROWS_TEXT(eg::cross_entropy<double>(x, t), TapeError, "cross_entropy" + why);
  CHECK_THROWS_TEXT(eg::categorical_cross_entropy<double>(x, t), TapeError,
                    "categorical_cross_entropy" + why);
  CHECK(tape.size() == 0);
}
