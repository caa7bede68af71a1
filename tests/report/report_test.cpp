// The report: its sections and files, and the pictures that it alone has.

#include "io/scratch_folder.hpp"
#include "plot/well_formed.hpp"
#include "support/catch.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/report.hpp>

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

eg::train::History history() {
  eg::train::History result;
  for (const double loss : {0.7, 0.1 + 0.2, 0.25}) {
    result.append("loss", loss);
    result.append("val_loss", loss * 2);
  }
  return result;
}

}  // namespace

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
  page.add_picture("Mine", "mine", eg::plot::curves({}));
  const std::string html = page.html();
  CHECK_THAT(html, ContainsSubstring("<title>Title &lt;1&gt;</title>"));
  CHECK_THAT(html, ContainsSubstring("data-y=\"[0.7,0.30000000000000004,0.25]\""));
  CHECK_THAT(html, ContainsSubstring("data-y=\"[1.4,0.6000000000000001,0.5]\""));
  CHECK_THAT(html, ContainsSubstring("Dense: 3 to 2"));
  CHECK_THAT(html, ContainsSubstring("<pre>Model: Sequential\n---"));  // its lines stay lines
  CHECK(count(html, "<section") == 7);
  CHECK(count(html, "http") == count(html, "http://www.w3.org/2000/svg"));
  CHECK(count(html, "<script") == 1);
  CHECK(count(html, "src=") == 0);

  const ScratchFolder folder;
  page.write(folder / "page.html");
  CHECK(eg::read_file(folder / "page.html") == html);
  page.write_pictures(folder / "a/b");
  for (const char* name :
       {"loss", "roc", "precision-recall", "calibration", "confusion", "model", "mine"}) {
    check_well_formed(eg::read_file(folder / ("a/b/" + std::string(name) + ".svg")));
  }
  CHECK_THROWS_AS(page.write(folder / "no/such/folder.html"), eg::FileError);
  CHECK_THROWS_AS(page.write_pictures(folder / "page.html"), eg::FileError);
}
