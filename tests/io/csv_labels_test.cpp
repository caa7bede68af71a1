#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/csv_labels.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

using Names = std::vector<std::string>;

eg::LabelledCsv<double> parse(const std::string& text, const eg::CsvLabelOptions& options = {},
                              const eg::CsvOptions& csv = {}) {
  return eg::detail::parse_csv_labelled<double>(text, "t.csv", options, csv);
}

}  // namespace

TEST_CASE("csv labels: text classes are sorted and numbered", "[io][csv]") {
  const auto data = parse("length,width,species\n1,2,virginica\n3,4,setosa\n5,6,\"virginica\"\n");
  CHECK(eg::equal(data.x, eg::tensor<double>({{1, 2}, {3, 4}, {5, 6}})));
  CHECK(eg::equal(data.y, eg::tensor<std::int64_t>({1, 0, 1})));
  CHECK(data.class_names == Names{"setosa", "virginica"});
  CHECK(data.feature_names == Names{"length", "width"});
  CHECK(data.label_name == "species");
  CHECK_FALSE(data.label_values.defined());
}

TEST_CASE("csv labels: numbers are classes by value and keep their values", "[io][csv]") {
  const auto data = parse("0.5,10\n1,-2\n2,1e1\n3,+9.0\n");
  CHECK(eg::equal(data.y, eg::tensor<std::int64_t>({2, 0, 2, 1})));
  CHECK(data.class_names == Names{"-2", "9", "10"});
  CHECK(eg::equal(data.label_values, eg::tensor<double>({10, -2, 10, 9})));
  CHECK(data.feature_names.empty());
  CHECK(data.label_name.empty());
}

TEST_CASE("csv labels: one text label makes all of them text", "[io][csv]") {
  const auto data = parse("1,10\n2,9\n3,NA\n");
  CHECK(data.class_names == Names{"10", "9", "NA"});
  CHECK_FALSE(data.label_values.defined());
}

TEST_CASE("csv labels: targets of a regression", "[io][csv]") {
  const auto data = parse("a,b\n1,2.5\n2,-3\n", {.labels = eg::CsvLabels::numbers});
  CHECK(eg::equal(data.label_values, eg::tensor<double>({2.5, -3})));
  CHECK_FALSE(data.y.defined());
  CHECK(data.class_names.empty());
  CHECK_THROWS_TEXT(parse("a,b\n1,2.5\n2,high\n", {.labels = eg::CsvLabels::numbers}),
                    eg::FileError,
                    "load_csv_labelled: t.csv: line 3, column 'b' (2): 'high' is not a number");
}

TEST_CASE("csv labels: the label column by position and by name", "[io][csv]") {
  const std::string text = "a,b,c\n1,2,3\n4,5,6\n";
  const auto first = parse(text, {.label_column = 0});
  CHECK(eg::equal(first.label_values, eg::tensor<double>({1, 4})));
  CHECK(first.feature_names == Names{"b", "c"});
  const auto middle = parse(text, {.label_name = "b"});
  CHECK(eg::equal(middle.x, eg::tensor<double>({{1, 3}, {4, 6}})));
  CHECK(middle.label_name == "b");
  CHECK(parse(text, {.label_column = -2}).label_name == "b");
  CHECK_THROWS_TEXT(parse(text, {.label_column = 3}), eg::FileError,
                    "load_csv_labelled: t.csv: label_column 3 is outside [-3, 3)");
  CHECK_THROWS_TEXT(parse(text, {.label_column = -4}), eg::FileError,
                    "load_csv_labelled: t.csv: label_column -4 is outside [-3, 3)");
  CHECK_THROWS_TEXT(parse(text, {.label_name = "d"}), eg::FileError,
                    "load_csv_labelled: t.csv: no column is called 'd'");
}

TEST_CASE("csv labels: what they refuse", "[io][csv]") {
  CHECK_THROWS_TEXT(parse("a,b\n1,x\n2,\n"), eg::FileError,
                    "load_csv_labelled: t.csv: line 3, column 'b' (2): an empty field is no label");
  CHECK_THROWS_TEXT(parse("a,b\n1,1\n2,nan\n"), eg::FileError,
                    "load_csv_labelled: t.csv: line 3, column 'b' (2): 'nan' is no label");
  CHECK_THROWS_TEXT(parse("a,b\n1,x\nabc,y\n"), eg::FileError,
                    "load_csv_labelled: t.csv: line 3, column 'a' (1): 'abc' is not a number");
  CHECK_THROWS_TEXT(parse("1\n2\n"), eg::FileError,
                    "load_csv_labelled: t.csv: line 1: 1 column, expected features and a label");
  CHECK_THROWS_TEXT(parse("a;b\n1;2\n"), eg::FileError,
                    "load_csv_labelled: t.csv: line 2: 1 column, expected features and a label; "
                    "is the delimiter ';'?");
}

TEST_CASE("csv labels: from a file, with the options of load_csv", "[io][csv]") {
  const ScratchFolder folder;
  const std::string path = folder / "t.csv";
  eg::write_file(path, "1;2;a\n3;4;b\n");
  const auto data = eg::load_csv_labelled<float>(path, {}, {.delimiter = ';'});
  CHECK(eg::equal(data.x, eg::tensor<float>({{1, 2}, {3, 4}})));
  CHECK(data.class_names == Names{"a", "b"});
  CHECK_THROWS_TEXT(eg::load_csv_labelled<float>(path + "x"), eg::FileError,
                    "load_csv_labelled: " + path + "x: cannot open: No such file or directory");
}
