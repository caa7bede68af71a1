// Values and gradients against PyTorch's, at ordinary points and at all special ones: signed zeros,
// kinks, ties, bounds, infinities, NaN. The numbers are tests/reference/op_values/*.txt; how they
// were made, and where PyTorch's own digits are few, is in tests/reference/README.md.

#include <eigengrad/eigengrad.hpp>

#include <support/catch.hpp>
#include <support/reference.hpp>

#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace eg = eigengrad;
using eg::Index;
using eg::Tensor;

namespace {

using Inputs = std::vector<Tensor<double>>;

/// How closely a line must be met.
struct Tolerance {
  double relative = 1e-13;
  double absolute = 1e-15;
};

/// The gelus, and the derivative of erf: PyTorch's own digits near -6.5 and e^(-x^2) at x = 20,
/// whose exponent of 400 carries a rounding of 400 eps.
Tolerance tolerance_of(const reference::Line& line) {
  return line.name == "erf" || line.name == "gelu" ? Tolerance{1e-12, 1e-15} : Tolerance{};
}

std::optional<double> bound(const reference::Line& line, const std::string& key) {
  return line.has(key) ? std::optional<double>(line.number(key)) : std::nullopt;
}

Tensor<double> activation(const reference::Line& line, const Tensor<double>& x) {
  const std::string& name = line.name;
  if (name == "relu") {
    return eg::relu(x);
  }
  if (name == "leaky_relu") {
    return eg::leaky_relu(x, line.number("slope"));
  }
  if (name == "elu") {
    return eg::elu(x, line.number("alpha"));
  }
  if (name == "gelu") {
    return eg::gelu(x, line.attribute("approximate") == "tanh" ? eg::Gelu::tanh : eg::Gelu::erf);
  }
  if (name == "silu") {
    return eg::silu(x);
  }
  if (name == "softplus") {
    return eg::softplus(x);
  }
  REQUIRE(name == "softsign");
  return eg::softsign(x);
}

Tensor<double> unary(const reference::Line& line, const Tensor<double>& x) {
  const std::string& name = line.name;
  if (name == "clamp") {
    return eg::clamp(x, bound(line, "min"), bound(line, "max"));
  }
  if (name == "pow_scalar") {
    return eg::pow(x, line.number("exponent"));
  }
  if (name == "scalar_pow") {
    return eg::pow(line.number("base"), x);
  }
  using Function = Tensor<double> (*)(const Tensor<double>&);
  const std::vector<std::pair<std::string, Function>> functions = {
      {"neg", eg::neg<double>},     {"exp", eg::exp<double>},     {"log", eg::log<double>},
      {"log1p", eg::log1p<double>}, {"expm1", eg::expm1<double>}, {"sqrt", eg::sqrt<double>},
      {"rsqrt", eg::rsqrt<double>}, {"abs", eg::abs<double>},     {"sin", eg::sin<double>},
      {"cos", eg::cos<double>},     {"tanh", eg::tanh<double>},   {"sigmoid", eg::sigmoid<double>},
      {"erf", eg::erf<double>}};
  for (const auto& [of, function] : functions) {
    if (of == name) {
      return function(x);
    }
  }
  return activation(line, x);
}

Tensor<double> binary(const reference::Line& line, const Inputs& in) {
  using Function = Tensor<double> (*)(const Tensor<double>&, const Tensor<double>&);
  const std::vector<std::pair<std::string, Function>> functions = {
      {"add", eg::add<double>}, {"sub", eg::sub<double>},         {"mul", eg::mul<double>},
      {"div", eg::div<double>}, {"maximum", eg::maximum<double>}, {"minimum", eg::minimum<double>}};
  for (const auto& [of, function] : functions) {
    if (of == line.name) {
      return function(in[0], in[1]);
    }
  }
  REQUIRE(line.name == "pow");
  return eg::pow(in[0], in[1]);
}

/// Calls reduce(axes...) for "0", "1", "0 2" and reduce() for "all".
template <class Reduce>
Tensor<double> over_axes(const reference::Line& line, const Reduce& reduce) {
  const eg::KeepDims keep = line.has("keepdims") ? eg::KeepDims::yes : eg::KeepDims::no;
  const std::string axes = line.attribute("axis");
  if (axes == "0 2") {
    return reduce({0, 2}, keep);
  }
  REQUIRE((axes == "0" || axes == "1"));
  return axes == "0" ? reduce({0}, keep) : reduce({1}, keep);
}

using Axes = std::initializer_list<Index>;

Tensor<double> reduction(const reference::Line& line, const Tensor<double>& x) {
  const std::string& name = line.name;
  const bool all = line.attribute("axis") == "all";
  if (name == "sum") {
    return all ? eg::sum(x)
               : over_axes(line, [&](Axes a, eg::KeepDims k) { return eg::sum(x, a, k); });
  }
  if (name == "mean") {
    return all ? eg::mean(x)
               : over_axes(line, [&](Axes a, eg::KeepDims k) { return eg::mean(x, a, k); });
  }
  if (name == "prod") {
    return all ? eg::prod(x)
               : over_axes(line, [&](Axes a, eg::KeepDims k) { return eg::prod(x, a, k); });
  }
  if (name == "var") {
    const double correction = line.number("correction");
    return all ? eg::var(x, eg::KeepDims::no, correction)
               : over_axes(line,
                           [&](Axes a, eg::KeepDims k) { return eg::var(x, a, k, correction); });
  }
  if (name == "logsumexp") {
    return over_axes(line, [&](Axes a, eg::KeepDims k) { return eg::logsumexp(x, a, k); });
  }
  if (name == "max_all" || name == "min_all") {
    return name == "max_all" ? eg::max(x) : eg::min(x);
  }
  if (name == "amax" || name == "max_dim") {
    return over_axes(line, [&](Axes a, eg::KeepDims k) { return eg::max(x, a, k); });
  }
  REQUIRE((name == "amin" || name == "min_dim"));
  return over_axes(line, [&](Axes a, eg::KeepDims k) { return eg::min(x, a, k); });
}

Tensor<double> softmax(const reference::Line& line, const Tensor<double>& x) {
  const auto axis = static_cast<Index>(line.number("axis"));
  return line.name == "softmax" ? eg::softmax(x, axis) : eg::log_softmax(x, axis);
}

void compare(const Tensor<double>& found, const reference::Values& expected,
             const reference::Line& line, const std::string& what) {
  INFO(what << " of " << line.text);
  REQUIRE(found.shape() == expected.shape);
  const Tolerance tolerance = tolerance_of(line);
  const std::vector<double> values = eg::to_vector(found);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::string at;
    for (const reference::Values& input : line.inputs) {
      at += input.values.size() == values.size() ? " " + std::to_string(input.values[i]) : "";
    }
    INFO("element " << i << " at" << at << " is " << values[i] << ", PyTorch's is "
                    << expected.values[i]);
    CHECK(reference::close(values[i], expected.values[i], tolerance.relative, tolerance.absolute));
  }
}

