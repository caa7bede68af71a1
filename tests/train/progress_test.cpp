#include "support/catch.hpp"
#include "train/linear_model.hpp"
#include "train/printed.hpp"

#include <eigengrad/eigengrad.hpp>

#include <cstdio>
#include <string>

namespace eg = eigengrad;
namespace train = eigengrad::train;
using Catch::Matchers::ContainsSubstring;
using eigengrad::detail::Line;
using train_tests::printed_by;

namespace {

std::string seconds_text(double seconds) {
  Line line;
  line.print_seconds(seconds);
  return std::string(line.text());
}

void train_two_epochs(train::Verbosity verbose) {
  train_tests::LinearModel model;
  eg::optim::SGD<double> sgd(model.parameters(), {.learning_rate = 1e-12});
  static_cast<void>(
      train::fit(model, train_tests::line_data(4), sgd, train::MeanSquaredError{},
                 {.epochs = 2, .batch_size = 2, .stop_at_loss = 67.5, .verbose = verbose}));
}

}  // namespace

TEST_CASE("progress: durations read as a person writes them", "[train][progress]") {
  CHECK(seconds_text(0.254) == "0.25s");
  CHECK(seconds_text(12.3) == "12s");
  CHECK(seconds_text(185) == "3:05");
  CHECK(seconds_text(3723) == "1:02:03");
}

TEST_CASE("progress: a line holds what fits and is cut to a width", "[train][progress]") {
  Line line;
  for (int i = 0; i < 400; ++i) {
    line.print("%s", "abcd");
  }
  CHECK(line.text().size() == 1023);
  line.cut(6);
  CHECK(line.text() == "abcdab");
}

TEST_CASE(
    "progress: away from a terminal there is one plain line an epoch, and the reason of the end",
    "[train][progress]") {
  // w near 0: mean of 9 x^2 over 1..4 is 67.5.
  const std::string text = printed_by([] { train_two_epochs(train::Verbosity::automatic); });
  CHECK_THAT(text,
             Catch::Matchers::Matches("Epoch 1/2 - 0\\.[0-9][0-9]s - loss: 67\\.5000\nstopped "
                                      "after epoch 1: the loss reached 67\\.5\n"));
}

TEST_CASE("progress: the bar is full at the end of an epoch and redrawn in place",
          "[train][progress]") {
  const std::string text = printed_by([] { train_two_epochs(train::Verbosity::bar); });
  CHECK_THAT(text, ContainsSubstring("\r\033[KEpoch 1/2 [====================] 2/2 0."));
  CHECK_THAT(text, ContainsSubstring(" - loss: 67.5000\n"));
}

TEST_CASE("progress: silence is silent", "[train][progress]") {
  CHECK(printed_by([] { train_two_epochs(train::Verbosity::silent); }).empty());
}

TEST_CASE("progress: what is printed after an exception is seen again", "[train][progress]") {
  const std::string text = printed_by([] {
    CHECK_THROWS_AS(printed_by([] { throw eg::ValueError("test", "it"); }), eg::ValueError);
    std::puts("after");
  });
  CHECK(text == "after\n");
}
