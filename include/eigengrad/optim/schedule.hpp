#pragma once
// Schedule: the learning rate as a function of the step or epoch. A plain value: it can be copied,
// compared and stored.

#include <eigengrad/base/index.hpp>
#include <eigengrad/optim/optimizer.hpp>

#include <cmath>
#include <numbers>

namespace eigengrad::optim {

/// A learning rate over time t = 0, 1, 2, ... (steps or epochs, as its user says), optionally after
/// a linear warm-up.
///
/// Throws:    ValueError for rates or periods that are not positive
/// Reference: PyTorch `StepLR`, `ExponentialLR`, `CosineAnnealingLR`, `LinearLR`
struct Schedule {
  enum class Kind { constant, step, exponential, cosine };

  Kind kind = Kind::constant;
  double base = 1e-3;
  double factor = 1.0;         // step, exponential
  Index period = 1;            // step, cosine
  double floor = 0.0;          // cosine
  Index warm_up = 0;           // t over which the rate grows linearly
  double warm_up_start = 0.0;  // fraction of the rate at t = 0 of the warm-up

  /// Always `rate`.
  [[nodiscard]] static Schedule constant(double rate) {
    eigengrad::detail::check_positive("Schedule", "rate", rate);
    return {Kind::constant, rate};
  }
  /// rate * factor^floor(t / period)
  [[nodiscard]] static Schedule step(double rate, Index period, double factor = 0.1) {
    eigengrad::detail::check_positive("Schedule", "rate", rate);
    eigengrad::detail::check_positive("Schedule", "period", static_cast<double>(period));
    eigengrad::detail::check_positive("Schedule", "factor", factor);
    return {Kind::step, rate, factor, period};
  }
  /// rate * factor^t
  [[nodiscard]] static Schedule exponential(double rate, double factor) {
    eigengrad::detail::check_positive("Schedule", "rate", rate);
    eigengrad::detail::check_positive("Schedule", "factor", factor);
    return {Kind::exponential, rate, factor};
  }
  /// floor + (rate - floor) (1 + cos(pi t / period)) / 2; stays at floor from t = period on.
  [[nodiscard]] static Schedule cosine(double rate, Index period, double floor = 0.0) {
    eigengrad::detail::check_positive("Schedule", "rate", rate);
    eigengrad::detail::check_positive("Schedule", "period", static_cast<double>(period));
    return {Kind::cosine, rate, 1.0, period, floor};
  }
  /// The same schedule multiplied by start + (1 - start) min(t, length) / length, as PyTorch's
  /// LinearLR.
  [[nodiscard]] Schedule with_warm_up(Index length, double start = 1.0 / 3.0) const {
    eigengrad::detail::check_positive("Schedule", "warm-up length", static_cast<double>(length));
    eigengrad::detail::check_positive("Schedule", "warm-up start", start);
    Schedule result = *this;
    result.warm_up = length;
    result.warm_up_start = start;
    return result;
  }

  /// The rate at t >= 0.
  [[nodiscard]] double operator()(Index t) const {
    double rate = base;
    if (kind == Kind::step) {
      const Index periods = t / period;  // whole ones
      rate = base * std::pow(factor, static_cast<double>(periods));
    } else if (kind == Kind::exponential) {
      rate = base * std::pow(factor, static_cast<double>(t));
    } else if (kind == Kind::cosine) {
      const double part = t < period ? static_cast<double>(t) / static_cast<double>(period) : 1.0;
      rate = floor + (base - floor) * (1.0 + std::cos(std::numbers::pi * part)) / 2.0;
    }
    if (t < warm_up) {
      rate *= warm_up_start +
              (1.0 - warm_up_start) * static_cast<double>(t) / static_cast<double>(warm_up);
    }
    return rate;
  }

  [[nodiscard]] friend bool operator==(const Schedule&, const Schedule&) = default;
};

}  // namespace eigengrad::optim
