// make_moons against scikit-learn's, and what it refuses.

#include "support/catch.hpp"

#include <eigengrad/data/moons.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <limits>

namespace eg = eigengrad;
using eg::datasets::make_moons;

TEST_CASE("make_moons: every point is scikit-learn's", "[data]") {
  const auto lines = reference::read("moons.txt");
  REQUIRE(lines.size() == 5);
  for (const reference::Line& line : lines) {
    INFO(line.text);
    const eg::datasets::MoonsOptions options{
        .n_samples = static_cast<eg::Index>(line.number("n_samples")),
        .shuffle = line.number("shuffle") != 0,
        .noise = line.number("noise"),
        .random_state = static_cast<eg::Index>(line.number("random_state"))};
    const auto moons = make_moons<double>(options);
    REQUIRE(moons.x.shape() == line.outputs[0].shape);
    REQUIRE(moons.y.shape() == line.outputs[1].shape);
    for (eg::Index i = 0; i < moons.x.size(); ++i) {
      // A few last bits of the C library's cos, sin and log.
      CHECK_THAT(
          moons.x.data()[i],
          Catch::Matchers::WithinAbs(line.outputs[0].values[static_cast<std::size_t>(i)], 1e-15));
    }
    for (eg::Index i = 0; i < moons.y.size(); ++i) {
      CHECK(static_cast<double>(moons.y.data()[i]) ==
            line.outputs[1].values[static_cast<std::size_t>(i)]);
    }
    CHECK(make_moons<float>(options).x.at(0, 0) == static_cast<float>(moons.x.at(0, 0)));
  }
}

TEST_CASE("make_moons: what it refuses", "[data][errors]") {
  CHECK_THROWS_TEXT(make_moons<float>({.n_samples = 1}), eg::ValueError,
                    "make_moons: n_samples must be >= 2, noise finite and >= 0, random_state in "
                    "[0, 4294967295]: 1, 0, 0");
  CHECK_THROWS_AS(make_moons<float>({.noise = -0.1}), eg::ValueError);
  CHECK_THROWS_AS(make_moons<float>({.noise = std::numeric_limits<double>::infinity()}),
                  eg::ValueError);
  CHECK_THROWS_AS(make_moons<float>({.random_state = -1}), eg::ValueError);
  CHECK_THROWS_AS(make_moons<float>({.random_state = eg::Index{1} << 32}), eg::ValueError);
}
