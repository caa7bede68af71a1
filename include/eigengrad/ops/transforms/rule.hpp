#pragma once
// Rule<Op>: what an op can do beyond an ordinary backward pass, and how the ops that a unit applies
// get it (RuleRegistration). The rules of general ops stand in the other headers of this folder;
// an op whose vjp is a template over the type of its first parameter needs none.

#include <eigengrad/ops/transforms/graph.hpp>
#include <eigengrad/ops/transforms/tangent.hpp>
#include <eigengrad/tape/record.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tape/tape.hpp>

#include <concepts>

namespace eigengrad::detail {

/// An op whose rule is its own vjp, if that is written on tensors.
template <class Op>
struct Rule {};
template <std::derived_from<WatchRecord> Op>
struct Rule<Op> {
  static constexpr bool takes_lead = true;
};

/// Whether the vjp and the jvp of an op make several passes in one (lead.hpp).
template <class Op>
[[nodiscard]] consteval bool takes_lead() noexcept {
  if constexpr (requires { Rule<Op>::takes_lead; }) {
    return Rule<Op>::takes_lead;
  } else {
    return false;
  }
}

template <class Op, FloatScalar T>
void run_graph_vjp(GraphPass& pass, Record& record) {
  auto& saved = *static_cast<typename Op::template Payload<T>*>(record.payload());
  GraphBackward<T> b(pass, record);
  if constexpr (requires { Rule<Op>::vjp(b, saved); }) {
    Rule<Op>::vjp(b, saved);
  } else if constexpr (requires { Op::vjp(b, saved); }) {
    Op::vjp(b, saved);
  } else {
    throw_not_twice(Op::name);
  }
}

template <class Op, FloatScalar T>
void run_jvp(TangentPass& pass, Record& record) {
  auto& saved = *static_cast<typename Op::template Payload<T>*>(record.payload());
  TangentForward<T> f(pass, record);
  if constexpr (requires { Rule<Op>::jvp(f, saved); }) {
    Rule<Op>::jvp(f, saved);
  } else if constexpr (requires { Op::jvp(f, saved); }) {
    Op::jvp(f, saved);
  } else {
    static_assert(!takes_lead<Op>());
    f.set(pass.by_two_vjps<T>(record, &run_graph_vjp<Op, T>));
  }
}

template <const bool*>
struct Instantiates {};

template <class Op, class T>
struct RuleRegistration {
  static const bool done;
  using Now = Instantiates<&done>;
};
template <class Op, class T>
const bool RuleRegistration<Op, T>::done =
    (op_rules<Op, T> = {&run_graph_vjp<Op, T>, &run_jvp<Op, T>, takes_lead<Op>()}, true);

[[maybe_unused]] inline const bool graph_pass_is_set = (graph_pass = &run_graph_pass, true);

}  // namespace eigengrad::detail
