#pragma once
// A ranked horizontal bar chart as SVG, for importances and attributions of a table's features.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/plot/svg.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::plot {

struct Bar {
  std::string label;
  double value = 0;
  double error = 0;  ///< half the length of the error bar; 0: none
};

struct BarChartOptions {
  std::string title = {};
  /// What the values are, under the axis.
  std::string axis_label = {};
  /// The largest ones are drawn; a line says how many are not.
  Index max_bars = 20;
  /// Of the picture, in pixels.
  Index width = 720;
};

}  // namespace eigengrad::plot

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_bars() {
  throw_error<ValueError>("bar_chart", {"there are no bars"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_bar(std::string_view label, double value,
                                                  double error) {
  throw_error<ValueError>(
      "bar_chart",
      {"'", label, "' is not a finite value with an error >= 0: ", value, " +- ", error});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_bar_options(Index bars, Index width) {
  throw_error<ValueError>(
      "bar_chart", {"max_bars must be positive and width at least 200: ", bars, ", ", width});
}

/// Where things are in a bar chart, in pixels.
struct BarChartLayout {
  static constexpr double row = 24;  // of a bar and the gap below it
  static constexpr double bar = 16;  // of the bar alone
  static constexpr double margin = 16;
  static constexpr double value_room = 64;  // for the number at a bar's end
  double left = 0;                          // where the axis begins
  double right = 0;
  double top = 0;
  double bottom = 0;
  double low = 0;  // values at left and right
  double high = 0;

  [[nodiscard]] double x(double value) const noexcept {
    return left + (value - low) / (high - low) * (right - left);
  }
};

[[nodiscard]] inline BarChartLayout layout_of(const std::vector<plot::Bar>& bars, Index longest,
                                              const plot::BarChartOptions& options) {
  BarChartLayout at;
  for (const plot::Bar& bar : bars) {
    at.low = std::min(at.low, bar.value - bar.error);
    at.high = std::max(at.high, bar.value + bar.error);
  }
  if (at.low == at.high) {
    at.high = 1;  // all bars are 0
  }
  const auto width = static_cast<double>(options.width);
  // A character of 13 pixels' text is 7.2 wide on average; labels take half the picture at most.
  const double labels = std::min(7.2 * static_cast<double>(longest) + 8, width / 2);
  at.left = BarChartLayout::margin + labels + (at.low < 0 ? BarChartLayout::value_room : 0);
  at.right = width - BarChartLayout::margin - (at.high > 0 ? BarChartLayout::value_room : 0);
  at.top = options.title.empty() ? 16 : 48;
  at.bottom = at.top + BarChartLayout::row * static_cast<double>(bars.size());
  return at;
}

/// One bar with its label, its error and its number.
[[nodiscard]] inline std::string drawn_bar(const plot::Bar& bar, const BarChartLayout& at, double y,
                                           Index most_characters) {
  const double zero = at.x(0);
  const double end = at.x(bar.value);
  const double middle = y + BarChartLayout::bar / 2;
  const double label_end = at.left - 8 - (at.low < 0 ? BarChartLayout::value_room : 0);
  std::string svg = concat("<g><title>", escape_xml(bar.label), ": ", shown_number(bar.value, 6));
  if (bar.error > 0) {
    svg += concat(" \xc2\xb1 ", shown_number(bar.error, 3));
  }
  svg += concat("</title>\n<text class=\"text\" x=\"", coordinate(label_end), "\" y=\"",
                coordinate(middle + 4.5), "\" font-size=\"13\" text-anchor=\"end\">",
                escape_xml(shortened(bar.label, most_characters)), "</text>\n<rect class=\"",
                bar.value < 0 ? "negative" : "positive", "\" x=\"", coordinate(std::min(zero, end)),
                "\" y=\"", coordinate(y), "\" width=\"", coordinate(std::abs(end - zero)),
                "\" height=\"", coordinate(BarChartLayout::bar), "\"/>\n");
  double tip = bar.value < 0 ? std::min(zero, end) : std::max(zero, end);
  if (bar.error > 0) {
    const double from = at.x(bar.value - bar.error);
    const double to = at.x(bar.value + bar.error);
    svg += concat("<path class=\"error\" fill=\"none\" d=\"M", coordinate(from), " ",
                  coordinate(middle), "H", coordinate(to), "M", coordinate(from), " ",
                  coordinate(middle - 4), "v8M", coordinate(to), " ", coordinate(middle - 4),
                  "v8\"/>\n");
    tip = bar.value < 0 ? from : to;
  }
  return svg + concat("<text class=\"faint\" x=\"", coordinate(bar.value < 0 ? tip - 5 : tip + 5),
                      "\" y=\"", coordinate(middle + 4), "\" font-size=\"11\" text-anchor=\"",
                      bar.value < 0 ? "end" : "start", "\">", shown_number(bar.value, 3),
                      "</text></g>\n");
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// An SVG picture of the bars, the largest magnitude first. Readable on light and dark pages, and
/// by screen readers; texts are escaped, long labels cut with the whole one in a tooltip.
///
/// Throws:    ValueError for no bars, a value that is not finite, a negative error, max_bars < 1 or
///            width < 200
[[nodiscard]] inline std::string bar_chart(std::vector<Bar> bars,
                                           const BarChartOptions& options = {}) {
  namespace parts = eigengrad::detail;
  if (bars.empty()) {
    parts::throw_no_bars();
  }
  if (options.max_bars < 1 || options.width < 200) {
    parts::throw_bar_options(options.max_bars, options.width);
  }
  for (const Bar& bar : bars) {
    if (!std::isfinite(bar.value) || !std::isfinite(bar.error) || bar.error < 0) {
      parts::throw_bar(bar.label, bar.value, bar.error);
    }
  }
  std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) {
    return std::abs(a.value) > std::abs(b.value);
  });
  const auto all = static_cast<Index>(bars.size());
  bars.resize(static_cast<std::size_t>(std::min(all, options.max_bars)));

  const Index most_characters = options.width / 16;
  Index longest = 0;
  for (const Bar& bar : bars) {
    longest = std::max(longest, std::min(parts::count_characters(bar.label), most_characters));
  }
  const parts::BarChartLayout at = parts::layout_of(bars, longest, options);
  const double below =
      24 + (options.axis_label.empty() ? 0 : 22) + (all > options.max_bars ? 20 : 0) + 12;
  std::string svg =
      parts::svg_head(static_cast<double>(options.width), at.bottom + below,
                      options.title.empty() ? "Bar chart" : std::string_view(options.title));
  if (!options.title.empty()) {
    svg += parts::concat(
        "<text class=\"text\" x=\"16\" y=\"28\" font-size=\"16\" "
        "font-weight=\"600\">",
        parts::escape_xml(options.title), "</text>\n");
  }
  for (const double tick : parts::axis_ticks(at.low, at.high, 6)) {
    const std::string x = parts::coordinate(at.x(tick));
    svg += parts::concat("<path class=\"grid\" d=\"M", x, " ", parts::coordinate(at.top), "V",
                         parts::coordinate(at.bottom), "\"/>\n<text class=\"faint\" x=\"", x,
                         "\" y=\"", parts::coordinate(at.bottom + 16),
                         "\" font-size=\"11\" text-anchor=\"middle\">",
                         parts::shown_number(tick, 6), "</text>\n");
  }
  double y = at.top + (parts::BarChartLayout::row - parts::BarChartLayout::bar) / 2;
  for (const Bar& bar : bars) {
    svg += parts::drawn_bar(bar, at, y, most_characters);
    y += parts::BarChartLayout::row;
  }
  svg += parts::concat("<path class=\"axis\" d=\"M", parts::coordinate(at.x(0)), " ",
                       parts::coordinate(at.top), "V", parts::coordinate(at.bottom), "\"/>\n");
  double line = at.bottom + 24;
  if (!options.axis_label.empty()) {
    line += 14;
    svg += parts::concat("<text class=\"text\" x=\"", parts::coordinate((at.left + at.right) / 2),
                         "\" y=\"", parts::coordinate(line),
                         "\" font-size=\"12\" text-anchor=\"middle\">",
                         parts::escape_xml(options.axis_label), "</text>\n");
    line += 8;
  }
  if (all > options.max_bars) {
    svg += parts::concat("<text class=\"faint\" x=\"16\" y=\"", parts::coordinate(line + 12),
                         "\" font-size=\"11\">", all - options.max_bars,
                         " smaller ones are not shown</text>\n");
  }
  return svg + "</svg>\n";
}

}  // namespace eigengrad::plot
