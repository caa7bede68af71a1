#pragma once
// A confusion matrix as a picture: each cell as dark as its share of the row's class.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eigengrad::plot {

/// Draws the matrix that confusion_matrix() gives, true classes down, predicted ones across, with
/// the counts in the cells; up to 30 classes.
///
/// Shapes:    matrix (classes, classes)
/// Throws:    ShapeError for another shape; ValueError for other than `classes` names, for more
///            than 30
[[nodiscard]] inline std::string confusion_matrix(const Tensor<std::int64_t>& matrix,
                                                  const std::vector<std::string>& class_names) {
  namespace parts = eigengrad::detail;
  if (matrix.rank() != 2 || matrix.extent(0) != matrix.extent(1)) {
    throw ShapeError("confusion_matrix",
                     parts::concat("the matrix is not square: ", matrix.shape()), matrix.shape());
  }
  const Index n = matrix.extent(0);
  if (static_cast<Index>(class_names.size()) != n || n > 30) {
    throw ValueError("confusion_matrix", parts::concat(class_names.size(), " names for ", n,
                                                       " classes; at most 30 can be drawn"));
  }
  Index longest = 0;
  for (const std::string& name : class_names) {
    longest = std::max(longest, parts::count_characters(name));
  }
  const double left = 40 + 7 * static_cast<double>(std::min<Index>(longest, 20));
  const double cell = std::clamp(280.0 / static_cast<double>(n), 22.0, 72.0);
  const double top = 66;
  const double side = cell * static_cast<double>(n);
  const auto place = [&](Index i) { return cell * static_cast<double>(i); };
  std::string svg =
      parts::svg_head(std::max(left + side + 16, 260.0), top + side + 16, "Confusion matrix");
  svg += parts::svg_title("Confusion matrix");
  svg += parts::svg_text(left, top - 26, "predicted", "start", "faint");
  svg += parts::svg_text(14, top - 8, "true", "start", "faint");
  for (Index i = 0; i < n; ++i) {
    const std::string& name = class_names[static_cast<std::size_t>(i)];
    svg +=
        parts::svg_text(left - 8, top + place(i) + cell / 2 + 4, parts::shortened(name, 20), "end");
    // Every name where there is room, else its number.
    svg += parts::svg_text(left + place(i) + cell / 2 - 1, top - 8,
                           7 * static_cast<double>(longest) < cell ? name : std::to_string(i),
                           "middle");
    std::int64_t row = 0;
    for (Index j = 0; j < n; ++j) {
      row += matrix.at(i, j);
    }
    for (Index j = 0; j < n; ++j) {
      const std::int64_t count = matrix.at(i, j);
      const double share = row > 0 ? static_cast<double>(count) / static_cast<double>(row) : 0.0;
      svg += parts::concat(
          "<rect class=\"", i == j ? "c0" : "c1", "\" x=\"", parts::coordinate(left + place(j)),
          "\" y=\"", parts::coordinate(top + place(i)), "\" width=\"", parts::coordinate(cell - 2),
          "\" height=\"", parts::coordinate(cell - 2),
          "\" rx=\"2\" fill=\"currentColor\" fill-opacity=\"",
          parts::shown_number(0.04 + 0.96 * share, 3), "\"><title>",
          parts::escape_xml(parts::concat("true ", name, ", predicted ",
                                          class_names[static_cast<std::size_t>(j)], ": ", count)),
          "</title></rect>\n",
          parts::svg_text(left + place(j) + cell / 2 - 1, top + place(i) + cell / 2 + 4,
                          std::to_string(count), "middle", share > 0.5 ? "on" : "text"));
    }
  }
  return svg + "</svg>\n";
}

}  // namespace eigengrad::plot
