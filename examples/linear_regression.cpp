// Linear regression on the diabetes data: gradient descent on the tape against the closed form,
// which Eigen solves.

#include <eigengrad/data/datasets.hpp>
#include <eigengrad/eigengrad.hpp>

#include <Eigen/Dense>

#include <cmath>
#include <cstdio>

namespace eg = eigengrad;

int main() {
  const auto diabetes = eg::datasets::diabetes<double>();
  const auto split =
      eg::train_test_split(diabetes.x, diabetes.y, {.test_size = 0.2, .random_state = 42});
  eg::Standardizer<double> standardizer;
  const auto x = standardizer.fit_transform(split.x_train);
  const auto x_test = standardizer.transform(split.x_test);
  const auto y = eg::reshape(split.y_train, {-1, 1});
  const auto y_test = eg::reshape(split.y_test, {-1, 1});

  eg::Parameter<double> w("w", eg::zeros<double>({x.extent(1), 1}));
  eg::Parameter<double> b("b", eg::zeros<double>({1}));
  eg::optim::SGD<double> sgd({w, b}, {.learning_rate = 0.1, .momentum = 0.9});
  for (int step = 0; step < 3000; ++step) {
    eg::Tape tape;
    tape.backward(eg::half_mean_squared_error(eg::linear(x, w, b), y));
    sgd.step();
  }

  // The closed form: least squares over the same columns and a column of ones.
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Matrix a(x.extent(0), x.extent(1) + 1);
  a.leftCols(x.extent(1)) = Eigen::Map<const Matrix>(x.data(), x.extent(0), x.extent(1));
  a.col(x.extent(1)).setOnes();
  const Eigen::VectorXd exact =
      a.colPivHouseholderQr().solve(Eigen::Map<const Eigen::VectorXd>(y.data(), y.size()));

  double largest = std::fabs(b.item() - exact[x.extent(1)]);
  for (eg::Index i = 0; i < w.size(); ++i) {
    largest = std::fmax(largest, std::fabs(w.at(i, 0) - exact[i]));
  }
  const auto error = eg::linear(x_test, w, b) - y_test;
  const double mse = eg::mean(error * error).item();
  const auto deviation = y_test - eg::mean(y_test);
  const double r2 = 1.0 - mse / eg::mean(deviation * deviation).item();
  std::printf("largest difference of a coefficient from the closed form: %.2e\n", largest);
  std::printf("test: mean squared error %.5f, R2 %.8f (scikit-learn: 2900.19363, 0.45260276)\n",
              mse, r2);
  return largest < 1e-6 && std::fabs(r2 - 0.45260276) < 1e-6 ? 0 : 1;
}
