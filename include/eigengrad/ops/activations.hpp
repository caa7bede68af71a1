#pragma once
// Activation functions: relu, leaky_relu, elu, silu, softplus, softsign, and gelu in both forms.
// sigmoid and tanh have headers of their own; softmax is in softmax.hpp.

#include <eigengrad/kernels/math/error_function.hpp>
#include <eigengrad/kernels/math/exp.hpp>
#include <eigengrad/kernels/math/gelu.hpp>
#include <eigengrad/kernels/math/log.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

#include <array>
#include <limits>
#include <string_view>

namespace eigengrad {

struct Relu {
  static constexpr std::string_view name = "relu";
  static constexpr std::string_view doc = "max(x, 0), elementwise.";
  static constexpr Save saves = Save::output;
  static constexpr Domain samples{-2.0, 2.0};
  static constexpr std::array kinks{0.0};
  template <class S>
  static S f(S x) {
    return math::maximum(x, constant<S>(0));
  }
  template <class S>
  static S pull(S g, S y) {
    return math::select(y <= constant<S>(0), constant<S>(0), g);
  }
};

/// The larger of x and 0, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g where x > 0 or x is NaN, else 0: 0 at the kink
/// Range:     NaN at NaN
/// Cost:      one pass; saves y
/// Reference: PyTorch `relu`
template <FloatScalar T>
[[nodiscard]] Tensor<T> relu(const Tensor<T>& x) {
  return detail::unary<Relu>(x);
}
EIGENGRAD_LIST_OP(Relu);

struct LeakyRelu {
  static constexpr std::string_view name = "leaky_relu";
  static constexpr std::string_view doc = "x where x > 0, else slope * x.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  static constexpr std::array kinks{0.0};
  double slope = 0.01;
  template <class S>
  S f(S x) const {
    return math::select(x > constant<S>(0), x, x * constant<S>(slope));
  }
  template <class S>
  S pull(S g, S x) const {
    return math::select(x > constant<S>(0), g, g * constant<S>(slope));
  }
};

/// x where it is positive, slope x elsewhere.
///
/// Shapes:    any -> the same
/// Gradient:  g where x > 0, else slope g: slope g at 0 and at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `leaky_relu`; Maas, Hannun, Ng 2013
template <FloatScalar T>
[[nodiscard]] Tensor<T> leaky_relu(const Tensor<T>& x, double slope = 0.01) {
  return detail::unary(x, LeakyRelu{slope});
}
EIGENGRAD_LIST_OP(LeakyRelu);

struct Elu {
  static constexpr std::string_view name = "elu";
  static constexpr std::string_view doc = "x where x > 0, else alpha (e^x - 1).";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-3.0, 2.0};
  static constexpr std::array kinks{0.0};
  double alpha = 1.0;
  template <class S>
  S f(S x) const {
    return math::select(x <= constant<S>(0), constant<S>(alpha) * math::expm1(x), x);
  }
  template <class S>
  S df(S x) const {
    // Not e^x itself, which overflows where it is not chosen: 0 times infinity is NaN in the
    // derivative of this one.
    const auto below = x <= constant<S>(0);
    const S negative = math::select(below, x, constant<S>(0));
    return math::select(below, constant<S>(alpha) * math::exp(negative), constant<S>(1));
  }
};

/// x where it is positive, alpha (e^x - 1) elsewhere.
///
/// Shapes:    any -> the same
/// Gradient:  g where x > 0 or x is NaN, else alpha e^x g: alpha g at 0
/// Range:     -alpha at -inf, NaN at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `elu`; Clevert, Unterthiner, Hochreiter 2016
template <FloatScalar T>
[[nodiscard]] Tensor<T> elu(const Tensor<T>& x, double alpha = 1.0) {
  return detail::unary(x, Elu{alpha});
}
EIGENGRAD_LIST_OP(Elu);

struct Silu {
  static constexpr std::string_view name = "silu";
  static constexpr std::string_view doc = "x sigmoid(x), also called swish.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  template <class S>
  static S f(S x) {
    return x * math::sigmoid(x);
  }
  template <class S>
  static S df(S x) {
    const S s = math::sigmoid(x);
    return s * (constant<S>(1) + x * (constant<S>(1) - s));
  }
};

/// x sigmoid(x), elementwise; also called swish.
///
/// Shapes:    any -> the same
/// Gradient:  g s (1 + x (1 - s)), s = sigmoid(x); NaN at both infinities
/// Range:     inf at inf; NaN at -inf and NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `silu`; Hendrycks, Gimpel 2016
template <FloatScalar T>
[[nodiscard]] Tensor<T> silu(const Tensor<T>& x) {
  return detail::unary<Silu>(x);
}
EIGENGRAD_LIST_OP(Silu);

