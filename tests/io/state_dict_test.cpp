#include "support/catch.hpp"

#include <eigengrad/io/state_dict.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

using Parameters = std::vector<eg::Parameter<float>>;

/// What two Dense layers (2, 3) and (3, 1), the second one named, and a Scale layer have.
Parameters parameters_of_a_model() {
  return {{"0.weight", eg::tensor<float>({{1, 2, 3}, {4, 5, 6}})},
          {"0.bias", eg::tensor<float>({7, 8, 9})},
          {"2.factor", eg::tensor<float>({10, 11, 12})},
          {"out.weight", eg::tensor<float>({{13}, {14}, {15}})},
          {"out.bias", eg::tensor<float>({16})},
          {"5.weight", eg::tensor<float>({{17}})},
          {"scale", eg::tensor<float>({18})}};
}

std::vector<std::string> names_of(const eg::NamedTensors<float>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) {
    names.push_back(name);
  }
  return names;
}

Parameters zeros_like(const Parameters& parameters) {
  Parameters zeros;
  for (const auto& parameter : parameters) {
    zeros.emplace_back(parameter.name(), eg::zeros<float>(parameter.shape()));
  }
  return zeros;
}

}  // namespace

TEST_CASE("state_dict: PyTorch's layout has a weight's axes exchanged", "[io][state_dict]") {
  const Parameters parameters = parameters_of_a_model();
  const auto values = eg::state_dict(parameters);
  CHECK(names_of(values) == std::vector<std::string>{"0.weight", "0.bias", "2.factor", "out.weight",
                                                     "out.bias", "5.weight", "scale"});
  CHECK(eg::equal(values[0].second, eg::tensor<float>({{1, 4}, {2, 5}, {3, 6}})));
  CHECK(eg::equal(values[1].second, eg::tensor<float>({7, 8, 9})));
  CHECK(eg::equal(values[3].second, eg::tensor<float>({{13, 14, 15}})));
  CHECK(values[0].second.is_contiguous());
}

TEST_CASE("state_dict: Keras's names count the layers of a kind", "[io][state_dict]") {
  const auto values = eg::state_dict(parameters_of_a_model(), eg::WeightFormat::keras);
  CHECK(names_of(values) == std::vector<std::string>{"dense/kernel", "dense/bias", "layer_2/factor",
                                                     "out/kernel", "out/bias", "dense_1/kernel",
                                                     "scale"});
  CHECK(eg::equal(values[0].second, eg::tensor<float>({{1, 2, 3}, {4, 5, 6}})));
}

TEST_CASE("state_dict: our own names and layout", "[io][state_dict]") {
  const auto values = eg::state_dict(parameters_of_a_model(), eg::WeightFormat::eigengrad);
  CHECK(values[0].first == "0.weight");
  CHECK(eg::equal(values[0].second, eg::tensor<float>({{1, 2, 3}, {4, 5, 6}})));
}

TEST_CASE("state_dict: what it gives is a copy", "[io][state_dict]") {
  Parameters parameters = parameters_of_a_model();
  const auto values = eg::state_dict(parameters);
  parameters[1].assign(eg::zeros<float>({3}));
  CHECK(values[1].second.at(0) == 7.0F);
}

TEST_CASE("load_state_dict: every format comes back", "[io][state_dict]") {
  const Parameters parameters = parameters_of_a_model();
  for (const auto format :
       {eg::WeightFormat::pytorch, eg::WeightFormat::keras, eg::WeightFormat::eigengrad}) {
    INFO(eg::weight_format_name(format));
    Parameters other = zeros_like(parameters);
    const auto report =
        eg::load_state_dict(other, eg::state_dict(parameters, format), {.format = format});
    CHECK(report.loaded.size() == 7);
    CHECK(report.missing.empty());
    CHECK(report.unexpected.empty());
    for (std::size_t i = 0; i < other.size(); ++i) {
      CHECK(eg::equal<float>(other[i], parameters[i]));
    }
  }
}

TEST_CASE("load_state_dict: the error lists all that does not fit", "[io][state_dict]") {
  const Parameters parameters = zeros_like(parameters_of_a_model());
  auto values = eg::state_dict(parameters_of_a_model());
  values.erase(values.begin() + 1);  // 0.bias
  values[1].second = eg::zeros<float>({4});
  values.emplace_back("fc\n.weight", eg::zeros<float>({1}));
  CHECK_THROWS_TEXT(eg::load_state_dict(parameters, values), eg::ValueError,
                    "load_state_dict: missing '0.bias'; unexpected 'fc?.weight'; '2.factor' is "
                    "(4,) in the state dict, (3,) in the model");
  // Nothing was written, also not what fits.
  CHECK(parameters[0].at(0, 0) == 0.0F);

  CHECK_THROWS_TEXT(
      eg::load_state_dict(parameters,
                          eg::state_dict(parameters_of_a_model(), eg::WeightFormat::eigengrad)),
      eg::ValueError,
      "load_state_dict: '0.weight' is (2, 3) in the state dict, (3, 2) in the model (is "
      "WeightFormat right?); 'out.weight' is (3, 1) in the state dict, (1, 3) in the model (is "
      "WeightFormat right?)");
}

TEST_CASE("load_state_dict: a long list of names is cut", "[io][state_dict]") {
  eg::NamedTensors<float> values;
  for (int i = 0; i < 12; ++i) {
    values.emplace_back(std::to_string(i), eg::zeros<float>({1}));
  }
  CHECK_THROWS_TEXT(eg::load_state_dict(Parameters{}, values), eg::ValueError,
                    "load_state_dict: unexpected '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' "
                    "and 2 more");
}

TEST_CASE("load_state_dict: without strict, what is there is loaded and the rest reported",
          "[io][state_dict]") {
  const Parameters parameters = zeros_like(parameters_of_a_model());
  auto values = eg::state_dict(parameters_of_a_model());
  values.erase(values.begin() + 1);
  values.emplace_back("more", eg::zeros<float>({1}));
  const auto report = eg::load_state_dict(parameters, values, {.strict = false});
  CHECK(report.loaded.size() == 6);
  CHECK(report.missing == std::vector<std::string>{"0.bias"});
  CHECK(report.unexpected == std::vector<std::string>{"more"});
  CHECK(parameters[0].at(1, 2) == 6.0F);
  CHECK(parameters[1].at(0) == 0.0F);
  // Another shape is an error all the same.
  values[0].second = eg::zeros<float>({1});
  CHECK_THROWS_TEXT(eg::load_state_dict(parameters, values, {.strict = false}), eg::ValueError,
                    "load_state_dict: '0.weight' is (1,) in the state dict, (3, 2) in the model");
}
