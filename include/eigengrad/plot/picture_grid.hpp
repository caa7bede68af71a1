#pragma once
// Small pictures in rows with names under them, as one SVG: images beside what a model makes of
// them.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/plot/heat_map.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eigengrad::plot {

/// Pictures side by side, such as an image and its attributions, with two lines below.
struct Tile {
  std::vector<Tensor<std::uint8_t>> pictures;  ///< (height, width, 3) each
  std::string caption = {};
  std::string second_line = {};
};

struct TileRow {
  std::string name;
  std::vector<Tile> tiles;
};

struct PictureGridOptions {
  std::string title = {};
  /// Pixels for one of a picture.
  Index scale = 3;
};

}  // namespace eigengrad::plot

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_no_rows() {
  throw_error<ValueError>("picture_grid", {"there are no rows"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_empty_row(std::size_t row) {
  throw_error<ValueError>("picture_grid", {"there are no pictures in row ", row});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_grid_scale(Index scale) {
  throw_error<ValueError>("picture_grid", {"scale is not positive: ", scale});
}

/// The largest height and width of the pictures, and the most of them in a tile and tiles in a row.
struct GridSizes {
  Index height = 0;
  Index width = 0;
  std::size_t pictures = 1;
  std::size_t tiles = 0;
};

[[nodiscard]] inline GridSizes grid_sizes(const std::vector<plot::TileRow>& rows) {
  if (rows.empty()) {
    throw_no_rows();
  }
  GridSizes sizes;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    sizes.tiles = std::max(sizes.tiles, rows[row].tiles.size());
    bool any = false;
    for (const plot::Tile& tile : rows[row].tiles) {
      sizes.pictures = std::max(sizes.pictures, tile.pictures.size());
      for (const Tensor<std::uint8_t>& picture : tile.pictures) {
        if (picture.rank() != 3 || picture.extent(2) != 3 || picture.size() == 0) {
          throw_not_rgb("picture_grid", picture.shape());
        }
        sizes.height = std::max(sizes.height, picture.extent(0));
        sizes.width = std::max(sizes.width, picture.extent(1));
        any = true;
      }
    }
    if (!any) {
      throw_empty_row(row);
    }
  }
  return sizes;
}

}  // namespace eigengrad::detail

namespace eigengrad::plot {

/// An SVG picture of rows of tiles, each row under its name. Captions longer than their tile are
/// cut. Readable on light and dark pages.
///
/// Throws:    ValueError for no rows, a row without pictures or a scale that is not positive;
/// ShapeError for
///            a picture that is not (height, width, 3)
[[nodiscard]] inline std::string picture_grid(const std::vector<TileRow>& rows,
                                              const PictureGridOptions& options = {}) {
  namespace parts = eigengrad::detail;
  if (options.scale < 1) {
    parts::throw_grid_scale(options.scale);
  }
  const parts::GridSizes sizes = parts::grid_sizes(rows);
  constexpr double edge = 14;
  constexpr double gap = 18;     // between tiles
  constexpr double between = 6;  // pictures of a tile
  constexpr double name_room = 24;
  constexpr double text_room = 44;
  const auto scaled = [&](Index pixels) { return static_cast<double>(pixels * options.scale); };
  const double step = scaled(sizes.width) + between;
  const double tile_width = step * static_cast<double>(sizes.pictures) - between;
  const double row_height = name_room + scaled(sizes.height) + text_room;
  const double top = options.title.empty() ? edge : 34;
  const auto letters = static_cast<Index>((tile_width + gap) / 6.6);
  std::string svg =
      parts::svg_head(2 * edge + (tile_width + gap) * static_cast<double>(sizes.tiles) - gap,
                      top + row_height * static_cast<double>(rows.size()),
                      options.title.empty() ? "Pictures" : options.title);
  svg += parts::svg_title(options.title);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const double y = top + row_height * static_cast<double>(row);
    svg += parts::svg_text(edge, y + 12, rows[row].name, "start", "faint");
    double x = edge;
    for (const Tile& tile : rows[row].tiles) {
      for (std::size_t i = 0; i < tile.pictures.size(); ++i) {
        svg += parts::concat("<g shape-rendering=\"crispEdges\" transform=\"translate(",
                             parts::coordinate(x + step * static_cast<double>(i)), " ",
                             parts::coordinate(y + name_room), ") scale(", options.scale,
                             ") translate(0 0.5)\">\n",
                             parts::pixel_paths(parts::packed(tile.pictures[i])), "</g>\n");
      }
      const double below = y + name_room + scaled(sizes.height);
      svg += parts::svg_text(x, below + 15, parts::shortened(tile.caption, letters));
      svg += parts::svg_text(x, below + 31, parts::shortened(tile.second_line, letters), "start",
                             "faint");
      x += tile_width + gap;
    }
  }
  return svg + "</svg>\n";
}

}  // namespace eigengrad::plot
