// Contours of a grid, the picture of a decision boundary, and pictures that move.

#include "plot/well_formed.hpp"
#include "support/catch.hpp"

#include <eigengrad/plot/animation.hpp>
#include <eigengrad/plot/contour.hpp>
#include <eigengrad/plot/decision_boundary.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace plot = eigengrad::plot;
namespace detail = eigengrad::detail;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using eg::Index;

namespace {

/// The area that a closed line goes around; its sign is the direction.
double area(const std::vector<detail::GridPoint>& line) {
  double twice = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const detail::GridPoint& a = line[i];
    const detail::GridPoint& b = line[(i + 1) % line.size()];
    twice += a.column * b.row - b.column * a.row;
  }
  return twice / 2;
}

/// The area of the region, holes taken off.
double region(const eg::Tensor<double>& values, double level) {
  double sum = 0;
  for (const auto& line : detail::contour_lines(values, level)) {
    sum += area(line);
  }
  return std::abs(sum);
}

/// The distance from the middle of a 41 x 41 grid, in nodes.
eg::Tensor<double> distances() {
  eg::Tensor<double> values = eg::zeros<double>({41, 41});
  for (Index i = 0; i < 41; ++i) {
    for (Index j = 0; j < 41; ++j) {
      values.set({i, j}, std::hypot(static_cast<double>(i - 20), static_cast<double>(j - 20)));
    }
  }
  return values;
}

std::string frame_of(const std::string& middle) {
  return "<svg width=\"9\">\n<g class=\"a\">\n<path d=\"M0 0\"/>\n</g>\n" + middle +
         "<text>end</text>\n</svg>\n";
}

/// What the names in an animation's style sheet begin with.
std::string name_of(const std::string& svg) {
  const std::size_t begin = svg.find("\n.frame-") + 2;
  return svg.substr(begin, svg.find(' ', begin) - begin);
}

const std::array<plot::PointGroup, 2> two_groups{{{"a < b", {0, 5}, {0, 0.5}}, {"c", {1}, {1}}}};

}  // namespace

TEST_CASE("contour: a triangle by hand", "[plot]") {
  // Level 1 cuts the two edges at the corner with 2 in their middles; the grid's border closes it.
  const auto values = eg::tensor<double>({2, 0, 0, 0}, {2, 2});
  const auto lines = detail::contour_lines(values, 1);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(std::abs(area(lines[0])), WithinAbs(0.125, 1e-15));
  const detail::GridBox box{0, 10, 0, 10};
  CHECK(detail::contour_path(lines, 2, 2, box) == "M0 0l5 0l-5 5l0-5z");
  CHECK(detail::contour_path(lines, 2, 2, box, detail::ContourUse::stroke) == "M0 0m5 0l-5 5m0-5");
}

TEST_CASE("contour: a line that begins inside the grid ends where it began", "[plot]") {
  // The border of a region that touches the right edge alone, from (3, 1.5) on clockwise.
  eg::Tensor<double> values = eg::zeros<double>({5, 5});
  values.set({2, 3}, 1);
  values.set({2, 4}, 1);
  const auto lines = detail::contour_lines(values, 0.5);
  const detail::GridBox box{0, 100, 0, 100};
  CHECK(detail::contour_path(lines, 5, 5, box) == "M75 37.5l25 0l0 25l-25 0l-12.5-12.5z");
  CHECK(detail::contour_path(lines, 5, 5, box, detail::ContourUse::stroke) ==
        "M75 37.5l25 0m0 25l-25 0l-12.5-12.5l12.5-12.5");
}

TEST_CASE("contour: whole, empty, and the other side of it", "[plot]") {
  CHECK(region(eg::ones<double>({4, 3}), 0.5) == 6);
  CHECK(detail::contour_lines(eg::ones<double>({4, 3}), 2).empty());
  // A band and its holes: a ring between two circles.
  const eg::Tensor<double> values = distances();
  const auto lines = detail::contour_lines(values, 10);
  REQUIRE(lines.size() == 2);
  CHECK(area(lines[0]) * area(lines[1]) < 0);
  // Straight pieces inside a circle of radius 10: the error is below a hundredth of its area.
  CHECK_THAT(1600 - region(values, 10), WithinAbs(314.16, 3.0));
}

