// The rows of functions that work element by element, reductions, softmax, products and positions;
// and how a sample's arguments are read.

#include <eigengrad/eigengrad.hpp>

#include <numeric>
#include <ops/opinfo_calls.hpp>
#include <optional>
#include <stdexcept>

namespace eg = eigengrad;

namespace opinfo {

namespace {

constexpr Bounds equal{};

Call unary(std::string_view op, std::string_view ours, Bounds bounds,
           Tensor<double> (*f)(const Tensor<double>&)) {
  return {op, ours, bounds, [f](const Arguments& a) -> Results { return f(a["input"]); }};
}

/// An operand: a tensor, or a number as one.
Tensor<double> operand(const Arguments& a, std::string_view key) {
  return a.holds(key) ? a[key] : eg::scalar(a.number(key));
}

using Binary = Tensor<double> (*)(const Tensor<double>&, const Tensor<double>&);

Call binary(std::string_view op, std::string_view ours, Bounds bounds, Binary f,
            std::string_view second = "other") {
  return {op, ours, bounds,
          [f, second](const Arguments& a) -> Results { return f(a["input"], operand(a, second)); }};
}
/// The same with the operands exchanged, as Python's `__rsub__`.
Call reversed(std::string_view op, std::string_view ours, Bounds bounds, Binary f) {
  return {op, ours, bounds,
          [f](const Arguments& a) -> Results { return f(operand(a, "other"), a["input"]); }};
}

/// PyTorch's `alpha`: a factor of the second operand.
Tensor<double> times_alpha(const Arguments& a, const Tensor<double>& x) {
  return a.has("alpha") ? x * a.number("alpha") : x;
}

eg::KeepDims keep(const Arguments& a) {
  return a.flag("keepdim") ? eg::KeepDims::yes : eg::KeepDims::no;
}

/// A reduction of all axes, or of those that `dim` names; none named are all.
template <class All, class Some>
Results reduced(const Arguments& a, const All& all, const Some& some) {
  const Tensor<double>& x = a["input"];
  std::vector<Index> axes = a.has("dim") ? a.list("dim") : std::vector<Index>();
  if (axes.empty()) {
    if (keep(a) == eg::KeepDims::no) {
      return all(x);
    }
    axes.resize(static_cast<std::size_t>(x.rank()));
    std::iota(axes.begin(), axes.end(), Index{0});
  }
  return with_list(axes, [&](Axes list) -> Tensor<double> { return some(x, list, keep(a)); });
}

Call reduction(std::string_view op, std::string_view ours, Bounds bounds,
               Tensor<double> (*all)(const Tensor<double>&),
               Tensor<double> (*some)(const Tensor<double>&, Axes, eg::KeepDims)) {
  return {op, ours, bounds,
          [all, some](const Arguments& a) -> Results { return reduced(a, all, some); }};
}

Results variance(const Arguments& a) {
  double correction = a.flag("unbiased", true) ? 1 : 0;
  correction = a.number("correction", correction);
  return reduced(
      a, [=](const Tensor<double>& x) { return eg::var(x, eg::KeepDims::no, correction); },
      [=](const Tensor<double>& x, Axes axes, eg::KeepDims keep_dims) {
        return eg::var(x, axes, keep_dims, correction);
      });
}

void add_unary(std::vector<Call>& rows) {
  constexpr Bounds close{1e-14, 1e-14};
  rows.push_back(unary("abs", "abs", equal, eg::abs<double>));
  rows.push_back(unary("neg", "neg", equal, eg::neg<double>));
  rows.push_back(unary("exp", "exp", close, eg::exp<double>));
  rows.push_back(unary("expm1", "expm1", close, eg::expm1<double>));
  rows.push_back(unary("log", "log", close, eg::log<double>));
  rows.push_back(unary("log1p", "log1p", close, eg::log1p<double>));
  rows.push_back(unary("sqrt", "sqrt", close, eg::sqrt<double>));
  rows.push_back(unary("rsqrt", "rsqrt", close, eg::rsqrt<double>));
  rows.push_back(unary("square", "square", close, eg::square<double>));
  rows.push_back({"reciprocal", "scalar_div", close,
                  [](const Arguments& a) -> Results { return 1.0 / a["input"]; }});
  rows.push_back(unary("sin", "sin", close, eg::sin<double>));
  rows.push_back(unary("cos", "cos", close, eg::cos<double>));
  rows.push_back(unary("tanh", "tanh", close, eg::tanh<double>));
  rows.push_back(unary("sigmoid", "sigmoid", close, eg::sigmoid<double>));
  rows.push_back(unary("erf", "erf", close, eg::erf<double>));
  rows.push_back(unary("erfc", "erfc", close, eg::erfc<double>));
  rows.push_back(unary("nn.functional.relu", "relu", equal, eg::relu<double>));
  rows.push_back(unary("nn.functional.silu", "silu", close, eg::silu<double>));
  rows.push_back(unary("nn.functional.softsign", "softsign", close, eg::softsign<double>));
  rows.push_back(
      {"nn.functional.leaky_relu", "leaky_relu", close, [](const Arguments& a) -> Results {
         return eg::leaky_relu(a["input"], a.number("negative_slope", 0.01));
       }});
  rows.push_back({"nn.functional.elu", "elu", close, [](const Arguments& a) -> Results {
                    return eg::elu(a["input"], a.number("alpha", 1));
                  }});
  rows.push_back(
      {"nn.functional.gelu", "gelu, gelu_tanh", close, [](const Arguments& a) -> Results {
         const bool tanh = a.has("approximate") && a.text("approximate") == "tanh";
         return eg::gelu(a["input"], tanh ? eg::Gelu::tanh : eg::Gelu::erf);
       }});
  rows.push_back({"nn.functional.softplus", "softplus", close, [](const Arguments& a) -> Results {
                    return eg::softplus(a["input"], a.number("beta", 1), a.number("threshold", 20));
                  }});
  rows.push_back({"nn.functional.hardtanh", "clamp", equal, [](const Arguments& a) -> Results {
                    return eg::clamp(a["input"], a.number("min_val", -1), a.number("max_val", 1));
                  }});
  rows.push_back({"nn.functional.relu6", "clamp", equal,
                  [](const Arguments& a) -> Results { return eg::clamp(a["input"], 0.0, 6.0); }});
  rows.push_back({"clamp", "clamp", equal, [](const Arguments& a) -> Results {
                    const auto bound = [&a](std::string_view key) {
                      return a.has(key) ? std::optional<double>(a.number(key)) : std::nullopt;
                    };
                    return eg::clamp(a["input"], bound("min"), bound("max"));
                  }});
}

void add_binary(std::vector<Call>& rows) {
  constexpr Bounds close{1e-14, 1e-14};
  rows.push_back({"add", "add, mul_scalar", close, [](const Arguments& a) -> Results {
                    return eg::add(a["input"], times_alpha(a, operand(a, "other")));
                  }});
  rows.push_back({"sub", "sub, mul_scalar", close, [](const Arguments& a) -> Results {
                    return eg::sub(a["input"], times_alpha(a, operand(a, "other")));
                  }});
  rows.push_back({"rsub", "sub, mul_scalar", close, [](const Arguments& a) -> Results {
                    return eg::sub(operand(a, "other"), times_alpha(a, a["input"]));
                  }});
  rows.push_back(binary("mul", "mul", close, eg::mul<double>));
  rows.push_back(binary("div.no_rounding_mode", "div", close, eg::div<double>));
  rows.push_back(binary("true_divide", "div", close, eg::div<double>));
  rows.push_back(binary("pow", "pow", close, eg::pow<double>, "exponent"));
  rows.push_back(binary("float_power", "pow", close, eg::pow<double>, "exponent"));
  rows.push_back(reversed("__radd__", "add", close, eg::add<double>));
  rows.push_back(reversed("__rsub__", "sub", close, eg::sub<double>));
  rows.push_back(reversed("__rmul__", "mul", close, eg::mul<double>));
  rows.push_back(reversed("__rdiv__", "div", close, eg::div<double>));
  rows.push_back(reversed("__rpow__", "pow", close, eg::pow<double>));
  rows.push_back(binary("maximum", "maximum", close, eg::maximum<double>));
  rows.push_back(binary("max.binary", "maximum", close, eg::maximum<double>));
  rows.push_back(binary("clamp_min", "maximum", close, eg::maximum<double>, "min"));
  rows.push_back(binary("minimum", "minimum", close, eg::minimum<double>));
  rows.push_back(binary("min.binary", "minimum", close, eg::minimum<double>));
  rows.push_back(binary("clamp_max", "minimum", close, eg::minimum<double>, "max"));
  rows.push_back({"where", "where", close, [](const Arguments& a) -> Results {
                    return eg::where(a.mask("condition"), a["input"], a["other"]);
                  }});
  rows.push_back({"masked_fill", "where", close, [](const Arguments& a) -> Results {
                    return eg::where(a.mask("mask"), operand(a, "value"), a["input"]);
                  }});
}

void add_reductions(std::vector<Call>& rows) {
  constexpr Bounds close{1e-14, 1e-14};
  rows.push_back(reduction("sum", "sum", close, eg::sum<double>, eg::sum<double>));
  rows.push_back(reduction("mean", "mean", close, eg::mean<double>, eg::mean<double>));
  rows.push_back(reduction("prod", "prod", close, eg::prod<double>, eg::prod<double>));
  rows.push_back(reduction("amax", "max", equal, eg::max<double>, eg::max<double>));
  rows.push_back(reduction("amin", "min", equal, eg::min<double>, eg::min<double>));
  for (const std::string_view op : {"max.reduction_no_dim", "max.reduction_with_dim"}) {
    rows.push_back(reduction(op, "max", equal, eg::max<double>, eg::max<double>));
  }
  for (const std::string_view op : {"min.reduction_no_dim", "min.reduction_with_dim"}) {
    rows.push_back(reduction(op, "min", equal, eg::min<double>, eg::min<double>));
  }
  rows.push_back({"var", "var", close, variance});
  rows.push_back({"var.unbiased", "var", close, variance});
  rows.push_back(
      reduction("logsumexp", "logsumexp", close, eg::logsumexp<double>, eg::logsumexp<double>));
  for (const std::string_view op : {"softmax", "softmax.with_dtype"}) {
    rows.push_back({op, "softmax", close, [](const Arguments& a) -> Results {
                      return eg::softmax(a["input"], a.integer("dim", -1));
                    }});
  }
  for (const std::string_view op : {"log_softmax", "log_softmax.with_dtype"}) {
    rows.push_back({op, "log_softmax", close, [](const Arguments& a) -> Results {
                      return eg::log_softmax(a["input"], a.integer("dim", -1));
                    }});
  }
}

void add_products(std::vector<Call>& rows) {
  constexpr Bounds close{1e-12, 1e-13};
  rows.push_back(binary("matmul", "matmul", close, eg::matmul<double>));
  rows.push_back(reversed("__rmatmul__", "matmul", close, eg::matmul<double>));
  for (const std::string_view op : {"mm", "bmm", "mv", "dot"}) {
    rows.push_back(binary(op, "matmul", close, eg::matmul<double>));
  }
  rows.push_back({"nn.functional.linear", "linear, transpose", close,
                  [](const Arguments& a) -> Results {
                    const Tensor<double> w = eg::transpose(a["weight"]);
                    return a.holds("bias") ? eg::linear(a["input"], w, a["bias"])
                                           : eg::linear(a["input"], w);
                  },
                  "PyTorch keeps weights (out, in), eigengrad (in, out)"});
}

}  // namespace

const std::vector<Call>& calls() {
  static const std::vector<Call> all = [] {
    std::vector<Call> rows;
    add_unary(rows);
    add_binary(rows);
    add_reductions(rows);
    add_products(rows);
    for (Call& row : structure_calls()) {
      rows.push_back(std::move(row));
    }
    return rows;
  }();
  return all;
}

bool Arguments::holds(std::string_view name) const noexcept {
  for (const Stored& tensor : sample_->tensors) {
    if (tensor.name == name) {
      return true;
    }
  }
  return false;
}

const Tensor<double>& Arguments::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (sample_->tensors[i].name == name) {
      return tensors_[i];
    }
  }
  throw std::runtime_error("opinfo: no tensor '" + std::string(name) + "' in " + sample_->text);
}

