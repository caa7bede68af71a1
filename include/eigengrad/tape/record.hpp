#pragma once
// What a tape holds: records in the order of the forward pass, each with its operands and what its
// derivative reads. Leaves out the tape itself: tape.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/memory/arena.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace eigengrad::detail {

class BackwardPass;
class GraphPass;
class TangentPass;
struct Record;

/// What an op can do beyond an ordinary backward pass. Filled while a program starts, for the ops
/// that are applied in a unit that includes eigengrad/transforms.hpp; else null.
struct OpRules {
  void (*graph_vjp)(GraphPass& pass, Record& record);  // the vjp by recorded ops
  void (*jvp)(TangentPass& pass, Record& record);      // tangents of operands to that of the result
  bool takes_lead;                                     // both make several passes in one
};
template <class Op, class T>
inline constinit OpRules op_rules{};

/// Fills op_rules<Op, T>, just by being instantiated. Defined by eigengrad/transforms.hpp alone
/// (ops/transforms/rule.hpp).
template <class Op, class T>
struct RuleRegistration;

/// The rules of an op, which this instantiates if it sees how. The code is the same either way, so
/// units that include eigengrad/transforms.hpp and units that do not go together.
template <class Op, class T>
[[nodiscard]] consteval const OpRules* rules_of() noexcept {
  if constexpr (requires { sizeof(RuleRegistration<Op, T>); }) {
  }
  return &op_rules<Op, T>;
}

/// The functions of one op for one element type.
struct OpTable {
  std::string_view name;
  void (*vjp)(BackwardPass& pass, Record& record);
  void (*destroy)(Record& record) noexcept;  // ends the saved payload
  const OpRules* rules;
};

inline constexpr std::uint32_t no_record = 0xffffffffU;

/// Where an operand's gradient goes: into a parameter, into another record, or nowhere.
struct Operand {
  TensorBody* parameter =
      nullptr;  // borrowed: the parameter outlives the tape, or the tape is told
  std::uint32_t record = no_record;
};

/// The largest number of operands that a record can have.
inline constexpr std::size_t max_operands = 0xffff;

/// One op in the arena: this header, then its operands, then its saved payload.
struct Record {
  const OpTable* op;
  TensorBody* gradient;  // of the op's result while a backward runs; owned
  std::uint16_t operand_count;
  bool consumed;        // the payload is gone
  bool graph_gradient;  // of a watched tensor: a pass with create_graph made it
  std::uint32_t payload_offset;

  [[nodiscard]] Operand* operands() noexcept { return reinterpret_cast<Operand*>(this + 1); }
  [[nodiscard]] void* payload() noexcept { return reinterpret_cast<char*>(this) + payload_offset; }
};
static_assert(sizeof(Record) % alignof(Operand) == 0);

/// A tensor that a derivative reads. Counted, but for a parameter, which is borrowed.
template <AnyScalar T>
class Saved {
 public:
  Saved() noexcept = default;
  explicit Saved(const Tensor<T>& x) : borrowed_(x.body().leaf != nullptr), tensor_(&x.body()) {
    if (!borrowed_) {
      retain(&x.body());
    }
  }
  Saved(Saved&& other) noexcept : borrowed_(other.borrowed_), tensor_(std::move(other.tensor_)) {}
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  Saved& operator=(Saved&&) = delete;
  ~Saved() {
    if (borrowed_) {
      static_cast<void>(tensor_.release());
    }
  }

  [[nodiscard]] const Tensor<T>& get() const noexcept { return tensor_; }
  [[nodiscard]] const Tensor<T>* operator->() const noexcept { return &tensor_; }
  [[nodiscard]] const Tensor<T>& operator*() const noexcept { return tensor_; }

 private:
  bool borrowed_ = false;
  Tensor<T> tensor_;
};

/// The elements of a saved tensor as they were: checked before a backward writes anything.
struct SavedVersion {
  const TensorBody* owner;
  std::uint32_t version;
  std::uint32_t record;
};

/// Return addresses on the stack at some point, the innermost first (trace.hpp).
using Trace = std::span<void* const>;

/// A write to elements that a record has saved, in anomaly mode. In the tape's arena.
struct TracedWrite {
  const TensorBody* owner;
  Trace at;
  const TracedWrite* before;
};

/// What a tape that describes its records keeps beside each. In the tape's arena.
struct Description {
  const Shape* shapes;        // of the result and of the operands
  Trace at;                   // where it was recorded, in anomaly mode
  const TracedWrite* writes;  // the last one
};

}  // namespace eigengrad::detail
