#pragma once
// Reads the manifests of tests/reference/: lines of fields separated by '|', and tensors written as
// `(2,3):v v v v v v`.

#include "support/catch.hpp"

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <support/split.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// The fields of the lines of one kind, "ok" or "error", in tests/reference/FOLDER/manifest.txt.
inline std::vector<std::vector<std::string>> manifest(const std::string& folder,
                                                      const std::string& kind) {
  std::vector<std::vector<std::string>> found;
  for (const std::string& line : reference::split(
           eigengrad::read_file(EIGENGRAD_TEST_DATA_DIR "/" + folder + "/manifest.txt"), '\n')) {
    const std::vector<std::string> fields = reference::split(line, '|');
    if (fields.size() >= 4 && line[0] != '#' && fields[1] == kind) {
      found.push_back(fields);
    }
  }
  return found;
}

/// The values of a tensor written as `(2,3):v v v v v v`.
inline std::vector<std::string> values_of(const std::string& tensor) {
  const std::string values = tensor.substr(tensor.find(':') + 1);
  return values.empty() ? std::vector<std::string>{} : reference::split(values, ' ');
}

/// What load(x), with x of type T, gives as each type is the tensor written as `text`: its shape,
/// its values rounded to that type, the signs of its zeros.
template <class Load>
void check_values(const std::string& text, bool integers, const Load& load) {
  const std::vector<std::string> expected = values_of(text);
  const eigengrad::Tensor<double> x = load(double{});
  std::string shape = "(";
  for (int axis = 0; axis < x.rank(); ++axis) {
    shape += (axis == 0 ? "" : ",") + std::to_string(x.shape()[axis]);
  }
  CHECK(shape + ")" == text.substr(0, text.find(':')));
  REQUIRE(x.values().size() == expected.size());
  const eigengrad::Tensor<float> f = load(float{});
  const eigengrad::Tensor<std::int64_t> i = load(std::int64_t{});
  const eigengrad::Tensor<bool> b = load(bool{});
  for (std::size_t k = 0; k < expected.size(); ++k) {
    const double value = std::strtod(expected[k].c_str(), nullptr);
    const double got = x.values()[k];
    INFO("element " << k << ": " << expected[k]);
    CHECK((got == value || (std::isnan(got) && std::isnan(value))));
    CHECK((std::signbit(got) == std::signbit(value) || std::isnan(value)));
    const float single = f.values()[k];
    CHECK((single == static_cast<float>(value) || (std::isnan(single) && std::isnan(value))));
    CHECK(b.values()[k] == (value != 0.0));
    if (integers) {
      const bool negative = expected[k][0] == '-';
      const std::int64_t whole =
          negative ? std::strtoll(expected[k].c_str(), nullptr, 10)
                   : static_cast<std::int64_t>(std::strtoull(expected[k].c_str(), nullptr, 10));
      CHECK(i.values()[k] == whole);
    }
  }
}
