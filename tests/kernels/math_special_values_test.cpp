// eigengrad::math at zeros, infinities, NaN, subnormals and the thresholds of overflow, by hand and
// from C99 annex F. Every value goes through the packet and the scalar form. Errors over all other
// numbers are in math_accuracy_test.cpp.

#include "../support/catch.hpp"

#include <eigengrad/kernels/math/math.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace math = eigengrad::math;
using eigengrad::kernels::Mask;
using eigengrad::kernels::Packet;

namespace {

/// The same number, the same sign of zero, or both NaN.
template <class T>
bool same(T a, T b) {
  return (std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b));
}

template <class T>
struct Case {
  T x;
  T expected;
};

/// f gives the expected value in every lane of a packet, beside other numbers, and for the scalar.
template <class T, class Function>
void check(const char* name, Function f, const std::vector<Case<T>>& cases) {
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  for (const auto& [x, expected] : cases) {
    CAPTURE(name, x, expected);
    CHECK(same(T{f(x)}, expected));
    for (int lane = 0; lane < lanes; ++lane) {
      T values[lanes];
      for (int i = 0; i < lanes; ++i) {
        values[i] = i == lane ? x : T(0.5);
      }
      f(Packet<T>::load(values)).store(values);
      CAPTURE(lane, values[lane]);
      CHECK(same(values[lane], expected));
      CHECK(same(values[(lane + 1) % lanes], T{f(T(0.5))}));
    }
  }
}

template <class T>
bool lane_of(Mask<T> m, int i) {
  return m.v[i] != 0;
}

}  // namespace

#define FUNCTION(name) #name, [](auto argument) { return math::name(argument); }

TEMPLATE_TEST_CASE("math: zeros, infinities and NaN give what C99 says", "[kernels][math]", float,
                   double) {
  using T = TestType;
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T zero = 0;
  constexpr T one = 1;
  check<T>(FUNCTION(abs), {{-zero, 0}, {T(-2.5), T(2.5)}, {-inf, inf}, {nan, nan}});
  check<T>(FUNCTION(sqrt), {{0, 0}, {-zero, -zero}, {4, 2}, {inf, inf}, {-1, nan}, {nan, nan}});
  check<T>(FUNCTION(rsqrt),
           {{0, inf}, {-zero, -inf}, {4, T(0.5)}, {inf, 0}, {-1, nan}, {nan, nan}});
  check<T>(FUNCTION(exp), {{0, 1}, {-zero, 1}, {inf, inf}, {-inf, 0}, {nan, nan}});
  check<T>(FUNCTION(expm1), {{0, 0}, {-zero, -zero}, {inf, inf}, {-inf, -one}, {nan, nan}});
  check<T>(FUNCTION(log),
           {{0, -inf}, {-zero, -inf}, {1, 0}, {inf, inf}, {-1, nan}, {-inf, nan}, {nan, nan}});
  check<T>(FUNCTION(log1p),
           {{0, 0}, {-zero, -zero}, {-1, -inf}, {inf, inf}, {-2, nan}, {-inf, nan}, {nan, nan}});
  check<T>(FUNCTION(sin), {{0, 0}, {-zero, -zero}, {inf, nan}, {-inf, nan}, {nan, nan}});
  check<T>(FUNCTION(cos), {{0, 1}, {-zero, 1}, {inf, nan}, {-inf, nan}, {nan, nan}});
  check<T>(FUNCTION(tanh), {{0, 0}, {-zero, -zero}, {inf, 1}, {-inf, -one}, {nan, nan}});
  check<T>(FUNCTION(sigmoid), {{0, T(0.5)}, {inf, 1}, {-inf, 0}, {nan, nan}});
  check<T>(FUNCTION(softplus), {{inf, inf}, {-inf, 0}, {nan, nan}});
  check<T>(FUNCTION(erf), {{0, 0}, {-zero, -zero}, {inf, 1}, {-inf, -one}, {nan, nan}});
  check<T>(FUNCTION(erfc), {{0, 1}, {inf, 0}, {-inf, 2}, {nan, nan}});
  check<T>(FUNCTION(gelu_erf), {{0, 0}, {inf, inf}, {nan, nan}});
  check<T>(FUNCTION(gelu_tanh), {{0, 0}, {inf, inf}, {nan, nan}});
  CHECK(math::gelu_erf(-inf) == 0);
  CHECK(math::gelu_tanh(-inf) == 0);
  check<T>(FUNCTION(sign),
           {{0, 0}, {-zero, -zero}, {3, 1}, {-3, -one}, {-inf, -one}, {inf, 1}, {nan, nan}});
}

