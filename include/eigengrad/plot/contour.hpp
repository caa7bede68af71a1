#pragma once
// The region where a function on a grid reaches a level, as closed lines: marching squares.

#include <eigengrad/base/index.hpp>
#include <eigengrad/plot/svg.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// A place on a grid: column and row, between nodes too.
struct GridPoint {
  double column = 0;
  double row = 0;
};

/// Finds the closed lines around the nodes with value >= level. The grid has a ring of nodes around
/// it that are outside and lie on its border, so that every line closes there.
class ContourTracer {
 public:
  ContourTracer(const Tensor<double>& values, double level)
      : values_(values),
        level_(level),
        rows_(values.extent(0) + 2),
        columns_(values.extent(1) + 2),
        next_(static_cast<std::size_t>(2 * rows_ * columns_), -1) {
    for (Index row = 0; row + 1 < rows_; ++row) {
      for (Index column = 0; column + 1 < columns_; ++column) {
        link_cell(row, column);
      }
    }
  }

  [[nodiscard]] std::vector<std::vector<GridPoint>> lines() {
    std::vector<std::vector<GridPoint>> found;
    for (std::size_t edge = 0; edge < next_.size(); ++edge) {
      if (next_[edge] < 0) {
        continue;
      }
      std::vector<GridPoint> line;
      for (auto at = static_cast<Index>(edge); next_[static_cast<std::size_t>(at)] >= 0;) {
        line.push_back(crossing(at));
        Index& next = next_[static_cast<std::size_t>(at)];
        at = next;
        next = -1;
      }
      found.push_back(std::move(line));
    }
    return found;
  }

 private:
  [[nodiscard]] bool on_ring(Index row, Index column) const noexcept {
    return row == 0 || column == 0 || row == rows_ - 1 || column == columns_ - 1;
  }
  [[nodiscard]] double value(Index row, Index column) const {
    return values_.at(row - 1, column - 1);
  }
  [[nodiscard]] bool inside(Index row, Index column) const {
    return !on_ring(row, column) && value(row, column) >= level_;
  }

  // Edge 2 node goes to the node on the right, 2 node + 1 to the node in the next row. A line
  // crosses an edge once, leaving one cell and entering the other: next_ holds, for the edge where
  // a cell's border goes out of the region, the one where it comes in again.
  void link_cell(Index row, Index column) {
    const Index node = row * columns_ + column;
    const std::array<Index, 4> edges{2 * node, 2 * (node + 1) + 1, 2 * (node + columns_),
                                     2 * node + 1};
    const std::array<bool, 4> in{inside(row, column), inside(row, column + 1),
                                 inside(row + 1, column + 1), inside(row + 1, column)};
    // Two opposite corners: joined if the middle is inside. The ring has no such cell.
    const bool saddle = in[0] == in[2] && in[1] == in[3] && in[0] != in[1];
    const bool apart = saddle && (value(row, column) + value(row, column + 1) +
                                  value(row + 1, column) + value(row + 1, column + 1)) /
                                         4 <
                                     level_;
    for (std::size_t i = 0; i < 4; ++i) {
      if (!in[i] || in[(i + 1) % 4]) {
        continue;
      }
      std::size_t entry = apart ? (i + 3) % 4 : (i + 1) % 4;
      while (!apart && !(!in[entry] && in[(entry + 1) % 4])) {
        entry = (entry + 1) % 4;
      }
      next_[static_cast<std::size_t>(edges[i])] = edges[entry];
    }
  }

  [[nodiscard]] GridPoint crossing(Index edge) const {
    const Index row = edge / 2 / columns_;
    const Index column = edge / 2 % columns_;
    const Index other_row = row + edge % 2;
    const Index other_column = column + 1 - edge % 2;
    double part = 0;  // of the way; to or from the ring both ends are one place
    if (!on_ring(row, column) && !on_ring(other_row, other_column)) {
      const double from = value(row, column);
      part = (level_ - from) / (value(other_row, other_column) - from);
    }
    const GridPoint a = place(row, column);
    const GridPoint b = place(other_row, other_column);
    return {a.column + part * (b.column - a.column), a.row + part * (b.row - a.row)};
  }
  [[nodiscard]] GridPoint place(Index row, Index column) const noexcept {
    return {static_cast<double>(std::clamp<Index>(column - 1, 0, columns_ - 3)),
            static_cast<double>(std::clamp<Index>(row - 1, 0, rows_ - 3))};
  }

