// What derivatives beyond a gradient cost, as ratios measured in one run: hvp by gradient, jvp by
// forward, jacobian of m outputs by m vjps. The model is an MLP with tanh in double and in float.
// Each number is the best of interleaved rounds, in processor time of one thread: a longer one is
// more likely to be interrupted by another program.

#include <eigengrad/eigengrad.hpp>
#include <eigengrad/transforms.hpp>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

namespace eg = eigengrad;

namespace {

/// Seconds of the processor that f takes.
template <class F>
double seconds(const F& f) {
  const std::clock_t begin = std::clock();
  f();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

template <class T>
struct Problem {
  eg::Tensor<T> x;
  eg::Tensor<T> y;
  std::vector<eg::Parameter<T>> parameters;
  std::vector<eg::Tensor<T>> direction;

  Problem(eg::Index batch, eg::Index in, eg::Index width, eg::Index out)
      : x(drawn({batch, in}, "x")), y(drawn({batch, out}, "y")) {
    const std::vector<eg::Shape> shapes{{in, width}, {width},      {width, width},
                                        {width},     {width, out}, {out}};
    for (const eg::Shape& shape : shapes) {
      parameters.emplace_back("p", drawn(shape, "p") * 0.1);
      direction.push_back(drawn(shape, "direction"));
    }
  }

  [[nodiscard]] static eg::Tensor<T> drawn(const eg::Shape& shape, std::string_view name) {
    return eg::uniform<T>(shape, -1, 1, eg::RandomKey::named(1, name));
  }
  [[nodiscard]] eg::Tensor<T> model(const eg::Tensor<T>& input) const {
    const auto& p = parameters;
    return eg::linear(eg::tanh(eg::linear(eg::tanh(eg::linear(input, p[0], p[1])), p[2], p[3])),
                      p[4], p[5]);
  }
  [[nodiscard]] eg::Tensor<T> loss() const { return eg::mean_squared_error(model(x), y); }
};

template <class T>
void measure(const char* type, eg::Index batch, eg::Index in, eg::Index width, eg::Index out) {
  const Problem<T> problem(batch, in, width, out);
  const auto loss = [&] { return problem.loss(); };
  const auto row = Problem<T>::drawn({in}, "row");
  const auto model = [&](const auto& input) { return problem.model(input); };
  const auto cotangent = Problem<T>::drawn({out}, "cotangent");
  constexpr int rounds = 40;
  std::vector<double> best(6, 1e9);
  const auto keep = [&](std::size_t i, double value) { best[i] = std::min(best[i], value); };
  for (int round = 0; round < rounds; ++round) {
    keep(0, seconds([&] {
           const eg::NoGrad no_grad;
           static_cast<void>(loss());
         }));
    keep(1,
         seconds([&] { static_cast<void>(eg::jvp(loss, problem.parameters, problem.direction)); }));
    keep(2, seconds([&] { static_cast<void>(eg::value_and_grad(loss, problem.parameters)); }));
    keep(3,
         seconds([&] { static_cast<void>(eg::hvp(loss, problem.parameters, problem.direction)); }));
    keep(4, seconds([&] {
           for (eg::Index i = 0; i < out; ++i) {
             static_cast<void>(eg::vjp(model, row, cotangent));
           }
         }));
    keep(5, seconds([&] { static_cast<void>(eg::jacobian(model, row)); }));
  }
  std::printf(
      "%s, batch %d, %d-%d-%d-%d: jvp / forward %.2f, hvp / gradient %.2f, "
      "jacobian / %d vjps %.2f\n",
      type, static_cast<int>(batch), static_cast<int>(in), static_cast<int>(width),
      static_cast<int>(width), static_cast<int>(out), best[1] / best[0], best[3] / best[2],
      static_cast<int>(out), best[5] / best[4]);
}

}  // namespace

int main() {
  measure<double>("double", 32, 30, 64, 10);
  measure<double>("double", 128, 64, 256, 10);
  measure<float>("float", 128, 256, 512, 10);
  measure<double>("double", 128, 256, 512, 10);
}
