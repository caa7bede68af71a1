// The contestant eigengrad: the training loop as a user of the library writes it.

#include "contestant.hpp"

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>

#include <utility>

namespace eg = eigengrad;

namespace step_bench {
namespace {

/// Dense layers with ReLU between them, and a sigmoid behind a single output.
eg::nn::Sequential<float> make_model(const Problem& p) {
  std::vector<eg::nn::LayerSpec<float>> layers;
  for (std::size_t l = 0; l < p.layers(); ++l) {
    layers.emplace_back(eg::nn::Dense(p.widths[l], p.widths[l + 1]));
    if (l + 1 < p.layers()) {
      layers.emplace_back(eg::nn::ReLU());
    } else if (p.binary()) {
      layers.emplace_back(eg::nn::Sigmoid());
    }
  }
  eg::nn::Sequential<float> model(layers, {.seed = 42});
  auto parameters = model.parameters();
  for (std::size_t l = 0; l < p.layers(); ++l) {
    parameters[2 * l].assign(eg::from_vector(p.weights[l], {p.widths[l], p.widths[l + 1]}));
    parameters[2 * l + 1].assign(eg::from_vector(p.biases[l], {p.widths[l + 1]}));
  }
  return model;
}

class Step final : public Contestant {
 public:
  explicit Step(const Problem& p)
      : model_(make_model(p)),
        adam_(model_.parameters(), {.learning_rate = AdamConstants::learning_rate}),
        x_(eg::from_vector(p.x, {p.rows, p.widths[0]})) {
    if (p.binary()) {
      y_ = eg::from_vector(p.y, {p.rows, 1});
    } else {
      classes_ = eg::from_vector(p.classes, {p.rows});
    }
  }

  float run(Index repeats) override {
    for (Index i = 0; i < repeats; ++i) {
      eg::Tape tape;
      const auto prediction = model_(x_);
      const auto loss = classes_.defined() ? eg::cross_entropy(prediction, classes_)
                                           : eg::binary_cross_entropy(prediction, y_);
      loss_ = loss.item();
      tape.backward(loss);
      adam_.step();
    }
    return loss_;
  }

 private:
  eg::nn::Sequential<float> model_;
  eg::optim::Adam<float> adam_;
  eg::Tensor<float> x_, y_;
  eg::Tensor<std::int64_t> classes_;
  float loss_ = 0;
};

class Inference final : public Contestant {
 public:
  explicit Inference(const Problem& p)
      : model_(make_model(p)), x_(eg::from_vector(p.x, {p.rows, p.widths[0]})) {
    model_.eval();
  }

  float run(Index repeats) override {
    float output = 0;
    for (Index i = 0; i < repeats; ++i) {
      output = model_(x_).data()[0];
    }
    return output;
  }

 private:
  eg::nn::Sequential<float> model_;
  eg::Tensor<float> x_;
};

/// The trainer example's data and options: 30-128-64-1 on the training part of the breast cancer
/// data, batches of 32, the last tenth for validation.
class Fit final : public Contestant {
 public:
  Fit()
      : model_(eg::train::make_mlp<float>({.features = 30, .hidden = {128, 64}}, 42)),
        adam_(model_.parameters(), {.learning_rate = AdamConstants::learning_rate}) {
    const auto data = eg::datasets::breast_cancer<float>();
    const auto rows =
        eg::train_test_split_indices(data.x.extent(0), {.test_size = 0.2, .random_state = 42});
    const auto y = eg::take_rows(data.y, rows.train.values());
    train_.x = eg::Standardizer<float>().fit_transform(eg::take_rows(data.x, rows.train.values()));
    train_.y = eg::reshape(eg::cast<float>(y), {-1, 1});
  }

  float run(Index repeats) override {
    eg::train::FitOptions<float, float> options;
    options.epochs = repeats;
    options.batch_size = 32;
    options.validation_split = 0.1;
    options.verbose = eg::train::Verbosity::silent;
    const auto history =
        eg::train::fit(model_, train_, adam_, eg::train::BinaryCrossEntropy{}, options);
    return static_cast<float>(history.last("loss"));
  }

 private:
  eg::nn::Sequential<float> model_;
  eg::optim::Adam<float> adam_;
  eg::Dataset<float, float> train_;
};

}  // namespace

std::unique_ptr<Contestant> make_eigengrad(const Problem& problem, Work work, int threads) {
  eg::set_num_threads(threads);
  if (work == Work::fit) {
    return std::make_unique<Fit>();
  }
  if (work == Work::inference) {
    return std::make_unique<Inference>(problem);
  }
  return std::make_unique<Step>(problem);
}

}  // namespace step_bench
