// Several threads at once: what DESIGN promises of shared models and separate tapes.

#include <eigengrad/ops/arithmetic.hpp>
#include <eigengrad/ops/linear.hpp>
#include <eigengrad/ops/sigmoid.hpp>
#include <eigengrad/ops/sum.hpp>
#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/ops/value_and_grad.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace eigengrad;

namespace {

constexpr int threads = 4;
constexpr int rounds = 8;

/// Two dense layers.
struct Model {
  std::vector<Parameter<float>> parameters;

  explicit Model(std::uint64_t seed) {
    parameters.emplace_back("w1", normal<float>({7, 16}, 0.F, 0.5F, {seed, 1}));
    parameters.emplace_back("b1", normal<float>({16}, 0.F, 0.5F, {seed, 2}));
    parameters.emplace_back("w2", normal<float>({16, 1}, 0.F, 0.5F, {seed, 3}));
    parameters.emplace_back("b2", zeros<float>({1}));
  }
  [[nodiscard]] Tensor<float> operator()(const Tensor<float>& x) const {
    return linear(tanh(linear(x, parameters[0], parameters[1])), parameters[2], parameters[3]);
  }
};

Tensor<float> batch(int i) {
  return normal<float>({12, 7}, 0.F, 1.F, {99, static_cast<std::uint64_t>(i)});
}

Tensor<float> loss_of(const Model& model, const Tensor<float>& x) {
  const auto y = sigmoid(model(x));
  return mean(y * y);
}

/// Runs work(0) to work(threads - 1), each on a thread of its own, started together.
template <class Work>
void at_once(const Work& work) {
  std::atomic<int> waiting{threads};
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      --waiting;
      while (waiting > 0) {
        std::this_thread::yield();
      }
      work(i);
    });
  }
  for (auto& thread : running) {
    thread.join();
  }
}

/// A few steps of plain gradient descent; the final parameters.
Model trained(std::uint64_t seed) {
  Model model(seed);
  for (int step = 0; step < rounds; ++step) {
    Tape tape;
    tape.backward(loss_of(model, batch(step)));
    for (auto& parameter : model.parameters) {
      parameter.assign(detach(parameter) - parameter.gradient() * 0.1F);
      parameter.zero_gradient();
    }
  }
  return model;
}

}  // namespace

TEST_CASE("threads: gradients of one shared model equal the serial ones bit for bit",
          "[tape][threads]") {
  const Model model(7);
  std::vector<std::vector<Tensor<float>>> serial;
  for (int i = 0; i < threads; ++i) {
    Tape tape;
    serial.push_back(tape.gradients(loss_of(model, batch(i)), model.parameters));
  }
  std::vector<std::vector<Tensor<float>>> found(threads);
  std::vector<std::vector<Tensor<float>>> functional(threads);
  at_once([&](int i) {
    const auto at = static_cast<std::size_t>(i);
    for (int round = 0; round < rounds; ++round) {
      Tape tape;
      found[at] = tape.gradients(loss_of(model, batch(i)), model.parameters);
    }
    functional[at] =
        value_and_grad([&] { return loss_of(model, batch(i)); }, model.parameters).gradients;
  });
  for (std::size_t i = 0; i < threads; ++i) {
    for (std::size_t k = 0; k < model.parameters.size(); ++k) {
      CHECK(equal(found[i][k], serial[i][k]));
      CHECK(equal(functional[i][k], serial[i][k]));
      CHECK_FALSE(model.parameters[k].has_gradient());
    }
  }
}

TEST_CASE("threads: each may train a model of its own", "[tape][threads]") {
  std::vector<std::unique_ptr<Model>> found(threads);
  at_once([&](int i) {
    found[static_cast<std::size_t>(i)] =
        std::make_unique<Model>(trained(static_cast<std::uint64_t>(i)));
  });
  for (int i = 0; i < threads; ++i) {
    const Model serial = trained(static_cast<std::uint64_t>(i));
    for (std::size_t k = 0; k < serial.parameters.size(); ++k) {
      CHECK(equal(found[static_cast<std::size_t>(i)]->parameters[k], serial.parameters[k]));
    }
  }
}

TEST_CASE("threads: many may use a model that none writes", "[tape][threads]") {
  const Model model(3);
  const auto x = batch(0);
  const auto expected = model(x);
  std::vector<int> wrong(threads);
  at_once([&](int i) {
    for (int round = 0; round < rounds; ++round) {
      const NoGrad no_grad;
      wrong[static_cast<std::size_t>(i)] += equal(model(x), expected) ? 0 : 1;
    }
  });
  CHECK(wrong == std::vector<int>(threads, 0));
}

TEST_CASE("threads: an operand that another thread recorded is refused", "[tape][threads]") {
  Parameter<float> w("w", full<float>({2}, 2.F));
  Tape tape;
  const auto y = w * w;
  std::string text;
  std::string backward_text;
  std::thread([&] {
    Tape own;
    Parameter<float> v("v", full<float>({2}, 3.F));
    try {
      static_cast<void>(v * y);
    } catch (const TapeError& error) {
      text = error.what();
    }
    try {
      tape.backward(sum(detach(y)));
    } catch (const TapeError& error) {
      backward_text = error.what();
    }
    own.backward(sum(v * detach(y)));
    text += v.gradient().at(0) == 4.F ? "" : " (wrong gradient)";
  }).join();
  CHECK(text ==
        "mul: operand 1 was recorded on a tape of another thread; keep that tape, or detach() the "
        "operand");
  CHECK(backward_text == "backward: the tape belongs to another thread");
}

TEST_CASE("threads: a result may be read by another thread after its tape's", "[tape][threads]") {
  Tensor<float> y;
  std::thread([&] {
    Parameter<float> w("w", full<float>({1000}, 2.F));
    Tape tape;
    y = w * w;
    tape.backward(sum(y));
  }).join();
  CHECK(sum(y).item() == 4000.F);
  y = Tensor<float>();
}
