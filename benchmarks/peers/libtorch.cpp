// The peer libtorch: PyTorch's C++ interface in eager mode, as a contestant of the whole-step
// benchmark. C++17, as libtorch's headers want it.

#include "peer.hpp"

#include <torch/torch.h>

using namespace step_bench;

namespace {

/// Dense layers with ReLU between them; gives logits.
torch::nn::Sequential make_model(const Problem& p) {
  torch::nn::Sequential model;
  for (std::size_t l = 0; l < p.layers(); ++l) {
    torch::nn::Linear layer(p.widths[l], p.widths[l + 1]);
    const torch::NoGradGuard no_grad;
    const auto w = torch::tensor(p.weights[l]).reshape({p.widths[l], p.widths[l + 1]});
    layer->weight.copy_(w.t());
    layer->bias.copy_(torch::tensor(p.biases[l]));
    model->push_back(layer);
    if (l + 1 < p.layers()) {
      model->push_back(torch::nn::ReLU());
    }
  }
  return model;
}

class Libtorch final : public Contestant {
 public:
  Libtorch(const Problem& p, Work work)
      : model_(make_model(p)),
        // Its epsilon stands where ours would be multiplied by sqrt(1 - beta_2^t): .03 to .14 at
        // first, so ten times ours keeps the losses together.
        adam_(model_->parameters(), torch::optim::AdamOptions(AdamConstants::learning_rate)
                                        .eps(10 * AdamConstants::epsilon)),
        x_(torch::tensor(p.x).reshape({p.rows, p.widths[0]})),
        y_(p.binary() ? torch::tensor(p.y).reshape({p.rows, 1}) : torch::tensor(p.classes)),
        binary_(p.binary()),
        trains_(work != Work::inference) {}

  float run(Index repeats) override {
    float result = 0;
    for (Index i = 0; i < repeats; ++i) {
      result = trains_ ? step() : infer();
    }
    return result;
  }

 private:
  float step() {
    adam_.zero_grad();
    const auto logits = model_->forward(x_);
    const auto loss = binary_ ? torch::binary_cross_entropy_with_logits(logits, y_)
                              : torch::cross_entropy_loss(logits, y_);
    loss.backward();
    adam_.step();
    return loss.item<float>();
  }

  float infer() {
    const torch::InferenceMode inference;
    const auto logits = model_->forward(x_);
    return (binary_ ? torch::sigmoid(logits) : logits).data_ptr<float>()[0];
  }

  torch::nn::Sequential model_;
  torch::optim::Adam adam_;
  torch::Tensor x_, y_;
  bool binary_, trains_;
};

}  // namespace

std::unique_ptr<Contestant> make_peer(const Problem& problem, Work work, int threads) {
  torch::set_num_threads(threads);
  return std::make_unique<Libtorch>(problem, work);
}
