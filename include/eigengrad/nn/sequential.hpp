#pragma once
// Sequential<T>: layers one after another.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/layer.hpp>
#include <eigengrad/nn/module.hpp>
#include <eigengrad/nn/summary.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

[[nodiscard]] EIGENGRAD_COLD inline std::string layer_text(std::size_t i, std::string_view kind,
                                                           std::string_view name) {
  return name.empty() ? concat("layer ", i, " (", kind, ")")
                      : concat("layer ", i, " (", kind, " '", name, "')");
}
[[noreturn]] EIGENGRAD_COLD inline void throw_layer_widths(const std::string& layer, Index expects,
                                                           const std::string& before, Index gives) {
  throw_shape_error("Sequential",
                    {layer, " expects ", expects, " features, ", before, " gives ", gives}, {gives},
                    {expects});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_layer_shape(const std::string& layer,
                                                          const ShapeError& cause) {
  throw_shape_error("Sequential", {layer, ": ", cause.what()}, cause.lhs(), cause.rhs());
}
[[noreturn]] EIGENGRAD_COLD inline void throw_layer_name(const std::string& name) {
  throw_error<ValueError>("Sequential", {"two layers are named '", name, "'"});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_layer_range(Index first, Index last, Index size) {
  throw_error<IndexError>("Sequential",
                          {"no layers [", first, ", ", last, "): the model has ", size});
}
[[noreturn]] EIGENGRAD_COLD inline void throw_no_layers() {
  throw_error<ValueError>("Sequential", {"a model needs at least one layer"});
}

}  // namespace eigengrad::detail

namespace eigengrad::nn {

struct SequentialOptions {
  std::uint64_t seed = 0;  ///< of the initial values and of Dropout
};

/// A model that applies layers one after another. Layers are given as specifications, which name no
/// element type; parameters are named by position, as in PyTorch: "0.weight", "0.bias", "2.weight",
/// or by the layer's own name. Initial values depend on (seed, parameter name) alone, so appending
/// a layer changes no other. Movable, and optimizers keep working; clone() copies.
///
/// A ReLU that follows a Dense with a bias is computed in the Dense's own pass (linear_relu).
///
/// Shapes:    what the layers say
/// Throws:    ShapeError if the width of two consecutive layers differs; ValueError for no layer or
///            a name given twice
/// Cost:      a warm call makes no heap call
/// Reference: Keras, PyTorch `Sequential`
template <FloatScalar T>
class Sequential final : public Module<T> {
 public:
  Sequential(std::initializer_list<LayerSpec<T>> layers, SequentialOptions options = {});
  explicit Sequential(std::vector<LayerSpec<T>> layers, SequentialOptions options = {});
  Sequential(Sequential&&) noexcept = default;
  Sequential& operator=(Sequential&&) noexcept = default;
  ~Sequential() override;

  /// Applies the layers.
  /// Throws: ShapeError naming the layer, when one refuses its input's shape; else what it throws
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const override;

  /// Applies the layers [first, last) alone: without a ReLU that follows them.
  /// Throws: IndexError for layers that there are not; as operator()
  [[nodiscard]] Tensor<T> apply(const Tensor<T>& x, Index first, Index last) const;

  /// Number of layers.
  [[nodiscard]] Index size() const noexcept { return static_cast<Index>(layers_.size()); }
  /// What the model was made from; another model can be made from it.
  [[nodiscard]] const std::vector<LayerSpec<T>>& layers() const noexcept { return specs_; }

  /// A model with the same layers, seed and mode and copies of the parameters' values. A Dropout in
  /// it starts its sequence of masks anew.
  [[nodiscard]] Sequential clone() const;

  /// A table of the layers with the shape of their outputs and their parameter counts, as Keras
  /// prints it. Shapes are found by running one sample of zeros, if the first layer says its width
  /// or `sample` gives the shape of a sample without the batch; else they are "?". Not while
  /// another thread uses the model.
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] std::string summary(const Shape& sample) const;

 private:
  struct Entry {
    std::unique_ptr<detail::AnyLayer<T>> layer;
    std::size_t first_parameter = 0;
    bool absorbed = false;  // the layer before does its work
  };

  /// Evaluation mode for the length of a scope.
  class Evaluating {
   public:
    explicit Evaluating(Mode& mode) noexcept
        : mode_(mode), before_(std::exchange(mode.training, false)) {}
    Evaluating(const Evaluating&) = delete;
    Evaluating& operator=(const Evaluating&) = delete;
    ~Evaluating() { mode_.training = before_; }

   private:
    Mode& mode_;
    bool before_;
  };

  [[nodiscard]] std::string name_of(std::size_t i) const {
    return specs_[i].name().empty() ? detail::concat(i) : specs_[i].name();
  }
  [[nodiscard]] std::string text_of(std::size_t i) const {
    return detail::layer_text(i, specs_[i].kind(), specs_[i].name());
  }

  EIGENGRAD_COLD void check_names() const;
  EIGENGRAD_COLD void check_widths() const;

  [[nodiscard]] Tensor<T> apply(std::size_t i, const Tensor<T>& x, bool parted = false) const;

  [[nodiscard]] std::string table(const std::vector<std::string>& shapes) const;

  std::vector<LayerSpec<T>> specs_;
  std::vector<Entry> layers_;
};

template <FloatScalar T>
Sequential<T>::Sequential(std::initializer_list<LayerSpec<T>> layers, SequentialOptions options)
    : Sequential(std::vector<LayerSpec<T>>(layers), options) {}

template <FloatScalar T>
Sequential<T>::Sequential(std::vector<LayerSpec<T>> layers, SequentialOptions options)
    : Module<T>(options.seed), specs_(std::move(layers)), layers_(specs_.size()) {
  if (specs_.empty()) {
    detail::throw_no_layers();
  }
  check_names();
  check_widths();
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    Builder<T> builder = this->builder(name_of(i));
    Entry& entry = layers_[i];
    entry.first_parameter = this->state().parameters.size();
    entry.absorbed = i > 0 && specs_[i].is_relu() && layers_[i - 1].layer->absorb_relu();
    entry.layer = specs_[i].build(builder);
  }
}

