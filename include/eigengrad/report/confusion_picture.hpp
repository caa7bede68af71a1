#pragma once
// A confusion matrix as a picture: each cell as dark as its share of the row's class.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/report/markup.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eigengrad::report {

/// Draws the matrix that confusion_matrix() gives, true classes down, predicted ones across, with
/// the counts in the cells; up to 30 classes.
///
/// Shapes:    matrix (classes, classes)
/// Throws:    ShapeError for another shape; ValueError for other than `classes` names, for more
/// than
///            30
[[nodiscard]] inline std::string to_svg(const Tensor<std::int64_t>& matrix,
                                        const std::vector<std::string>& class_names) {
  namespace detail = eigengrad::detail;
  if (matrix.rank() != 2 || matrix.extent(0) != matrix.extent(1)) {
    throw ShapeError("to_svg", detail::concat("the matrix is not square: ", matrix.shape()),
                     matrix.shape());
  }
  const Index n = matrix.extent(0);
  if (static_cast<Index>(class_names.size()) != n || n > 30) {
    throw ValueError("to_svg", detail::concat(class_names.size(), " names for ", n,
                                              " classes; at most 30 can be drawn"));
  }
  std::size_t longest = 0;
  for (const std::string& name : class_names) {
    longest = std::max(longest, name.size());
  }
  const double left = 40 + 7 * static_cast<double>(std::min<std::size_t>(longest, 20));
  const double cell = std::clamp(280.0 / static_cast<double>(n), 22.0, 72.0);
  const double top = 58;
  const double side = cell * static_cast<double>(n);
  std::string svg =
      detail::picture_begin(std::max(left + side + 16, 260.0), top + side + 36, "Confusion matrix");
  svg += detail::picture_text(14, 18, "Confusion matrix", "start", "title");
  svg += detail::picture_text(left, top - 26, "predicted", "start", "soft");
  svg += detail::picture_text(14, top - 8, "true", "start", "soft");
  for (Index i = 0; i < n; ++i) {
    std::int64_t row = 0;
    for (Index j = 0; j < n; ++j) {
      row += matrix.at(i, j);
    }
    const double y = top + cell * static_cast<double>(i);
    std::string name = class_names[static_cast<std::size_t>(i)];
    svg += detail::picture_text(left - 8, y + cell / 2 + 4, name.substr(0, 20), "end");
    for (Index j = 0; j < n; ++j) {
      const std::int64_t count = matrix.at(i, j);
      const double share = row > 0 ? static_cast<double>(count) / static_cast<double>(row) : 0.0;
      const double x = left + cell * static_cast<double>(j);
      svg += "<rect x=\"" + detail::coordinate(x) + "\" y=\"" + detail::coordinate(y) +
             "\" width=\"" + detail::coordinate(cell - 2) + "\" height=\"" +
             detail::coordinate(cell - 2) + "\" rx=\"2\" fill=\"var(--" + (i == j ? "c0" : "c1") +
             ")\" fill-opacity=\"" + detail::label_number(0.04 + 0.96 * share) + "\"><title>" +
             detail::markup_escaped(detail::concat("true ", name, ", predicted ",
                                                   class_names[static_cast<std::size_t>(j)], ": ",
                                                   count)) +
             "</title></rect>\n";
      svg += detail::picture_text(x + cell / 2 - 1, y + cell / 2 + 4, std::to_string(count),
                                  "middle", share > 0.5 ? "on" : "");
    }
  }
  for (Index j = 0; j < n; ++j) {
    // Every name where there is room, else its number.
    const std::string& name = class_names[static_cast<std::size_t>(j)];
    const bool fits = 7 * static_cast<double>(longest) < cell;
    svg += detail::picture_text(left + cell * (static_cast<double>(j) + 0.5) - 1, top - 8,
                                fits ? name : std::to_string(j), "middle");
  }
  return svg + "</svg>\n";
}

}  // namespace eigengrad::report
