// The losses against PyTorch and Keras, by hand, at the ends of their range, and with their
// reductions, weights and shapes. Refusals are in loss_errors_test.cpp; gradients against central
// differences in the op suite.

#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::LossReduction;
using eg::Tensor;

namespace {

LossReduction reduction_of(const reference::Line& line) {
  const std::string text = line.attribute("reduction");
  return text == "mean"  ? LossReduction::mean
         : text == "sum" ? LossReduction::sum
                         : LossReduction::none;
}

/// The loss of a line for a prediction x.
template <class T>
Tensor<T> loss_of(const reference::Line& line, const Tensor<T>& x) {
  eg::LossOptions<T> options{reduction_of(line), {}};
  if (line.inputs.size() > 2) {
    options.weights = line.inputs[2].tensor<T>();
  }
  if (line.name == "cross_entropy" && line.attribute("target") == "index") {
    return eg::cross_entropy(x, line.inputs[1].tensor<std::int64_t>(), options);
  }
  const Tensor<T> target = line.inputs[1].tensor<T>();
  if (line.name == "cross_entropy") {
    return eg::cross_entropy(x, target, options);
  }
  if (line.name == "binary_cross_entropy") {
    return eg::binary_cross_entropy(x, target, options);
  }
  if (line.name == "binary_cross_entropy_with_logits") {
    return eg::binary_cross_entropy_with_logits(x, target, options);
  }
  if (line.name == "mean_squared_error") {
    return eg::mean_squared_error(x, target, options);
  }
  if (line.name == "mean_absolute_error") {
    return eg::mean_absolute_error(x, target, options);
  }
  REQUIRE(line.name == "huber");
  return eg::huber(x, target, line.number("delta"), options);
}

/// Elements where this library differs on purpose, as its documentation says.
bool is_compared(const reference::Line& line, double x, double target) {
  if (line.name == "binary_cross_entropy") {
    // PyTorch limits logarithms to -100; Keras, and we, clip p: the same inside only.
    return line.attribute("convention") == "keras" || (x > 1.1e-7 && x < 1 - 1.1e-7);
  }
  // PyTorch's loss of z = -inf is NaN for every target; ours is inf where the target is above 0.
  return !(line.name == "binary_cross_entropy_with_logits" && x == -INFINITY && target > 0);
}

/// The spacing of numbers just above 1.
template <class T>
constexpr double rounding = std::numeric_limits<T>::epsilon();

template <class T>
double item(const Tensor<T>& x) {
  return static_cast<double>(x.item());
}

}  // namespace

TEST_CASE("losses: values and gradients equal PyTorch's and Keras's", "[losses][reference]") {
  int elements = 0;
  for (const reference::Line& line : reference::read("losses.txt")) {
    const bool rough = line.attribute("precision") == "float32";
    const double relative = rough ? 1e-6 : 1e-13;
    // sigmoid - 1 loses the digits of the tail in PyTorch; ours keeps them.
    const double absolute = rough ? 1e-7 : 1e-15;
    eg::Parameter<double> x("x", line.inputs[0].tensor<double>());
    eg::Tape tape;
    const Tensor<double> loss = loss_of<double>(line, x);
    tape.backward(loss, eg::ones<double>(loss.shape()));
    const std::vector<double> gradient = eg::to_vector(x.gradient());
    const std::vector<double> values = eg::to_vector(loss);
    INFO(line.text);
    const std::vector<double>& from = line.inputs[0].values;
    const std::vector<double>& targets = line.inputs[1].values;
    REQUIRE(values.size() == line.outputs[0].values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      const bool one_to_one = values.size() == from.size();
      if (!one_to_one || is_compared(line, from[i], targets[i])) {
        INFO("loss " << i << " is " << values[i] << ", expected " << line.outputs[0].values[i]);
        CHECK(reference::close(values[i], line.outputs[0].values[i], relative, absolute));
        ++elements;
      }
    }
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      const double target = targets.size() == from.size() ? targets[i] : 0.0;
      const bool whole = values.size() != from.size();
      if (whole || is_compared(line, from[i], target)) {
        INFO("gradient " << i << " at " << from[i] << " is " << gradient[i] << ", expected "
                         << line.gradients[0].values[i]);
        CHECK(reference::close(gradient[i], line.gradients[0].values[i], relative, absolute));
      }
    }
  }
  CHECK(elements > 200);
}

