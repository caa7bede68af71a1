// Prints docs/ops.md from the list of ops. With --check FILE it compares instead, and fails if FILE
// is not what it would print.
//
//   ops_markdown > docs/ops.md

#include <eigengrad/testing/op_list.hpp>

// The rules of an op stand outside it: what it can do is noted when it is listed here.
#undef EIGENGRAD_LIST_OP
#define EIGENGRAD_LIST_OP(Op) \
  [[maybe_unused]] static const bool listed_##Op = list_with_rules<Op>(__FILE__)
template <class Op>
static bool list_with_rules(std::string_view file);

#include <eigengrad/transforms.hpp>

#include <algorithm>
#include <cstdio>
#include <every_op_header.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

using eigengrad::testing::OpEntry;

/// What an op can do beyond an ordinary backward pass.
struct Rules {
  std::string_view op;
  std::string_view twice;
  std::string_view forward;
  std::string_view several;
};
std::vector<Rules>& rules() {
  static std::vector<Rules> all;
  return all;
}

constexpr std::string_view introduction =
    R"(# Differentiable functions

Written by `ops_markdown` (`tests/ops/ops_markdown.cpp`) from what the ops say of themselves; do not edit. Every op below
passes the op suite in float and double (`include/eigengrad/testing/op_suite.hpp`). Shapes, gradients at kinks, errors and
references stand at each function in its header.

*op* is the name in errors and on tapes: `mul_scalar` and the like are what operators with a number record. *kept* is what
the derivative of an elementwise op reads, and a tape therefore keeps until the backward pass. *second order*: whether
its gradients can be differentiated in turn (docs/autodiff.md), any number of times. *forward*: whether forward mode has a
rule of the op's own or takes two vjps. *several*: whether several rows or columns of a Jacobian go through it in one pass.
)";

std::string rules_of(std::string_view op) {
  for (const Rules& entry : rules()) {
    if (entry.op == op) {
      return std::string(entry.twice) + " | " + std::string(entry.forward) + " | " +
             std::string(entry.several);
    }
  }
  return " | | ";
}

/// A '|' would end a table's cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c == '|' ? "\\|" : std::string(1, c);
  }
  return escaped;
}

std::string markdown() {
  std::vector<OpEntry> ops = eigengrad::testing::listed_ops();
  std::stable_sort(ops.begin(), ops.end(),
                   [](const OpEntry& a, const OpEntry& b) { return a.header < b.header; });
  std::string text(introduction);
  std::string_view header;
  for (const OpEntry& op : ops) {
    if (op.header != header) {
      header = op.header;
      text += "\n## " + std::string(header) +
              "\n\n| op | result | kept | second order | forward | several |\n"
              "|---|---|---|---|---|---|\n";
    }
    text += "| `" + std::string(op.name) + "` | " + cell(op.doc) + " | " + std::string(op.saves) +
            " | " + rules_of(op.name) + " |\n";
  }
  return text;
}

/// The bytes of a file; empty if it cannot be read.
std::string contents(const char* path) {
  std::string text;
  if (std::FILE* const file = std::fopen(path, "rb")) {
    char buffer[4096];
    std::size_t count = 0;
    while ((count = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
      text.append(buffer, count);
    }
    std::fclose(file);
  }
  return text;
}

}  // namespace

template <class Op>
static bool list_with_rules(std::string_view file) {
  namespace detail = eigengrad::detail;
  std::string_view twice = "yes";
  std::string_view forward = "rule";
  std::string_view several = "yes";  // through the rule that all elementwise ops share
  if constexpr (requires { typename Op::template Payload<double>; }) {
    using Saved = typename Op::template Payload<double>;
    using Back = eigengrad::GraphBackward<double>;
    using Forward = eigengrad::TangentForward<double>;
    constexpr bool by_rule = requires(Back & b, Saved & saved) {
      detail::Rule<Op>::vjp(b, saved);
    };
    constexpr bool by_vjp = requires(Back & b, Saved & saved) {
      Op::vjp(b, saved);
    };
    constexpr bool jvp_rule = requires(Forward & f, Saved & saved) {
      detail::Rule<Op>::jvp(f, saved);
    };
    constexpr bool jvp_own = requires(Forward & f, Saved & saved) {
      Op::jvp(f, saved);
    };
    twice = by_rule || by_vjp ? "yes" : "no";
    forward = jvp_rule || jvp_own ? "rule" : "two vjps";
    several = detail::takes_lead<Op>() ? "yes" : "no";
  } else if constexpr (!requires { Op::saves; }) {
    forward = "two vjps";  // the user's vjp
    several = "no";
  }
  rules().push_back({Op::name, twice, forward, several});
  return eigengrad::testing::detail::list_op<Op, eigengrad::testing::detail::NoCases>(file);
}

int main(int argc, char** argv) {
  const std::string text = markdown();
  if (argc == 3 && std::string_view(argv[1]) == "--check") {
    if (contents(argv[2]) == text) {
      return 0;
    }
    std::fprintf(stderr,
                 "%s is not what the ops say: write it anew with ops_markdown > docs/ops.md\n",
                 argv[2]);
    return 1;
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}
