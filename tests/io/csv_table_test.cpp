// Tables with columns of text against pandas's and scikit-learn's, and what the reader refuses.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/io/csv_table.hpp>
#include <eigengrad/io/file.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace eg = eigengrad;
using eg::CsvFill;
using eg::CsvType;
using Names = std::vector<std::string>;

namespace {

const std::string reference_folder = EIGENGRAD_TEST_DATA_DIR "/csv/";

/// A folder with one file, which is learnt from and read.
struct OneFile {
  ScratchFolder folder;
  std::string path = folder / "t.csv";
  explicit OneFile(const std::string& text) { eg::write_file(path, text); }
  [[nodiscard]] eg::CsvSchema schema(const eg::CsvTableOptions& options = {}) const {
    return eg::csv_schema(path, options);
  }
  [[nodiscard]] eg::LabelledCsv<double> load(const eg::CsvSchema& schema) const {
    return eg::load_csv_table<double>(path, schema);
  }
};

void check_values(const eg::Tensor<double>& found, const reference::Values& expected) {
  REQUIRE(found.shape() == expected.shape);
  const std::vector<double> values = eg::to_vector(found);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Means are sums of 50 numbers, rounded in another order.
    wrong += reference::close(values[i], expected.values[i], 1e-15, 0) ? 0 : 1;
  }
  CHECK(wrong == 0);
}

void check_labels(const eg::Tensor<std::int64_t>& found, const reference::Values& expected) {
  CHECK(eg::equal(found, expected.tensor<std::int64_t>()));
}

}  // namespace

TEST_CASE("csv table: equals what pandas and scikit-learn make of it", "[io][csv]") {
  const std::vector<std::pair<std::string, CsvFill>> policies{
      {"drop_row", CsvFill::drop_row},
      {"keep", CsvFill::keep},
      {"mean", CsvFill::mean},
      {"median", CsvFill::median},
      {"most_frequent", CsvFill::most_frequent},
      {"constant", CsvFill::constant}};
  std::ifstream in(reference_folder + "expected.txt");
  std::size_t compared = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    const std::vector<std::string> fields = reference::split(line, '|');
    REQUIRE(fields.size() == 6);
    REQUIRE(fields[0] == policies[compared].first);
    INFO(fields[0]);
    const auto schema =
        eg::csv_schema(reference_folder + "train.csv", {.dtype = {{"zip", CsvType::category}},
                                                        .target = "kind",
                                                        .missing = policies[compared].second,
                                                        .fill_value = -1,
                                                        .handle_unknown = eg::CsvUnknown::ignore});
    const auto train = eg::load_csv_table<double>(reference_folder + "train.csv", schema);
    const auto test = eg::load_csv_table<double>(reference_folder + "test.csv", schema);
    CHECK(train.feature_names == reference::split(fields[1], ';'));
    CHECK(test.feature_names == train.feature_names);
    check_values(train.x, reference::parse_values(fields[2]));
    check_values(test.x, reference::parse_values(fields[3]));
    check_labels(train.y, reference::parse_values(fields[4]));
    check_labels(test.y, reference::parse_values(fields[5]));
    CHECK(train.class_names == Names{"no", "perhaps", "yes"});
    CHECK(train.label_name == "kind");
    ++compared;
  }
  CHECK(compared == policies.size());
}

