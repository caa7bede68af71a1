#pragma once
// What programs see of CSV files: options, results and the declarations of the functions. Their
// definitions are in csv.hpp and csv_labels.hpp, which a program that is linked with
// eigengrad::compiled does not compile.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace eigengrad {

/// Whether the first row names the columns. `automatic`: it does if it has text and no number.
enum class CsvHeader : std::uint8_t { automatic, present, absent };

/// What becomes of an empty field, "NA", "N/A", "null", "none" or "?" in a column of numbers.
enum class CsvMissing : std::uint8_t { refuse, nan };

struct CsvOptions {
  char delimiter = ',';
  CsvHeader header = CsvHeader::automatic;
  CsvMissing missing = CsvMissing::refuse;  ///< `nan` also lets a spelled "nan" pass
  bool allow_non_finite = false;            ///< whether "nan" and "inf" are numbers
};

/// A CSV file as text.
struct CsvTable {
  std::vector<std::string> column_names;       ///< empty without a header
  std::vector<std::vector<std::string>> rows;  ///< all of one length
};

/// What the label column holds: classes (any text, or numbers), or numbers to be predicted.
enum class CsvLabels : std::uint8_t { classes, numbers };

struct CsvLabelOptions {
  Index label_column = -1;                ///< negative ones count from the end
  std::string label_name = {};            ///< the column of that name instead; needs a header
  CsvLabels labels = CsvLabels::classes;  ///< `numbers` refuses text and counts no classes
};

/// Features and labels of one file.
template <FloatScalar T>
struct LabelledCsv {
  Tensor<T> x;             ///< (rows, columns - 1)
  Tensor<std::int64_t> y;  ///< (rows,) positions in class_names; undefined with CsvLabels::numbers
  Tensor<T> label_values;  ///< (rows,) the labels as numbers; undefined if one of them is text
  std::vector<std::string> feature_names;  ///< empty without a header
  std::string label_name;                  ///< empty without a header
  std::vector<std::string> class_names;    ///< sorted: numbers by value, text by bytes
};

/// Reads a CSV file as text: RFC 4180 quotes, CRLF, LF or CR, with or without BOM and header.
///
/// Throws:    FileError for a missing or empty file, a ragged row, a quote out of place; with the
///            line; ValueError for a delimiter that cannot be one
/// Cost:      a string a field; load_csv is the one for large files of numbers
/// Reference: RFC 4180; empty lines are skipped, blanks around unquoted fields are dropped
template <class = void>
[[nodiscard]] CsvTable read_csv(const std::string& path, const CsvOptions& options = {});

/// Reads a CSV file of numbers. Each is the double nearest to what is written, then rounded to T;
/// integers are read exactly.
///
/// Shapes:    -> (rows, columns)
/// Throws:    FileError as read_csv, and for a field that is not a finite number of T's range, with
///            line and column: `line 7, column 'age' (3): 'abc' is not a number`
/// Cost:      the file in memory and the values twice
/// Reference: RFC 4180
template <AnyScalar T>
requires FloatScalar<T> || IndexScalar<T>
[[nodiscard]] Tensor<T> load_csv(const std::string& path, const CsvOptions& options = {});

/// Reads a CSV file one column of which is the label: by default the last one. Labels may be text;
/// classes are numbered in sorted order. If every label is a number, equal numbers are one class
/// ("1" and "1.0"), named by its shortest form, and label_values holds them.
///
/// Shapes:    x (rows, columns - 1), y and label_values (rows,)
/// Throws:    FileError as load_csv; for an empty label; for a file with one column; if there is no
///            column of that name or number
/// Cost:      as load_csv; classes are sorted
template <FloatScalar T>
[[nodiscard]] LabelledCsv<T> load_csv_labelled(const std::string& path,
                                               const CsvLabelOptions& options = {},
                                               const CsvOptions& csv = {});

/// Writes a table of text, quoting where needed, lines ended by LF. All or nothing: see write_file.
///
/// Throws:    ValueError if the rows or the names differ in length; FileError if the file cannot be
///            written
template <class = void>
void write_csv(const std::string& path, const CsvTable& table, char delimiter = ',');

/// Writes a tensor as CSV, each number in the shortest form that reads back to the same bits. All
/// or nothing: see write_file.
///
/// Shapes:    x (rows, columns), or (rows,) for one column; column_names empty or one a column
/// Throws:    ShapeError for another rank; ValueError for a wrong number of names; FileError if the
///            file cannot be written
template <AnyScalar T>
void save_csv(const std::string& path, const Tensor<T>& x,
              const std::vector<std::string>& column_names = {}, char delimiter = ',');

}  // namespace eigengrad
