#pragma once
// What an op of two tensors says when their element types differ: nothing is converted silently.
// Each is an overload that does not compile, written out because an assertion inside a macro
// doubles what the compiler prints. The losses do without: their target's type is not deduced.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <concepts>

namespace eigengrad {

namespace detail {

/// A plain value: of a concept the compiler would print the whole derivation.
template <class T, class U>
inline constexpr bool same_elements = std::same_as<T, U>;
template <class T, class U>
concept MixedElements = AnyScalar<T> && AnyScalar<U> && !std::same_as<T, U>;

}  // namespace detail

#define EIGENGRAD_MIXED_TEXT "tensors of different element types: cast<T>() one first"

template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T>
operator+(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T>
operator-(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T>
operator*(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T>
operator/(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> add(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> sub(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> mul(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> div(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> pow(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> maximum(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> minimum(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> matmul(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U>
requires detail::MixedElements<T, U> Tensor<T> linear(const Tensor<T>& x, const Tensor<U>& /*y*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}
template <class T, class U, class V>
requires detail::MixedElements<T, U> Tensor<T> linear(const Tensor<T>& x, const Tensor<U>& /*w*/,
                                                      const Tensor<V>& /*b*/) {
  static_assert(detail::same_elements<T, U>, EIGENGRAD_MIXED_TEXT);
  return x;
}

#undef EIGENGRAD_MIXED_TEXT

}  // namespace eigengrad
