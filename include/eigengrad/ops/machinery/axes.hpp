#pragma once
// Reduction: the axes of a reducing op, the shape of its result, and the way back for its gradient.

#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/tensor/view.hpp>

#include <initializer_list>
#include <string_view>

namespace eigengrad {

/// Whether a reduced axis stays, with extent 1.
enum class KeepDims : bool { no, yes };

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_axis_twice(std::string_view op, int axis) {
  throw_error<IndexError>(op, {"axis ", axis, " is named twice"});
}

struct Reduction {
  kernels::AxisSet axes = 0;
  Index count = 1;  // elements in each reduction
  Shape kept;       // the result with the reduced axes as 1
  Shape result;     // as the caller asked for it

  /// Over all axes.
  Reduction(const Shape& shape, KeepDims keep) : axes((1U << shape.rank()) - 1U) {
    finish(shape, keep);
  }

  /// Over the named axes. Throws: IndexError
  Reduction(std::string_view op, const Shape& shape, std::initializer_list<Index> names,
            KeepDims keep) {
    for (const Index name : names) {
      const int axis = normalize_axis(op, name, shape.rank());
      if ((axes >> axis & 1U) != 0) {
        throw_axis_twice(op, axis);
      }
      axes |= 1U << axis;
    }
    finish(shape, keep);
  }

  [[nodiscard]] bool reduces(int axis) const noexcept { return (axes >> axis & 1U) != 0; }

  /// A tensor in the result's shape, viewed with the reduced axes as 1, so that it broadcasts
  /// against x.
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> restore(const Tensor<T>& y) const {
    return reshape_view_or_copy(y, kept);
  }

 private:
  void finish(const Shape& shape, KeepDims keep) {
    for (int axis = 0; axis < shape.rank(); ++axis) {
      kept.push_back(reduces(axis) ? 1 : shape[axis]);
      count *= reduces(axis) ? shape[axis] : 1;
      if (!reduces(axis) || keep == KeepDims::yes) {
        result.push_back(kept[axis]);
      }
    }
  }
};

}  // namespace detail

}  // namespace eigengrad
