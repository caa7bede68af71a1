#pragma once
// Dropout: the layer that zeroes elements at random in training mode.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/nn/layer.hpp>
#include <eigengrad/nn/module.hpp>
#include <eigengrad/ops/dropout.hpp>
#include <eigengrad/tape/replay.hpp>
#include <eigengrad/tensor/random.hpp>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

namespace eigengrad::nn {

/// In training mode each element is 0 with probability `rate`, else x / (1 - rate); in evaluation
/// mode x itself. Masks depend on the model's seed, the layer's name and how many times it was
/// called in training mode, so a run with the same seed drops the same.
///
/// Shapes:    any -> the same
/// Throws:    ValueError if rate is outside [0, 1)
/// Reference: Srivastava et al. 2014; Keras, PyTorch `Dropout`
class Dropout {
 public:
  static constexpr std::string_view kind = "Dropout";
  static constexpr bool keeps_width = true;

  explicit Dropout(double rate) : rate_(rate) {
    if (!(rate >= 0 && rate < 1)) {
      detail::throw_dropout_rate(kind, rate);
    }
  }
  [[nodiscard]] double rate() const noexcept { return rate_; }
  [[nodiscard]] std::vector<LayerAttribute> attributes() const { return {{"rate", rate_}}; }

  template <class T>
  class Layer {
   public:
    Layer(const Dropout& spec, Builder<T>& builder)
        : rate_(spec.rate_), mode_(&builder.mode()), key_(builder.key("mask")) {}

    [[nodiscard]] Tensor<T> operator()(const Tensor<T>& x) {
      if (!mode_->training) {
        return x;
      }
      return dropout(x, rate_, key_.fold(next_draw(calls_)));
    }

   private:
    double rate_;
    const Mode* mode_;
    RandomKey key_;
    std::atomic<std::uint64_t> calls_{0};
  };

 private:
  double rate_;
};

}  // namespace eigengrad::nn
