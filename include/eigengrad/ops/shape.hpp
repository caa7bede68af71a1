#pragma once
// Other shapes for the same elements: reshape, flatten, transpose, permute, squeeze, unsqueeze,
// expand, and detach. Results share their elements with the operand; a write to one shows in the
// other. They work for every element type and are recorded for float and double. Leaves out parts
// of a tensor: slice.hpp.

#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/sum_to.hpp>
#include <eigengrad/ops/machinery/view.hpp>

#include <array>
#include <initializer_list>
#include <span>

namespace eigengrad {

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_transpose(const Shape& shape) {
  throw_shape_error("transpose", {"expected at least two axes: ", shape}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_flatten(const Shape& shape, int start, int end) {
  throw_error<IndexError>("flatten",
                          {"start axis ", start, " is after end axis ", end, ": ", shape});
}

}  // namespace detail

struct Reshape : detail::ReshapeRecord {
  static constexpr std::string_view name = "reshape";
  static constexpr std::string_view doc =
      "The elements in row-major order in another shape; one extent may be -1.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(2, 6) to (3, 4)", {{2, 6}}, [](const auto& in) { return reshape(in[0], {3, 4}); });
    cases.add("-1 worked out", {{2, 6}}, [](const auto& in) { return reshape(in[0], {-1, 3}); });
    cases.vary("the extents exchanged", {{2, 6}}, [](const auto& in) {
      return reshape(in[0], {in[0].extent(1), in[0].extent(0)});
    });
    cases.vary("one axis less, and -1", {{2, 3, 4}}, [](const auto& in) {
      return reshape(in[0], {in[0].extent(0), -1});
    });
    cases.add("to a scalar", {{1, 1}}, [](const auto& in) { return reshape(in[0], {}); });
    cases.add("of nothing", {{0, 3}}, [](const auto& in) { return reshape(in[0], {3, 0}); });
    cases.rejects("reshape: cannot view 12 elements as (5, -1)", {{3, 4}}, [](const auto& in) {
      return reshape(in[0], {5, -1});
    });
    cases.rejects("reshape: cannot view 12 elements as (3, 5)", {{3, 4}}, [](const auto& in) {
      return reshape(in[0], Shape{3, 5});
    });
    cases.rejects("reshape: cannot view 12 elements as (-1, -1)", {{3, 4}}, [](const auto& in) {
      return reshape(in[0], {-1, -1});
    });
  }
};

/// The elements of x in row-major order in another shape; one extent may be -1 and is worked out.
///
/// Shapes:    any -> the extents, with as many elements
/// Gradient:  g in x's shape
/// Throws:    ShapeError if the numbers of elements differ or cannot be worked out
/// Cost:      a view where x's strides allow it, else a copy
/// Reference: NumPy `reshape`, order "C"
template <AnyScalar T>
[[nodiscard]] Tensor<T> reshape(const Tensor<T>& x, std::initializer_list<Index> extents) {
  return detail::record_view<Reshape>(detail::reshape_view_or_copy(x, extents), x, x.shape());
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> reshape(const Tensor<T>& x, const Shape& shape) {
  return detail::record_view<Reshape>(detail::reshape_view_or_copy(x, shape), x, x.shape());
}
EIGENGRAD_LIST_OP(Reshape);

struct Flatten : detail::ReshapeRecord {
  static constexpr std::string_view name = "flatten";
  static constexpr std::string_view doc = "Several neighbouring axes as one.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3, 4)", {{2, 3, 4}}, [](const auto& in) { return flatten(in[0]); });
    cases.vary("all but the first axis", {{2, 3, 4}},
               [](const auto& in) { return flatten(in[0], 1); });
    cases.vary("the first two axes", {{2, 3, 4}},
               [](const auto& in) { return flatten(in[0], 0, 1); });
    cases.add("a scalar", {{}}, [](const auto& in) { return flatten(in[0]); });
    cases.rejects("flatten: axis 3 is outside [-3, 3)", {{2, 3, 4}},
                  [](const auto& in) { return flatten(in[0], 3); });
    cases.rejects("flatten: start axis 2 is after end axis 1: (2, 3, 4)", {{2, 3, 4}},
                  [](const auto& in) { return flatten(in[0], 2, 1); });
  }
};

