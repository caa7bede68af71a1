// Whole trainings of ten epochs against PyTorch's and Keras's, from the same initial weights and
// in the same order of batches: see training_curves/ in tests/reference/README.md.

#include <eigengrad/io/npy.hpp>
#include <eigengrad/losses/binary_cross_entropy.hpp>
#include <eigengrad/losses/cross_entropy.hpp>
#include <eigengrad/losses/regression.hpp>
#include <eigengrad/nn/activations.hpp>
#include <eigengrad/nn/dense.hpp>
#include <eigengrad/nn/sequential.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/softmax.hpp>
#include <eigengrad/optim/adam.hpp>
#include <eigengrad/optim/rmsprop.hpp>
#include <eigengrad/optim/sgd.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/view.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::optim::Convention;

namespace {

enum class Activation { relu, tanh, sigmoid };
enum class Loss { binary, classes, squared };

/// One stored training, as its provenance.txt describes it.
struct Curve {
  std::string name;
  std::vector<Index> widths;
  Activation activation;
  Loss loss;
};

const std::vector<Curve> curves = {
    {"bce_adam_relu", {30, 16, 8, 1}, Activation::relu, Loss::binary},
    {"ce_sgd_nesterov_tanh", {64, 16, 10}, Activation::tanh, Loss::classes},
    {"mse_sgd_sigmoid", {10, 16, 1}, Activation::sigmoid, Loss::squared},
    {"ce_adamw_tanh", {4, 16, 3}, Activation::tanh, Loss::classes},
    {"bce_rmsprop_tanh", {30, 16, 8, 1}, Activation::tanh, Loss::binary},
    {"bce_keras_adam_relu", {30, 16, 8, 1}, Activation::relu, Loss::binary},
    {"mse_keras_rmsprop_relu", {10, 16, 1}, Activation::relu, Loss::squared},
};

constexpr Index batch_size = 32;
constexpr Index epochs = 10;

template <class T>
std::unique_ptr<eg::optim::Optimizer<T>> make_optimizer(const std::string& curve,
                                                        std::vector<eg::Parameter<T>> p) {
  using namespace eg::optim;  // NOLINT: the options read better
  if (curve == "bce_adam_relu") {
    return std::make_unique<Adam<T>>(
        p, AdamOptions{.learning_rate = 0.005, .convention = Convention::pytorch});
  }
  if (curve == "ce_sgd_nesterov_tanh") {
    return std::make_unique<SGD<T>>(p, SGDOptions{.learning_rate = 0.05,
                                                  .momentum = 0.9,
                                                  .nesterov = true,
                                                  .weight_decay = 0.001,
                                                  .convention = Convention::pytorch});
  }
  if (curve == "mse_sgd_sigmoid") {
    return std::make_unique<SGD<T>>(
        p, SGDOptions{.learning_rate = 0.1, .convention = Convention::pytorch});
  }
  if (curve == "ce_adamw_tanh") {
    return std::make_unique<AdamW<T>>(
        p, AdamWOptions{
               .learning_rate = 0.01, .weight_decay = 0.01, .convention = Convention::pytorch});
  }
  if (curve == "bce_rmsprop_tanh") {
    return std::make_unique<RMSprop<T>>(
        p, RMSpropOptions{.learning_rate = 0.002, .convention = Convention::pytorch});
  }
  if (curve == "bce_keras_adam_relu") {
    return std::make_unique<Adam<T>>(p, AdamOptions{.learning_rate = 0.005});
  }
  return std::make_unique<RMSprop<T>>(p, RMSpropOptions{.learning_rate = 0.005});
}

std::string path(const Curve& curve, const std::string& file) {
  return EIGENGRAD_TEST_DATA_DIR "/training_curves/" + curve.name + "/" + file + ".npy";
}

template <class T>
eg::nn::Sequential<T> make_model(const Curve& curve) {
  std::vector<eg::nn::LayerSpec<T>> layers;
  for (std::size_t i = 0; i + 1 < curve.widths.size(); ++i) {
    if (i > 0 && curve.activation == Activation::relu) {
      layers.emplace_back(eg::nn::ReLU());
    } else if (i > 0 && curve.activation == Activation::tanh) {
      layers.emplace_back(eg::nn::Tanh());
    } else if (i > 0) {
      layers.emplace_back(eg::nn::Sigmoid());
    }
    layers.emplace_back(eg::nn::Dense(curve.widths[i], curve.widths[i + 1]));
  }
  eg::nn::Sequential<T> model(layers);
  std::vector<eg::Parameter<T>> parameters = model.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string number = std::to_string(i / 2 + 1);
    parameters[i].assign(
        eg::load_npy<T>(path(curve, (i % 2 == 0 ? "initial_w" : "initial_b") + number)));
  }
  return model;
}

