// Pictures of curves and confusion matrices: their numbers, their axes, and that any text is safe.

#include "plot/well_formed.hpp"
#include "support/catch.hpp"

#include <eigengrad/plot/axis.hpp>
#include <eigengrad/plot/confusion_matrix.hpp>
#include <eigengrad/plot/curves.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace eg = eigengrad;
namespace plot = eigengrad::plot;
namespace detail = eigengrad::detail;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("json_number: exact, and null for what JSON cannot say", "[plot]") {
  CHECK(detail::json_number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(detail::json_number(std::nan("")) == "null");
  CHECK(detail::json_number(-std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("axis: round numbers around the data", "[plot]") {
  const auto axis = detail::round_axis(0.13, 0.92);
  CHECK(axis.low <= 0.13);
  CHECK(axis.high >= 0.92);
  REQUIRE(axis.ticks.size() == 6);  // 0, .2, ... 1
  CHECK(axis.ticks[1] == 0.2);
  CHECK(axis.place(axis.low, 5, 7) == 5);
  CHECK(axis.place(axis.high, 5, 7) == 7);
}

TEST_CASE("axis: one value, none, and huge ones", "[plot]") {
  const auto one = detail::round_axis(5, 5);
  CHECK(one.low < 5);
  CHECK(one.high > 5);
  CHECK(detail::round_axis(0, 0).high > 0);
  const auto huge = detail::round_axis(-1e300, 1e300);
  CHECK(huge.ticks.size() < 12);
  detail::Range nothing;
  nothing.add(std::nan(""));
  CHECK(nothing.low() == 0);
  CHECK(nothing.high() == 1);
}

TEST_CASE("axis: epochs are whole", "[plot]") {
  for (const double epochs : {1.0, 2.0, 3.0, 10.0, 1000.0}) {
    const auto axis = detail::whole_axis(1, epochs);
    CHECK(axis.high > axis.low);
    CHECK_FALSE(axis.ticks.empty());
    for (const double tick : axis.ticks) {
      CHECK(tick == std::floor(tick));
    }
  }
}

TEST_CASE("curves: carries its numbers exactly, and breaks where one is missing", "[plot]") {
  const std::string svg = plot::curves({{"q\"", {1, 2, 3, 4}, {0.1 + 0.2, std::nan(""), 2, 3}}},
                                       {.title = "a < b", .whole_x = true});
  check_well_formed(svg);
  CHECK_THAT(svg, ContainsSubstring("data-y=\"[0.30000000000000004,null,2,3]\""));
  CHECK_THAT(svg, ContainsSubstring("data-name=\"q&quot;\""));
  CHECK_THAT(svg, ContainsSubstring("aria-label=\"a &lt; b\""));
  const std::size_t path = svg.find("c0\" d=\"M");
  REQUIRE(path != std::string::npos);
  const std::string drawn = svg.substr(path, svg.find('"', path + 8) - path);
  CHECK(count(drawn, "M") == 2);
  CHECK(count(drawn, "L") == 1);
}

TEST_CASE("curves: a curve whose x and y differ is refused", "[plot]") {
  CHECK_THROWS_TEXT(plot::curves({{"c", {1, 2}, {1}}}), eg::ValueError,
                    "curves: 'c' has 2 x and 1 y");
}

TEST_CASE("curves: a band has its edges, a gap parts it, and it takes room", "[plot]") {
  const double gap = std::nan("");
  const std::string svg = plot::curves({{.name = "mean",
                                         .x = {0, 1, 2, 3, 4},
                                         .y = {0, 0, 0, 0, 0},
                                         .lower = {-1, -1, gap, -1, -1},
                                         .upper = {1, 3, 3, 1, 1}}});
  check_well_formed(svg);
  // y goes from -1 at 254 to 3 at 56, x from 0 at 58 to 4 at 466.
  CHECK_THAT(svg, ContainsSubstring("fill-opacity=\"0.2\" d=\"M58 155L160 56L160 254L58 254z"
                                    "M364 155L466 155L466 254L364 254z\""));
  CHECK(count(svg, "fill-opacity=\"0.2\"") == 2);  // in the legend too
  CHECK_THROWS_TEXT(plot::curves({{.name = "c", .x = {1}, .y = {1}, .lower = {0}}}), eg::ValueError,
                    "curves: 'c' has 1 x, 1 lower and 0 upper");
}

TEST_CASE("curves: dots alone", "[plot]") {
  const std::string svg =
      plot::curves({{.name = "data", .x = {0, 1, 2}, .y = {0, 1, 2}, .line = false}});
  check_well_formed(svg);
  CHECK_THAT(svg, ContainsSubstring("\" d=\"\" data-name=\"data\" data-x=\"[0,1,2]\""));
  CHECK(count(svg, "m-2 0a2 2") == 3);
  CHECK(svg.find("h18") == std::string::npos);
}

TEST_CASE("curves: without a curve it is empty axes", "[plot]") {
  check_well_formed(plot::curves({}));
}

TEST_CASE("confusion_matrix: a cell for every pair, with its count", "[plot]") {
  const auto matrix = eg::tensor<std::int64_t>({{41, 2}, {0, 0}});
  const std::string svg = plot::confusion_matrix(matrix, {"yes", "no & never"});
  check_well_formed(svg);
  CHECK(count(svg, "<rect") == 5);  // the page too
  CHECK_THAT(svg, ContainsSubstring("true yes, predicted no &amp; never: 2"));
  CHECK_THROWS_TEXT(plot::confusion_matrix(matrix, {"yes"}), eg::ValueError,
                    "confusion_matrix: 1 names for 2 classes; at most 30 can be drawn");
  CHECK_THROWS_TEXT(plot::confusion_matrix(eg::zeros<std::int64_t>({2, 3}), {"a", "b"}),
                    eg::ShapeError, "confusion_matrix: the matrix is not square: (2, 3)");
}
