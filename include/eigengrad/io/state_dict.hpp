#pragma once
// state_dict and load_state_dict: the values of parameters under the names and in the layout that
// PyTorch or Keras gives them, and back. Leaves out files: weights.hpp.

#include <eigengrad/base/config.hpp>
#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/io/named_tensor.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/tensor.hpp>
#include <eigengrad/tensor/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad {

/// Whose names and layout. A parameter that is called "weight" and has two axes is (in, out) here.
///
/// | format | names | a weight's layout |
/// |---|---|---|
/// | pytorch | "0.weight", "0.bias", "fc1.weight" | (out, in) |
/// | keras | "dense/kernel", "dense/bias", "dense_1/kernel", "fc1/kernel" | (in, out) |
/// | eigengrad | "0.weight", "0.bias", "fc1.weight" | (in, out) |
enum class WeightFormat : std::uint8_t { pytorch, keras, eigengrad };

/// "pytorch", "keras" or "eigengrad".
[[nodiscard]] constexpr std::string_view weight_format_name(WeightFormat format) noexcept {
  constexpr std::string_view names[] = {"pytorch", "keras", "eigengrad"};
  return names[static_cast<unsigned>(format)];
}

/// What loading did. With strict loading the last two are empty.
struct LoadReport {
  std::vector<std::string> loaded;      ///< names as stored
  std::vector<std::string> missing;     ///< the model has them, what was loaded has not
  std::vector<std::string> unexpected;  ///< the other way round
};

struct LoadStateOptions {
  WeightFormat format = WeightFormat::pytorch;
  bool strict = true;  ///< whether missing and unexpected names are errors
};

namespace detail {

/// How a parameter is stored.
struct StoredParameter {
  std::string name;
  Shape shape;
  bool transposed = false;
};

[[nodiscard]] inline bool is_number(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Keras's names: layers by kind and how many of it came before, "weight" is "kernel".
class KerasNames {
 public:
  [[nodiscard]] std::string of(const std::string& name, int rank) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) {
      return name;
    }
    const std::string layer = name.substr(0, dot);
    const std::string own = name.substr(dot + 1);
    const bool kernel = own == "weight" && rank == 2;
    auto [found, fresh] = layers_.try_emplace(layer, layer);
    if (fresh && is_number(layer)) {
      if (kernel) {
        found->second = dense_ == 0 ? "dense" : "dense_" + std::to_string(dense_);
        ++dense_;
      } else {
        found->second = "layer_" + layer;
      }
    }
    return found->second + "/" + (kernel ? "kernel" : own);
  }

 private:
  std::map<std::string, std::string> layers_;
  int dense_ = 0;
};

/// How each parameter is stored, in the order given.
template <FloatScalar T>
[[nodiscard]] std::vector<StoredParameter> stored_parameters(
    const std::vector<Parameter<T>>& parameters, WeightFormat format) {
  std::vector<StoredParameter> stored;
  KerasNames keras;
  for (const Parameter<T>& parameter : parameters) {
    const std::string& name = parameter.name();
    StoredParameter one{name, parameter.shape(), false};
    if (format == WeightFormat::keras) {
      one.name = keras.of(name, parameter.rank());
    } else if (format == WeightFormat::pytorch && parameter.rank() == 2 &&
               name.substr(name.rfind('.') + 1) == "weight") {
      one.transposed = true;
      one.shape = {parameter.shape()[1], parameter.shape()[0]};
    }
    stored.push_back(std::move(one));
  }
  return stored;
}

/// One tensor that is offered to be loaded.
struct OfferedTensor {
  std::string_view name;
  Shape shape;
};

/// Which offered tensor goes to which parameter (their positions), and what the rest is.
struct LoadPlan {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;  // parameter, offered
  LoadReport report;
  std::string problem;  // empty if the load may go on
};

inline void add_problem(std::string& problem, const std::string& more) {
  problem += (problem.empty() ? "" : "; ") + more;
}