template <FloatScalar T>
Sequential<T>::~Sequential() = default;

template <FloatScalar T>
Tensor<T> Sequential<T>::operator()(const Tensor<T>& x) const {
  static_cast<void>(this->state());
  Tensor<T> y = apply(0, x);
  for (std::size_t i = 1; i < layers_.size(); ++i) {
    if (!layers_[i].absorbed) {
      y = apply(i, y);
    }
  }
  return y;
}

template <FloatScalar T>
Tensor<T> Sequential<T>::apply(const Tensor<T>& x, Index first, Index last) const {
  static_cast<void>(this->state());
  if (first < 0 || first > last || last > size()) {
    detail::throw_layer_range(first, last, size());
  }
  Tensor<T> y = x;
  for (Index i = first; i < last; ++i) {
    const auto at = static_cast<std::size_t>(i);
    // A ReLU and the Dense that applies it may lie on the two sides of an end of the range.
    const bool parted = (i == first && layers_[at].absorbed) ||
                        (i + 1 == last && last < size() && layers_[at + 1].absorbed);
    y = apply(at, y, parted);
  }
  return y;
}

template <FloatScalar T>
Sequential<T> Sequential<T>::clone() const {
  Sequential copy(specs_, {this->seed()});
  copy.restore_values(this->copy_values());
  for (std::size_t i = 0; i < this->state().parameters.size(); ++i) {
    copy.state().parameters[i].set_trainable(this->state().parameters[i].trainable());
  }
  copy.train(this->is_training());
  return copy;
}

template <FloatScalar T>
std::string Sequential<T>::summary() const {
  Index width = -1;
  for (std::size_t i = 0; i < specs_.size() && width < 0; ++i) {
    width = specs_[i].in_features();
    if (!specs_[i].keeps_width()) {
      break;
    }
  }
  return width < 0 ? table({}) : summary(Shape{width});
}

template <FloatScalar T>
std::string Sequential<T>::summary(const Shape& sample) const {
  Shape shape{1};
  for (const Index extent : sample) {
    shape.push_back(extent);
  }
  const NoGrad no_grad;
  const Evaluating evaluating(this->state().mode);
  std::vector<std::string> shapes;
  Tensor<T> y = zeros<T>(shape);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    y = apply(i, y);
    shapes.push_back(detail::batch_shape_text(y.shape()));
  }
  return table(shapes);
}

template <FloatScalar T>
void Sequential<T>::check_names() const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (name_of(i) == name_of(j)) {
        detail::throw_layer_name(name_of(i));
      }
    }
  }
}

template <FloatScalar T>
void Sequential<T>::check_widths() const {
  Index width = -1;  // unknown
  std::size_t given_by = 0;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const Index expects = specs_[i].in_features();
    if (expects >= 0 && width >= 0 && expects != width) {
      detail::throw_layer_widths(text_of(i), expects, text_of(given_by), width);
    }
    if (specs_[i].out_features() >= 0 || !specs_[i].keeps_width()) {
      width = specs_[i].out_features();
      given_by = i;
    }
  }
}

template <FloatScalar T>
Tensor<T> Sequential<T>::apply(std::size_t i, const Tensor<T>& x, bool parted) const {
  if (layers_[i].absorbed && !parted) {
    return x;
  }
  detail::AnyLayer<T>& layer = *layers_[i].layer;
  try {
    return parted ? layer.forward_without_relu(x) : layer.forward(x);
  } catch (const ShapeError& error) {
    detail::throw_layer_shape(text_of(i), error);
  }
}

template <FloatScalar T>
std::string Sequential<T>::table(const std::vector<std::string>& shapes) const {
  const std::vector<Parameter<T>>& parameters = this->state().parameters;
  std::vector<SummaryRow> rows;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const std::size_t last =
        i + 1 < layers_.size() ? layers_[i + 1].first_parameter : parameters.size();
    Index count = 0;
    for (std::size_t k = layers_[i].first_parameter; k < last; ++k) {
      count += parameters[k].size();
    }
    rows.push_back({detail::concat(name_of(i), " (", specs_[i].kind(), ")"),
                    shapes.empty() ? "?" : shapes[i], count});
  }
  return format_summary({"Sequential", "Layer (type)", "Output Shape"}, rows,
                        this->parameter_count(), this->parameter_count(true));
}

}  // namespace eigengrad::nn
