#pragma once
// Copies of a tensor through which gradients flow: clone and contiguous. They work for every
// element type and are recorded for float and double. Leaves out views: shape.hpp, slice.hpp; and
// detach, also in shape.hpp.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/view.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <string_view>

namespace eigengrad {

namespace detail {

/// An op whose result has its operand's elements.
struct IdentityRecord {
  template <class T>
  struct Payload {};

  template <class B, class P>
  static void vjp(B& b, P& /*saved*/) {
    if (b.wants(0)) {
      b.add(0, b.gradient());
    }
  }
  template <class F, class P>
  static void jvp(F& f, P& /*saved*/) {
    f.set(f.tangent(0));
  }
};

}  // namespace detail

struct Clone : detail::IdentityRecord {
  static constexpr std::string_view name = "clone";
  static constexpr std::string_view doc = "A contiguous copy that shares nothing with its operand.";

  template <class Cases>
  static void samples(Cases& cases) {
    // A step of 1/4 is exact, and so is the copy.
    constexpr double step = 0.25;
    const auto copy = [](const auto& in) { return clone(in[0]); };
    cases.add("a scalar", {{}}, copy, {}, step);
    cases.vary("(2, 3)", {{2, 3}}, copy, {}, step);
    cases.add("no elements", {{0, 3}}, copy, {}, step);
    cases.vary(
        "a copy of a copy", {{4}}, [](const auto& in) { return clone(clone(in[0])); }, {}, step);
  }
};

/// A contiguous copy that shares nothing with x.
///
/// Shapes:    any -> the same
/// Gradient:  g; detach(clone(x)) is a constant
/// Cost:      one pass; saves nothing
/// Reference: PyTorch `clone`
template <AnyScalar T>
[[nodiscard]] Tensor<T> clone(const Tensor<T>& x) {
  return detail::record_view<Clone>(detail::copied(x), x);
}
EIGENGRAD_LIST_OP(Clone);

struct Contiguous : detail::IdentityRecord {
  static constexpr std::string_view name = "contiguous";
  static constexpr std::string_view doc =
      "The elements in row-major order without gaps: the operand itself, or a copy.";

  template <class Cases>
  static void samples(Cases& cases) {
    constexpr double step = 0.25;
    cases.vary(
        "a transposed view", {{3, 4}}, [](const auto& in) { return contiguous(transpose(in[0])); },
        {}, step);
    cases.vary(
        "of a copy", {{2, 3}}, [](const auto& in) { return contiguous(clone(in[0])); }, {}, step);
  }
};

/// x itself if its elements lie in row-major order without gaps, else a copy that does.
///
/// Shapes:    any -> the same
/// Gradient:  g
/// Cost:      nothing, or one pass; saves nothing
/// Reference: PyTorch `contiguous`
template <AnyScalar T>
[[nodiscard]] Tensor<T> contiguous(const Tensor<T>& x) {
  if (x.is_contiguous()) {
    return x;
  }
  return detail::record_view<Contiguous>(detail::copied(x), x);
}
EIGENGRAD_LIST_OP(Contiguous);

}  // namespace eigengrad
