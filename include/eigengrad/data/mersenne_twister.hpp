#pragma once
// MT19937, bit for bit the generator of std::mt19937 and NumPy's RandomState: what scikit-learn's
// shuffles are made of. Only for parity with it; the library's own randomness is tensor/random.hpp.

#include <eigengrad/base/index.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace eigengrad::detail {

/// Reference: Matsumoto and Nishimura 1998, "Mersenne Twister", with the seeding of 2002
class MersenneTwister {
 public:
  explicit MersenneTwister(std::uint32_t seed) noexcept {
    state_[0] = seed;
    for (std::uint32_t i = 1; i < length; ++i) {
      const std::uint32_t last = state_[i - 1];
      state_[i] = 1812433253U * (last ^ (last >> 30)) + i;
    }
  }

  /// The next 32 bits.
  [[nodiscard]] std::uint32_t next() noexcept {
    if (at_ == length) {
      refill();
    }
    std::uint32_t y = state_[at_++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680U;
    y ^= (y << 15) & 0xefc60000U;
    return y ^ (y >> 18);
  }

  /// A whole number in [0, most] by masking and rejection, as NumPy's legacy random_interval: none
  /// is drawn for most = 0; past 2^32 - 1 the high half is drawn first.
  [[nodiscard]] std::uint64_t interval(std::uint64_t most) noexcept {
    if (most == 0) {
      return 0;
    }
    const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero(most);
    std::uint64_t value = 0;
    do {
      const std::uint64_t high = most > 0xffffffffU ? next() : 0;
      value = ((high << 32) | next()) & mask;
    } while (value > most);
    return value;
  }

  /// Fills `out` with NumPy's RandomState.permutation(out.size()).
  void permutation(std::span<Index> out) noexcept {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<Index>(i);
    }
    shuffle(out);
  }

  /// NumPy's RandomState.shuffle.
  void shuffle(std::span<Index> values) noexcept {
    for (std::size_t i = values.size(); i-- > 1;) {
      std::swap(values[i], values[static_cast<std::size_t>(interval(i))]);
    }
  }

 private:
  static constexpr std::size_t length = 624;
  static constexpr std::size_t shift = 397;

  void refill() noexcept {
    for (std::size_t i = 0; i < length; ++i) {
      const std::uint32_t y = (state_[i] & 0x80000000U) | (state_[(i + 1) % length] & 0x7fffffffU);
      state_[i] = state_[(i + shift) % length] ^ (y >> 1) ^ ((y & 1U) * 0x9908b0dfU);
    }
    at_ = 0;
  }

  std::array<std::uint32_t, length> state_{};
  std::size_t at_ = length;
};

}  // namespace eigengrad::detail
