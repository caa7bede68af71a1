#pragma once
// CsvSchema: how the columns of CSV files become features, learnt from one file and used for
// others, so that their features are the same. Leaves out learning (csv_statistics.hpp) and reading
// (csv_table.hpp).

#include <eigengrad/base/index.hpp>
#include <eigengrad/io/csv_declarations.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigengrad {

/// What a column holds. `automatic`: numbers if its first value is one, else categories; a value of
/// the other kind below it is then an error.
enum class CsvType : std::uint8_t { automatic, number, category };

/// What becomes of missing values among the features.
enum class CsvFill : std::uint8_t {
  refuse,         ///< an error with line and column
  drop_row,       ///< the row is left out: pandas's `dropna`
  keep,           ///< NaN; among categories no column is 1, as by pandas's `get_dummies`
  mean,           ///< of the column's numbers; among categories the most frequent
  median,         ///< the same with the median
  most_frequent,  ///< the first in order of those that are, as by scikit-learn's `SimpleImputer`
  constant        ///< fill_value, fill_category
};

/// What becomes of a category that the schema does not know: scikit-learn's `handle_unknown`.
enum class CsvUnknown : std::uint8_t { error, ignore };

/// How to read a table. Columns are called by the header's names; without a header "0", "1", ...
struct CsvTableOptions {
  char delimiter = ',';
  /// In a table of text alone `automatic` takes the first row for the names.
  CsvHeader header = CsvHeader::automatic;
  /// The columns that are features, in the file's order; by default all but the target.
  std::vector<std::string> usecols = {};
  /// What columns hold, where it should not be found out.
  std::vector<std::pair<std::string, CsvType>> dtype = {};
  /// The label's column, by name or by position (negative ones count from the end); by default
  /// none.
  std::string target = {};
  std::optional<Index> target_column = {};
  CsvLabels labels = CsvLabels::classes;
  /// More texts for a missing value, as they are written. The default ones, in upper or lower case:
  /// nothing, "NA", "N/A", "#N/A", "<NA>", "NaN", "-NaN", "null", "none", "?".
  std::vector<std::string> na_values = {};
  bool keep_default_na = true;    ///< whether the default ones count
  bool allow_non_finite = false;  ///< whether "inf" is a number
  CsvFill missing = CsvFill::refuse;
  double fill_value = 0.0;
  std::string fill_category = "missing";
  CsvUnknown handle_unknown = CsvUnknown::error;
  /// A column of more categories is an error: most likely it names the rows.
  Index category_limit = 1000;
};

/// One column of a schema.
struct CsvColumn {
  std::string name;
  Index position = 0;              ///< in the file that it was learnt from
  CsvType type = CsvType::number;  ///< never automatic
  double fill_value = 0.0;         ///< stands for a missing number, unless those are refused
  std::string fill_category = {};  ///< for a missing category, unless those are refused or kept
  std::vector<std::string> categories = {};  ///< sorted by bytes; one feature each
};

/// What a table becomes. A plain value: it may be made by hand or kept with a model.
struct CsvSchema {
  std::vector<CsvColumn> columns = {};  ///< of the features, in order
  /// The label's column. Its categories are the classes, sorted by value if all are numbers, else
  /// by bytes; none for CsvLabels::numbers.
  std::optional<CsvColumn> target = {};
  CsvLabels labels = CsvLabels::classes;
  bool numeric_classes = false;  ///< whether all classes are numbers, which are equal by value
  char delimiter = ',';
  bool has_header = true;  ///< whether files name their columns, in any order and among others
  Index file_columns = 0;  ///< without a header: how many columns files have
  CsvFill missing = CsvFill::refuse;
  std::vector<std::string> na_values = {};
  bool keep_default_na = true;
  bool allow_non_finite = false;
  CsvUnknown handle_unknown = CsvUnknown::error;

  /// Columns of x: one a column of numbers, one a category.
  [[nodiscard]] Index features() const noexcept {
    Index count = 0;
    for (const CsvColumn& column : columns) {
      count += column.type == CsvType::number ? 1 : static_cast<Index>(column.categories.size());
    }
    return count;
  }

  /// Their names: "age", "color=blue", "color=red".
  [[nodiscard]] std::vector<std::string> feature_names() const {
    std::vector<std::string> names;
    for (const CsvColumn& column : columns) {
      if (column.type == CsvType::number) {
        names.push_back(column.name);
      }
      for (const std::string& category : column.categories) {
        names.push_back(column.name + "=" + category);
      }
    }
    return names;
  }

  /// The schema of files without labels, to predict from: without a header they lack the column.
  [[nodiscard]] CsvSchema without_target() const {
    CsvSchema schema = *this;
    if (target.has_value() && !has_header) {
      --schema.file_columns;
      for (CsvColumn& column : schema.columns) {
        column.position -= column.position > target->position ? 1 : 0;
      }
    }
    schema.target.reset();
    return schema;
  }
};

}  // namespace eigengrad