struct Softplus {
  static constexpr std::string_view name = "softplus";
  static constexpr std::string_view doc =
      "log(1 + e^(beta x)) / beta, and x itself where beta x > threshold.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  double beta = 1.0;
  double threshold = 20.0;
  template <class S>
  S f(S x) const {
    const S z = x * constant<S>(beta);
    return math::select(z > constant<S>(threshold), x, math::softplus(z) / constant<S>(beta));
  }
  template <class S>
  S df(S x) const {
    const S z = x * constant<S>(beta);
    return math::select(z > constant<S>(threshold), constant<S>(1), math::sigmoid(z));
  }
};

/// log(1 + e^(beta x)) / beta, elementwise: a smooth relu. Where beta x > threshold it is x itself,
/// which at the default threshold is within 2.1e-9 of the function.
///
/// Shapes:    any -> the same
/// Gradient:  g sigmoid(beta x), and g where beta x > threshold
/// Range:     0 at -inf, inf at inf, NaN at NaN; relatively accurate in the lower tail
/// Cost:      one pass; saves x
/// Reference: PyTorch `softplus`
template <FloatScalar T>
[[nodiscard]] Tensor<T> softplus(const Tensor<T>& x, double beta = 1.0, double threshold = 20.0) {
  return detail::unary(x, Softplus{beta, threshold});
}
EIGENGRAD_LIST_OP(Softplus);

struct Softsign {
  static constexpr std::string_view name = "softsign";
  static constexpr std::string_view doc = "x / (1 + |x|), elementwise.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  template <class S>
  static S f(S x) {
    return x / (constant<S>(1) + math::abs(x));
  }
  template <class S>
  static S df(S x) {
    const S r = constant<S>(1) / (constant<S>(1) + math::abs(x));
    return r * r + (x - x);  // x - x: NaN at the infinities, as the value is
  }
};

/// x / (1 + |x|), elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  g / (1 + |x|)^2; smooth at 0
/// Range:     NaN, value and gradient, at both infinities and at NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `softsign`; Turian, Bergstra, Bengio 2009
template <FloatScalar T>
[[nodiscard]] Tensor<T> softsign(const Tensor<T>& x) {
  return detail::unary<Softsign>(x);
}
EIGENGRAD_LIST_OP(Softsign);

/// The two forms of gelu: x Phi(x) with the normal distribution function, or its approximation by
/// tanh.
enum class Gelu { erf, tanh };

struct GeluErf {
  static constexpr std::string_view name = "gelu";
  static constexpr std::string_view doc = "x Phi(x), Phi the normal distribution function.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  template <class S>
  static S f(S x) {
    // x - min(x, 0) is max(x, 0), but NaN at -inf.
    return (x - math::minimum(x, constant<S>(0))) - math::gelu_erf_tail(x);
  }
  template <class S>
  static S df(S x) {
    const S distribution =
        constant<S>(0.5) * math::erfc(x * constant<S>(-0.70710678118654752440));  // sqrt(1/2)
    const S density = constant<S>(0.39894228040143267794) *                       // 1 / sqrt(2 pi)
                      math::exp(constant<S>(-0.5) * x * x);
    return distribution + x * density;
  }
};
EIGENGRAD_LIST_OP(GeluErf);

struct GeluTanh {
  static constexpr std::string_view name = "gelu_tanh";
  static constexpr std::string_view doc =
      "x (1 + tanh(u)) / 2, u = sqrt(2/pi) (x + 0.044715 x^3): gelu's approximation.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-4.0, 4.0};
  template <class S>
  static S f(S x) {
    // x - min(x, 0) is max(x, 0), but NaN at -inf.
    return (x - math::minimum(x, constant<S>(0))) - math::gelu_tanh_tail(x);
  }
  template <class S>
  static S df(S x) {
    // (1 + tanh(u)) / 2 = sigmoid(2 u), which keeps its digits in the lower tail.
    const S square = x * x;
    const S scale = constant<S>(1.59576912160573071176);  // 2 sqrt(2/pi)
    const S z = scale * x * (constant<S>(1) + constant<S>(0.044715) * square);
    const S dz = scale * (constant<S>(1) + constant<S>(3 * 0.044715) * square);
    const S s = math::sigmoid(z);
    return s + x * (s * math::sigmoid(-z) * dz);
  }
};
EIGENGRAD_LIST_OP(GeluTanh);

/// x Phi(x), elementwise, with Phi the normal distribution function; or with Gelu::tanh the
/// approximation x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.
///
/// Shapes:    any -> the same
/// Gradient:  g (Phi(x) + x phi(x)), or that of the approximation; NaN at both infinities
/// Range:     relatively accurate in the lower tail; inf at inf, NaN at -inf and NaN
/// Cost:      one pass; saves x
/// Reference: PyTorch `gelu`; Hendrycks, Gimpel 2016
template <FloatScalar T>
[[nodiscard]] Tensor<T> gelu(const Tensor<T>& x, Gelu form = Gelu::erf) {
  return form == Gelu::erf ? detail::unary<GeluErf>(x) : detail::unary<GeluTanh>(x);
}

}  // namespace eigengrad
