// The peer dlib: its deep networks, whose products run on the BLAS that dlib was built with (and on
// as many threads as that is told in the environment), as a contestant of the whole-step benchmark.
// A step calls what dlib's trainer calls, without the trainer's threads.

#include "peer.hpp"

#include <algorithm>
#include <cmath>
#include <dlib/dnn.h>

using namespace step_bench;

namespace {

using Input = dlib::input<dlib::matrix<float>>;
// The widths are set at run time.
using TwoLayers = dlib::fc<1, dlib::relu<dlib::fc<1, Input>>>;
using ThreeLayers = dlib::fc<1, dlib::relu<dlib::fc<1, dlib::relu<dlib::fc<1, Input>>>>>;

/// dlib's label of a row: +1 or -1, or the class.
float label_of(const Problem& p, std::size_t row, float /*type*/) {
  return p.y[row] > 0.5F ? 1.0F : -1.0F;
}
unsigned long label_of(const Problem& p, std::size_t row, unsigned long /*type*/) {
  return static_cast<unsigned long>(p.classes[row]);
}

template <class Net, class Label, std::size_t Layers>
class Dlib final : public Contestant {
 public:
  Dlib(const Problem& p, Work work)
      : adam_(Net::num_computational_layers,
              dlib::adam(0.0F, static_cast<float>(AdamConstants::beta_1),
                         static_cast<float>(AdamConstants::beta_2))),
        trains_(work != Work::inference),
        binary_(p.binary()) {
    std::vector<dlib::matrix<float>> samples;
    for (Index row = 0; row < p.rows; ++row) {
      samples.push_back(dlib::mat(p.x.data() + row * p.widths[0], p.widths[0], 1));
      labels_.push_back(label_of(p, static_cast<std::size_t>(row), Label{}));
    }
    net_.to_tensor(samples.begin(), samples.end(), x_);
    set_widths<0>(p);
    static_cast<void>(net_.forward(x_));  // allocates the parameters
    set_values<0>(p);
  }

  float run(Index repeats) override {
    double result = 0;
    for (Index i = 0; i < repeats; ++i) {
      if (trains_) {
        result = net_.compute_parameter_gradients(x_, labels_.begin());
        net_.update_parameters(dlib::make_sstack(adam_), AdamConstants::learning_rate);
      } else {
        const float z = dlib::layer<1>(net_).forward(x_).host()[0];
        result = binary_ ? 1.0 / (1.0 + std::exp(-static_cast<double>(z))) : static_cast<double>(z);
      }
    }
    return static_cast<float>(result);
  }

 private:
  /// The fully connected layer that is `l` of them after the input: the loss is layer 0, and dlib
  /// counts from it.
  template <std::size_t l>
  auto& dense() {
    return dlib::layer<1 + 2 * (Layers - 1 - l)>(net_).layer_details();
  }
  template <std::size_t l>
  void set_widths(const Problem& p) {
    dense<l>().set_num_outputs(p.widths[l + 1]);
    if constexpr (l + 1 < Layers) {
      set_widths<l + 1>(p);
    }
  }
  /// dlib keeps the weight (in, out) and behind it the bias.
  template <std::size_t l>
  void set_values(const Problem& p) {
    float* const to = dense<l>().get_layer_params().host();
    std::copy(p.biases[l].begin(), p.biases[l].end(),
              std::copy(p.weights[l].begin(), p.weights[l].end(), to));
    if constexpr (l + 1 < Layers) {
      set_values<l + 1>(p);
    }
  }

  Net net_;
  std::vector<dlib::adam> adam_;
  dlib::resizable_tensor x_;
  std::vector<Label> labels_;
  bool trains_, binary_;
};

}  // namespace

std::unique_ptr<Contestant> make_peer(const Problem& problem, Work work, int /*threads*/) {
  if (problem.binary()) {
    if (problem.layers() == 2) {
      return std::make_unique<Dlib<dlib::loss_binary_log<TwoLayers>, float, 2>>(problem, work);
    }
    return std::make_unique<Dlib<dlib::loss_binary_log<ThreeLayers>, float, 3>>(problem, work);
  }
  if (problem.layers() == 2) {
    return std::make_unique<Dlib<dlib::loss_multiclass_log<TwoLayers>, unsigned long, 2>>(problem,
                                                                                          work);
  }
  return std::make_unique<Dlib<dlib::loss_multiclass_log<ThreeLayers>, unsigned long, 3>>(problem,
                                                                                          work);
}
