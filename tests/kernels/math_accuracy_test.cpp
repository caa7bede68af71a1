// Largest errors of eigengrad::math against the C library one precision higher, over a fixed sample
// of all float bit patterns and over random doubles; and that the scalar and the packet form agree
// to the bit. Special values are in math_special_values_test.cpp.

#include "../support/catch.hpp"

#include <eigengrad/kernels/math/math.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <type_traits>

namespace math = eigengrad::math;
using eigengrad::kernels::Packet;

namespace {

/// |y - expected| in units of the last place that T has at `size`; infinite where one is NaN and
/// the other is not, or where an overflow is at the wrong place.
template <class T, class Wide>
double error_in_ulp(T y, Wide expected, Wide size) {
  constexpr int digits = sizeof(T) == 4 ? 24 : 53;
  constexpr int lowest = sizeof(T) == 4 ? -149 : -1074;
  constexpr int overflow = sizeof(T) == 4 ? 128 : 1024;
  if (std::isnan(expected) || std::isnan(y)) {
    return std::isnan(expected) && std::isnan(y) ? 0 : INFINITY;
  }
  if (std::isinf(expected)) {
    return static_cast<Wide>(y) == expected ? 0 : INFINITY;
  }
  // An infinite result counts as 2^128, the number after the largest one; so does what is above.
  const Wide limit = std::ldexp(Wide{1}, overflow);
  const Wide value = std::isinf(y) ? std::copysign(limit, static_cast<Wide>(y)) : Wide{y};
  const Wide target = std::clamp(expected, -limit, limit);
  int exponent = 0;
  std::frexp(size, &exponent);
  const int last_place = std::clamp(exponent - digits, lowest, overflow - digits);
  return static_cast<double>(std::ldexp(std::fabs(value - target), -last_place));
}

struct Worst {
  double error = 0;
  double at = 0;
  std::int64_t unequal = 0;  // lanes where the scalar form gives other bits
};

template <class T>
bool same_bits(T a, T b) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b) || (std::isnan(a) && std::isnan(b));
}

template <class T, class Wide, class Function, class Reference>
void compare(const T* x, Function f, Reference reference, Wide least_per_x, Worst& worst) {
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  T y[lanes];
  f(Packet<T>::load(x)).store(y);
  for (int i = 0; i < lanes; ++i) {
    const Wide expected = reference(Wide{x[i]});
    const Wide size = std::max(std::fabs(expected), least_per_x * std::fabs(Wide{x[i]}));
    const double error = error_in_ulp(y[i], expected, size);
    if (error > worst.error) {
      worst.error = error;
      worst.at = static_cast<double>(x[i]);
    }
    worst.unequal += !same_bits(y[i], T{f(x[i])});
  }
}

#ifdef __OPTIMIZE__
constexpr std::uint64_t step = 7993;
constexpr int random_doubles = 100000;
#else
constexpr std::uint64_t step = 79999;
constexpr int random_doubles = 10000;
#endif

/// Every 7993rd bit pattern: half a million floats of every exponent and sign, infinities and NaN
/// too. A tenth of them without optimisation, where that would take minutes.
template <class Function, class Reference>
Worst over_floats(Function f, Reference reference, double least_per_x = 0) {
  constexpr int lanes = static_cast<int>(Packet<float>::lanes);
  Worst worst;
  float x[lanes];
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32);) {
    for (float& lane : x) {
      lane = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
      bits += step;
    }
    compare<float, double>(x, f, reference, least_per_x, worst);
  }
  return worst;
}

/// Uniform in [low, high].
template <class Function, class Reference>
Worst over_doubles(double low, double high, Function f, Reference reference,
                   long double least_per_x = 0) {
  constexpr int lanes = static_cast<int>(Packet<double>::lanes);
  std::mt19937_64 generator(7);
  std::uniform_real_distribution<double> uniform(low, high);
  Worst worst;
  double x[lanes];
  for (int n = 0; n < random_doubles; n += lanes) {
    for (double& lane : x) {
      lane = uniform(generator);
    }
    compare<double, long double>(x, f, reference, least_per_x, worst);
  }
  return worst;
}

void check(const Worst& worst, double bound) {
  INFO("largest error " << worst.error << " ulp at x = " << worst.at);
  CHECK(worst.error <= bound);
  CHECK(worst.error > 0);  // the comparison compares something
  CHECK(worst.unequal == 0);
}

// References, in the wider type W. Both forms of sigmoid avoid the overflow of e^-x.
template <class W>
W sigmoid_of(W x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}
template <class W>
W softplus_of(W x) {
  return std::log1p(std::exp(-std::fabs(x))) + (x > 0 ? x : 0);
}
template <class W>
W gelu_erf_of(W x) {
  return std::isinf(x) ? std::fmax(x, W{0}) : x * std::erfc(-x * std::sqrt(W{0.5})) / 2;
}
template <class W>
W gelu_tanh_of(W x) {
  constexpr W pi = std::numbers::pi_v<W>;
  const W u = std::sqrt(2 / pi) * (x + static_cast<W>(0.044715L) * x * x * x);
  return std::isinf(x) ? std::fmax(x, W{0}) : x * sigmoid_of(2 * u);
}

/// gelu is held to ulps of the larger of |y| and |x| 2^-12.
constexpr double gelu_least = 0x1p-12;

}  // namespace

// A function template of the library as one object for all its overloads.
#define FUNCTION(name) [](auto x) { return math::name(x); }
#define REFERENCE(name) [](auto x) { return std::name(x); }

