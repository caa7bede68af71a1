#pragma once
// The hand-written training step of a batch and the forward pass and step of one row, over the
// products and losses of `Kernels`. Everything lies in one arena; parameters, gradients and Adam's
// moments are flat buffers, so that Adam is one pass. The first layer computes no gradient of its
// input.

#include "contestant.hpp"
#include "floor_loops.hpp"

#include <algorithm>

namespace step_bench {

/// A dense layer's place in the flat buffers, and its result with the gradient of that.
struct FloorLayer {
  Index in, out;
  Index weight, bias;  // offsets
  float* result;       // (rows, out)
  float* delta;        // (rows, out)
};

/// The buffers that a hand-written step works on.
class FloorState {
 public:
  explicit FloorState(const Problem& p, bool stores_gradients)
      : rows(p.rows),
        parameters_(count_parameters(p)),
        arena_(parameters_ * (stores_gradients ? 4 : 3) + count_activations(p)) {
    value = arena_.take(parameters_);
    m = arena_.take(parameters_);
    v = arena_.take(parameters_);
    gradient = stores_gradients ? arena_.take(parameters_) : nullptr;
    x = arena_.take(rows * p.widths[0]);
    std::copy(p.x.begin(), p.x.end(), x);
    Index offset = 0;
    for (std::size_t l = 0; l < p.layers(); ++l) {
      FloorLayer layer{};
      layer.in = p.widths[l];
      layer.out = p.widths[l + 1];
      layer.weight = offset;
      offset += FloatArena::padded(layer.in * layer.out);
      layer.bias = offset;
      offset += FloatArena::padded(layer.out);
      layer.result = arena_.take(rows * layer.out);
      layer.delta = arena_.take(rows * layer.out);
      std::copy(p.weights[l].begin(), p.weights[l].end(), value + layer.weight);
      std::copy(p.biases[l].begin(), p.biases[l].end(), value + layer.bias);
      layers.push_back(layer);
    }
  }

  /// What layer l reads.
  [[nodiscard]] const float* input_of(std::size_t l) const noexcept {
    return l == 0 ? x : layers[l - 1].result;
  }
  [[nodiscard]] Index parameters() const noexcept { return parameters_; }

  Index rows;
  std::vector<FloorLayer> layers;
  float* value;
  float* m;
  float* v;
  float* gradient;
  float* x;

 private:
  static Index count_parameters(const Problem& p) {
    Index count = 0;
    for (std::size_t l = 0; l < p.layers(); ++l) {
      count +=
          FloatArena::padded(p.widths[l] * p.widths[l + 1]) + FloatArena::padded(p.widths[l + 1]);
    }
    return count;
  }
  static Index count_activations(const Problem& p) {
    Index count = FloatArena::padded(p.rows * p.widths[0]);
    for (std::size_t l = 0; l < p.layers(); ++l) {
      count += 2 * FloatArena::padded(p.rows * p.widths[l + 1]);
    }
    return count;
  }

  Index parameters_;
  FloatArena arena_;
};

/// The training step of a batch.
template <class Kernels>
class FloorStep final : public Contestant {
 public:
  FloorStep(const Problem& p, int threads)
      : state_(p, true), y_(p.y), classes_(p.classes), binary_(p.binary()), threads_(threads) {}

  float run(Index repeats) override {
    for (Index i = 0; i < repeats; ++i) {
      forward();
      const FloorLayer& last = state_.layers.back();
      loss_ = binary_ ? Kernels::binary_loss(state_.rows, last.result, y_.data(), last.delta)
                      : Kernels::class_loss(state_.rows, last.out, last.result, classes_.data(),
                                            last.delta);
      backward();
      adam(state_.parameters(), state_.value, state_.gradient, state_.m, state_.v, rates_.next(),
           threads_);
    }
    return loss_;
  }

 private:
  void forward() {
    for (std::size_t l = 0; l < state_.layers.size(); ++l) {
      const FloorLayer& layer = state_.layers[l];
      Kernels::dense(state_.rows, layer.in, layer.out, state_.input_of(l),
                     state_.value + layer.weight, state_.value + layer.bias, layer.result,
                     l + 1 < state_.layers.size(), threads_);
    }
  }