/// Matches names and shapes. `source` is what offers, in words: "the file".
[[nodiscard]] inline LoadPlan plan_load(const std::vector<StoredParameter>& wanted,
                                        const std::vector<OfferedTensor>& offered, bool strict,
                                        std::string_view source) {
  LoadPlan plan;
  std::map<std::string_view, std::size_t> positions;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    positions.emplace(offered[i].name, i);
  }
  std::string shapes;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto found = positions.find(wanted[i].name);
    if (found == positions.end()) {
      plan.report.missing.push_back(wanted[i].name);
      continue;
    }
    const Shape& shape = offered[found->second].shape;
    if (!(shape == wanted[i].shape)) {
      const bool reversed = shape.rank() == 2 && wanted[i].shape.rank() == 2 &&
                            shape[0] == wanted[i].shape[1] && shape[1] == wanted[i].shape[0];
      add_problem(shapes, concat("'", shown_text(wanted[i].name), "' is ", shape, " in ", source,
                                 ", ", wanted[i].shape, " in the model",
                                 reversed ? " (is WeightFormat right?)" : ""));
    }
    plan.pairs.emplace_back(i, found->second);
    plan.report.loaded.push_back(wanted[i].name);
    positions.erase(found);
  }
  for (const OfferedTensor& tensor : offered) {
    if (positions.contains(tensor.name)) {
      plan.report.unexpected.emplace_back(tensor.name);
    }
  }
  const auto listed = [](const std::vector<std::string>& names) {
    return listed_names(names, [](const std::string& name) { return shown_text(name); });
  };
  if (strict && !plan.report.missing.empty()) {
    add_problem(plan.problem, "missing " + listed(plan.report.missing));
  }
  if (strict && !plan.report.unexpected.empty()) {
    add_problem(plan.problem, "unexpected " + listed(plan.report.unexpected));
  }
  if (!shapes.empty()) {
    add_problem(plan.problem, shapes);
  }
  return plan;
}

/// Writes a stored value into a parameter.
template <FloatScalar T>
void assign_stored(Parameter<T>& parameter, const StoredParameter& stored, const Tensor<T>& value) {
  parameter.assign(stored.transposed ? permuted(value, {1, 0}) : value);
}

}  // namespace detail

/// Copies of the parameters' values, under the names and in the layout of `format`.
///
/// Shapes:    each parameter's; with WeightFormat::pytorch a weight's axes are exchanged
/// Cost:      one copy of the values
/// Reference: torch.nn.Module.state_dict
template <FloatScalar T>
[[nodiscard]] NamedTensors<T> state_dict(const std::vector<Parameter<T>>& parameters,
                                         WeightFormat format = WeightFormat::pytorch) {
  const std::vector<detail::StoredParameter> stored = detail::stored_parameters(parameters, format);
  NamedTensors<T> values;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Tensor<T>& value = parameters[i];
    values.emplace_back(
        stored[i].name,
        detail::copied(stored[i].transposed ? detail::permuted(value, {1, 0}) : value));
  }
  return values;
}

/// Gives parameters the values that state_dict() or another program gave, by name. All or nothing.
///
/// Throws:    ValueError listing what is missing, unexpected (if options.strict) or of another
///            shape; nothing has been written then
/// Cost:      one copy of the values
/// Reference: torch.nn.Module.load_state_dict
template <FloatScalar T>
LoadReport load_state_dict(std::vector<Parameter<T>> parameters, const NamedTensors<T>& values,
                           const LoadStateOptions& options = {}) {
  const std::vector<detail::StoredParameter> stored =
      detail::stored_parameters(parameters, options.format);
  std::vector<detail::OfferedTensor> offered;
  for (const auto& [name, value] : values) {
    offered.push_back({name, value.shape()});
  }
  detail::LoadPlan plan = detail::plan_load(stored, offered, options.strict, "the state dict");
  if (!plan.problem.empty()) {
    throw ValueError("load_state_dict", plan.problem);
  }
  for (const auto& [parameter, value] : plan.pairs) {
    detail::assign_stored(parameters[parameter], stored[parameter], values[value].second);
  }
  return std::move(plan.report);
}

}  // namespace eigengrad
