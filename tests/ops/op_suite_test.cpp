// Every listed op through the op suite; what an op gets wrong is one line with op, case and
// numbers. The sample cases are compiled in units that CMake writes, one for a few headers each, so
// that every header of ops/ and losses/ takes part (CMakeLists.txt).

#include <eigengrad/testing/op_suite.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

/// What everything random here is drawn from: 1, or what EIGENGRAD_SEED says. A failure names it.
std::uint64_t seed() {
  const char* const text = std::getenv("EIGENGRAD_SEED");
  return text == nullptr ? 1 : std::stoull(text);
}

}  // namespace

TEST_CASE("ops: every listed op passes the suite", "[ops][suite]") {
  const std::vector<eg::testing::OpEntry> ops = eg::testing::listed_ops();
  REQUIRE(ops.size() > 60);  // fewer than there are: the units have not been linked
  for (const eg::testing::OpEntry& op : ops) {
    DYNAMIC_SECTION(op.name) {
      for (const std::string& failure : eg::testing::check_op(op, seed())) {
        FAIL_CHECK(failure);
      }
      SUCCEED(op.name);
    }
  }
}

TEST_CASE("ops: every listed op passes on twenty random shapes", "[ops][suite]") {
  for (const eg::testing::OpEntry& op : eg::testing::listed_ops()) {
    DYNAMIC_SECTION(op.name << ", seed " << seed()) {
      for (const std::string& failure : eg::testing::check_random_shapes(op, seed())) {
        FAIL_CHECK(failure);
      }
      SUCCEED(op.name);
    }
  }
}

TEST_CASE("ops: no two listed ops share a name", "[ops][suite]") {
  const std::vector<eg::testing::OpEntry> ops = eg::testing::listed_ops();
  for (std::size_t i = 1; i < ops.size(); ++i) {
    CHECK(ops[i - 1].name != ops[i].name);
  }
}
