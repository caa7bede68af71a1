#pragma once
// Reads tests/reference/op_values/*.txt; the format is in tests/reference/README.md. Leaves out
// what a line means for an op: the tests say that.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <support/split.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reference {

/// A tensor as stored; `given` is false for "-" and for an empty field.
struct Values {
  bool given = false;
  eigengrad::Shape shape;
  std::vector<double> values;

  /// The same as a tensor, converted.
  template <eigengrad::AnyScalar T>
  [[nodiscard]] eigengrad::Tensor<T> tensor() const {
    std::vector<T> converted;
    for (const double value : values) {
      converted.push_back(static_cast<T>(value));
    }
    return eigengrad::from_vector(converted, shape);
  }
};

/// One line of a file.
struct Line {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Values> inputs;
  std::vector<Values> outputs;
  Values cotangent;
  std::vector<Values> gradients;
  std::string text;  // name and attributes, for messages

  [[nodiscard]] std::string attribute(std::string_view key, std::string_view otherwise = "") const {
    for (const auto& [name_of, value] : attributes) {
      if (name_of == key) {
        return value;
      }
    }
    return std::string(otherwise);
  }
  [[nodiscard]] bool has(std::string_view key) const { return !attribute(key).empty(); }
  /// An attribute as a number. Throws if it is neither there nor has a default.
  [[nodiscard]] double number(std::string_view key) const { return std::stod(attribute(key)); }
  [[nodiscard]] double number(std::string_view key, double otherwise) const {
    return has(key) ? number(key) : otherwise;
  }
};

/// "(2,3):v v v v v v", "():v", "(2,0):", "-" or "". Throws if it is none of them.
[[nodiscard]] inline Values parse_values(std::string_view text) {
  Values result;
  if (text.empty() || text == "-") {
    return result;
  }
  const std::size_t colon = text.find("):");
  if (text.front() != '(' || colon == std::string_view::npos) {
    throw std::runtime_error("reference: not a tensor: " + std::string(text));
  }
  result.given = true;
  for (const std::string& extent : split(text.substr(1, colon - 1), ',')) {
    if (!extent.empty()) {
      result.shape.push_back(std::stol(extent));
    }
  }
  const char* at = text.data() + colon + 2;
  const char* const end = text.data() + text.size();
  while (at != end) {
    double value = 0;
    const auto read = std::from_chars(at, end, value);
    if (read.ec != std::errc{}) {
      throw std::runtime_error("reference: not a number: " + std::string(at, end));
    }
    result.values.push_back(value);
    at = read.ptr == end ? end : read.ptr + 1;
  }
  if (static_cast<eigengrad::Index>(result.values.size()) != result.shape.size()) {
    throw std::runtime_error("reference: values do not fill " + to_string(result.shape));
  }
  return result;
}

[[nodiscard]] inline std::vector<Values> parse_list(std::string_view text) {
  std::vector<Values> list;
  if (!text.empty()) {
    for (const std::string& part : split(text, ';')) {
      list.push_back(parse_values(part));
    }
  }
  return list;
}

/// The lines of op_values/FILE, or only those of one name. Throws if there is none.
[[nodiscard]] inline std::vector<Line> read(const std::string& file, std::string_view name = "") {
  const std::string path = std::string(EIGENGRAD_TEST_DATA_DIR "/op_values/") + file;
  std::ifstream in(path);
  std::vector<Line> lines;
  for (std::string text; std::getline(in, text);) {
    if (text.empty() || text[0] == '#') {
      continue;
    }
    const std::vector<std::string> fields = split(text, '|');
    if (fields.size() != 6) {
      throw std::runtime_error("reference: not six fields: " + text.substr(0, 80));
    }
    if (!name.empty() && fields[0] != name) {
      continue;
    }
    Line line;
    line.name = fields[0];
    line.text = fields[0] + " " + fields[1];
    if (!fields[1].empty()) {
      for (const std::string& attribute : split(fields[1], ',')) {
        const std::size_t equals = attribute.find('=');
        line.attributes.emplace_back(attribute.substr(0, equals), attribute.substr(equals + 1));
      }
    }
    line.inputs = parse_list(fields[2]);
    line.outputs = parse_list(fields[3]);
    line.cotangent = parse_values(fields[4]);
    line.gradients = parse_list(fields[5]);
    lines.push_back(std::move(line));
  }
  if (lines.empty()) {
    throw std::runtime_error("reference: no line of '" + std::string(name) + "' in " + path);
  }
  return lines;
}

/// Whether a number is the expected one: NaN for NaN, the same infinity, or within the tolerance.
[[nodiscard]] inline bool close(double found, double expected, double relative, double absolute) {
  if (std::isnan(expected) || std::isinf(expected)) {
    return std::isnan(expected) ? std::isnan(found) : found == expected;
  }
  return std::abs(found - expected) <= absolute + relative * std::abs(expected);
}

}  // namespace reference
