#include "support/catch.hpp"

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/io/csv_labels.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;

namespace {

/// The CSV file that a data set was embedded from, with its classes as numbers.
template <class T>
eg::LabelledCsv<T> source(const std::string& name) {
  return eg::load_csv_labelled<T>(EIGENGRAD_TEST_DATA_DIR "/../../data/" + name + ".csv");
}

template <class T, class Y>
void check_equals_source(const eg::Dataset<T, Y>& data, const std::string& name) {
  INFO(name);
  const eg::LabelledCsv<T> file = source<T>(name);
  CHECK(eg::equal(data.x, file.x));
  CHECK(eg::equal(eg::detail::converted<T>(data.y), file.label_values));
  CHECK(data.feature_names == file.feature_names);
}

template <class T>
std::vector<Index> class_counts(const eg::Dataset<T, std::int64_t>& data) {
  std::vector<Index> counts(data.class_names.size());
  for (const std::int64_t label : data.y.values()) {
    ++counts.at(static_cast<std::size_t>(label));
  }
  return counts;
}

}  // namespace

TEMPLATE_TEST_CASE("datasets: every value is that of the CSV file", "[data][datasets]", float,
                   double) {
  check_equals_source(eg::datasets::breast_cancer<TestType>(), "breast_cancer");
  check_equals_source(eg::datasets::diabetes<TestType>(), "diabetes");
  check_equals_source(eg::datasets::digits<TestType>(), "digits");
  check_equals_source(eg::datasets::iris<TestType>(), "iris");
  check_equals_source(eg::datasets::wine<TestType>(), "wine");
}

TEST_CASE("datasets: shapes and class counts are those of scikit-learn's descriptions",
          "[data][datasets]") {
  const auto cancer = eg::datasets::breast_cancer<double>();
  CHECK(cancer.x.shape() == eg::Shape{569, 30});
  CHECK(class_counts(cancer) == std::vector<Index>{212, 357});
  CHECK(cancer.class_names == std::vector<std::string>{"malignant", "benign"});
  CHECK(cancer.feature_names[19] == "fractal dimension error");
  const auto diabetes = eg::datasets::diabetes<double>();
  CHECK(diabetes.x.shape() == eg::Shape{442, 10});
  CHECK(diabetes.y.at(0) == 151.0);
  CHECK(diabetes.class_names.empty());
  const auto digits = eg::datasets::digits<float>();
  CHECK(digits.x.shape() == eg::Shape{1797, 64});
  CHECK(class_counts(digits) ==
        std::vector<Index>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
  CHECK(class_counts(eg::datasets::iris<float>()) == std::vector<Index>{50, 50, 50});
  CHECK(class_counts(eg::datasets::wine<float>()) == std::vector<Index>{59, 71, 48});
}

TEST_CASE("datasets: sums over all values equal NumPy's", "[data][datasets]") {
  const auto sum = [](const eg::Tensor<double>& x) {
    double total = 0.0;
    for (const double value : x.values()) {
      total += value;
    }
    return total;
  };
  // numpy 2.4: load_*().data.sum(); 17,070 terms up to 4254: error below 1e-9 relative
  using Catch::Matchers::WithinRel;
  CHECK_THAT(sum(eg::datasets::breast_cancer<double>().x), WithinRel(1056474.4596356, 1e-12));
  CHECK_THAT(sum(eg::datasets::diabetes<double>().x), WithinRel(276404.2336, 1e-12));
  CHECK(sum(eg::datasets::digits<double>().x) == 561718.0);
  CHECK_THAT(sum(eg::datasets::iris<double>().x), WithinRel(2078.7, 1e-12));
  CHECK_THAT(sum(eg::datasets::wine<double>().x), WithinRel(159975.295999, 1e-11));
}

TEST_CASE("datasets: each call gives tensors of its own", "[data][datasets]") {
  auto first = eg::datasets::iris<double>();
  first.x.set({0, 0}, -1.0);
  CHECK(eg::datasets::iris<double>().x.at(0, 0) == 5.1);
}