TEST_CASE("contour: the two regions around a saddle do not overlap", "[plot]") {
  for (const double middle : {0.2, -0.2}) {
    const auto values = eg::tensor<double>({1 + middle, -1, -1, 1 + middle}, {2, 2});
    const auto other = eg::tensor<double>({-1 - middle, 1, 1, -1 - middle}, {2, 2});
    CHECK(detail::contour_lines(values, 0).size() == (middle > 0 ? 1 : 2));
    CHECK_THAT(region(values, 0) + region(other, 0), WithinAbs(1, 1e-12));
  }
}

TEST_CASE("plane_grid: row by row from the lower left", "[plot]") {
  const auto places = plot::plane_grid<double>({0, 2, 10, 11}, 2, 3);
  CHECK(places.shape() == eg::Shape{6, 2});
  const std::vector<double> expected{0, 10, 1, 10, 2, 10, 0, 11, 1, 11, 2, 11};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(places.data()[i] == expected[i]);
  }
  CHECK_THROWS_TEXT(plot::plane_grid<float>({0, 0, 0, 1}, 2, 2), eg::ValueError,
                    "plane_grid: the plane is not finite with low < high: x 0 to 0, y 0 to 1");
  CHECK_THROWS_TEXT(plot::plane_grid<float>({0, 1, 0, 1}, 1, 2), eg::ValueError,
                    "plane_grid: rows and columns must be at least 2: 1, 2");
}

TEST_CASE("decision_boundary: both sides, the line and the points inside", "[plot]") {
  // Probability 0 at the left, 1 at the right: half of the plane each, the line upright.
  const auto probability = eg::tensor<double>({0, 1, 0, 1}, {2, 2});
  const std::string svg = plot::decision_boundary(probability, {0, 2, 0, 1}, two_groups,
                                                  {.title = "t & u", .note = "epoch 1"});
  check_well_formed(svg);
  CHECK_THAT(svg, ContainsSubstring("aria-label=\"t &amp; u\""));
  CHECK_THAT(svg, ContainsSubstring(">epoch 1</text>"));
  CHECK_THAT(svg, ContainsSubstring(">a &lt; b</text>"));
  // The frame is 426 wide from 40 and 213 high from 56; at x = 253 it is even.
  CHECK_THAT(svg, ContainsSubstring("d=\"M466 269m0-213m-213 0l0 213\""));
  CHECK(count(svg, "h0") == 4);  // two of three points are inside, each in two layers
}

TEST_CASE("decision_boundary: what it refuses", "[plot][errors]") {
  const auto even = eg::full<double>({2, 2}, 0.5);
  const plot::Plane unit;
  CHECK_THROWS_TEXT(
      plot::decision_boundary(eg::ones<double>({4}), unit, two_groups), eg::ShapeError,
      "decision_boundary: probability is not (rows, columns) with at least 2 of each: (4,)");
  CHECK_THROWS_TEXT(plot::decision_boundary(eg::full<double>({2, 2}, 1.5), unit, two_groups),
                    eg::ValueError, "decision_boundary: a probability is outside [0, 1]: 1.5");
  CHECK_THROWS_TEXT(plot::decision_boundary(even, unit, {{{"p", {1, 2}, {1}}, {"q"}}}),
                    eg::ValueError, "decision_boundary: 'p' has 2 x and 1 y");
  CHECK_THROWS_AS(plot::decision_boundary(even, {0, 1, 0, std::nan("")}, two_groups),
                  eg::ValueError);
}

