#pragma once
// inspect: what is suspicious in training data, as a list of findings to be printed or refused:
// missing and infinite values, constant columns, rows that come twice, test rows that are training
// rows too (leakage), classes that hardly come. The checks that throw at once are in checks.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/describe.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

/// Something suspicious: `text` says what, in one line.
struct DataFinding {
  enum class Kind : std::uint8_t {
    missing_values,
    infinite_values,
    constant_column,
    duplicate_rows,
    leakage,
    imbalance
  };
  Kind kind;
  std::string text;
};

namespace detail {

/// The rows of a matrix by the hash of their bytes, sorted, to find equal ones in O(n log n).
template <AnyScalar T>
class RowTable {
 public:
  explicit RowTable(const Tensor<T>& x)
      : x_(packed(x)), bytes_(static_cast<std::size_t>(row_size(x.shape())) * sizeof(T)) {
    for (Index row = 0; row < x.shape()[0]; ++row) {
      sorted_.emplace_back(hash(row), row);
    }
    std::sort(sorted_.begin(), sorted_.end());
  }

  /// The first row here that equals row `row` of `other`, or -1.
  [[nodiscard]] Index find(const RowTable& other, Index row) const {
    const std::uint64_t wanted = other.hash(row);
    auto at = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair{wanted, Index{0}});
    for (; at != sorted_.end() && at->first == wanted; ++at) {
      if (bytes_ == other.bytes_ &&
          (bytes_ == 0 || std::memcmp(at_row(at->second), other.at_row(row), bytes_) == 0)) {
        return at->second;
      }
    }
    return -1;
  }
  [[nodiscard]] Index rows() const noexcept { return static_cast<Index>(sorted_.size()); }

 private:
  [[nodiscard]] const T* at_row(Index row) const {
    return x_.data() + row * static_cast<Index>(bytes_ / sizeof(T));
  }
  /// FNV-1a, 64 bits.
  [[nodiscard]] std::uint64_t hash(Index row) const {
    std::uint64_t value = 0xcbf29ce484222325U;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(at_row(row));
    for (std::size_t i = 0; i < bytes_; ++i) {
      value = (value ^ bytes[i]) * 0x100000001b3U;
    }
    return value;
  }

  Tensor<T> x_;
  std::size_t bytes_;
  std::vector<std::pair<std::uint64_t, Index>> sorted_;
};

/// What inspect looks at in a column.
struct ColumnFacts {
  Index missing = 0;
  Index infinite = 0;
  Index count = 0;  // that are not missing
  double first = 0;
  bool constant = true;
};

/// One pass over the rows of a matrix.
template <AnyScalar T>
[[nodiscard]] std::vector<ColumnFacts> column_facts(const Tensor<T>& x) {
  const auto columns = static_cast<std::size_t>(x.shape()[1]);
  const Tensor<T> dense = packed(x);
  std::vector<ColumnFacts> facts(columns);
  const T* from = dense.data();
  for (Index row = 0; row < x.shape()[0]; ++row) {
    for (std::size_t j = 0; j < columns; ++j) {
      const auto value = static_cast<double>(*from++);
      ColumnFacts& column = facts[j];
      if (std::isnan(value)) {
        ++column.missing;
        continue;
      }
      column.first = column.count++ == 0 ? value : column.first;
      column.constant = column.constant && value == column.first;
      column.infinite += std::isinf(value) ? 1 : 0;
    }
  }
  return facts;
}

inline void report_column(const std::string& name, const ColumnFacts& facts,
                          std::vector<DataFinding>& findings) {
  using Kind = DataFinding::Kind;
  const auto add = [&](Kind kind, const std::string& what) {
    findings.push_back({kind, concat("column '", name, "' ", what)});
  };
  if (facts.missing > 0) {
    add(Kind::missing_values,
        concat("misses ", facts.missing, " of ", facts.count + facts.missing, " values"));
  }
  if (facts.infinite > 0) {
    add(Kind::infinite_values, concat("has ", facts.infinite, " infinite values"));
  }
  if (facts.count > 1 && facts.constant) {
    add(Kind::constant_column, concat("is constant: ", short_number(facts.first)));
  }
}

}  // namespace detail

