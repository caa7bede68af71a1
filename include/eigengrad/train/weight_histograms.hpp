#pragma once
// WeightHistograms: the callback that keeps, for every epoch, how the values of each parameter and
// of its gradient are distributed.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/histogram.hpp>
#include <eigengrad/train/callback.hpp>
#include <eigengrad/train/state_visitor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_histogram_state(std::string_view name,
                                                              std::size_t numbers,
                                                              std::size_t width) {
  throw_error<ValueError>("weight_histograms",
                          {"'", name, "' has ", numbers, " numbers, no multiple of ", width});
}

}  // namespace eigengrad::detail

namespace eigengrad::train {

/// How many of some values lie in each of 32 equal parts of [low, high]; those that are not finite
/// are counted apart.
struct Histogram {
  static constexpr std::size_t bins = 32;
  double low = 0;
  double high = 0;
  std::array<double, bins> counts{};
  double not_finite = 0;

  template <FloatScalar T>
  [[nodiscard]] static Histogram of(const Tensor<T>& values) {
    const Tensor<T> dense = eigengrad::detail::packed(values);
    const auto moments = eigengrad::detail::moments_of(dense.values());
    Histogram result;
    result.not_finite = static_cast<double>(dense.size()) - moments.count;
    if (moments.count > 0) {
      result.low = moments.min;
      result.high = moments.max;
      result.counts = eigengrad::detail::count_buckets<bins>(dense.values(), moments);
    }
    return result;
  }
};

/// A parameter's history, an element an epoch. The gradients are those of the epoch's last batch.
struct ParameterHistograms {
  std::string name;
  std::vector<Histogram> values;
  std::vector<Histogram> gradients;
};

/// Keeps the histograms while fit() runs. An epoch that is cut short has none. A checkpoint keeps
/// them, so that those of a resumed run begin with the first epoch.
///
/// Cost: two passes over parameters and gradients an epoch, 300 bytes each; no heap call
template <FloatScalar T>
class EIGENGRAD_API WeightHistograms final : public Callback<T> {
 public:
  explicit WeightHistograms(std::vector<Parameter<T>> parameters)
      : parameters_(std::move(parameters)) {}

  /// In the parameters' order.
  [[nodiscard]] const std::vector<ParameterHistograms>& parameters() const noexcept {
    return histograms_;
  }

  void on_train_begin(TrainingState<T>& state) override {
    histograms_.clear();
    for (const Parameter<T>& parameter : parameters_) {
      histograms_.push_back({parameter.name(), {}, {}});
      histograms_.back().values.reserve(static_cast<std::size_t>(state.epochs()));
      histograms_.back().gradients.reserve(static_cast<std::size_t>(state.epochs()));
    }
  }
  void on_gradients(TrainingState<T>& state) override {
    if (state.step_in_epoch + 1 == state.steps_per_epoch()) {
      for (std::size_t i = 0; i < parameters_.size(); ++i) {
        histograms_[i].gradients.push_back(
            parameters_[i].has_gradient() ? Histogram::of(parameters_[i].gradient()) : Histogram{});
      }
    }
  }
  void on_epoch_end(TrainingState<T>& state) override {
    if (state.step_in_epoch == state.steps_per_epoch()) {
      for (std::size_t i = 0; i < parameters_.size(); ++i) {
        histograms_[i].values.push_back(Histogram::of<T>(parameters_[i]));
      }
    }
  }

  /// Throws:    ValueError for state that is not that of histograms
  void visit_state(StateVisitor<T>& state) override {
    for (std::size_t i = 0; i < histograms_.size(); ++i) {
      const std::string name = eigengrad::detail::concat("weight_histograms.", i);
      visit(state, name + ".values", histograms_[i].values);
      visit(state, name + ".gradients", histograms_[i].gradients);
    }
  }

 private:
  /// A list of histograms as one of numbers: low, high, not finite, counts.
  static void visit(StateVisitor<T>& state, const std::string& name,
                    std::vector<Histogram>& histograms) {
    constexpr std::size_t width = Histogram::bins + 3;
    std::vector<double> numbers;
    numbers.reserve(histograms.size() * width);
    for (const Histogram& one : histograms) {
      numbers.insert(numbers.end(), {one.low, one.high, one.not_finite});
      numbers.insert(numbers.end(), one.counts.begin(), one.counts.end());
    }
    state.reals(name, numbers);
    if (numbers.size() % width != 0) {
      eigengrad::detail::throw_histogram_state(name, numbers.size(), width);
    }
    histograms.resize(numbers.size() / width);
    const double* from = numbers.data();
    for (Histogram& one : histograms) {
      one.low = from[0];
      one.high = from[1];
      one.not_finite = from[2];
      std::copy(from + 3, from + width, one.counts.begin());
      from += width;
    }
  }

  std::vector<Parameter<T>> parameters_;
  std::vector<ParameterHistograms> histograms_;
};

}  // namespace eigengrad::train
