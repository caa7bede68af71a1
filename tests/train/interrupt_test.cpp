#include "support/catch.hpp"
#include "train/linear_model.hpp"

#include <eigengrad/eigengrad.hpp>

#include <csignal>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

/// Trains ten epochs of two batches, with SIGINT after the first batch of the third.
train::History train_with_signal(train::Interrupt<double>& interrupt) {
  train_tests::LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-12});
  class Presser final : public train::Callback<double> {
    void on_batch_end(train::TrainingState<double>& state) override {
      if (state.step == 5) {
        std::raise(SIGINT);
      }
    }
  } presser;
  return train::fit(model, train_tests::line_data(4), sgd, train::MeanSquaredError{},
                    {.epochs = 10,
                     .batch_size = 2,
                     .callbacks = {&presser, &interrupt},
                     .verbose = train::Verbosity::silent});
}

using Handler = void (*)(int);
Handler handler_now() {
  struct sigaction action {};
  sigaction(SIGINT, nullptr, &action);
  return action.sa_handler;
}

}  // namespace

TEST_CASE("interrupt: the epoch in which Ctrl-C comes is finished, the next is not begun",
          "[train][interrupt]") {
  train::Interrupt<double> interrupt;
  CHECK_FALSE(interrupt.requested());
  const train::History history = train_with_signal(interrupt);
  CHECK(interrupt.requested());
  CHECK(history.epochs() == 3);
  CHECK(history.steps() == 6);
  CHECK(history.stop_reason() == "interrupted");
}

TEST_CASE("interrupt: a second Ctrl-C ends the process as ever", "[train][interrupt]") {
  train::Interrupt<double> interrupt;
  CHECK(handler_now() != SIG_DFL);
  std::raise(SIGINT);
  CHECK(handler_now() == SIG_DFL);
}

TEST_CASE("interrupt: what SIGINT did before, it does again afterwards", "[train][interrupt]") {
  const Handler before = handler_now();
  { const train::Interrupt<double> interrupt; }
  CHECK(handler_now() == before);
  { const train::Interrupt<double> interrupt; }  // another one, after the first
  CHECK(handler_now() == before);
}

TEST_CASE("interrupt: a new one knows nothing of the last one's Ctrl-C", "[train][interrupt]") {
  {
    const train::Interrupt<double> interrupt;
    std::raise(SIGINT);
    CHECK(interrupt.requested());
  }
  const train::Interrupt<double> interrupt;
  CHECK_FALSE(interrupt.requested());
}

TEST_CASE("interrupt: where SIGINT is ignored it stays so", "[train][interrupt]") {
  const Handler before = std::signal(SIGINT, SIG_IGN);
  {
    train::Interrupt<double> interrupt;
    CHECK(train_with_signal(interrupt).epochs() == 10);
  }
  CHECK(handler_now() == SIG_IGN);
  std::signal(SIGINT, before);
}

TEST_CASE("interrupt: there can be one at a time", "[train][interrupt]") {
  const train::Interrupt<double> interrupt;
  CHECK_THROWS_AS(train::Interrupt<float>(), eg::ValueError);
  CHECK_THROWS_WITH(train::Interrupt<float>(),
                    "Interrupt: there is one already, and the process has one Ctrl-C");
}