/// x with its axes `start` to `end` (both included) as one; all of them by default. A scalar
/// becomes (1,).
///
/// Shapes:    (a..., b..., c...) -> (a..., product of b, c...)
/// Gradient:  g in x's shape
/// Throws:    IndexError if an axis is out of range or start is after end
/// Cost:      a view where x's strides allow it, else a copy
/// Reference: PyTorch `flatten`
template <AnyScalar T>
[[nodiscard]] Tensor<T> flatten(const Tensor<T>& x, Index start = 0, Index end = -1) {
  const int rank = x.rank() == 0 ? 1 : x.rank();
  const int first = normalize_axis("flatten", start, rank);
  const int last = normalize_axis("flatten", end, rank);
  if (first > last) {
    detail::throw_flatten(x.shape(), first, last);
  }
  Shape to;
  Index merged = 1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < first || axis > last) {
      to.push_back(x.shape()[axis]);
      continue;
    }
    merged *= x.shape()[axis];
    if (axis == last) {
      to.push_back(merged);
    }
  }
  if (x.rank() == 0) {
    to.push_back(1);
  }
  return detail::record_view<Flatten>(detail::reshape_view_or_copy(x, to, "flatten"), x, x.shape());
}
EIGENGRAD_LIST_OP(Flatten);

struct Transpose {
  static constexpr std::string_view name = "transpose";
  static constexpr std::string_view doc = "Two axes exchanged.";

  template <class T>
  struct Payload {
    int first;
    int second;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      b.add(0, detail::axes_swapped(b.gradient(), saved.first, saved.second));
    }
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(2, 3)", {{2, 3}}, [](const auto& in) { return transpose(in[0]); });
    cases.vary("the last two of (2, 3, 4)", {{2, 3, 4}},
               [](const auto& in) { return transpose(in[0]); });
    cases.vary("axes 0 and -1", {{2, 3, 4}},
               [](const auto& in) { return transpose(in[0], 0, -1); });
    cases.vary("one axis with itself", {{2, 3}},
               [](const auto& in) { return transpose(in[0], 1, 1); });
    cases.rejects("transpose: expected at least two axes: (3,)", {{3}},
                  [](const auto& in) { return transpose(in[0]); });
    cases.rejects("transpose: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return transpose(in[0], 0, 2); });
  }
};

/// x with two axes exchanged.
///
/// Shapes:    (..., m, n) -> (..., n, m) for the last two
/// Gradient:  g with the same axes exchanged
/// Throws:    IndexError if an axis is out of range
/// Cost:      a view
/// Reference: PyTorch `transpose`
template <AnyScalar T>
[[nodiscard]] Tensor<T> transpose(const Tensor<T>& x, Index first, Index second) {
  Tensor<T> y = detail::axes_swapped(x, first, second);
  return detail::record_view<Transpose>(std::move(y), x,
                                        normalize_axis("transpose", first, x.rank()),
                                        normalize_axis("transpose", second, x.rank()));
}
/// The same for the last two axes.
/// Throws: ShapeError if x has fewer than two
template <AnyScalar T>
[[nodiscard]] Tensor<T> transpose(const Tensor<T>& x) {
  if (x.rank() < 2) {
    detail::throw_transpose(x.shape());
  }
  return transpose(x, -2, -1);
}
EIGENGRAD_LIST_OP(Transpose);

struct Permute {
  static constexpr std::string_view name = "permute";
  static constexpr std::string_view doc = "The axes in another order.";

