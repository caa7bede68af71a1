#pragma once
// The three trained networks of tests/reference/training_curves/ that explain.txt is about, with
// the rows that they were trained on.

#include <eigengrad/explain/target.hpp>
#include <eigengrad/io/npy.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/flatten.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace explain_tests {

namespace eg = eigengrad;

struct Trained {
  eg::nn::Sequential<double> model;
  eg::Tensor<double> x;  // (rows, features), or (rows, 8, 8) for the digits

  [[nodiscard]] eg::Tensor<double> rows(eg::Index count) const {
    return eg::detail::sliced(x, 0, 0, count);
  }
};

inline Trained load(const std::string& name) {
  const auto npy = [&](const std::string& file) {
    return eg::load_npy<double>(EIGENGRAD_TEST_DATA_DIR "/training_curves/" + name + "/" + file +
                                ".npy");
  };
  const bool images = name == "ce_sgd_nesterov_tanh";
  const std::size_t count = name == "bce_adam_relu" ? 3 : 2;
  std::vector<eg::nn::LayerSpec<double>> layers;
  std::vector<eg::Tensor<double>> values;
  if (images) {
    layers.emplace_back(eg::nn::Flatten());
  }
  for (std::size_t i = 1; i <= count; ++i) {
    const std::string number = std::to_string(i);
    values.push_back(npy("final_w" + number + "_float64"));
    values.push_back(npy("final_b" + number + "_float64"));
    layers.emplace_back(eg::nn::Dense(values[2 * i - 2].shape()[0], values[2 * i - 2].shape()[1]));
    if (i == count) {
      continue;
    }
    if (name == "bce_adam_relu") {
      layers.emplace_back(eg::nn::ReLU());
    } else if (images) {
      layers.emplace_back(eg::nn::Tanh());
    } else {
      layers.emplace_back(eg::nn::Sigmoid());
    }
  }
  Trained trained{eg::nn::Sequential<double>(std::move(layers)), npy("x")};
  trained.model.restore_values(values);
  if (images) {
    trained.x = eg::detail::reshape_view_or_copy(trained.x, {-1, 8, 8});
  }
  return trained;
}

/// The integers of an attribute, separated by spaces.
inline std::vector<eg::Index> integers(const reference::Line& line, const char* key) {
  std::vector<eg::Index> result;
  if (line.has(key)) {
    for (const std::string& part : reference::split(line.attribute(key), ' ')) {
      result.push_back(std::stol(part));
    }
  }
  return result;
}

/// None, one output, or one for each row.
inline eg::explain::Target target_of(const reference::Line& line) {
  const std::vector<eg::Index> outputs = integers(line, "target");
  if (outputs.empty()) {
    return {};
  }
  return outputs.size() == 1 ? eg::explain::Target(outputs[0])
                             : eg::explain::Target(eg::from_vector<std::int64_t>(outputs));
}

/// A stored baseline or noise; undefined if there is none.
inline eg::Tensor<double> input_of(const reference::Line& line) {
  return line.inputs.empty() ? eg::Tensor<double>() : line.inputs[0].tensor<double>();
}

/// 1e-6 is what is promised; the two computations differ in rounding alone.
inline void check_equal(const eg::Tensor<double>& found, const reference::Values& expected) {
  REQUIRE(found.shape() == expected.shape);
  const std::vector<double> values = eg::to_vector(found);
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double error = std::abs(values[i] - expected.values[i]);
    largest = std::max(largest, error / std::max(1.0, std::abs(expected.values[i])));
  }
  CHECK(largest < 1e-12);
}

/// Calls check(line, model and x) for the lines of one method; gives their number.
template <class Check>
int for_each_line(const std::string& method, const Check& check) {
  int count = 0;
  for (const reference::Line& line : reference::read("explain.txt", method)) {
    INFO(line.text);
    Trained trained = load(line.attribute("model"));
    check(line, trained);
    ++count;
  }
  return count;
}

}  // namespace explain_tests
