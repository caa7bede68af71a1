// The report and its pictures: what they say of the numbers, and that any text is safe in them.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/report/report.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace report = eigengrad::report;
namespace detail = eigengrad::detail;
using Catch::Matchers::ContainsSubstring;

namespace {

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

/// Every element is closed in order, every attribute quoted: what XML asks of a picture's file.
void check_well_formed(const std::string& xml) {
  std::vector<std::string> open;
  for (std::size_t at = xml.find('<'); at != std::string::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = xml.substr(at + 1, end - at - 1);
    REQUIRE(count(tag, "\"") % 2 == 0);
    REQUIRE(tag.find('<') == std::string::npos);
    const std::string name =
        tag.substr(tag[0] == '/' ? 1 : 0, tag.find_first_of(" />", 1) - (tag[0] == '/' ? 1 : 0));
    if (tag[0] == '/') {
      REQUIRE_FALSE(open.empty());
      REQUIRE(open.back() == name);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(name);
    }
  }
  CHECK(open.empty());
}

eg::train::History history() {
  eg::train::History result;
  for (const double loss : {0.7, 0.1 + 0.2, 0.25}) {
    result.append("loss", loss);
    result.append("val_loss", loss * 2);
  }
  return result;
}

}  // namespace

TEST_CASE("report: text is made safe", "[report]") {
  CHECK(detail::markup_escaped("a<b & \"c\" 'd'>") == "a&lt;b &amp; &quot;c&quot; &#39;d&#39;&gt;");
  CHECK(detail::markup_escaped(std::string_view("a\0\x1b\tb\n", 6)) == "a\tb\n");
}

