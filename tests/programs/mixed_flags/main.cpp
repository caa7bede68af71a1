// A program whose units were compiled for different instruction sets: every unit must compute what
// plain loops in double do, and what one unit made must work in the others. Prints one line per
// finding; fails when there is one.

#include "reference.hpp"
#include "unit.hpp"

#include <eigengrad/tape/passes.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace programs {

std::vector<Unit>& units() {
  static std::vector<Unit> all;
  return all;
}

namespace {

using reference::Array;

int findings = 0;

void report(const std::string& what) {
  std::printf("%s\n", what.c_str());
  ++findings;
}

template <class T>
const char* type_name() {
  return sizeof(T) == sizeof(float) ? "float" : "double";
}

template <class T>
eg::Tensor<T> tensor_of(const Array& values, const eg::Shape& shape) {
  eg::Tensor<T> x = eg::zeros<T>(shape);
  T* const to = x.mutable_data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    to[i] = static_cast<T>(values[i]);
  }
  return x;
}

/// Whether every element is within `absolute` of what it must be; reports the first that is not.
template <class T>
bool expect_close(const std::string& what, const eg::Tensor<T>& x, const Array& expected,
                  double absolute) {
  const std::span<const T> values = x.values();
  if (values.size() != expected.size()) {
    report(what + ": " + std::to_string(values.size()) + " elements, not " +
           std::to_string(expected.size()));
    return false;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double off = std::abs(static_cast<double>(values[i]) - expected[i]);
    if (!(off <= absolute)) {
      report(what + ": element " + std::to_string(i) + " is " +
             std::to_string(static_cast<double>(values[i])) + ", not " +
             std::to_string(expected[i]));
      return false;
    }
  }
  return true;
}

Array negated(Array x) {
  for (double& value : x) {
    value = -value;
  }
  return x;
}

/// Products of all layouts; sizes on both sides of every path of the product.
template <class T>
void check_products() {
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  const std::size_t shapes[][3] = {{3, 5, 7},      {32, 30, 128},   {128, 32, 1},
                                   {65, 300, 130}, {256, 256, 256}, {40, 70, 600}};
  for (const auto& [m, k, n] : shapes) {
    const Array a = reference::random_array(m * k, 7);
    const Array b = reference::random_array(k * n, 11);
    // A sum of k terms of size 1/3 on average: error ~ sqrt(k) eps, at most k eps.
    const double absolute = static_cast<double>(k) * epsilon;
    for (int layout = 0; layout < 4; ++layout) {
      const bool x_transposed = layout % 2 == 1;
      const bool y_transposed = layout / 2 == 1;
      const auto rows = [](bool transposed, std::size_t p, std::size_t q) {
        return transposed ? eg::Shape{eg::Index(q), eg::Index(p)}
                          : eg::Shape{eg::Index(p), eg::Index(q)};
      };
      const Array expected = reference::matmul(a, b, m, k, n, x_transposed, y_transposed);
      const eg::Tensor<T> x = tensor_of<T>(a, rows(x_transposed, m, k));
      const eg::Tensor<T> y = tensor_of<T>(b, rows(y_transposed, k, n));
      for (const Unit& unit : units()) {
        if (unit.in<T>().matmul == nullptr) {
          continue;
        }
        const std::string what = std::string(unit.name) + ", " + type_name<T>() + ": " +
                                 (x_transposed ? "T" : "N") + (y_transposed ? "T" : "N") +
                                 " product " + std::to_string(m) + "x" + std::to_string(k) + "x" +
                                 std::to_string(n);
        const Functions<T>& f = unit.in<T>();
        expect_close(what, f.matmul(x, y, x_transposed, y_transposed), expected, absolute);
        if (layout == 0) {
          expect_close(what + ", negated", f.negated_matmul(x, y), negated(expected), absolute);
        }
      }
    }
  }
}

template <class T>
void check_elementwise_and_reductions(const Unit& unit) {
  constexpr double epsilon = std::numeric_limits<T>::epsilon();
  constexpr std::size_t rows = 53;
  constexpr std::size_t columns = 21;
  const Functions<T>& f = unit.in<T>();
  const std::string name = std::string(unit.name) + ", " + type_name<T>() + ": ";
  Array values = reference::random_array(rows * columns, 5);
  for (double& value : values) {
    value *= 4;  // exact
  }
  const eg::Tensor<T> x = tensor_of<T>(values, {rows, columns});
  Array cube, exp, tanh, sigmoid;
  for (const double value : values) {
    cube.push_back(value * value * value);
    exp.push_back(std::exp(value));
    tanh.push_back(std::tanh(value));
    sigmoid.push_back(1 / (1 + std::exp(-value)));
  }
  // A few units in the last place of results below 4^3 = 64, e^4 = 55, and 1.
  expect_close(name + "cube", f.cube(x), cube, 64 * 2 * epsilon);
  expect_close(name + "exp", f.exp(x), exp, 55 * 8 * epsilon);
  expect_close(name + "tanh", f.tanh(x), tanh, 8 * epsilon);
  expect_close(name + "sigmoid", f.sigmoid(x), sigmoid, 8 * epsilon);

  Array down(columns, 0.0), across(rows, 0.0);
  double all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    down[i % columns] += values[i];
    across[i / columns] += values[i];
    all += values[i];
  }
  expect_close(name + "sum over axis 0", f.sum(x, 0), down, 4 * rows * epsilon);
  expect_close(name + "sum over axis 1", f.sum(x, 1), across, 4 * columns * epsilon);
  expect_close(name + "mean", f.mean(x), {all / static_cast<double>(values.size())}, 64 * epsilon);
}