  const Tensor<double>& values_;
  double level_;
  Index rows_;
  Index columns_;
  std::vector<Index> next_;
};

/// The region where values (rows, columns), at least 2 of each and finite, are >= level, as closed
/// lines with it on one side: what lies in a hole is not in the region by either fill rule.
///
/// Reference: Lorensen, Cline 1987, in two dimensions; a saddle's middle is the mean of its corners
[[nodiscard]] inline std::vector<std::vector<GridPoint>> contour_lines(const Tensor<double>& values,
                                                                       double level) {
  return ContourTracer(values, level).lines();
}

/// Where a grid lies in a picture: the places of column 0 and of the last one, and of the rows.
struct GridBox {
  double left = 0;
  double right = 1;
  double first_row = 0;
  double last_row = 1;
};

/// What a path is for: to be filled, or to be drawn along; then pieces on the grid's border, which
/// only close the region, are left out.
enum class ContourUse { fill, stroke };

/// The data of a path along closed lines, to a tenth of a pixel; points in the midst of a straight
/// piece are left out.
[[nodiscard]] inline std::string contour_path(const std::vector<std::vector<GridPoint>>& lines,
                                              Index rows, Index columns, const GridBox& box,
                                              ContourUse use = ContourUse::fill) {
  using Tenths = std::array<Index, 2>;
  const auto tenths = [](double from, double to, double part) {
    return static_cast<Index>(std::llround(10 * (from + part * (to - from))));
  };
  const auto turns = [](const Tenths& a, const Tenths& b, const Tenths& c) {
    return (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0]);
  };
  const Tenths first{tenths(box.left, box.right, 0), tenths(box.first_row, box.last_row, 0)};
  const Tenths last{tenths(box.left, box.right, 1), tenths(box.first_row, box.last_row, 1)};
  const auto hidden = [&](const Tenths& a, const Tenths& b) {
    const auto along = [&](std::size_t axis) {
      return a[axis] == b[axis] && (a[axis] == first[axis] || a[axis] == last[axis]);
    };
    return use == ContourUse::stroke && (along(0) || along(1));
  };
  const auto text = [](Index value) { return coordinate(static_cast<double>(value) / 10); };
  std::string path;
  for (const std::vector<GridPoint>& line : lines) {
    std::vector<Tenths> points;
    for (const GridPoint& at : line) {
      const Tenths point{
          tenths(box.left, box.right, at.column / static_cast<double>(columns - 1)),
          tenths(box.first_row, box.last_row, at.row / static_cast<double>(rows - 1))};
      if (points.size() > 1 && !turns(points[points.size() - 2], points.back(), point)) {
        points.pop_back();
      }
      if (points.empty() || points.back() != point) {
        points.push_back(point);
      }
    }
    if (points.size() < 3) {
      continue;  // less than a tenth of a pixel wide
    }
    path += "M" + text(points[0][0]) + " " + text(points[0][1]);
    const auto go = [&](const char* command, const Tenths& from, const Tenths& to) {
      const std::string y = text(to[1] - from[1]);
      path += command + text(to[0] - from[0]) + (y[0] == '-' ? "" : " ") + y;
    };
    bool whole = true;
    for (std::size_t i = 1; i < points.size(); ++i) {
      const bool left_out = hidden(points[i - 1], points[i]);
      go(left_out ? "m" : "l", points[i - 1], points[i]);
      whole = whole && !left_out;
    }
    if (hidden(points.back(), points[0])) {
      continue;
    }
    if (whole) {
      path += "z";
    } else {
      go("l", points.back(), points[0]);  // "z" would go to the place of the last "m"
    }
  }
  return path;
}

}  // namespace eigengrad::detail
