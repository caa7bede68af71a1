#pragma once
// to_dot and to_mermaid: a picture of what a tape holds, for Graphviz and for Mermaid. Shapes of
// results are known to a tape that was opened with {.describe = true} or {.detect_anomaly = true}.
// A tool, asked for by name.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/tape/report.hpp>
#include <eigengrad/tape/tape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

namespace detail {

/// One node, its text line by line and without escapes.
struct PictureNode {
  std::string name;  // "r3", "p0"
  std::vector<std::string> lines;
  bool parameter = false;
};
struct PictureEdge {
  std::string from;
  std::string to;
  std::string shape;
};
struct Picture {
  std::vector<PictureNode> nodes;
  std::vector<PictureEdge> edges;
};

/// A parameter that records use. One that only consumed records use may be gone.
struct UsedParameter {
  const TensorBody* value;
  Index first;  // record
  bool alive;

  [[nodiscard]] std::uintptr_t address() const noexcept {
    return reinterpret_cast<std::uintptr_t>(value);
  }
};

/// In the order of their first use.
[[nodiscard]] inline std::vector<UsedParameter> used_parameters(const Tape& tape) {
  std::vector<UsedParameter> used;
  const bool all_alive = DiagnosisAccess::lost_parameter(tape).empty();
  for (Index i = 0; i < tape.size(); ++i) {
    Record& record = DiagnosisAccess::record(tape, i);
    for (std::size_t k = 0; k < record.operand_count; ++k) {
      if (record.operands()[k].parameter != nullptr) {
        used.push_back({record.operands()[k].parameter, i, all_alive && !record.consumed});
      }
    }
  }
  std::sort(used.begin(), used.end(), [](const UsedParameter& a, const UsedParameter& b) {
    return a.address() == b.address() ? a.first < b.first : a.address() < b.address();
  });
  std::size_t kept = 0;
  for (const UsedParameter& parameter : used) {
    if (kept > 0 && used[kept - 1].value == parameter.value) {
      used[kept - 1].alive = used[kept - 1].alive || parameter.alive;
    } else {
      used[kept++] = parameter;
    }
  }
  used.resize(kept, UsedParameter{});
  return used;
}

/// The place of a parameter in a list that is sorted by address.
[[nodiscard]] inline std::size_t place_of(const std::vector<UsedParameter>& used,
                                          const TensorBody* value) {
  const UsedParameter wanted{value, 0, false};
  return static_cast<std::size_t>(
      std::lower_bound(used.begin(), used.end(), wanted,
                       [](const UsedParameter& a, const UsedParameter& b) {
                         return a.address() < b.address();
                       }) -
      used.begin());
}

/// The text of a record's node. `next` is the first of the tensors that this and later ones save.
[[nodiscard]] inline PictureNode node_of(const Tape& tape, Index i,
                                         std::vector<SavedTensor>::const_iterator& next,
                                         std::vector<SavedTensor>::const_iterator end) {
  const Record& record = DiagnosisAccess::record(tape, i);
  PictureNode node{concat("r", i), {concat(i, ": ", record.op->name)}};
  const std::string_view scope = DiagnosisAccess::scope(tape, i);
  if (!scope.empty()) {
    node.lines.push_back(concat("in ", scope));
  }
  if (const Shape* const shapes = DiagnosisAccess::shapes(tape, i)) {
    node.lines.push_back(concat(shapes[0]));
  }
  std::string saves;
  Index bytes = 0;
  for (; next != end && Index{next->record} == i; ++next) {
    if (next->owner->leaf == nullptr) {
      saves += concat(saves.empty() ? "saves " : ", ", next->owner->shape);
      bytes += element_bytes(*next->owner);
    }
  }
  if (record.consumed) {
    node.lines.emplace_back("consumed");
  } else if (!saves.empty()) {
    node.lines.push_back(concat(saves, ": ", bytes, " bytes"));
  }
  return node;
}

/// Records and parameters are nodes; edges go from operands to results.
[[nodiscard]] inline Picture picture_of(const Tape& tape) {
  Picture picture;
  const std::vector<UsedParameter> used = used_parameters(tape);
  std::vector<Index> numbers(used.size(), -1);
  Index count = 0;
  const std::vector<SavedTensor> saved = saved_once(tape);
  auto next = saved.begin();
  for (Index i = 0; i < tape.size(); ++i) {
    picture.nodes.push_back(node_of(tape, i, next, saved.end()));
    const std::string name = picture.nodes.back().name;
    Record& record = DiagnosisAccess::record(tape, i);
    const Shape* const shapes = DiagnosisAccess::shapes(tape, i);
    for (std::size_t k = 0; k < record.operand_count; ++k) {
      const Operand& operand = record.operands()[k];
      const std::string shape = shapes != nullptr ? concat(shapes[k + 1]) : "";
      if (operand.record != no_record) {
        picture.edges.push_back({concat("r", operand.record), name, shape});
      } else if (operand.parameter != nullptr) {
        const std::size_t place = place_of(used, operand.parameter);
        if (numbers[place] < 0) {
          numbers[place] = count++;
          Message text;
          used[place].alive ? name_tensor(text, *operand.parameter) : void(text << "parameter");
          picture.nodes.push_back({concat("p", numbers[place]), {text.text()}, true});
        }
        picture.edges.push_back({concat("p", numbers[place]), name, shape});
      }
    }
  }
  return picture;
}

/// Lines with `quote` and `backslash` in place of these characters, joined by `newline`.
[[nodiscard]] inline std::string escaped(const std::vector<std::string>& lines,
                                         std::string_view quote, std::string_view backslash,
                                         std::string_view newline) {
  std::string text;
  for (const std::string& line : lines) {
    text += text.empty() ? "" : newline;
    for (const char c : line) {
      if (c == '"') {
        text += quote;
      } else if (c == '\\') {
        text += backslash;
      } else {
        text += c;
      }
    }
  }
  return text;
}

}  // namespace detail

