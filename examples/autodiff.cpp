// Derivatives beyond a gradient: the snippets of docs/autodiff.md, with what they must give.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/ops/custom_op.hpp>
#include <eigengrad/transforms.hpp>

#include <cstdio>
#include <tuple>
#include <vector>

namespace eg = eigengrad;

namespace {

int failures = 0;

void expect(const char* what, const eg::Tensor<double>& found, const eg::Tensor<double>& expected) {
  if (!eg::allclose(found, expected, 1e-12, 1e-12)) {
    std::printf("%s: %s, expected %s\n", what, eg::to_string(found).c_str(),
                eg::to_string(expected).c_str());
    ++failures;
  }
}

void functions() {
  const auto x = eg::tensor<double>({1, 2});
  const auto v = eg::tensor<double>({1, -1});
  const auto cubes = [](const auto& at) { return at * at * at; };
  const auto loss = [](const auto& at) { return sum(at * at * at); };

  auto gradient = eg::grad(loss, x);         // 3 x^2
  auto [y, tangent] = eg::jvp(cubes, x, v);  // J v, forward
  auto [z, pulled] = eg::vjp(cubes, x, v);   // v^T J, backward
  auto [g, product] = eg::hvp(loss, x, v);   // the gradient, and H v
  auto j = eg::jacobian(cubes, x);           // (2, 2)
  auto h = eg::hessian(loss, x);             // (2, 2)
  auto trace = eg::laplacian(loss, x);       // sum of second derivatives

  expect("grad", gradient, eg::tensor<double>({3, 12}));
  expect("jvp", tangent, eg::tensor<double>({3, -12}));
  expect("vjp", pulled, eg::tensor<double>({3, -12}));
  expect("hvp", product, eg::tensor<double>({6, -12}));
  expect("hvp's gradient", g, gradient);
  expect("values", y, z);
  expect("jacobian", j, eg::tensor<double>({{3, 0}, {0, 12}}));
  expect("hessian", h, eg::tensor<double>({{6, 0}, {0, 12}}));
  expect("laplacian", trace, eg::scalar(18.0));
}

void several_inputs() {
  const auto a = eg::tensor<double>({1, 2});
  const auto b = eg::tensor<double>({3, 4});
  const auto v = eg::tensor<double>({1, 1});

  const auto f = [](const auto& x, const auto& y) { return x * y; };
  auto [value, tangent] = eg::jvp(f, std::tuple(a, b), std::tuple(v, v));

  std::vector<eg::Parameter<double>> parameters{{"w", a}, {"b", b}};
  const auto loss = [&] { return sum(parameters[0] * parameters[0] * parameters[1]); };
  auto [gradients, products] = eg::hvp(loss, parameters, {v, v});

  expect("value", value, eg::tensor<double>({3, 8}));
  expect("tangent", tangent, eg::tensor<double>({4, 6}));
  expect("gradient", gradients[0], eg::tensor<double>({6, 16}));
  expect("product", products[1], eg::tensor<double>({2, 4}));
}

void nested() {
  const auto x = eg::tensor<double>({1, 2});
  const auto v = eg::tensor<double>({1, -1});

  const auto loss = [](const auto& at) { return sum(at * at * at); };
  const auto curvature = [&](const auto& at) { return sum(eg::hvp(loss, at, v).tangent * v); };
  auto slope = eg::grad(curvature, x);  // d (v^T H v) / dx = 6 v^2

  expect("nested", slope, eg::tensor<double>({6, 6}));
}

void gradient_penalty() {
  eg::Parameter<double> w("w", eg::tensor<double>({1, -2}));

  eg::Tape tape;
  const auto loss = sum(w * w * w);
  tape.backward(loss, {.create_graph = true});
  const auto penalty = sum(square(w.gradient()));  // of the recorded gradient
  tape.backward(penalty * 0.1);                    // adds to d loss / dw

  expect("penalty", w.gradient(), eg::tensor<double>({3 + 3.6, 12 - 28.8}));
}

/// x^3 as an op of one's own.
struct Cube {
  static constexpr std::string_view name = "cube";
  static constexpr eg::Save saves = eg::Save::input;
  template <class T>
  static eg::Tensor<T> forward(const eg::Tensor<T>& x) {
    return x * x * x;
  }
  template <class B, class T>
  static void vjp(B& b, const eg::Tensor<T>& x) {
    b.add(0, b.gradient() * x * x * 3.0);
  }
};

void own_ops() {
  const auto x = eg::tensor<double>({0.4, 1.6});

  const auto cube = [](const auto& at) { return sum(eg::custom_op<Cube>(at)); };
  auto h = eg::hessian(cube, x);

  const auto hard = [](const auto& at) {
    return eg::straight_through([](const auto& z) { return eg::cast<double>(z > 1.0); }, at);
  };
  auto through = eg::grad([&](const auto& at) { return sum(hard(at) * at); }, x);

  expect("own op", h, eg::tensor<double>({{2.4, 0}, {0, 9.6}}));
  expect("straight through", through, eg::tensor<double>({0.4, 2.6}));
}

}  // namespace

int main() {
  functions();
  several_inputs();
  nested();
  gradient_penalty();
  own_ops();
  std::printf("%d wrong\n", failures);
  return failures == 0 ? 0 : 1;
}