TEMPLATE_TEST_CASE("losses: by hand", "[losses]", float, double) {
  using T = TestType;
  const double tolerance = 8 * rounding<T>;
  using Catch::Matchers::WithinRel;
  const auto x = eg::tensor<T>({1, 2, 5});
  const auto t = eg::tensor<T>({1, 4, 4});
  // Differences 0, -2, 1.
  CHECK_THAT(item(eg::mean_squared_error(x, t)), WithinRel(5.0 / 3, tolerance));
  CHECK_THAT(item(eg::half_mean_squared_error(x, t)), WithinRel(5.0 / 6, tolerance));
  CHECK_THAT(item(eg::half_mean_squared_error(x, t, {.reduction = LossReduction::sum})),
             WithinRel(2.5, tolerance));
  CHECK_THAT(item(eg::mean_absolute_error(x, t)), WithinRel(1.0, tolerance));
  // Huber with delta 1: 0, 1.5, .5.
  CHECK_THAT(item(eg::huber(x, t)), WithinRel(2.0 / 3, tolerance));
  // delta 3: all quadratic.
  CHECK_THAT(item(eg::huber(x, t, 3.0)), WithinRel(5.0 / 6, tolerance));
  // -log .25 and -log(1 - .5).
  CHECK_THAT(item(eg::binary_cross_entropy(eg::tensor<T>({T(0.25), T(0.5)}), eg::tensor<T>({1, 0}),
                                           {.reduction = LossReduction::sum})),
             WithinRel(std::log(8.0), tolerance));
  // Two equal logits: log 2 whatever they are.
  CHECK_THAT(item(eg::cross_entropy(eg::tensor<T>({{7, 7}}), eg::tensor<std::int64_t>({1}))),
             WithinRel(std::log(2.0), tolerance));
  // p is scaled to .25, .75.
  CHECK_THAT(item(eg::categorical_cross_entropy(eg::tensor<T>({{1, 3}}), eg::tensor<T>({{1, 0}}))),
             WithinRel(std::log(4.0), tolerance));
  CHECK_THAT(
      item(eg::categorical_cross_entropy(eg::tensor<T>({{1, 3}}), eg::tensor<std::int64_t>({0}))),
      WithinRel(std::log(4.0), tolerance));
}

TEMPLATE_TEST_CASE("losses: the mean of weighted losses divides by their number", "[losses]", float,
                   double) {
  using T = TestType;
  const auto x = eg::tensor<T>({{1, 2}, {3, 4}});
  const auto t = eg::zeros<T>({2, 2});
  const auto weights = eg::tensor<T>({2, 0});
  // Squares 1 4 9 16; weights of samples 2 0, so 2 + 8 over 4 losses.
  CHECK(item(eg::mean_squared_error(x, t, {.weights = weights})) == 2.5);
  CHECK(item(eg::mean_squared_error(x, t, {.reduction = LossReduction::sum, .weights = weights})) ==
        10);
  CHECK(eg::to_vector(
            eg::mean_squared_error(x, t, {.reduction = LossReduction::none, .weights = weights})) ==
        std::vector<T>{2, 8, 0, 0});
  // One weight for each element.
  CHECK(item(eg::mean_squared_error(x, t, {.weights = eg::tensor<T>({{1, 0}, {0, 1}})})) == 4.25);
  // Rows of classes: one loss for each row.
  const auto classes = eg::tensor<std::int64_t>({0, 1});
  const auto rows = eg::cross_entropy(x, classes, {.reduction = LossReduction::none});
  const auto weighted = eg::cross_entropy(x, classes, {.weights = eg::tensor<T>({4, 0})});
  CHECK(rows.shape() == eg::Shape{2});
  CHECK_THAT(item(weighted),
             Catch::Matchers::WithinRel(2.0 * static_cast<double>(rows.at(0)), 8 * rounding<T>));
}

