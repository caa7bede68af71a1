#pragma once
// Random tensors from a counter-based generator: element i depends on (seed, stream, i) alone, so
// results are the same at any thread count and a longer tensor starts like a shorter one. Leaves
// out a global generator: there is none.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/parallel.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eigengrad {

namespace detail {

/// Four 32-bit words: a counter going in, random bits coming out.
using PhiloxWords = std::array<std::uint32_t, 4>;

/// Philox4x32-10: ten rounds over one counter under a 64-bit key (low word first).
/// Reference: Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"
[[nodiscard]] constexpr PhiloxWords philox(PhiloxWords counter, std::uint64_t key) noexcept {
  auto key0 = static_cast<std::uint32_t>(key);
  auto key1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0,
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1,
               static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

/// The finaliser of SplitMix64: every input bit reaches every output bit. One to one.
/// Reference: Steele, Lea, Flood 2014
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

/// FNV-1a, 64 bits.
[[nodiscard]] constexpr std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  return hash;
}

}  // namespace detail

/// Names one stream of random numbers. Two keys give unrelated streams.
struct RandomKey {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;

  /// The stream of a parameter, layer or purpose: RandomKey::named(42, "dense1.weight").
  [[nodiscard]] static constexpr RandomKey named(std::uint64_t seed,
                                                 std::string_view name) noexcept {
    return {seed, detail::hash_text(name)};
  }
  /// A stream derived from this one, for an epoch, a step or a layer's number. Order matters:
  /// fold(1).fold(2) is not fold(2).fold(1).
  [[nodiscard]] constexpr RandomKey fold(std::uint64_t number) const noexcept {
    return {seed, detail::mix_bits(stream ^ detail::mix_bits(number + 0x9E3779B97F4A7C15))};
  }
  [[nodiscard]] friend constexpr bool operator==(const RandomKey&,
                                                 const RandomKey&) noexcept = default;
};

namespace detail {

/// Words 4 i to 4 i + 3 of a stream.
[[nodiscard]] constexpr PhiloxWords random_block(const RandomKey& key, Index block) noexcept {
  const auto i = static_cast<std::uint64_t>(block);
  return philox(
      {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32),
       static_cast<std::uint32_t>(key.stream), static_cast<std::uint32_t>(key.stream >> 32)},
      key.seed);
}

/// The two 64-bit words of a block, low word first.
[[nodiscard]] constexpr std::array<std::uint64_t, 2> random_pair(const RandomKey& key,
                                                                 Index block) noexcept {
  const PhiloxWords w = random_block(key, block);
  return {w[0] | std::uint64_t{w[1]} << 32, w[2] | std::uint64_t{w[3]} << 32};
}

/// A multiple of 4: blocks of work start at blocks of the generator.
inline constexpr Index random_grain = 4096;

/// x[i] = make(i-th 64-bit word); two elements to a block of the generator.
template <AnyScalar T, class Make>
[[nodiscard]] Tensor<T> from_random_words(const Shape& shape, const RandomKey& key,
                                          const Make& make) {
  Tensor<T> x = uninitialized<T>(shape);
  T* const to = static_cast<T*>(x.body().data);
  kernels::parallel_for(x.size(), random_grain, [&](Index begin, Index end) noexcept {
    for (Index i = begin; i < end; i += 2) {
      const std::array<std::uint64_t, 2> bits = random_pair(key, i / 2);
      to[i] = make(bits[0]);
      if (i + 1 < end) {
        to[i + 1] = make(bits[1]);
      }
    }
  });
  return x;
}

/// Uniform in [0, 1) from the top bits of a word: 53 of them for double, 24 for float, so that the
/// float is the double cut off.
template <FloatScalar T>
[[nodiscard]] constexpr T unit_interval(std::uint64_t bits) noexcept {
  if constexpr (sizeof(T) == 4) {
    return static_cast<T>(bits >> 40) * T(0x1p-24);
  } else {
    return static_cast<T>(bits >> 11) * T(0x1p-53);
  }
}

