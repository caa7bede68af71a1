#pragma once
// Lead: the axis in front of every gradient or tangent when several passes over a tape are made in
// one, as the rows of a Jacobian are. A rule whose Rule<Op> says `takes_lead` works with it and
// without: shapes that it was given get it in front, and its axes count from behind it.

#include <eigengrad/base/shape.hpp>
#include <eigengrad/ops/machinery/axes.hpp>
#include <eigengrad/ops/shape.hpp>

#include <array>
#include <cstddef>

namespace eigengrad::detail {

struct Lead {
  Index extent = 0;  // how many passes; 0: there is no such axis

  [[nodiscard]] int axes() const noexcept { return extent > 0 ? 1 : 0; }

  /// A shape with the lead in front.
  [[nodiscard]] Shape with(const Shape& shape) const noexcept { return over(shape, shape.rank()); }
  /// The same with axes of extent 1 between, so that what is behind the lead has `rank` axes and
  /// broadcasts as the shape does.
  [[nodiscard]] Shape over(const Shape& shape, int rank) const noexcept {
    Shape led;
    if (extent > 0) {
      led.push_back(extent);
    }
    for (int axis = shape.rank(); axis < rank; ++axis) {
      led.push_back(1);
    }
    for (const Index n : shape) {
      led.push_back(n);
    }
    return led;
  }
  /// The shape behind the lead.
  [[nodiscard]] Shape behind(const Shape& led) const noexcept {
    Shape shape;
    for (int axis = axes(); axis < led.rank(); ++axis) {
      shape.push_back(led[axis]);
    }
    return shape;
  }

  /// The same reduction behind the lead.
  [[nodiscard]] Reduction reduction(Reduction plain) const noexcept {
    plain.axes <<= static_cast<unsigned>(axes());
    plain.kept = with(plain.kept);
    plain.result = with(plain.result);
    return plain;
  }
  /// Strides behind the lead, which steps over `whole` elements.
  [[nodiscard]] Strides strides(const Strides& plain, Index whole) const noexcept {
    Strides led = plain;
    for (std::size_t i = 1; axes() > 0 && i < led.size(); ++i) {
      led[i] = plain[i - 1];
    }
    led[0] = axes() > 0 ? whole : plain[0];
    return led;
  }
  /// A permutation of the axes behind the lead.
  [[nodiscard]] std::array<Index, max_rank> permutation(
      const std::array<Index, max_rank>& plain) const noexcept {
    std::array<Index, max_rank> led = plain;
    for (std::size_t i = 1; axes() > 0 && i < led.size(); ++i) {
      led[i] = plain[i - 1] + 1;
    }
    led[0] = axes() > 0 ? 0 : plain[0];
    return led;
  }
};

/// A tangent of an operand that broadcasts to `rank` axes: it still does behind the lead.
template <FloatScalar T>
[[nodiscard]] Tensor<T> aligned(const Tensor<T>& t, const Lead& lead, int rank) {
  const bool broadcasts = lead.axes() == 0 || t.rank() == rank + lead.axes();
  return broadcasts ? t : reshape(t, lead.over(lead.behind(t.shape()), rank));
}

}  // namespace eigengrad::detail
