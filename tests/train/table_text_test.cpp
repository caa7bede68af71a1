// A model keeps how CSV files become its features.

#include "io/scratch_folder.hpp"
#include "support/catch.hpp"

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/io/csv_table.hpp>
#include <eigengrad/train/table_text.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

namespace eg = eigengrad;
namespace train = eigengrad::train;

namespace {

/// Names that a line of text must escape, and every setting other than by default.
eg::CsvSchema some_schema() {
  eg::CsvSchema schema;
  schema.columns = {
      {.name = "a b", .position = 3, .fill_value = 0.1},
      {.name = "",
       .position = 0,
       .type = eg::CsvType::category,
       .fill_category = "x\ny",
       .categories = {"", "\\n", "x\ny"}},
      {.name = "n", .position = 2, .fill_value = std::numeric_limits<double>::quiet_NaN()}};
  schema.delimiter = '\t';
  schema.has_header = false;
  schema.file_columns = 4;
  schema.missing = eg::CsvFill::most_frequent;
  schema.na_values = {"-", ""};
  schema.keep_default_na = false;
  schema.allow_non_finite = true;
  schema.handle_unknown = eg::CsvUnknown::ignore;
  return schema;
}

/// A model of `features` features with a table.
train::TrainedMlp<double> trained_on(const eg::CsvSchema& schema, eg::Index features) {
  const train::Mlp mlp{.features = features, .hidden = {}};
  train::TrainedMlp<double> trained{mlp, train::make_mlp<double>(mlp, 1), {}, {}, {"no", "yes"}};
  trained.standardizer.fit(eg::zeros<double>({2, features}));
  train::keep_table(trained, schema);
  return trained;
}

}  // namespace

TEST_CASE("table text: a schema comes back with its model", "[train][mlp_file]") {
  const ScratchFolder folder;
  const eg::CsvSchema schema = some_schema();
  train::save_mlp(folder / "model", trained_on(schema, 5));
  const auto loaded = train::load_mlp<double>(folder / "model");
  const eg::CsvSchema back = train::table_schema(loaded, "model");
  REQUIRE(back.columns.size() == schema.columns.size());
  for (std::size_t i = 0; i < back.columns.size(); ++i) {
    const eg::CsvColumn& column = schema.columns[i];
    CHECK(back.columns[i].name == column.name);
    CHECK(back.columns[i].position == column.position);
    CHECK(back.columns[i].type == column.type);
    CHECK(back.columns[i].fill_category == column.fill_category);
    CHECK(back.columns[i].categories == column.categories);
  }
  CHECK(back.columns[0].fill_value == 0.1);
  CHECK(std::isnan(back.columns[2].fill_value));
  CHECK(back.feature_names() == schema.feature_names());
  CHECK(back.delimiter == '\t');
  CHECK_FALSE(back.has_header);
  CHECK(back.file_columns == 4);
  CHECK(back.missing == eg::CsvFill::most_frequent);
  CHECK(back.na_values == schema.na_values);
  CHECK_FALSE(back.keep_default_na);
  CHECK(back.allow_non_finite);
  CHECK(back.handle_unknown == eg::CsvUnknown::ignore);
  eg::write_file(folder / "t.csv", "\\n\ty\t-\t7\n");
  const auto x = eg::load_csv_table<double>(folder / "t.csv", back).x;
  CHECK(x.at(0, 0) == 7);
  CHECK(x.at(0, 2) == 1);
  CHECK(std::isnan(x.at(0, 4)));
}

TEST_CASE("table text: what is damaged is refused", "[train][mlp_file]") {
  const ScratchFolder folder;
  const std::string path = folder / "model";
  train::save_mlp(path, trained_on(some_schema(), 5));
  const std::string text = eg::read_file(path + "/model.txt");
  const auto with = [&](const std::string& line, const std::string& instead) {
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    std::string changed = text;
    eg::write_file(path + "/model.txt", changed.replace(at, line.size(), instead));
    return train::table_schema(train::load_mlp<double>(path), path);
  };
  const auto refuses = [&](const std::string& line, const std::string& instead) {
    CHECK_THROWS_TEXT(with(line, instead), eg::FileError,
                      "load_mlp: " + path + ": no line of a table: '" + instead + "'");
  };
  refuses("table.columns: 4", "table.columns: -1");
  refuses("table.delimiter: 9", "table.delimiter: 300");
  refuses("table.missing: most_frequent", "table.missing: some");
  refuses("table.default_na: 0", "table.default_na: 2");
  refuses("table.non_finite: 1", "table.non_finite: yes");
  refuses("table.ignore_unknown: 1", "table.ignore_unknown: ");
  refuses("table.numbers: 3 a b", "table.numbers: 3");
  refuses("table.numbers: 3 a b", "table.fill: 3");
  refuses("table.fill: 0.1", "table.fill: x");
  refuses("table.fill: 0.1", "table.category: x");
  refuses("table.fill: 0.1", "table.what: x");
  const std::string misfit = "load_mlp: " + path + ": the table's columns do not give 5 features";
  CHECK_THROWS_TEXT(with("table.category: \n", ""), eg::FileError, misfit);
  CHECK_THROWS_TEXT(with("table.category: \\\\n\n", "table.category: z\n"), eg::FileError, misfit);
  CHECK_THROWS_TEXT(with("table.category: \\\\n\n", "table.category: \n"), eg::FileError, misfit);
  CHECK_THROWS_TEXT(with("table.numbers: 3 a b", "table.numbers: 4 a b"), eg::FileError, misfit);
  CHECK_THROWS_TEXT(with("table.numbers: 3 a b", "table.numbers: -1 a b"), eg::FileError, misfit);
}
