#include "support/catch.hpp"

#include <eigengrad/io/elements.hpp>
#include <eigengrad/io/half.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace eg = eigengrad;
using eg::detail::BrainFloat;
using eg::detail::float_of;
using eg::detail::Half;
using eg::detail::narrow_float;

TEMPLATE_TEST_CASE("half: every number of the format comes back from float", "[io][half]", Half,
                   BrainFloat) {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float value = float_of(TestType{static_cast<std::uint16_t>(bits)});
    const std::uint16_t back = narrow_float<TestType>(static_cast<double>(value)).bits;
    // All NaN become the quiet one of the same sign.
    wrong += std::isnan(value) ? !std::isnan(float_of(TestType{back})) || (back ^ bits) >> 15 != 0
                               : back != bits;
  }
  CHECK(wrong == 0);
}

TEMPLATE_TEST_CASE("half: halfway between two numbers goes to the even one", "[io][half]", Half,
                   BrainFloat) {
  int wrong = 0;
  const std::uint32_t last = TestType::fraction_bits == 10 ? 0x7bff : 0x7f7f;  // the largest
  for (std::uint32_t bits = 0; bits < last; ++bits) {
    const auto low = static_cast<double>(float_of(TestType{static_cast<std::uint16_t>(bits)}));
    const auto high = static_cast<double>(float_of(TestType{static_cast<std::uint16_t>(bits + 1)}));
    const double middle = low + (high - low) / 2;  // exact
    const auto nearest = [](double value) {
      return std::uint32_t{narrow_float<TestType>(value).bits};
    };
    wrong += nearest(middle) != bits + (bits & 1U);
    wrong += nearest(std::nextafter(middle, low)) != bits;
    wrong += nearest(std::nextafter(middle, high)) != bits + 1;
    wrong += nearest(-middle) != (0x8000U | (bits + (bits & 1U)));
  }
  CHECK(wrong == 0);
}

TEST_CASE("half: the ends of the range", "[io][half]") {
  const auto half = [](double value) { return narrow_float<Half>(value).bits; };
  CHECK(half(65504) == 0x7bff);  // the largest
  CHECK(half(std::nextafter(65520.0, 0.0)) == 0x7bff);
  CHECK(half(65520) == 0x7c00);  // infinity
  CHECK(half(-1e300) == 0xfc00);
  CHECK(half(0x1p-24) == 1);  // the smallest
  CHECK(half(0x1p-25) == 0);
  CHECK(half(std::nextafter(0x1p-25, 1.0)) == 1);
  CHECK(half(-0x1p-26) == 0x8000);
  CHECK(half(std::numeric_limits<double>::denorm_min()) == 0);
  CHECK(half(-0.0) == 0x8000);
  CHECK(half(std::numeric_limits<double>::quiet_NaN()) == 0x7e00);
  // As PyTorch: torch.tensor([1e-40, 3e38, 1 / 3]).bfloat16() in reference/safetensors.
  const auto brain = [](double value) {
    return static_cast<double>(float_of(narrow_float<BrainFloat>(value)));
  };
  CHECK(brain(1e-40) == 9.183549615799121e-41);
  CHECK(brain(3e38) == 3.00405527047391e+38);
  CHECK(brain(1.0 / 3) == 0.333984375);
}

TEST_CASE("elements: both byte orders, to and fro", "[io][elements]") {
  const std::int64_t values[] = {1, -2, 0x1234};
  std::byte bytes[6];
  eg::detail::encode_elements<std::int16_t>(bytes, values, 3, true);
  const bool little = std::endian::native == std::endian::little;
  CHECK(bytes[0] == (little ? std::byte{0} : std::byte{1}));
  CHECK(bytes[4] == (little ? std::byte{0x12} : std::byte{0x34}));
  std::int64_t back[3];
  eg::detail::decode_elements<std::int16_t>(back, bytes, 3, true);
  CHECK(back[1] == -2);
  CHECK(back[2] == 0x1234);
}
