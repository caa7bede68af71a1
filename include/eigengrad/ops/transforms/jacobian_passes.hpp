#pragma once
// The rows or the columns of a Jacobian from the records of one run of f. Small ones are computed
// several in one pass, along a lead (lead.hpp), if the rules of all the ops that f applied take
// one: a product then goes over its matrix once for all of them. Leaves out what is made of them:
// jacobian.hpp.

#include <eigengrad/ops/join.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/transforms/functional.hpp>
#include <eigengrad/tape/anomaly.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

/// How jacobian goes through f: row by row (reverse), column by column (forward), or whichever
/// takes fewer passes.
enum class JacobianMode { fewest, reverse, forward };

namespace detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_jacobian_rank(std::string_view op, const Shape& y,
                                                            const Shape& x) {
  throw ShapeError(
      op, concat("the result would have more than ", max_rank, " axes: ", y, " by ", x), y, x);
}

/// The extents of y, then those of x. Throws: ShapeError
[[nodiscard]] inline Shape joined_shape(std::string_view op, const Shape& y, const Shape& x) {
  if (y.rank() + x.rank() > max_rank) {
    throw_jacobian_rank(op, y, x);
  }
  Shape shape = y;
  for (int axis = 0; axis < x.rank(); ++axis) {
    shape.push_back(x[axis]);
  }
  return shape;
}

/// The most elements that the largest gradient has when several passes are one. More leave the
/// cache, and a product of so many gains nothing (measured).
inline constexpr Index most_led_elements = Index{1} << 15;

/// How many passes may be one.
struct Several {
  Index fewest_rows = 4;  // two or three take longer than as many that write into buffers
  Index most = std::numeric_limits<Index>::max();
};

/// How many passes over the records that `output` depends on are made in one: 1 if an op among them
/// does not take a lead, or a tensor has no axis left for it. The tape describes.
[[nodiscard]] inline Index passes_at_once(Tape& tape, std::uint32_t output) {
  if (output == no_record) {
    return 1;
  }
  const Index count = tape.size();
  Scratch<bool> needed(count);
  PassAccess::mark_reachable(tape, {output}, needed.data());
  Index largest = 1;
  for (Index i = 0; i < count; ++i) {
    if (!needed[i]) {
      continue;
    }
    const Record& record = PassAccess::record(tape, static_cast<std::uint32_t>(i));
    const Shape* const shapes = DiagnosisAccess::shapes(tape, i);
    const auto is_full = [](const Shape& shape) { return shape.rank() == max_rank; };
    if ((record.op->vjp != nullptr && !record.op->rules->takes_lead) ||
        std::any_of(shapes, shapes + record.operand_count + 1, is_full)) {
      return 1;
    }
    largest = std::max(largest, shapes[0].size());
  }
  return std::max<Index>(most_led_elements / largest, 1);
}

/// Some neighbouring rows or columns.
struct Passes {
  Index first = 0;
  Index count = 0;
  Lead lead;
};
/// Calls f for [0, count) in parts of at most `at_once`, and one by one where that are fewer than
/// `fewest`.
template <class F>
void in_parts(Index count, Index at_once, Index fewest, const F& f) {
  Index first = 0;
  while (first < count) {
    const Index several = std::min(at_once, count - first);
    const bool led = several > 1 && several >= fewest;
    const Passes passes{first, led ? several : 1, Lead{led ? several : 0}};
    f(passes);
    first += passes.count;
  }
}

/// 1 at element `first` of `shape`, else 0; behind a lead, at the elements from `first` on.
template <FloatScalar T>
[[nodiscard]] Tensor<T> basis(const Shape& shape, Index first, const Lead& lead = {}) {
  Tensor<T> e = zeros<T>(lead.with(shape));
  T* const elements = static_cast<T*>(e.body().data);
  for (Index i = 0; i < std::max<Index>(lead.extent, 1); ++i) {
    elements[i * shape.size() + first + i] = T(1);
  }
  return e;
}

/// Matrices of n columns, one above the other, recorded where they are.
template <FloatScalar T>
[[nodiscard]] Tensor<T> rows_of(const std::vector<Tensor<T>>& parts, Index n) {
  if (parts.empty()) {
    return zeros<T>({0, n});
  }
  return parts.size() == 1 ? parts[0] : eigengrad::concat(parts, 0);
}

/// The gradients of some elements of y, which is the result of record `output`, if of any. Returns
/// whether they are recorded.
template <FloatScalar T>
bool pull_rows(Tape& tape, std::string_view op, GradientSink& sink, std::uint32_t output,
               const Tensor<T>& y, const Passes& passes) {
  const Tensor<T> cotangent = basis<T>(y.shape(), passes.first, passes.lead);
  std::vector<Seed> seeds;
  if (output != no_record) {
    seeds.push_back({output, &cotangent.body(), &y.body()});
  }
  return pull_back(tape, op, sink, seeds, true, passes.lead);
}

/// The Jacobian of f at x as (y's extents..., x's extents...). f is a function of one tensor.
template <class F, FloatScalar T>
[[nodiscard]] Tensor<T> jacobian_of(std::string_view op, F& f, const Tensor<T>& x,
                                    JacobianMode mode, Several several = {}) {
  Tape tape({.describe = true});
  TangentPass forward(tape);
  const Tensor<T> watched = tape.watch(x);
  const Tensor<T> y = f(watched);
  const Shape shape = joined_shape(op, y.shape(), x.shape());
  const std::uint32_t output = RecordingAccess::record_of(tape, y.body());
  if (output == no_record) {
    return zeros<T>(shape);
  }
  const bool by_rows =
      mode == JacobianMode::reverse || (mode == JacobianMode::fewest && y.size() <= x.size());
  const Index at_once = std::min(passes_at_once(tape, output), several.most);
  std::vector<Tensor<T>> lines;
  if (by_rows) {
    in_parts(y.size(), at_once, several.fewest_rows, [&](const Passes& passes) {
      GradientSink sink;
      sink.ask(watched.body(), RecordingAccess::record_of(tape, watched.body()));
      const bool recorded = pull_rows(tape, op, sink, output, y, passes);
      lines.push_back(reshape(sink.take<T>(0, passes.lead.with(x.shape()), recorded),
                              Shape{passes.count, x.size()}));
    });
    return reshape(rows_of(lines, x.size()), shape);
  }
  const RecordingAccess::SetAside aside(tape);
  in_parts(x.size(), at_once, 2, [&](const Passes& passes) {
    forward.restart(passes.lead);
    forward.seed(watched, basis<T>(x.shape(), passes.first, passes.lead));
    forward.run({output});
    lines.push_back(reshape(forward.tangent_of(y), Shape{passes.count, y.size()}));
  });
  return reshape(transpose(rows_of(lines, y.size())), shape);
}

}  // namespace detail

}  // namespace eigengrad