  template <class T>
  struct Payload {
    std::array<Index, max_rank> back;  // axis i of x is axis back[i] of the result
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      const auto rank = static_cast<std::size_t>(b.gradient().rank());
      b.add(0, detail::permuted(b.gradient(), std::span<const Index>(saved.back.data(), rank)));
    }
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("(2, 3, 4) to (4, 2, 3)", {{2, 3, 4}}, [](const auto& in) {
      return permute(in[0], {2, 0, 1});
    });
    cases.vary("negative axes", {{2, 3, 4}}, [](const auto& in) {
      return permute(in[0], {-2, -1, 0});
    });
    cases.add("a scalar", {{}}, [](const auto& in) { return permute(in[0], {}); });
    cases.rejects("permute: axes are not a permutation of those of (2, 3): (0, 0)", {{2, 3}},
                  [](const auto& in) {
                    return permute(in[0], {0, 0});
                  });
    cases.rejects("permute: axes are not a permutation of those of (2, 3): (0,)", {{2, 3}},
                  [](const auto& in) { return permute(in[0], {0}); });
  }
};

/// x with its axes in another order: axis i of the result is axis axes[i] of x.
///
/// Shapes:    (n_0, n_1, ...) -> (n_axes[0], n_axes[1], ...)
/// Gradient:  g with the axes in their old order
/// Throws:    ShapeError if `axes` does not name every axis once
/// Cost:      a view
/// Reference: PyTorch `permute`; NumPy `transpose` with axes
template <AnyScalar T>
[[nodiscard]] Tensor<T> permute(const Tensor<T>& x, std::initializer_list<Index> axes) {
  Tensor<T> y = detail::permuted(x, axes);
  std::array<Index, max_rank> back{};
  Index at = 0;
  for (const Index axis : axes) {
    back[static_cast<std::size_t>(axis < 0 ? axis + x.rank() : axis)] = at++;
  }
  return detail::record_view<Permute>(std::move(y), x, back);
}
EIGENGRAD_LIST_OP(Permute);

struct Squeeze : detail::ReshapeRecord {
  static constexpr std::string_view name = "squeeze";
  static constexpr std::string_view doc = "Without axes of extent 1.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (1, 3, 1)", {{1, 3, 1}}, [](const auto& in) { return squeeze(in[0]); });
    cases.vary("axis -1 of (1, 3, 1)", {{1, 3, 1}},
               [](const auto& in) { return squeeze(in[0], -1); });
    cases.rejects("squeeze: axis 1 of (1, 3, 1) has extent 3, not 1", {{1, 3, 1}},
                  [](const auto& in) { return squeeze(in[0], 1); });
    cases.rejects("squeeze: axis 3 is outside [-3, 3)", {{1, 3, 1}},
                  [](const auto& in) { return squeeze(in[0], 3); });
  }
};

/// x without one axis of extent 1.
///
/// Shapes:    (..., 1, ...) -> (..., ...)
/// Gradient:  g in x's shape
/// Throws:    IndexError if the axis is out of range; ShapeError if its extent is not 1
/// Cost:      a view
/// Reference: NumPy `squeeze`
template <AnyScalar T>
[[nodiscard]] Tensor<T> squeeze(const Tensor<T>& x, Index axis) {
  return detail::record_view<Squeeze>(detail::squeezed(x, axis), x, x.shape());
}
/// The same without any axis of extent 1.
template <AnyScalar T>
[[nodiscard]] Tensor<T> squeeze(const Tensor<T>& x) {
  return detail::record_view<Squeeze>(detail::squeezed(x), x, x.shape());
}
EIGENGRAD_LIST_OP(Squeeze);

struct Unsqueeze : detail::ReshapeRecord {
  static constexpr std::string_view name = "unsqueeze";
  static constexpr std::string_view doc = "With a new axis of extent 1.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("in front", {{2, 3}}, [](const auto& in) { return unsqueeze(in[0], 0); });
    cases.vary("in the middle", {{2, 3}}, [](const auto& in) { return unsqueeze(in[0], 1); });
    cases.vary("at the end", {{2, 3}}, [](const auto& in) { return unsqueeze(in[0], -1); });
    cases.add("a scalar", {{}}, [](const auto& in) { return unsqueeze(in[0], 0); });
    cases.rejects("unsqueeze: axis 3 is outside [-3, 3)", {{2, 3}},
                  [](const auto& in) { return unsqueeze(in[0], 3); });
    cases.rejects("unsqueeze: a tensor has at most 6 axes: (1, 1, 2, 1, 1, 1)",
                  {{1, 1, 2, 1, 1, 1}}, [](const auto& in) { return unsqueeze(in[0], 0); });
  }
};

