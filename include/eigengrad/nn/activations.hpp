#pragma once
// The activation functions as layers. The functions themselves, with their gradients and ranges,
// are in ops/.

#include <eigengrad/base/index.hpp>
#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/layer.hpp>
#include <eigengrad/ops/activations.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/ops/tanh.hpp>

#include <string_view>
#include <vector>

namespace eigengrad::nn {

/// max(x, 0).
///
/// Shapes:    any -> the same
struct ReLU {
  static constexpr std::string_view kind = "ReLU";
  static constexpr bool is_relu = true;
  static constexpr bool keeps_width = true;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::relu(x);
  }
};

/// x where it is positive, slope x elsewhere. The default slope is PyTorch's; Keras's layer has
/// 0.3.
///
/// Shapes:    any -> the same
struct LeakyReLU {
  static constexpr std::string_view kind = "LeakyReLU";
  static constexpr bool keeps_width = true;
  double slope = 0.01;
  [[nodiscard]] std::vector<LayerAttribute> attributes() const { return {{"slope", slope}}; }
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::leaky_relu(x, slope);
  }
};

/// x where it is positive, alpha (exp(x) - 1) elsewhere.
///
/// Shapes:    any -> the same
struct ELU {
  static constexpr std::string_view kind = "ELU";
  static constexpr bool keeps_width = true;
  double alpha = 1.0;
  [[nodiscard]] std::vector<LayerAttribute> attributes() const { return {{"alpha", alpha}}; }
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::elu(x, alpha);
  }
};

/// x times the normal distribution function of x, exactly or by tanh.
///
/// Shapes:    any -> the same
struct GELU {
  static constexpr std::string_view kind = "GELU";
  static constexpr bool keeps_width = true;
  Gelu form = Gelu::erf;
  [[nodiscard]] std::vector<LayerAttribute> attributes() const {
    return {{"tanh", form == Gelu::tanh ? 1.0 : 0.0}};
  }
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::gelu(x, form);
  }
};

/// x sigmoid(x), also known as swish.
///
/// Shapes:    any -> the same
struct SiLU {
  static constexpr std::string_view kind = "SiLU";
  static constexpr bool keeps_width = true;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::silu(x);
  }
};

/// log(1 + exp(x)).
///
/// Shapes:    any -> the same
struct Softplus {
  static constexpr std::string_view kind = "Softplus";
  static constexpr bool keeps_width = true;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::softplus(x);
  }
};

/// x / (1 + |x|).
///
/// Shapes:    any -> the same
struct Softsign {
  static constexpr std::string_view kind = "Softsign";
  static constexpr bool keeps_width = true;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::softsign(x);
  }
};

/// The hyperbolic tangent.
///
/// Shapes:    any -> the same
struct Tanh {
  static constexpr std::string_view kind = "Tanh";
  static constexpr bool keeps_width = true;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::tanh(x);
  }
};

/// 1 / (1 + exp(-x)). A binary cross entropy of it is computed from its input.
///
/// Shapes:    any -> the same
struct Sigmoid {
  static constexpr std::string_view kind = "Sigmoid";
  static constexpr bool keeps_width = true;
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::sigmoid(x);
  }
};

/// exp(x) over its sum along an axis. A cross entropy of it is computed from its input.
///
/// Shapes:    any -> the same
struct Softmax {
  static constexpr std::string_view kind = "Softmax";
  static constexpr bool keeps_width = true;
  Index axis = -1;
  [[nodiscard]] std::vector<LayerAttribute> attributes() const {
    return {{"axis", static_cast<double>(axis)}};
  }
  template <FloatScalar T>
  [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) const {
    return eigengrad::softmax(x, axis);
  }
};

}  // namespace eigengrad::nn
