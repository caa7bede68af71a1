#pragma once
// The stratified part of train_test_split, bit for bit that of scikit-learn: both parts keep the
// shares of the classes. Compiled only where a program writes `.stratify = y`.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/data/labels.hpp>
#include <eigengrad/data/mersenne_twister.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace eigengrad {

namespace detail {

/// What the labels Y of a split are checked by and how they are dealt out. A template down to its
/// errors, so that it is compiled for its users only, though little of it depends on Y.
template <class Y>
class StratifiedSplit {
 public:
  /// The labels as class indices.
  /// Throws: ShapeError, ValueError
  [[nodiscard]] static Tensor<std::int64_t> classes_of(const Tensor<Y>& labels) {
    if (labels.rank() != 1) {
      throw ShapeError(op, concat("stratify is not (rows,): ", labels.shape()), labels.shape());
    }
    const ClassLabels encoded = class_labels(labels);
    std::vector<Index> counts(encoded.class_names.size());
    for (const Index y : encoded.y.values()) {
      ++counts[static_cast<std::size_t>(y)];
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] < 2) {
        throw ValueError(op, concat("only one row is of class ", encoded.class_names[i],
                                    "; stratify needs one for each part"));
      }
    }
    return encoded.y;
  }

  /// Fills the two parts with some of `all` rows.
  /// Throws: ShapeError if there are not as many labels; ValueError if a part has fewer rows than
  /// there are classes
  static void split(std::span<const Index> classes, Index all, MersenneTwister random,
                    std::span<Index> train, std::span<Index> test) {
    if (static_cast<Index>(classes.size()) != all) {
      throw ShapeError(op, concat("stratify has ", classes.size(), " labels for ", all, " rows"));
    }
    const std::vector<std::vector<Index>> rows = rows_of_classes(classes);
    if (train.size() < rows.size() || test.size() < rows.size()) {
      throw ValueError(op,
                       concat("each part needs a row of each of the ", rows.size(),
                              " classes: ", train.size(), " to train, ", test.size(), " to test"));
    }
    std::vector<Index> counts(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      counts[i] = static_cast<Index>(rows[i].size());
    }
    const auto n_train = approximate_mode(counts, static_cast<Index>(train.size()), random);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] -= n_train[i];
    }
    const auto n_test = approximate_mode(counts, static_cast<Index>(test.size()), random);
    Index* to_train = train.data();
    Index* to_test = test.data();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::vector<Index> order(rows[i].size());
      random.permutation(order);
      const auto row = [&](Index k) {
        return rows[i][static_cast<std::size_t>(order[static_cast<std::size_t>(k)])];
      };
      for (Index k = 0; k < n_train[i]; ++k) {
        *to_train++ = row(k);
      }
      for (Index k = n_train[i]; k < n_train[i] + n_test[i]; ++k) {
        *to_test++ = row(k);
      }
    }
    random.shuffle(train);
    random.shuffle(test);
  }

 private:
  static constexpr std::string_view op = "train_test_split";

  /// The rows of every class, ascending. `classes` are class indices from 0 without a gap.
  [[nodiscard]] static std::vector<std::vector<Index>> rows_of_classes(
      std::span<const Index> classes) {
    std::vector<std::vector<Index>> rows;
    for (std::size_t i = 0; i < classes.size(); ++i) {
      const auto at = static_cast<std::size_t>(classes[i]);
      if (at >= rows.size()) {
        rows.resize(at + 1);
      }
      rows[at].push_back(static_cast<Index>(i));
    }
    return rows;
  }

  /// How many of `draws` rows each class gives: its share, rounded down; what is left goes to the
  /// largest remainders, by lot among equal ones. Remainders are compared as exact doubles.
  /// Reference: scikit-learn `_approximate_mode`
  [[nodiscard]] static std::vector<Index> approximate_mode(const std::vector<Index>& counts,
                                                           Index draws, MersenneTwister& random) {
    double sum = 0;
    for (const Index count : counts) {
      sum += static_cast<double>(count);
    }
    std::vector<Index> result;
    std::vector<double> remainders;
    Index left = draws;
    for (const Index count : counts) {
      const double share = static_cast<double>(count) / sum * static_cast<double>(draws);
      const double whole = std::floor(share);
      result.push_back(static_cast<Index>(whole));
      remainders.push_back(share - whole);
      left -= result.back();
    }
    std::vector<double> values = remainders;
    std::sort(values.rbegin(), values.rend());  // the largest first
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const double value : values) {
      if (left <= 0) {
        break;
      }
      std::vector<std::size_t> tied;
      for (std::size_t i = 0; i < remainders.size(); ++i) {
        if (remainders[i] == value) {
          tied.push_back(i);
        }
      }
      // The lot is drawn even when all of the tied get one.
      std::vector<Index> lot(tied.size());
      random.permutation(lot);
      const auto now = std::min(left, static_cast<Index>(tied.size()));
      for (Index k = 0; k < now; ++k) {
        ++result[tied[static_cast<std::size_t>(lot[static_cast<std::size_t>(k)])]];
      }
      left -= now;
    }
    return result;
  }
};

}  // namespace detail

/// The labels by which train_test_split stratifies, or nothing. Converts from a tensor of labels,
/// so that `.stratify = y` reads as in scikit-learn; any numbers will do, equal ones are a class.
///
/// Shapes:    labels (rows,)
/// Throws:    ShapeError if the labels are not (rows,); ValueError for NaN, infinity, or a label
///            that one row alone has
class Stratify {
 public:
  Stratify() noexcept = default;
  // Not explicit, so that `.stratify = y` reads well.
  template <AnyScalar Y>
  // NOLINTNEXTLINE(google-explicit-constructor)
  Stratify(const Tensor<Y>& labels)
      : classes_(detail::StratifiedSplit<Y>::classes_of(labels)),
        split_(&detail::StratifiedSplit<Y>::split) {}

  [[nodiscard]] bool is_set() const noexcept { return split_ != nullptr; }

  /// The two parts, for train_test_split. Throws: ShapeError, ValueError
  void split(Index rows, std::uint32_t seed, std::span<Index> train, std::span<Index> test) const {
    split_(classes_.values(), rows, detail::MersenneTwister(seed), train, test);
  }

 private:
  Tensor<std::int64_t> classes_;  // class indices
  // Through a pointer that only the constructor from labels sets: a program that never stratifies
  // does not compile it.
  void (*split_)(std::span<const Index>, Index, detail::MersenneTwister, std::span<Index>,
                 std::span<Index>) = nullptr;
};

}  // namespace eigengrad
