#pragma once
// Zeros of a shape with elements placed in it: the ways back of slice and select, gather and
// index_select as ops, so that these can be differentiated twice. Their own ways back are the ops
// that they are the ways back of. Leaves out pad, which needs no zeros elsewhere: join.hpp.

#include <eigengrad/kernels/copy.hpp>
#include <eigengrad/kernels/gather.hpp>
#include <eigengrad/ops/copy.hpp>
#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <string_view>

namespace eigengrad {

namespace detail {

/// Where a slice or select lies in a contiguous tensor.
struct Region {
  Shape whole;
  Index offset;
  Strides strides;
};

/// The part of x that is a region of x's shape. The gradient is that of slice.
template <FloatScalar T>
[[nodiscard]] Tensor<T> take_region(const Tensor<T>& x, const Shape& shape, const Region& region) {
  const Tensor<T> from = contiguous(x);
  return record_view<Slice>(make_view(from, shape, region.strides, region.offset), from,
                            region.whole, region.offset, region.strides);
}

}  // namespace detail

struct PlaceRegion {
  static constexpr std::string_view name = "place_region";
  static constexpr std::string_view doc =
      "Zeros with x where a slice or select lies: the way back of both.";

  template <class T>
  struct Payload {
    Shape shape;  // of x
    detail::Region region;
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    if (b.wants(0)) {
      b.add(0, detail::take_region(b.gradient(), saved.shape, saved.region));
    }
  }

  template <class Cases>
  static void samples(Cases& cases);
};

namespace detail {

/// Zeros of region.whole with x in the region.
template <FloatScalar T>
[[nodiscard]] Tensor<T> place_region(const Tensor<T>& x, const Region& region) {
  Tensor<T> y = zeros<T>(region.whole);
  if (x.size() > 0) {
    kernels::copy(x.shape(), static_cast<T*>(y.body().data) + region.offset, region.strides,
                  x.data(), x.strides());
  }
  if (must_record(x)) {
    record<PlaceRegion>(
        y,
        [&](Saver&) {
          return PlaceRegion::Payload<T>{x.shape(), region};
        },
        x);
  }
  return y;
}

}  // namespace detail

template <class Cases>
void PlaceRegion::samples(Cases& cases) {
  const auto with = [](const Shape& whole, Index offset, const Strides& strides) {
    return [=](const auto& in) {
      return detail::place_region(in[0], detail::Region{whole, offset, strides});
    };
  };
  cases.add("rows 1 and 2 of (4, 3)", {{2, 3}}, with({4, 3}, 3, {3, 1}));
  cases.add("every second column", {{3, 3}}, with({3, 5}, 0, {5, 2}));
  cases.add("a row without its axis", {{4}}, with({3, 4}, 4, {1}));
  cases.add("nothing", {{0, 3}}, with({4, 3}, 0, {3, 1}));
  cases.vary("every second row but the first", {{2, 3}}, [](const auto& in) {
    const Index rows = in[0].extent(0);
    const Index n = in[0].extent(1);
    return detail::place_region(in[0], detail::Region{{2 * rows, n}, n, {2 * n, 1}});
  });
}
EIGENGRAD_LIST_OP(PlaceRegion);

struct ScatterAdd {
  static constexpr std::string_view name = "scatter_add";
  static constexpr std::string_view doc =
      "Zeros with x added at the positions that gather takes: its way back.";

  template <class T>
  struct Payload {
    detail::Saved<std::int64_t> index;  // contiguous
    int axis;
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    if (b.wants(0)) {
      b.add(0, gather(b.gradient(), saved.axis, *saved.index));
    }
  }

  template <class Cases>
  static void samples(Cases& cases);
};

struct IndexAdd {
  static constexpr std::string_view name = "index_add";
  static constexpr std::string_view doc =
      "Zeros with x added at the positions that index_select takes: its way back.";

  template <class T>
  struct Payload {
    detail::Saved<std::int64_t> index;  // contiguous
    int axis;
  };

  template <class B, class P>
  static void vjp(B& b, P& saved) {
    if (b.wants(0)) {
      b.add(0, index_select(b.gradient(), saved.axis, *saved.index));
    }
  }

  template <class Cases>
  static void samples(Cases& cases);
};

namespace detail {

/// Zeros of `shape` plus x at the positions of gather(zeros, axis, index). The index is contiguous
/// and has been checked.
template <FloatScalar T>
[[nodiscard]] Tensor<T> scatter_add(const Tensor<T>& x, const Shape& shape, int axis,
                                    const Tensor<std::int64_t>& index) {
  Tensor<T> y = zeros<T>(shape);
  kernels::scatter_add(kernels::GatherPlan(index.shape(), contiguous_strides(shape), axis),
                       static_cast<T*>(y.body().data), index.data(), packed(x).data());
  if (must_record(x)) {
    record<ScatterAdd>(
        y,
        [&](Saver& save) {
          return ScatterAdd::Payload<T>{save(index), axis};
        },
        x);
  }
  return y;
}

/// The same for index_select.
template <FloatScalar T>
[[nodiscard]] Tensor<T> index_add(const Tensor<T>& x, const Shape& shape, int axis,
                                  const Tensor<std::int64_t>& index) {
  Tensor<T> y = zeros<T>(shape);
  kernels::add_lines(kernels::AxisSplit(shape, axis), static_cast<T*>(y.body().data), index.data(),
                     index.size(), packed(x).data());
  if (must_record(x)) {
    record<IndexAdd>(
        y,
        [&](Saver& save) {
          return IndexAdd::Payload<T>{save(index), axis};
        },
        x);
  }
  return y;
}

}  // namespace detail

template <class Cases>
void ScatterAdd::samples(Cases& cases) {
  const auto with = [](const Shape& shape, int axis, const Tensor<std::int64_t>& index) {
    return [=](const auto& in) { return detail::scatter_add(in[0], shape, axis, index); };
  };
  cases.add("the same twice", {{2, 3}},
            with({2, 4}, 1, tensor<std::int64_t>({2, 2, 0, 3, 1, 1}, {2, 3})));
  cases.add("a smaller index", {{1, 2}}, with({3, 4}, 0, tensor<std::int64_t>({2, 0}, {1, 2})));
  cases.add("nothing", {{2, 0}}, with({2, 3}, 1, zeros<std::int64_t>({2, 0})));
  cases.vary("at any positions", {{2, 3}}, [](const auto& in) {
    const Index n = in[0].extent(1) + 1;
    return detail::scatter_add(in[0], {in[0].extent(0), n}, 1, detail::scattered(in[0].shape(), n));
  });
}
EIGENGRAD_LIST_OP(ScatterAdd);

template <class Cases>
void IndexAdd::samples(Cases& cases) {
  const auto with = [](const Shape& shape, int axis) {
    return [=](const auto& in) {
      return detail::index_add(in[0], shape, axis, tensor<std::int64_t>({2, 0, 2}, {3}));
    };
  };
  cases.add("rows", {{3, 4}}, with({3, 4}, 0));
  cases.add("the middle axis", {{2, 3, 2}}, with({2, 5, 2}, 1));
  cases.add("a vector", {{3}}, with({3}, 0));
  cases.vary("rows at any positions", {{3, 4}}, [](const auto& in) {
    const Index rows = in[0].extent(0);
    return detail::index_add(in[0], {rows + 2, in[0].extent(1)}, 0,
                             detail::scattered({rows}, rows + 2));
  });
}
EIGENGRAD_LIST_OP(IndexAdd);

}  // namespace eigengrad
