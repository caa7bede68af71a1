#pragma once
// Sums, differences, products and quotients of tensors and of tensors with scalars, and their
// operators. Broadcasting is NumPy's. Powers are in power.hpp.

#include <eigengrad/ops/machinery/binary.hpp>
#include <eigengrad/ops/machinery/unary.hpp>

namespace eigengrad {

struct Add {
  static constexpr std::string_view name = "add";
  static constexpr std::string_view doc = "x + y with broadcasting.";
  static constexpr Save saves = Save::none;
  static constexpr bool dfx_is_identity = true;
  static constexpr bool dfy_is_identity = true;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x, S y) {
    return x + y;
  }
  template <class S>
  static S dfx(S g) {
    return g;
  }
  template <class S>
  static S dfy(S g) {
    return g;
  }
};

/// x + y, elementwise with broadcasting.
///
/// Shapes:    x, y broadcast to the result
/// Gradient:  g into both, summed over broadcast axes
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: NumPy `add`
template <FloatScalar T>
[[nodiscard]] Tensor<T> add(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Add>(x, y);
}
EIGENGRAD_LIST_OP(Add);

struct Subtract {
  static constexpr std::string_view name = "sub";
  static constexpr std::string_view doc = "x - y with broadcasting.";
  static constexpr Save saves = Save::none;
  static constexpr bool dfx_is_identity = true;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x, S y) {
    return x - y;
  }
  template <class S>
  static S dfx(S g) {
    return g;
  }
  template <class S>
  static S dfy(S g) {
    return -g;
  }
};

/// x - y, elementwise with broadcasting.
///
/// Shapes:    x, y broadcast to the result
/// Gradient:  g into x, -g into y, summed over broadcast axes
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: NumPy `subtract`
template <FloatScalar T>
[[nodiscard]] Tensor<T> sub(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Subtract>(x, y);
}
EIGENGRAD_LIST_OP(Subtract);

struct Multiply {
  static constexpr std::string_view name = "mul";
  static constexpr std::string_view doc = "x * y elementwise with broadcasting.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x, S y) {
    return x * y;
  }
  template <class S>
  static S dfx(S /*x*/, S y) {
    return y;
  }
  template <class S>
  static S dfy(S x, S /*y*/) {
    return x;
  }
};

/// x * y, elementwise with broadcasting.
///
/// Shapes:    x, y broadcast to the result
/// Gradient:  g y into x, g x into y, summed over broadcast axes
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: NumPy `multiply`
template <FloatScalar T>
[[nodiscard]] Tensor<T> mul(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Multiply>(x, y);
}
EIGENGRAD_LIST_OP(Multiply);

struct Divide {
  static constexpr std::string_view name = "div";
  static constexpr std::string_view doc =
      "x / y with broadcasting; x / 0 is infinity or NaN as in IEEE 754.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{0.5, 2.0};
  template <class S>
  static S f(S x, S y) {
    return x / y;
  }
  template <class S>
  static S dfx(S /*x*/, S y) {
    return constant<S>(1) / y;
  }
  template <class S>
  static S dfy(S x, S y) {
    return -(x / y) / y;
  }
};

/// x / y, elementwise with broadcasting.
///
/// Shapes:    x, y broadcast to the result
/// Gradient:  g / y into x, -g x / y^2 into y, summed over broadcast axes
/// Throws:    ShapeError if the shapes do not broadcast
/// Reference: NumPy `divide`
template <FloatScalar T>
[[nodiscard]] Tensor<T> div(const Tensor<T>& x, const Tensor<T>& y) {
  return detail::binary<Divide>(x, y);
}
EIGENGRAD_LIST_OP(Divide);

struct Negate {
  static constexpr std::string_view name = "neg";
  static constexpr std::string_view doc = "-x, elementwise.";
  static constexpr Save saves = Save::none;
  static constexpr Domain samples{-2.0, 2.0};
  template <class S>
  static S f(S x) {
    return -x;
  }
  template <class S>
  static S df(S g) {
    return -g;
  }
};

