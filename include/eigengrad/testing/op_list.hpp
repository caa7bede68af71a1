#pragma once
// The list of ops: names, documentation and where they are declared. Include it, or op_suite.hpp,
// before any header of ops/ or losses/: it gives EIGENGRAD_LIST_OP its meaning. In a program that
// has it, Tape::backward throws for an op that is not listed. Leaves out the checks: op_suite.hpp.

#ifdef EIGENGRAD_LIST_OP
#error "include eigengrad/testing/op_list.hpp or op_suite.hpp before the headers of the ops"
#endif

#define EIGENGRAD_LIST_OP(Op)                      \
  [[maybe_unused]] static const bool listed_##Op = \
      ::eigengrad::testing::detail::list_op<Op, ::eigengrad::testing::detail::NoCases>(__FILE__)

#include <eigengrad/base/error.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/tape/tape.hpp>

#include <algorithm>
#include <string_view>
#include <vector>

namespace eigengrad::testing {

template <FloatScalar T>
class Cases;

/// What the list knows of one op.
struct OpEntry {
  std::string_view name;    // as errors and tapes call it
  std::string_view doc;     // one line
  std::string_view header;  // "ops/activations.hpp"
  std::string_view saves;   // what an elementwise derivative reads; empty for other ops
  void (*float_cases)(Cases<float>& cases);  // null unless op_suite.hpp was included
  void (*double_cases)(Cases<double>& cases);
  const void* identity;  // of the struct
};

namespace detail {

/// All entries in no particular order.
[[nodiscard]] inline std::vector<OpEntry>& op_entries() {
  static std::vector<OpEntry> entries;
  return entries;
}

[[noreturn]] EIGENGRAD_COLD inline void throw_unlisted(std::string_view op) {
  throw TapeError("backward", eigengrad::detail::concat(
                                  "op '", op, "' is not listed; write EIGENGRAD_LIST_OP after it"));
}

/// The tape's hook.
inline void require_listed(std::string_view op) {
  for (const OpEntry& entry : op_entries()) {
    if (entry.name == op) {
      return;
    }
  }
  throw_unlisted(op);
}

/// The header as a program includes it, without "eigengrad/".
[[nodiscard]] constexpr std::string_view header_of(std::string_view file) noexcept {
  constexpr std::string_view folder = "eigengrad/";
  const std::size_t at = file.rfind(folder);
  return at == std::string_view::npos ? file : file.substr(at + folder.size());
}

template <class Op>
[[nodiscard]] constexpr std::string_view saves_of() noexcept {
  if constexpr (requires { Op::saves == Save::none; }) {
    switch (Op::saves) {
      case Save::none:
        return "nothing";
      case Save::input:
        return "input";
      case Save::output:
        return "output";
      case Save::both:
        return "input and output";
    }
  }
  return {};
}

/// Where there are no sample cases.
struct NoCases {
  template <class Op, FloatScalar T>
  static constexpr void (*fill)(Cases<T>&) = nullptr;
};

/// One address for each op, in all units of the program.
template <class Op>
inline constexpr char op_identity{};

/// Adds Op to the list, or to the entry that another unit made. `Fill` is the source of its cases.
template <class Op, class Fill>
bool list_op(std::string_view file) {
  eigengrad::detail::backward_hook = &require_listed;
  const OpEntry entry{Op::name,
                      Op::doc,
                      header_of(file),
                      saves_of<Op>(),
                      Fill::template fill<Op, float>,
                      Fill::template fill<Op, double>,
                      &op_identity<Op>};
  for (OpEntry& known : op_entries()) {
    if (known.identity == entry.identity) {
      if (entry.float_cases != nullptr) {
        known = entry;
      }
      return true;
    }
  }
  op_entries().push_back(entry);
  return true;
}

}  // namespace detail

/// The listed ops, sorted by name.
[[nodiscard]] inline std::vector<OpEntry> listed_ops() {
  std::vector<OpEntry> entries = detail::op_entries();
  std::sort(entries.begin(), entries.end(),
            [](const OpEntry& a, const OpEntry& b) { return a.name < b.name; });
  return entries;
}

}  // namespace eigengrad::testing