/// What a tape holds as a Graphviz graph: a box for each op with its number, name, Scope, the shape
/// of its result and the tensors that it saves, an ellipse for each parameter. Draw it with
/// `dot -Tsvg`.
/// Cost: n log n for n records; takes no stack
[[nodiscard]] inline std::string to_dot(const Tape& tape) {
  const detail::Picture picture = detail::picture_of(tape);
  std::string text = "digraph tape {\n  node [shape=box];\n";
  for (const detail::PictureNode& node : picture.nodes) {
    text += detail::concat("  ", node.name, " [label=\"",
                           detail::escaped(node.lines, "\\\"", "\\\\", "\\n"), "\"",
                           node.parameter ? ", shape=ellipse];\n" : "];\n");
  }
  for (const detail::PictureEdge& edge : picture.edges) {
    text += detail::concat("  ", edge.from, " -> ", edge.to);
    text += edge.shape.empty() ? ";\n" : detail::concat(" [label=\"", edge.shape, "\"];\n");
  }
  return text + "}\n";
}

/// The same as a Mermaid flowchart, which many renderers of Markdown draw.
/// Cost: n log n for n records; takes no stack
[[nodiscard]] inline std::string to_mermaid(const Tape& tape) {
  const detail::Picture picture = detail::picture_of(tape);
  std::string text = "flowchart TD\n";
  for (const detail::PictureNode& node : picture.nodes) {
    text += detail::concat("  ", node.name, node.parameter ? "([\"" : "[\"",
                           detail::escaped(node.lines, "#quot;", "\\", "<br/>"),
                           node.parameter ? "\"])\n" : "\"]\n");
  }
  for (const detail::PictureEdge& edge : picture.edges) {
    text += detail::concat("  ", edge.from, " -->");
    text += edge.shape.empty() ? " " : detail::concat("|\"", edge.shape, "\"| ");
    text += edge.to + "\n";
  }
  return text;
}

}  // namespace eigengrad
