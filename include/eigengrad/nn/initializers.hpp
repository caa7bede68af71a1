#pragma once
// Initializer: the distribution of a new parameter's values, by Keras's names and PyTorch's
// default. A plain value. Leaves out layers: who uses which one is said in dense.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eigengrad::nn {

/// How many values feed one unit, and how many units one value feeds.
struct Fans {
  Index in = 1;
  Index out = 1;
};

/// The fans of a weight: (in, out) for a matrix; the extent itself, twice, for a vector; for more
/// axes the last two times the product of the others.
///
/// Reference: Keras `compute_fans`
[[nodiscard]] inline Fans fans_of(const Shape& shape) noexcept {
  if (shape.rank() < 2) {
    const Index n = shape.rank() == 0 ? 1 : shape[0];
    return {n, n};
  }
  Index field = 1;
  for (int axis = 0; axis + 2 < shape.rank(); ++axis) {
    field *= shape[axis];
  }
  return {field * shape[shape.rank() - 2], field * shape[shape.rank() - 1]};
}

}  // namespace eigengrad::nn

namespace eigengrad::detail {

/// x with P(X <= x) = p for a standard normal X and 0.0001 < p < 0.9999, to 1e-15 relative.
/// Reference: Wichura 1988, algorithm AS 241, PPND16
[[nodiscard]] inline double normal_quantile(double p) noexcept {
  constexpr std::array central_above{3.3871328727963666080e0,  1.3314166789178437745e+2,
                                     1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                     4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                     3.3430575583588128105e+4, 2.5090809287301226727e+3};
  constexpr std::array central_below{1.0,
                                     4.2313330701600911252e+1,
                                     6.8718700749205790830e+2,
                                     5.3941960214247511077e+3,
                                     2.1213794301586595867e+4,
                                     3.9307895800092710610e+4,
                                     2.8729085735721942674e+4,
                                     5.2264952788528545610e+3};
  constexpr std::array tail_above{1.42343711074968357734e0,  4.63033784615654529590e0,
                                  5.76949722146069140550e0,  3.64784832476320460504e0,
                                  1.27045825245236838258e0,  2.41780725177450611770e-1,
                                  2.27238449892691845833e-2, 7.74545014278341407640e-4};
  constexpr std::array tail_below{1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
  const auto ratio = [](const std::array<double, 8>& above, const std::array<double, 8>& below,
                        double r) {
    double top = above[7];
    double bottom = below[7];
    for (std::size_t i = 7; i-- > 0;) {
      top = top * r + above[i];
      bottom = bottom * r + below[i];
    }
    return top / bottom;
  };
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    return q * ratio(central_above, central_below, 0.180625 - q * q);
  }
  const double r = std::sqrt(-std::log(q < 0 ? p : 1.0 - p)) - 1.6;
  const double x = ratio(tail_above, tail_below, r);
  return q < 0 ? -x : x;
}

/// Normal values within two deviations of 0, before scaling; one 64-bit word an element.
template <FloatScalar T>
[[nodiscard]] Tensor<T> truncated_normal(const Shape& shape, double deviation,
                                         const RandomKey& key) {
  constexpr double below_two = 0.022750131948179207;  // P(X <= -2)
  return from_random_words<T>(shape, key, [=](std::uint64_t bits) {
    const double u = unit_interval<double>(bits) + 0x1p-54;
    const double x = normal_quantile(below_two + u * (1.0 - 2.0 * below_two));
    return static_cast<T>(deviation * (x < -2.0 ? -2.0 : x > 2.0 ? 2.0 : x));
  });
}

inline constexpr std::array<std::string_view, 10> initializer_names{
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal",
    "pytorch",        "zeros",         "ones",       "uniform",   "normal"};

[[noreturn]] EIGENGRAD_COLD inline void throw_initializer(std::string_view name) {
  std::string known;
  for (const std::string_view candidate : initializer_names) {
    known += (known.empty() ? "" : ", ") + std::string(candidate);
  }
  throw_error<ValueError>("Initializer", {"no initializer is named '", name, "': ", known});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_initializer_range(std::string_view what, double first,
                                                                double second) {
  throw_error<ValueError>("Initializer", {what, ": ", first, ", ", second});
}

}  // namespace eigengrad::detail

namespace eigengrad::nn {

/// The distribution of a new parameter's values. The default is Keras's: glorot_uniform.
///
/// | name | values |
/// |---|---|
/// | glorot_uniform | U(-a, a), a = sqrt(6 / (in + out)) |
/// | glorot_normal | normal, deviation sqrt(2 / (in + out)), truncated at two deviations |
/// | he_uniform, he_normal | as glorot, from sqrt(6 / in) and sqrt(2 / in) |
/// | lecun_normal | truncated normal, deviation sqrt(1 / in) |
/// | pytorch | U(-a, a), a = sqrt(1 / in): the default of PyTorch's Linear, for weight and bias |
/// | zeros, ones | constant |
/// | uniform | U(low, high), by default -0.05, 0.05 |
/// | normal | normal with mean and deviation, by default 0, 0.05, not truncated |
///
/// Deviations are those of the truncated distributions, as in Keras.
///
/// Throws:    ValueError for an unknown name, uniform() unless low < high, normal() for a negative
///            deviation
/// Reference: Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998; Keras `initializers`;
///            PyTorch `Linear`
class Initializer {
 public:
  enum class Kind : std::uint8_t {
    glorot_uniform,
    glorot_normal,
    he_uniform,
    he_normal,
    lecun_normal,
    pytorch,
    zeros,
    ones,
    uniform,
    normal
  };

