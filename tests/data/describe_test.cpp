// Summaries against pandas', tables for people, findings, and refusals.

#include "support/catch.hpp"

#include <eigengrad/data/describe.hpp>
#include <eigengrad/data/inspect.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <support/reference.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::DataFinding;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> texts(const std::vector<DataFinding>& findings) {
  std::vector<std::string> result;
  for (const DataFinding& finding : findings) {
    result.push_back(finding.text);
  }
  return result;
}

}  // namespace

TEST_CASE("describe: every number is pandas'", "[data][describe]") {
  const auto lines = reference::read("describe.txt");
  REQUIRE(lines.size() == 9);
  for (const reference::Line& line : lines) {
    const auto rows = static_cast<eg::Index>(line.inputs[0].values.size());
    const auto x = eg::from_vector(line.inputs[0].values, {rows, 1});
    const eg::ColumnSummary column = eg::describe(x)[0];
    const std::vector<double> found{static_cast<double>(column.count),
                                    column.mean,
                                    column.std,
                                    column.min,
                                    column.quarter,
                                    column.median,
                                    column.three_quarters,
                                    column.max};
    CHECK(column.missing == static_cast<eg::Index>(line.number("missing")));
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double expected = line.outputs[0].values[i];
      INFO("value " << i << " of " << rows << " rows: " << found[i] << ", expected " << expected);
      if (column.infinite > 0 && i == 5) {
        CHECK(found[i] == 2);  // of 1, 2, inf; pandas multiplies inf - 2 by 0 and says NaN
        continue;
      }
      // The deviation of values near 1e6 loses digits in the mean, in pandas too.
      CHECK(reference::close(found[i], expected, i == 2 ? 1e-10 : 1e-14, 0));
    }
  }
}

TEST_CASE("describe: a table for people", "[data][describe]") {
  const std::vector<std::string> names{"height", "n"};
  const auto x = eg::tensor<float>({{1.5F, 10}, {2.5F, 20}, {3.5F, 33}});
  CHECK(eg::to_string(eg::describe(x, names)) ==
        "column  count  missing  mean      std  min  25%  50%   75%  max\n"
        "height      3        0   2.5        1  1.5    2  2.5     3  3.5\n"
        "n           3        0    21  11.5326   10   15   20  26.5   33\n");
  const std::vector<std::string> classes{"no", "yes"};
  const auto counts = eg::count_classes(eg::tensor<std::int64_t>({0, 1, 0, 0}), classes);
  CHECK(eg::to_string(counts) ==
        "class  count   share\n"
        "no         3  75.0 %\n"
        "yes        1  25.0 %\n");
}

TEST_CASE("inspect: missing, infinite and constant columns, repeated rows", "[data][inspect]") {
  const std::vector<std::string> names{"a", "b", "c"};
  const auto x = eg::tensor<double>(
      {{1, nan_value, 5}, {inf, 2, 5}, {1, 2, 5}, {inf, 2, 5}, {1, nan_value, 5}, {inf, 2, 5}});
  const std::vector<DataFinding> findings = eg::inspect(x, names);
  CHECK(texts(findings) ==
        std::vector<std::string>{"column 'a' has 3 infinite values",
                                 "column 'b' misses 2 of 6 values", "column 'b' is constant: 2",
                                 "column 'c' is constant: 5",
                                 "3 of 6 rows repeat an earlier one: row 3 is row 1"});
  CHECK(findings[1].kind == DataFinding::Kind::missing_values);
  CHECK(findings[4].kind == DataFinding::Kind::duplicate_rows);
  CHECK_THROWS_TEXT(eg::refuse(findings), eg::ValueError,
                    "inspect: column 'a' has 3 infinite values");
  const auto clean = eg::inspect(eg::tensor<float>({{1, 2}, {3, 4}}));
  CHECK(clean.empty());
  CHECK_NOTHROW(eg::refuse(clean));
}

TEST_CASE("inspect: test rows among the training rows", "[data][inspect]") {
  const auto train = eg::tensor<double>({{1, 2}, {3, 4}, {5, 6}});
  CHECK(texts(eg::inspect_leakage(train, eg::tensor<double>({{2, 1}, {5, 6}, {3, 4}, {5, 7}}))) ==
        std::vector<std::string>{
            "2 of 4 test rows are training rows too: test row 1 is training row 2"});
  CHECK(eg::inspect_leakage(train, eg::tensor<double>({{1, 1}})).empty());
  CHECK(eg::inspect_leakage(train, eg::empty<double>({0, 2})).empty());
  CHECK_THROWS_TEXT(eg::inspect_leakage(train, eg::tensor<double>({{1}})), eg::ShapeError,
                    "inspect_leakage: rows differ: (3, 2) and (1, 1)");
  CHECK_THROWS_TEXT(eg::inspect_leakage(train, eg::scalar<double>(1)), eg::ShapeError,
                    "inspect_leakage: a scalar has no rows: ()");
}

TEST_CASE("inspect: classes that hardly come", "[data][inspect]") {
  const std::vector<eg::ClassCount> classes{{"common", 100}, {"rare", 9}, {"some", 10}};
  CHECK(texts(eg::inspect_balance(classes)) ==
        std::vector<std::string>{"class 'rare' has 9 rows, class 'common' 100"});
  CHECK(eg::inspect_balance(classes, 0.5).size() == 2);
  CHECK(eg::inspect_balance({}).empty());
  CHECK_THROWS_TEXT(eg::inspect_balance(classes, 1.5), eg::ValueError,
                    "inspect_balance: least is outside [0, 1]: 1.5");
}

TEST_CASE("describe: what it refuses", "[data][describe]") {
  const std::vector<std::string> one{"a"};
  CHECK_THROWS_TEXT(eg::describe(eg::tensor<double>({1, 2})), eg::ShapeError,
                    "describe: x is not (rows, columns): (2,)");
  CHECK_THROWS_TEXT(eg::describe(eg::tensor<double>({{1, 2}}), one), eg::ValueError,
                    "describe: 1 names for 2 columns");
  CHECK_THROWS_TEXT(eg::inspect(eg::tensor<double>({1, 2})), eg::ShapeError,
                    "inspect: x is not (rows, columns): (2,)");
  CHECK_THROWS_TEXT(eg::inspect(eg::tensor<double>({{1, 2}}), one), eg::ValueError,
                    "inspect: 1 names for 2 columns");
  CHECK_THROWS_TEXT(eg::count_classes(eg::tensor<std::int64_t>({0, 1}), one), eg::IndexError,
                    "count_classes: label 1 at row 1 is outside [0, 1)");
}
