// What a schema learns of a table, and what it refuses.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/byte_source.hpp>
#include <eigengrad/io/csv_learn.hpp>
#include <eigengrad/io/file.hpp>

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::CsvFill;
using eg::CsvType;
using Names = std::vector<std::string>;

namespace {

eg::CsvSchema learn(const std::string& text, const eg::CsvTableOptions& options = {}) {
  const eg::detail::ByteSource source("csv_schema", "t.csv", std::as_bytes(std::span(text)));
  return eg::detail::learn_csv_schema(source, options);
}

/// What fills the gaps of the first column.
double fill_of(const std::string& text, CsvFill missing) {
  return learn(text, {.missing = missing}).columns[0].fill_value;
}

}  // namespace

TEST_CASE("csv schema: types are found, categories sorted", "[io][csv]") {
  const auto schema = learn("age,color,note\n1,red,x\n-2e3,Blue,\"a,b\"\n3,red,x\n");
  REQUIRE(schema.columns.size() == 3);
  CHECK(schema.columns[0].type == CsvType::number);
  CHECK(schema.columns[1].type == CsvType::category);
  CHECK(schema.columns[1].categories == Names{"Blue", "red"});
  CHECK(schema.columns[2].categories == Names{"a,b", "x"});
  CHECK(schema.columns[2].position == 2);
  CHECK(schema.features() == 5);
  CHECK(schema.feature_names() == Names{"age", "color=Blue", "color=red", "note=a,b", "note=x"});
  CHECK_FALSE(schema.target.has_value());
}

TEST_CASE("csv schema: types are declared, columns chosen by name", "[io][csv]") {
  const std::string text = "zip,n,id\n01234,1,r1\n1234,2,r2\n9,3,r3\n10,4,r4\n";
  const auto schema = learn(text, {.usecols = {"n", "zip"}, .dtype = {{"zip", CsvType::category}}});
  CHECK(schema.feature_names() == Names{"zip=01234", "zip=10", "zip=1234", "zip=9", "n"});
  const auto bare = learn("1,a\n2,b\n", {.header = eg::CsvHeader::absent, .usecols = {"1"}});
  CHECK_FALSE(bare.has_header);
  CHECK(bare.feature_names() == Names{"1=a", "1=b"});
  CHECK_THROWS_TEXT(learn("a\nx\n", {.dtype = {{"a", CsvType::number}}}), eg::FileError,
                    "csv_schema: t.csv: line 2, column 'a' (1): 'x' is not a number");
}

TEST_CASE("csv schema: a column of both kinds is refused unless it is declared", "[io][csv]") {
  CHECK_THROWS_TEXT(learn("a,b\n1,1\n2,red\n"), eg::FileError,
                    "csv_schema: t.csv: line 3, column 'b' (2): 'red' is not a number, the values "
                    "above it are; declare the dtype, or na_values");
  CHECK_THROWS_TEXT(learn("a,b\n1,red\n2,7\n"), eg::FileError,
                    "csv_schema: t.csv: line 3, column 'b' (2): '7' is a number, the values above "
                    "it are text; declare the dtype");
  CHECK(learn("a,b\n1,1\n2,red\n", {.dtype = {{"b", CsvType::category}}}).features() == 3);
  CHECK_THROWS_TEXT(learn("a\n1\ninf\n"), eg::FileError,
                    "csv_schema: t.csv: line 3, column 'a' (1): 'inf' is not finite");
  CHECK(learn("a\n1\ninf\n", {.allow_non_finite = true}).features() == 1);
}

