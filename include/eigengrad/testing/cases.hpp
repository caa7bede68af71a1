#pragma once
// Cases<T>: the sample calls of one op that the suite checks, and how their inputs are drawn. An op
// that is not elementwise adds its own in `template <class Cases> static void samples(Cases&)`;
// those of elementwise ops are made here.

#include <eigengrad/base/shape.hpp>
#include <eigengrad/ops/machinery/binary.hpp>
#include <eigengrad/ops/machinery/traits.hpp>
#include <eigengrad/ops/machinery/unary.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>

#include <cmath>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::testing {

namespace detail {

/// A copyable-once function of tensors, cheaper to compile than std::function.
template <FloatScalar T>
class Apply {
 public:
  using Inputs = std::vector<Tensor<T>>;

  template <class F>
  explicit Apply(F f)
      : object_(new F(std::move(f))),
        call_([](const void* object, const Inputs& in) -> Tensor<T> {
          return (*static_cast<const F*>(object))(in);
        }),
        destroy_([](void* object) { delete static_cast<F*>(object); }) {}
  Apply(Apply&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)),
        call_(other.call_),
        destroy_(other.destroy_) {}
  Apply(const Apply&) = delete;
  Apply& operator=(const Apply&) = delete;
  Apply& operator=(Apply&&) = delete;
  ~Apply() {
    if (object_ != nullptr) {
      destroy_(object_);
    }
  }

  [[nodiscard]] Tensor<T> operator()(const Inputs& in) const { return call_(object_, in); }

 private:
  void* object_;
  Tensor<T> (*call_)(const void*, const Inputs&);
  void (*destroy_)(void*);
};

}  // namespace detail

/// One sample call: an op applied to inputs of given shapes.
template <FloatScalar T>
struct Case {
  std::string label;
  std::vector<Shape> shapes;
  detail::Apply<T> apply;
  Domain domain;
  double step;                  // of the central differences
  std::vector<double> kinks{};  // the inputs stay away from them
  bool apart = false;           // any two inputs differ everywhere
  bool elementwise = false;     // every layout of the inputs gives the same bits
  bool varies = false;          // other extents may stand for those of the shapes
};

/// A call that must be refused with exactly this text, before it writes anything.
template <FloatScalar T>
struct Rejection {
  std::string text;
  std::vector<Shape> shapes;
  detail::Apply<T> apply;
};

/// The sample cases of one op for element type T.
template <FloatScalar T>
class Cases {
 public:
  using value_type = T;

  /// A call to check: `apply` takes the inputs, a `const std::vector<Tensor<T>>&` with one tensor
  /// for each of `shapes`, and returns the result. It must give the same for the same inputs and
  /// be differentiable on `domain`, from which they are drawn. `step` is that of the central
  /// differences: larger for an op that is linear but not computed in double throughout.
  template <class F>
  void add(std::string_view label, std::initializer_list<Shape> shapes, F apply, Domain domain = {},
           double step = 1e-6) {
    cases_.push_back(
        {std::string(label), shapes, detail::Apply<T>(std::move(apply)), domain, step});
  }

  /// The same call for any extents: those of `shapes` are examples. The suite also draws others,
  /// from 2 on; extents that are equal here stay equal, 0 and 1 stay. See random_shapes.hpp.
  template <class F>
  void vary(std::string_view label, std::initializer_list<Shape> shapes, F apply,
            Domain domain = {}, double step = 1e-6) {
    add(label, shapes, std::move(apply), domain, step);
    cases_.back().varies = true;
  }

  /// A call that must throw an Error whose text is `text`.
  template <class F>
  void rejects(std::string_view text, std::initializer_list<Shape> shapes, F apply) {
    rejections_.push_back({std::string(text), shapes, detail::Apply<T>(std::move(apply))});
  }

  [[nodiscard]] std::vector<Case<T>>& cases() noexcept { return cases_; }
  [[nodiscard]] const std::vector<Case<T>>& cases() const noexcept { return cases_; }
  [[nodiscard]] const std::vector<Rejection<T>>& rejections() const noexcept { return rejections_; }

 private:
  std::vector<Case<T>> cases_;
  std::vector<Rejection<T>> rejections_;
};

