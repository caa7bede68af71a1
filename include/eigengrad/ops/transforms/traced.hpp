#pragma once
// Traced<T>: a tensor, or a number until a tensor is needed, that the functions of an elementwise
// op take for an element. Every operation on it is a public op, which records itself; so the one
// derivative that an op has for packets is also the one that is differentiated further.

#include <eigengrad/kernels/math/basic.hpp>
#include <eigengrad/kernels/math/traced.hpp>
#include <eigengrad/ops/absolute.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/compare.hpp>
#include <eigengrad/ops/error_function.hpp>
#include <eigengrad/ops/exponential.hpp>
#include <eigengrad/ops/maximum.hpp>
#include <eigengrad/ops/power.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/trigonometric.hpp>
#include <eigengrad/ops/where.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <limits>
#include <utility>

namespace eigengrad::detail {

/// A comparison of traced values.
template <FloatScalar T>
class TracedMask {
 public:
  explicit TracedMask(Tensor<bool> mask) : mask_(std::move(mask)) {}
  [[nodiscard]] const Tensor<bool>& tensor() const noexcept { return mask_; }

  friend TracedMask operator&(const TracedMask& a, const TracedMask& b) {
    return TracedMask(logical_and(a.mask_, b.mask_));
  }
  friend TracedMask operator|(const TracedMask& a, const TracedMask& b) {
    return TracedMask(logical_or(a.mask_, b.mask_));
  }
  friend TracedMask operator&&(const TracedMask& a, const TracedMask& b) { return a & b; }
  friend TracedMask operator||(const TracedMask& a, const TracedMask& b) { return a | b; }
  friend TracedMask operator!(const TracedMask& a) { return TracedMask(logical_not(a.mask_)); }

 private:
  Tensor<bool> mask_;
};

template <FloatScalar T>
class Traced {
 public:
  using Scalar = T;

  Traced(T number) : number_(number) {}  // NOLINT: `1 / (1 + x)` as for packets
  explicit Traced(Tensor<T> x) : tensor_(std::move(x)) {}

  [[nodiscard]] bool is_number() const noexcept { return !tensor_.defined(); }
  [[nodiscard]] T number() const noexcept { return number_; }
  /// The tensor; a number as one without axes.
  [[nodiscard]] Tensor<T> tensor() const { return is_number() ? scalar(number_) : tensor_; }
  /// The same over a shape that it broadcasts to.
  [[nodiscard]] Tensor<T> over(const Shape& shape) const {
    if (is_number()) {
      return full(shape, number_);
    }
    return tensor_.shape() == shape ? tensor_ : expand(tensor_, shape);
  }

  friend Traced operator+(const Traced& a, const Traced& b) {
    return apply(a, b, [](const auto& x, const auto& y) { return x + y; });
  }
  friend Traced operator-(const Traced& a, const Traced& b) {
    return apply(a, b, [](const auto& x, const auto& y) { return x - y; });
  }
  friend Traced operator*(const Traced& a, const Traced& b) {
    return apply(a, b, [](const auto& x, const auto& y) { return x * y; });
  }
  friend Traced operator/(const Traced& a, const Traced& b) {
    return apply(a, b, [](const auto& x, const auto& y) { return x / y; });
  }
  friend Traced operator-(const Traced& a) {
    return a.is_number() ? Traced(-a.number_) : Traced(-a.tensor_);
  }

  friend TracedMask<T> operator<(const Traced& a, const Traced& b) {
    return TracedMask<T>(lt(a.tensor(), b.tensor()));
  }
  friend TracedMask<T> operator<=(const Traced& a, const Traced& b) {
    return TracedMask<T>(le(a.tensor(), b.tensor()));
  }
  friend TracedMask<T> operator>(const Traced& a, const Traced& b) { return b < a; }
  friend TracedMask<T> operator>=(const Traced& a, const Traced& b) { return b <= a; }
  friend TracedMask<T> operator==(const Traced& a, const Traced& b) {
    return TracedMask<T>(eq(a.tensor(), b.tensor()));
  }
  friend TracedMask<T> operator!=(const Traced& a, const Traced& b) {
    return TracedMask<T>(ne(a.tensor(), b.tensor()));
  }

 private:
  /// f of two tensors, of a tensor and a number, or of two numbers.
  template <class F>
  [[nodiscard]] static Traced apply(const Traced& a, const Traced& b, const F& f) {
    if (a.is_number() && b.is_number()) {
      return Traced(T(f(a.number_, b.number_)));
    }
    if (a.is_number()) {
      return Traced(Tensor<T>(f(static_cast<double>(a.number_), b.tensor_)));
    }
    if (b.is_number()) {
      return Traced(Tensor<T>(f(a.tensor_, static_cast<double>(b.number_))));
    }
    return Traced(Tensor<T>(f(a.tensor_, b.tensor_)));
  }

  Tensor<T> tensor_;
  T number_ = T(0);
};

}  // namespace eigengrad::detail

namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY {

template <FloatScalar T>
Traced<T> select(const TracedMask<T>& mask, const std::type_identity_t<Traced<T>>& a,
                 const std::type_identity_t<Traced<T>>& b) {
  return Traced<T>(where(mask.tensor(), a.tensor(), b.tensor()));
}
template <FloatScalar T>
TracedMask<T> isnan(const Traced<T>& x) {
  return TracedMask<T>(eigengrad::isnan(x.tensor()));
}
template <FloatScalar T>
TracedMask<T> isinf(const Traced<T>& x) {
  return TracedMask<T>(eigengrad::isinf(x.tensor()));
}
template <FloatScalar T>
Traced<T> abs(const Traced<T>& x) {
  return Traced<T>(eigengrad::abs(x.tensor()));
}
template <FloatScalar T>
Traced<T> sign(const Traced<T>& x) {
  return select(x > Traced<T>(T(0)), T(1), select(x < Traced<T>(T(0)), T(-1), x * Traced<T>(T(0))));
}
template <FloatScalar T>
Traced<T> copysign(const Traced<T>& magnitude, const std::type_identity_t<Traced<T>>& sign_of) {
  // The sign of -0 plays no part: the functions that use it are not differentiable there.
  const Traced<T> size = abs(magnitude);
  return select(sign_of < Traced<T>(T(0)), -size, size);
}
template <FloatScalar T>
Traced<T> minimum(const Traced<T>& a, const std::type_identity_t<Traced<T>>& b) {
  return Traced<T>(eigengrad::minimum(a.tensor(), b.tensor()));
}
template <FloatScalar T>
Traced<T> maximum(const Traced<T>& a, const std::type_identity_t<Traced<T>>& b) {
  return Traced<T>(eigengrad::maximum(a.tensor(), b.tensor()));
}
template <FloatScalar T>
Traced<T> sqrt(const Traced<T>& x) {
  return Traced<T>(eigengrad::sqrt(x.tensor()));
}
template <FloatScalar T>
Traced<T> rsqrt(const Traced<T>& x) {
  return Traced<T>(eigengrad::rsqrt(x.tensor()));
}
template <FloatScalar T>
Traced<T> pow(const Traced<T>& x, const std::type_identity_t<Traced<T>>& y) {
  if (y.is_number()) {
    return Traced<T>(eigengrad::pow(x.tensor(), static_cast<double>(y.number())));
  }
  if (x.is_number()) {
    return Traced<T>(eigengrad::pow(static_cast<double>(x.number()), y.tensor()));
  }
  return Traced<T>(eigengrad::pow(x.tensor(), y.tensor()));
}
template <FloatScalar T>
Traced<T> exp(const Traced<T>& x) {
  return Traced<T>(eigengrad::exp(x.tensor()));
}
template <FloatScalar T>
Traced<T> expm1(const Traced<T>& x) {
  return Traced<T>(eigengrad::expm1(x.tensor()));
}
template <FloatScalar T>
Traced<T> log(const Traced<T>& x) {
  return Traced<T>(eigengrad::log(x.tensor()));
}
template <FloatScalar T>
Traced<T> log1p(const Traced<T>& x) {
  return Traced<T>(eigengrad::log1p(x.tensor()));
}
template <FloatScalar T>
Traced<T> sigmoid(const Traced<T>& x) {
  return Traced<T>(eigengrad::sigmoid(x.tensor()));
}
template <FloatScalar T>
Traced<T> softplus(const Traced<T>& x) {
  // Without the op's threshold, past which it is linear.
  return Traced<T>(eigengrad::softplus(x.tensor(), 1.0, std::numeric_limits<double>::infinity()));
}
template <FloatScalar T>
Traced<T> tanh(const Traced<T>& x) {
  return Traced<T>(eigengrad::tanh(x.tensor()));
}
template <FloatScalar T>
Traced<T> sin(const Traced<T>& x) {
  return Traced<T>(eigengrad::sin(x.tensor()));
}
template <FloatScalar T>
Traced<T> cos(const Traced<T>& x) {
  return Traced<T>(eigengrad::cos(x.tensor()));
}
template <FloatScalar T>
Traced<T> erf(const Traced<T>& x) {
  return Traced<T>(eigengrad::erf(x.tensor()));
}
template <FloatScalar T>
Traced<T> erfc(const Traced<T>& x) {
  return Traced<T>(eigengrad::erfc(x.tensor()));
}
template <FloatScalar T>
Traced<T> gelu_erf(const Traced<T>& x) {
  return Traced<T>(eigengrad::gelu(x.tensor(), Gelu::erf));
}
template <FloatScalar T>
Traced<T> gelu_tanh(const Traced<T>& x) {
  return Traced<T>(eigengrad::gelu(x.tensor(), Gelu::tanh));
}

}  // namespace eigengrad::math::inline EIGENGRAD_KERNELS_KEY