TEMPLATE_TEST_CASE("losses: from logits, recorded or not, at both ends", "[losses]", float,
                   double) {
  using T = TestType;
  for (const double at : {-1000.0, -100.0, -40.0, -3.0, 0.0, 3.0, 40.0, 100.0, 1000.0}) {
    for (const double label : {0.0, 0.25, 1.0}) {
      INFO("z " << at << ", target " << label);
      eg::Parameter<T> z("z", eg::tensor<T>({static_cast<T>(at)}));
      const auto target = eg::tensor<T>({static_cast<T>(label)});
      eg::Tape tape;
      const Tensor<T> recorded = eg::binary_cross_entropy(eg::sigmoid<T>(z), target);
      const Tensor<T> direct = eg::binary_cross_entropy_with_logits<T>(z, target);
      tape.backward(recorded);
      const eg::NoGrad no_grad;
      const Tensor<T> plain = eg::binary_cross_entropy(eg::sigmoid<T>(z), target);
      // The same bits.
      CHECK(plain.item() == recorded.item());
      CHECK(plain.item() == direct.item());
      // log(1 + e^z) - t z, from the exact tail.
      const double size = std::abs(at);
      const double exact = (at > 0 ? (1 - label) * at : -label * at) + std::log1p(std::exp(-size));
      const double tail = std::exp(-size) / (1 + std::exp(-size));
      const double slope = at >= 0 ? (1 - label) - tail : tail - label;
      // e^-100 is subnormal in float.
      const double smallest = std::numeric_limits<T>::denorm_min();
      const double tolerance = 8 * rounding<T>;
      CHECK(reference::close(item(plain), exact, tolerance, smallest));
      CHECK(reference::close(item(z.gradient()), slope, tolerance, smallest));
    }
  }
}

TEMPLATE_TEST_CASE("losses: softmax and log_softmax give their logits", "[losses]", float, double) {
  using T = TestType;
  eg::Parameter<T> z("z", eg::tensor<T>({{40, 0, -40}, {-400, 0, 400}}));
  const auto classes = eg::tensor<std::int64_t>({2, 0});
  const auto one_hot = eg::tensor<T>({{0, 0, 1}, {1, 0, 0}});
  eg::Tape tape;
  const T expected = eg::cross_entropy<T>(z, classes).item();
  CHECK(expected == T(440));  // (80 + 800) / 2
  CHECK(eg::cross_entropy(eg::softmax<T>(z), classes).item() == expected);
  CHECK(eg::cross_entropy(eg::log_softmax<T>(z), classes).item() == expected);
  CHECK(eg::cross_entropy(eg::softmax<T>(z), one_hot).item() == expected);
  CHECK(eg::categorical_cross_entropy(eg::softmax<T>(z), one_hot).item() == expected);
  const Tensor<T> recorded = eg::categorical_cross_entropy(eg::softmax<T>(z), classes);
  CHECK(recorded.item() == expected);
  {
    const eg::NoGrad no_grad;
    CHECK(eg::categorical_cross_entropy(eg::softmax<T>(z), classes).item() == expected);
  }
  tape.backward(recorded);
  CHECK(z.gradient().at(0, 0) == T(0.5));
  CHECK(z.gradient().at(0, 2) == T(-0.5));
  // Along another axis it is not what the loss is about: Keras's clipping applies, -log(1e-7).
  const Tensor<T> columns = eg::softmax<T>(z, 0);
  CHECK(item(eg::categorical_cross_entropy(columns, classes)) < 17);
}