  void backward() {
    const Index rows = state_.rows;
    const FloorLayer& last = state_.layers.back();
    column_sums(rows, last.out, last.delta, state_.gradient + last.bias);
    for (std::size_t l = state_.layers.size(); l-- > 0;) {
      const FloorLayer& layer = state_.layers[l];
      const float* const input = state_.input_of(l);
      const float* const w = state_.value + layer.weight;
      float* const dw = state_.gradient + layer.weight;
      if (l == 0) {
        Kernels::weight_gradient(rows, layer.in, layer.out, input, layer.delta, dw);
        return;
      }
      const FloorLayer& below = state_.layers[l - 1];
      float* const bias_gradient = state_.gradient + below.bias;
      if (layer.out == 1) {
        single_output_backward(rows, layer.in, input, w, layer.delta, dw, below.delta,
                               bias_gradient);
      } else {
        Kernels::weight_gradient(rows, layer.in, layer.out, input, layer.delta, dw);
        Kernels::input_gradient(rows, layer.in, layer.out, layer.delta, w, below.delta);
        mask_and_sum(rows, layer.in, input, below.delta, bias_gradient, threads_);
      }
    }
  }

  FloorState state_;
  std::vector<float> y_;
  std::vector<std::int64_t> classes_;
  bool binary_;
  int threads_;
  AdamRates rates_;
  float loss_ = 0;
};

/// Forward pass or training step of one row: products of a vector and a matrix, and the gradient of
/// a weight made within Adam.
template <class Kernels>
class FloorRow final : public Contestant {
 public:
  FloorRow(const Problem& p, bool trains, int threads)
      : state_(p, false),
        y_(p.y),
        classes_(p.classes),
        binary_(p.binary()),
        trains_(trains),
        threads_(threads) {}

  float run(Index repeats) override {
    float result = 0;
    for (Index i = 0; i < repeats; ++i) {
      result = trains_ ? step() : infer();
    }
    return result;
  }

 private:
  void forward() {
    for (std::size_t l = 0; l < state_.layers.size(); ++l) {
      const FloorLayer& layer = state_.layers[l];
      Kernels::dense_row(layer.in, layer.out, state_.input_of(l), state_.value + layer.weight,
                         state_.value + layer.bias, layer.result, l + 1 < state_.layers.size());
    }
  }

  float infer() {
    forward();
    const float z = state_.layers.back().result[0];
    return binary_ ? 1.0F / (1.0F + std::exp(-z)) : z;
  }

  float step() {
    forward();
    const FloorLayer& last = state_.layers.back();
    const float loss =
        binary_ ? Kernels::binary_loss(1, last.result, y_.data(), last.delta)
                : Kernels::class_loss(1, last.out, last.result, classes_.data(), last.delta);
    for (std::size_t l = state_.layers.size(); l-- > 1;) {
      const FloorLayer& layer = state_.layers[l];
      Kernels::input_gradient_row(layer.in, layer.out, layer.delta, state_.value + layer.weight,
                                  state_.input_of(l), state_.layers[l - 1].delta);
    }
    const AdamRate rate = rates_.next();
    for (std::size_t l = 0; l < state_.layers.size(); ++l) {
      const FloorLayer& layer = state_.layers[l];
      adam_outer(layer.in, layer.out, state_.input_of(l), layer.delta, state_.value + layer.weight,
                 state_.m + layer.weight, state_.v + layer.weight, rate, threads_);
      adam(layer.out, state_.value + layer.bias, layer.delta, state_.m + layer.bias,
           state_.v + layer.bias, rate, 1);
    }
    return loss;
  }

  FloorState state_;
  std::vector<float> y_;
  std::vector<std::int64_t> classes_;
  bool binary_;
  bool trains_;
  int threads_;
  AdamRates rates_;
};

/// The contestant of a floor.
template <class Kernels>
std::unique_ptr<Contestant> make_floor(const Problem& problem, Work work, int threads) {
  if (work == Work::step) {
    return std::make_unique<FloorStep<Kernels>>(problem, threads);
  }
  return std::make_unique<FloorRow<Kernels>>(problem, work == Work::online, threads);
}

}  // namespace step_bench