TEST_CASE("report: numbers", "[report]") {
  CHECK(detail::json_number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(detail::json_number(std::nan("")) == "null");
  CHECK(detail::json_number(-std::numeric_limits<double>::infinity()) == "null");
  CHECK(detail::label_number(-0.0) == "0");
  CHECK(detail::label_number(0.123456) == "0.1235");
  CHECK(detail::coordinate(3.04) == "3");
  CHECK(detail::coordinate(-0.04) == "0");
  CHECK(detail::coordinate(10) == "10");
}

TEST_CASE("axis: round numbers around the data", "[report]") {
  const auto axis = detail::round_axis(0.13, 0.92);
  CHECK(axis.low <= 0.13);
  CHECK(axis.high >= 0.92);
  REQUIRE(axis.ticks.size() == 6);  // 0, .2, ... 1
  CHECK(axis.ticks[1] == 0.2);
  CHECK(axis.place(axis.low, 5, 7) == 5);
  CHECK(axis.place(axis.high, 5, 7) == 7);
}

TEST_CASE("axis: one value, none, and huge ones", "[report]") {
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

TEST_CASE("axis: epochs are whole", "[report]") {
  for (const double epochs : {1.0, 2.0, 3.0, 10.0, 1000.0}) {
    const auto axis = detail::whole_axis(1, epochs);
    CHECK(axis.high > axis.low);
    CHECK_FALSE(axis.ticks.empty());
    for (const double tick : axis.ticks) {
      CHECK(tick == std::floor(tick));
    }
  }
}

TEST_CASE("curves picture: carries its numbers exactly, and breaks where one is missing",
          "[report]") {
  const std::string svg = report::to_svg(report::CurvesPicture{
      .title = "a < b",
      .curves = {{.name = "q\"", .x = {1, 2, 3, 4}, .y = {0.1 + 0.2, std::nan(""), 2, 3}}},
      .whole_x = true});
  check_well_formed(svg);
  CHECK_THAT(svg, ContainsSubstring("data-y=\"[0.30000000000000004,null,2,3]\""));
  CHECK_THAT(svg, ContainsSubstring("data-name=\"q&quot;\""));
  CHECK_THAT(svg, ContainsSubstring("aria-label=\"a &lt; b\""));
  const std::size_t path = svg.find(" d=\"M");
  REQUIRE(path != std::string::npos);
  const std::string drawn = svg.substr(path, svg.find('"', path + 4) - path);
  CHECK(count(drawn, "M") == 2);
  CHECK(count(drawn, "L") == 1);
  check_well_formed(report::standalone(svg));
}

TEST_CASE("curves picture: a curve whose x and y differ is refused", "[report]") {
  CHECK_THROWS_TEXT(
      report::to_svg(report::CurvesPicture{.title = "t", .curves = {{"c", {1, 2}, {1}}}}),
      eg::ValueError, "to_svg: curve c has 2 x and 1 y");
}

TEST_CASE("curves picture: without a curve it is empty axes", "[report]") {
  check_well_formed(report::to_svg(report::CurvesPicture{.title = "none"}));
}

TEST_CASE("confusion picture: a cell for every pair, with its count", "[report]") {
  const auto matrix = eg::tensor<std::int64_t>({{41, 2}, {0, 0}});
  const std::string svg = report::to_svg(matrix, {"yes", "no & never"});
  check_well_formed(svg);
  CHECK(count(svg, "<rect") == 4);
  CHECK_THAT(svg, ContainsSubstring("true yes, predicted no &amp; never: 2"));
  CHECK_THROWS_TEXT(report::to_svg(matrix, {"yes"}), eg::ValueError,
                    "to_svg: 1 names for 2 classes; at most 30 can be drawn");
  CHECK_THROWS_TEXT(report::to_svg(eg::zeros<std::int64_t>({2, 3}), {"a", "b"}), eg::ShapeError,
                    "to_svg: the matrix is not square: (2, 3)");
}

TEST_CASE("histograms picture: counts go to the parts that they overlap", "[report]") {
  const auto h = eg::train::Histogram::of(eg::arange<double>(64.0));
  detail::Axis range;
  range.low = -63;
  range.high = 126;  // three times as wide: a third of the cells
  const auto cells = detail::recounted(h, range);
  double sum = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    sum += cells[i];
    CHECK(std::fabs(cells[i] - (i >= 8 && i < 16 ? 8 : 0)) < 1e-9);
  }
  CHECK(std::fabs(sum - 64) < 1e-9);
}

TEST_CASE("histograms picture: one epoch, many epochs, one value, none", "[report]") {
  const auto one = eg::train::Histogram::of(eg::arange<double>(10.0));
  const auto point = eg::train::Histogram::of(eg::full<double>({3}, 0.0));
  for (const auto& epochs :
       {std::vector<eg::train::Histogram>{}, std::vector<eg::train::Histogram>{one},
        std::vector<eg::train::Histogram>(7, point),
        std::vector<eg::train::Histogram>(1000, one)}) {
    const std::string svg = report::to_svg(epochs, "w");
    check_well_formed(svg);
    CHECK(svg.size() < 60000);
  }
}

TEST_CASE("report: a section for everything, and nothing from elsewhere", "[report]") {
  report::Report page("Title <1>", "lead");
  page.add_history(history());
  page.add_binary(eg::tensor<float>({0.2F, 0.9F, 0.6F}), eg::tensor<std::int64_t>({0, 1, 1}));
  page.add_confusion(eg::tensor<std::int64_t>({{1, 0}, {1, 1}}), {"no", "yes"});
  const eg::nn::Sequential<float> model{{eg::nn::Dense(3, 2), eg::nn::ReLU(), eg::nn::Dense(2, 1)}};
  page.add_model(model);
  page.add_data(eg::describe(eg::tensor<float>({{1, 2}, {3, 4}})), {}, {});
  page.add_settings("Settings", {{"rate", "0.1"}});
  page.add_picture("Mine", "mine", report::to_svg(report::CurvesPicture{.title = "mine"}));
  const std::string html = page.html();
  CHECK_THAT(html, ContainsSubstring("<title>Title &lt;1&gt;</title>"));
  CHECK_THAT(html, ContainsSubstring("data-y=\"[0.7,0.30000000000000004,0.25]\""));
  CHECK_THAT(html, ContainsSubstring("data-y=\"[1.4,0.6000000000000001,0.5]\""));
  CHECK_THAT(html, ContainsSubstring("Dense: 3 to 2"));
  CHECK(count(html, "<section") == 7);
  CHECK(count(html, "http") == count(html, "http://www.w3.org/2000/svg"));
  CHECK(count(html, "<script") == 1);
  CHECK(count(html, "src=") == 0);

  const ScratchFolder folder;
  page.write(folder / "page.html");
  CHECK(eg::read_file(folder / "page.html") == html);
  page.write_pictures(folder / "");
  for (const char* name :
       {"loss", "roc", "precision-recall", "calibration", "confusion", "model", "mine"}) {
    check_well_formed(eg::read_file(folder / (std::string(name) + ".svg")));
  }
  CHECK_THROWS_AS(page.write(folder / "no/such/folder.html"), eg::FileError);
}
