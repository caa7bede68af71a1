#pragma once
// TensorBoard's messages: Event, Summary, histograms, text and hyperparameters, as bytes. Leaves
// out the files that they are in: summary_writer.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/io/protobuf.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/histogram.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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
struct Histogram : Moments {
  static constexpr std::size_t most_buckets = 30;
  std::vector<double> limits;  ///< where each bucket ends
  std::vector<double> counts;
};

/// Reference: TensorBoard `histogram`, whose buckets these are
template <FloatScalar T>
[[nodiscard]] Histogram histogram_of(const Tensor<T>& x) {
  const Tensor<T> values = packed(x);
  Histogram histogram{moments_of(values.values()), {}, {}};
  if (histogram.count == 0) {
    return {};
  }
  const std::size_t buckets = is_one_value(histogram) ? 1 : Histogram::most_buckets;
  for (std::size_t i = 1; i <= buckets; ++i) {
    const double way = static_cast<double>(i) / static_cast<double>(buckets);
    histogram.limits.push_back(i == buckets ? histogram.max
                                            : histogram.min + half_range(histogram) * way * 2);
  }
  const auto counts = count_buckets<Histogram::most_buckets>(values.values(), histogram);
  histogram.counts.assign(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(buckets));
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