TEST_CASE("losses: probabilities that are constants leave the logits alone", "[losses]") {
  eg::Parameter<double> z("z", eg::tensor<double>({0.5}));
  const auto target = eg::tensor<double>({1});
  Tensor<double> p;
  eg::Tape tape;
  {
    const eg::NoGrad no_grad;
    p = eg::sigmoid<double>(z);
  }
  const Index before = tape.size();
  static_cast<void>(eg::binary_cross_entropy(p, target));
  CHECK(tape.size() == before);
}

TEST_CASE("losses: logits that changed since are not used", "[losses]") {
  Tensor<double> z = eg::tensor<double>({2});
  const Tensor<double> p = eg::sigmoid(z);
  const auto target = eg::tensor<double>({1});
  const double before = item(eg::binary_cross_entropy(p, target));
  z.set({0}, -5);
  CHECK_THAT(item(eg::binary_cross_entropy(p, target)), Catch::Matchers::WithinRel(before, 1e-12));
}

TEST_CASE("losses: clip probabilities as Keras", "[losses]") {
  // -log(1e-7); the gradient of a clipped element is 0.
  eg::Parameter<double> p("p", eg::tensor<double>({0, 1, 0.5}));
  eg::Tape tape;
  const auto losses = eg::binary_cross_entropy<double>(p, eg::tensor<double>({1, 0, 1}),
                                                       {.reduction = LossReduction::none});
  CHECK_THAT(losses.at(0), Catch::Matchers::WithinRel(16.11809565095832, 1e-12));
  // 1 - (1 - 1e-7) has nine digits less.
  CHECK_THAT(losses.at(1), Catch::Matchers::WithinRel(16.11809565095832, 1e-9));
  tape.backward(losses, eg::ones<double>({3}));
  CHECK(eg::to_vector(p.gradient()) == std::vector{0.0, 0.0, -2.0});
  const auto nan = eg::tensor<double>({std::nan("")});
  CHECK(std::isnan(item(eg::binary_cross_entropy(nan, eg::tensor<double>({1})))));
}

TEMPLATE_TEST_CASE("losses: a target with other extents of 1 does not broadcast", "[losses]", float,
                   double) {
  using T = TestType;
  const auto x = eg::tensor<T>({{1}, {2}, {4}});
  const auto t = eg::tensor<T>({1, 1, 1});
  // (3, 1) against (3,) as NumPy broadcasts would average nine differences.
  CHECK_THAT(item(eg::mean_squared_error(x, t)),
             Catch::Matchers::WithinRel(10.0 / 3, 4 * rounding<T>));
  const auto none = eg::mean_squared_error(x, t, {.reduction = LossReduction::none});
  CHECK(none.shape() == eg::Shape{3, 1});
  // Both get their gradient in their own shape.
  eg::Parameter<T> a("a", x);
  eg::Parameter<T> b("b", t);
  eg::Tape tape;
  tape.backward(eg::half_mean_squared_error<T>(a, b, {.reduction = LossReduction::sum}));
  CHECK(a.gradient().shape() == eg::Shape{3, 1});
  CHECK(eg::to_vector(a.gradient()) == std::vector<T>{0, 1, 3});
  CHECK(b.gradient().shape() == eg::Shape{3});
  CHECK(eg::to_vector(b.gradient()) == std::vector<T>{0, -1, -3});
  // Classes as a column.
  const auto z = eg::tensor<T>({{0, 0}, {0, 0}});
  const auto column = eg::cross_entropy(z, eg::tensor<std::int64_t>({{0}, {1}}));
  CHECK_THAT(item(column), Catch::Matchers::WithinRel(std::log(2.0), 4 * rounding<T>));
}

TEST_CASE("losses: of nothing the mean is NaN, the sum 0", "[losses]") {
  const auto x = eg::zeros<double>({0, 1});
  CHECK(std::isnan(item(eg::mean_squared_error(x, x))));
  CHECK(item(eg::mean_squared_error(x, x, {.reduction = LossReduction::sum})) == 0);
  const auto z = eg::zeros<double>({0, 3});
  const auto classes = eg::empty<std::int64_t>({0});
  CHECK(std::isnan(item(eg::cross_entropy(z, classes))));
}
