#pragma once
// memory_report: what the records of a tape hold, op by op. A tool for those who look where their
// memory goes, asked for by name; a picture is in picture.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/tape/anomaly.hpp>
#include <eigengrad/tape/passes.hpp>
#include <eigengrad/tape/tape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad {

/// What the records of one op hold.
struct OpMemory {
  std::string op;
  Index records = 0;
  Index consumed = 0;     ///< those that a backward pass has emptied
  Index saved_bytes = 0;  ///< elements that they save; what several save is the first one's
};

/// What a tape holds.
struct MemoryReport {
  std::vector<OpMemory> ops;  ///< those that save most first, then by name
  Index records = 0;
  Index saved_bytes = 0;      ///< of intermediate results and inputs, each counted once
  Index parameter_bytes = 0;  ///< of parameters that derivatives read: they would be there anyway
};

namespace detail {

/// Bytes of the elements of a saved tensor.
[[nodiscard]] inline Index element_bytes(const TensorBody& owner) noexcept {
  constexpr Index bytes[] = {4, 8, 8, 4, 1, 1};
  return owner.size * bytes[static_cast<std::size_t>(owner.dtype)];
}

/// One tensor that records read.
struct SavedTensor {
  const TensorBody* owner;
  std::uint32_t record;
};

/// What the unconsumed records read, sorted by record; each tensor once.
[[nodiscard]] inline std::vector<SavedTensor> saved_once(const Tape& tape) {
  std::vector<SavedTensor> list;
  const Buffer<SavedVersion>& saved = DiagnosisAccess::saved(tape);
  for (Index i = 0; i < saved.size(); ++i) {
    if (saved[i].owner != nullptr && !DiagnosisAccess::record(tape, saved[i].record).consumed) {
      list.push_back({saved[i].owner, saved[i].record});
    }
  }
  const auto address = [](const SavedTensor& x) {
    return reinterpret_cast<std::uintptr_t>(x.owner);
  };
  std::sort(list.begin(), list.end(), [&](const SavedTensor& a, const SavedTensor& b) {
    return address(a) == address(b) ? a.record < b.record : address(a) < address(b);
  });
  list.erase(
      std::unique(list.begin(), list.end(),
                  [](const SavedTensor& a, const SavedTensor& b) { return a.owner == b.owner; }),
      list.end());
  std::sort(list.begin(), list.end(),
            [](const SavedTensor& a, const SavedTensor& b) { return a.record < b.record; });
  return list;
}

[[nodiscard]] inline OpMemory& memory_of(std::vector<OpMemory>& ops, std::string_view name) {
  for (OpMemory& op : ops) {
    if (op.op == name) {
      return op;
    }
  }
  ops.push_back({std::string(name)});
  return ops.back();
}

}  // namespace detail

/// What a tape holds now, op by op. A tensor that several records save is counted for the first of
/// them.
/// Cost: n log n for n saved tensors
[[nodiscard]] inline MemoryReport memory_report(const Tape& tape) {
  MemoryReport report;
  report.records = tape.size();
  for (Index i = 0; i < tape.size(); ++i) {
    const detail::Record& record = detail::DiagnosisAccess::record(tape, i);
    OpMemory& op = detail::memory_of(report.ops, record.op->name);
    ++op.records;
    op.consumed += record.consumed ? 1 : 0;
  }
  for (const detail::SavedTensor& saved : detail::saved_once(tape)) {
    const Index bytes = detail::element_bytes(*saved.owner);
    if (saved.owner->leaf != nullptr) {
      report.parameter_bytes += bytes;
      continue;
    }
    report.saved_bytes += bytes;
    const detail::Record& record = detail::DiagnosisAccess::record(tape, saved.record);
    detail::memory_of(report.ops, record.op->name).saved_bytes += bytes;
  }
  std::sort(report.ops.begin(), report.ops.end(), [](const OpMemory& a, const OpMemory& b) {
    return a.saved_bytes == b.saved_bytes ? a.op < b.op : a.saved_bytes > b.saved_bytes;
  });
  return report;
}

/// The report as a table:
///
///   op      records  saved bytes
///   linear        2         1024
///   total         2         1024
[[nodiscard]] inline std::string to_string(const MemoryReport& report) {
  std::vector<std::array<std::string, 3>> rows{{"op", "records", "saved bytes"}};
  for (const OpMemory& op : report.ops) {
    rows.push_back({op.op, detail::concat(op.records), detail::concat(op.saved_bytes)});
  }
  rows.push_back({"total", detail::concat(report.records), detail::concat(report.saved_bytes)});
  std::array<std::size_t, 3> widths{};
  for (const auto& row : rows) {
    for (std::size_t k = 0; k < 3; ++k) {
      widths[k] = std::max(widths[k], row[k].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t k = 1; k < 3; ++k) {
      text += std::string(2 + widths[k] - row[k].size(), ' ') + row[k];
    }
    text += '\n';
  }
  return text;
}

}  // namespace eigengrad
