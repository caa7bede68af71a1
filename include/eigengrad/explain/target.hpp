#pragma once
// Which output of a model is explained, and the two ways in which every method here looks at a
// model: its outputs, and their gradient with respect to its input. Leaves out the methods.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/ops/indexing.hpp>
#include <eigengrad/ops/shape.hpp>
#include <eigengrad/ops/slice.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eigengrad::explain {

/// Which output of a model that gives several for a row: one for all rows, or one for each.
/// Nothing: the model gives one number for a row.
///
/// Reference: Captum, the argument `target`
class Target {
 public:
  Target() = default;
  Target(Index output) noexcept : one_(true), output_(output) {}  // NOLINT: implicit on purpose
  Target(Tensor<std::int64_t> outputs) noexcept                   // NOLINT: implicit on purpose
      : outputs_(std::move(outputs)) {}

  [[nodiscard]] bool given() const noexcept { return one_ || for_each_row(); }
  [[nodiscard]] bool for_each_row() const noexcept { return outputs_.defined(); }
  [[nodiscard]] Index output() const noexcept { return output_; }
  [[nodiscard]] const Tensor<std::int64_t>& outputs() const noexcept { return outputs_; }

 private:
  bool one_ = false;
  Index output_ = 0;
  Tensor<std::int64_t> outputs_;
};

}  // namespace eigengrad::explain

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_model_rows(std::string_view op, const Shape& output,
                                                         Index rows) {
  throw_shape_error(op, {"the model gave ", output, " for ", rows, " rows"}, output);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_model_outputs(std::string_view op,
                                                            const Shape& output) {
  throw_shape_error(op, {"the model gave ", output, ", expected (rows,) or (rows, outputs)"},
                    output);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_target(std::string_view op, const Shape& output) {
  throw_error<ValueError>(
      op, {"the model gives several outputs for a row; choose one by `target`: ", output});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_target(std::string_view op, Index target,
                                                     Index outputs) {
  throw_error<IndexError>(op, {"target ", target, " is outside [0, ", outputs, ")"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_row_target(std::string_view op, Index target,
                                                         Index row, Index outputs) {
  throw_error<IndexError>(op,
                          {"target ", target, " at row ", row, " is outside [0, ", outputs, ")"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_target_shape(std::string_view op, const Shape& target,
                                                           Index rows) {
  throw_shape_error(op, {"targets are ", target, " for ", rows, " rows"}, target);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_nothing_to_explain(std::string_view op,
                                                                 const Shape& shape) {
  throw_error<ValueError>(op, {"x has no elements: ", shape});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_table(std::string_view op, const Shape& x) {
  throw_shape_error(op, {"x is not (rows, features): ", x}, x);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_const_training(std::string_view op) {
  throw_error<ValueError>(op, {"the model is const and in training mode; call eval() first"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_below_one(std::string_view op, std::string_view what,
                                                        Index value) {
  throw_error<ValueError>(op, {what, " is not positive: ", value});
}

inline void check_positive(std::string_view op, std::string_view what, Index value) {
  if (value < 1) {
    throw_below_one(op, what, value);
  }
}

/// Number of rows of an x that has elements. Throws: ShapeError, ValueError
template <FloatScalar T>
[[nodiscard]] Index rows_to_explain(std::string_view op, const Tensor<T>& x) {
  const Index rows = rows_of(op, x);
  if (x.size() == 0) {
    throw_nothing_to_explain(op, x.shape());
  }
  return rows;
}

/// A model in evaluation mode for the length of a scope. A model that is in it already is not
/// written, so that several threads may explain it; a function without modes is left alone.
template <class Model>
class InferenceMode {
 public:
  InferenceMode(std::string_view op, Model& model) : model_(model) {
    if constexpr (requires { model.is_training(); }) {
      was_training_ = model.is_training();
      if (was_training_) {
        if constexpr (requires { model.eval(); }) {
          model.eval();
        } else {
          throw_const_training(op);
        }
      }
    }
  }
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;
  ~InferenceMode() {
    if constexpr (requires { model_.train(); }) {
      if (was_training_) {
        model_.train();
      }
    }
  }

 private:
  Model& model_;
  bool was_training_ = false;
};

/// The targets of `copies` copies of the rows, one after the other.
[[nodiscard]] inline explain::Target repeated(const explain::Target& target, Index copies) {
  if (!target.for_each_row() || copies == 1) {
    return target;
  }
  const Tensor<std::int64_t>& once = target.outputs();
  return copied(expanded(once, Shape{copies, once.size()}));
}

/// The outputs y (rows,), (rows, 1) or (rows, k) that the target names, as (rows,). Recorded.
template <FloatScalar T>
[[nodiscard]] Tensor<T> target_outputs(std::string_view op, const Tensor<T>& y, Index rows,
                                       const explain::Target& target) {
  if (y.rank() == 0 || y.shape()[0] != rows) {
    throw_model_rows(op, y.shape(), rows);
  }
  if (y.rank() > 2 && (target.given() || y.size() == rows)) {
    throw_model_outputs(op, y.shape());
  }
  if (!target.given()) {
    if (y.size() != rows) {
      throw_no_target(op, y.shape());
    }
    return reshape(y, {rows});
  }
  const Tensor<T> outputs = y.rank() == 1 ? unsqueeze(y, 1) : y;
  const Index count = outputs.shape()[1];
  if (!target.for_each_row()) {
    if (target.output() < 0 || target.output() >= count) {
      throw_target(op, target.output(), count);
    }
    return select(outputs, 1, target.output());
  }
  const Tensor<std::int64_t> wanted = packed(target.outputs());
  if (wanted.size() != rows) {
    throw_target_shape(op, wanted.shape(), rows);
  }
  for (Index row = 0; row < rows; ++row) {
    const Index output = wanted.data()[row];
    if (output < 0 || output >= count) {
      throw_row_target(op, output, row, count);
    }
  }
  return reshape(gather(outputs, 1, reshape_view_or_copy(wanted, {rows, 1})), {rows});
}

/// The target's output for every row, (rows,), contiguous. Not recorded.
template <FloatScalar T, class F>
[[nodiscard]] Tensor<T> explained_outputs(std::string_view op, F& f, const Tensor<T>& x,
                                          const explain::Target& target) {
  const NoGrad no_grad;
  const Tensor<T> y = f(detach(x));
  return packed(target_outputs(op, y, x.shape()[0], target));
}

/// The gradient of the target's output of every row with respect to that row, as x, contiguous.
/// Rows must not depend on each other. A constant: tapes around it record nothing.
template <FloatScalar T, class F>
[[nodiscard]] Tensor<T> input_gradient(std::string_view op, F& f, const Tensor<T>& x,
                                       const explain::Target& target) {
  const NoGrad no_grad;
  const auto total = [&](const Tensor<T>& rows) {
    const Tensor<T> y = f(rows);
    return sum(target_outputs(op, y, rows.shape()[0], target));
  };
  return packed(grad(total, detach(x)));
}

}  // namespace eigengrad::detail
