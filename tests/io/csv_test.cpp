#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/csv.hpp>
#include <eigengrad/io/csv_reader.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <locale>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// The rows of a CSV text.
Rows rows_of(const std::string& text, char delimiter = ',') {
  eg::detail::CsvReader reader("read_csv", "t.csv", text, delimiter);
  Rows rows;
  while (reader.next()) {
    rows.emplace_back(reader.fields().begin(), reader.fields().end());
  }
  return rows;
}

template <class T = double>
std::vector<T> numbers_of(const std::string& text, const eg::CsvOptions& options = {}) {
  return eg::to_vector(eg::detail::parse_csv<T>(text, "t.csv", options));
}

class CommaPoint : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
};

}  // namespace

TEST_CASE("csv reader: RFC 4180 quotes and line ends", "[io][csv]") {
  CHECK(rows_of("a,b\n1,2\n") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(rows_of("a,b\r\n1,2") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(rows_of("a,b\r1,2\r") == Rows{{"a", "b"}, {"1", "2"}});
  CHECK(rows_of("\"a,b\",\"c\"\"d\"\n") == Rows{{"a,b", "c\"d"}});
  CHECK(rows_of("\"two\r\nlines\",x\r\n3,4") == Rows{{"two\r\nlines", "x"}, {"3", "4"}});
  CHECK(rows_of("\"\"\"\",\"\"\n") == Rows{{"\"", ""}});
  CHECK(rows_of(",\n,,\n") == Rows{{"", ""}, {"", "", ""}});
  CHECK(rows_of("\xef\xbb\xbf"
                "a\n1\n") == Rows{{"a"}, {"1"}});
  CHECK(rows_of("a\n\n\r\n  \n1\n\n") == Rows{{"a"}, {"1"}});
  CHECK(rows_of("\"\"\n") == Rows{{""}});
  CHECK(rows_of(" a b , \" c \" \t,d\t\n") == Rows{{"a b", " c ", "d"}});
  CHECK(rows_of("a\t b\t\n", '\t') == Rows{{"a", "b", ""}});
  CHECK(rows_of("1;2\n", ';') == Rows{{"1", "2"}});
}

TEST_CASE("csv reader: lines are counted through quotes and empty lines", "[io][csv]") {
  eg::detail::CsvReader reader("read_csv", "t.csv", "a\r\n\n\"x\ny\r\nz\"\r\rlast", ',');
  std::vector<Index> lines;
  while (reader.next()) {
    lines.push_back(reader.line());
  }
  CHECK(lines == std::vector<Index>{1, 3, 7});
}

TEST_CASE("csv reader: what it refuses", "[io][csv]") {
  CHECK_THROWS_TEXT(rows_of(""), eg::FileError, "read_csv: t.csv: the file is empty");
  CHECK_THROWS_TEXT(rows_of("\xef\xbb\xbf"), eg::FileError, "read_csv: t.csv: the file is empty");
  CHECK_THROWS_TEXT(rows_of("\xff\xfe"
                            "1"),
                    eg::FileError, "read_csv: t.csv: is UTF-16 text; save it as UTF-8");
  CHECK_THROWS_TEXT(rows_of("1\n2,\"3\n4"), eg::FileError,
                    "read_csv: t.csv: line 2: a quote that is not closed");
  CHECK_THROWS_TEXT(rows_of("1\n2,a\"b\n"), eg::FileError,
                    "read_csv: t.csv: line 2: a quote inside a field that does not begin with one");
  CHECK_THROWS_TEXT(rows_of("\"a\"b\n"), eg::FileError,
                    "read_csv: t.csv: line 1: text after a closing quote");
  CHECK_THROWS_TEXT(rows_of("1", '"'), eg::ValueError, "read_csv: not a delimiter: character 34");
  CHECK_THROWS_TEXT(rows_of("1", '5'), eg::ValueError, "read_csv: not a delimiter: character 53");
}

TEST_CASE("csv: numbers in every spelling", "[io][csv]") {
  CHECK(numbers_of("1,-2,+3, 4 ,5.\n.5,1e2,-1.5E-2,+.25,\"6\"\n") ==
        std::vector<double>{1, -2, 3, 4, 5, 0.5, 100, -0.015, 0.25, 6});
  CHECK(numbers_of("0.1,2.2250738585072014e-308,1.7976931348623157e308") ==
        std::vector<double>{0.1, 0x1p-1022, std::numeric_limits<double>::max()});
  // Halfway between two doubles: to even. The long form is 2^53 + 1.
  CHECK(numbers_of("9007199254740993,4.9406564584124654e-324") ==
        std::vector<double>{9007199254740992.0, 0x1p-1074});
  const std::vector<double> tiny = numbers_of("1e-400,-1e-400,0." + std::string(400, '0') + "1");
  CHECK(tiny == std::vector<double>{0, 0, 0});
  CHECK(std::signbit(tiny[1]));
  CHECK(numbers_of<float>("0.1,1e-60") == std::vector<float>{0.1F, 0.0F});
  CHECK(numbers_of<std::int64_t>("9223372036854775807,-3,+4,5.0,1e3") ==
        std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::max(), -3, 4, 5, 1000});
}

TEST_CASE("csv: the locale does not matter", "[io][csv]") {
  const std::locale before = std::locale::global(std::locale(std::locale(), new CommaPoint));
  CHECK(numbers_of("1.5") == std::vector<double>{1.5});
  const ScratchFolder folder;
  eg::save_csv(folder / "t.csv", eg::tensor<double>({1.5}));
  std::locale::global(before);
  CHECK(eg::read_file(folder / "t.csv") == "1.5\n");
}

TEST_CASE("csv: a header is found, demanded or denied", "[io][csv]") {
  CHECK(numbers_of("a,b\n1,2\n") == std::vector<double>{1, 2});
  CHECK(numbers_of("1,2\n3,4\n") == std::vector<double>{1, 2, 3, 4});
  CHECK(numbers_of("1,2\n3,4\n", {.header = eg::CsvHeader::present}) == std::vector<double>{3, 4});
  CHECK(numbers_of(",b\n1,2\n") == std::vector<double>{1, 2});
  CHECK_THROWS_TEXT(numbers_of("a,b\n1,2\n", {.header = eg::CsvHeader::absent}), eg::FileError,
                    "load_csv: t.csv: line 1, column 1: 'a' is not a number");
  // One number in the first row: it is data.
  CHECK_THROWS_TEXT(numbers_of("a,2\n1,2\n"), eg::FileError,
                    "load_csv: t.csv: line 1, column 1: 'a' is not a number");
  CHECK_THROWS_TEXT(numbers_of("nan,2\n"), eg::FileError,
                    "load_csv: t.csv: line 1, column 1: 'nan' is not finite");
}

TEST_CASE("csv: missing and infinite values pass only where the options say", "[io][csv]") {
  const auto nan = numbers_of("1,\n2,NA\n3,?\n4,nan\n", {.missing = eg::CsvMissing::nan});
  CHECK(nan[0] == 1);
  for (const std::size_t i : {1U, 3U, 5U, 7U}) {
    CHECK(std::isnan(nan[i]));
  }
  const auto spelled = numbers_of("1,inf,-Infinity,NaN,+inf\n", {.allow_non_finite = true});
  CHECK(spelled[1] == std::numeric_limits<double>::infinity());
  CHECK(spelled[2] == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(spelled[3]));
  CHECK(spelled[4] == std::numeric_limits<double>::infinity());
  CHECK_THROWS_TEXT(numbers_of("1,inf\n", {.missing = eg::CsvMissing::nan}), eg::FileError,
                    "load_csv: t.csv: line 1, column 2: 'inf' is not finite");
  CHECK_THROWS_TEXT(numbers_of("1,\n", {.allow_non_finite = true}), eg::FileError,
                    "load_csv: t.csv: line 1, column 2: an empty field is a missing value");
}

TEST_CASE("csv: a bad field is named by line, column and text", "[io][csv]") {
  const std::string head = "height,weight,age\n1,2,3\n\n\"4\",5,";
  CHECK_THROWS_TEXT(numbers_of(head + "abc\n"), eg::FileError,
                    "load_csv: t.csv: line 4, column 'age' (3): 'abc' is not a number");
  CHECK_THROWS_TEXT(numbers_of(head + "\n"), eg::FileError,
                    "load_csv: t.csv: line 4, column 'age' (3): an empty field is a missing value");
  CHECK_THROWS_TEXT(numbers_of(head + "N/A\n"), eg::FileError,
                    "load_csv: t.csv: line 4, column 'age' (3): 'N/A' is a missing value");
  CHECK_THROWS_TEXT(numbers_of(head + "NaN\n"), eg::FileError,
                    "load_csv: t.csv: line 4, column 'age' (3): 'NaN' is not finite");
  CHECK_THROWS_TEXT(
      numbers_of(head + "-1e309\n"), eg::FileError,
      "load_csv: t.csv: line 4, column 'age' (3): '-1e309' is outside the range of float64");
  CHECK_THROWS_TEXT(
      numbers_of<float>(head + "1e39\n"), eg::FileError,
      "load_csv: t.csv: line 4, column 'age' (3): '1e39' is outside the range of float32");
  CHECK_THROWS_TEXT(numbers_of<std::int64_t>(head + "1.5\n"), eg::FileError,
                    "load_csv: t.csv: line 4, column 'age' (3): '1.5' is not an integer");
  CHECK_THROWS_TEXT(
      numbers_of<std::int32_t>(head + "3000000000\n"), eg::FileError,
      "load_csv: t.csv: line 4, column 'age' (3): '3000000000' is outside the range of int32");
  for (const std::string bad : {"1.5x", "0x10", "1 2", "+-1", "++1", "--1", "1e", "e5", ".", "+"}) {
    INFO(bad);
    CHECK_THROWS_TEXT(numbers_of(head + bad), eg::FileError,
                      "load_csv: t.csv: line 4, column 'age' (3): '" + bad + "' is not a number");
  }
  CHECK_THROWS_TEXT(
      numbers_of("a\n" + std::string(50, 'x') + "\n"), eg::FileError,
      "load_csv: t.csv: line 2, column 'a' (1): '" + std::string(40, 'x') + "...' is not a number");
  CHECK_THROWS_TEXT(numbers_of("a\n\"b\nc\x01\"\n"), eg::FileError,
                    "load_csv: t.csv: line 2, column 'a' (1): 'b?c?' is not a number");
}

TEST_CASE("csv: ragged and empty files are refused", "[io][csv]") {
  CHECK_THROWS_TEXT(numbers_of("a,b\n1,2\n3\n"), eg::FileError,
                    "load_csv: t.csv: line 3: 1 field, expected 2 as in line 1");
  CHECK_THROWS_TEXT(numbers_of("\n1,2\n3,4,5\n"), eg::FileError,
                    "load_csv: t.csv: line 3: 3 fields, expected 2 as in line 2");
  CHECK_THROWS_TEXT(numbers_of("a,b\n"), eg::FileError,
                    "load_csv: t.csv: no rows of data below the header");
  CHECK_THROWS_TEXT(numbers_of("\n \n"), eg::FileError,
                    "load_csv: t.csv: the file holds empty lines only");
  try {
    static_cast<void>(numbers_of("a,b\n1,2\n3\n"));
    FAIL("accepted a ragged row");
  } catch (const eg::FileError& error) {
    CHECK(error.op() == "load_csv");
    CHECK(error.file() == "t.csv");
    CHECK(error.offset() == 3);
  }
}

TEST_CASE("csv: files in and out", "[io][csv]") {
  const ScratchFolder folder;
  const std::string path = folder / "t.csv";
  CHECK_THROWS_TEXT(eg::load_csv<double>(path), eg::FileError,
                    "load_csv: " + path + ": cannot open: No such file or directory");
  CHECK_THROWS_TEXT(eg::read_csv(path), eg::FileError,
                    "read_csv: " + path + ": cannot open: No such file or directory");
  const auto x = eg::tensor<double>({{0.1, -1e300, 0x1p-1074}, {1.0 / 3.0, 0.0, 5e22}});
  eg::save_csv(path, x, {"a", "b c", "d,\"e\""});
  CHECK(eg::read_file(path).substr(0, 20) == "a,b c,\"d,\"\"e\"\"\"\n0.1,");
  CHECK(eg::equal(eg::load_csv<double>(path), x));
  CHECK(eg::read_csv(path).column_names == std::vector<std::string>{"a", "b c", "d,\"e\""});

  const auto f = eg::tensor<float>({0.1F, 16777216.0F});
  eg::save_csv(path, f);
  CHECK(eg::read_file(path) == "0.1\n16777216\n");
  CHECK(eg::equal(eg::load_csv<float>(path), eg::tensor<float>({{0.1F}, {16777216.0F}})));
  eg::save_csv(path, eg::tensor<std::int64_t>({{1, -2}, {3, 4}}), {}, ';');
  CHECK(eg::read_file(path) == "1;-2\n3;4\n");

  const eg::CsvTable table{{"name", "note"}, {{" blank ", ""}, {"a,b", "x\ny"}, {"q\"q", "z"}}};
  eg::write_csv(path, table);
  const eg::CsvTable back = eg::read_csv(path);
  CHECK(back.column_names == table.column_names);
  CHECK(back.rows == table.rows);
  eg::write_csv(path, {{}, {{"1"}, {"2"}}});
  CHECK(eg::read_file(path) == "1\n2\n");
}

TEST_CASE("csv: what the writers refuse leaves the old file", "[io][csv]") {
  const ScratchFolder folder;
  const std::string path = folder / "t.csv";
  eg::write_file(path, "old");
  CHECK_THROWS_TEXT(eg::save_csv(path, eg::scalar<double>(1)), eg::ShapeError,
                    "save_csv: expected (rows, columns) or (rows,), got ()");
  CHECK_THROWS_TEXT(eg::save_csv(path, eg::tensor<double>({1, 2}), {"a", "b"}), eg::ValueError,
                    "save_csv: column_names has 2 names for 1 columns");
  CHECK_THROWS_TEXT(eg::write_csv(path, {{"a", "b"}, {{"1", "2"}, {"3"}}}), eg::ValueError,
                    "write_csv: row 1 has 1 fields, expected 2");
  CHECK(eg::read_file(path) == "old");
  CHECK(folder.files() == std::vector<std::string>{"t.csv"});
}

TEST_CASE("csv: any text is read or refused", "[io][csv]") {
  // All texts of six characters out of those that mean something.
  const std::string alphabet = "1,\"\n\r a";
  int accepted = 0;
  int refused = 0;
  for (int code = 0; code < 7 * 7 * 7 * 7 * 7 * 7; ++code) {
    std::string text;
    for (int rest = code, i = 0; i < 6; ++i, rest /= 7) {
      text += alphabet[static_cast<std::size_t>(rest % 7)];
    }
    try {
      const std::vector<double> values = numbers_of(text);
      ++accepted;
      for (const double value : values) {
        REQUIRE(value >= 1.0);
      }
    } catch (const eg::FileError&) {
      ++refused;
    }
  }
  CHECK(accepted > 1000);
  CHECK(refused > 1000);
}
