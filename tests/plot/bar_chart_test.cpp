// Bar charts and the parts of SVG pictures.

#include <eigengrad/plot/bar_chart.hpp>
#include <eigengrad/plot/svg.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace eg = eigengrad;
namespace plot = eigengrad::plot;
using Catch::Matchers::ContainsSubstring;

namespace {

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// An attribute of the first element after `from`.
double attribute_after(std::string_view svg, std::string_view from, const std::string& name) {
  const std::size_t at = svg.find(name + "=\"", svg.find(from));
  return std::stod(std::string(svg.substr(at + name.size() + 2, 20)));
}

}  // namespace

TEST_CASE("bar_chart: ranked by magnitude, lengths in proportion", "[plot]") {
  const std::string svg = plot::bar_chart({{"small", 0.5}, {"negative", -2}, {"large", 4}});
  CHECK(svg.find(">large<") < svg.find(">negative<"));
  CHECK(svg.find(">negative<") < svg.find(">small<"));
  const double large = attribute_after(svg, "<title>large", "width");
  CHECK_THAT(attribute_after(svg, "<title>negative", "width"),
             Catch::Matchers::WithinAbs(large / 2, 0.02));
  CHECK_THAT(attribute_after(svg, "<title>small", "width"),
             Catch::Matchers::WithinAbs(large / 8, 0.02));
  // The negative bar ends where the positive ones begin.
  const std::string_view negative = std::string_view(svg).substr(svg.find("class=\"negative\""));
  CHECK_THAT(attribute_after(negative, "class", " x") + attribute_after(negative, "class", "width"),
             Catch::Matchers::WithinAbs(attribute_after(svg, "class=\"positive\"", " x"), 0.02));
  CHECK(count(svg, "class=\"negative\"") == 1);
  CHECK(count(svg, "class=\"positive\"") == 2);
  CHECK_THAT(svg, ContainsSubstring("prefers-color-scheme: dark"));
}

TEST_CASE("bar_chart: texts are escaped, cut and said in full", "[plot]") {
  const std::string name = "<b> & \"quoted\" 'text'\n" + std::string(60, 'x');
  const std::string svg =
      plot::bar_chart({{name, 1, 0.25}}, {.title = "a < b", .axis_label = "x & y"});
  CHECK(count(svg, "&lt;b&gt; &amp; &quot;quoted&quot; &#39;text&#39; xxx") == 2);
  CHECK(count(svg, std::string(60, 'x')) == 1);  // in the tooltip alone
  CHECK_THAT(svg, ContainsSubstring("xxx\xe2\x80\xa6</text>"));
  CHECK_THAT(svg, ContainsSubstring(": 1 \xc2\xb1 0.25</title>"));
  CHECK_THAT(svg, ContainsSubstring("aria-label=\"a &lt; b\""));
  CHECK_THAT(svg, ContainsSubstring(">x &amp; y</text>"));
  CHECK(count(svg, "class=\"error\"") == 1);
  CHECK(count(svg, "<b>") == 0);
}

TEST_CASE("bar_chart: says how many bars are missing", "[plot]") {
  const std::vector<plot::Bar> bars{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}};
  const std::string svg = plot::bar_chart(bars, {.max_bars = 3});
  CHECK_THAT(svg, ContainsSubstring(">1 smaller ones are not shown<"));
  CHECK(svg.find(">a<") == std::string::npos);
  CHECK(plot::bar_chart(bars, {.max_bars = 4}).find("not shown") == std::string::npos);
  // Bars of 0 have an axis too.
  CHECK(count(plot::bar_chart({{"nothing", 0}}), "width=\"0\"") == 1);
}

TEST_CASE("bar_chart: what it refuses", "[plot][errors]") {
  CHECK_THROWS_TEXT(plot::bar_chart({}), eg::ValueError, "bar_chart: there are no bars");
  CHECK_THROWS_TEXT(plot::bar_chart({{"a", std::numeric_limits<double>::infinity()}}),
                    eg::ValueError,
                    "bar_chart: 'a' is not a finite value with an error >= 0: inf +- 0");
  CHECK_THROWS_TEXT(plot::bar_chart({{"a", 1, -1}}), eg::ValueError,
                    "bar_chart: 'a' is not a finite value with an error >= 0: 1 +- -1");
  CHECK_THROWS_TEXT(plot::bar_chart({{"a", 1}}, {.max_bars = 0, .width = 300}), eg::ValueError,
                    "bar_chart: max_bars must be positive and width at least 200: 0, 300");
}

TEST_CASE("svg: ticks are round and inside", "[plot]") {
  using Ticks = std::vector<double>;
  CHECK(eg::detail::axis_ticks(0, 10, 5) == Ticks{0, 2, 4, 6, 8, 10});
  CHECK(eg::detail::axis_ticks(-1.5, 4, 6) == Ticks{-1, 0, 1, 2, 3, 4});
  CHECK(eg::detail::axis_ticks(0, 0.031, 6).size() == 4);
  CHECK(eg::detail::shown_number(eg::detail::axis_ticks(0, 0.3, 6).back(), 6) == "0.3");
}

TEST_CASE("svg: numbers are short and texts are cut between characters", "[plot]") {
  CHECK(eg::detail::coordinate(1.0 / 3) == "0.33");
  CHECK(eg::detail::coordinate(-0.001) == "0");
  CHECK(eg::detail::coordinate(1e6) == "1e+06");
  CHECK(eg::detail::shown_number(0.000123456, 3) == "0.000123");
  CHECK(eg::detail::shortened("abc", 3) == "abc");
  CHECK(eg::detail::shortened("abcd", 3) == "ab\xe2\x80\xa6");
  CHECK(eg::detail::shortened("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 3) ==
        "\xc3\xa4\xc3\xb6\xe2\x80\xa6");
}
