#pragma once
// What one column of a CSV table shows while its rows pass by: numbers or categories, and what can
// fill its gaps; and the classes of a label column. Leaves out which columns there are:
// csv_learn.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_columns.hpp>
#include <eigengrad/io/csv_number.hpp>
#include <eigengrad/io/csv_schema.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

/// What one column of features showed so far.
class CsvStatistics {
 public:
  CsvStatistics(std::string name, Index position, CsvType type, const CsvTableOptions& options)
      : declared_(type != CsvType::automatic),
        known_(declared_),
        fill_(options.missing),
        limit_(options.category_limit) {
    column_.name = std::move(name);
    column_.position = position;
    column_.type = declared_ ? type : CsvType::number;
    column_.fill_value = options.missing == CsvFill::keep ? std::numeric_limits<double>::quiet_NaN()
                                                          : options.fill_value;
    column_.fill_category = options.fill_category;
  }

  [[nodiscard]] Index position() const noexcept { return column_.position; }

  /// Adds the current row's field. Throws: FileError with line and column
  void add(const CsvRows& rows) {
    const CsvKind kind = parse_csv_number(rows.field(position())).kind;
    const bool text = kind == CsvKind::not_a_number || kind == CsvKind::missing;
    if (!known_) {
      known_ = true;
      column_.type = text ? CsvType::category : CsvType::number;
    }
    if (column_.type == CsvType::category) {
      if (!declared_ && !text) {
        rows.fail(position(), "is a number, the values above it are text; declare the dtype");
      }
      add_category(rows, rows.field(position()));
      return;
    }
    if (!declared_ && text) {
      rows.fail(position(),
                "is not a number, the values above it are; declare the dtype, or na_values");
    }
    add_number(rows.number<double>(position()));
  }

  /// Adds a missing value. Throws: FileError if it may not be
  void add_missing(const CsvRows& rows) {
    if (fill_ == CsvFill::refuse) {
      rows.fail(position(), "is a missing value");
    }
    missing_ = true;
  }

  /// The column, with what fills its gaps. Throws: FileError if there is no value to take it from
  [[nodiscard]] CsvColumn finish(const CsvRows& rows) {
    if (column_.type == CsvType::category) {
      finish_categories(rows);
    } else if (fill_ == CsvFill::mean || fill_ == CsvFill::median ||
               fill_ == CsvFill::most_frequent) {
      check_values(rows, count_ > 0);
      column_.fill_value = fill_ == CsvFill::mean     ? mean()
                           : fill_ == CsvFill::median ? median()
                                                      : most_frequent();
    }
    return std::move(column_);
  }

 private:
  void add_number(double value) {
    if (value != value) {
      return;  // a "nan" that is not taken for missing says nothing
    }
    count_ += 1;
    // Neumaier 1974: the rounding of every addition is kept.
    const double sum = sum_ + value;
    rest_ += std::fabs(sum_) >= std::fabs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
    sum_ = sum;
    if (fill_ == CsvFill::median || fill_ == CsvFill::most_frequent) {
      numbers_.push_back(value);
    }
  }
  void add_category(const CsvRows& rows, std::string_view text) {
    const auto found = counts_.find(text);
    if (found != counts_.end()) {
      ++found->second;
      return;
    }
    if (static_cast<Index>(counts_.size()) == limit_) {
      rows.fail(position(), concat("is one category more than ", limit_,
                                   "; leave the column out (usecols), or "
                                   "raise category_limit"));
    }
    counts_.emplace(text, 1);
  }

  void finish_categories(const CsvRows& rows) {
    if (fill_ == CsvFill::mean || fill_ == CsvFill::median || fill_ == CsvFill::most_frequent) {
      check_values(rows, !counts_.empty());
      Index most = 0;
      for (const auto& [text, count] : counts_) {
        if (count > most) {
          most = count;
          column_.fill_category = text;
        }
      }
    } else if (fill_ == CsvFill::constant && missing_) {
      counts_.emplace(column_.fill_category, 1);
    }
    for (const auto& [text, count] : counts_) {
      column_.categories.push_back(text);
    }
  }
  void check_values(const CsvRows& rows, bool any) const {
    if (!any) {
      throw_csv_file(rows, concat(rows.label(position()), " has no value to fill its gaps with"));
    }
  }

  [[nodiscard]] double mean() const noexcept {
    return (std::isfinite(sum_) ? sum_ + rest_ : sum_) / count_;
  }
  [[nodiscard]] double median() {
    const auto middle = numbers_.begin() + static_cast<std::ptrdiff_t>(numbers_.size() / 2);
    std::nth_element(numbers_.begin(), middle, numbers_.end());
    if (numbers_.size() % 2 == 1) {
      return *middle;
    }
    const double below = *std::max_element(numbers_.begin(), middle);
    return below / 2 + *middle / 2;
  }
  [[nodiscard]] double most_frequent() {
    std::sort(numbers_.begin(), numbers_.end());
    double best = 0;
    std::size_t most = 0;
    for (std::size_t i = 0; i < numbers_.size();) {
      std::size_t end = i + 1;
      while (end < numbers_.size() && numbers_[end] == numbers_[i]) {
        ++end;
      }
      if (end - i > most) {
        most = end - i;
        best = numbers_[i];
      }
      i = end;
    }
    return best;
  }

  CsvColumn column_;
  bool declared_;
  bool known_;  // the type
  CsvFill fill_;
  Index limit_;
  bool missing_ = false;
  double count_ = 0;
  double sum_ = 0;
  double rest_ = 0;
  std::vector<double> numbers_;
  std::map<std::string, Index, std::less<>> counts_;
};

/// The classes of a label column, in the order of load_csv_labelled.
class CsvClasses {
 public:
  /// Adds the current row's label. Throws: FileError for one that is missing or not finite
  void add(const CsvRows& rows, Index column) {
    const std::string_view text = rows.field(column);
    const CsvNumber number = parse_csv_number(text);
    if (text.empty() || number.kind == CsvKind::not_finite) {
      rows.fail(column, "is no label");
    }
    if (texts_.find(text) == texts_.end()) {
      texts_.emplace(text, number.value);
      numeric_ = numeric_ && number.kind == CsvKind::number;
    }
  }

  [[nodiscard]] bool numeric() const noexcept { return numeric_; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    if (!numeric_) {
      for (const auto& [text, value] : texts_) {
        names.push_back(text);
      }
      return names;
    }
    std::vector<double> values;
    for (const auto& [text, value] : texts_) {
      values.push_back(value + 0.0);  // no negative zero
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const double value : values) {
      names.push_back(concat(value));
    }
    return names;
  }

 private:
  std::map<std::string, double, std::less<>> texts_;  // and their values, if they are numbers
  bool numeric_ = true;
};

}  // namespace eigengrad::detail