/// Three steps of training, each function of the step from another unit.
template <class T>
void check_training(const Unit& owner, const Unit& forward, const Unit& backward) {
  constexpr std::size_t batch = 48;
  constexpr std::size_t in = 30;
  constexpr std::size_t hidden = 37;
  constexpr std::size_t out = 3;
  constexpr double rate = 0.01;
  constexpr int steps = 3;
  const auto sized = [](std::size_t a, std::size_t b) {
    return eg::Shape{eg::Index(a), eg::Index(b)};
  };
  reference::Network network{batch,
                             in,
                             hidden,
                             out,
                             reference::random_array(in * hidden, 1),
                             reference::random_array(hidden, 2),
                             reference::random_array(hidden * out, 3),
                             reference::random_array(out, 4)};
  const Array inputs = reference::random_array(batch * in, 5);
  const Array targets = reference::random_array(batch * out, 6);
  const std::string name = std::string("parameters of ") + std::string(owner.name) +
                           ", forward in " + std::string(forward.name) + ", backward in " +
                           std::string(backward.name) + ", " + type_name<T>() + ": ";

  const Parameters<T> model = owner.in<T>().parameters(
      {tensor_of<T>(network.w1, sized(in, hidden)), tensor_of<T>(network.b1, {hidden}),
       tensor_of<T>(network.w2, sized(hidden, out)), tensor_of<T>(network.b2, {out})});
  const auto adam = owner.in<T>().adam(model, rate);
  const eg::Tensor<T> x = tensor_of<T>(inputs, sized(batch, in));
  const eg::Tensor<T> y = tensor_of<T>(targets, sized(batch, out));
  const Array losses = network.train(inputs, targets, steps, rate);
  for (const double loss : losses) {
    eg::Tape tape;
    const eg::Tensor<T> recorded = forward.in<T>().loss(model, x, y);
    expect_close(name + "loss", recorded, {loss}, sizeof(T) == 4 ? 1e-5 : 1e-12);
    if (tape.size() != 7) {  // linear, tanh, linear, sigmoid, minus, times, mean
      report(name + std::to_string(tape.size()) + " records, not 7");
    }
    backward.in<T>().backward(tape, recorded);
    backward.in<T>().step(*adam);
  }
  // Adam divides by the gradient's size: an error of 1e-6 of a small one is one of 1e-3 of a step.
  const double absolute = sizeof(T) == 4 ? 1e-2 * rate : 1e-9;
  const std::vector<const Array*> expected{&network.w1, &network.b1, &network.w2, &network.b2};
  for (std::size_t k = 0; k < expected.size(); ++k) {
    expect_close<T>(name + "parameter " + std::to_string(k), model[k], *expected[k], absolute);
  }
}

template <class T>
void check_all() {
  check_products<T>();
  std::vector<Unit> whole;  // those that do more than multiply
  for (const Unit& unit : units()) {
    if (unit.in<T>().loss != nullptr) {
      whole.push_back(unit);
      check_elementwise_and_reductions<T>(unit);
    }
  }
  for (const Unit& owner : whole) {
    for (const Unit& forward : whole) {
      for (const Unit& backward : whole) {
        check_training<T>(owner, forward, backward);
      }
    }
  }
}

}  // namespace

}  // namespace programs

/// Arguments: the number of units and of different keys that the program must have.
int main(int count, char** arguments) {
  using programs::report;
  std::set<std::string_view> keys;
  std::string names;
  for (const programs::Unit& unit : programs::units()) {
    keys.insert(unit.key);
    if (unit.sizes != programs::units()[0].sizes) {
      report(std::string(unit.name) + ": types have other sizes than in the first unit");
    }
    names += " " + std::string(unit.name) + "=" + std::string(unit.key);
  }
  if (count != 3 || programs::units().size() != std::stoul(arguments[1]) ||
      keys.size() < std::stoul(arguments[2])) {
    report("expected other units or more keys:" + names);
  }
  programs::check_all<float>();
  programs::check_all<double>();
  std::printf("%d findings in%s\n", programs::findings, names.c_str());
  return programs::findings == 0 ? 0 : 1;
}
