#pragma once
// Histograms over epochs as a picture: an epoch a column, darker where more of the values lie.

#include <eigengrad/plot/axis.hpp>
#include <eigengrad/plot/curves.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/train/weight_histograms.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::detail {

inline constexpr std::size_t histogram_cells = 24;
inline constexpr std::size_t histogram_columns = 40;
inline constexpr std::size_t histogram_shades = 6;

/// A histogram's values over equal cells of another range: each part's count goes to the cells that
/// it overlaps, by overlap.
[[nodiscard]] inline std::array<double, histogram_cells> recounted(const train::Histogram& from,
                                                                   const Axis& range) {
  std::array<double, histogram_cells> cells{};
  const double cell = (range.high - range.low) / static_cast<double>(histogram_cells);
  const double part = (from.high - from.low) / static_cast<double>(train::Histogram::bins);
  const auto cell_of = [&](double value) {
    const double at = std::floor((value - range.low) / cell);
    return static_cast<std::size_t>(std::clamp(at, 0.0, double(histogram_cells - 1)));
  };
  for (std::size_t i = 0; i < train::Histogram::bins; ++i) {
    const double begin = from.low + part * static_cast<double>(i);
    const double end = begin + part;
    for (std::size_t c = cell_of(begin); c <= cell_of(end); ++c) {
      const double low = range.low + cell * static_cast<double>(c);
      const double overlap = std::min(end, low + cell) - std::max(begin, low);
      const double share = part > 0 ? std::max(overlap, 0.0) / part : (c == cell_of(begin) ? 1 : 0);
      cells[c] += from.counts[i] * share;
    }
  }
  return cells;
}

}  // namespace eigengrad::detail

namespace eigengrad::report {

/// Draws the histograms of the epochs 1, 2, ...; of more than 40 every second, third, ... one.
[[nodiscard]] inline std::string to_svg(const std::vector<train::Histogram>& epochs,
                                        std::string_view title) {
  namespace detail = eigengrad::detail;
  detail::Range range;
  for (const train::Histogram& one : epochs) {
    range.add(one.low);
    range.add(one.high);
  }
  const detail::Axis y = detail::round_axis(range.low(), range.high());
  const auto count = static_cast<double>(epochs.size());
  const detail::Axis x = detail::whole_axis(1, std::max(count, 1.0));
  const std::size_t stride =
      (epochs.size() + detail::histogram_columns - 1) / detail::histogram_columns;
  const detail::PictureFrame frame;
  const double columns = stride > 0 ? std::ceil(count / static_cast<double>(stride)) : 1.0;
  const double width = (frame.right - frame.left) / columns;
  const double height = (frame.bottom - frame.top) / static_cast<double>(detail::histogram_cells);
  // One path a shade: a rectangle each would be ten times the text.
  std::array<std::string, detail::histogram_shades> paths;
  for (std::size_t e = 0; e < epochs.size(); e += stride) {
    const auto cells = detail::recounted(epochs[e], y);
    const double most = *std::max_element(cells.begin(), cells.end());
    const std::size_t column = e / stride;
    const double at = frame.left + width * static_cast<double>(column);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const double shade =
          most > 0 ? std::ceil(cells[c] / most * double(detail::histogram_shades)) : 0.0;
      if (shade >= 1) {
        paths[static_cast<std::size_t>(shade) - 1] +=
            "M" + detail::coordinate(at) + " " +
            detail::coordinate(frame.bottom - height * static_cast<double>(c + 1)) + "h" +
            detail::coordinate(width) + "v" + detail::coordinate(height) + "h-" +
            detail::coordinate(width) + "z";
      }
    }
  }
  std::string svg = detail::svg_head(frame.width, frame.height, title);
  for (std::size_t s = 0; s < paths.size(); ++s) {
    svg += detail::concat("<path class=\"c0\" fill=\"currentColor\" fill-opacity=\"",
                          detail::shown_number(double(s + 1) / double(paths.size()), 2), "\" d=\"",
                          paths[s], "\"/>\n");
  }
  // Each epoch's column has its number in its middle.
  detail::Axis middles = x;
  middles.low = 0.5;
  middles.high = std::max(count, 1.0) + 0.5;
  return svg + detail::draw_frame(frame, middles, y, title, "epoch", "value") + "</svg>\n";
}

}  // namespace eigengrad::report
