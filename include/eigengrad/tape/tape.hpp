#pragma once
// Tape: the user's recording of one forward pass on one thread, and its backward pass.
// Leaves out how ops record (recording.hpp) and how derivatives hand gradients on (backward.hpp).

#include <eigengrad/base/error.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/record.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

class Tape;

namespace detail {

struct GradientSink;
struct DrawLog;

/// The name of a Scope (scope.hpp) and of those around it.
struct ScopeLabel {
  std::string_view name;
  const ScopeLabel* parent;
};
/// From this record on, ops were recorded in the scope of this name. In the arena, as the text is.
struct ScopeMark {
  const ScopeMark* before;
  std::uint32_t record;
  std::uint32_t length;
  const char* text;
};

/// A tape that notes what ops read instead of recording them (segment.hpp).
struct Probe {
  /// Gives the index that the op's result is known by.
  std::uint32_t (*note)(Probe& probe, const Tape& tape, const TensorBody* const* operands,
                        std::size_t count);
  /// Told that a parameter is gone; whether it had been read.
  bool (*lose)(Probe& probe, const TensorBody* parameter) noexcept;
};

/// A further number under which a tape knows its records, while it runs a segment (segment.hpp).
struct OtherNumber {
  std::uint64_t number;
  const OtherNumber* next;
};

/// A thread's recording state.
struct TapeThread {
  Tape* innermost;          // the last tape opened here that is still in scope
  int no_grad;              // depth of NoGrad scopes and of backward passes; see Tape::no_grad_
  std::uint64_t serial;     // number of this thread, 0 until its first tape
  std::uint64_t opened;     // tapes opened so far
  std::uint64_t wasted;     // gradients that derivatives computed although nobody wanted them
  const ScopeLabel* scope;  // the innermost Scope, or null
  DrawLog* draws;           // of the recomputed segment that runs, or null: replay.hpp
};

EIGENGRAD_API inline constinit thread_local TapeThread tape_thread{};
EIGENGRAD_API inline constinit std::atomic<std::uint64_t> tape_thread_count{0};

/// Set by testing/op_list.hpp while a program starts, else null: called with the name of every op
/// that a backward pass may run through, before it runs; it throws for an op that is not listed.
using BackwardHook = void (*)(std::string_view op);
EIGENGRAD_API inline constinit BackwardHook backward_hook = nullptr;

/// The pass from `root` back that records itself (create_graph), after its seeds have been placed.
/// Set by eigengrad/transforms.hpp while a program starts, else null.
using GraphPassFunction = void (*)(Tape& tape, GradientSink* sink, std::uint32_t root);
EIGENGRAD_API inline constinit GraphPassFunction graph_pass = nullptr;

/// A tape's number: the thread in the upper bits, so that an error can tell a dead tape from a
/// foreign one.
inline constexpr int tape_serial_shift = 40;

struct RecordingAccess;
struct PassAccess;
struct SegmentAccess;
struct DiagnosisAccess;
struct ScopeAccess;

}  // namespace detail

/// Options of Tape::backward and Tape::gradients.
struct BackwardOptions {
  /// Keep what was saved, so that a second backward over the same records is possible.
  bool retain = false;
  /// Record the pass itself, so that its gradients can be differentiated in turn, any number of
  /// times; implies retain. A unit of the program must include eigengrad/transforms.hpp, and the
  /// ops must have been applied in units that do (TapeError by the op's name otherwise).
  bool create_graph = false;
};

/// Options of a Tape.
struct TapeOptions {
  /// Throw ValueError at the first op whose result, or in a backward pass one of whose gradients,
  /// holds a NaN or an infinity. It names the op, its shapes, the Scope and where it was
  /// called (lines with -g: docs/autodiff.md), and the error of a saved tensor that was changed
  /// says where. Slower; implies `describe`.
  bool detect_anomaly = false;
  /// Keep the shapes of operands and results, for tape/picture.hpp.
  bool describe = false;
};

/// Records the differentiable ops of its thread while it is in scope, and runs them backwards.
///
/// Tapes nest: an op is recorded on every live tape of the thread on which one of its operands is
/// recorded, or if one of its operands is a trainable Parameter. Handing an op a tensor that was
/// recorded on a tape that has ended or was cleared, or by another thread, is a TapeError while a
/// tape is recording; detach() makes a constant of it. A tape that is opened under NoGrad, or in a
/// derivative while another tape runs backwards, records; the tapes around it then do not. Not
/// movable. All members must be called on the thread that made it.
class EIGENGRAD_API Tape {
 public:
  explicit Tape(TapeOptions options = {});
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;
  ~Tape();

  /// A tensor with x's elements whose gradient this tape will know: see gradient(). For the tapes
  /// around this one it is x.
  /// Shapes: the same; no elements are copied
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> watch(const Tensor<T>& x);

  /// Adds d output / d p to the gradient of every trainable parameter p that `output` depends on,
  /// and to the gradients of watched tensors. The gradients are constants and nothing is recorded,
  /// unless with create_graph: then they are results of recorded ops, of which a further loss can
  /// be made.
  ///
  /// Shapes: output () or any shape of size 1
  /// Throws:    ShapeError if output is not a scalar; TapeError if it was not recorded here, if an
  ///            earlier backward consumed its records, or if a saved tensor was changed. Then no
  ///            gradient has been touched.
  template <FloatScalar T>
  void backward(const Tensor<T>& output, BackwardOptions options = {});

