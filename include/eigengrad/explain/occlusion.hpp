#pragma once
// Occlusion: a window is slid over the input and what is under it replaced; what the output loses
// is the window's.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/explain/target.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigengrad::explain {

template <FloatScalar T>
struct OcclusionOptions {
  Target target = {};
  /// Extents of the window along the axes of a row: {3, 3} for rows (height, width).
  Shape sliding_window_shape = {};
  /// Its steps along those axes; by default 1 each.
  Shape strides = {};
  /// What stands for what is hidden: as x, or one that broadcasts to it. By default zeros.
  Tensor<T> baseline = {};
  /// Rows in one call of the model, at least those of x.
  Index batch_size = 256;
};

}  // namespace eigengrad::explain

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_window_rank(std::string_view what,
                                                          const Shape& window, const Shape& x) {
  throw_shape_error("occlusion",
                    {what, " ", window, " is not one extent for each axis of a row of ", x}, window,
                    x);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_window(const Shape& window, const Shape& strides,
                                                     const Shape& x) {
  throw_shape_error("occlusion",
                    {"window ", window, " with strides ", strides,
                     " is empty, larger than a row of ", x, ", or steps over elements"},
                    window, x);
}

/// The windows over a row: row-major steps of `strides`, the last one along an axis cut at its end.
class Windows {
 public:
  /// Throws: ShapeError
  Windows(const Shape& x, const Shape& window, const Shape& strides) : window_(window) {
    const int rank = x.rank() - 1;
    if (window.rank() != rank) {
      throw_window_rank("window", window, x);
    }
    strides_ = strides.rank() == 0 ? Shape::filled(rank, 1) : strides;
    if (strides_.rank() != rank) {
      throw_window_rank("strides", strides_, x);
    }
    for (int axis = 0; axis < rank; ++axis) {
      const Index n = x[axis + 1];
      const Index width = window[axis];
      const Index step = strides_[axis];
      if (width < 1 || width > n || step < 1 || (width < n && step > width)) {
        throw_window(window, strides_, x);
      }
      row_.push_back(n);
      counts_.push_back((n - width + step - 1) / step + 1);
    }
  }

  [[nodiscard]] Index size() const noexcept { return counts_.size(); }

  /// Positions within a row, contiguous, that a window hides.
  [[nodiscard]] std::vector<Index> positions(Index window) const {
    std::vector<Index> result{0};
    Index stride = 1;
    for (int axis = row_.rank() - 1; axis >= 0; --axis) {
      const Index begin = window % counts_[axis] * strides_[axis];
      const Index end = std::min(begin + window_[axis], row_[axis]);
      window /= counts_[axis];
      std::vector<Index> longer;
      for (Index at = begin; at < end; ++at) {
        for (const Index inner : result) {
          longer.push_back(at * stride + inner);
        }
      }
      result = std::move(longer);
      stride *= row_[axis];
    }
    return result;
  }

 private:
  Shape window_;
  Shape strides_;
  Shape row_;
  Shape counts_;
};

/// Copies of x, one for each of `count` windows from `first` on, with baseline under them.
template <FloatScalar T>
[[nodiscard]] Tensor<T> occluded(const Tensor<T>& x, const Tensor<T>& base, const Windows& windows,
                                 Index first, Index count) {
  const Index rows = x.shape()[0];
  const Index width = x.size() / rows;
  Tensor<T> copies = uninitialized<T>(with_rows(x.shape(), count * rows));
  T* to = copies.mutable_data();
  for (Index window = first; window < first + count; ++window, to += x.size()) {
    std::copy_n(x.data(), x.size(), to);
    for (const Index at : windows.positions(window)) {
      for (Index i = at; i < x.size(); i += width) {
        to[i] = base.data()[i];
      }
    }
  }
  return copies;
}

}  // namespace eigengrad::detail

namespace eigengrad::explain {

/// How much the target's output falls when an element is hidden: f(x) - f(x with a window
/// replaced), averaged over the windows that cover the element.
///
/// Shapes:    x (n, ...), f(x) as saliency -> as x
/// Gradient:  none; the result is a constant
/// Throws:    as saliency; ShapeError if window or strides have another rank than a row, or leave
///            elements uncovered, or the baseline does not broadcast; ValueError for batch_size < 1
/// Cost:      a forward pass over the rows for each window, (size - window) / stride + 1 along an
///            axis, rounded up
/// Reference: Zeiler, Fergus 2014; Captum `Occlusion`
template <FloatScalar T, class F>
[[nodiscard]] Tensor<T> occlusion(F&& f, const Tensor<T>& x,
                                  const std::type_identity_t<OcclusionOptions<T>>& options) {
  constexpr std::string_view op = "occlusion";
  const Index rows = eigengrad::detail::rows_to_explain(op, x);
  eigengrad::detail::check_positive(op, "batch size", options.batch_size);
  const eigengrad::detail::Windows windows(x.shape(), options.sliding_window_shape,
                                           options.strides);
  const eigengrad::detail::InferenceMode mode(op, f);
  const Tensor<T> rows_of_x = eigengrad::detail::packed(x);
  const Tensor<T> base = eigengrad::detail::packed(eigengrad::detail::expanded(
      options.baseline.defined() ? options.baseline : zeros<T>(Shape{}), x.shape(), op));
  const Tensor<T> whole = eigengrad::detail::explained_outputs(op, f, rows_of_x, options.target);

  const Index width = x.size() / rows;
  std::vector<double> total(static_cast<std::size_t>(x.size()));
  std::vector<double> covered(static_cast<std::size_t>(width));
  const Index at_once = std::max<Index>(1, options.batch_size / rows);
  for (Index first = 0; first < windows.size(); first += at_once) {
    const Index count = std::min(at_once, windows.size() - first);
    const Tensor<T> hidden = eigengrad::detail::explained_outputs(
        op, f, eigengrad::detail::occluded(rows_of_x, base, windows, first, count),
        eigengrad::detail::repeated(options.target, count));
    for (Index window = 0; window < count; ++window) {
      for (const Index at : windows.positions(first + window)) {
        covered[static_cast<std::size_t>(at)] += 1;
        for (Index row = 0; row < rows; ++row) {
          total[static_cast<std::size_t>(row * width + at)] +=
              static_cast<double>(whole.data()[row]) -
              static_cast<double>(hidden.data()[window * rows + row]);
        }
      }
    }
  }
  Tensor<T> result = empty<T>(x.shape());
  T* const to = result.mutable_data();
  for (Index i = 0; i < x.size(); ++i) {
    to[i] = static_cast<T>(total[static_cast<std::size_t>(i)] /
                           covered[static_cast<std::size_t>(i % width)]);
  }
  return result;
}

}  // namespace eigengrad::explain
