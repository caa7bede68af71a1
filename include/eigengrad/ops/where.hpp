#pragma once
// where: chooses between two tensors by a mask.

#include <eigengrad/base/shape.hpp>
#include <eigengrad/kernels/zip.hpp>
#include <eigengrad/ops/compare.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/ops/machinery/sum_to.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <string_view>
#include <type_traits>

namespace eigengrad {

struct Where {
  static constexpr std::string_view name = "where";
  static constexpr std::string_view doc = "x where the mask holds, else y, with broadcasting.";

  template <class T>
  struct Payload {
    detail::Saved<bool> mask;
    Shape x_shape;
    Shape y_shape;
  };

  template <FloatScalar T>
  static void vjp(Backward<T>& b, Payload<T>& saved) {
    if (b.wants(0)) {
      b.add(0, detail::sum_to(masked(b.gradient(), *saved.mask, true), saved.x_shape));
    }
    if (b.wants(1)) {
      b.add(1, detail::sum_to(masked(b.gradient(), *saved.mask, false), saved.y_shape));
    }
  }

  template <class Cases>
  static void samples(Cases& cases);

 private:
  /// g where the mask has this value, else 0: never a product, so an infinite g does no harm.
  template <FloatScalar T>
  [[nodiscard]] static Tensor<T> masked(const Tensor<T>& g, const Tensor<bool>& mask, bool value) {
    Tensor<T> out = detail::uninitialized<T>(g.shape());
    kernels::zip([value](T gi, bool m) { return m == value ? gi : T(0); }, g.shape(),
                 static_cast<T*>(out.body().data), detail::over(g.shape(), g),
                 detail::over(g.shape(), mask));
    return out;
  }
};

/// x where the mask is true, else y, elementwise with broadcasting of all three. The elements that
/// are not chosen play no part, not even as NaN.
///
/// Shapes:    mask, x, y broadcast to the result; a number may stand for x or for y
/// Gradient:  g where it was chosen and 0 elsewhere, summed over broadcast axes; none into the
///            mask, and none at all for tensors of integers
/// Throws:    ShapeError if the shapes do not broadcast
/// Cost:      one pass; saves the mask
/// Reference: PyTorch `where`
template <AnyScalar T>
[[nodiscard]] Tensor<T> where(const Tensor<bool>& mask, const Tensor<T>& x, const Tensor<T>& y) {
  const Shape pair = broadcast_shapes(Where::name, x.shape(), y.shape());
  const Shape shape = broadcast_shapes(Where::name, mask.shape(), pair);
  Tensor<T> z = detail::uninitialized<T>(shape);
  kernels::zip([](bool m, T xi, T yi) { return m ? xi : yi; }, shape,
               static_cast<T*>(z.body().data), detail::over(shape, mask), detail::over(shape, x),
               detail::over(shape, y));
  if constexpr (FloatScalar<T>) {
    if (detail::must_record(x, y)) {
      detail::record<Where>(
          z,
          [&](detail::Saver& save) {
            return Where::Payload<T>{save(mask), x.shape(), y.shape()};
          },
          x, y);
    }
  }
  return z;
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> where(const Tensor<bool>& mask, std::type_identity_t<T> x,
                              const Tensor<T>& y) {
  return where(mask, scalar(x), y);
}
template <AnyScalar T>
[[nodiscard]] Tensor<T> where(const Tensor<bool>& mask, const Tensor<T>& x,
                              std::type_identity_t<T> y) {
  return where(mask, x, scalar(y));
}

template <class Cases>
void Where::samples(Cases& cases) {
  const auto mask = [](const Shape& shape) {
    Tensor<bool> m = empty<bool>(shape);
    for (Index i = 0; i < m.size(); ++i) {
      detail::fresh_data(m)[i] = i % 3 != 1;
    }
    return m;
  };
  const auto same = [mask](const auto& in) { return where(mask(in[0].shape()), in[0], in[1]); };
  cases.add("scalars", {{}, {}}, same);
  cases.vary("(2, 3)", {{2, 3}, {2, 3}}, same);
  cases.vary("(19,)", {{19}, {19}}, same);
  cases.add("no elements", {{0, 3}, {0, 3}}, same);
  const auto rows = [mask](const auto& in) { return where(mask({3, 1}), in[0], in[1]); };
  cases.add("mask (3, 1)", {{3, 4}, {3, 4}}, rows);
  cases.vary("mask of a column", {{3, 4}, {4}}, [mask](const auto& in) {
    return where(mask({in[0].extent(0), 1}), in[0], in[1]);
  });
  cases.add("all broadcast", {{4}, {2, 1, 1}}, rows);
  cases.add("one scalar", {{3, 4}, {}}, rows);
  using T = typename Cases::value_type;
  cases.add("number for x", {{3, 4}},
            [mask](const auto& in) { return where(mask({4}), T(0.25), in[0]); });
  cases.add("number for y", {{3, 4}},
            [mask](const auto& in) { return where(mask({4}), in[0], T(0.25)); });
  cases.rejects("where: shapes do not broadcast: (2,) and (3,)", {{2}, {3}}, rows);
  cases.rejects("where: shapes do not broadcast: (3, 1) and (2, 4)", {{2, 4}, {4}}, rows);
}
EIGENGRAD_LIST_OP(Where);

}  // namespace eigengrad
