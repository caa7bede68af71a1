#pragma once
// What the tests of splits and folds share: the labels and checksums of make_split_checksums.py,
// and its lines.

#include <eigengrad/data/split.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/split.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace split_cases {

using eigengrad::Index;

inline std::vector<Index> listed(const eigengrad::Tensor<std::int64_t>& x) {
  return {x.values().begin(), x.values().end()};
}

/// The lines of a file of tests/reference/ but for comments, as fields.
inline std::vector<std::vector<std::string>> lines_of(const std::string& name) {
  std::ifstream file(EIGENGRAD_TEST_DATA_DIR "/" + name);
  if (!file.is_open()) {
    throw std::runtime_error("no file " + name);
  }
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') {
      lines.push_back(reference::split(line, '|'));
    }
  }
  return lines;
}

inline eigengrad::SplitSize size_of(const std::string& text) {
  if (text == "none") {
    return {};
  }
  if (text.find_first_of(".en") != std::string::npos) {
    return std::strtod(text.c_str(), nullptr);
  }
  return std::atoi(text.c_str());
}

inline Index whole(const std::string& text) {
  return std::strtoll(text.c_str(), nullptr, 10);
}

/// FNV-1a over the indices of parts as int64, least significant byte first: as make_splits.py.
inline std::string fnv1a64(const std::vector<std::vector<Index>>& parts) {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const std::vector<Index>& part : parts) {
    for (const Index index : part) {
      for (int byte = 0; byte < 8; ++byte) {
        value =
            (value ^ ((static_cast<std::uint64_t>(index) >> (8 * byte)) & 255U)) * 0x100000001b3U;
      }
    }
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

/// The same labels as make_split_checksums.py.
inline eigengrad::Tensor<std::int64_t> labels(const std::string& kind, Index classes, Index rows) {
  auto state = static_cast<std::uint32_t>(rows);
  const auto draw = [&] {
    state = state * 1664525U + 1013904223U;
    return static_cast<Index>(state >> 8) % classes;
  };
  std::vector<Index> result;
  for (Index i = 0; i < rows; ++i) {
    const Index first = draw();
    const Index second = draw();
    const Index y = kind == "random"   ? first
                    : kind == "skewed" ? std::min(first, second)
                    : kind == "cycle"  ? i % classes
                                       : i * classes / rows;
    result.push_back(3 * y - 4);
  }
  return eigengrad::from_vector(result);
}

}  // namespace split_cases
