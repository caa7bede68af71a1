#pragma once
// search: when the metric is below the target, try again with other hyperparameters, and keep the
// best.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/tensor/random.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace eigengrad::train {

/// The values to choose from; a trial is one of each.
struct SearchSpace {
  std::vector<double> learning_rates = {1e-3};
  std::vector<Index> widths = {128};
  std::vector<Index> batch_sizes = {32};
};

/// One combination, and how it did.
struct Trial {
  Index number = 0;  // from 1
  double learning_rate = 0;
  Index width = 0;
  Index batch_size = 0;
  double score = 0;
};

struct SearchOptions {
  /// At most this many trials; all combinations by default.
  std::optional<Index> trials = {};
  /// Whether the combinations come in a random order, keyed by `seed`, or in that of the lists.
  bool random = true;
  std::uint64_t seed = 42;
  /// Whether a higher score is better.
  bool maximize = true;
  /// Stop at the first trial that is at least as good as this.
  std::optional<double> target = {};
};

/// All trials that ran, and which was best.
struct SearchResult {
  std::vector<Trial> trials;
  std::size_t best_index = 0;
  bool reached_target = false;
  [[nodiscard]] const Trial& best() const { return trials[best_index]; }
};

/// Runs score(trial), which trains a model and gives its validation score, over combinations of the
/// space without repetition; report(trial) is called after each one. The first of equal scores is
/// the best; NaN is never best.
///
/// Throws: ValueError for an empty list in the space or trials < 1; what score throws
template <class Score, class Report>
[[nodiscard]] SearchResult search(const SearchSpace& space, Score&& score,
                                  const SearchOptions& options, Report&& report) {
  const auto rates = static_cast<Index>(space.learning_rates.size());
  const auto widths = static_cast<Index>(space.widths.size());
  const auto batches = static_cast<Index>(space.batch_sizes.size());
  const Index all = rates * widths * batches;
  if (all == 0) {
    detail::throw_error<ValueError>("search", {"a list of the space is empty"});
  }
  if (options.trials.value_or(1) < 1) {
    eigengrad::detail::throw_error<ValueError>("search",
                                               {"trials is not positive: ", *options.trials});
  }
  const Index count = options.trials.has_value() && *options.trials < all ? *options.trials : all;
  const Tensor<std::int64_t> order = permutation(all, RandomKey::named(options.seed, "search"));
  SearchResult result;
  double best = 0;
  bool any = false;
  for (Index i = 0; i < count; ++i) {
    const Index at = options.random ? order.at(i) : i;
    Trial trial;
    trial.number = i + 1;
    trial.learning_rate = space.learning_rates[static_cast<std::size_t>(at / (widths * batches))];
    trial.width = space.widths[static_cast<std::size_t>(at / batches % widths)];
    trial.batch_size = space.batch_sizes[static_cast<std::size_t>(at % batches)];
    trial.score = static_cast<double>(score(static_cast<const Trial&>(trial)));
    const double value = options.maximize ? trial.score : -trial.score;
    if (value == value && (!any || value > best)) {
      any = true;
      best = value;
      result.best_index = result.trials.size();
    }
    result.trials.push_back(trial);
    report(static_cast<const Trial&>(trial));
    if (options.target.has_value() &&
        value >= (options.maximize ? *options.target : -*options.target)) {
      result.reached_target = true;
      break;
    }
  }
  return result;
}

/// The same without a report.
template <class Score>
[[nodiscard]] SearchResult search(const SearchSpace& space, Score&& score,
                                  const SearchOptions& options = {}) {
  return search(space, score, options, [](const Trial&) {});
}

}  // namespace eigengrad::train