/// Runs one line forwards and backwards and compares all that it gives.
template <class Function>
void check_line(const reference::Line& line, const Function& function) {
  eg::Tape tape;
  Inputs inputs;
  for (const reference::Values& input : line.inputs) {
    inputs.push_back(tape.watch(input.tensor<double>()));
  }
  const Tensor<double> result = function(line, inputs);
  compare(result, line.outputs[0], line, "result");
  if (line.gradients.empty() || line.name == "max_dim" || line.name == "min_dim") {
    return;  // PyTorch's max along an axis also gives an index, and the gradient to that alone
  }
  tape.backward(result, line.cotangent.given ? line.cotangent.tensor<double>()
                                             : eg::ones<double>(result.shape()));
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    compare(tape.gradient(inputs[k]), line.gradients[k], line,
            "gradient of input " + std::to_string(k));
  }
}

}  // namespace

TEST_CASE("op values: functions of one tensor equal PyTorch's", "[ops][reference]") {
  std::set<std::string> names;
  for (const reference::Line& line : reference::read("unary.txt")) {
    check_line(line, [](const reference::Line& l, const Inputs& in) { return unary(l, in[0]); });
    names.insert(line.name);
  }
  CHECK(names.size() == 23);
}

TEST_CASE("op values: functions of two tensors equal PyTorch's", "[ops][reference]") {
  std::set<std::string> names;
  for (const reference::Line& line : reference::read("binary.txt")) {
    check_line(line, [](const reference::Line& l, const Inputs& in) { return binary(l, in); });
    names.insert(line.name);
  }
  CHECK(names.size() == 7);
}

TEST_CASE("op values: reductions equal PyTorch's", "[ops][reference]") {
  std::set<std::string> names;
  for (const reference::Line& line : reference::read("reductions.txt")) {
    if (line.name.starts_with("arg")) {
      continue;
    }
    check_line(line,
               [](const reference::Line& l, const Inputs& in) { return reduction(l, in[0]); });
    names.insert(line.name);
  }
  CHECK(names.size() == 11);
}

TEST_CASE("op values: argmax and argmin equal PyTorch's", "[ops][reference]") {
  int lines = 0;
  for (const std::string name : {"argmax", "argmin"}) {
    for (const reference::Line& line : reference::read("reductions.txt", name)) {
      const bool largest = name == "argmax";
      const auto x = line.inputs[0].tensor<double>();
      const std::string axis = line.attribute("axis");
      INFO(line.text);
      Tensor<std::int64_t> found = largest ? eg::argmax(x) : eg::argmin(x);
      if (axis != "all") {
        const auto at = static_cast<Index>(line.number("axis"));
        found = largest ? eg::argmax(x, at) : eg::argmin(x, at);
      }
      CHECK(eg::equal(found, line.outputs[0].tensor<std::int64_t>()));
      ++lines;
    }
  }
  CHECK(lines == 48);
}

TEST_CASE("op values: softmax and log_softmax equal PyTorch's", "[ops][reference]") {
  for (const reference::Line& line : reference::read("softmax.txt")) {
    check_line(line, [](const reference::Line& l, const Inputs& in) { return softmax(l, in[0]); });
  }
}
