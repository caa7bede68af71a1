#pragma once
// Dense: the fully connected layer.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/index.hpp>
#include <eigengrad/nn/initializers.hpp>
#include <eigengrad/nn/layer.hpp>
#include <eigengrad/nn/module.hpp>
#include <eigengrad/ops/linear.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::detail {

[[noreturn]] EIGENGRAD_COLD inline void throw_width(std::string_view layer, std::string_view what,
                                                    Index width) {
  throw_error<ValueError>(layer, {what, " is not positive: ", width});
}

}  // namespace eigengrad::detail

namespace eigengrad::nn {

/// The bias starts at zero unless bias_initializer says otherwise; with the initializer `pytorch`
/// it starts as PyTorch's.
struct DenseOptions {
  Initializer initializer = {};
  std::optional<Initializer> bias_initializer = {};
  bool use_bias = true;
  std::string name = {};  ///< by default the position in the model
};

/// A fully connected layer, x w + b. Parameters: "weight" (in, out) and "bias" (out,). The defaults
/// are Keras's: glorot_uniform and a bias of zeros; `.initializer = "pytorch"` gives both
/// PyTorch's U(-1/sqrt(in), 1/sqrt(in)). (PyTorch stores the weight as (out, in).)
///
/// Shapes:    x (..., in) -> (..., out)
/// Gradient:  as linear
/// Throws:    ValueError if in or out is not positive; called with another width, ShapeError
/// Reference: Keras `Dense`; PyTorch `Linear`
class Dense {
 public:
  static constexpr std::string_view kind = "Dense";

  EIGENGRAD_NOINLINE Dense(Index in, Index out, DenseOptions options = {})
      : in_(in), out_(out), options_(std::move(options)) {
    if (in < 1) {
      detail::throw_width(kind, "in", in);
    }
    if (out < 1) {
      detail::throw_width(kind, "out", out);
    }
  }

  [[nodiscard]] Index in_features() const noexcept { return in_; }
  [[nodiscard]] Index out_features() const noexcept { return out_; }
  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
  /// Not the initializers: they are of no use to a layer that has its values.
  [[nodiscard]] std::vector<LayerAttribute> attributes() const {
    return {{"in", static_cast<double>(in_)},
            {"out", static_cast<double>(out_)},
            {"use_bias", options_.use_bias ? 1.0 : 0.0}};
  }
  [[nodiscard]] const DenseOptions& options() const noexcept { return options_; }

  /// The layer with its parameters; undefined bias: none.
  template <class T>
  class Layer {
   public:
    Layer(const Dense& spec, Builder<T>& builder)
        : weight_(builder.parameter("weight", {spec.in_, spec.out_}, spec.options_.initializer)) {
      if (spec.options_.use_bias) {
        const bool pytorch = spec.options_.initializer.kind() == Initializer::Kind::pytorch;
        bias_ = builder.parameter("bias", {spec.out_},
                                  spec.options_.bias_initializer.value_or(
                                      pytorch ? Initializer::pytorch() : Initializer::zeros()),
                                  {spec.in_, spec.out_});
      }
    }

    [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
      return relu_ ? linear_relu<T>(x, weight_, bias_) : without_relu(x);
    }
    /// x w + b alone, also when a relu is applied in its pass.
    [[nodiscard]] Tensor<T> without_relu(const Tensor<T>& x) const {
      return bias_.defined() ? linear<T>(x, weight_, bias_) : linear<T>(x, weight_);
    }
    /// Makes the layer apply relu in its own pass, if it can: whether it does from now on.
    bool absorb_relu() noexcept {
      relu_ = bias_.defined();
      return relu_;
    }
    [[nodiscard]] const Parameter<T>& weight() const noexcept { return weight_; }
    [[nodiscard]] const Parameter<T>& bias() const noexcept { return bias_; }

   private:
    Parameter<T> weight_;
    Parameter<T> bias_;
    bool relu_ = false;
  };

 private:
  Index in_;
  Index out_;
  DenseOptions options_;
};

}  // namespace eigengrad::nn