/// x with a new axis of extent 1 that is axis `axis` of the result; -1 puts it last.
///
/// Shapes:    (..., ...) -> (..., 1, ...)
/// Gradient:  g in x's shape
/// Throws:    IndexError if the axis is outside [-rank - 1, rank]; ShapeError past six axes
/// Cost:      a view
/// Reference: PyTorch `unsqueeze`; NumPy `expand_dims`
template <AnyScalar T>
[[nodiscard]] Tensor<T> unsqueeze(const Tensor<T>& x, Index axis) {
  return detail::record_view<Unsqueeze>(detail::unsqueezed(x, axis), x, x.shape());
}
EIGENGRAD_LIST_OP(Unsqueeze);

struct Expand {
  static constexpr std::string_view name = "expand";
  static constexpr std::string_view doc = "Broadcast to a shape without copying.";

  template <class T>
  struct Payload {
    Shape shape;  // of x
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      b.add(0, detail::sum_to(b.gradient(), saved.shape));
    }
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.add("(3,) to (2, 3)", {{3}}, [](const auto& in) { return expand(in[0], {2, 3}); });
    cases.add("(2, 1) to (4, 2, 3)", {{2, 1}}, [](const auto& in) {
      return expand(in[0], {4, 2, 3});
    });
    cases.add("a scalar to (2, 2)", {{}}, [](const auto& in) { return expand(in[0], {2, 2}); });
    cases.vary("with two in front", {{3}}, [](const auto& in) {
      return expand(in[0], {2, in[0].extent(0)});
    });
    cases.vary("with three at the end", {{2, 1}}, [](const auto& in) {
      return expand(in[0], {2, in[0].extent(0), 3});
    });
    cases.add("to itself", {{2, 3}}, [](const auto& in) { return expand(in[0], {2, 3}); });
    cases.add("to nothing", {{1, 3}}, [](const auto& in) { return expand(in[0], {0, 3}); });
    cases.rejects("expand: cannot expand (2, 3) to (2, 4)", {{2, 3}}, [](const auto& in) {
      return expand(in[0], {2, 4});
    });
    cases.rejects("expand: cannot expand (2, 3) to (3,)", {{2, 3}},
                  [](const auto& in) { return expand(in[0], {3}); });
  }
};

/// x broadcast to a shape, by NumPy's rules, without copying: repeated axes have stride 0. Do not
/// write to the result.
///
/// Shapes:    any -> shape
/// Gradient:  g summed over the repeated axes
/// Throws:    ShapeError if x does not broadcast to exactly `shape`
/// Cost:      a view
/// Reference: NumPy `broadcast_to`; PyTorch `expand` without -1
template <AnyScalar T>
[[nodiscard]] Tensor<T> expand(const Tensor<T>& x, const Shape& shape) {
  return detail::record_view<Expand>(detail::expanded(x, shape), x, x.shape());
}
/// The same under NumPy's name.
template <AnyScalar T>
[[nodiscard]] Tensor<T> broadcast_to(const Tensor<T>& x, const Shape& shape) {
  return expand(x, shape);
}
EIGENGRAD_LIST_OP(Expand);

/// x as a constant: no tape knows the result, so no gradient flows through it.
///
/// Shapes:    the same
/// Gradient:  none
/// Cost:      a view
template <AnyScalar T>
[[nodiscard]] Tensor<T> detach(const Tensor<T>& x) {
  return detail::make_view(x, x.shape(), x.strides(), 0);
}
/// The same under JAX's name. Forward mode takes the result for a constant too.
template <AnyScalar T>
[[nodiscard]] Tensor<T> stop_gradient(const Tensor<T>& x) {
  return detach(x);
}

/// Lists what Tape::watch records on the tapes around its own.
struct Watch : detail::WatchRecord {
  static constexpr std::string_view doc = "A tensor that an inner tape watches. dx = g.";

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("on an inner tape", {{2, 3}}, [](const auto& in) {
      Tape inner;
      return inner.watch(in[0]);
    });
  }
};
EIGENGRAD_LIST_OP(Watch);

}  // namespace eigengrad
