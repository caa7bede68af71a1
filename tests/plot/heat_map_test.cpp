// Heat maps and pictures as SVG.

#include "plot/well_formed.hpp"

#include <eigengrad/plot/heat_map.hpp>
#include <eigengrad/plot/picture_grid.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
namespace plot = eigengrad::plot;
using Bytes = std::vector<std::uint8_t>;
using eg::Tensor;

namespace {

/// Red, green and blue of one pixel.
Bytes pixel(const Tensor<std::uint8_t>& picture, eg::Index y, eg::Index x) {
  return {picture.at(y, x, 0), picture.at(y, x, 1), picture.at(y, x, 2)};
}

}  // namespace

TEST_CASE("heat_map: attributions are normalised as Captum does", "[plot]") {
  // As Captum 0.9.0, _normalize_attr, which drops the sign of "negative". In ascending magnitude 1,
  // 3, 6, 16 add up: 98 % of it is reached at 10, 30 % at 3.
  const std::vector<double> values{1, -2, 3, -10};
  using Values = std::vector<double>;
  CHECK(eg::detail::normalized_attributions(values, plot::Sign::all, 2) ==
        Values{0.1, -0.2, 0.3, -1});
  CHECK(eg::detail::normalized_attributions(values, plot::Sign::all, 70) ==
        Values{1. / 3, -2. / 3, 1, -1});
  CHECK(eg::detail::normalized_attributions(values, plot::Sign::absolute, 2) ==
        Values{0.1, 0.2, 0.3, 1});
  CHECK(eg::detail::normalized_attributions(values, plot::Sign::positive, 2) ==
        Values{1. / 3, 0, 1, 0});
  CHECK(eg::detail::normalized_attributions(values, plot::Sign::negative, 2) ==
        Values{0, -0.2, 0, -1});
  CHECK(eg::detail::normalized_attributions({0, 0}, plot::Sign::all, 2) == Values{0, 0});
}

TEST_CASE("heat_map: red and blue on white, blended over grey", "[plot]") {
  const auto attributions = eg::tensor<float>({1, 0, -1, 0.5F}, {2, 2});
  const auto alone = plot::heat_map(attributions, {.outlier_percent = 0, .alpha = 1});
  CHECK(alone.shape() == eg::Shape{2, 2, 3});
  CHECK(pixel(alone, 0, 0) == Bytes{214, 39, 40});
  CHECK(pixel(alone, 0, 1) == Bytes{255, 255, 255});
  CHECK(pixel(alone, 1, 0) == Bytes{31, 119, 214});
  CHECK(pixel(alone, 1, 1) == Bytes{235, 147, 148});  // half of white, half of red, rounded
  // Grey levels 0, 128, 255 of the image's range; three channels add up.
  const auto image = eg::tensor<float>({-1, 0, 1, 0}, {2, 2});
  const auto blended =
      plot::blended_heat_map(image,
                             eg::detail::copied(eg::detail::expanded(
                                 eg::detail::unsqueezed(attributions, 2), eg::Shape{2, 2, 3})),
                             {.outlier_percent = 0, .alpha = 0.5, .scale = 2});
  CHECK(blended.shape() == eg::Shape{4, 4, 3});
  CHECK(pixel(blended, 1, 1) == Bytes{107, 20, 20});
  CHECK(pixel(blended, 0, 3) == Bytes{128, 128, 128});
  CHECK(pixel(blended, 3, 0) == Bytes{143, 187, 235});
  // An image of one value is grey.
  CHECK(pixel(plot::blended_heat_map(eg::ones<float>({1, 1}), eg::zeros<float>({1, 1})), 0, 0) ==
        Bytes{128, 128, 128});
}

TEST_CASE("pixels_svg: a path for each colour, a line for each run", "[plot]") {
  auto picture = eg::full<std::uint8_t>({2, 3, 3}, 255);
  picture.set({1, 2, 0}, 10);
  CHECK(
      plot::pixels_svg(picture, 20, "a & b") ==
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"40\" viewBox=\"0 -0.5 3 2\" "
      "shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"a &amp; b\">\n"
      "<title>a &amp; b</title>\n"
      "<path stroke=\"#0affff\" d=\"M2 1h1\"/>\n"
      "<path stroke=\"#ffffff\" d=\"M0 0h3M0 1h2\"/>\n"
      "</svg>\n");
}

TEST_CASE("picture_grid: rows of tiles with their names", "[plot]") {
  const auto black = eg::zeros<std::uint8_t>({2, 3, 3});
  const std::string svg = plot::picture_grid(
      {{"first", {{{black, black}, "a < b", "c"}}}, {"second", {{{black}, "d", ""}}}},
      {.title = "t", .scale = 20});
  check_well_formed(svg);
  CHECK(count(svg, "<path stroke=\"#000000\" d=\"M0 0h3M0 1h3\"/>") == 3);
  CHECK(count(svg, "scale(20)") == 3);
  CHECK(count(svg, "a &lt; b") == 1);
  CHECK(count(svg, ">second<") == 1);
  // Two pictures of 60 and what is between them, and the edges.
  CHECK(svg.find("width=\"154\"") != std::string::npos);
  CHECK_THROWS_TEXT(plot::picture_grid({}), eg::ValueError, "picture_grid: there are no rows");
  CHECK_THROWS_TEXT(plot::picture_grid({{"r", {}}}), eg::ValueError,
                    "picture_grid: there are no pictures in row 0");
  CHECK_THROWS_TEXT(plot::picture_grid({{"r", {{{black}, "", ""}}}}, {.scale = 0}), eg::ValueError,
                    "picture_grid: scale is not positive: 0");
  CHECK_THROWS_TEXT(plot::picture_grid({{"r", {{{eg::zeros<std::uint8_t>({2, 2})}, "", ""}}}}),
                    eg::ShapeError, "picture_grid: the picture is not (height, width, 3): (2, 2)");
}

TEST_CASE("heat_map: what it refuses", "[plot][errors]") {
  const auto x = eg::ones<float>({2, 2});
  CHECK_THROWS_TEXT(plot::heat_map(eg::ones<float>({2})), eg::ShapeError,
                    "heat_map: attributions is not (height, width) or (height, width, channels): "
                    "(2,)");
  CHECK_THROWS_TEXT(plot::blended_heat_map(x, eg::ones<float>({2, 3})), eg::ShapeError,
                    "blended_heat_map: image is (2, 2), attributions are (2, 3)");
  CHECK_THROWS_TEXT(plot::heat_map(eg::full<float>({1, 1}, std::numeric_limits<float>::infinity())),
                    eg::ValueError, "heat_map: attributions has a value that is not finite: inf");
  CHECK_THROWS_TEXT(plot::heat_map(x, {.outlier_percent = 100}), eg::ValueError,
                    "heat_map: outlier_percent must be in [0, 100), alpha in [0, 1] and scale "
                    "positive: 100, 0.8, 1");
  CHECK_THROWS_AS(plot::heat_map(x, {.alpha = 1.5}), eg::ValueError);
  CHECK_THROWS_AS(plot::heat_map(x, {.scale = 0}), eg::ValueError);
  CHECK_THROWS_TEXT(plot::pixels_svg(eg::zeros<std::uint8_t>({2, 2})), eg::ShapeError,
                    "pixels_svg: the picture is not (height, width, 3): (2, 2)");
  CHECK_THROWS_TEXT(plot::pixels_svg(eg::zeros<std::uint8_t>({2, 2, 3}), 0), eg::ValueError,
                    "pixels_svg: scale is not positive: 0");
}
