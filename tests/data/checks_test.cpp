#include "support/catch.hpp"

#include <eigengrad/data/checks.hpp>
#include <eigengrad/tensor/creation.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace eg = eigengrad;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("check_finite: the first offender is named", "[data][checks]") {
  const std::vector<std::string> names{"height", "weight", "age"};
  CHECK_NOTHROW(eg::check_finite(eg::tensor<double>({{1, 2}, {-3, 0}})));
  CHECK_NOTHROW(eg::check_finite(eg::empty<double>({0, 3})));
  const auto x = eg::tensor<double>({{1, 2, 3}, {4, 5, nan_value}, {inf, 0, 0}});
  CHECK_THROWS_TEXT(eg::check_finite(x, names), eg::ValueError,
                    "check_finite: nan is not finite at row 1, column 'age' (2)");
  CHECK_THROWS_TEXT(eg::check_finite(x), eg::ValueError,
                    "check_finite: nan is not finite at row 1, column 2");
  CHECK_THROWS_TEXT(
      eg::check_finite(eg::tensor<float>({1.0F, -std::numeric_limits<float>::infinity()})),
      eg::ValueError, "check_finite: -inf is not finite at row 1");
  CHECK_THROWS_TEXT(eg::check_finite(eg::scalar<double>(inf)), eg::ValueError,
                    "check_finite: inf is not finite");
  CHECK_THROWS_TEXT(eg::check_finite(eg::tensor<double>({0, 0, 0, 0, 0, 0, inf, 0}, {2, 2, 2})),
                    eg::ValueError,
                    "check_finite: inf is not finite at row 1, element 2 of the row");
}

TEST_CASE("check_finite: a strided view is read in its own order", "[data][checks]") {
  const auto x = eg::tensor<double>({{1, 2, inf}, {4, 5, 6}});
  CHECK_NOTHROW(eg::check_finite(eg::detail::make_view(x, {2, 2}, {3, 1}, 0)));
  CHECK_THROWS_TEXT(eg::check_finite(eg::detail::make_view(x, {3, 2}, {1, 3}, 0)), eg::ValueError,
                    "check_finite: inf is not finite at row 2, column 0");
}

TEST_CASE("check_binary_labels: 0 and 1, both of them", "[data][checks]") {
  CHECK_NOTHROW(eg::check_binary_labels(eg::tensor<std::int64_t>({0, 1, 1})));
  CHECK_NOTHROW(eg::check_binary_labels(eg::tensor<float>({{1}, {0}})));
  CHECK_NOTHROW(eg::check_binary_labels(eg::tensor<bool>({true, false})));
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::tensor<std::int64_t>({0, 1, 2})), eg::ValueError,
                    "check_binary_labels: label 2 at row 2 is neither 0 nor 1");
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::tensor<double>({{0, 1}, {0.5, 1}})), eg::ValueError,
                    "check_binary_labels: label 0.5 at row 1 is neither 0 nor 1");
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::tensor<double>({0, nan_value})), eg::ValueError,
                    "check_binary_labels: label nan at row 1 is neither 0 nor 1");
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::tensor<double>({1, 1, 1})), eg::ValueError,
                    "check_binary_labels: one class only: all 3 labels are 1");
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::tensor<double>({0, 0})), eg::ValueError,
                    "check_binary_labels: one class only: all 2 labels are 0");
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::empty<double>({0})), eg::ValueError,
                    "check_binary_labels: no labels");
  CHECK_THROWS_TEXT(eg::check_binary_labels(eg::scalar<double>(1)), eg::ShapeError,
                    "check_binary_labels: a scalar has no rows: ()");
}

TEST_CASE("check_class_labels: inside the classes, two of them at least", "[data][checks]") {
  CHECK_NOTHROW(eg::check_class_labels(eg::tensor<std::int64_t>({2, 0, 2}), 3));
  CHECK_NOTHROW(eg::check_class_labels(eg::tensor<std::int32_t>({1, 0}), 2));
  CHECK_THROWS_TEXT(eg::check_class_labels(eg::tensor<std::int64_t>({0, 7, 1}), 5), eg::ValueError,
                    "check_class_labels: label 7 at row 1 is outside [0, 5)");
  CHECK_THROWS_TEXT(eg::check_class_labels(eg::tensor<std::int64_t>({0, -1}), 5), eg::ValueError,
                    "check_class_labels: label -1 at row 1 is outside [0, 5)");
  CHECK_THROWS_TEXT(eg::check_class_labels(eg::tensor<std::int64_t>({3, 3}), 5), eg::ValueError,
                    "check_class_labels: one class only: all 2 labels are 3");
  CHECK_THROWS_TEXT(eg::check_class_labels(eg::empty<std::int64_t>({0}), 5), eg::ValueError,
                    "check_class_labels: no labels");
  CHECK_THROWS_TEXT(eg::check_class_labels(eg::scalar<std::int64_t>(1), 5), eg::ShapeError,
                    "check_class_labels: a scalar has no rows: ()");
}
