#pragma once
// TensorBoard's messages: Event, Summary, histograms, text and hyperparameters, as bytes. Leaves
// out the files that they are in: summary_writer.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/protobuf.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace eigengrad {

/// A hyperparameter as TensorBoard knows them: a number, a truth or a text.
struct HyperParameter {
  template <class V>
  HyperParameter(std::string its_name, const V& its_value) : name(std::move(its_name)) {
    if constexpr (std::is_same_v<V, bool>) {
      value = its_value;
    } else if constexpr (std::is_arithmetic_v<V>) {
      value = static_cast<double>(its_value);
    } else {
      value = std::string(its_value);
    }
  }

  std::string name;
  std::variant<double, bool, std::string> value;
};

}  // namespace eigengrad

namespace eigengrad::detail {

/// How often values lie in each of up to 30 intervals of one width. What is not finite is left out.
struct Histogram {
  static constexpr Index most_buckets = 30;
  double min = 0;
  double max = 0;
  double count = 0;
  double sum = 0;
  double sum_squares = 0;
  std::vector<double> limits;  ///< where each bucket ends
  std::vector<double> counts;
};

/// The extrema and the sums, in eight lanes, so that no addition waits for the one before.
template <FloatScalar T>
[[nodiscard]] Histogram histogram_moments(std::span<const T> values) {
  constexpr std::size_t lanes = 8;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::array<double, lanes> min{};
  std::array<double, lanes> max{};
  std::array<double, lanes> count{};
  std::array<double, lanes> sum{};
  std::array<double, lanes> squares{};
  min.fill(infinity);
  max.fill(-infinity);
  const auto add = [&](std::size_t lane, double value) {
    const bool finite = std::abs(value) < infinity;
    const double kept = finite ? value : 0.0;
    min[lane] = finite && value < min[lane] ? value : min[lane];
    max[lane] = finite && value > max[lane] ? value : max[lane];
    count[lane] += finite ? 1.0 : 0.0;
    sum[lane] += kept;
    squares[lane] += kept * kept;
  };
  std::size_t i = 0;
  for (; i + lanes <= values.size(); i += lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      add(lane, static_cast<double>(values[i + lane]));
    }
  }
  for (; i < values.size(); ++i) {
    add(0, static_cast<double>(values[i]));
  }
  Histogram all;
  all.min = infinity;
  all.max = -infinity;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    all.min = std::min(all.min, min[lane]);
    all.max = std::max(all.max, max[lane]);
    all.count += count[lane];
    all.sum += sum[lane];
    all.sum_squares += squares[lane];
  }
  return all;
}

/// Reference: TensorBoard `histogram`, whose buckets these are
template <FloatScalar T>
[[nodiscard]] Histogram histogram_of(const Tensor<T>& x) {
  const Tensor<T> values = packed(x);
  Histogram histogram = histogram_moments(values.values());
  if (histogram.count == 0) {
    return {};
  }
  // Halves, because the range of doubles may be past the largest one. A range too small to be
  // divided is one value.
  const double width = histogram.max / 2 - histogram.min / 2;
  const bool constant = !(width > 1e-300);
  const Index buckets = constant ? 1 : Histogram::most_buckets;
  for (Index i = 1; i <= buckets; ++i) {
    const double way = static_cast<double>(i) / static_cast<double>(buckets);
    histogram.limits.push_back(i == buckets ? histogram.max : histogram.min + width * way * 2);
  }
  // Neighbours are counted apart: an increment that waits for the one before costs twice as much.
  std::array<std::array<double, Histogram::most_buckets>, 4> counts{};
  const double scale = constant ? 0 : static_cast<double>(buckets) / width;
  std::size_t lane = 0;
  for (const T element : values.values()) {
    const auto value = static_cast<double>(element);
    if (std::isfinite(value)) {
      const double way = (value / 2 - histogram.min / 2) * scale;
      const auto bucket =
          way < static_cast<double>(buckets) ? static_cast<Index>(way) : buckets - 1;
      counts[lane++ % 4][static_cast<std::size_t>(bucket)] += 1;
    }
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(buckets); ++i) {
    histogram.counts.push_back(counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i]);
  }
  return histogram;
}

