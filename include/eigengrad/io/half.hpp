#pragma once
// The 16-bit floating-point formats of files: IEEE 754 half precision and bfloat16, to and from the
// types of tensors. Leaves out arithmetic: no tensor has these element types.

#include <bit>
#include <cstdint>

namespace eigengrad::detail {

/// IEEE 754 half precision (1 sign, 5 exponent and 10 fraction bits), as the bits in the file.
struct Half {
  static constexpr int fraction_bits = 10;
  std::uint16_t bits;
};

/// bfloat16 (1 sign, 8 exponent and 7 fraction bits), as the bits in the file.
struct BrainFloat {
  static constexpr int fraction_bits = 7;
  std::uint16_t bits;
};

/// Exact: every half is a float.
[[nodiscard]] inline float float_of(Half half) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(half.bits & 0x8000U) << 16;
  const std::uint32_t exponent = (half.bits >> 10) & 31U;
  const std::uint32_t fraction = half.bits & 0x3ffU;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24
    const float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign == 0 ? value : -value;
  }
  const std::uint32_t wide = exponent == 31 ? 255 : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide << 23) | (fraction << 13));
}

/// Exact: a bfloat16 is the upper half of a float.
[[nodiscard]] inline float float_of(BrainFloat value) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

/// The nearest Half or BrainFloat, ties to even; past the largest one infinity. Rounds once, so a
/// double does not go through a float.
/// Reference: IEEE 754-2019, 4.3.1
template <class Narrow>
[[nodiscard]] Narrow narrow_float(double value) noexcept {
  constexpr int fraction_bits = Narrow::fraction_bits;
  constexpr int bias = (1 << (14 - fraction_bits)) - 1;
  constexpr std::uint64_t infinity = ((std::uint64_t{1} << (15 - fraction_bits)) - 1)
                                     << fraction_bits;
  constexpr std::uint64_t quiet = std::uint64_t{1} << (fraction_bits - 1);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t sign = bits >> 63 << 15;
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ffU) - 1023;
  const auto signed_bits = [sign](std::uint64_t magnitude) {
    return Narrow{static_cast<std::uint16_t>(sign | magnitude)};
  };
  if (exponent == 1024) {
    return signed_bits(fraction == 0 ? infinity : infinity | quiet);
  }
  // Below the smallest normal number the fraction loses bits; a double's own subnormals vanish.
  const bool subnormal = exponent < 1 - bias;
  const int shift = 52 - fraction_bits + (subnormal ? 1 - bias - exponent : 0);
  if (shift >= 54) {
    return signed_bits(0);
  }
  const std::uint64_t whole = fraction | (std::uint64_t{1} << 52);
  std::uint64_t kept = whole >> shift;
  const std::uint64_t rest = whole & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = std::uint64_t{1} << (shift - 1);
  kept += rest > half || (rest == half && (kept & 1U) != 0) ? 1 : 0;
  // `kept` carries the leading one, and a carry out of it, into the exponent's field.
  const std::uint64_t magnitude =
      subnormal ? kept : (static_cast<std::uint64_t>(exponent + bias - 1) << fraction_bits) + kept;
  return signed_bits(magnitude < infinity ? magnitude : infinity);
}

}  // namespace eigengrad::detail
