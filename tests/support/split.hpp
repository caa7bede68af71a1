#pragma once
// The parts of a line of a reference file.

#include <string>
#include <string_view>
#include <vector>

namespace reference {

/// The parts of a text between separators; one empty part for an empty text.
[[nodiscard]] inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace reference
