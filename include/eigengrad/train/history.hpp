#pragma once
// History: every number of a training run, epoch by epoch.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::train {

/// One quantity over the epochs: "loss", "accuracy", "val_loss", ...
struct Series {
  std::string name;
  std::vector<double> values;
};

/// What fit() gives back: the series in the order in which they were first recorded, and how
/// training ended.
class History {
 public:
  /// Epochs recorded; the last one may have been cut short by a step limit.
  [[nodiscard]] Index epochs() const noexcept {
    return series_.empty() ? 0 : static_cast<Index>(series_.front().values.size());
  }
  /// Optimizer steps taken.
  [[nodiscard]] Index steps() const noexcept { return steps_; }
  /// Why training ended before its last epoch; empty if it did not.
  [[nodiscard]] const std::string& stop_reason() const noexcept { return stop_reason_; }
  /// Wall time of the call of fit().
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

  [[nodiscard]] const std::vector<Series>& series() const noexcept { return series_; }
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// The values of one series, an element an epoch. Throws: ValueError naming the series there are
  [[nodiscard]] const std::vector<double>& operator[](std::string_view name) const {
    const Series* const found = find(name);
    if (found == nullptr) {
      throw_unknown(name);
    }
    return found->values;
  }
  /// The last value of a series. Throws: ValueError if there is none
  [[nodiscard]] double last(std::string_view name) const {
    const std::vector<double>& values = (*this)[name];
    if (values.empty()) {
      throw_unknown(name);
    }
    return values.back();
  }

  /// Adds a value to a series, which begins with it if it is new.
  void append(std::string_view name, double value) {
    for (Series& series : series_) {
      if (series.name == name) {
        series.values.push_back(value);
        return;
      }
    }
    series_.push_back({std::string(name), {value}});
  }
  /// Shows the series to a StateVisitor<T>, see state_visitor.hpp.
  template <class Visitor>
  void visit_state(Visitor& state) {
    auto count = static_cast<Index>(series_.size());
    state.integer("history.series", count);
    series_.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < series_.size(); ++i) {
      const std::string name = eigengrad::detail::concat("history.", i);
      state.text(name + ".name", series_[i].name);
      state.reals(name + ".values", series_[i].values);
    }
  }

  void set_end(Index steps, std::string stop_reason, double seconds) {
    steps_ = steps;
    stop_reason_ = std::move(stop_reason);
    seconds_ = seconds;
  }

 private:
  [[nodiscard]] const Series* find(std::string_view name) const noexcept {
    for (const Series& series : series_) {
      if (series.name == name) {
        return &series;
      }
    }
    return nullptr;
  }
  [[noreturn]] EIGENGRAD_COLD void throw_unknown(std::string_view name) const {
    std::string names;
    for (const Series& series : series_) {
      names += (names.empty() ? "" : ", ") + series.name;
    }
    eigengrad::detail::throw_error<ValueError>("History",
                                               {"no series '", name, "' among: ", names});
  }

  std::vector<Series> series_;
  Index steps_ = 0;
  std::string stop_reason_;
  double seconds_ = 0;
};

}  // namespace eigengrad::train