namespace detail {

/// Inputs of a case: uniform on its domain, at least 1/20 from every kink, and with `apart` on two
/// grids of sixteenths, so that no two inputs tie. Rounded to float, so that float and double may
/// be compared.
template <FloatScalar T>
[[nodiscard]] std::vector<Tensor<double>> draw_inputs(const Case<T>& sample, std::uint64_t seed) {
  constexpr double gap = 0.05;
  constexpr double grid = 16;
  std::vector<Tensor<double>> inputs;
  for (std::size_t k = 0; k < sample.shapes.size(); ++k) {
    Tensor<double> x = uniform<double>(
        sample.shapes[k], sample.domain.low, sample.domain.high,
        RandomKey::named(seed, eigengrad::detail::concat(sample.label, " input ", k)));
    for (double& value : x.mutable_values()) {
      for (const double kink : sample.kinks) {
        if (std::abs(value - kink) < gap) {
          value = value < kink ? kink - gap : kink + gap;
        }
      }
      if (sample.apart) {
        value = (std::floor(value * grid) + (k % 2 == 0 ? 0.25 : 0.75)) / grid;
      }
      value = static_cast<double>(static_cast<float>(value));
    }
    inputs.push_back(std::move(x));
  }
  return inputs;
}

/// Shapes that exercise an elementwise op: no axis, no elements, one element, packets and a rest.
inline const std::vector<Shape>& elementwise_shapes() {
  static const std::vector<Shape> shapes = {{}, {1}, {0}, {2, 0, 3}, {19}, {5, 7}, {2, 3, 4}};
  return shapes;
}
/// Pairs that broadcast: both ways, in the middle, scalars, without elements.
inline const std::vector<std::pair<Shape, Shape>>& broadcast_pairs() {
  static const std::vector<std::pair<Shape, Shape>> pairs = {
      {{3, 1}, {1, 4}},    {{}, {3, 4}},        {{3, 4}, {}},     {{4}, {3, 4}},
      {{3, 4}, {4}},       {{3, 4}, {3, 1}},    {{1}, {19}},      {{2, 3, 1}, {3, 4}},
      {{2, 1, 4}, {3, 1}}, {{1, 1}, {2, 3, 4}}, {{0, 1}, {1, 4}}, {{1}, {0, 3}}};
  return pairs;
}

template <class Op>
concept HasSamples = requires(Cases<float>& cases) {
  Op::samples(cases);
};
template <class Op>
concept IsBinary = requires(const Op op, double x) {
  op.f(x, x);
};

template <class Op, FloatScalar T>
void add_generated(Case<T>&& sample, Cases<T>& cases) {
  sample.domain = Op::samples;
  sample.step = 1e-6;
  sample.elementwise = true;
  sample.varies = true;
  if constexpr (requires { Op::kinks; }) {
    if constexpr (IsBinary<Op>) {
      static_assert(Op::kinks.size() == 1 && Op::kinks[0] == 0.0, "kinks of x - y other than 0");
      sample.apart = true;
    } else {
      sample.kinks.assign(Op::kinks.begin(), Op::kinks.end());
    }
  }
  cases.cases().push_back(std::move(sample));
}

template <class Op, FloatScalar T>
void fill_unary(Cases<T>& cases) {
  const auto apply = [](const std::vector<Tensor<T>>& in) {
    return eigengrad::detail::unary<Op>(in[0]);
  };
  for (const Shape& shape : elementwise_shapes()) {
    add_generated<Op>({to_string(shape), {shape}, Apply<T>(apply), {}, 0}, cases);
  }
}

template <class Op, FloatScalar T>
void fill_binary(Cases<T>& cases) {
  const auto apply = [](const std::vector<Tensor<T>>& in) {
    return eigengrad::detail::binary<Op>(in[0], in[1]);
  };
  const auto twice = [](const std::vector<Tensor<T>>& in) {
    return eigengrad::detail::binary<Op>(in[0], in[0]);
  };
  for (const Shape& shape : elementwise_shapes()) {
    add_generated<Op>({to_string(shape), {shape, shape}, Apply<T>(apply), {}, 0}, cases);
  }
  for (const auto& [x, y] : broadcast_pairs()) {
    add_generated<Op>({to_string(x) + " with " + to_string(y), {x, y}, Apply<T>(apply), {}, 0},
                      cases);
  }
  add_generated<Op>({"the same tensor twice", {{5, 3}}, Apply<T>(twice), {}, 0}, cases);
  cases.rejects(eigengrad::detail::concat(Op::name, ": shapes do not broadcast: (2,) and (3,)"),
                {{2}, {3}}, apply);
  cases.rejects(eigengrad::detail::concat(Op::name, ": shapes do not broadcast: (2, 3) and (3, 2)"),
                {{2, 3}, {3, 2}}, apply);
}

/// The cases of an op: its own, or those of its kind.
template <class Op, FloatScalar T>
void fill_cases(Cases<T>& cases) {
  if constexpr (HasSamples<Op>) {
    Op::samples(cases);
  } else if constexpr (IsBinary<Op>) {
    fill_binary<Op>(cases);
  } else {
    fill_unary<Op>(cases);
  }
}

}  // namespace detail

}  // namespace eigengrad::testing