/// What a summary's value is for: SummaryMetadata with the name and the content of a plugin.
[[nodiscard]] inline ProtobufMessage plugin_metadata(std::string_view plugin,
                                                     const ProtobufMessage& content) {
  ProtobufMessage data;
  data.text(1, plugin).text(2, content.bytes());
  return ProtobufMessage().message(1, data);
}

[[nodiscard]] inline ProtobufMessage scalar_value(std::string_view tag, double value) {
  return ProtobufMessage().text(1, tag).set_single(2, static_cast<float>(value));
}

[[nodiscard]] inline ProtobufMessage histogram_value(std::string_view tag,
                                                     const Histogram& histogram) {
  ProtobufMessage message;
  message.real(1, histogram.min)
      .real(2, histogram.max)
      .real(3, histogram.count)
      .real(4, histogram.sum)
      .real(5, histogram.sum_squares)
      .reals(6, histogram.limits)
      .reals(7, histogram.counts);
  return ProtobufMessage().text(1, tag).message(5, message);
}

/// A text, which TensorBoard shows as Markdown: a TensorProto of DT_STRING without axes.
[[nodiscard]] inline ProtobufMessage text_value(std::string_view tag, std::string_view text) {
  constexpr std::int64_t string_type = 7;
  ProtobufMessage tensor;
  tensor.integer(1, string_type).message(2, {}).set_text(8, text);
  return ProtobufMessage().text(1, tag).message(8, tensor).message(9, plugin_metadata("text", {}));
}

/// A summary of the hyperparameters' plugin: all is in its metadata, the value is empty floats.
[[nodiscard]] inline ProtobufMessage hyperparameter_value(std::string_view tag,
                                                          const ProtobufMessage& data) {
  constexpr std::int64_t float_type = 1;
  ProtobufMessage tensor;
  tensor.integer(1, float_type).message(2, ProtobufMessage().message(2, {}));
  return ProtobufMessage().text(1, tag).message(8, tensor).message(
      9, plugin_metadata("hparams", data));
}

/// SessionStartInfo: the hyperparameters, by name, and when the run began.
[[nodiscard]] inline ProtobufMessage session_start(std::vector<HyperParameter> parameters,
                                                   double seconds) {
  std::sort(parameters.begin(), parameters.end(),
            [](const HyperParameter& a, const HyperParameter& b) { return a.name < b.name; });
  ProtobufMessage info;
  for (const HyperParameter& parameter : parameters) {
    ProtobufMessage value;
    if (const double* const number = std::get_if<double>(&parameter.value)) {
      value.set_real(2, *number);
    } else if (const bool* const truth = std::get_if<bool>(&parameter.value)) {
      value.set_integer(4, *truth ? 1 : 0);
    } else {
      value.set_text(3, std::get<std::string>(parameter.value));
    }
    // An entry of a map has both, also if they are empty.
    info.message(1, ProtobufMessage().set_text(1, parameter.name).message(2, value));
  }
  info.real(5, seconds);
  return hyperparameter_value("_hparams_/session_start_info", ProtobufMessage().message(3, info));
}

/// SessionEndInfo: that the run ended well, and when.
[[nodiscard]] inline ProtobufMessage session_end(double seconds) {
  constexpr std::int64_t success = 1;
  ProtobufMessage info;
  info.integer(1, success).real(2, seconds);
  return hyperparameter_value("_hparams_/session_end_info", ProtobufMessage().message(4, info));
}

/// An Event of one value.
[[nodiscard]] inline ProtobufMessage summary_event(double seconds, Index step,
                                                   const ProtobufMessage& value) {
  return ProtobufMessage()
      .real(1, seconds)
      .integer(2, step)
      .message(5, ProtobufMessage().message(1, value));
}

/// The Event that begins a file.
[[nodiscard]] inline ProtobufMessage version_event(double seconds) {
  ProtobufMessage event;
  event.real(1, seconds).set_text(3, "brain.Event:2");
  return event.message(10, ProtobufMessage().text(1, "eigengrad"));
}

/// The Event that says that a run goes on: what was there from `step` on is void.
[[nodiscard]] inline ProtobufMessage restart_event(double seconds, Index step) {
  constexpr std::int64_t start = 1;
  return ProtobufMessage()
      .real(1, seconds)
      .integer(2, step)
      .message(7, ProtobufMessage().integer(1, start));
}

}  // namespace eigengrad::detail
