#pragma once
// The product over axes.

#include <eigengrad/kernels/product.hpp>
#include <eigengrad/kernels/reduce.hpp>
#include <eigengrad/ops/machinery/axes.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/view.hpp>

#include <array>
#include <initializer_list>
#include <span>

namespace eigengrad {

struct Prod {
  static constexpr std::string_view name = "prod";
  static constexpr std::string_view doc =
      "Product over axes; the product of nothing is 1. dx_i = g times the product of the others.";

  template <class T>
  struct Payload {
    detail::Saved<T> x;
    detail::Reduction reduction;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      b.add(0, products_of_others(*saved.x, saved.reduction, b.gradient()));
    }
  }

  /// g times the product of the other elements of its reduction, for each element of x; a constant.
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> products_of_others(const Tensor<T>& x,
                                                    const detail::Reduction& reduction,
                                                    const Tensor<T>& gradient) {
    // The kept axes first, then the reduced ones: rows whose products were taken.
    std::array<Index, max_rank> order{};
    std::array<Index, max_rank> back{};
    std::size_t at = 0;
    for (const bool reduced : {false, true}) {
      for (int axis = 0; axis < x.rank(); ++axis) {
        if (reduction.reduces(axis) == reduced) {
          back[static_cast<std::size_t>(axis)] = static_cast<Index>(at);
          order[at++] = axis;
        }
      }
    }
    const auto rank = static_cast<std::size_t>(x.rank());
    const Tensor<T> rows = detail::packed(detail::permuted(x, std::span(order.data(), rank)));
    const Tensor<T> g = detail::packed(gradient);
    Tensor<T> dx = detail::uninitialized<T>(rows.shape());
    kernels::products_of_others(g.size(), reduction.count, rows.data(), g.data(),
                                static_cast<T*>(dx.body().data));
    return detail::permuted(dx, std::span(back.data(), rank));
  }

  template <class Cases>
  static void samples(Cases& cases) {
    cases.vary("all of (2, 3)", {{2, 3}}, [](const auto& in) { return prod(in[0]); });
    cases.add("a scalar", {{}}, [](const auto& in) { return prod(in[0]); });
    cases.add("nothing", {{0, 3}}, [](const auto& in) { return prod(in[0]); });
    cases.vary("axis 0 of (4, 3)", {{4, 3}}, [](const auto& in) { return prod(in[0], {0}); });
    cases.vary("middle axis, kept", {{2, 3, 4}},
               [](const auto& in) { return prod(in[0], {1}, KeepDims::yes); });
    cases.vary("two outer axes", {{2, 3, 4}}, [](const auto& in) { return prod(in[0], {0, 2}); });
    cases.rejects("prod: axis 2 is outside [-2, 2)", {{2, 3}},
                  [](const auto& in) { return prod(in[0], {2}); });
    cases.rejects("prod: axis 1 is named twice", {{2, 3}}, [](const auto& in) {
      return prod(in[0], {1, -1});
    });
  }
};

namespace detail {

template <FloatScalar T>
[[nodiscard]] Tensor<T> prod(const Tensor<T>& x, const Reduction& reduction) {
  Tensor<T> y = uninitialized<T>(reduction.result);
  kernels::reduce(kernels::ProductOf<T>{}, x.shape(), x.data(), x.strides(), reduction.axes,
                  static_cast<T*>(y.body().data));
  if (must_record(x)) {
    record<Prod>(
        y,
        [&](Saver& save) {
          return Prod::Payload<T>{save(x), reduction};
        },
        x);
  }
  return y;
}

}  // namespace detail

/// Product over `axes`, or over all without them. The product of no elements is 1.
///
/// Shapes:    any -> x's shape without `axes`, or with extent 1 there (KeepDims::yes)
/// Gradient:  g times the product of the other elements: exact where some are 0
/// Throws:    IndexError if an axis is out of range or named twice
/// Cost:      one pass forward, two backward; saves x
/// Reference: NumPy `prod`; PyTorch `prod`, which divides the result by x where no element is 0
template <FloatScalar T>
[[nodiscard]] Tensor<T> prod(const Tensor<T>& x, std::initializer_list<Index> axes,
                             KeepDims keep = KeepDims::no) {
  return detail::prod(x, detail::Reduction("prod", x.shape(), axes, keep));
}
template <FloatScalar T>
[[nodiscard]] Tensor<T> prod(const Tensor<T>& x) {
  return detail::prod(x, detail::Reduction(x.shape(), KeepDims::no));
}
EIGENGRAD_LIST_OP(Prod);

}  // namespace eigengrad
