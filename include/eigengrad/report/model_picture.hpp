#pragma once
// A Sequential as a picture: its layers from top to bottom.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/plot/svg.hpp>

#include <string>
#include <vector>

namespace eigengrad::report {

/// Draws the layers; a Dense with the width of what it takes and gives.
template <FloatScalar T>
[[nodiscard]] std::string to_svg(const nn::Sequential<T>& model) {
  namespace detail = eigengrad::detail;
  std::vector<std::string> boxes;
  for (const auto& layer : model.layers()) {
    std::string text(layer.kind());
    if (layer.in_features() >= 0 && layer.out_features() >= 0) {
      text += detail::concat(": ", layer.in_features(), " to ", layer.out_features());
    }
    boxes.push_back(layer.name().empty() ? text : layer.name() + " (" + text + ")");
  }
  constexpr double width = 220;
  constexpr double step = 46;
  const double height = 28 + step * static_cast<double>(boxes.size());
  std::string svg = detail::svg_head(260, height, "Layers") + detail::svg_title("Layers");
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const double y = 30 + step * static_cast<double>(i);
    svg +=
        detail::concat("<rect class=\"c0\" x=\"20\" y=\"", detail::coordinate(y), "\" width=\"",
                       detail::coordinate(width),
                       "\" height=\"30\" rx=\"4\" fill=\"currentColor\" fill-opacity=\".14\"/>\n",
                       detail::svg_text(20 + width / 2, y + 20, boxes[i], "middle"));
    if (i + 1 < boxes.size()) {
      svg += detail::concat("<path class=\"curve c5\" d=\"M130 ", detail::coordinate(y + 31),
                            "v13m-4 -5l4 5l4 -5\"/>\n");
    }
  }
  return svg + "</svg>\n";
}

}  // namespace eigengrad::report
