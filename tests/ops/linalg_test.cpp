// Decompositions: values and gradients against PyTorch's (tests/reference/op_values/linalg.txt),
// and matrices that are larger than a block of the kernels. Each op's samples and refusals are in
// the op suite.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/linalg.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::Tensor;

namespace {

using Inputs = std::vector<Tensor<double>>;

Tensor<double> result_of(const reference::Line& line, const Inputs& in) {
  const std::string& name = line.name;
  if (name == "solve") {
    return eg::solve(in[0], in[1]);
  }
  if (name == "inverse") {
    return eg::inverse(in[0]);
  }
  if (name == "cholesky") {
    return eg::cholesky(in[0]);
  }
  if (name == "logdet") {
    return eg::logdet(in[0]);
  }
  if (name == "logabsdet") {
    return eg::slogdet(in[0]).logabsdet;
  }
  if (name == "sign") {
    return eg::slogdet(in[0]).sign;
  }
  REQUIRE(name == "triangular_solve");
  return eg::triangular_solve(in[0], in[1],
                              {.upper = line.attribute("upper") == "1",
                               .left = line.attribute("left") == "1",
                               .unitriangular = line.attribute("unit") == "1"});
}

/// Both are exact to some hundred roundings, relative to the largest element.
void compare(const Tensor<double>& found, const reference::Values& expected) {
  REQUIRE(found.shape() == expected.shape);
  const std::vector<double> values = eg::to_vector(found);
  double largest = 1;
  for (const double value : expected.values) {
    largest = std::max(largest, std::abs(value));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::abs(values[i] - expected.values[i]) <= 1e-13 * largest);
  }
}

/// The largest absolute element of x - y.
double distance(const Tensor<double>& x, const Tensor<double>& y) {
  return eg::max(eg::abs(x - y)).item();
}

}  // namespace

TEST_CASE("linalg: values and gradients equal PyTorch's", "[ops][reference]") {
  int lines = 0;
  for (const reference::Line& line : reference::read("linalg.txt")) {
    INFO(line.text);
    eg::Tape tape;
    Inputs inputs;
    for (const reference::Values& input : line.inputs) {
      inputs.push_back(tape.watch(input.tensor<double>()));
    }
    const Tensor<double> result = result_of(line, inputs);
    compare(result, line.outputs[0]);
    ++lines;
    if (line.name == "sign") {
      continue;
    }
    tape.backward(result, line.cotangent.tensor<double>());
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      compare(tape.gradient(inputs[k]), line.gradients[k]);
    }
  }
  CHECK(lines == 27);
}

TEST_CASE("linalg: matrices of several blocks are decomposed and solved", "[ops]") {
  for (const Index n : {Index{63}, Index{64}, Index{65}, Index{200}}) {
    CAPTURE(n);
    const Tensor<double> a = eg::uniform<double>({n, n}, -1, 1, eg::RandomKey::named(1, "a"));
    const Tensor<double> b = eg::uniform<double>({n, 5}, -1, 1, eg::RandomKey::named(1, "b"));
    const Tensor<double> one = eg::eye<double>(n);
    // Errors grow with n and with the matrix's condition, here some thousands.
    CHECK(distance(eg::matmul(a, eg::solve(a, b)), b) < 1e-9);
    CHECK(distance(eg::matmul(a, eg::inverse(a)), one) < 1e-9);
    CHECK(distance(eg::inverse(eg::transpose(a)), eg::transpose(eg::inverse(a))) < 1e-8);
    const Tensor<double> definite = eg::matmul(a, eg::transpose(a)) + one * static_cast<double>(n);
    const Tensor<double> factor = eg::cholesky(definite);
    CHECK(distance(eg::matmul(factor, eg::transpose(factor)), definite) < 1e-10);
    CHECK(distance(eg::triu(factor, 1), eg::zeros<double>({n, n})) == 0);
    for (const bool upper : {false, true}) {
      const Tensor<double> triangle = upper ? eg::transpose(factor) : factor;
      const Tensor<double> x = eg::triangular_solve(triangle, b, {.upper = upper});
      CHECK(distance(eg::matmul(triangle, x), b) < 1e-12);
    }
    double logarithm = 0;
    for (Index i = 0; i < n; ++i) {
      logarithm += 2 * std::log(factor.at(i, i));
    }
    CHECK_THAT(eg::logdet(definite).item(), Catch::Matchers::WithinRel(logarithm, 1e-13));
  }
}

TEST_CASE("linalg: a pivot past the first block is named", "[ops]") {
  Tensor<double> a = eg::eye<double>(100);
  a.mutable_values()[70 * 101] = 0;
  CHECK_THROWS_TEXT(eg::solve(a, eg::ones<double>({100})), eg::ValueError,
                    "solve: the matrix is singular: pivot 70 is 0");
  CHECK_THROWS_TEXT(eg::cholesky(eg::stack({eg::eye<double>(100), a})), eg::ValueError,
                    "cholesky: matrix (1,) is not positive definite: pivot 70 is not positive");
}

TEST_CASE("linalg: tril and triu split a matrix at any diagonal", "[ops]") {
  const Tensor<double> x = eg::tensor<double>({{1, 2, 3}, {4, 5, 6}});
  CHECK(eg::equal(eg::tril(x), eg::tensor<double>({{1, 0, 0}, {4, 5, 0}})));
  CHECK(eg::equal(eg::tril(x, -1), eg::tensor<double>({{0, 0, 0}, {4, 0, 0}})));
  CHECK(eg::equal(eg::triu(x, 1), eg::tensor<double>({{0, 2, 3}, {0, 0, 6}})));
  CHECK(eg::equal(eg::tril(x, 1) + eg::triu(x, 2), x));
  CHECK_THROWS_TEXT(eg::tril(eg::ones<double>({3})), eg::ShapeError,
                    "tril: expected at least two axes: (3,)");
  CHECK_THROWS_TEXT(eg::triu(eg::ones<double>({3})), eg::ShapeError,
                    "triu: expected at least two axes: (3,)");
}