TEST_CASE("csv table: some rows at a time, by pieces of any size", "[io][csv]") {
  const std::string path = reference_folder + "train.csv";
  const auto schema = eg::csv_schema(
      path,
      {.dtype = {{"zip", CsvType::category}}, .target = "kind", .missing = CsvFill::drop_row});
  const auto whole = eg::load_csv_table<float>(path, schema);
  const eg::Index rows = whole.x.shape()[0];
  for (const eg::Index limit : {1, 7, 37, 1000}) {
    for (const eg::Index bytes : {1, 13, 1 << 18}) {
      const eg::detail::InputFile file("test", path);
      const eg::detail::ByteSource source("test", path, file);
      eg::detail::CsvEncoder<float> encoder(source, schema, {.bytes = bytes});
      std::vector<float> x;
      std::vector<std::int64_t> y;
      while (const auto part = encoder.next(limit)) {
        CHECK(part->x.shape()[0] == std::min(limit, rows - static_cast<eg::Index>(y.size())));
        x.insert(x.end(), part->x.values().begin(), part->x.values().end());
        y.insert(y.end(), part->y.values().begin(), part->y.values().end());
      }
      CHECK(x == eg::to_vector(whole.x));
      CHECK(y == eg::to_vector(whole.y));
      CHECK_FALSE(encoder.next(limit).has_value());
    }
  }
  eg::CsvTableReader<float> reader(path, schema);
  const auto first = reader.next(5);
  REQUIRE(first.has_value());
  CHECK(first->x.shape() == eg::Shape{5, schema.features()});
  CHECK(first->feature_names == whole.feature_names);
  CHECK_THROWS_TEXT(reader.next(0), eg::ValueError, "CsvTableReader: limit is not positive: 0");
}

TEST_CASE("csv table: a second file may order its columns otherwise and have more", "[io][csv]") {
  const OneFile train("n,color,y\n1,red,0\n2,blue,1\n");
  const auto schema = train.schema({.target = "y"});
  const OneFile test("id,y,color,n\nr1,1,red,5\nr2,0,blue,6\n");
  const auto data = test.load(schema);
  CHECK(eg::equal(data.x, eg::tensor<double>({{5, 0, 1}, {6, 1, 0}})));
  CHECK(eg::equal(data.y, eg::tensor<std::int64_t>({1, 0})));
  CHECK(eg::equal(data.label_values, eg::tensor<double>({1, 0})));
  const OneFile unlabelled("color,n\nred,7\n");
  const auto x = unlabelled.load(schema.without_target());
  CHECK(eg::equal(x.x, eg::tensor<double>({{7, 0, 1}})));
  CHECK_FALSE(x.y.defined());
  CHECK(x.label_name.empty());
  CHECK_THROWS_TEXT(unlabelled.load(schema), eg::FileError,
                    "load_csv_table: " + unlabelled.path + ": no column is called 'y'");
}

TEST_CASE("csv table: files without a header go by position", "[io][csv]") {
  const OneFile train("1,a,red\n2,b,blue\n");
  const auto schema = train.schema({.header = eg::CsvHeader::absent, .target_column = 1});
  const auto data = train.load(schema);
  CHECK(eg::equal(data.x, eg::tensor<double>({{1, 0, 1}, {2, 1, 0}})));
  CHECK(data.class_names == Names{"a", "b"});
  const OneFile unlabelled("3,red\n");
  CHECK(eg::equal(unlabelled.load(schema.without_target()).x, eg::tensor<double>({{3, 0, 1}})));
  CHECK_THROWS_TEXT(unlabelled.load(schema), eg::FileError,
                    "load_csv_table: " + unlabelled.path + ": 2 columns, the schema's file has 3");
}

TEST_CASE("csv table: categories and classes that the schema does not know", "[io][csv]") {
  const OneFile train("color,y\nred,a\nblue,b\n");
  const OneFile test("color,y\nred,a\ngreen,b\n");
  const std::string where = "load_csv_table: " + test.path + ": line 3, column 'color' (1): ";
  CHECK_THROWS_TEXT(test.load(train.schema({.target = "y"})), eg::FileError,
                    where + "'green' is none of the 2 categories");
  const auto ignored =
      test.load(train.schema({.target = "y", .handle_unknown = eg::CsvUnknown::ignore}));
  CHECK(eg::equal(ignored.x, eg::tensor<double>({{0, 1}, {0, 0}})));
  const OneFile classes("color,y\nred,c\n");
  CHECK_THROWS_TEXT(
      classes.load(train.schema({.target = "y", .handle_unknown = eg::CsvUnknown::ignore})),
      eg::FileError,
      "load_csv_table: " + classes.path + ": line 2, column 'y' (2): 'c' is none of the 2 classes");
  const OneFile numbers("color,y\nred,1\nblue,2\n");
  CHECK_THROWS_TEXT(
      train.load(numbers.schema({.target = "y"})), eg::FileError,
      "load_csv_table: " + train.path + ": line 2, column 'y' (2): 'a' is none of the 2 classes");
  // Nothing was missing where the schema was learnt.
  const OneFile gap("color,y\n,a\n");
  CHECK_THROWS_TEXT(
      gap.load(train.schema({.target = "y", .missing = CsvFill::constant})), eg::FileError,
      "load_csv_table: " + gap.path +
          ": line 2, column 'color' (1): an empty field is none of the 2 categories, nor is what "
          "stands for it");
  CHECK_THROWS_TEXT(gap.load(train.schema({.target = "y"})), eg::FileError,
                    "load_csv_table: " + gap.path +
                        ": line 2, column 'color' (1): an empty field is a missing value");
  CHECK_THROWS_TEXT(gap.load(train.schema({.target = "y", .missing = CsvFill::drop_row})),
                    eg::FileError,
                    "load_csv_table: " + gap.path + ": every row has a missing value");
}

