#pragma once
// What every picture and page is written with: text made safe for HTML and SVG, numbers, and the
// colours of pictures. Pictures take their colours from variables, so that a page in dark mode
// shows them dark.

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// Text whose &, <, >, " and ' are entities. Control characters but newlines, which XML forbids,
/// are left out.
[[nodiscard]] inline std::string markup_escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20U || c == '\n' || c == '\t') {
          result += c;
        }
    }
  }
  return result;
}

/// The shortest text that reads back as the same number; "null" for NaN and infinities, as JSON has
/// no others.
[[nodiscard]] inline std::string json_number(double value) {
  if (!std::isfinite(value)) {
    return "null";
  }
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, value);
  return error == std::errc{} ? std::string(text, end) : "null";
}

/// Four significant digits, for people.
[[nodiscard]] inline std::string label_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value == 0 ? 0.0 : value);
  return text;
}

/// A place in a picture, to a tenth of a unit.
[[nodiscard]] inline std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string result = text;
  if (result.size() > 2 && result.ends_with(".0")) {
    result.resize(result.size() - 2);
  }
  return result == "-0" ? "0" : result;
}

/// The colours and text of pictures, for a page's style or a picture of its own. Okabe and Ito's
/// palette, which people with any colour vision tell apart.
inline constexpr std::string_view picture_style = R"css(
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5b6169; --line: #d5d9de; --paper: #ffffff;
  --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #aa4499; --c4: #8a6d00; --c5: #56606b; --on: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a8afb8; --line: #3b4048;
  --paper: #16181b; --c0: #56b4e9; --c1: #ff9a5c; --c2: #3ecfa3; --c3: #e29bd4; --c4: #e6c34a;
  --c5: #aab4c0; --on: #101214; } }
svg.picture { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg.picture .title { font-weight: 600; font-size: 13px; }
svg.picture .soft { fill: var(--soft); }
svg.picture .grid { stroke: var(--line); }
svg.picture .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg.picture .dashed { stroke-dasharray: 5 4; }
svg.picture .on { fill: var(--on); }
)css";

/// The opening tag of a picture of this size, with its name for readers of screens.
[[nodiscard]] inline std::string picture_begin(double width, double height, std::string_view title,
                                               std::string_view attributes = {}) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" role=\"img\" width=\"" +
         coordinate(width) + "\" viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) +
         "\" aria-label=\"" + markup_escaped(title) + "\"" + (attributes.empty() ? "" : " ") +
         std::string(attributes) + ">\n";
}

/// Text with its anchor ("start", "middle" or "end") at a place.
[[nodiscard]] inline std::string picture_text(double x, double y, std::string_view text,
                                              std::string_view anchor = "start",
                                              std::string_view classes = {}) {
  return "<text x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" text-anchor=\"" +
         std::string(anchor) + "\"" +
         (classes.empty() ? "" : " class=\"" + std::string(classes) + "\"") + ">" +
         markup_escaped(text) + "</text>\n";
}

}  // namespace eigengrad::detail

namespace eigengrad::report {

/// A picture as a file of its own: with its colours, light or dark as the reader's system.
[[nodiscard]] inline std::string standalone(std::string_view picture) {
  const std::size_t body = picture.find('>') + 1;
  return std::string(picture.substr(0, body)) + "<style>" +
         std::string(eigengrad::detail::picture_style) +
         "svg { background: var(--paper); }</style>" + std::string(picture.substr(body)) + "\n";
}

}  // namespace eigengrad::report