  /// The same from a given cotangent: adds the product of it with the Jacobian.
  /// Shapes: cotangent as output
  template <FloatScalar T>
  void backward(const Tensor<T>& output, const Tensor<T>& cotangent, BackwardOptions options = {});

  /// A copy of the gradient that backward passes have added for a watched tensor: zeros if none
  /// reached it; after one with create_graph the recorded gradient itself. Throws: TapeError if `x`
  /// was not watched here
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> gradient(const Tensor<T>& x) const;

  /// d output / d input for each of `inputs` (parameters, watched tensors or results of ops), and
  /// for nothing else. No Parameter is written, so several threads may do this on one model at
  /// once. The results share no elements with each other or with anything else (with create_graph
  /// an input that is named twice gives the same tensor twice).
  /// Shapes: output of size 1; results as inputs; zeros where output does not depend on an input
  /// Throws: as backward()
  template <FloatScalar T>
  [[nodiscard]] std::vector<Tensor<T>> gradients(const Tensor<T>& output,
                                                 std::span<const Tensor<T>> inputs,
                                                 BackwardOptions options = {});
  template <FloatScalar T>
  [[nodiscard]] std::vector<Tensor<T>> gradients(const Tensor<T>& output,
                                                 const std::vector<Parameter<T>>& inputs,
                                                 BackwardOptions options = {});
  template <FloatScalar T>
  [[nodiscard]] std::vector<Tensor<T>> gradients(const Tensor<T>& output,
                                                 std::initializer_list<Tensor<T>> inputs,
                                                 BackwardOptions options = {}) {
    return gradients(output, std::span<const Tensor<T>>(inputs.begin(), inputs.size()), options);
  }

  /// Forgets all records; keeps the memory for the next pass. Tensors recorded so far become
  /// foreign to this tape. Throws: TapeError on another thread or while a backward pass is running
  void clear();

  /// Number of ops and watched tensors recorded.
  [[nodiscard]] Index size() const noexcept { return records_.size(); }

 private:
  friend class detail::BackwardPass;
  friend struct detail::RecordingAccess;
  friend struct detail::PassAccess;
  friend struct detail::SegmentAccess;
  friend struct detail::DiagnosisAccess;
  friend struct detail::ScopeAccess;
  friend void detail::forget_parameter(const detail::TensorBody* value,
                                       const std::string& name) noexcept;

  /// The record of `body` on this tape, or no_record.
  [[nodiscard]] std::uint32_t record_of(const detail::TensorBody& body) const noexcept;
  [[nodiscard]] std::uint32_t record_elsewhere(const detail::TensorBody& body) const noexcept;
  void check_thread(std::string_view op) const;
  void check_no_segment(std::string_view op) const;
  void check_ready(std::string_view op, std::uint32_t record);
  void check_graph(std::string_view op, BackwardOptions options) const;
  void check_not_consumed(std::string_view op, std::uint32_t root);
  void check_versions(std::string_view op, std::uint32_t root) const;
  void run(detail::BackwardPass& pass, std::uint32_t root, BackwardOptions options);
  void run_records(detail::BackwardPass& pass, Index first, Index last, bool retain);
  void mark_scope();
  /// The Scope in which a record was made; empty: none.
  [[nodiscard]] std::string_view scope_of(std::uint32_t record) const noexcept;
  void drop_gradients(std::uint32_t last) noexcept;
  void open_number() noexcept;
  void forget() noexcept;
  /// The backward pass of gradients(): fills the sink's entries.
  template <FloatScalar T>
  void fill(std::string_view op, detail::GradientSink& sink, const Tensor<T>& output,
            BackwardOptions options);

  std::uint64_t number_ = 0;
  Tape* enclosing_ = nullptr;
  std::uint64_t thread_ = 0;
  int no_grad_ = 0;  // depth when it was opened: it records while no scope has been added
  bool detect_anomaly_ = false;
  bool any_consumed_ = false;
  bool running_ = false;
  bool keeps_results_ = false;                   // for forward mode: see results_
  bool describes_ = false;                       // see descriptions_
  detail::Probe* probe_ = nullptr;               // a segment runs for the first time: segment.hpp
  const detail::OtherNumber* others_ = nullptr;  // while a segment runs
  detail::Buffer<detail::Record*> records_;
  detail::Buffer<detail::TensorBody*> results_;  // of each record, owned, if keeps_results_
  detail::Buffer<detail::SavedVersion> saved_;
  detail::Buffer<detail::Description> descriptions_;  // of each record, if describes_
  const detail::ScopeMark* scopes_ = nullptr;         // the last one
  detail::Arena arena_;
  std::string lost_parameter_;  // name of a recorded parameter that was destroyed; empty: none
};

/// While in scope, ops on this thread record nothing.
class EIGENGRAD_API NoGrad {
 public:
  NoGrad() noexcept { ++detail::tape_thread.no_grad; }
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;
  ~NoGrad() { --detail::tape_thread.no_grad; }
};

}  // namespace eigengrad