TEST_CASE("csv schema: what counts as missing", "[io][csv]") {
  const std::string gaps = "NA,n/a,#N/A,<NA>,NaN,-nan,NULL,None,?,\n";
  for (const CsvFill missing : {CsvFill::keep, CsvFill::constant}) {
    const auto schema = learn(gaps + "1,2,3,4,5,6,7,8,9,10\n",
                              {.header = eg::CsvHeader::absent, .missing = missing});
    CHECK(schema.features() == 10);
  }
  CHECK_THROWS_TEXT(learn("a\n1\nNaN\n"), eg::FileError,
                    "csv_schema: t.csv: line 3, column 'a' (1): 'NaN' is a missing value");
  CHECK_THROWS_TEXT(learn("a,b\n1,x\n2,\n"), eg::FileError,
                    "csv_schema: t.csv: line 3, column 'b' (2): an empty field is a missing value");
  // As they are written, and in addition.
  const eg::CsvTableOptions more{.na_values = {"-", "-999"}, .missing = CsvFill::mean};
  CHECK(learn("a\n1\n-\n3\n-999\nNA\n", more).columns[0].fill_value == 2);
  // None but those.
  const auto own = learn("a\nnone\n-\nNA\n",
                         {.na_values = {"-"}, .keep_default_na = false, .missing = CsvFill::keep});
  CHECK(own.columns[0].categories == Names{"NA", "none"});
}

TEST_CASE("csv schema: what fills the gaps of numbers", "[io][csv]") {
  const std::string text = "a\n4\nNA\n1\n1\n4\n10\n";
  CHECK(fill_of(text, CsvFill::mean) == 4);
  CHECK(fill_of(text, CsvFill::median) == 4);
  CHECK(fill_of("a\n4\n1\nNA\n10\n2\n", CsvFill::median) == 3);
  CHECK(fill_of(text, CsvFill::most_frequent) == 1);  // the smaller of two
  CHECK(std::isnan(fill_of(text, CsvFill::keep)));
  CHECK(learn(text, {.missing = CsvFill::constant, .fill_value = -1}).columns[0].fill_value == -1);
  // A sum that cancels: 2^53 + 1 + 1 - 2^53, of which plain addition loses both ones.
  CHECK(fill_of("a\n9007199254740992\n1\n1\n-9007199254740992\nNA\n", CsvFill::mean) == 0.5);
  const eg::CsvTableOptions infinite{.allow_non_finite = true, .missing = CsvFill::mean};
  CHECK(learn("a\n1\ninf\n", infinite).columns[0].fill_value ==
        std::numeric_limits<double>::infinity());
  CHECK_THROWS_TEXT(learn("a,b\n1,\n2,NA\n", {.missing = CsvFill::mean}), eg::FileError,
                    "csv_schema: t.csv: column 'b' (2) has no value to fill its gaps with");
}

TEST_CASE("csv schema: what fills the gaps of categories", "[io][csv]") {
  const std::string text = "a\nx\nNA\ny\ny\nx\nz\n";
  for (const CsvFill missing : {CsvFill::mean, CsvFill::median, CsvFill::most_frequent}) {
    CHECK(learn(text, {.missing = missing}).columns[0].fill_category == "x");  // the first of two
  }
  CHECK(learn(text, {.missing = CsvFill::constant}).columns[0].categories ==
        Names{"missing", "x", "y", "z"});
  CHECK(learn("a\nx\n", {.missing = CsvFill::constant}).columns[0].categories == Names{"x"});
  CHECK(learn(text, {.missing = CsvFill::keep}).columns[0].categories == Names{"x", "y", "z"});
  CHECK_THROWS_TEXT(
      learn("a,b\n1,\n", {.dtype = {{"b", CsvType::category}}, .missing = CsvFill::most_frequent}),
      eg::FileError, "csv_schema: t.csv: column 'b' (2) has no value to fill its gaps with");
}

TEST_CASE("csv schema: a row that is dropped counts for nothing", "[io][csv]") {
  const auto schema =
      learn("a,b,c\n1,x,0\n2,only here,\nNA,y,1\n3,y,2\n", {.missing = CsvFill::drop_row});
  CHECK(schema.columns[1].categories == Names{"x", "y"});
  CHECK_THROWS_TEXT(learn("a,b\n1,\n,x\n", {.missing = CsvFill::drop_row}), eg::FileError,
                    "csv_schema: t.csv: every row has a missing value");
}

