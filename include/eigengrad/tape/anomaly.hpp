#pragma once
// Anomaly mode: what a tape with detect_anomaly looks at after each op, forward and backward, and
// what it says; where a record was made. Leaves out where it is asked: recording.hpp and
// passes.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/errors.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// The first NaN or infinity of a tensor, in row-major order.
struct NotFinite {
  Index at = -1;  // -1: none
  bool nan = false;

  [[nodiscard]] std::string_view name() const noexcept { return nan ? "nan" : "infinity"; }
};

template <FloatScalar T>
[[nodiscard]] EIGENGRAD_COLD NotFinite first_not_finite(const TensorBody& body) {
  auto* const held = const_cast<TensorBody*>(&body);  // for its count
  retain(held);
  const Tensor<T> x(held);
  Scratch<T> values(x.size() > 0 ? x.size() : 1);
  copy_to(values.data(), x);
  for (Index i = 0; i < x.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return {i, std::isnan(values[i])};
    }
  }
  return {};
}
[[nodiscard]] EIGENGRAD_COLD inline NotFinite first_not_finite(const TensorBody& x) {
  switch (x.dtype) {
    case DType::float32:
      return first_not_finite<float>(x);
    case DType::float64:
      return first_not_finite<double>(x);
    default:
      return {};
  }
}

/// Throws if the result of an op holds a NaN or an infinity.
EIGENGRAD_COLD inline void check_result(std::string_view op, const TensorBody& result,
                                        const TensorBody* const* operands, std::size_t count) {
  const NotFinite found = first_not_finite(result);
  if (found.at < 0) {
    return;
  }
  std::string shapes;
  std::string cause;
  for (std::size_t k = 0; k < count; ++k) {
    shapes += concat(k == 0 ? " of " : ", ", operands[k]->shape);
    const NotFinite before = cause.empty() ? first_not_finite(*operands[k]) : NotFinite{};
    if (before.at >= 0) {
      cause = concat("; operand ", k, " holds ", before.name(), " at element ", before.at);
    }
  }
  throw_error<ValueError>("anomaly", {"'", op, "'", shapes, " gave ", found.name(), " at element ",
                                      found.at, " of its result ", result.shape,
                                      scope_text(scope_path(tape_thread.scope)), cause});
}

/// What errors and pictures may look at.
struct DiagnosisAccess {
  [[nodiscard]] static Record& record(const Tape& tape, Index i) noexcept {
    return *tape.records_[i];
  }
  /// The shapes of a record's result and of its operands, or null.
  [[nodiscard]] static const Shape* shapes(const Tape& tape, Index i) noexcept {
    return i < tape.shapes_.size() ? tape.shapes_[i] : nullptr;
  }
  [[nodiscard]] static std::string_view scope(const Tape& tape, Index i) noexcept {
    return tape.scope_of(static_cast<std::uint32_t>(i));
  }
  [[nodiscard]] static const std::string& lost_parameter(const Tape& tape) noexcept {
    return tape.lost_parameter_;
  }
  [[nodiscard]] static const Buffer<SavedVersion>& saved(const Tape& tape) noexcept {
    return tape.saved_;
  }
};

/// Throws if the derivative of a record, which has just run, gave a NaN or an infinity.
EIGENGRAD_COLD inline void check_gradients_of(const BackwardPass& pass, std::uint32_t index) {
  const Tape& tape = pass.tape();
  Record& record = DiagnosisAccess::record(tape, index);
  for (std::size_t k = 0; k < record.operand_count; ++k) {
    const TensorBody* const gradient = pass.added(record.operands()[k]);
    const NotFinite found = gradient != nullptr ? first_not_finite(*gradient) : NotFinite{};
    if (found.at < 0) {
      continue;
    }
    std::string shapes;
    if (const Shape* const shape = DiagnosisAccess::shapes(tape, index)) {
      for (std::size_t i = 1; i <= record.operand_count; ++i) {
        shapes += concat(i == 1 ? " of " : ", ", shape[i]);
      }
      shapes += concat(" with result ", shape[0]);
    }
    const TensorBody* const parameter = record.operands()[k].parameter;
    throw_error<ValueError>(
        "anomaly", {"the derivative of '", record.op->name, "'", shapes, " gave ", found.name(),
                    " at element ", found.at, " of the gradient of ",
                    parameter != nullptr ? tensor_text(*parameter) : concat("operand ", k),
                    scope_text(DiagnosisAccess::scope(tape, index))});
  }
}

/// Throws if the gradient that a backward pass starts from holds a NaN or an infinity.
EIGENGRAD_COLD inline void check_cotangent(const TensorBody& cotangent) {
  const NotFinite found = first_not_finite(cotangent);
  if (found.at >= 0) {
    throw_error<ValueError>("anomaly", {"the cotangent ", cotangent.shape, " holds ", found.name(),
                                        " at element ", found.at});
  }
}

}  // namespace eigengrad::detail

namespace eigengrad {

/// The scope that is open now holds for the records to come.
EIGENGRAD_COLD inline void Tape::mark_scope() {
  const std::string path = detail::scope_path(detail::tape_thread.scope);
  char* const text = static_cast<char*>(arena_.allocate(path.size()));
  path.copy(text, path.size());
  scopes_.push_back(
      {static_cast<std::uint32_t>(records_.size()), static_cast<std::uint32_t>(path.size()), text});
}

EIGENGRAD_COLD inline std::string_view Tape::scope_of(std::uint32_t record) const noexcept {
  for (Index i = scopes_.size(); i-- > 0;) {
    if (scopes_[i].record <= record) {
      return {scopes_[i].text, scopes_[i].length};
    }
  }
  return {};
}

}  // namespace eigengrad