TEMPLATE_TEST_CASE("math: floor rounds down and keeps large numbers", "[kernels][math]", float,
                   double) {
  using T = TestType;
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T large = sizeof(T) == 4 ? T(0x1p23) : T(0x1p52);
  check<T>(FUNCTION(floor), {{T(0), T(0)},
                             {-T(0), -T(0)},
                             {T(0.75), T(0)},
                             {T(-0.25), T(-1)},
                             {T(2.5), T(2)},
                             {T(-2.5), T(-3)},
                             {T(7), T(7)},
                             {large - T(0.5), large - T(1)},
                             {-large + T(0.5), -large},
                             {large + T(1), large + T(1)},
                             {inf, inf},
                             {-inf, -inf}});
}

TEST_CASE("math: floats overflow and underflow where the exact result does", "[kernels][math]") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  constexpr float smallest = std::numeric_limits<float>::denorm_min();
  // ln(FLT_MAX) = 88.7228391..., ln(2^-150) = -103.97207...: below, the result rounds to 0.
  check<float>(FUNCTION(exp), {{88.7228394f, inf}, {-103.972084f, 0.0f}, {-103.972f, smallest}});
  CHECK(math::exp(88.7228317f) < inf);
  CHECK(math::expm1(88.7228317f) < inf);
  CHECK(math::expm1(88.7228394f) == inf);
  // The tails of sigmoid and softplus are those of exp.
  check<float>(FUNCTION(sigmoid), {{-103.972f, smallest}, {-103.972084f, 0.0f}, {100.0f, 1.0f}});
  check<float>(FUNCTION(softplus), {{-103.972f, smallest}, {1e30f, 1e30f}});
  // Small numbers come back unchanged where the function is x + O(x^2) and nothing is scaled.
  for (const float x : {smallest, 0x1.8p-130f, 1e-30f, 1e-10f}) {
    check<float>(FUNCTION(expm1), {{x, x}, {-x, -x}});
    check<float>(FUNCTION(log1p), {{x, x}, {-x, -x}});
    check<float>(FUNCTION(sin), {{x, x}, {-x, -x}});
  }
  // log(2^-149) = -149 ln(2) = -103.278929903..., log(2^-126) = -87.3365447506...
  check<float>(FUNCTION(log), {{smallest, -103.278931f}, {0x1p-126f, -87.3365479f}});
  check<float>(FUNCTION(tanh), {{9.1f, 1.0f}, {-9.1f, -1.0f}, {1e30f, 1.0f}});
  check<float>(FUNCTION(erf), {{4.0f, 1.0f}, {-4.0f, -1.0f}, {1e30f, 1.0f}});
  check<float>(FUNCTION(erfc), {{10.1f, 0.0f}, {1e30f, 0.0f}, {-5.0f, 2.0f}});
  // Far beyond the reduction: sin and cos of 2^100 from the binary expansion of 2/pi (glibc).
  CHECK(math::sin(0x1p100f) == static_cast<float>(std::sin(0x1p100)));
  CHECK(math::cos(-3e38f) == static_cast<float>(std::cos(double{-3e38f})));
}

TEST_CASE("math: doubles overflow and underflow where the exact result does", "[kernels][math]") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double smallest = std::numeric_limits<double>::denorm_min();
  // ln(DBL_MAX) = 709.782712893384..., ln(2^-1075) = -745.133219101941...
  check<double>(FUNCTION(exp), {{709.782712893385, inf}, {-745.14, 0.0}, {-745.13, smallest}});
  CHECK(math::exp(709.782712893383) < inf);
  CHECK(math::expm1(709.782712893383) < inf);
  check<double>(FUNCTION(sigmoid), {{-745.13, smallest}, {-745.14, 0.0}, {100.0, 1.0}});
  check<double>(FUNCTION(tanh), {{19.1, 1.0}, {-1e300, -1.0}});
  check<double>(FUNCTION(expm1), {{smallest, smallest}, {-1e-300, -1e-300}});
  check<double>(FUNCTION(log1p), {{smallest, smallest}, {-1e-300, -1e-300}});
  // log(2^-1074) = -744.440071921381...
  check<double>(FUNCTION(log), {{smallest, -744.44007192138126}});
}

