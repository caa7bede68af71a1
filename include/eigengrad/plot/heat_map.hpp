#pragma once
// Attributions of an image as colours over it: red where they are positive, blue where negative.
// A picture is a tensor (height, width, 3) of bytes; pixels_svg makes an SVG of one, io/png.hpp a
// PNG.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::plot {

/// Which attributions are shown.
enum class Sign { all, positive, negative, absolute };

struct HeatMapOptions {
  Sign sign = Sign::all;
  /// The largest ones, which make up this share of the total, all have the full colour.
  double outlier_percent = 2;
  /// How much of the image a full colour hides.
  double alpha = 0.8;
  /// Pixels for one of the image.
  Index scale = 1;
};

}  // namespace eigengrad::plot

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_picture(std::string_view op, std::string_view what,
                                                      const Shape& shape) {
  throw_shape_error(op, {what, " is not (height, width) or (height, width, channels): ", shape},
                    shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_picture_sizes(std::string_view op, const Shape& image,
                                                            const Shape& attributions) {
  throw_shape_error(op, {"image is ", image, ", attributions are ", attributions}, image,
                    attributions);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_pixel(std::string_view op, std::string_view what,
                                                    double value) {
  throw_error<ValueError>(op, {what, " has a value that is not finite: ", value});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_heat_map_options(std::string_view op,
                                                               const plot::HeatMapOptions& o) {
  throw_error<ValueError>(
      op, {"outlier_percent must be in [0, 100), alpha in [0, 1] and scale positive: ",
           o.outlier_percent, ", ", o.alpha, ", ", o.scale});
}

/// An image or attributions with the channels added up, in double; finite.
template <FloatScalar T>
[[nodiscard]] std::vector<double> flat_picture(std::string_view op, std::string_view what,
                                               const Tensor<T>& x) {
  if ((x.rank() != 2 && x.rank() != 3) || x.size() == 0) {
    throw_picture(op, what, x.shape());
  }
  const Index channels = x.rank() == 3 ? x.shape()[2] : 1;
  std::vector<double> sums(static_cast<std::size_t>(x.size() / channels));
  const Tensor<T> values = packed(x);
  for (Index i = 0; i < x.size(); ++i) {
    const auto value = static_cast<double>(values.data()[i]);
    if (!std::isfinite(value)) {
      throw_pixel(op, what, value);
    }
    sums[static_cast<std::size_t>(i / channels)] += value;
  }
  return sums;
}

/// The smallest value such that those up to it make up (100 - percent) % of the sum.
[[nodiscard]] inline double outlier_threshold(std::vector<double> magnitudes, double percent) {
  std::sort(magnitudes.begin(), magnitudes.end());
  double total = 0;
  for (const double value : magnitudes) {
    total += value;
  }
  double sum = 0;
  for (const double value : magnitudes) {
    sum += value;
    if (sum >= total * 0.01 * (100 - percent)) {
      return value;
    }
  }
  return magnitudes.back();
}

/// Attributions within [-1, 1]: divided by the outliers' threshold and cut off.
[[nodiscard]] inline std::vector<double> normalized_attributions(std::vector<double> values,
                                                                 plot::Sign sign,
                                                                 double outlier_percent) {
  std::vector<double> magnitudes;
  for (double& value : values) {
    value = sign == plot::Sign::absolute   ? std::abs(value)
            : sign == plot::Sign::positive ? std::max(value, 0.0)
            : sign == plot::Sign::negative ? std::min(value, 0.0)
                                           : value;
    magnitudes.push_back(std::abs(value));
  }
  const double threshold = outlier_threshold(std::move(magnitudes), outlier_percent);
  for (double& value : values) {
    value = threshold > 0 ? std::clamp(value / threshold, -1.0, 1.0) : 0.0;
  }
  return values;
}

inline void check_heat_map(std::string_view op, const plot::HeatMapOptions& options) {
  if (!(options.outlier_percent >= 0 && options.outlier_percent < 100) ||
      !(options.alpha >= 0 && options.alpha <= 1) || options.scale < 1) {
    throw_heat_map_options(op, options);
  }
}

/// Grey levels in [0, 1] under colours of attributions in [-1, 1], each pixel `scale` wide.
[[nodiscard]] inline Tensor<std::uint8_t> blended(const std::vector<double>& greys,
                                                  const std::vector<double>& attributions,
                                                  Index width,
                                                  const plot::HeatMapOptions& options) {
  constexpr std::array<double, 3> positive{214, 39, 40};
  constexpr std::array<double, 3> negative{31, 119, 214};
  const Index scale = options.scale;
  const Index height = static_cast<Index>(greys.size()) / width;
  Tensor<std::uint8_t> picture = uninitialized<std::uint8_t>({height * scale, width * scale, 3});
  std::uint8_t* to = picture.mutable_data();
  for (Index y = 0; y < height * scale; ++y) {
    for (Index x = 0; x < width * scale; ++x) {
      const auto at = static_cast<std::size_t>(y / scale * width + x / scale);
      const double share = options.alpha * std::abs(attributions[at]);
      const std::array<double, 3>& colour = attributions[at] < 0 ? negative : positive;
      for (const double channel : colour) {
        *to++ =
            static_cast<std::uint8_t>(std::lround((1 - share) * 255 * greys[at] + share * channel));
      }
    }
  }
  return picture;
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// Attributions alone, on white.
///
/// Shapes:    (height, width) or (height, width, channels), which are added up -> (height scale,
///            width scale, 3)
/// Throws:    ShapeError for another rank or no pixels; ValueError for options out of range or a
///            value that is not finite
/// Reference: Captum `visualize_image_attr`, method "heat_map"; how it normalises
template <FloatScalar T>
[[nodiscard]] Tensor<std::uint8_t> heat_map(const Tensor<T>& attributions,
                                            const HeatMapOptions& options = {}) {
  eigengrad::detail::check_heat_map("heat_map", options);
  std::vector<double> values =
      eigengrad::detail::flat_picture("heat_map", "attributions", attributions);
  const std::vector<double> white(values.size(), 1.0);
  return eigengrad::detail::blended(white,
                                    eigengrad::detail::normalized_attributions(
                                        std::move(values), options.sign, options.outlier_percent),
                                    attributions.shape()[1], options);
}

/// Attributions over the image that they are of, in grey between its smallest and largest value.
///
/// Shapes:    image and attributions (height, width) or (height, width, channels), of one height
///            and width -> (height scale, width scale, 3)
/// Throws:    as heat_map; ShapeError if height or width differ
/// Reference: Captum `visualize_image_attr`, method "blended_heat_map"; how it normalises
template <FloatScalar T>
[[nodiscard]] Tensor<std::uint8_t> blended_heat_map(const Tensor<T>& image,
                                                    const Tensor<T>& attributions,
                                                    const HeatMapOptions& options = {}) {
  constexpr std::string_view op = "blended_heat_map";
  eigengrad::detail::check_heat_map(op, options);
  std::vector<double> greys = eigengrad::detail::flat_picture(op, "image", image);
  std::vector<double> values = eigengrad::detail::flat_picture(op, "attributions", attributions);
  if (image.shape()[0] != attributions.shape()[0] || image.shape()[1] != attributions.shape()[1]) {
    eigengrad::detail::throw_picture_sizes(op, image.shape(), attributions.shape());
  }
  const auto [low, high] = std::minmax_element(greys.begin(), greys.end());
  const double black = *low;
  const double range = *high - black;
  for (double& grey : greys) {
    grey = range > 0 ? (grey - black) / range : 0.5;
  }
  return eigengrad::detail::blended(greys,
                                    eigengrad::detail::normalized_attributions(
                                        std::move(values), options.sign, options.outlier_percent),
                                    image.shape()[1], options);
}

}  // namespace eigengrad::plot

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_not_rgb(std::string_view op, const Shape& picture) {
  throw_shape_error(op, {"the picture is not (height, width, 3): ", picture}, picture);
}

/// The pixels of a picture as lines one unit wide along y = 0, 1, ..., a path for each colour.
[[nodiscard]] inline std::string pixel_paths(const Tensor<std::uint8_t>& picture) {
  const Index height = picture.shape()[0];
  const Index width = picture.shape()[1];
  std::map<std::array<std::uint8_t, 3>, std::string> paths;
  for (Index y = 0; y < height; ++y) {
    const std::uint8_t* const row = picture.data() + y * width * 3;
    for (Index x = 0; x < width;) {
      Index end = x + 1;
      while (end < width && std::equal(row + 3 * x, row + 3 * x + 3, row + 3 * end)) {
        ++end;
      }
      paths[{row[3 * x], row[3 * x + 1], row[3 * x + 2]}] += concat("M", x, " ", y, "h", end - x);
      x = end;
    }
  }
  constexpr std::string_view hex = "0123456789abcdef";
  std::string svg;
  for (const auto& [rgb, path] : paths) {
    std::string colour;
    for (const unsigned byte : rgb) {
      colour += {hex[byte >> 4U], hex[byte & 15U]};
    }
    svg += concat("<path stroke=\"#", colour, "\" d=\"", path, "\"/>\n");
  }
  return svg;
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// A picture as SVG, a line for each run of pixels of one colour; for small pictures and where
/// there is no zlib. `scale` is the width of a pixel, `title` what a screen reader says.
///
/// Shapes:    picture (height, width, 3)
/// Throws:    ShapeError for another shape or no pixels; ValueError if scale is not positive
template <class = void>
[[nodiscard]] std::string pixels_svg(const Tensor<std::uint8_t>& picture, Index scale = 1,
                                     std::string_view title = "Picture") {
  namespace parts = eigengrad::detail;
  if (picture.rank() != 3 || picture.shape()[2] != 3 || picture.size() == 0) {
    parts::throw_not_rgb("pixels_svg", picture.shape());
  }
  if (scale < 1) {
    parts::throw_error<ValueError>("pixels_svg", {"scale is not positive: ", scale});
  }
  const Index height = picture.shape()[0];
  const Index width = picture.shape()[1];
  const std::string name = parts::escape_xml(title);
  std::string svg =
      parts::concat("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", width * scale,
                    "\" height=\"", height * scale, "\" viewBox=\"0 -0.5 ", width, " ", height,
                    "\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"", name,
                    "\">\n<title>", name, "</title>\n");
  return svg + parts::pixel_paths(parts::packed(picture)) + "</svg>\n";
}

}  // namespace eigengrad::plot