template <class T>
eg::Tensor<T> rows(const eg::Tensor<T>& x, Index first) {
  return eg::detail::sliced(x, 0, first, first + batch_size);
}

/// The last activation and the loss. Binary and class losses go through sigmoid and softmax, whose
/// logits the losses find by themselves; the stored curves come from logits.
template <class T>
class LossOf {
 public:
  explicit LossOf(const Curve& curve) : loss_(curve.loss) {
    if (loss_ == Loss::classes) {
      classes_ = eg::load_npy<std::int64_t>(path(curve, "y"));
    } else {
      target_ = eg::load_npy<T>(path(curve, "y"));
    }
  }
  eg::Tensor<T> operator()(const eg::Tensor<T>& z, Index first) const {
    switch (loss_) {
      case Loss::binary:
        return eg::binary_cross_entropy(eg::sigmoid(z), rows(target_, first));
      case Loss::classes:
        return eg::categorical_cross_entropy(eg::softmax(z), rows(classes_, first));
      case Loss::squared:
        break;
    }
    return eg::mean_squared_error(z, rows(target_, first));
  }

 private:
  Loss loss_;
  eg::Tensor<T> target_;
  eg::Tensor<std::int64_t> classes_;
};

/// Trains and returns the mean loss of every epoch, each batch weighted by its rows.
template <class T>
std::vector<double> train(const Curve& curve, const eg::nn::Sequential<T>& model) {
  const eg::Tensor<T> x = eg::load_npy<T>(path(curve, "x"));
  const LossOf<T> loss_of(curve);
  const auto optimizer = make_optimizer<T>(curve.name, model.parameters());
  std::vector<double> losses;
  for (Index epoch = 0; epoch < epochs; ++epoch) {
    double total = 0;
    for (Index first = 0; first < x.extent(0); first += batch_size) {
      eg::Tape tape;
      const eg::Tensor<T> batch = rows(x, first);
      const eg::Tensor<T> loss = loss_of(model(batch), first);
      tape.backward(loss);
      optimizer->step();
      total += static_cast<double>(loss.item()) * static_cast<double>(batch.extent(0));
    }
    losses.push_back(total / static_cast<double>(x.extent(0)));
  }
  return losses;
}

}  // namespace

TEMPLATE_TEST_CASE("training: curves equal PyTorch's and Keras's", "[nn][reference]", float,
                   double) {
  using T = TestType;
  const bool in_float = std::is_same_v<T, float>;
  for (const Curve& curve : curves) {
    DYNAMIC_SECTION(curve.name) {
      // Keras forms 1 - beta^t in float32, which moves its own float32 curve by 1.2e-5: that one is
      // compared with the curve in double.
      const std::string suffix =
          in_float && curve.name != "bce_keras_adam_relu" ? "_float32" : "_float64";
      const eg::nn::Sequential<T> model = make_model<T>(curve);
      const std::vector<double> found = train(curve, model);
      const auto expected = eg::load_npy<double>(path(curve, "epoch_loss" + suffix));
      REQUIRE(expected.size() == epochs);
      for (Index epoch = 0; epoch < epochs; ++epoch) {
        INFO("epoch " << epoch);
        CHECK_THAT(found[static_cast<std::size_t>(epoch)],
                   Catch::Matchers::WithinRel(expected.at(epoch), in_float ? 1e-5 : 1e-10));
      }
      // Ten epochs of rounding in weights of about one.
      const std::vector<eg::Parameter<T>> parameters = model.parameters();
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        const std::string file =
            (i % 2 == 0 ? "final_w" : "final_b") + std::to_string(i / 2 + 1) + suffix;
        const auto weights = eg::load_npy<double>(path(curve, file));
        REQUIRE(weights.shape() == parameters[i].shape());
        double worst = 0;
        for (Index k = 0; k < weights.size(); ++k) {
          const double difference =
              static_cast<double>(parameters[i].data()[k]) - weights.data()[k];
          worst = std::isnan(difference) ? INFINITY : std::fmax(worst, std::abs(difference));
        }
        INFO(file << " is off by up to " << worst);
        CHECK(worst <= (in_float ? 1e-5 : 1e-10));
      }
    }
  }
}
