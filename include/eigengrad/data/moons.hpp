#pragma once
// make_moons: two half circles that interleave, the smallest data that no line separates, number
// for number those of scikit-learn. Not part of eigengrad.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/mersenne_twister.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <string_view>
#include <vector>

namespace eigengrad::datasets {

/// What scikit-learn's make_moons takes, with its defaults.
struct MoonsOptions {
  Index n_samples = 100;   ///< of both moons; the second one has the odd one
  bool shuffle = true;     ///< false: the first moon's points, then the second's, each along it
  double noise = 0.0;      ///< standard deviation of what is added to each coordinate
  Index random_state = 0;  ///< seed of shuffle and noise, in [0, 2^32 - 1]
};

}  // namespace eigengrad::datasets

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_moons(const datasets::MoonsOptions& options) {
  throw_error<ValueError>(
      "make_moons",
      {"n_samples must be >= 2, noise finite and >= 0, random_state in [0, 4294967295]: ",
       options.n_samples, ", ", options.noise, ", ", options.random_state});
}

/// NumPy's RandomState.normal: Marsaglia's polar method, two numbers at a time.
class PolarNormal {
 public:
  explicit PolarNormal(MersenneTwister& bits) noexcept : bits_(bits) {}

  [[nodiscard]] double next() {
    if (kept_) {
      kept_ = false;
      return second_;
    }
    double x = 0;
    double y = 0;
    double square = 0;
    do {
      x = 2 * unit() - 1;
      y = 2 * unit() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    const double factor = std::sqrt(-2 * std::log(square) / square);
    kept_ = true;
    second_ = factor * x;
    return factor * y;
  }

 private:
  /// Uniform in [0, 1), 53 bits of two words.
  [[nodiscard]] double unit() noexcept {
    const std::uint32_t high = bits_.next() >> 5;
    const std::uint32_t low = bits_.next() >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
  }

  MersenneTwister& bits_;
  bool kept_ = false;
  double second_ = 0;
};

/// Point i of `count` along a moon. As numpy.linspace divides, so that the last bit is its.
[[nodiscard]] inline std::array<double, 2> moon_point(Index i, Index count, bool second) {
  const double step = count > 1 ? std::numbers::pi / static_cast<double>(count - 1) : 0;
  const double angle = i > 0 && i == count - 1 ? std::numbers::pi : static_cast<double>(i) * step;
  const double x = std::cos(angle);
  const double y = std::sin(angle);
  return second ? std::array{1 - x, 1 - y - 0.5} : std::array{x, y};
}

}  // namespace eigengrad::detail

namespace eigengrad::datasets {

/// Two interleaving half circles of radius 1, class 0 the upper one and class 1 the lower.
///
/// Shapes:    x (n_samples, 2), y (n_samples,)
/// Throws:    ValueError for n_samples < 2, a noise that is negative or not finite, or a
///            random_state outside [0, 2^32 - 1]
/// Reference: sklearn.datasets.make_moons: the same numbers in the same order, up to the last bit
///            of the C library's sin, cos and log
template <FloatScalar T>
[[nodiscard]] Dataset<T, std::int64_t> make_moons(const MoonsOptions& options = {}) {
  namespace parts = eigengrad::detail;
  const Index n = options.n_samples;
  if (n < 2 || !(options.noise >= 0 && std::isfinite(options.noise)) || options.random_state < 0 ||
      options.random_state > 0xffffffffLL) {
    parts::throw_moons(options);
  }
  parts::MersenneTwister bits(static_cast<std::uint32_t>(options.random_state));
  std::vector<Index> order(static_cast<std::size_t>(n));
  if (options.shuffle) {
    bits.permutation(order);
  } else {
    std::iota(order.begin(), order.end(), Index{0});
  }
  Dataset<T, std::int64_t> moons{parts::uninitialized<T>({n, 2}),
                                 parts::uninitialized<std::int64_t>({n}),
                                 {"x0", "x1"},
                                 {"upper", "lower"}};
  T* x = moons.x.mutable_data();
  std::int64_t* y = moons.y.mutable_data();
  parts::PolarNormal noise(bits);
  const Index first = n / 2;
  for (const Index at : order) {
    const bool second = at >= first;
    const auto point = second ? parts::moon_point(at - first, n - first, true)
                              : parts::moon_point(at, first, false);
    for (const double coordinate : point) {
      *x++ = static_cast<T>(options.noise > 0 ? coordinate + options.noise * noise.next()
                                              : coordinate);
    }
    *y++ = second ? 1 : 0;
  }
  return moons;
}

}  // namespace eigengrad::datasets