TEST_CASE("csv schema: classes of the target", "[io][csv]") {
  const std::string text = "a,y\n1,10\n2,9.0\n3,9\n4,-0\n";
  const auto numeric = learn(text, {.target = "y"});
  CHECK(numeric.target->categories == Names{"0", "9", "10"});
  CHECK(numeric.numeric_classes);
  CHECK(numeric.target->position == 1);
  CHECK(numeric.feature_names() == Names{"a"});
  const auto text_classes = learn("y,a\n10,1\n9,2\nhigh,3\n", {.target_column = 0});
  CHECK(text_classes.target->categories == Names{"10", "9", "high"});
  CHECK_FALSE(text_classes.numeric_classes);
  CHECK(learn(text, {.target_column = -1, .labels = eg::CsvLabels::numbers})
            .target->categories.empty());
  CHECK_THROWS_TEXT(learn("a,y\n1,x\n2,NA\n", {.target = "y", .missing = CsvFill::mean}),
                    eg::FileError, "csv_schema: t.csv: line 3, column 'y' (2): 'NA' is no label");
  CHECK_THROWS_TEXT(learn("a,y\n1,x\n2,inf\n", {.target = "y"}), eg::FileError,
                    "csv_schema: t.csv: line 3, column 'y' (2): 'inf' is no label");
}

TEST_CASE("csv schema: without its target", "[io][csv]") {
  const auto bare = learn("1,a,2\n3,b,4\n", {.header = eg::CsvHeader::absent, .target_column = 1});
  CHECK(bare.columns[1].position == 2);
  const auto unlabelled = bare.without_target();
  CHECK_FALSE(unlabelled.target.has_value());
  CHECK(unlabelled.file_columns == 2);
  CHECK(unlabelled.columns[0].position == 0);
  CHECK(unlabelled.columns[1].position == 1);
  CHECK(unlabelled.feature_names() == Names{"0", "2"});
}

TEST_CASE("csv schema: columns that are not there or not to be told apart", "[io][csv]") {
  const std::string text = "a,b,a\n1,2,3\n";
  CHECK_THROWS_TEXT(learn(text), eg::FileError, "csv_schema: t.csv: two columns are called 'a'");
  CHECK(learn(text, {.usecols = {"b"}}).features() == 1);
  CHECK_THROWS_TEXT(learn(text, {.usecols = {"c"}}), eg::FileError,
                    "csv_schema: t.csv: no column is called 'c'");
  CHECK_THROWS_TEXT(learn(text, {.usecols = {"b"}, .dtype = {{"c", CsvType::number}}}),
                    eg::FileError, "csv_schema: t.csv: no column is called 'c'");
  CHECK_THROWS_TEXT(learn(text, {.target = "c"}), eg::FileError,
                    "csv_schema: t.csv: no column is called 'c'");
  CHECK_THROWS_TEXT(learn(text, {.target_column = 3}), eg::FileError,
                    "csv_schema: t.csv: target_column 3 is outside [-3, 3)");
  CHECK_THROWS_TEXT(learn(text, {.usecols = {"b"}, .target = "b"}), eg::FileError,
                    "csv_schema: t.csv: no column is left for features");
  CHECK_THROWS_TEXT(learn("a;b\n1;2\n", {.target_column = -1}), eg::FileError,
                    "csv_schema: t.csv: no column is left for features; is the delimiter ';'?");
  CHECK_THROWS_TEXT(learn("a,y\n1,2\n", {.dtype = {{"y", CsvType::category}}, .target = "y"}),
                    eg::ValueError, "csv_schema: 'y' is the target, its type is in labels");
}

TEST_CASE("csv schema: a column that names the rows is refused", "[io][csv]") {
  std::string text = "id,a\n";
  for (int i = 0; i < 12; ++i) {
    text += "row" + std::to_string(i) + ",1\n";
  }
  CHECK(learn(text, {.category_limit = 12}).features() == 13);
  CHECK_THROWS_TEXT(
      learn(text, {.category_limit = 11}), eg::FileError,
      "csv_schema: t.csv: line 13, column 'id' (1): 'row11' is one category more than "
      "11; leave the column out (usecols), or raise category_limit");
}

TEST_CASE("csv schema: of a file", "[io][csv]") {
  const ScratchFolder folder;
  const std::string path = folder / "t.csv";
  CHECK_THROWS_TEXT(eg::csv_schema(path), eg::FileError,
                    "csv_schema: " + path + ": cannot open: No such file or directory");
  eg::write_file(path, "a;b\n1;x\n");
  CHECK(eg::csv_schema(path, {.delimiter = ';'}).feature_names() == Names{"a", "b=x"});
}
