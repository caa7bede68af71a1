#include <eigengrad/base/error.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace eg = eigengrad;
using eg::detail::concat;

TEST_CASE("error: the text is the op, a colon and the message", "[base]") {
  const eg::ValueError error("Adam", "learning rate is not positive: -0.1");
  CHECK(std::string(error.what()) == "Adam: learning rate is not positive: -0.1");
  CHECK(error.op() == "Adam");
}

TEST_CASE("error: every class is an Error and a runtime_error", "[base]") {
  CHECK_THROWS_AS(throw eg::ShapeError("op", "text"), eg::Error);
  CHECK_THROWS_AS(throw eg::IndexError("op", "text"), eg::Error);
  CHECK_THROWS_AS(throw eg::ValueError("op", "text"), eg::Error);
  CHECK_THROWS_AS(throw eg::TapeError("op", "text"), eg::Error);
  CHECK_THROWS_AS(throw eg::FileError("op", "file", "text"), eg::Error);
  CHECK_THROWS_AS(throw eg::TapeError("op", "text"), std::runtime_error);
}

TEST_CASE("error: a file error names the file and keeps the offset", "[base]") {
  const eg::FileError at_line("load_csv", "iris.csv", "row 3 has 4 columns, expected 5", 3);
  CHECK(std::string(at_line.what()) == "load_csv: iris.csv: row 3 has 4 columns, expected 5");
  CHECK(at_line.file() == "iris.csv");
  CHECK(at_line.offset() == 3);
  CHECK(eg::FileError("load_npy", "x.npy", "no such file").offset() == -1);
}

TEST_CASE("concat: joins texts, integers and shapes", "[base]") {
  CHECK(concat("lhs ", eg::Shape{32, 30}, " at ", 7, "/", eg::Index{-8}) == "lhs (32, 30) at 7/-8");
  CHECK(concat(std::uint64_t{18446744073709551615U}) == "18446744073709551615");
  CHECK(concat().empty());
}

TEST_CASE("concat: floating-point numbers are the shortest that read back", "[base]") {
  CHECK(concat(0.1) == "0.1");
  CHECK(concat(0.1F) == "0.1");
  CHECK(concat(-2.5) == "-2.5");
  CHECK(concat(1e300) == "1e+300");
  CHECK(concat(1.0 / 3.0) == "0.3333333333333333");
}