TEMPLATE_TEST_CASE("math: pow follows C99 in all special cases", "[kernels][math]", float, double) {
  using T = TestType;
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  constexpr T smallest = std::numeric_limits<T>::denorm_min();
  constexpr T largest = std::numeric_limits<T>::max();
  const std::vector<T> values = {
      T(0),     -T(0),     T(1),    T(-1),    T(2),     T(-2),       T(3),   T(-3), T(0.5),
      T(-0.5),  T(2.5),    T(-2.5), T(1e30),  T(-1e30), T(16777215), inf,    -inf,  nan,
      smallest, -smallest, largest, -largest, T(7),     T(-7),       T(0.25)};
  for (const T x : values) {
    for (const T y : values) {
      // In the wider type the C library rounds once more; all of these are exact or far off range.
      const T expected = static_cast<T>(std::pow(static_cast<double>(x), static_cast<double>(y)));
      CAPTURE(x, y, expected, math::pow(x, y));
      CHECK(same(math::pow(x, y), expected));
      T lanes[static_cast<std::size_t>(Packet<T>::lanes)];
      math::pow(Packet<T>(x), Packet<T>(y)).store(lanes);
      CHECK(same(lanes[0], expected));
      CHECK(same(lanes[Packet<T>::lanes - 1], expected));
    }
  }
}

TEMPLATE_TEST_CASE("math: minimum and maximum pass NaN on from either side", "[kernels][math]",
                   float, double) {
  using T = TestType;
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr T nan = std::numeric_limits<T>::quiet_NaN();
  struct Pair {
    T a, b, low, high;
  };
  for (const auto& [a, b, low, high] :
       {Pair{1, 2, 1, 2}, Pair{2, 1, 1, 2}, Pair{-inf, inf, -inf, inf}, Pair{nan, 1, nan, nan},
        Pair{1, nan, nan, nan}, Pair{nan, inf, nan, nan}, Pair{-inf, nan, nan, nan}}) {
    CAPTURE(a, b);
    CHECK(same(math::minimum(a, b), low));
    CHECK(same(math::maximum(a, b), high));
    CHECK(same(math::minimum(Packet<T>(a), Packet<T>(b)).v[1], low));
    CHECK(same(math::maximum(Packet<T>(a), Packet<T>(b)).v[1], high));
  }
}

TEMPLATE_TEST_CASE("math: selection, signs and classification act on each lane", "[kernels][math]",
                   float, double) {
  using T = TestType;
  constexpr T inf = std::numeric_limits<T>::infinity();
  constexpr int lanes = static_cast<int>(Packet<T>::lanes);
  const T samples[] = {T(1),
                       T(-2),
                       inf,
                       -inf,
                       std::numeric_limits<T>::quiet_NaN(),
                       T(0),
                       -T(0),
                       std::numeric_limits<T>::denorm_min()};
  T values[lanes];
  for (int offset = 0; offset < 8; ++offset) {
    for (int i = 0; i < lanes; ++i) {
      values[i] = samples[(i + offset) % 8];
    }
    const Packet<T> x = Packet<T>::load(values);
    const Packet<T> chosen = math::select(x > T(0), x, T(7));
    const Packet<T> signs = math::copysign(Packet<T>(T(3)), x);
    for (int i = 0; i < lanes; ++i) {
      const T lane = values[i];
      CAPTURE(i, lane);
      CHECK(lane_of(math::isnan(x), i) == std::isnan(lane));
      CHECK(lane_of(math::isinf(x), i) == std::isinf(lane));
      CHECK(lane_of(math::isfinite(x), i) == std::isfinite(lane));
      CHECK(lane_of(math::isnan(x) || math::isinf(x), i) == !std::isfinite(lane));
      CHECK(math::isnan(lane) == std::isnan(lane));
      CHECK(math::isinf(lane) == std::isinf(lane));
      CHECK(math::isfinite(lane) == std::isfinite(lane));
      CHECK(same(T{chosen.v[i]}, lane > 0 ? lane : T(7)));
      CHECK(same(math::select(lane > 0, lane, T(7)), lane > 0 ? lane : T(7)));
      CHECK(same(T{signs.v[i]}, std::copysign(T(3), lane)));
      CHECK(same(math::copysign(T(3), lane), std::copysign(T(3), lane)));
    }
    CHECK(any(math::isnan(x)) == [&] {
      for (const T lane : values) {
        if (std::isnan(lane)) {
          return true;
        }
      }
      return false;
    }());
  }
  CHECK_FALSE(any(Packet<T>(T(1)) < T(1)));
}
