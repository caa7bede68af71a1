#pragma once
// Elements that an index tensor names: gather, index_select, one_hot. Indices are int64 or int32,
// counted from 0; negative ones are refused, as in PyTorch. Leaves out parts with a fixed step:
// slice.hpp.

#include <eigengrad/kernels/gather.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cstdint>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_index(std::string_view op, Index value, Index element,
                                                    Index extent) {
  throw_error<IndexError>(
      op, {"index ", value, " at element ", element, " is outside [0, ", extent, ")"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_gather(const Shape& x, const Shape& index, int axis) {
  throw_shape_error("gather", {"index ", index, " is larger than x ", x, " outside axis ", axis}, x,
                    index);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_gather_rank(const Shape& x, const Shape& index) {
  throw_shape_error("gather", {"index and x differ in rank: ", index, " and ", x}, index, x);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_index_select(const Shape& index) {
  throw_shape_error("index_select", {"index is not a vector: ", index}, index);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_classes(Index classes) {
  throw_error<ValueError>("one_hot", {"number of classes is negative: ", classes});
}

/// Refuses an index with an element outside [0, extent). `index` is contiguous.
inline void check_indices(std::string_view op, const Tensor<std::int64_t>& index, Index extent) {
  const std::int64_t* const at = index.data();
  for (Index i = 0; i < index.size(); ++i) {
    if (at[i] < 0 || at[i] >= extent) {
      throw_index(op, at[i], i, extent);
    }
  }
}

/// The target of an operand's gradient, zeros where nothing has been added yet.
template <FloatScalar T>
[[nodiscard]] T* zeroed_target(Backward<T>& b, Index operand, const Shape& shape) {
  const auto target = b.template target<T>(operand, shape);
  if (!target.add) {
    std::fill_n(target.data, shape.size(), T(0));
  }
  return target.data;
}

/// Positions below n, for the samples of the op suite: 3, 10, 17, ... modulo n.
template <class = void>
[[nodiscard]] Tensor<std::int64_t> scattered(const Shape& shape, Index n) {
  Tensor<std::int64_t> index = empty<std::int64_t>(shape);
  for (Index i = 0; i < index.size(); ++i) {
    fresh_data(index)[i] = (7 * i + 3) % n;
  }
  return index;
}

}  // namespace detail

struct Gather {
  static constexpr std::string_view name = "gather";
  static constexpr std::string_view doc =
      "y[i, j] = x[index[i, j], j] for axis 0, and so on. dx adds g at the positions taken.";

  template <class T>
  struct Payload {
    detail::Saved<std::int64_t> index;  // contiguous
    Shape shape;                        // of x
    int axis;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T> g = detail::packed(b.gradient());
    kernels::scatter_add(
        kernels::GatherPlan(saved.index->shape(), contiguous_strides(saved.shape), saved.axis),
        detail::zeroed_target(b, 0, saved.shape), saved.index->data(), g.data());
  }

  template <class Cases>
  static void samples(Cases& cases) {
    using Positions = Tensor<std::int64_t>;
    const auto along = [](Index axis, const Positions& index) {
      return [axis, index](const auto& in) { return gather(in[0], axis, index); };
    };
    cases.add("axis 0", {{3, 2}}, along(0, tensor<std::int64_t>({2, 0, 1, 1}, {2, 2})));
    cases.add("axis 1, the same twice", {{2, 3}},
              along(1, tensor<std::int64_t>({2, 2, 0, 1, 1, 1}, {2, 3})));
    cases.add("a smaller index", {{3, 4}}, along(-1, tensor<std::int64_t>({3, 1}, {2, 1})));
    cases.add("a vector", {{4}}, along(0, tensor<std::int64_t>({3, 3, 0, 1, 2}, {5})));
    cases.add("nothing", {{2, 3}}, along(1, zeros<std::int64_t>({2, 0})));
    const auto anywhere = [](Index axis) {
      return [axis](const auto& in) {
        return gather(in[0], axis, detail::scattered(in[0].shape(), in[0].extent(axis)));
      };
    };
    cases.vary("axis 0 at any positions", {{3, 2}}, anywhere(0));
    cases.vary("axis 1 at any positions", {{2, 3, 4}}, anywhere(1));
    cases.rejects("gather: index 3 at element 1 is outside [0, 3)", {{2, 3}},
                  along(1, tensor<std::int64_t>({0, 3}, {2, 1})));
    cases.rejects("gather: index -1 at element 0 is outside [0, 3)", {{2, 3}},
                  along(1, tensor<std::int64_t>({-1, 2}, {2, 1})));
    cases.rejects("gather: index (3, 1) is larger than x (2, 3) outside axis 1", {{2, 3}},
                  along(1, zeros<std::int64_t>({3, 1})));
    cases.rejects("gather: index and x differ in rank: (2,) and (2, 3)", {{2, 3}},
                  along(1, zeros<std::int64_t>({2})));
  }
};

/// The elements of x that `index` names along an axis, in index's shape: for axis 1 of a matrix,
/// y[i, j] = x[i, index[i, j]].
///
/// Shapes:    x (..., n, ...), index of the same rank and, outside the axis, no larger -> index's
/// Gradient:  g added at the positions taken; none into index
/// Throws:    ShapeError if the shapes do not fit; IndexError if an index is outside [0, n) or the
///            axis is out of range
/// Cost:      one pass; saves the index
/// Reference: PyTorch `gather`
template <AnyScalar T, IndexScalar I>
[[nodiscard]] Tensor<T> gather(const Tensor<T>& x, Index axis, const Tensor<I>& index) {
  const int at = normalize_axis("gather", axis, x.rank());
  if (index.rank() != x.rank()) {
    detail::throw_gather_rank(x.shape(), index.shape());
  }
  for (int i = 0; i < x.rank(); ++i) {
    if (i != at && index.shape()[i] > x.shape()[i]) {
      detail::throw_gather(x.shape(), index.shape(), at);
    }
  }
  const Tensor<std::int64_t> positions = detail::packed(detail::converted<std::int64_t>(index));
  detail::check_indices("gather", positions, x.shape()[at]);
  Tensor<T> y = detail::uninitialized<T>(index.shape());
  kernels::gather(kernels::GatherPlan(index.shape(), x.strides(), at),
                  static_cast<T*>(y.body().data), positions.data(), x.data());
  if constexpr (FloatScalar<T>) {
    if (detail::must_record(x)) {
      detail::record<Gather>(
          y,
          [&](detail::Saver& save) {
            return Gather::Payload<T>{save(positions), x.shape(), at};
          },
          x);
    }
  }
  return y;
}
EIGENGRAD_LIST_OP(Gather);

struct IndexSelect {
  static constexpr std::string_view name = "index_select";
  static constexpr std::string_view doc =
      "The positions of one axis that a vector names. dx adds g at the positions taken.";

  template <class T>
  struct Payload {
    detail::Saved<std::int64_t> index;  // contiguous
    Shape shape;                        // of x
    int axis;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      const Tensor<T> g = detail::packed(b.gradient());
      kernels::add_lines(kernels::AxisSplit(saved.shape, saved.axis),
                         detail::zeroed_target(b, 0, saved.shape), saved.index->data(),
                         saved.index->size(), g.data());
    }
  }

  template <class Cases>
  static void samples(Cases& cases) {
    using Positions = Tensor<std::int64_t>;
    const auto along = [](Index axis, const Positions& index) {
      return [axis, index](const auto& in) { return index_select(in[0], axis, index); };
    };
    const Positions some = tensor<std::int64_t>({2, 0, 2}, {3});
    cases.add("rows", {{3, 4}}, along(0, some));
    cases.add("columns", {{2, 3}}, along(-1, some));
    cases.add("the middle axis", {{2, 3, 2}}, along(1, some));
    cases.add("a vector", {{3}}, along(0, some));
    cases.add("nothing", {{3, 2}}, along(0, zeros<std::int64_t>({0})));
    const auto anywhere = [](Index axis) {
      return [axis](const auto& in) {
        const Index n = in[0].extent(axis);
        return index_select(in[0], axis, detail::scattered({n}, n));
      };
    };
    cases.vary("rows at any positions", {{3, 4}}, anywhere(0));
    cases.vary("the middle axis at any positions", {{2, 3, 4}}, anywhere(1));
    cases.rejects("index_select: index 2 at element 0 is outside [0, 2)", {{2, 3}}, along(0, some));
    cases.rejects("index_select: index is not a vector: (1, 3)", {{3, 3}},
                  along(0, zeros<std::int64_t>({1, 3})));
    cases.rejects("index_select: axis 2 is outside [-2, 2)", {{2, 3}}, along(2, some));
  }
};

/// The positions of one axis that a vector names, in its order: for axis 0 of a matrix, rows.
///
/// Shapes:    x (..., n, ...), index (k,) -> (..., k, ...)
/// Gradient:  g added at the positions taken; none into index
/// Throws:    ShapeError if index is not a vector; IndexError if an index is outside [0, n) or the
///            axis is out of range
/// Cost:      one copy; saves the index
/// Reference: PyTorch `index_select`; NumPy `take`
template <AnyScalar T, IndexScalar I>
[[nodiscard]] Tensor<T> index_select(const Tensor<T>& x, Index axis, const Tensor<I>& index) {
  const int at = normalize_axis("index_select", axis, x.rank());
  if (index.rank() != 1) {
    detail::throw_index_select(index.shape());
  }
  const Tensor<std::int64_t> positions = detail::packed(detail::converted<std::int64_t>(index));
  detail::check_indices("index_select", positions, x.shape()[at]);
  Shape shape = x.shape();
  shape.set(at, index.size());
  const kernels::AxisSplit split(x.shape(), at);
  Tensor<T> y = detail::uninitialized<T>(shape);
  const Tensor<T> from = detail::packed(x);
  kernels::take_lines(split, static_cast<T*>(y.body().data), positions.data(), positions.size(),
                      from.data());
  if constexpr (FloatScalar<T>) {
    if (detail::must_record(x)) {
      detail::record<IndexSelect>(
          y,
          [&](detail::Saver& save) {
            return IndexSelect::Payload<T>{save(positions), x.shape(), at};
          },
          x);
    }
  }
  return y;
}
EIGENGRAD_LIST_OP(IndexSelect);

/// 1 at each index and 0 elsewhere along a new last axis.
///
/// Shapes:    index (...) -> (..., classes)
/// Gradient:  none
/// Throws:    IndexError if an index is outside [0, classes); ValueError if classes is negative
/// Reference: PyTorch `one_hot`, with the element type of choice
template <AnyScalar T = float, IndexScalar I>
[[nodiscard]] Tensor<T> one_hot(const Tensor<I>& index, Index classes) {
  if (classes < 0) {
    detail::throw_classes(classes);
  }
  if (index.rank() == max_rank) {
    detail::throw_unsqueeze("one_hot", index.shape());
  }
  const Tensor<std::int64_t> positions = detail::packed(detail::converted<std::int64_t>(index));
  detail::check_indices("one_hot", positions, classes);
  Shape shape = index.shape();
  shape.push_back(classes);
  Tensor<T> y = zeros<T>(shape);
  T* const to = static_cast<T*>(y.body().data);
  for (Index i = 0; i < positions.size(); ++i) {
    to[i * classes + positions.data()[i]] = T(1);
  }
  return y;
}

}  // namespace eigengrad