  Initializer() noexcept = default;
  /// By name; implicit, so that `.initializer = "he_uniform"` reads as in Keras.
  Initializer(std::string_view name) {  // NOLINT: implicit on purpose
    for (std::size_t i = 0; i < detail::initializer_names.size(); ++i) {
      if (name == detail::initializer_names[i]) {
        *this = Initializer(static_cast<Kind>(i));
        return;
      }
    }
    detail::throw_initializer(name);
  }
  Initializer(const char* name) : Initializer(std::string_view(name)) {}  // NOLINT: as above

  [[nodiscard]] static Initializer glorot_uniform() { return Initializer(Kind::glorot_uniform); }
  [[nodiscard]] static Initializer glorot_normal() { return Initializer(Kind::glorot_normal); }
  [[nodiscard]] static Initializer he_uniform() { return Initializer(Kind::he_uniform); }
  [[nodiscard]] static Initializer he_normal() { return Initializer(Kind::he_normal); }
  [[nodiscard]] static Initializer lecun_normal() { return Initializer(Kind::lecun_normal); }
  [[nodiscard]] static Initializer pytorch() { return Initializer(Kind::pytorch); }
  [[nodiscard]] static Initializer zeros() { return Initializer(Kind::zeros); }
  [[nodiscard]] static Initializer ones() { return Initializer(Kind::ones); }
  [[nodiscard]] static Initializer uniform(double low, double high) {
    if (!(low < high) || !std::isfinite(high - low)) {
      detail::throw_initializer_range("uniform needs low < high", low, high);
    }
    Initializer result(Kind::uniform);
    result.first_ = low;
    result.second_ = high;
    return result;
  }
  [[nodiscard]] static Initializer normal(double mean, double deviation) {
    if (!(deviation >= 0) || !std::isfinite(mean) || !std::isfinite(deviation)) {
      detail::throw_initializer_range("normal needs a finite mean and a deviation >= 0", mean,
                                      deviation);
    }
    Initializer result(Kind::normal);
    result.first_ = mean;
    result.second_ = deviation;
    return result;
  }

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] std::string_view name() const noexcept {
    return detail::initializer_names[static_cast<std::size_t>(kind_)];
  }
  [[nodiscard]] friend bool operator==(const Initializer&, const Initializer&) = default;

  /// A new tensor of these values; the same for the same key.
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> make(const Shape& shape, const RandomKey& key, Fans fans) const {
    const auto in = static_cast<double>(fans.in > 1 ? fans.in : 1);
    const auto both = static_cast<double>(fans.in + fans.out > 1 ? fans.in + fans.out : 1);
    switch (kind_) {
      case Kind::glorot_uniform:
        return symmetric<T>(shape, std::sqrt(6.0 / both), key);
      case Kind::he_uniform:
        return symmetric<T>(shape, std::sqrt(6.0 / in), key);
      case Kind::pytorch:
        return symmetric<T>(shape, std::sqrt(1.0 / in), key);
      case Kind::glorot_normal:
        return truncated<T>(shape, std::sqrt(2.0 / both), key);
      case Kind::he_normal:
        return truncated<T>(shape, std::sqrt(2.0 / in), key);
      case Kind::lecun_normal:
        return truncated<T>(shape, std::sqrt(1.0 / in), key);
      case Kind::uniform:
        return eigengrad::uniform<T>(shape, static_cast<T>(first_), static_cast<T>(second_), key);
      case Kind::normal:
        return eigengrad::normal<T>(shape, static_cast<T>(first_), static_cast<T>(second_), key);
      case Kind::ones:
        return eigengrad::ones<T>(shape);
      case Kind::zeros:
        break;
    }
    return eigengrad::zeros<T>(shape);
  }

 private:
  explicit Initializer(Kind kind) noexcept
      : kind_(kind),
        first_(kind == Kind::uniform ? -0.05 : 0.0),
        second_(kind == Kind::uniform || kind == Kind::normal ? 0.05 : 0.0) {}

  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> symmetric(const Shape& shape, double bound, const RandomKey& key) {
    return eigengrad::uniform<T>(shape, static_cast<T>(-bound), static_cast<T>(bound), key);
  }
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> truncated(const Shape& shape, double deviation,
                                           const RandomKey& key) {
    // Cutting at two deviations leaves .8796 of a normal's deviation.
    return detail::truncated_normal<T>(shape, deviation / 0.87962566103423978, key);
  }

  Kind kind_ = Kind::glorot_uniform;
  double first_ = 0;   // low or mean
  double second_ = 0;  // high or deviation
};

}  // namespace eigengrad::nn
