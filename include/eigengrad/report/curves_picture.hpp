#pragma once
// A picture of curves over one axis: losses over epochs, ROC, calibration. Its SVG carries the
// numbers themselves, so that a page can show them under the pointer: page.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/report/axis.hpp>
#include <eigengrad/report/markup.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::report {

/// Points joined by lines, in order; those that are not finite leave a gap.
struct Curve {
  std::string name;
  std::vector<double> x = {};
  std::vector<double> y = {};
  bool dashed = false;
  bool marks = false;  ///< a dot at every point
};

struct CurvesPicture {
  std::string title;
  std::string x_label = {};
  std::string y_label = {};
  std::vector<Curve> curves = {};
  bool whole_x = false;      ///< x counts: epochs
  bool unit_square = false;  ///< both axes from 0 to 1
  bool diagonal = false;     ///< a faint line y = x, for comparison
};

}  // namespace eigengrad::report

namespace eigengrad::detail {

/// Where the axes of a picture lie in it.
struct PictureFrame {
  double width = 480;
  double height = 300;
  double left = 58;
  double right = 466;
  double top = 56;
  double bottom = 254;
};

[[nodiscard]] inline std::string json_numbers(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) {
    text += (text.size() > 1 ? "," : "") + json_number(value);
  }
  return text + "]";
}

/// Title, grid, ticks and labels of the axes.
[[nodiscard]] inline std::string draw_frame(const PictureFrame& frame, const Axis& x, const Axis& y,
                                            std::string_view title, std::string_view x_label,
                                            std::string_view y_label) {
  std::string svg = picture_text(frame.left - 44, 18, title, "start", "title");
  for (const double tick : y.ticks) {
    const double at = y.place(tick, frame.bottom, frame.top);
    svg += "<line class=\"grid\" x1=\"" + coordinate(frame.left) + "\" x2=\"" +
           coordinate(frame.right) + "\" y1=\"" + coordinate(at) + "\" y2=\"" + coordinate(at) +
           "\"/>\n";
    svg += picture_text(frame.left - 6, at + 4, label_number(tick), "end", "soft");
  }
  for (const double tick : x.ticks) {
    svg += picture_text(x.place(tick, frame.left, frame.right), frame.bottom + 17,
                        label_number(tick), "middle", "soft");
  }
  svg += picture_text((frame.left + frame.right) / 2, frame.bottom + 36, x_label, "middle", "soft");
  return svg + picture_text(frame.left - 44, frame.top - 14, y_label, "start", "soft");
}

/// The path of a curve; a new part begins after a gap.
[[nodiscard]] inline std::string curve_path(const report::Curve& curve, const Axis& x,
                                            const Axis& y, const PictureFrame& frame) {
  std::string path;
  bool gap = true;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) {
      gap = true;
      continue;
    }
    path += (gap ? "M" : "L") + coordinate(x.place(curve.x[i], frame.left, frame.right)) + " " +
            coordinate(y.place(curve.y[i], frame.bottom, frame.top));
    gap = false;
  }
  return path;
}

/// One curve with its dots and its numbers.
[[nodiscard]] inline std::string draw_curve(const report::Curve& curve, std::size_t number,
                                            const Axis& x, const Axis& y,
                                            const PictureFrame& frame) {
  const std::string colour = "var(--c" + std::to_string(number % 6) + ")";
  std::string svg = "<path class=\"curve" + std::string(curve.dashed ? " dashed" : "") +
                    "\" stroke=\"" + colour + "\" d=\"" + curve_path(curve, x, y, frame) +
                    "\" data-name=\"" + markup_escaped(curve.name) + "\" data-x=\"" +
                    json_numbers(curve.x) + "\" data-y=\"" + json_numbers(curve.y) + "\"/>\n";
  // A single epoch would draw nothing otherwise.
  if (curve.marks || curve.x.size() == 1) {
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (std::isfinite(curve.x[i]) && std::isfinite(curve.y[i])) {
        svg += "<circle r=\"3\" fill=\"" + colour + "\" cx=\"" +
               coordinate(x.place(curve.x[i], frame.left, frame.right)) + "\" cy=\"" +
               coordinate(y.place(curve.y[i], frame.bottom, frame.top)) + "\"/>\n";
      }
    }
  }
  return svg;
}

/// The curves' names with a piece of their line, from the right end of the first row leftwards.
[[nodiscard]] inline std::string draw_legend(const std::vector<report::Curve>& curves,
                                             const PictureFrame& frame) {
  std::string svg;
  double at = frame.right;
  for (std::size_t i = curves.size(); i-- > 0;) {
    at -= 7.0 * static_cast<double>(curves[i].name.size());
    svg += picture_text(at, frame.top - 14, curves[i].name);
    svg += "<path class=\"curve" + std::string(curves[i].dashed ? " dashed" : "") +
           "\" stroke=\"var(--c" + std::to_string(i % 6) + ")\" d=\"M" + coordinate(at - 24) + " " +
           coordinate(frame.top - 18) + "h18\"/>\n";
    at -= 36;
  }
  return svg;
}

}  // namespace eigengrad::detail

namespace eigengrad::report {

/// Draws the curves; the element `svg` alone: standalone() makes a file of it.
///
/// Throws:    ValueError if a curve's x and y differ in number
[[nodiscard]] inline std::string to_svg(const CurvesPicture& picture) {
  namespace detail = eigengrad::detail;
  detail::Range xs;
  detail::Range ys;
  for (const Curve& curve : picture.curves) {
    if (curve.x.size() != curve.y.size()) {
      throw ValueError("to_svg", detail::concat("curve ", curve.name, " has ", curve.x.size(),
                                                " x and ", curve.y.size(), " y"));
    }
    xs.add(curve.x);
    ys.add(curve.y);
  }
  const detail::PictureFrame frame;
  const detail::Axis unit = detail::round_axis(0, 1);
  const detail::Axis x = picture.unit_square ? unit
                         : picture.whole_x   ? detail::whole_axis(xs.low(), xs.high())
                                             : detail::round_axis(xs.low(), xs.high());
  const detail::Axis y = picture.unit_square ? unit : detail::round_axis(ys.low(), ys.high());
  const std::string box =
      "data-box=\"" +
      detail::json_numbers({frame.left, frame.right, frame.top, frame.bottom, x.low, x.high}) +
      "\"";
  std::string svg = detail::picture_begin(frame.width, frame.height, picture.title, box);
  svg += detail::draw_frame(frame, x, y, picture.title, picture.x_label, picture.y_label);
  if (picture.diagonal) {
    svg += "<line class=\"grid dashed\" x1=\"" +
           detail::coordinate(x.place(0, frame.left, frame.right)) + "\" y1=\"" +
           detail::coordinate(y.place(0, frame.bottom, frame.top)) + "\" x2=\"" +
           detail::coordinate(x.place(1, frame.left, frame.right)) + "\" y2=\"" +
           detail::coordinate(y.place(1, frame.bottom, frame.top)) + "\"/>\n";
  }
  for (std::size_t i = 0; i < picture.curves.size(); ++i) {
    svg += detail::draw_curve(picture.curves[i], i, x, y, frame);
  }
  return svg + detail::draw_legend(picture.curves, frame) + "</svg>\n";
}

}  // namespace eigengrad::report