// The bounds are the measured errors of all instruction sets rounded up to the next half, at most
// the 4 ulp that the library promises.
TEST_CASE("math: exponentials and logarithms of floats are accurate", "[kernels][math]") {
  check(over_floats(FUNCTION(exp), REFERENCE(exp)), 1.5);
  check(over_floats(FUNCTION(expm1), REFERENCE(expm1)), 2);
  check(over_floats(FUNCTION(log), REFERENCE(log)), 1);
  check(over_floats(FUNCTION(log1p), REFERENCE(log1p)), 1.5);
  check(over_floats(FUNCTION(tanh), REFERENCE(tanh)), 4);
  check(over_floats(FUNCTION(sigmoid), [](double x) { return sigmoid_of(x); }), 3);
  check(over_floats(FUNCTION(softplus), [](double x) { return softplus_of(x); }), 2);
}

TEST_CASE("math: error functions and gelu of floats are accurate", "[kernels][math]") {
  check(over_floats(FUNCTION(erf), REFERENCE(erf)), 3.5);
  check(over_floats(FUNCTION(erfc), REFERENCE(erfc)), 1);
  check(over_floats(
            FUNCTION(gelu_erf), [](double x) { return gelu_erf_of(x); }, gelu_least),
        4);
  check(over_floats(
            FUNCTION(gelu_tanh), [](double x) { return gelu_tanh_of(x); }, gelu_least),
        4);
}

TEST_CASE("math: roots and trigonometric functions of floats are accurate", "[kernels][math]") {
  check(over_floats(FUNCTION(sqrt), REFERENCE(sqrt)), 0.5);
  check(over_floats(FUNCTION(rsqrt), [](double x) { return 1 / std::sqrt(x); }), 1.5);
  check(over_floats(FUNCTION(sin), REFERENCE(sin)), 2);
  check(over_floats(FUNCTION(cos), REFERENCE(cos)), 2);
}

TEST_CASE("math: powers of floats are accurate", "[kernels][math]") {
  // Half an ulp is correct rounding; the double in between adds at most 2^-20 of one.
  for (const float y : {2.5f, -3.0f, 0.1f, 17.0f}) {
    CAPTURE(y);
    check(over_floats([y](auto x) { return math::pow(x, decltype(x)(y)); },
                      [y](double x) { return std::pow(x, double{y}); }),
          0.51);
  }
  check(over_floats([](auto x) { return math::pow(decltype(x)(1.1f), x); },
                    [](double x) { return std::pow(double{1.1f}, x); }),
        0.51);
  check(over_floats([](auto x) { return math::pow(math::abs(x), x); },
                    [](double x) { return std::pow(std::fabs(x), x); }),
        0.51);
}

TEST_CASE("math: exponentials and logarithms of doubles are accurate", "[kernels][math]") {
  const auto sigmoid = [](long double x) { return sigmoid_of(x); };
  const auto softplus = [](long double x) { return softplus_of(x); };
  check(over_doubles(-750, 711, FUNCTION(exp), REFERENCE(exp)), 1.5);
  check(over_doubles(-1, 1, FUNCTION(exp), REFERENCE(exp)), 1.5);
  check(over_doubles(-40, 710, FUNCTION(expm1), REFERENCE(expm1)), 2.5);
  check(over_doubles(-2, 2, FUNCTION(expm1), REFERENCE(expm1)), 2.5);
  check(over_doubles(0, 1e300, FUNCTION(log), REFERENCE(log)), 1);
  check(over_doubles(0.5, 2, FUNCTION(log), REFERENCE(log)), 1);
  check(over_doubles(0, 1e-308, FUNCTION(log), REFERENCE(log)), 1);
  check(over_doubles(-1, 3, FUNCTION(log1p), REFERENCE(log1p)), 1.5);
  check(over_doubles(-1e-3, 1e-3, FUNCTION(log1p), REFERENCE(log1p)), 1.5);
  check(over_doubles(-20, 20, FUNCTION(tanh), REFERENCE(tanh)), 3);
  check(over_doubles(-1, 1, FUNCTION(tanh), REFERENCE(tanh)), 3);
  check(over_doubles(-745, 40, FUNCTION(sigmoid), sigmoid), 3);
  check(over_doubles(-4, 4, FUNCTION(sigmoid), sigmoid), 3);
  check(over_doubles(-40, 40, FUNCTION(softplus), softplus), 2);
}

TEST_CASE("math: the remaining functions of doubles are accurate", "[kernels][math]") {
  const auto gelu_erf = [](long double x) { return gelu_erf_of(x); };
  const auto gelu_tanh = [](long double x) { return gelu_tanh_of(x); };
  check(over_doubles(0, 1e10, FUNCTION(sqrt), REFERENCE(sqrt)), 0.51);
  check(over_doubles(0, 1e10, FUNCTION(rsqrt), [](long double x) { return 1 / std::sqrt(x); }),
        1.5);
  // Those of the C library, whose own bounds these are (glibc manual, known maximum errors).
  check(over_doubles(-100, 100, FUNCTION(sin), REFERENCE(sin)), 1);
  check(over_doubles(-100, 100, FUNCTION(cos), REFERENCE(cos)), 1);
  check(over_doubles(-6, 6, FUNCTION(erf), REFERENCE(erf)), 1.5);
  check(over_doubles(-6, 26, FUNCTION(erfc), REFERENCE(erfc)), 5.5);
  check(over_doubles(-8, 8, FUNCTION(gelu_erf), gelu_erf, gelu_least), 6);
  check(over_doubles(-8, 8, FUNCTION(gelu_tanh), gelu_tanh, gelu_least), 4);
}
