#pragma once
// The columns of a CSV table by name, and which of its fields stand for missing values. Shared by
// learning a schema (csv_learn.hpp) and reading by one (csv_table.hpp).

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_number.hpp>
#include <eigengrad/io/csv_schema.hpp>
#include <eigengrad/io/file.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eigengrad::detail {

/// Refuses a file as a whole. Throws: FileError
[[noreturn]] EIGENGRAD_COLD inline void throw_csv_file(const CsvRows& rows,
                                                       const std::string& what) {
  throw FileError(rows.reader().op(), rows.reader().name(), what);
}

/// The names of a file's columns, which are those of the header, or "0", "1", ...
class CsvNames {
 public:
  explicit CsvNames(const CsvRows& rows) : rows_(rows), names_(rows.names()) {
    if (names_.empty()) {
      for (Index i = 0; i < rows.columns(); ++i) {
        names_.push_back(std::to_string(i));
      }
    }
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto [at, is_new] = places_.emplace(names_[i], static_cast<Index>(i));
      if (!is_new) {
        at->second = twice;
      }
    }
  }
  CsvNames(const CsvNames&) = delete;
  CsvNames& operator=(const CsvNames&) = delete;
  ~CsvNames() = default;

  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(names_.size()); }
  [[nodiscard]] const std::string& operator[](Index column) const noexcept {
    return names_[static_cast<std::size_t>(column)];
  }
  /// The place of a name. Throws: FileError if no column or more than one is called so
  [[nodiscard]] Index find(std::string_view name) const {
    const auto found = places_.find(name);
    if (found == places_.end() || found->second == twice) {
      throw_csv_file(rows_, concat(found == places_.end() ? "no column is" : "two columns are",
                                   " called '", shown_text(name), "'"));
    }
    return found->second;
  }

 private:
  static constexpr Index twice = -1;

  const CsvRows& rows_;
  std::vector<std::string> names_;
  std::map<std::string_view, Index> places_;
};

/// Whether a field stands for a missing value.
[[nodiscard]] inline bool is_missing_field(const CsvSchema& schema, std::string_view field) {
  for (const std::string& text : schema.na_values) {
    if (field == text) {
      return true;
    }
  }
  if (!schema.keep_default_na) {
    return false;
  }
  for (const std::string_view marker : {"nan", "-nan", "#n/a", "<na>"}) {
    if (is_in_lower_case(field, marker)) {
      return true;
    }
  }
  return is_csv_missing(field);
}

}  // namespace eigengrad::detail