TEST_CASE("csv table: targets of a regression", "[io][csv]") {
  const OneFile file("a,y\n1,2.5\n2,NA\n3,-4\n");
  eg::CsvTableOptions options{
      .target = "y", .labels = eg::CsvLabels::numbers, .missing = CsvFill::drop_row};
  const auto data = file.load(file.schema(options));
  CHECK(eg::equal(data.label_values, eg::tensor<double>({2.5, -4})));
  CHECK_FALSE(data.y.defined());
  CHECK(data.class_names.empty());
  options.missing = CsvFill::mean;  // a label is never made up
  CHECK_THROWS_TEXT(file.load(file.schema(options)), eg::FileError,
                    "load_csv_table: " + file.path + ": line 3, column 'y' (2): 'NA' is no label");
  options.missing = CsvFill::keep;
  CHECK(std::isnan(file.load(file.schema(options)).label_values.at(1)));
}

TEST_CASE("csv table: numbers that the element type cannot hold", "[io][csv]") {
  const OneFile file("a\n1\n1e39\n");
  CHECK(file.load(file.schema()).x.at(1, 0) == 1e39);
  CHECK_THROWS_TEXT(eg::load_csv_table<float>(file.path, file.schema()), eg::FileError,
                    "load_csv_table: " + file.path +
                        ": line 3, column 'a' (1): '1e39' is outside the range of float32");
  const auto infinite = file.schema({.allow_non_finite = true});
  const OneFile other("a\ninf\n");
  CHECK(other.load(infinite).x.at(0, 0) == std::numeric_limits<double>::infinity());
}

TEST_CASE(
    "csv table: each part of a file and each changed byte is a table or an error with a place",
    "[io][csv]") {
  const std::string text =
      "a,colour,y\n1.5,red,no\n-2,\"blue, dark\",yes\n,red,no\n4e2,green,yes\n";
  const OneFile whole(text);
  const auto schema = whole.schema({.target = "y", .missing = CsvFill::mean});
  const eg::Index features = whole.load(schema).x.extent(1);
  int tables = 0;
  int errors = 0;
  const auto try_text = [&](const std::string& changed) {
    const OneFile file(changed);
    INFO("'" << changed << "'");
    try {
      const auto data = file.load(schema);
      CHECK(data.x.extent(1) == features);
      for (const double value : eg::to_vector(data.x)) {
        CHECK(std::isfinite(value));
      }
      CHECK(data.y.extent(0) == data.x.extent(0));
      ++tables;
    } catch (const eg::FileError& error) {
      CHECK(error.file() == file.path);
      const std::string what = error.what();
      INFO(what);
      bool says_where = false;
      for (const char* place :
           {": line ", ": no column is called '", ": no rows of data", "is empty"}) {
        says_where = says_where || what.find(place) != std::string::npos;
      }
      CHECK(says_where);
      ++errors;
    }
  };
  for (std::size_t length = 0; length < text.size(); ++length) {
    try_text(text.substr(0, length));
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const unsigned mask : {1U, 4U, 16U, 64U, 128U, 255U}) {
      std::string changed = text;
      changed[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ mask);
      try_text(changed);
    }
  }
  CHECK(tables + errors == static_cast<int>(7 * text.size()));
  CHECK(tables > 10);
  CHECK(errors > 100);
}
