#pragma once
// A picture of curves over one axis: losses over epochs, ROC, calibration. Its SVG carries the
// numbers themselves, so that a page can show them under the pointer.

#include <eigengrad/base/error.hpp>
#include <eigengrad/plot/axis.hpp>
#include <eigengrad/plot/svg.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::plot {

/// Points joined by lines, in order; those that are not finite leave a gap.
struct Curve {
  std::string name;
  std::vector<double> x = {};
  std::vector<double> y = {};
  bool dashed = false;
  bool marks = false;  ///< a dot at every point
  bool line = true;    ///< false: dots alone, whatever `marks` says
  /// The edges of a band around it, such as a mean with two deviations: as many as x, or none.
  std::vector<double> lower = {};
  std::vector<double> upper = {};
};

struct CurvesOptions {
  std::string title = {};
  std::string x_label = {};
  std::string y_label = {};
  bool whole_x = false;      ///< x counts: epochs
  bool unit_square = false;  ///< both axes from 0 to 1
  bool diagonal = false;     ///< a faint line y = x, for comparison
};

}  // namespace eigengrad::plot

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
  std::string svg = svg_title(title);
  for (const double tick : y.ticks) {
    const double at = y.place(tick, frame.bottom, frame.top);
    svg += concat("<path class=\"grid\" d=\"M", coordinate(frame.left), " ", coordinate(at), "H",
                  coordinate(frame.right), "\"/>\n",
                  svg_text(frame.left - 6, at + 4, shown_number(tick, 4), "end", "faint"));
  }
  for (const double tick : x.ticks) {
    svg += svg_text(x.place(tick, frame.left, frame.right), frame.bottom + 17,
                    shown_number(tick, 4), "middle", "faint");
  }
  svg += svg_text((frame.left + frame.right) / 2, frame.bottom + 36, x_label, "middle", "faint");
  return svg + svg_text(14, frame.top - 14, y_label, "start", "faint");
}

/// A place in the picture, as a path has it.
[[nodiscard]] inline std::string place_text(double x, double y, const Axis& across,
                                            const Axis& upwards, const PictureFrame& frame) {
  return concat(coordinate(across.place(x, frame.left, frame.right)), " ",
                coordinate(upwards.place(y, frame.bottom, frame.top)));
}

/// The band around a curve, one piece between gaps.
[[nodiscard]] inline std::string draw_band(const plot::Curve& curve, std::size_t number,
                                           const Axis& x, const Axis& y,
                                           const PictureFrame& frame) {
  std::string path;
  std::vector<std::string> back;  // along the lower edge
  const auto close = [&] {
    for (; !back.empty(); back.pop_back()) {
      path += "L" + back.back() + (back.size() == 1 ? "z" : "");
    }
  };
  for (std::size_t i = 0; i < curve.lower.size(); ++i) {
    if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.lower[i]) ||
        !std::isfinite(curve.upper[i])) {
      close();
      continue;
    }
    path += (back.empty() ? "M" : "L") + place_text(curve.x[i], curve.upper[i], x, y, frame);
    back.push_back(place_text(curve.x[i], curve.lower[i], x, y, frame));
  }
  close();
  return concat("<path class=\"c", number % 6, "\" fill=\"currentColor\" fill-opacity=\"0.2\" d=\"",
                path, "\"/>\n");
}

/// One curve with its dots and its numbers.
[[nodiscard]] inline std::string draw_curve(const plot::Curve& curve, std::size_t number,
                                            const Axis& x, const Axis& y,
                                            const PictureFrame& frame) {
  // One point would draw no line.
  const bool dotted = curve.marks || !curve.line || curve.x.size() == 1;
  std::string path;
  std::string dots;
  bool gap = true;
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) {
      gap = true;
      continue;
    }
    const std::string at = place_text(curve.x[i], curve.y[i], x, y, frame);
    path += (gap ? "M" : "L") + at;
    if (dotted) {
      dots += "M" + at +
              (curve.line ? "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"
                          : "m-2 0a2 2 0 1 0 4 0a2 2 0 1 0 -4 0z");
    }
    gap = false;
  }
  std::string svg =
      concat("<path class=\"curve c", number % 6, curve.dashed ? " dashed" : "", "\" d=\"",
             curve.line ? path : "", "\" data-name=\"", escape_xml(curve.name), "\" data-x=\"",
             json_numbers(curve.x), "\" data-y=\"", json_numbers(curve.y), "\"/>\n");
  if (dotted) {
    svg += concat("<path class=\"c", number % 6, "\" fill=\"currentColor\" d=\"", dots, "\"/>\n");
  }
  return svg;
}

