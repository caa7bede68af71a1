#include "support/catch.hpp"

#include <eigengrad/train/history.hpp>

namespace eg = eigengrad;
using eg::train::History;

TEST_CASE("history: series keep their order and their values", "[train][history]") {
  History history;
  history.append("loss", 2.0);
  history.append("val_loss", 3.0);
  history.append("loss", 1.0);
  history.append("val_loss", 2.5);
  CHECK(history.epochs() == 2);
  CHECK(history.series().size() == 2);
  CHECK(history.series()[0].name == "loss");
  CHECK(history["loss"] == std::vector<double>{2.0, 1.0});
  CHECK(history.last("val_loss") == 2.5);
  CHECK(history.has("loss"));
  CHECK_FALSE(history.has("accuracy"));
}

TEST_CASE("history: how training ended", "[train][history]") {
  History history;
  CHECK(history.epochs() == 0);
  CHECK(history.steps() == 0);
  history.set_end(17, "because", 0.5);
  CHECK(history.steps() == 17);
  CHECK(history.stop_reason() == "because");
  CHECK(history.seconds() == 0.5);
}

TEST_CASE("history: an unknown series is refused with the names there are", "[train][history]") {
  History history;
  history.append("loss", 1.0);
  history.append("accuracy", 0.5);
  CHECK_THROWS_TEXT(history["val_loss"], eg::ValueError,
                    "History: no series 'val_loss' among: loss, accuracy");
  CHECK_THROWS_TEXT(history.last("x"), eg::ValueError,
                    "History: no series 'x' among: loss, accuracy");
}
