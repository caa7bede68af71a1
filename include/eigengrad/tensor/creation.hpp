#pragma once
// New tensors: filled, counted, from values, and views over the user's own memory. Random ones are
// in random.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

/// Anything that converts to a span by naming only itself: vectors, arrays, spans.
template <class Values>
concept Spannable = requires(Values&& values) {
  std::span(std::forward<Values>(values));
};

/// The element type of a Spannable, const kept.
template <class Values>
using SpanElement = typename decltype(std::span(std::declval<Values>()))::element_type;

[[noreturn]] EIGENGRAD_COLD inline void throw_count(std::string_view op, std::size_t count,
                                                    const Shape& shape) {
  throw_shape_error(op, {count, " values do not fill ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_ragged(std::size_t row, std::size_t found,
                                                     std::size_t expected) {
  throw_shape_error("tensor", {"row ", row, " has ", found, " values, row 0 has ", expected});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_step_zero() {
  throw_error<ValueError>("arange", {"step is 0"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_length(double start, double stop, double step) {
  throw_error<ValueError>(
      "arange", {"no finite number of steps: start ", start, ", stop ", stop, ", step ", step});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_negative_count(std::string_view op, Index count) {
  throw_error<ValueError>(op, {"count is negative: ", count});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_strides(std::span<const Index> strides,
                                                      const Shape& shape, std::size_t count) {
  throw_shape_error("view_of",
                    {"strides ", strides, " of ", shape, " do not stay within ", count, " values"},
                    shape);
}

template <AnyScalar T>
[[nodiscard]] T* fresh_data(Tensor<T>& x) noexcept {
  return static_cast<T*>(x.body().data);
}

template <AnyScalar T>
[[nodiscard]] Tensor<T> from_values(std::string_view op, std::span<const T> values,
                                    const Shape& shape) {
  if (values.size() != static_cast<std::size_t>(shape.size())) {
    throw_count(op, values.size(), shape);
  }
  Tensor<T> x = uninitialized<T>(shape);
  std::copy(values.begin(), values.end(), fresh_data(x));
  return x;
}

/// NumPy's length of arange: ceil((stop - start) / step), at least 0. Integers are counted exactly.
template <AnyScalar T>
[[nodiscard]] Index arange_length(T start, T stop, T step) {
  if (step == T(0)) {
    throw_step_zero();
  }
  if constexpr (FloatScalar<T>) {
    const double length = std::ceil((static_cast<double>(stop) - static_cast<double>(start)) /
                                    static_cast<double>(step));
    if (!(std::abs(length) < 1e18)) {
      throw_length(static_cast<double>(start), static_cast<double>(stop),
                   static_cast<double>(step));
    }
    return length > 0 ? static_cast<Index>(length) : 0;
  } else {
    const auto low = static_cast<Index>(step > 0 ? start : stop);
    const auto high = static_cast<Index>(step > 0 ? stop : start);
    if (low >= high) {
      return 0;
    }
    // Unsigned, because high - low may pass 2^63.
    const std::uint64_t distance =
        static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    const auto wide = static_cast<Index>(step);
    const std::uint64_t stride = wide > 0 ? static_cast<std::uint64_t>(wide)
                                          : std::uint64_t{0} - static_cast<std::uint64_t>(wide);
    const std::uint64_t length = (distance - 1) / stride + 1;
    if (length > (std::uint64_t{1} << 62)) {
      throw_length(static_cast<double>(start), static_cast<double>(stop),
                   static_cast<double>(step));
    }
    return static_cast<Index>(length);
  }
}

/// A view over `values` whose strides the caller answers for.
template <class Element>
[[nodiscard]] Tensor<std::remove_const_t<Element>> user_view(std::span<Element> values,
                                                             const Shape& shape,
                                                             const Strides& strides) {
  using T = std::remove_const_t<Element>;
  TensorBody* const body =
      allocate_view(dtype_of<T>, const_cast<T*>(values.data()), shape, strides);
  body->guards = std::is_const_v<Element> ? read_only_guard : 0;
  return Tensor<T>(body);
}

/// Whether every position of a shape under these strides is inside [0, count).
[[nodiscard]] inline bool strides_stay_inside(std::span<const Index> strides, const Shape& shape,
                                              std::size_t count) noexcept {
  if (strides.size() != static_cast<std::size_t>(shape.rank())) {
    return false;
  }
  Index last = 0;
  for (int i = 0; i < shape.rank(); ++i) {
    const Index stride = strides[static_cast<std::size_t>(i)];
    Index reach = 0;
    if (stride < 0 || __builtin_mul_overflow(stride, std::max<Index>(shape[i] - 1, 0), &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return false;
    }
  }
  return shape.size() == 0 || static_cast<std::size_t>(last) < count;
}

}  // namespace detail

/// A tensor whose elements are not initialised.
///
/// Throws:    std::bad_alloc; ShapeError if the bytes overflow
template <AnyScalar T>
[[nodiscard]] Tensor<T> empty(const Shape& shape) {
  return detail::uninitialized<T>(shape);
}

/// A tensor whose elements all are `value`.
template <AnyScalar T>
[[nodiscard]] Tensor<T> full(const Shape& shape, T value) {
  Tensor<T> x = detail::uninitialized<T>(shape);
  std::fill_n(detail::fresh_data(x), x.size(), value);
  return x;
}

/// A tensor of zeros (false for bool).
template <AnyScalar T>
[[nodiscard]] Tensor<T> zeros(const Shape& shape) {
  return full<T>(shape, T(0));
}

/// A tensor of ones (true for bool).
template <AnyScalar T>
[[nodiscard]] Tensor<T> ones(const Shape& shape) {
  return full<T>(shape, T(1));
}

/// A 0-d tensor: shape (), one element.
template <AnyScalar T>
[[nodiscard]] Tensor<T> scalar(T value) {
  return full<T>(Shape{}, value);
}

/// empty() with the shape and element type of `x`.
template <AnyScalar T>
[[nodiscard]] Tensor<T> empty_like(const Tensor<T>& x) {
  return empty<T>(x.shape());
}

/// zeros() with the shape and element type of `x`.
template <AnyScalar T>
[[nodiscard]] Tensor<T> zeros_like(const Tensor<T>& x) {
  return zeros<T>(x.shape());
}

/// ones() with the shape and element type of `x`.
template <AnyScalar T>
[[nodiscard]] Tensor<T> ones_like(const Tensor<T>& x) {
  return ones<T>(x.shape());
}

/// full() with the shape and element type of `x`.
template <AnyScalar T>
[[nodiscard]] Tensor<T> full_like(const Tensor<T>& x, std::type_identity_t<T> value) {
  return full<T>(x.shape(), value);
}

/// start, start + step, ... before `stop`. Each element is start + i step, rounded once.
///
/// Shapes:    -> (max(0, ceil((stop - start) / step)),)
/// Throws:    ValueError if step is 0, or if the number of steps is not finite
/// Reference: numpy.arange, for the length; with a fractional step prefer linspace
template <AnyScalar T>
requires(!std::same_as<T, bool>)
    [[nodiscard]] Tensor<T> arange(T start, std::type_identity_t<T> stop,
                                   std::type_identity_t<T> step = T(1)) {
  const Index n = detail::arange_length<T>(start, stop, step);
  Tensor<T> x = detail::uninitialized<T>({n});
  T* const to = detail::fresh_data(x);
  // Unsigned for integers: i step may pass 2^63 where start + i step does not.
  using Wide = std::conditional_t<FloatScalar<T>, double, std::uint64_t>;
  for (Index i = 0; i < n; ++i) {
    to[i] =
        static_cast<T>(static_cast<Wide>(start) + static_cast<Wide>(i) * static_cast<Wide>(step));
  }
  return x;
}

/// 0, 1, ... before `stop`.
template <AnyScalar T>
requires(!std::same_as<T, bool>) [[nodiscard]] Tensor<T> arange(T stop) {
  return arange<T>(T(0), stop, T(1));
}

/// `count` evenly spaced numbers from `start` to `stop`, which is the last one unless `endpoint`
/// is false. Computed in double.
///
/// Shapes:    -> (count,)
/// Throws:    ValueError if count is negative
/// Reference: numpy.linspace
template <FloatScalar T>
[[nodiscard]] Tensor<T> linspace(T start, std::type_identity_t<T> stop, Index count,
                                 bool endpoint = true) {
  if (count < 0) {
    detail::throw_negative_count("linspace", count);
  }
  Tensor<T> x = detail::uninitialized<T>({count});
  T* const to = detail::fresh_data(x);
  const Index steps = endpoint ? count - 1 : count;
  const auto first = static_cast<double>(start);
  const double step =
      steps > 0 ? (static_cast<double>(stop) - first) / static_cast<double>(steps) : 0.0;
  for (Index i = 0; i < count; ++i) {
    to[i] = static_cast<T>(static_cast<double>(i) * step + first);
  }
  if (endpoint && count > 1) {
    to[count - 1] = stop;
  }
  return x;
}

/// Ones on the diagonal of an (n, m) matrix of zeros; m = -1 means n.
///
/// Throws:    ValueError if n is negative, or m is and is not -1
template <AnyScalar T>
[[nodiscard]] Tensor<T> eye(Index n, Index m = -1) {
  if (n < 0 || m < -1) {
    detail::throw_negative_count("eye", n < 0 ? n : m);
  }
  const Index columns = m == -1 ? n : m;
  Tensor<T> x = zeros<T>({n, columns});
  T* const to = detail::fresh_data(x);
  for (Index i = 0; i < std::min(n, columns); ++i) {
    to[i * columns + i] = T(1);
  }
  return x;
}

/// A vector of the given values: tensor<float>({1, 2, 3}).
template <AnyScalar T>
[[nodiscard]] Tensor<T> tensor(std::initializer_list<T> values) {
  return detail::from_values<T>("tensor", {values.begin(), values.size()},
                                {static_cast<Index>(values.size())});
}

/// A matrix given row by row: tensor<float>({{1, 2}, {3, 4}}).
///
/// Throws:    ShapeError if the rows differ in length
template <AnyScalar T>
[[nodiscard]] Tensor<T> tensor(std::initializer_list<std::initializer_list<T>> rows) {
  if (rows.size() == 0) {  // `tensor<T>({})`: an empty vector
    return empty<T>({0});
  }
  const std::size_t columns = rows.begin()->size();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.begin()[row].size() != columns) {
      detail::throw_ragged(row, rows.begin()[row].size(), columns);
    }
  }
  Tensor<T> x = empty<T>({static_cast<Index>(rows.size()), static_cast<Index>(columns)});
  T* to = detail::fresh_data(x);
  for (const std::initializer_list<T>& row : rows) {
    to = std::copy(row.begin(), row.end(), to);
  }
  return x;
}

/// The given values in row-major order as a shape: tensor<float>({1, 2, 3, 4}, {2, 2}).
///
/// Throws:    ShapeError if their number is not that of the shape
template <AnyScalar T>
[[nodiscard]] Tensor<T> tensor(std::initializer_list<T> values, const Shape& shape) {
  return detail::from_values<T>("tensor", {values.begin(), values.size()}, shape);
}

/// A copy of `values` in row-major order as a shape.
///
/// Throws:    ShapeError if their number is not that of the shape
template <AnyScalar T>
[[nodiscard]] Tensor<T> from_span(std::type_identity_t<std::span<const T>> values,
                                  const Shape& shape) {
  return detail::from_values<T>("from_span", values, shape);
}
/// The same with the element type deduced, from a vector, an array or a span.
template <class Values>
requires detail::Spannable<const Values&>
[[nodiscard]] auto from_span(const Values& values, const Shape& shape) {
  using T = std::remove_const_t<detail::SpanElement<const Values&>>;
  return detail::from_values<T>("from_span", std::span<const T>(values), shape);
}

/// A copy of `values` in row-major order as a shape. Also takes std::vector<bool>.
///
/// Throws:    ShapeError if their number is not that of the shape
template <AnyScalar T>
[[nodiscard]] Tensor<T> from_vector(const std::vector<T>& values, const Shape& shape) {
  if (values.size() != static_cast<std::size_t>(shape.size())) {
    detail::throw_count("from_vector", values.size(), shape);
  }
  Tensor<T> x = detail::uninitialized<T>(shape);
  std::copy(values.begin(), values.end(), detail::fresh_data(x));
  return x;
}
/// The same as a vector of shape (n,).
template <AnyScalar T>
[[nodiscard]] Tensor<T> from_vector(const std::vector<T>& values) {
  return from_vector(values, Shape{static_cast<Index>(values.size())});
}

/// A tensor over the user's own memory, which is neither copied nor freed and must outlive the
/// tensor and its views. `values` is an lvalue vector or array, or a span. Over const values the
/// tensor is read-only: mutable_data() throws.
///
/// Throws:    ShapeError if the number of values is not that of the shape
template <detail::Spannable Values>
[[nodiscard]] auto view_of(Values&& values, const Shape& shape) {
  const auto span = std::span(std::forward<Values>(values));
  if (span.size() != static_cast<std::size_t>(shape.size())) {
    detail::throw_count("view_of", span.size(), shape);
  }
  return detail::user_view<detail::SpanElement<Values>>(span, shape, contiguous_strides(shape));
}

/// The same with strides of the user, in elements: view_of(m, {2, 3}, {4, 1}) reads two rows of
/// three from rows of four. A stride of 0 repeats; do not write through it.
///
/// Throws:    ShapeError if the strides are not one per axis, are negative or leave the values
template <detail::Spannable Values>
[[nodiscard]] auto view_of(Values&& values, const Shape& shape,
                           std::initializer_list<Index> strides) {
  const auto span = std::span(std::forward<Values>(values));
  const std::span<const Index> given(strides.begin(), strides.size());
  if (!detail::strides_stay_inside(given, shape, span.size())) {
    detail::throw_strides(given, shape, span.size());
  }
  Strides steps{};
  std::copy(given.begin(), given.end(), steps.begin());
  return detail::user_view<detail::SpanElement<Values>>(span, shape, steps);
}

}  // namespace eigengrad
