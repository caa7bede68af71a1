#pragma once
// Folds for cross-validation, bit for bit those of scikit-learn's KFold and StratifiedKFold. What
// is done with them is in train/cross_validate.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/labels.hpp>
#include <eigengrad/data/mersenne_twister.hpp>
#include <eigengrad/data/split.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eigengrad {

/// What scikit-learn's KFold and StratifiedKFold take.
struct KFoldOptions {
  Index n_splits = 5;      ///< number of folds, at least 2
  bool shuffle = false;    ///< false: folds of consecutive rows
  Index random_state = 0;  ///< seed of the shuffle, in [0, 2^32 - 1]
};

namespace detail {

inline void check_folds(std::string_view op, Index rows, const KFoldOptions& options) {
  if (options.n_splits < 2) {
    throw ValueError(op, concat("n_splits is below 2: ", options.n_splits));
  }
  if (options.n_splits > rows) {
    throw ValueError(op, concat("n_splits is more than the ", rows, " rows: ", options.n_splits));
  }
  if (options.random_state < 0 || options.random_state > 0xffffffffLL) {
    throw ValueError(op, concat("random_state is outside [0, 4294967295]: ", options.random_state));
  }
}

/// The parts of every fold, rows ascending, from each row's fold.
[[nodiscard]] inline std::vector<SplitIndices> parts_of_folds(const std::vector<Index>& fold_of,
                                                              Index folds) {
  std::vector<SplitIndices> result;
  for (Index fold = 0; fold < folds; ++fold) {
    std::vector<Index> train;
    std::vector<Index> test;
    for (std::size_t row = 0; row < fold_of.size(); ++row) {
      (fold_of[row] == fold ? test : train).push_back(static_cast<Index>(row));
    }
    result.push_back({from_vector(train), from_vector(test)});
  }
  return result;
}

/// Class indices in the order in which the classes appear.
[[nodiscard]] inline std::vector<Index> by_appearance(const Tensor<std::int64_t>& classes,
                                                      std::size_t count) {
  std::vector<Index> rank(count, -1);
  Index next = 0;
  std::vector<Index> result;
  for (const Index y : classes.values()) {
    Index& at = rank[static_cast<std::size_t>(y)];
    if (at < 0) {
      at = next++;
    }
    result.push_back(at);
  }
  return result;
}

}  // namespace detail

/// Cuts `rows` rows into folds whose sizes differ by at most one; each is the test part once, the
/// others train.
///
/// Shapes:    n_splits parts of train (k,) and test (rows - k,), ascending
/// Throws:    ValueError if n_splits is below 2 or more than the rows, or random_state is outside
///            [0, 2^32 - 1]
/// Cost:      O(rows n_splits)
/// Reference: scikit-learn `KFold`
[[nodiscard]] inline std::vector<SplitIndices> k_fold(Index rows,
                                                      const KFoldOptions& options = {}) {
  detail::check_folds("k_fold", rows, options);
  std::vector<Index> order(static_cast<std::size_t>(rows));
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<Index>(i);
  }
  if (options.shuffle) {
    detail::MersenneTwister(static_cast<std::uint32_t>(options.random_state)).shuffle(order);
  }
  std::vector<Index> fold_of(order.size());
  const Index size = rows / options.n_splits;
  const Index larger = rows % options.n_splits;  // the first folds have one more
  std::size_t at = 0;
  for (Index fold = 0; fold < options.n_splits; ++fold) {
    for (Index i = 0; i < size + (fold < larger ? 1 : 0); ++i) {
      fold_of[static_cast<std::size_t>(order[at++])] = fold;
    }
  }
  return detail::parts_of_folds(fold_of, options.n_splits);
}

/// Folds that keep the shares of the classes. A class with fewer rows than there are folds is
/// missing from some test parts (scikit-learn warns of it).
///
/// Shapes:    labels (rows,) -> as k_fold
/// Throws:    ShapeError if the labels are not (rows,); ValueError as k_fold, for a label that is
///            no whole number, and if every class has fewer rows than n_splits
/// Cost:      O(rows (n_splits + log(rows)))
/// Reference: scikit-learn `StratifiedKFold`
template <AnyScalar Y>
[[nodiscard]] std::vector<SplitIndices> stratified_k_fold(const Tensor<Y>& labels,
                                                          const KFoldOptions& options = {}) {
  constexpr std::string_view op = "stratified_k_fold";
  if (labels.rank() != 1) {
    throw ShapeError(op, detail::concat("labels are not (rows,): ", labels.shape()),
                     labels.shape());
  }
  detail::check_folds(op, labels.size(), options);
  const ClassLabels encoded = class_labels(labels);
  if constexpr (FloatScalar<Y>) {
    const std::vector<Y> values = to_vector(labels);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i] != std::floor(values[i])) {
        throw ValueError(
            op, detail::concat("label ", values[i], " at row ", i, " is not a whole number"));
      }
    }
  }
  const std::vector<Index> classes = detail::by_appearance(encoded.y, encoded.class_names.size());
  std::vector<Index> counts(encoded.class_names.size());
  for (const Index y : classes) {
    ++counts[static_cast<std::size_t>(y)];
  }
  const Index most = *std::max_element(counts.begin(), counts.end());
  if (options.n_splits > most) {
    throw ValueError(op, detail::concat("no class has n_splits = ", options.n_splits,
                                        " rows; the largest has ", most));
  }
  // Dealt out in turns over the rows sorted by class: how many of a class come into each fold
  // depends on where the class begins.
  detail::MersenneTwister random(static_cast<std::uint32_t>(options.random_state));
  std::vector<Index> fold_of(classes.size());
  Index begin = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    std::vector<Index> folds;
    for (Index i = begin; i < begin + counts[k]; ++i) {
      folds.push_back(i % options.n_splits);
    }
    begin += counts[k];
    std::sort(folds.begin(), folds.end());
    if (options.shuffle) {
      random.shuffle(folds);
    }
    std::size_t at = 0;
    for (std::size_t row = 0; row < classes.size(); ++row) {
      if (classes[row] == static_cast<Index>(k)) {
        fold_of[row] = folds[at++];
      }
    }
  }
  return detail::parts_of_folds(fold_of, options.n_splits);
}

}  // namespace eigengrad