TEST_CASE("animation: what all frames share is written once", "[plot]") {
  const std::string svg =
      plot::animation({frame_of("<text>1</text>\n"), frame_of("<text>2</text>\n<path/>\n"),
                       frame_of("<text>3</text>\n")},
                      {.seconds_per_frame = 0.5, .seconds_at_end = 1});
  check_well_formed(svg);
  CHECK(count(svg, "<svg") == 1);
  CHECK(count(svg, "<g class=\"a\">") == 1);
  CHECK(count(svg, ">end<") == 1);
  const std::string name = name_of(svg);
  CHECK(count(svg, "<g class=\"" + name) == 3);
  CHECK_THAT(svg,
             ContainsSubstring("<g class=\"" + name + " last\" style=\"animation-name: " + name +
                               "-2\">\n<text>3</text>\n</g>\n<text>end</text>\n</svg>\n"));
  // 2.5 seconds in all, a fifth a frame, the last one three.
  CHECK_THAT(svg, ContainsSubstring("animation: 2.5s step-end infinite"));
  CHECK_THAT(svg, ContainsSubstring(name + "-0 { 0% { visibility: visible; } "
                                           "20% { visibility: hidden; } }"));
  CHECK_THAT(
      svg, ContainsSubstring(name + "-1 { 0% { visibility: hidden; } "
                                    "20% { visibility: visible; } 40% { visibility: hidden; } }"));
  CHECK_THAT(svg, ContainsSubstring(name + "-2 { 0% { visibility: hidden; } "
                                           "40% { visibility: visible; } }"));
}

TEST_CASE("animation: the names of another one, or of another pace, are others", "[plot]") {
  const std::vector<std::string> frames{frame_of("<text>1</text>\n"), frame_of("<text>2</text>\n")};
  const std::string name = name_of(plot::animation(frames));
  CHECK(name_of(plot::animation(frames)) == name);
  CHECK(name_of(plot::animation({frames[1], frames[0]})) != name);
  CHECK(name_of(plot::animation(frames, {.seconds_per_frame = 0.5})) != name);
  CHECK(name_of(plot::animation(frames, {.seconds_at_end = 3})) != name);
  // Nothing else in the sheet has a name.
  const std::string svg = plot::animation(frames);
  CHECK(count(svg, "@keyframes ") == count(svg, "@keyframes " + name + "-"));
  CHECK(count(svg, "\n." + name + " {") == 1);
  CHECK(count(svg, " ." + name + ".last {") == 1);
  CHECK(count(svg, "{ ." + name + " {") == 1);
}

TEST_CASE("animation: a frame much shorter than the end is seen", "[plot]") {
  // A millionth of the whole each.
  const std::string svg =
      plot::animation({frame_of("<text>1</text>\n"), frame_of("<text>2</text>\n")},
                      {.seconds_per_frame = 0.5, .seconds_at_end = 499999});
  CHECK_THAT(svg, ContainsSubstring("0% { visibility: visible; } 0.0001% { visibility: hidden; }"));
}

TEST_CASE("animation: equal frames, and one", "[plot]") {
  const std::string frame = frame_of("<text>1</text>\n");
  check_well_formed(plot::animation({frame, frame}));
  check_well_formed(plot::animation({frame}));
}

TEST_CASE("animation: what it refuses", "[plot][errors]") {
  const std::string frame = frame_of("");
  CHECK_THROWS_TEXT(plot::animation({}), eg::ValueError, "animation: there are no frames");
  CHECK_THROWS_TEXT(plot::animation({frame}, {.seconds_per_frame = 0}), eg::ValueError,
                    "animation: seconds_per_frame must be in (0, 1e6) and seconds_at_end in "
                    "[0, 1e6): 0, 2");
  CHECK_THROWS_TEXT(plot::animation({frame}, {.seconds_at_end = 1e6}), eg::ValueError,
                    "animation: seconds_per_frame must be in (0, 1e6) and seconds_at_end in "
                    "[0, 1e6): 0.25, 1e+06");
  CHECK_THROWS_TEXT(plot::animation({frame, "<p>"}), eg::ValueError,
                    "animation: frame 1 does not begin with <svg");
  CHECK_THROWS_TEXT(plot::animation({frame, "<svg width=\"9\"><g>"}), eg::ValueError,
                    "animation: frame 1 is not closed");
  CHECK_THROWS_TEXT(plot::animation({frame, "<svg width=\"8\"></svg>"}), eg::ValueError,
                    "animation: frame 1 has another size or title than the first one");
}
