#pragma once
// Module<T>: what every model is: named parameters, a mode, and a function of a tensor. Builder<T>:
// how layers make parameters. Leaves out how layers are put together: sequential.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/initializers.hpp>
#include <eigengrad/nn/summary.hpp>
#include <eigengrad/tape/parameter.hpp>
#include <eigengrad/tape/replay.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::nn {

/// Whether a model trains or is evaluated. A layer that cares (Dropout) keeps a pointer to its
/// model's, which stays where it is when the model moves.
struct Mode {
  bool training = true;
};

/// How often a layer has drawn from its random stream. The module owns it, so that a checkpoint can
/// keep it; a layer holds a pointer, see Builder::counter. Many threads may draw at once.
struct StreamCounter {
  /// The number of this draw, from 0; that of before where a segment is run again.
  [[nodiscard]] std::uint64_t next_draw() { return eigengrad::next_draw(draws); }

  std::string name;  ///< "1.mask"
  std::atomic<std::uint64_t> draws{0};
  StreamCounter* next = nullptr;
};

/// A random stream of a model: its name and how often it was drawn from.
struct StreamPosition {
  std::string name;
  std::uint64_t draws = 0;
};

template <FloatScalar T>
class Builder;

}  // namespace eigengrad::nn

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_duplicate_parameter(const std::string& name) {
  throw_error<ValueError>("Builder", {"two parameters are named '", name, "'"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_moved_from_module() {
  throw_error<ValueError>("Module", {"used after it was moved from"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_parameter(std::string_view name,
                                                           const std::string& known) {
  throw_error<ValueError>("Module", {"no parameter is named '", name, "': ", known});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_value_count(std::size_t values,
                                                          std::size_t parameters) {
  throw_error<ValueError>("restore_values", {values, " values for ", parameters, " parameters"});
}

[[noreturn]] EIGENGRAD_COLD inline void throw_streams(std::size_t given, std::size_t own) {
  throw_error<ValueError>("restore_streams",
                          {given, " random streams, not the ", own, " of the model by name"});
}

inline void free_counters(nn::StreamCounter* first) {
  while (first != nullptr) {
    delete std::exchange(first, first->next);
  }
}

/// What a module owns; on the heap, so that layers may point to it.
template <FloatScalar T>
struct ModuleState {
  std::uint64_t seed = 0;
  nn::Mode mode;
  std::vector<Parameter<T>> parameters;
  nn::StreamCounter* counters = nullptr;  // in the order in which the layers made them
  // Known once there are counters, so that programs without them have none of its code.
  void (*free_counters)(nn::StreamCounter*) = nullptr;

  ModuleState() = default;
  ModuleState(const ModuleState&) = delete;
  ModuleState& operator=(const ModuleState&) = delete;
  ~ModuleState() {
    if (counters != nullptr) {
      free_counters(counters);
    }
  }
};

}  // namespace eigengrad::detail

namespace eigengrad::nn {

/// Makes the parameters of one layer of a module. A parameter's full name is the layer's, a dot and
/// its own: "0.weight". Its initial values depend on the module's seed and that name alone.
template <FloatScalar T>
class Builder {
 public:
  Builder(detail::ModuleState<T>& state, std::string_view layer) : state_(&state), layer_(layer) {}

  /// A new trainable parameter. The fans are those of the shape unless given, as for a bias whose
  /// values depend on its weight's.
  /// Throws: ValueError if the name is taken
  EIGENGRAD_COLD Parameter<T> parameter(std::string_view name, const Shape& shape,
                                        const Initializer& initializer, Fans fans);
  Parameter<T> parameter(std::string_view name, const Shape& shape,
                         const Initializer& initializer = {}) {
    return parameter(name, shape, initializer, fans_of(shape));
  }

  /// The random stream of this layer for some purpose: key("mask").
  [[nodiscard]] RandomKey key(std::string_view purpose) const {
    return RandomKey::named(state_->seed, detail::concat(layer_, ".", purpose));
  }
  /// A new counter of how often this layer draws from that stream; valid as long as the mode.
  [[nodiscard]] StreamCounter& counter(std::string_view purpose) {
    StreamCounter** last = &state_->counters;
    while (*last != nullptr) {
      last = &(*last)->next;
    }
    *last = new StreamCounter{detail::concat(layer_, ".", purpose)};
    state_->free_counters = &detail::free_counters;
    return **last;
  }
  /// The module's mode; valid as long as the module or what it was moved to.
  [[nodiscard]] const Mode& mode() const noexcept { return state_->mode; }
  /// The layer's name.
  [[nodiscard]] const std::string& name() const noexcept { return layer_; }

 private:
  detail::ModuleState<T>* state_;
  std::string layer_;
};

template <FloatScalar T>
Parameter<T> Builder<T>::parameter(std::string_view name, const Shape& shape,
                                   const Initializer& initializer, Fans fans) {
  const std::string full = detail::concat(layer_, ".", name);
  for (const Parameter<T>& other : state_->parameters) {
    if (other.name() == full) {
      detail::throw_duplicate_parameter(full);
    }
  }
  Parameter<T> parameter(
      full, initializer.template make<T>(shape, RandomKey::named(state_->seed, full), fans));
  state_->parameters.push_back(parameter);
  return parameter;
}

/// A model: a function of a tensor with named parameters and a mode. New modules are in training
/// mode. Moving keeps parameters, and optimizers that hold handles to them, working. A model may be
/// called by many threads at once while none changes its parameters or its mode.
///
/// A user's own model derives from it, makes its layers with builder("name"), and defines
/// operator().
template <FloatScalar T>
class Module {
 public:
  explicit Module(std::uint64_t seed = 0) : state_(std::make_unique<detail::ModuleState<T>>()) {
    state_->seed = seed;
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module(Module&&) noexcept = default;
  Module& operator=(Module&&) noexcept = default;
  virtual ~Module() = default;

  /// The model's output for a batch.
  [[nodiscard]] virtual Tensor<T> operator()(const Tensor<T>& x) const = 0;

  /// Handles to the parameters, in the order in which the layers made them.
  [[nodiscard]] std::vector<Parameter<T>> parameters() const { return state().parameters; }
  /// A handle to one of them: parameter("0.weight").
  /// Throws: ValueError if there is none of that name; it lists those there are
  [[nodiscard]] Parameter<T> parameter(std::string_view name) const;
  /// Number of values in all parameters, or in the trainable ones.
  [[nodiscard]] Index parameter_count(bool trainable_only = false) const {
    Index count = 0;
    for (const Parameter<T>& parameter : state().parameters) {
      count += !trainable_only || parameter.trainable() ? parameter.size() : 0;
    }
    return count;
  }

  /// Training mode: Dropout drops.
  void train(bool on = true) { state().mode.training = on; }
  /// Evaluation mode: Dropout does nothing.
  void eval() { train(false); }
  [[nodiscard]] bool is_training() const { return state().mode.training; }
  [[nodiscard]] std::uint64_t seed() const { return state().seed; }

  /// Copies of all parameters' values, for restore_values().
  [[nodiscard]] std::vector<Tensor<T>> copy_values() const;
  /// Writes values back that copy_values() gave, of this model or of one with the same layers.
  /// Throws: ValueError for another number of values, ShapeError for another shape; then nothing
  ///         was written
  void restore_values(const std::vector<Tensor<T>>& values);

  /// How far the random streams of the layers are (Dropout's masks), for restore_streams().
  [[nodiscard]] std::vector<StreamPosition> stream_positions() const;
  /// Goes on where stream_positions() was called, on this model or one with the same layers.
  /// Throws: ValueError for other streams; then nothing was changed
  void restore_streams(const std::vector<StreamPosition>& positions);

  /// A table of the parameters with their shapes, and totals.
  [[nodiscard]] std::string summary() const;

 protected:
  /// For the layer of that name.
  [[nodiscard]] Builder<T> builder(std::string_view layer) { return Builder<T>(state(), layer); }

  [[nodiscard]] detail::ModuleState<T>& state() const {
    if (state_ == nullptr) {
      detail::throw_moved_from_module();
    }
    return *state_;
  }

 private:
  std::unique_ptr<detail::ModuleState<T>> state_;
};

template <FloatScalar T>
Parameter<T> Module<T>::parameter(std::string_view name) const {
  std::string known;
  for (const Parameter<T>& candidate : state().parameters) {
    if (candidate.name() == name) {
      return candidate;
    }
    known += (known.empty() ? "there are " : ", ") + candidate.name();
  }
  detail::throw_no_parameter(name, known.empty() ? "there are none" : known);
}

template <FloatScalar T>
std::vector<Tensor<T>> Module<T>::copy_values() const {
  std::vector<Tensor<T>> values;
  values.reserve(state().parameters.size());
  for (const Parameter<T>& parameter : state().parameters) {
    values.push_back(detail::copied<T>(parameter));
  }
  return values;
}

template <FloatScalar T>
void Module<T>::restore_values(const std::vector<Tensor<T>>& values) {
  std::vector<Parameter<T>>& parameters = state().parameters;
  if (values.size() != parameters.size()) {
    detail::throw_value_count(values.size(), parameters.size());
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].shape() != parameters[i].shape()) {
      detail::throw_assign(parameters[i].name(), parameters[i].shape(), values[i].shape());
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    parameters[i].assign(values[i]);
  }
}

template <FloatScalar T>
std::vector<StreamPosition> Module<T>::stream_positions() const {
  std::vector<StreamPosition> positions;
  for (const StreamCounter* at = state().counters; at != nullptr; at = at->next) {
    positions.push_back({at->name, at->draws.load(std::memory_order_relaxed)});
  }
  return positions;
}

template <FloatScalar T>
void Module<T>::restore_streams(const std::vector<StreamPosition>& positions) {
  const std::vector<StreamPosition> own = stream_positions();
  bool same = own.size() == positions.size();
  for (std::size_t i = 0; same && i < own.size(); ++i) {
    same = own[i].name == positions[i].name;
  }
  if (!same) {
    detail::throw_streams(positions.size(), own.size());
  }
  StreamCounter* at = state().counters;
  for (const StreamPosition& position : positions) {
    at->draws.store(position.draws, std::memory_order_relaxed);
    at = at->next;
  }
}

template <FloatScalar T>
std::string Module<T>::summary() const {
  std::vector<SummaryRow> rows;
  for (const Parameter<T>& parameter : state().parameters) {
    rows.push_back({parameter.name(), to_string(parameter.shape()), parameter.size()});
  }
  return format_summary({"Module", "Parameter", "Shape"}, rows, parameter_count(),
                        parameter_count(true));
}

}  // namespace eigengrad::nn
