#pragma once
// Several tensors as one, and more room around one: concat, stack, pad. For every element type;
// recorded for float and double. Leaves out split, which is slices: slice.hpp.

#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/view.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_join_nothing(std::string_view op) {
  throw_error<ValueError>(op, {"expected at least one tensor"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_join_many(std::string_view op, std::size_t count) {
  throw_error<ValueError>(op, {"at most ", max_operands, " tensors: ", count});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_join(std::string_view op, const Shape& first,
                                                   std::size_t i, const Shape& other, int axis) {
  throw_shape_error(
      op, {"tensor ", i, " does not fit tensor 0 outside axis ", axis, ": ", other, " and ", first},
      first, other);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_stack(const Shape& first, std::size_t i,
                                                    const Shape& other) {
  throw_shape_error("stack", {"tensor ", i, " is ", other, ", tensor 0 is ", first}, first, other);
}

/// Refuses lists that cannot be joined. Throws: ValueError
template <AnyScalar T>
void check_join(std::string_view op, std::span<const Tensor<T>> tensors) {
  if (tensors.empty()) {
    throw_join_nothing(op);
  }
  if (tensors.size() > max_operands) {
    throw_join_many(op, tensors.size());
  }
}

}  // namespace detail

struct Concat {
  static constexpr std::string_view name = "concat";
  static constexpr std::string_view doc = "Tensors one after another along an axis.";

  template <class T>
  struct Payload {
    detail::Saved<std::int64_t> extents;  // of the operands along the axis
    int axis;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    Index start = 0;
    for (Index i = 0; i < b.operand_count(); ++i) {
      const Index stop = start + saved.extents->data()[i];
      if (b.wants(i)) {
        b.add(i, detail::sliced(b.gradient(), saved.axis, start, stop));
      }
      start = stop;
    }
  }

  template <class Cases>
  static void samples(Cases& cases) {
    const auto rows = [](const auto& in) { return concat(in, 0); };
    const auto columns = [](const auto& in) { return concat(in, -1); };
    cases.vary("rows", {{2, 3}, {1, 3}, {4, 3}}, rows);
    cases.vary("columns", {{2, 3}, {2, 1}}, columns);
    cases.vary("one tensor", {{2, 3}}, columns);
    cases.add("with nothing", {{2, 3}, {0, 3}}, rows);
    cases.vary("a tensor twice", {{2, 3}}, [](const auto& in) {
      using X = std::remove_cvref_t<decltype(in[0])>;
      return concat(std::initializer_list<X>{in[0], in[0]}, 1);
    });
    cases.rejects("concat: tensor 1 does not fit tensor 0 outside axis 0: (2, 4) and (2, 3)",
                  {{2, 3}, {2, 4}}, rows);
    cases.rejects("concat: tensor 1 does not fit tensor 0 outside axis 1: (2,) and (2, 3)",
                  {{2, 3}, {2}}, columns);
    cases.rejects("concat: axis 0 is outside [0, 0)", {{}, {}}, rows);
  }
};

namespace detail {

template <AnyScalar T>
[[nodiscard]] Tensor<T> concat_tensors(std::span<const Tensor<T>> tensors, Index axis) {
  check_join("concat", tensors);
  const int at = normalize_axis("concat", axis, tensors[0].rank());
  Shape shape = tensors[0].shape();
  Index total = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Shape other = tensors[i].shape();
    const Index extent = at < other.rank() ? other[at] : 0;
    other.set(at, shape[at]);
    if (!(other == shape)) {
      throw_join("concat", tensors[0].shape(), i, tensors[i].shape(), at);
    }
    total += extent;
  }
  shape.set(at, total);
  Tensor<T> y = uninitialized<T>(shape);
  T* to = static_cast<T*>(y.body().data);
  for (const Tensor<T>& x : tensors) {
    kernels::copy(x.shape(), to, y.strides(), x.data(), x.strides());
    to += x.shape()[at] * y.strides()[static_cast<std::size_t>(at)];
  }
  if constexpr (FloatScalar<T>) {
    const auto live = [](const Tensor<T>& x) { return must_record(x); };
    if (std::any_of(tensors.begin(), tensors.end(), live)) {
      const auto count = static_cast<Index>(tensors.size());
      Scratch<const TensorBody*> bodies(count);
      Tensor<std::int64_t> extents = uninitialized<std::int64_t>({count});
      for (Index i = 0; i < count; ++i) {
        const Tensor<T>& x = tensors[static_cast<std::size_t>(i)];
        bodies[i] = &x.body();
        static_cast<std::int64_t*>(extents.body().data)[i] = x.shape()[at];
      }
      record_list<Concat>(y, bodies.data(), tensors.size(), [&](Saver& save) {
        return Concat::Payload<T>{save(extents), at};
      });
    }
  }
  return y;
}

}  // namespace detail

/// Tensors one after another along an axis. They agree in every other extent.
///
/// Shapes:    (..., n_i, ...) -> (..., sum of n_i, ...)
/// Gradient:  to each its part of g
/// Throws:    ValueError for no tensors; IndexError if the axis is out of range; ShapeError if the
///            other extents differ
/// Cost:      one copy; the gradients are views of g
/// Reference: NumPy `concatenate`; PyTorch `cat`
template <AnyScalar T>
[[nodiscard]] Tensor<T> concat(const std::vector<Tensor<T>>& tensors, Index axis = 0) {
  return detail::concat_tensors(std::span<const Tensor<T>>(tensors), axis);
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> concat(std::initializer_list<Tensor<T>> tensors, Index axis = 0) {
  return detail::concat_tensors(std::span<const Tensor<T>>(tensors.begin(), tensors.size()), axis);
}
EIGENGRAD_LIST_OP(Concat);

/// Tensors of one shape side by side along a new axis, axis `axis` of the result; -1 puts it last.
///
/// Shapes:    k times (..., ...) -> (..., k, ...)
/// Gradient:  to each its part of g
/// Throws:    ValueError for no tensors; IndexError if the axis is out of range; ShapeError if the
///            shapes differ
/// Cost:      one copy
/// Reference: NumPy `stack`
template <AnyScalar T>
[[nodiscard]] Tensor<T> stack(const std::vector<Tensor<T>>& tensors, Index axis = 0) {
  detail::check_join("stack", std::span<const Tensor<T>>(tensors));
  const int at = normalize_axis("stack", axis, tensors[0].rank() + 1);
  std::vector<Tensor<T>> parts;
  parts.reserve(tensors.size());
  for (const Tensor<T>& x : tensors) {
    if (!(x.shape() == tensors[0].shape())) {
      detail::throw_stack(tensors[0].shape(), parts.size(), x.shape());
    }
    parts.push_back(unsqueeze(x, at));
  }
  return concat(parts, at);
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> stack(std::initializer_list<Tensor<T>> tensors, Index axis = 0) {
  return stack(std::vector<Tensor<T>>(tensors), axis);
}

/// What pad adds to an axis, in positions.
struct Padding {
  Index before = 0;
  Index after = 0;
};

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_padding_count(std::size_t count, const Shape& shape) {
  throw_shape_error("pad", {"expected one padding for each axis, got ", count, ": ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_padding(const Padding& padding, int axis) {
  throw_error<ValueError>("pad", {"negative padding of axis ", axis, ": before ", padding.before,
                                  ", after ", padding.after});
}

}  // namespace detail

struct Pad {
  static constexpr std::string_view name = "pad";
  static constexpr std::string_view doc = "A tensor with a constant around it.";

  template <class T>
  struct Payload {
    Shape shape;                         // of x
    std::array<Index, max_rank> before;  // where x starts along each axis
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (!b.wants(0)) {
      return;
    }
    const Tensor<T>& g = b.gradient();
    Index offset = 0;
    for (std::size_t i = 0; i < saved.before.size() && saved.shape.size() > 0; ++i) {
      offset += saved.before[i] * g.strides()[i];
    }
    b.add(0, detail::make_view(g, saved.shape, g.strides(), offset));
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(2, 3) by one all around", {{2, 3}}, [](const auto& in) {
      return pad(in[0], {{1, 1}, {1, 1}});
    });
    cases.vary("one side, with a value", {{2, 3}}, [](const auto& in) {
      return pad(in[0], {{0, 0}, {2, 0}}, 0.5);
    });
    cases.vary("by nothing", {{3}}, [](const auto& in) { return pad(in[0], {{0, 0}}); });
    cases.add("of nothing", {{0, 2}}, [](const auto& in) { return pad(in[0], {{1, 1}, {0, 1}}); });
    cases.rejects("pad: expected one padding for each axis, got 1: (2, 3)", {{2, 3}},
                  [](const auto& in) {
                    return pad(in[0], {{1, 1}});
                  });
    cases.rejects("pad: negative padding of axis 1: before 0, after -1", {{2, 3}},
                  [](const auto& in) {
                    return pad(in[0], {{1, 1}, {0, -1}});
                  });
  }
};

/// x with a constant around it: paddings[i] positions before and after along axis i.
///
/// Shapes:    (n_0, ...) -> (before_0 + n_0 + after_0, ...)
/// Gradient:  the part of g where x is
/// Throws:    ShapeError unless there is one padding for each axis; ValueError for a negative one
/// Cost:      two passes; the gradient is a view of g
/// Reference: NumPy `pad`, mode "constant" (PyTorch's `pad` counts axes from the last)
template <AnyScalar T>
[[nodiscard]] Tensor<T> pad(const Tensor<T>& x, std::initializer_list<Padding> paddings,
                            std::type_identity_t<T> value = T(0)) {
  if (paddings.size() != static_cast<std::size_t>(x.rank())) {
    detail::throw_padding_count(paddings.size(), x.shape());
  }
  Shape shape;
  std::array<Index, max_rank> before{};
  for (const Padding& padding : paddings) {
    const int axis = shape.rank();
    if (padding.before < 0 || padding.after < 0) {
      detail::throw_padding(padding, axis);
    }
    before[static_cast<std::size_t>(axis)] = padding.before;
    shape.push_back(padding.before + x.shape()[axis] + padding.after);
  }
  Tensor<T> y = detail::uninitialized<T>(shape);
  T* const to = static_cast<T*>(y.body().data);
  std::fill_n(to, y.size(), value);
  Index offset = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    offset += before[i] * y.strides()[i];
  }
  kernels::copy(x.shape(), to + (x.size() > 0 ? offset : 0), y.strides(), x.data(), x.strides());
  return detail::record_view<Pad>(std::move(y), x, x.shape(), before);
}
EIGENGRAD_LIST_OP(Pad);

}  // namespace eigengrad
