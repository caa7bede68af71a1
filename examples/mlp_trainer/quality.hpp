#pragma once
// What the trainer says of its data: a description on demand, and warnings before it trains.

#include "data.hpp"
#include "training.hpp"

#include <eigengrad/data/describe.hpp>
#include <eigengrad/data/inspect.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace trainer {

/// Prints the columns, the classes and what is suspicious.
inline void print_description(const Table& table) {
  std::printf("%d rows, %d features\n\n", static_cast<int>(table.x.extent(0)),
              static_cast<int>(table.x.extent(1)));
  std::printf("%s\n", eg::to_string(eg::describe(table.x, table.feature_names)).c_str());
  std::vector<eg::DataFinding> findings = eg::inspect(table.x, table.feature_names);
  if (table.class_names.empty()) {
    const auto label =
        eg::describe(eg::reshape(table.values, {-1, 1}), std::vector<std::string>{"label"});
    std::printf("%s", eg::to_string(label).c_str());
  } else {
    const auto classes = eg::count_classes(table.y, table.class_names);
    std::printf("%s", eg::to_string(classes).c_str());
    const auto rare = eg::inspect_balance(classes);
    findings.insert(findings.end(), rare.begin(), rare.end());
  }
  for (const eg::DataFinding& finding : findings) {
    std::printf("\nsuspicious: %s", finding.text.c_str());
  }
  std::printf("%s", findings.empty() ? "" : "\n");
}

/// Writes what is suspicious in data that can be trained on to stderr.
inline void warn(const Table& table, const Parts& parts) {
  std::vector<eg::DataFinding> findings = eg::inspect(table.x, table.feature_names);
  const auto add = [&](const std::vector<eg::DataFinding>& more) {
    findings.insert(findings.end(), more.begin(), more.end());
  };
  if (table.task == eg::train::Task::regression) {
    add(eg::inspect_leakage(parts.train.x, parts.test.x));
  } else {
    add(eg::inspect_leakage(parts.train_classes.x, parts.test_classes.x));
    add(eg::inspect_balance(eg::count_classes(table.y, table.class_names)));
  }
  for (const eg::DataFinding& finding : findings) {
    std::fprintf(stderr, "warning: %s\n", finding.text.c_str());
  }
}

}  // namespace trainer