/// -x, elementwise.
///
/// Shapes:    any -> the same
/// Gradient:  -g
/// Reference: NumPy `negative`
template <FloatScalar T>
[[nodiscard]] Tensor<T> neg(const Tensor<T>& x) {
  return detail::unary<Negate>(x);
}
EIGENGRAD_LIST_OP(Negate);

struct AddScalar {
  static constexpr std::string_view name = "add_scalar";
  static constexpr std::string_view doc = "x + c for a number c.";
  static constexpr Save saves = Save::none;
  static constexpr Domain samples{-2.0, 2.0};
  double c = 0.75;
  template <class S>
  S f(S x) const {
    return x + constant<S>(c);
  }
  template <class S>
  static S df(S g) {
    return g;
  }
};
EIGENGRAD_LIST_OP(AddScalar);

struct MultiplyScalar {
  static constexpr std::string_view name = "mul_scalar";
  static constexpr std::string_view doc = "c x for a number c.";
  static constexpr Save saves = Save::none;
  static constexpr Domain samples{-2.0, 2.0};
  double c = 0.75;
  template <class S>
  S f(S x) const {
    return x * constant<S>(c);
  }
  template <class S>
  S df(S g) const {
    return g * constant<S>(c);
  }
};
EIGENGRAD_LIST_OP(MultiplyScalar);

struct DivideScalar {
  static constexpr std::string_view name = "div_scalar";
  static constexpr std::string_view doc = "x / c for a number c.";
  static constexpr Save saves = Save::none;
  static constexpr Domain samples{-2.0, 2.0};
  double c = 0.75;
  template <class S>
  S f(S x) const {
    return x / constant<S>(c);
  }
  template <class S>
  S df(S g) const {
    return g / constant<S>(c);
  }
};
EIGENGRAD_LIST_OP(DivideScalar);

struct ScalarSubtract {
  static constexpr std::string_view name = "scalar_sub";
  static constexpr std::string_view doc = "c - x for a number c.";
  static constexpr Save saves = Save::none;
  static constexpr Domain samples{-2.0, 2.0};
  double c = 0.75;
  template <class S>
  S f(S x) const {
    return constant<S>(c) - x;
  }
  template <class S>
  static S df(S g) {
    return -g;
  }
};
EIGENGRAD_LIST_OP(ScalarSubtract);

struct ScalarDivide {
  static constexpr std::string_view name = "scalar_div";
  static constexpr std::string_view doc = "c / x for a number c.";
  static constexpr Save saves = Save::input;
  static constexpr Domain samples{0.5, 2.0};
  double c = 0.75;
  template <class S>
  S f(S x) const {
    return constant<S>(c) / x;
  }
  template <class S>
  S df(S x) const {
    return -(constant<S>(c) / x) / x;
  }
};
EIGENGRAD_LIST_OP(ScalarDivide);

/// The operators: elementwise, with broadcasting between tensors and with numbers of any arithmetic
/// type on either side. Shapes, gradients and errors are those of add, sub, mul, div and neg.
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator+(const Tensor<T>& x, const Tensor<T>& y) {
  return add(x, y);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator-(const Tensor<T>& x, const Tensor<T>& y) {
  return sub(x, y);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator*(const Tensor<T>& x, const Tensor<T>& y) {
  return mul(x, y);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator/(const Tensor<T>& x, const Tensor<T>& y) {
  return div(x, y);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator-(const Tensor<T>& x) {
  return neg(x);
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator+(const Tensor<T>& x, double c) {
  return detail::unary(x, AddScalar{c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator+(double c, const Tensor<T>& x) {
  return detail::unary(x, AddScalar{c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator-(const Tensor<T>& x, double c) {
  return detail::unary(x, AddScalar{-c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator-(double c, const Tensor<T>& x) {
  return detail::unary(x, ScalarSubtract{c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator*(const Tensor<T>& x, double c) {
  return detail::unary(x, MultiplyScalar{c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator*(double c, const Tensor<T>& x) {
  return detail::unary(x, MultiplyScalar{c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator/(const Tensor<T>& x, double c) {
  return detail::unary(x, DivideScalar{c});
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> operator/(double c, const Tensor<T>& x) {
  return detail::unary(x, ScalarDivide{c});
}

}  // namespace eigengrad