/// Findings about features: missing and infinite values and constant columns, in the order of the
/// columns, then rows that repeat an earlier one bit for bit.
///
/// Shapes:    x (rows, columns); names as for describe
/// Throws:    as describe
/// Cost:      two passes, and O(rows log(rows))
template <AnyScalar T>
[[nodiscard]] std::vector<DataFinding> inspect(const Tensor<T>& x,
                                               std::span<const std::string> names = {}) {
  detail::check_columns("inspect", x.shape(), names);
  std::vector<DataFinding> findings;
  const std::vector<detail::ColumnFacts> facts = detail::column_facts(x);
  for (std::size_t j = 0; j < facts.size(); ++j) {
    detail::report_column(names.empty() ? std::to_string(j) : names[j], facts[j], findings);
  }
  const detail::RowTable<T> rows(x);
  Index repeated = 0;
  std::string example;
  for (Index row = 0; row < rows.rows(); ++row) {
    const Index first = rows.find(rows, row);
    if (first < row) {
      if (repeated++ == 0) {
        example = detail::concat("row ", row, " is row ", first);
      }
    }
  }
  if (repeated > 0) {
    findings.push_back(
        {DataFinding::Kind::duplicate_rows,
         detail::concat(repeated, " of ", rows.rows(), " rows repeat an earlier one: ", example)});
  }
  return findings;
}

/// The finding that rows of the test part are also in the training part, bit for bit; none if not.
///
/// Shapes:    train (n, ...), test (m, ...)
/// Throws:    ShapeError if a part has no rows axis or their rows differ in shape
/// Cost:      O((n + m) log(n)) rows
template <AnyScalar T>
[[nodiscard]] std::vector<DataFinding> inspect_leakage(const Tensor<T>& train,
                                                       const Tensor<T>& test) {
  static_cast<void>(detail::rows_of("inspect_leakage", train));
  static_cast<void>(detail::rows_of("inspect_leakage", test));
  if (detail::with_rows(train.shape(), 0) != detail::with_rows(test.shape(), 0)) {
    throw ShapeError("inspect_leakage",
                     detail::concat("rows differ: ", train.shape(), " and ", test.shape()),
                     train.shape(), test.shape());
  }
  const detail::RowTable<T> known(train);
  const detail::RowTable<T> asked(test);
  Index leaked = 0;
  std::string example;
  for (Index row = 0; row < asked.rows(); ++row) {
    const Index found = known.find(asked, row);
    if (found >= 0 && leaked++ == 0) {
      example = detail::concat("test row ", row, " is training row ", found);
    }
  }
  if (leaked == 0) {
    return {};
  }
  return {
      {DataFinding::Kind::leakage, detail::concat(leaked, " of ", asked.rows(),
                                                  " test rows are training rows too: ", example)}};
}

/// The finding that a class has less than `least` times the rows of the largest one; none if not.
///
/// Throws:    ValueError unless least is in [0, 1]
[[nodiscard]] inline std::vector<DataFinding> inspect_balance(std::span<const ClassCount> classes,
                                                              double least = 0.1) {
  if (!(least >= 0 && least <= 1)) {
    throw ValueError("inspect_balance", detail::concat("least is outside [0, 1]: ", least));
  }
  std::vector<DataFinding> findings;
  const auto fewer = [](const ClassCount& a, const ClassCount& b) { return a.count < b.count; };
  const auto largest = std::max_element(classes.begin(), classes.end(), fewer);
  for (const ClassCount& one : classes) {
    if (static_cast<double>(one.count) < least * static_cast<double>(largest->count)) {
      findings.push_back({DataFinding::Kind::imbalance,
                          detail::concat("class '", one.name, "' has ", one.count, " rows, class '",
                                         largest->name, "' ", largest->count)});
    }
  }
  return findings;
}

/// Throws on the first finding; for programs that would rather stop than warn.
///
/// Throws:    ValueError with its text
inline void refuse(std::span<const DataFinding> findings) {
  if (!findings.empty()) {
    throw ValueError("inspect", findings.front().text);
  }
}

}  // namespace eigengrad
