#pragma once
// Reads tests/reference/opinfo/samples.txt: PyTorch's sample inputs of the ops that both libraries
// have, and the samples left out; the format is in tests/reference/README.md. Leaves out the
// numbers, which need zlib (opinfo_test.cpp), and what a sample asks of us (opinfo_calls.hpp).

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/shape.hpp>

#include <support/split.hpp>

#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace opinfo {

using eigengrad::Index;
using eigengrad::Shape;

/// A tensor of a sample: an argument or a result. Its elements begin at `at` in the numbers.
struct Stored {
  std::string name;     // of the argument
  char kind = 'f';      // f: float64, i: integers, b: booleans
  bool wanted = false;  // its gradient was computed
  Shape shape;
  Index at = 0;
};

/// One call that PyTorch made.
struct Sample {
  std::string op;  // as PyTorch's records call it
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<Stored> tensors;
  std::vector<Stored> results;
  std::vector<Index> gradients;  // where those of the wanted tensors begin
  std::string text;              // the line, for messages
};

/// Samples of an op that were left out for one reason.
struct Left {
  std::string op;
  std::string reason;
  Index count = 0;
};

struct Records {
  std::vector<std::string> header;
  std::vector<Sample> samples;
  std::vector<Left> left;
};

/// The parts of a text between separators; none for an empty text.
[[nodiscard]] inline std::vector<std::string> parts_of(std::string_view text, char separator) {
  return text.empty() ? std::vector<std::string>{} : reference::split(text, separator);
}

/// "input:f*(2,3)@7" or, without name and kind, "(2,3)@7".
[[nodiscard]] inline Stored parse_stored(const std::string& text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.find(")@");
  if (open == std::string::npos || close == std::string::npos) {
    throw std::runtime_error("opinfo: not a tensor: " + text);
  }
  Stored stored;
  if (open > 0) {
    const std::size_t colon = text.find(':');
    stored.name = text.substr(0, colon);
    stored.kind = text[colon + 1];
    stored.wanted = text[open - 1] == '*';
  }
  for (const std::string& extent : parts_of(text.substr(open + 1, close - open - 1), ',')) {
    stored.shape.push_back(std::stol(extent));
  }
  stored.at = std::stol(text.substr(close + 2));
  return stored;
}

[[nodiscard]] inline Sample parse_sample(const std::vector<std::string>& fields,
                                         const std::string& text) {
  Sample sample;
  sample.op = fields[1];
  sample.text = text;
  for (const std::string& attribute : parts_of(fields[2], ',')) {
    const std::size_t equals = attribute.find('=');
    sample.attributes.emplace_back(attribute.substr(0, equals), attribute.substr(equals + 1));
  }
  for (const std::string& tensor : parts_of(fields[3], ';')) {
    sample.tensors.push_back(parse_stored(tensor));
  }
  for (const std::string& result : parts_of(fields[4], ';')) {
    sample.results.push_back(parse_stored(result));
  }
  for (const std::string& place : parts_of(fields[5], ';')) {
    sample.gradients.push_back(std::stol(place.substr(1)));
  }
  return sample;
}

/// All samples, in the order of the file. Throws if there is none.
[[nodiscard]] inline Records read_records(const std::string& folder) {
  std::ifstream in(folder + "/samples.txt");
  Records records;
  for (std::string text; std::getline(in, text);) {
    if (text.starts_with("#")) {
      records.header.push_back(text.substr(2));
      continue;
    }
    std::vector<std::string> fields = parts_of(text, '|');
    if (fields.size() == 4 && fields[0] == "left") {
      records.left.push_back({fields[1], fields[2], std::stol(fields[3])});
    } else if (fields.size() == 6 && fields[0] == "sample") {
      records.samples.push_back(parse_sample(fields, text));
    } else {
      throw std::runtime_error("opinfo: not a line: " + text);
    }
  }
  if (records.samples.empty()) {
    throw std::runtime_error("opinfo: no samples in " + folder);
  }
  return records;
}

}  // namespace opinfo