/// The curves' names with a piece of their line, from the right end of the first row leftwards.
[[nodiscard]] inline std::string draw_legend(const std::vector<plot::Curve>& curves,
                                             const PictureFrame& frame) {
  std::string svg;
  double at = frame.right;
  for (std::size_t i = curves.size(); i-- > 0;) {
    at -= 7.0 * static_cast<double>(count_characters(curves[i].name));
    svg += svg_text(at, frame.top - 14, curves[i].name);
    const std::string place = coordinate(at - 24) + " " + coordinate(frame.top - 18);
    if (!curves[i].lower.empty()) {
      svg += concat("<path class=\"c", i % 6, "\" fill=\"currentColor\" fill-opacity=\"0.2\" d=\"M",
                    place, "m0 -5h18v10h-18z\"/>\n");
    }
    svg += curves[i].line
               ? concat("<path class=\"curve c", i % 6, curves[i].dashed ? " dashed" : "",
                        "\" d=\"M", place, "h18\"/>\n")
               : concat("<path class=\"c", i % 6, "\" fill=\"currentColor\" d=\"M", place,
                        "m11 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z\"/>\n");
    at -= 36;
  }
  return svg;
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// An SVG picture of the curves. Their numbers, to the last bit, are in the attributes data-x and
/// data-y of their paths, and data-box of the picture says where its axes lie: left, right, top,
/// bottom, and the x at left and right.
///
/// Throws:    ValueError if a curve's x and y, or its lower, upper and x, differ in number
[[nodiscard]] inline std::string curves(const std::vector<Curve>& list,
                                        const CurvesOptions& options = {}) {
  namespace parts = eigengrad::detail;
  parts::Range xs;
  parts::Range ys;
  for (const Curve& curve : list) {
    if (curve.x.size() != curve.y.size()) {
      throw ValueError("curves", parts::concat("'", curve.name, "' has ", curve.x.size(), " x and ",
                                               curve.y.size(), " y"));
    }
    if (curve.lower.size() != curve.upper.size() ||
        (!curve.lower.empty() && curve.lower.size() != curve.x.size())) {
      throw ValueError(
          "curves", parts::concat("'", curve.name, "' has ", curve.x.size(), " x, ",
                                  curve.lower.size(), " lower and ", curve.upper.size(), " upper"));
    }
    xs.add(curve.x);
    ys.add(curve.y);
    ys.add(curve.lower);
    ys.add(curve.upper);
  }
  const parts::PictureFrame frame;
  const parts::Axis unit = parts::round_axis(0, 1);
  const parts::Axis x = options.unit_square ? unit
                        : options.whole_x   ? parts::whole_axis(xs.low(), xs.high())
                                            : parts::round_axis(xs.low(), xs.high());
  const parts::Axis y = options.unit_square ? unit : parts::round_axis(ys.low(), ys.high());
  const std::string box = parts::concat(
      " data-box=\"",
      parts::json_numbers({frame.left, frame.right, frame.top, frame.bottom, x.low, x.high}), "\"");
  std::string svg = parts::svg_head(frame.width, frame.height,
                                    options.title.empty() ? "Curves" : options.title, box);
  svg += parts::draw_frame(frame, x, y, options.title, options.x_label, options.y_label);
  if (options.diagonal) {
    svg += parts::concat("<path class=\"axis dashed\" d=\"M", parts::place_text(0, 0, x, y, frame),
                         "L", parts::place_text(1, 1, x, y, frame), "\"/>\n");
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    svg += list[i].lower.empty() ? "" : parts::draw_band(list[i], i, x, y, frame);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    svg += parts::draw_curve(list[i], i, x, y, frame);
  }
  return svg + parts::draw_legend(list, frame) + "</svg>\n";
}

}  // namespace eigengrad::plot
