#pragma once
// What a classifier of two classes says over the plane, with the points that it was shown: shaded
// by its probability, with the line where it is even.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/plot/axis.hpp>
#include <eigengrad/plot/contour.hpp>
#include <eigengrad/plot/curves.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::plot {

/// A rectangle of the plane.
struct Plane {
  double x_low = 0;
  double x_high = 1;
  double y_low = 0;
  double y_high = 1;
};

/// The points of a class.
struct PointGroup {
  std::string name;
  std::vector<double> x = {};
  std::vector<double> y = {};
};

struct DecisionBoundaryOptions {
  std::string title = {};
  /// A line under the title, such as the epoch of a frame.
  std::string note = {};
};

}  // namespace eigengrad::plot

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_plane(std::string_view op, const plot::Plane& plane) {
  throw_error<ValueError>(op, {"the plane is not finite with low < high: x ", plane.x_low, " to ",
                               plane.x_high, ", y ", plane.y_low, " to ", plane.y_high});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_plane_grid(Index rows, Index columns) {
  throw_error<ValueError>("plane_grid",
                          {"rows and columns must be at least 2: ", rows, ", ", columns});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_probability_shape(const Shape& shape) {
  throw_shape_error("decision_boundary",
                    {"probability is not (rows, columns) with at least 2 of each: ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_class_probability(double value) {
  throw_error<ValueError>("decision_boundary", {"a probability is outside [0, 1]: ", value});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_point_group(std::string_view name, std::size_t x,
                                                          std::size_t y) {
  throw_error<ValueError>("decision_boundary", {"'", name, "' has ", x, " x and ", y, " y"});
}

inline void check_plane(std::string_view op, const plot::Plane& plane) {
  const double width = plane.x_high - plane.x_low;
  const double height = plane.y_high - plane.y_low;
  if (!(width > 0 && height > 0 && std::isfinite(width) && std::isfinite(height))) {
    throw_plane(op, plane);
  }
}

[[nodiscard]] inline Axis exact_axis(double low, double high) {
  return {low, high, axis_ticks(low, high, 6)};
}

/// As large as the plane's shape asks for, so that a unit is as long across as upwards.
[[nodiscard]] inline PictureFrame plane_frame(const plot::Plane& plane) {
  PictureFrame frame;
  frame.left = 40;
  const double height =
      (frame.right - frame.left) * (plane.y_high - plane.y_low) / (plane.x_high - plane.x_low);
  frame.bottom = frame.top + std::min(std::max(height, 80.0), 600.0);
  frame.height = frame.bottom + 26;
  return frame;
}

/// The shades of both sides, darker as the classifier is surer, and the line between them.
[[nodiscard]] inline std::string draw_probability(const Tensor<double>& probability,
                                                  const PictureFrame& frame) {
  const GridBox box{frame.left, frame.right, frame.bottom, frame.top};
  Tensor<double> other = uninitialized<double>(probability.shape());
  for (Index i = 0; i < other.size(); ++i) {
    other.mutable_data()[i] = 1 - probability.data()[i];
  }
  const auto path = [&](const Tensor<double>& values, double level) {
    return contour_path(contour_lines(values, level), values.extent(0), values.extent(1), box);
  };
  std::string svg = "<g fill=\"currentColor\" fill-opacity=\"0.16\">\n";
  for (const double level : {0.5, 0.7, 0.9}) {
    svg += concat("<path class=\"c0\" d=\"", path(other, level), "\"/>\n<path class=\"c1\" d=\"",
                  path(probability, level), "\"/>\n");
  }
  return svg + "</g>\n";
}

/// Dots with an edge of the page's colour.
[[nodiscard]] inline std::string draw_points(const plot::PointGroup& group, std::size_t number,
                                             const plot::Plane& plane, const Axis& x, const Axis& y,
                                             const PictureFrame& frame) {
  std::string dots;
  for (std::size_t i = 0; i < group.x.size(); ++i) {
    const bool seen = group.x[i] >= plane.x_low && group.x[i] <= plane.x_high &&
                      group.y[i] >= plane.y_low && group.y[i] <= plane.y_high;
    if (seen) {
      dots += "M" + place_text(group.x[i], group.y[i], x, y, frame) + "h0";
    }
  }
  // A line of no length with round ends is a dot, in six bytes.
  const auto layer = [&](std::string_view classes, double width) {
    return concat("<path class=\"", classes, "\" stroke-linecap=\"round\" stroke-width=\"", width,
                  "\" d=\"", dots, "\"/>\n");
  };
  return layer("rim", 7) + concat("<g class=\"c", number, "\" stroke=\"currentColor\">") +
         layer("dots", 5) + "</g>\n";
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// The places of a grid over a plane, to ask a model about: row by row from y_low upwards, each
/// from x_low to x_high.
///
/// Shapes:    -> (rows columns, 2) of (x, y)
/// Throws:    ValueError for a plane without width or height, rows < 2 or columns < 2
template <FloatScalar T>
[[nodiscard]] Tensor<T> plane_grid(const Plane& plane, Index rows, Index columns) {
  namespace parts = eigengrad::detail;
  parts::check_plane("plane_grid", plane);
  if (rows < 2 || columns < 2) {
    parts::throw_plane_grid(rows, columns);
  }
  Tensor<T> places = parts::uninitialized<T>({rows * columns, 2});
  T* to = places.mutable_data();
  const auto part = [](Index i, Index count) {
    return static_cast<double>(i) / static_cast<double>(count - 1);
  };
  for (Index row = 0; row < rows; ++row) {
    for (Index column = 0; column < columns; ++column) {
      *to++ = static_cast<T>(plane.x_low + part(column, columns) * (plane.x_high - plane.x_low));
      *to++ = static_cast<T>(plane.y_low + part(row, rows) * (plane.y_high - plane.y_low));
    }
  }
  return places;
}

/// An SVG picture of the probability of the second class over the plane, with the points of both.
/// Points outside of the plane are left out. Readable on light and dark pages.
///
/// Shapes:    probability (rows, columns), on the places of plane_grid
/// Throws:    ShapeError for another shape; ValueError for a probability outside [0, 1], a plane
///            without width or height, or a group whose x and y differ in number
[[nodiscard]] inline std::string decision_boundary(const Tensor<double>& probability,
                                                   const Plane& plane,
                                                   const std::array<PointGroup, 2>& groups,
                                                   const DecisionBoundaryOptions& options = {}) {
  namespace parts = eigengrad::detail;
  parts::check_plane("decision_boundary", plane);
  if (probability.rank() != 2 || probability.extent(0) < 2 || probability.extent(1) < 2) {
    parts::throw_probability_shape(probability.shape());
  }
  const Tensor<double> values = parts::packed(probability);
  for (Index i = 0; i < values.size(); ++i) {
    if (!(values.data()[i] >= 0 && values.data()[i] <= 1)) {
      parts::throw_class_probability(values.data()[i]);
    }
  }
  for (const PointGroup& group : groups) {
    if (group.x.size() != group.y.size()) {
      parts::throw_point_group(group.name, group.x.size(), group.y.size());
    }
  }
  const parts::PictureFrame frame = parts::plane_frame(plane);
  const parts::Axis x = parts::exact_axis(plane.x_low, plane.x_high);
  const parts::Axis y = parts::exact_axis(plane.y_low, plane.y_high);
  std::string svg = parts::svg_head(frame.width, frame.height,
                                    options.title.empty() ? "Decision boundary" : options.title);
  svg +=
      "<style>\n.rim { stroke: #ffffff; } @media (prefers-color-scheme: dark) { .rim { stroke: "
      "#0d1117; } }\n</style>\n";
  svg += parts::draw_frame(frame, x, y, options.title, {}, {});
  svg += parts::draw_legend({{groups[0].name}, {groups[1].name}}, frame);
  svg += parts::svg_text(14, frame.top - 14, options.note);
  svg += parts::draw_probability(values, frame);
  svg += parts::concat(
      "<path class=\"axis\" fill=\"none\" stroke-width=\"1.6\" d=\"",
      parts::contour_path(parts::contour_lines(values, 0.5), values.extent(0), values.extent(1),
                          {frame.left, frame.right, frame.bottom, frame.top},
                          parts::ContourUse::stroke),
      "\"/>\n");
  for (std::size_t i = 0; i < groups.size(); ++i) {
    svg += parts::draw_points(groups[i], i, plane, x, y, frame);
  }
  return svg + "</svg>\n";
}

}  // namespace eigengrad::plot
