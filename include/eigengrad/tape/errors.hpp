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

/// A text that grows part by part. Each is a call, where joined() builds a list of them all: these
/// texts are long, and every program compiles them.
class Message {
 public:
  EIGENGRAD_COLD Message& operator<<(const Part& part) {
    part.append_to(text_);
    return *this;
  }
  /// " in scope 'encoder'", or nothing.
  EIGENGRAD_COLD Message& in_scope(std::string_view path) {
    return path.empty() ? *this : *this << " in scope '" << path << "'";
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};
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
/// A tensor, as an error names it: "parameter 'w' (2, 3)" or "tensor (2, 3)".
EIGENGRAD_COLD inline void name_tensor(Message& message, const TensorBody& x) {
  if (x.leaf == nullptr) {
    message << "tensor " << x.shape;
    return;
  }
  message << "parameter '"
          << (x.dtype == DType::float32 ? state_of<float>(x).name : state_of<double>(x).name)
          << "' " << x.shape;
}
/// `scope`: of the op that saved it; `owner`: of the elements; `places`: of both, where known.
[[noreturn]] EIGENGRAD_COLD inline void throw_changed(std::string_view op, std::string_view by,
                                                      std::string_view scope,
                                                      const TensorBody& owner,
                                                      std::string_view places = {}) {
  const bool known = owner.leaf != nullptr && owner.leaf->changed_by != nullptr &&
                     owner.leaf->changed_version == owner.version;
  Message message;
  message << "a tensor that '" << by << "' saved";
  message.in_scope(scope) << " was changed after it was recorded: ";
  name_tensor(message, owner);
  message << ", by "
          << (known ? owner.leaf->changed_by : "a write to its elements (mutable_data, set, ...)")
          << places;
  throw TapeError(op, message.text());
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
