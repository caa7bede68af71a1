#pragma once
// Anomaly mode: what a tape with detect_anomaly looks at after each op, forward and backward, and
// what it says; where a record was made. Leaves out where it is asked: recording.hpp and
// passes.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/tape/backward.hpp>
#include <eigengrad/tape/errors.hpp>
#include <eigengrad/tape/tape.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <array>
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

/// Not a template, and slow: every program that opens a tape compiles it.
[[nodiscard]] EIGENGRAD_COLD inline NotFinite first_not_finite(const TensorBody& x) {
  if (x.dtype != DType::float32 && x.dtype != DType::float64) {
    return {};
  }
  std::array<Index, max_rank> position{};
  Index offset = 0;
  for (Index i = 0; i < x.size; ++i) {
    const double value = x.dtype == DType::float32
                             ? double{static_cast<const float*>(x.data)[offset]}
                             : static_cast<const double*>(x.data)[offset];
    if (!(value - value == 0)) {
      return {i, value != value};
    }
    for (int axis = x.shape.rank(); axis-- > 0;) {
      const auto k = static_cast<std::size_t>(axis);
      offset += x.strides[k];
      if (++position[k] < x.shape[axis]) {
        break;
      }
      offset -= position[k] * x.strides[k];
      position[k] = 0;
    }
  }
  return {};
}

/// " of (3,), (2, 3)".
[[nodiscard]] EIGENGRAD_COLD inline std::string shapes_text(const TensorBody* const* operands,
                                                            const Shape* shapes,
                                                            std::size_t count) {
  std::string text;
  for (std::size_t k = 0; k < count; ++k) {
    Part(k == 0 ? " of " : ", ").append_to(text);
    Part(operands != nullptr ? operands[k]->shape : shapes[k]).append_to(text);
  }
  return text;
}

/// Throws if the result of an op holds a NaN or an infinity.
EIGENGRAD_COLD inline void check_result(std::string_view op, const TensorBody& result,
                                        const TensorBody* const* operands, std::size_t count) {
  const NotFinite found = first_not_finite(result);
  if (found.at < 0) {
    return;
  }
  std::string cause;
  for (std::size_t k = 0; k < count && cause.empty(); ++k) {
    const NotFinite before = first_not_finite(*operands[k]);
    if (before.at >= 0) {
      cause = concat("; operand ", k, " holds ", before.name(), " at element ", before.at);
    }
  }
  throw_error<ValueError>(
      "anomaly", {"'", op, "'", shapes_text(operands, nullptr, count), " gave ", found.name(),
                  " at element ", found.at, " of its result ", result.shape,
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
    const Shape* const shapes = DiagnosisAccess::shapes(tape, index);  // detect_anomaly has them
    const TensorBody* const parameter = record.operands()[k].parameter;
    throw_error<ValueError>(
        "anomaly",
        {"the derivative of '", record.op->name, "'",
         shapes_text(nullptr, shapes + 1, record.operand_count), " with result ", shapes[0],
         " gave ", found.name(), " at element ", found.at, " of the gradient of ",
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