Tensor<std::int64_t> Arguments::positions(std::string_view name) const {
  return eg::cast<std::int64_t>((*this)[name]);
}

Tensor<bool> Arguments::mask(std::string_view name) const {
  return eg::cast<bool>((*this)[name]);
}

bool Arguments::has(std::string_view key) const noexcept {
  for (const auto& attribute : sample_->attributes) {
    if (attribute.first == key) {
      return true;
    }
  }
  return false;
}

const std::string& Arguments::text(std::string_view key) const {
  for (const auto& attribute : sample_->attributes) {
    if (attribute.first == key) {
      return attribute.second;
    }
  }
  throw std::runtime_error("opinfo: no argument '" + std::string(key) + "' in " + sample_->text);
}

double Arguments::number(std::string_view key) const {
  return std::stod(text(key));
}

double Arguments::number(std::string_view key, double otherwise) const {
  return has(key) ? number(key) : otherwise;
}

Index Arguments::integer(std::string_view key, Index otherwise) const {
  return has(key) ? static_cast<Index>(number(key)) : otherwise;
}

bool Arguments::flag(std::string_view key, bool otherwise) const {
  return has(key) ? number(key) != 0 : otherwise;
}

std::vector<Index> Arguments::list(std::string_view key) const {
  std::string values = text(key);
  if (values.starts_with("(")) {
    values = values.substr(1, values.size() - 2);
  }
  std::vector<Index> numbers;
  for (const std::string& value : parts_of(values, ' ')) {
    numbers.push_back(std::stol(value));
  }
  return numbers;
}

}  // namespace opinfo
