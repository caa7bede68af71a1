#pragma once
// train_test_split, bit for bit that of scikit-learn: the same rows in the same order for the same
// sizes and random_state. Leaves out stratified splits.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/dataset.hpp>
#include <eigengrad/data/mersenne_twister.hpp>
#include <eigengrad/data/rows.hpp>
#include <eigengrad/memory/scratch.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eigengrad {

/// Size of one part of a split: a fraction of the rows (a floating-point number), a number of rows
/// (an integer), or unset. 1 is one row; 1.0 is a fraction, and refused.
class SplitSize {
 public:
  SplitSize() noexcept = default;
  // Not explicit, so that `.test_size = 0.2` and `.test_size = 100` both read well.
  // NOLINTBEGIN(google-explicit-constructor)
  template <std::floating_point F>
  SplitSize(F fraction) noexcept : kind_(Kind::fraction), fraction_(fraction) {}
  template <std::integral I>
  requires(!std::same_as<I, bool>) SplitSize(I rows)
  noexcept : kind_(Kind::rows), rows_(static_cast<Index>(rows)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool is_set() const noexcept { return kind_ != Kind::unset; }
  [[nodiscard]] bool is_fraction() const noexcept { return kind_ == Kind::fraction; }
  [[nodiscard]] double fraction() const noexcept { return fraction_; }
  [[nodiscard]] Index rows() const noexcept { return rows_; }

 private:
  enum class Kind : std::uint8_t { unset, fraction, rows };
  Kind kind_ = Kind::unset;
  double fraction_ = 0.0;
  Index rows_ = 0;
};

/// What scikit-learn's train_test_split takes. Neither size set: a quarter is the test part. One
/// set: the other part has the rest. Both set: rows may be left over.
struct SplitOptions {
  SplitSize test_size = {};   ///< a fraction in (0, 1), rounded up to rows; or rows
  SplitSize train_size = {};  ///< a fraction in (0, 1), rounded down to rows; or rows
  Index random_state = 0;     ///< seed of the shuffle, in [0, 2^32 - 1]
  bool shuffle = true;        ///< false: the first rows train, the next ones test
};

/// The rows of each part, in the order in which scikit-learn returns them.
struct SplitIndices {
  Tensor<std::int64_t> train;  ///< (train rows,)
  Tensor<std::int64_t> test;   ///< (test rows,)
};

/// The four parts, in scikit-learn's order.
template <AnyScalar T, AnyScalar Y>
struct TrainTestSplit {
  Tensor<T> x_train;
  Tensor<T> x_test;
  Tensor<Y> y_train;
  Tensor<Y> y_test;
};

/// A data set in two parts.
template <AnyScalar T, AnyScalar Y>
struct SplitDataset {
  Dataset<T, Y> train;
  Dataset<T, Y> test;
};

namespace detail {

[[nodiscard]] EIGENGRAD_COLD inline std::string to_text(const SplitSize& size) {
  return !size.is_set()       ? "none"
         : size.is_fraction() ? concat(size.fraction())
                              : concat(size.rows());
}

[[noreturn]] EIGENGRAD_COLD inline void throw_split(const std::string& message) {
  throw_error<ValueError>("train_test_split", {message});
}

inline void check_split_size(std::string_view name, const SplitSize& size, Index rows) {
  if (size.is_fraction() && !(size.fraction() > 0.0 && size.fraction() < 1.0)) {
    throw_split(concat(name, " as a fraction is outside (0, 1): ", to_text(size)));
  }
  if (size.is_set() && !size.is_fraction() && (size.rows() <= 0 || size.rows() >= rows)) {
    throw_split(
        concat(name, " must leave both parts some of the ", rows, " rows: ", to_text(size)));
  }
}

struct SplitCounts {
  Index train = 0;
  Index test = 0;
};

/// Rows of each part, with scikit-learn's rounding and its refusals.
[[nodiscard]] inline SplitCounts split_counts(Index rows, const SplitOptions& options) {
  SplitSize test = options.test_size;
  const SplitSize train = options.train_size;
  if (!test.is_set() && !train.is_set()) {
    test = SplitSize(0.25);
  }
  check_split_size("test_size", test, rows);
  check_split_size("train_size", train, rows);
  if (test.is_fraction() && train.is_fraction() && train.fraction() + test.fraction() > 1.0) {
    throw_split(concat("test_size and train_size exceed 1 together: ", to_text(test), " + ",
                       to_text(train)));
  }
  SplitCounts counts{train.rows(), test.rows()};
  const auto n = static_cast<double>(rows);
  if (test.is_fraction()) {
    counts.test = static_cast<Index>(std::ceil(test.fraction() * n));
  }
  if (train.is_fraction()) {
    counts.train = static_cast<Index>(std::floor(train.fraction() * n));
  }
  if (!train.is_set()) {
    counts.train = rows - counts.test;
  } else if (!test.is_set()) {
    counts.test = rows - counts.train;
  }
  if (counts.train + counts.test > rows) {
    throw_split(concat("test_size and train_size need more than the ", rows, " rows: ", counts.test,
                       " + ", counts.train));
  }
  // The test part cannot be empty: a fraction above 0 is rounded up, one below 1 rounds below rows.
  if (counts.train <= 0) {
    throw_split(concat("the training part of ", rows, " rows is empty: test_size ", to_text(test),
                       ", train_size ", to_text(train)));
  }
  return counts;
}

}  // namespace detail

/// The rows of the training and of the test part of `rows` rows.
///
/// Shapes:    train (train rows,), test (test rows,)
/// Throws:    ValueError for sizes that scikit-learn refuses (a fraction outside (0, 1), more rows
///            than there are, a part left empty), a negative number of rows, or a random_state
///            outside [0, 2^32 - 1]
/// Cost:      O(rows)
/// Reference: scikit-learn, sklearn.model_selection.train_test_split without `stratify`
[[nodiscard]] inline SplitIndices train_test_split_indices(Index rows,
                                                           const SplitOptions& options = {}) {
  if (rows < 0) {
    detail::throw_split(detail::concat("a negative number of rows: ", rows));
  }
  if (options.random_state < 0 || options.random_state > 0xffffffffLL) {
    detail::throw_split(
        detail::concat("random_state is outside [0, 4294967295]: ", options.random_state));
  }
  const detail::SplitCounts counts = detail::split_counts(rows, options);
  SplitIndices parts{detail::uninitialized<std::int64_t>({counts.train}),
                     detail::uninitialized<std::int64_t>({counts.test})};
  Index* const train = parts.train.mutable_data();
  Index* const test = parts.test.mutable_data();
  if (!options.shuffle) {
    for (Index i = 0; i < counts.train; ++i) {
      train[i] = i;
    }
    for (Index i = 0; i < counts.test; ++i) {
      test[i] = counts.train + i;
    }
    return parts;
  }
  detail::Scratch<Index> order(rows);
  detail::MersenneTwister(static_cast<std::uint32_t>(options.random_state))
      .permutation({order.data(), static_cast<std::size_t>(rows)});
  std::copy_n(order.data(), counts.test, test);
  std::copy_n(order.data() + counts.test, counts.train, train);
  return parts;
}

/// Splits features and targets into a training and a test part, row by row:
/// `auto [x_train, x_test, y_train, y_test] = train_test_split(x, y, {.test_size = 0.2,
/// .random_state = 42});`
///
/// Shapes:    x (n, ...), y (n, ...) -> the same with fewer rows
/// Throws:    ShapeError if x and y differ in rows; ValueError as train_test_split_indices
/// Cost:      copies every row once
/// Reference: scikit-learn, sklearn.model_selection.train_test_split
template <AnyScalar T, AnyScalar Y>
[[nodiscard]] TrainTestSplit<T, Y> train_test_split(const Tensor<T>& x, const Tensor<Y>& y,
                                                    const SplitOptions& options = {}) {
  const Index rows = detail::rows_of("train_test_split", x, y);
  const SplitIndices parts = train_test_split_indices(rows, options);
  return {take_rows(x, parts.train), take_rows(x, parts.test), take_rows(y, parts.train),
          take_rows(y, parts.test)};
}

/// The same for a data set; both parts keep its names.
///
/// Throws:    as above
template <AnyScalar T, AnyScalar Y>
[[nodiscard]] SplitDataset<T, Y> train_test_split(const Dataset<T, Y>& data,
                                                  const SplitOptions& options = {}) {
  TrainTestSplit<T, Y> parts = train_test_split(data.x, data.y, options);
  return {{parts.x_train, parts.y_train, data.feature_names, data.class_names},
          {parts.x_test, parts.y_test, data.feature_names, data.class_names}};
}

}  // namespace eigengrad
