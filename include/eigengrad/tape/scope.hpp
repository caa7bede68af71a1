#pragma once
// Scope: a name for what is recorded while it is in scope, which the errors of a tape and its
// pictures then give. Asked for by name.

#include <eigengrad/tape/passes.hpp>
#include <eigengrad/tape/tape.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace eigengrad {

namespace detail {

struct ScopeAccess {
  /// Tells the tapes of the thread which scope is open from now on.
  static void enter(const ScopeLabel* label) {
    tape_thread.scope = label;
    for (Tape* tape = tape_thread.innermost; tape != nullptr; tape = tape->enclosing_) {
      tape->mark_scope();
    }
  }
};

}  // namespace detail

/// Names a part of a program on its thread: `const Scope scope("encoder");`. Scopes nest:
/// "encoder/attention". What a tape records meanwhile, or records again when a segment is
/// recomputed, is said to be "in scope 'encoder/attention'" by its errors and pictures. Must end in
/// the reverse order.
///
/// Cost: a few bytes on each live tape, when it begins and when it ends; ops cost nothing more
class Scope {
 public:
  explicit Scope(std::string_view name) : name_(name), label_{name_, detail::tape_thread.scope} {
    detail::ScopeAccess::enter(&label_);
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { detail::ScopeAccess::enter(label_.parent); }

 private:
  std::string name_;
  detail::ScopeLabel label_;
};

}  // namespace eigengrad
