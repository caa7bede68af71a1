#pragma once
// An axis: the range of a picture's numbers and the round ones among them that are written beside
// it.

#include <eigengrad/plot/svg.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace eigengrad::detail {

struct Axis {
  double low = 0;
  double high = 1;
  std::vector<double> ticks;

  /// Where a value lies between two places of the picture.
  [[nodiscard]] double place(double value, double from, double to) const {
    return from + (value - low) / (high - low) * (to - from);
  }
};

/// The range of some numbers, those that are not finite left out; (0, 1) without any.
class Range {
 public:
  void add(double value) {
    if (std::isfinite(value)) {
      low_ = any_ ? std::min(low_, value) : value;
      high_ = any_ ? std::max(high_, value) : value;
      any_ = true;
    }
  }
  void add(const std::vector<double>& values) {
    for (const double value : values) {
      add(value);
    }
  }
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return any_ ? high_ : 1; }

 private:
  bool any_ = false;
  double low_ = 0;
  double high_ = 0;
};

/// An axis from at most `low` to at least `high`, its ends at ticks, which are at most two more
/// than `wanted`.
[[nodiscard]] inline Axis round_axis(double low, double high, int wanted = 5) {
  if (!(high - low > std::fabs(high) * 1e-12)) {  // one value: a range around it
    const double room = high == 0 ? 1 : std::fabs(high) * 0.1;
    low -= room;
    high += room;
  }
  const double step = axis_step(low, high, wanted);
  Axis axis;
  const double first = std::floor(low / step + 1e-9);
  const double last = std::ceil(high / step - 1e-9);
  axis.low = first * step;
  axis.high = last * step;
  for (double i = first; i <= last; ++i) {
    axis.ticks.push_back(i * step);
  }
  return axis;
}

/// An axis of whole numbers, such as epochs, with its ends at the data's.
[[nodiscard]] inline Axis whole_axis(double low, double high) {
  Axis axis = round_axis(low, high);
  std::erase_if(axis.ticks,
                [&](double tick) { return tick != std::floor(tick) || tick < low || tick > high; });
  axis.low = low;
  axis.high = high > low ? high : low + 1;
  return axis;
}

}  // namespace eigengrad::detail
