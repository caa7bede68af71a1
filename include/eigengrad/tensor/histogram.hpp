#pragma once
// How values are distributed: their extrema and sums, and how many lie in each of some intervals of
// one width. What is not finite is left out. Leaves out what a histogram is for.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

namespace eigengrad::detail {

/// Of finite values; min is infinity and max is -infinity where there is none.
struct Moments {
  double min = 0;
  double max = 0;
  double count = 0;
  double sum = 0;
  double sum_squares = 0;
};

/// In eight lanes, so that no addition waits for the one before.
template <FloatScalar T>
[[nodiscard]] Moments moments_of(std::span<const T> values) {
  constexpr std::size_t lanes = 8;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::array<double, lanes> min{};
  std::array<double, lanes> max{};
  std::array<double, lanes> count{};
  std::array<double, lanes> sum{};
  std::array<double, lanes> squares{};
  min.fill(infinity);
  max.fill(-infinity);
  const auto add = [&](std::size_t lane, double value) {
    const bool finite = std::abs(value) < infinity;
    const double kept = finite ? value : 0.0;
    min[lane] = finite && value < min[lane] ? value : min[lane];
    max[lane] = finite && value > max[lane] ? value : max[lane];
    count[lane] += finite ? 1.0 : 0.0;
    sum[lane] += kept;
    squares[lane] += kept * kept;
  };
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      add(lane, static_cast<double>(values[i + lane]));
    }
  }
  for (; i < values.size(); ++i) {
    add(0, static_cast<double>(values[i]));
  }
  Moments all;
  all.min = infinity;
  all.max = -infinity;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    all.min = std::min(all.min, min[lane]);
    all.max = std::max(all.max, max[lane]);
    all.count += count[lane];
    all.sum += sum[lane];
    all.sum_squares += squares[lane];
  }
  return all;
}

/// Half the way from min to max, because the whole may be past the largest double.
[[nodiscard]] inline double half_range(const Moments& moments) noexcept {
  return moments.max / 2 - moments.min / 2;
}

/// Whether the range is too small to be divided.
[[nodiscard]] inline bool is_one_value(const Moments& moments) noexcept {
  return !(half_range(moments) > 1e-300);
}

/// How many of the values lie in each of `Buckets` intervals between their extrema, the last one
/// closed; all in the first if they are one value.
template <std::size_t Buckets, FloatScalar T>
[[nodiscard]] std::array<double, Buckets> count_buckets(std::span<const T> values,
                                                        const Moments& moments) {
  constexpr auto buckets = static_cast<double>(Buckets);
  const double scale = is_one_value(moments) ? 0 : buckets / half_range(moments);
  // Neighbours are counted apart: an increment that waits for the one before costs twice as much.
  std::array<std::array<double, Buckets>, 4> counts{};
  std::size_t lane = 0;
  for (const T element : values) {
    const auto value = static_cast<double>(element);
    if (std::isfinite(value)) {
      const double way = (value / 2 - moments.min / 2) * scale;
      const auto bucket = way < buckets ? static_cast<Index>(way) : static_cast<Index>(Buckets) - 1;
      counts[lane++ % 4][static_cast<std::size_t>(bucket)] += 1;
    }
  }
  std::array<double, Buckets> all{};
  for (std::size_t i = 0; i < Buckets; ++i) {
    all[i] = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
  }
  return all;
}

}  // namespace eigengrad::detail
