#pragma once
// What the errors of a tape say. Leaves out those of an op that records itself (recording.hpp) and
// those about NaN and infinity
// (anomaly.hpp).

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/tape.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace eigengrad::detail {

/// Names joined from the outside in: "encoder/attention".
[[nodiscard]] EIGENGRAD_COLD inline std::string scope_path(const ScopeLabel* label) {
  std::string path;
  for (; label != nullptr; label = label->parent) {
    path = path.empty() ? std::string(label->name) : concat(label->name, "/", path);
  }
  return path;
}
/// " in scope 'encoder'", or nothing.
[[nodiscard]] EIGENGRAD_COLD inline std::string scope_text(std::string_view path) {
  return path.empty() ? std::string() : concat(" in scope '", path, "'");
}

[[noreturn]] EIGENGRAD_COLD inline void throw_not_recorded(std::string_view op) {
  throw_error<TapeError>(
      op,
      {"the output was not recorded on this tape; it depends on no trainable parameter or watched "
       "tensor, or was computed under NoGrad or outside the tape's scope"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_consumed(std::string_view op) {
  throw_error<TapeError>(
      op, {"an earlier backward consumed these records; pass {.retain = true} to the first"});
}
/// A saved tensor's owner, as an error names it: "parameter 'w' (2, 3)" or "tensor (2, 3)".
[[nodiscard]] EIGENGRAD_COLD inline std::string tensor_text(const TensorBody& owner) {
  if (owner.leaf == nullptr) {
    return concat("tensor ", owner.shape);
  }
  const std::string& name =
      owner.dtype == DType::float32 ? state_of<float>(owner).name : state_of<double>(owner).name;
  return concat("parameter '", name, "' ", owner.shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_changed(std::string_view op, std::string_view by,
                                                      const std::string& scope,
                                                      const TensorBody& owner) {
  const bool known = owner.leaf != nullptr && owner.leaf->changed_by != nullptr &&
                     owner.leaf->changed_version == owner.version;
  throw_error<TapeError>(
      op, {"a tensor that '", by, "' saved", scope,
           " was changed after it was recorded: ", tensor_text(owner), ", by ",
           known ? owner.leaf->changed_by : "a write to its elements (mutable_data, set, ...)"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_lost_parameter(std::string_view op,
                                                             const std::string& name) {
  throw_error<TapeError>(op,
                         {"parameter '", name, "' was destroyed before the tape that recorded it"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_wrong_thread(std::string_view op) {
  throw_error<TapeError>(op, {"the tape belongs to another thread"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_running(std::string_view op) {
  throw_error<TapeError>(op, {"a backward pass is already running on this tape"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_in_segment(std::string_view op) {
  throw_error<TapeError>(op, {"not inside the function that recompute runs"});
}
[[noreturn]] EIGENGRAD_COLD inline void abort_tape(const char* how) noexcept {
  std::fprintf(stderr, "eigengrad: a Tape was destroyed %s\n", how);
  std::abort();
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_scalar(std::string_view op, const Shape& shape) {
  throw_shape_error(op, {"output is ", shape, ", not a scalar; sum or mean it first"}, shape);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_cotangent(std::string_view op, const Shape& output,
                                                        const Shape& cotangent) {
  throw_shape_error(op, {"cotangent is ", cotangent, ", output is ", output}, output, cotangent);
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_transforms(std::string_view op) {
  throw TapeError(op,
                  "create_graph needs a unit of the program to include eigengrad/transforms.hpp");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_graph_under_no_grad(std::string_view op) {
  throw TapeError(op, "create_graph under NoGrad: nothing would be recorded");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_not_watched() {
  throw_error<TapeError>(
      "gradient", {"the tensor was not watched on this tape; use the one that watch() returned"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_input_not_recorded(Index i) {
  throw_error<TapeError>("gradients",
                         {"input ", i, " is neither a parameter nor recorded on this tape"});
}

}  // namespace eigengrad::detail
