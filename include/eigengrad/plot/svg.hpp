#pragma once
// What every SVG picture here is made of: escaped text, numbers that no locale changes, the colours
// for light and dark, and the round numbers of an axis. Leaves out the charts.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::detail {

/// A text as XML wants it, in elements and in attributes. Control characters, which XML has no way
/// to say, become spaces.
[[nodiscard]] inline std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

/// Characters of UTF-8.
[[nodiscard]] inline Index count_characters(std::string_view text) noexcept {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
}

/// The first characters of a text, the last one an ellipsis if there are more than `most`.
[[nodiscard]] inline std::string shortened(std::string_view text, Index most) {
  if (count_characters(text) <= most) {
    return std::string(text);
  }
  std::size_t end = 0;
  for (Index count = 0; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0U) != 0x80U;
    if (begins && ++count == most) {
      break;
    }
  }
  return std::string(text.substr(0, end)) + "\xe2\x80\xa6";
}

/// A coordinate, to a hundredth.
[[nodiscard]] inline std::string coordinate(double value) {
  char digits[64];
  // Adding 0 makes -0 a 0.
  const double rounded = std::round(value * 100) / 100 + 0.0;
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, rounded).ptr);
}

/// A value for people: `digits` significant ones.
[[nodiscard]] inline std::string shown_number(double value, int digits) {
  char text[64];
  return std::string(
      text,
      std::to_chars(text, text + sizeof text, value + 0.0, std::chars_format::general, digits).ptr);
}

/// 1, 2 or 5 times a power of ten, such that at most `most` steps fit between low < high.
[[nodiscard]] inline double axis_step(double low, double high, int most) {
  const double rough = high / most - low / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) {
      return factor * power;
    }
  }
  return 10 * power;
}

/// The multiples of axis_step within [low, high]. The caller answers for low < high, both finite.
[[nodiscard]] inline std::vector<double> axis_ticks(double low, double high, int most) {
  const double step = axis_step(low, high, most);
  std::vector<double> ticks;
  const double slack = 1e-9 * step;  // so that 0.3 = 3 * 0.1 is not lost
  for (double k = std::ceil((low - slack) / step); k * step <= high + slack; ++k) {
    ticks.push_back(k * step);
  }
  return ticks;
}

/// Text of 12 pixels at a place, its anchor "start", "middle" or "end".
[[nodiscard]] inline std::string svg_text(double x, double y, std::string_view text,
                                          std::string_view anchor = "start",
                                          std::string_view classes = "text") {
  return concat("<text class=\"", classes, "\" x=\"", coordinate(x), "\" y=\"", coordinate(y),
                "\" font-size=\"12\" text-anchor=\"", anchor, "\">", escape_xml(text), "</text>\n");
}

/// The name of a picture, at its top.
[[nodiscard]] inline std::string svg_title(std::string_view text) {
  return concat("<text class=\"text\" x=\"14\" y=\"18\" font-size=\"13\" font-weight=\"600\">",
                escape_xml(text), "</text>\n");
}

/// The shortest text that reads back as the same number; "null" for NaN and infinities, as JSON has
/// no others.
[[nodiscard]] inline std::string json_number(double value) {
  if (!std::isfinite(value)) {
    return "null";
  }
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

/// The head of a picture: its size, what a screen reader says, and the colours of light and dark.
/// Classes: page, text, faint (text), grid, axis, positive, negative, error; curve, dashed and on
/// (text over a full colour); c0 ... c5, colours that people with any colour vision tell apart
/// (Okabe and Ito 2008), as currentColor. `attributes` are more ones of the picture.
[[nodiscard]] inline std::string svg_head(double width, double height, std::string_view title,
                                          std::string_view attributes = {}) {
  const std::string w = coordinate(width);
  const std::string h = coordinate(height);
  const std::string name = escape_xml(title);
  return concat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", w, "\" height=\"", h,
      "\" viewBox=\"0 0 ", w, " ", h, "\" role=\"img\" aria-label=\"", name, "\"", attributes,
      ">\n<title>", name,
      "</title>\n<style>\n"
      "text { font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }\n"
      ".page { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }\n"
      ".grid { stroke: #d1d9e0; } .axis { stroke: #59636e; } .error { stroke: #1f2328; }\n"
      ".positive { fill: #b2483a; } .negative { fill: #2b6cb0; } .on { fill: #ffffff; }\n"
      ".curve { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; }\n"
      ".dashed { stroke-dasharray: 5 4; }\n"
      ".c0 { color: #0072b2; } .c1 { color: #d55e00; } .c2 { color: #009e73; }\n"
      ".c3 { color: #aa4499; } .c4 { color: #8a6d00; } .c5 { color: #56606b; }\n"
      "@media (prefers-color-scheme: dark) {\n"
      ".page { fill: #0d1117; } .text { fill: #e6edf3; } .faint { fill: #9198a1; }\n"
      ".grid { stroke: #30363d; } .axis { stroke: #9198a1; } .error { stroke: #e6edf3; }\n"
      ".positive { fill: #e07a6b; } .negative { fill: #6aa5e0; } .on { fill: #0d1117; }\n"
      ".c0 { color: #56b4e9; } .c1 { color: #ff9a5c; } .c2 { color: #3ecfa3; }\n"
      ".c3 { color: #e29bd4; } .c4 { color: #e6c34a; } .c5 { color: #aab4c0; }\n"
      "}\n</style>\n<rect class=\"page\" width=\"",
      w, "\" height=\"", h, "\"/>\n");
}

}  // namespace eigengrad::detail