[[noreturn]] EIGENGRAD_COLD inline void throw_interval(double low, double high) {
  throw_error<ValueError>("uniform",
                          {"[low, high) is empty or not finite: [", low, ", ", high, ")"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_deviation(double deviation) {
  throw_error<ValueError>("normal",
                          {"standard deviation is not a finite number >= 0: ", deviation});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_probability(double probability) {
  throw_error<ValueError>("bernoulli", {"probability is outside [0, 1]: ", probability});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_permutation_size(Index n) {
  throw_error<ValueError>("permutation", {"n is negative: ", n});
}

/// Unbiased integers below a bound, drawn one after another from a stream.
class BoundedDraws {
 public:
  explicit constexpr BoundedDraws(const RandomKey& key) noexcept : key_(key) {}

  /// The next one in [0, bound), bound >= 1: the low bits of 64-bit words, until one is below.
  [[nodiscard]] constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero((bound - 1) | 1);
    for (;;) {
      const std::uint64_t draw = next() & mask;
      if (draw < bound) {
        return draw;
      }
    }
  }

 private:
  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    if (used_ == 2) {
      pair_ = random_pair(key_, block_++);
      used_ = 0;
    }
    return pair_[used_++];
  }

  RandomKey key_;
  Index block_ = 0;
  std::array<std::uint64_t, 2> pair_{};
  std::size_t used_ = 2;
};

}  // namespace detail

/// 64 random bits per element.
template <class = void>
[[nodiscard]] Tensor<std::int64_t> random_bits(const Shape& shape, const RandomKey& key) {
  return detail::from_random_words<std::int64_t>(
      shape, key, [](std::uint64_t bits) { return static_cast<std::int64_t>(bits); });
}

/// Uniform in [low, high). The float tensor of a key is the double one to 24 bits.
///
/// Throws:    ValueError unless low < high and high - low is a finite double
/// Reference: Salmon et al. 2011 for the bits
template <FloatScalar T>
[[nodiscard]] Tensor<T> uniform(const Shape& shape, double low, double high, const RandomKey& key) {
  const T first = static_cast<T>(low);
  const T bound = static_cast<T>(high);
  const auto start = static_cast<double>(first);
  const double width = static_cast<double>(bound) - start;
  if (!(first < bound) || !std::isfinite(width)) {
    detail::throw_interval(low, high);
  }
  // Rounding may reach the bound. For float, u width is exact in double, fused or not.
  const T last = std::nextafter(bound, first);
  return detail::from_random_words<T>(shape, key, [=](std::uint64_t bits) {
    const auto x = static_cast<T>(start + detail::unit_interval<T>(bits) * width);
    return x < bound ? x : last;
  });
}

/// Normal with the given mean and standard deviation, by the Box-Muller transform in double:
/// elements 2 j and 2 j + 1 are sqrt(-2 log u) cos(2 pi v) and sqrt(-2 log u) sin(2 pi v), where u
/// and v are the 64-bit words of block j. No element is further than 8.6 deviations from the mean.
///
/// Throws:    ValueError unless deviation is finite and >= 0
/// Cost:      a logarithm, a root, a sine and a cosine for two elements
/// Reference: Box, Muller 1958; std::log, sin and cos may differ in the last bit between C
/// libraries
template <FloatScalar T>
[[nodiscard]] Tensor<T> normal(const Shape& shape, double mean, double deviation,
                               const RandomKey& key) {
  if (!(deviation >= 0) || !std::isfinite(deviation)) {
    detail::throw_deviation(deviation);
  }
  constexpr double two_pi = 6.283185307179586476925;
  Tensor<T> x = detail::uninitialized<T>(shape);
  T* const to = static_cast<T*>(x.body().data);
  const auto center = mean;
  const auto scale = deviation;
  kernels::parallel_for(x.size(), detail::random_grain, [&](Index begin, Index end) noexcept {
    for (Index i = begin; i < end; i += 2) {
      const std::array<std::uint64_t, 2> bits = detail::random_pair(key, i / 2);
      // u in (0, 1], so that the logarithm is finite.
      const double u = detail::unit_interval<double>(bits[0]) + 0x1p-53;
      const double angle = two_pi * detail::unit_interval<double>(bits[1]);
      const double radius = std::sqrt(-2.0 * std::log(u));
      to[i] = static_cast<T>(center + scale * (radius * std::cos(angle)));
      if (i + 1 < end) {
        to[i + 1] = static_cast<T>(center + scale * (radius * std::sin(angle)));
      }
    }
  });
  return x;
}

/// true with the given probability, to 2^-32; element i looks at 32-bit word i.
///
/// Throws:    ValueError if probability is outside [0, 1]
template <class = void>
[[nodiscard]] Tensor<bool> bernoulli(const Shape& shape, double probability, const RandomKey& key) {
  if (!(probability >= 0 && probability <= 1)) {
    detail::throw_probability(probability);
  }
  const auto bound = static_cast<std::uint64_t>(std::nearbyint(probability * 0x1p32));
  Tensor<bool> x = detail::uninitialized<bool>(shape);
  bool* const to = static_cast<bool*>(x.body().data);
  kernels::parallel_for(x.size(), detail::random_grain, [&](Index begin, Index end) noexcept {
    for (Index i = begin; i < end; i += 4) {
      const detail::PhiloxWords words = detail::random_block(key, i / 4);
      const Index count = end - i < 4 ? end - i : 4;
      for (Index k = 0; k < count; ++k) {
        to[i + k] = words[static_cast<std::size_t>(k)] < bound;
      }
    }
  });
  return x;
}

/// The numbers 0 to n - 1 in random order, every order equally likely up to 2^-64 effects of the
/// key: Fisher-Yates from the back, each draw unbiased.
///
/// Shapes:    -> (n,)
/// Throws:    ValueError if n is negative
/// Reference: Durstenfeld 1964; Knuth, The Art of Computer Programming 3.4.2, algorithm P
template <class = void>
[[nodiscard]] Tensor<std::int64_t> permutation(Index n, const RandomKey& key) {
  if (n < 0) {
    detail::throw_permutation_size(n);
  }
  Tensor<std::int64_t> x = detail::uninitialized<std::int64_t>({n});
  auto* const to = static_cast<std::int64_t*>(x.body().data);
  for (Index i = 0; i < n; ++i) {
    to[i] = i;
  }
  detail::BoundedDraws draws(key);
  for (Index i = n - 1; i > 0; --i) {
    std::swap(to[i], to[static_cast<Index>(draws.below(static_cast<std::uint64_t>(i) + 1))]);
  }
  return x;
}

}  // namespace eigengrad
