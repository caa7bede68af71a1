#pragma once
// The checks that the op suite makes of one case. They see a function of tensors and know nothing
// of ops, so that they are compiled once for each element type. What compares with central
// differences is in check_gradients.hpp.

#include <eigengrad/base/error.hpp>
#include <eigengrad/base/shape.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/tensor/creation.hpp>
#include <eigengrad/tensor/random.hpp>
#include <eigengrad/tensor/view.hpp>
#include <eigengrad/testing/cases.hpp>
#include <eigengrad/testing/check_gradients.hpp>
#include <eigengrad/testing/heap_counter.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigengrad::testing::detail {

using eigengrad::detail::concat;

/// Collects what failed, with where: "relu, case '(19,)', float32, strided inputs: ...".
struct Failures {
  std::vector<std::string>& texts;
  std::string_view op;
  std::string label{};
  std::string_view type{};

  void add(std::string_view check, std::string_view message) {
    texts.push_back(concat(op, ", case '", label, "', ", type, ", ", check, ": ", message));
  }
  /// Adds `message` unless it is empty.
  void add_if(std::string_view check, std::string_view what, const std::string& message) {
    if (!message.empty()) {
      add(check, concat(what, " ", message));
    }
  }
};

/// Whether two numbers are the same, down to the sign of zero; NaN is NaN.
template <FloatScalar T>
[[nodiscard]] bool same_bits(T a, T b) noexcept {
  return (a == b && std::signbit(a) == std::signbit(b)) || (std::isnan(a) && std::isnan(b));
}

/// Where two tensors first differ, as text; empty if nowhere.
template <FloatScalar T, class Same>
[[nodiscard]] std::string difference(const Tensor<T>& found, const Tensor<T>& expected,
                                     const Same& same) {
  if (!(found.shape() == expected.shape())) {
    return concat("is ", found.shape(), ", expected ", expected.shape());
  }
  const std::vector<T> a = to_vector(found);
  const std::vector<T> b = to_vector(expected);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) {
      return concat("at ", position_text(found.shape(), static_cast<Index>(i)), " of ",
                    found.shape(), " is ", a[i], ", expected ", b[i]);
    }
  }
  return {};
}
template <FloatScalar T>
[[nodiscard]] std::string difference(const Tensor<T>& found, const Tensor<T>& expected) {
  return difference(found, expected, same_bits<T>);
}

/// Whether two numbers are the same but for rounding in another order, next to numbers of size 1.
template <FloatScalar T>
[[nodiscard]] bool same_but_rounding(T a, T b) noexcept {
  return std::abs(a - b) <= 64 * std::numeric_limits<T>::epsilon() * (1 + std::abs(b));
}

/// A result and the gradients of all inputs.
template <FloatScalar T>
struct Outcome {
  Tensor<T> result;
  std::vector<Tensor<T>> gradients;
};

template <FloatScalar T>
[[nodiscard]] Outcome<T> evaluate(const Case<T>& sample, const std::vector<Tensor<T>>& inputs,
                                  const Tensor<T>& cotangent) {
  Tape tape;
  std::vector<Tensor<T>> watched;
  for (const Tensor<T>& x : inputs) {
    watched.push_back(tape.watch(x));
  }
  Outcome<T> outcome;
  outcome.result = sample.apply(watched);
  tape.backward(outcome.result, cotangent);
  for (const Tensor<T>& x : watched) {
    outcome.gradients.push_back(tape.gradient(x));
  }
  return outcome;
}

template <FloatScalar T>
void expect_same(const Outcome<T>& found, const Outcome<T>& expected, bool (*same)(T, T) noexcept,
                 std::string_view check, Failures& failures) {
  failures.add_if(check, "result", difference(found.result, expected.result, same));
  for (std::size_t k = 0; k < expected.gradients.size(); ++k) {
    failures.add_if(check, concat("gradient of input ", k),
                    difference(found.gradients[k], expected.gradients[k], same));
  }
}

/// x's elements in another layout: every second one of a longer last axis, or the axes stored in
/// reverse.
enum class Layout { every_second, reversed };
template <FloatScalar T>
[[nodiscard]] Tensor<T> laid_out(const Tensor<T>& x, Layout layout) {
  const int rank = x.rank();
  Tensor<T> view;
  if (layout == Layout::reversed && rank > 1) {
    Shape reversed;
    std::vector<Index> axes;
    for (int axis = rank - 1; axis >= 0; --axis) {
      reversed.push_back(x.shape()[axis]);
      axes.push_back(axis);
    }
    view = eigengrad::detail::permuted(full<T>(reversed, T(0)), axes);
  } else if (rank == 0) {
    view = eigengrad::detail::selected(full<T>({3}, std::numeric_limits<T>::quiet_NaN()), 0, 1);
  } else {
    Shape wide = x.shape();
    wide.set(rank - 1, 2 * wide[rank - 1] + 1);
    const Tensor<T> base = full<T>(wide, std::numeric_limits<T>::quiet_NaN());
    view = eigengrad::detail::sliced(base, -1, 1, eigengrad::detail::slice_end, 2);
  }
  eigengrad::detail::copy_into(view, x);
  return view;
}

/// Strided inputs and cotangents give what contiguous ones do: the same bits for elementwise ops. A
/// reduction or product may take its terms in another order.
template <FloatScalar T>
void check_layouts(const Case<T>& sample, const std::vector<Tensor<T>>& inputs,
                   const Tensor<T>& cotangent, const Outcome<T>& expected, Failures& failures) {
  const auto same = sample.elementwise ? &same_bits<T> : &same_but_rounding<T>;
  for (const Layout layout : {Layout::every_second, Layout::reversed}) {
    const bool reversed = layout == Layout::reversed;
    std::vector<Tensor<T>> strided;
    for (const Tensor<T>& x : inputs) {
      strided.push_back(laid_out(x, layout));
    }
    expect_same(evaluate(sample, strided, cotangent), expected, same,
                reversed ? "transposed inputs" : "strided inputs", failures);
    expect_same(evaluate(sample, inputs, laid_out(cotangent, layout)), expected, same,
                reversed ? "transposed cotangent" : "strided cotangent", failures);
  }
}

/// A Parameter's gradient is that of a watched tensor, and a second backward doubles it.
template <FloatScalar T>
void check_accumulation(const Case<T>& sample, const std::vector<Tensor<T>>& inputs,
                        const Tensor<T>& cotangent, const Outcome<T>& expected,
                        Failures& failures) {
  std::vector<Parameter<T>> parameters;
  for (const Tensor<T>& x : inputs) {
    parameters.emplace_back("p", x);
  }
  const std::vector<Tensor<T>> handles(parameters.begin(), parameters.end());
  Tape tape;
  const Tensor<T> y = sample.apply(handles);
  const auto compare = [&](std::string_view check, T factor) {
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      const Tensor<T> found =
          parameters[k].has_gradient() ? parameters[k].gradient() : zeros<T>(inputs[k].shape());
      // Adding into a product may round once more than doubling it.
      const auto close = [&](T a, T b) {
        return factor == 1 ? same_bits(a, b) : same_but_rounding(a, factor * b);
      };
      failures.add_if(check, concat("gradient of input ", k),
                      difference(found, expected.gradients[k], close));
    }
  };
  tape.backward(y, cotangent, {.retain = true});
  compare("parameters", T(1));
  tape.backward(y, cotangent);
  compare("second backward, expected twice", T(2));
}

/// With only input k watched and the others frozen, nothing else is computed.
template <FloatScalar T>
void check_unwanted(const Case<T>& sample, const std::vector<Tensor<T>>& inputs,
                    const Tensor<T>& cotangent, const Outcome<T>& expected, Failures& failures) {
  for (std::size_t k = 0; k < inputs.size() && inputs.size() > 1; ++k) {
    Tape tape;
    std::vector<Parameter<T>> frozen;
    std::vector<Tensor<T>> handles;
    for (std::size_t j = 0; j < inputs.size(); ++j) {
      frozen.emplace_back("frozen", inputs[j]);
      frozen.back().set_trainable(false);
      handles.push_back(j == k ? tape.watch(inputs[j]) : frozen.back());
    }
    const Tensor<T> y = sample.apply(handles);
    const std::uint64_t wasted = eigengrad::detail::tape_thread.wasted;
    tape.backward(y, cotangent);
    const std::string check = concat("only input ", k, " watched");
    if (eigengrad::detail::tape_thread.wasted != wasted) {
      failures.add(check, "a gradient was computed that nobody wants");
    }
    for (std::size_t j = 0; j < frozen.size(); ++j) {
      if (frozen[j].has_gradient()) {
        failures.add(check, concat("frozen input ", j, " has a gradient"));
      }
    }
    failures.add_if(check, "its gradient",
                    difference(tape.gradient(handles[k]), expected.gradients[k]));
  }
}

/// Fills the memory behind x with NaN, behind the tape's back.
template <FloatScalar T>
void spoil(const Tensor<T>& x) {
  eigengrad::detail::TensorBody& owner = *eigengrad::detail::owner_of(&x.body());
  std::fill_n(static_cast<T*>(owner.data), owner.size, std::numeric_limits<T>::quiet_NaN());
}

/// What no record has saved may be overwritten before the backward pass.
template <FloatScalar T>
void check_unsaved(const Case<T>& sample, const std::vector<Tensor<T>>& inputs,
                   const Tensor<T>& cotangent, const Outcome<T>& expected, Failures& failures) {
  Tape tape;
  std::vector<Tensor<T>> watched;
  for (const Tensor<T>& x : inputs) {
    watched.push_back(tape.watch(eigengrad::detail::copied(x)));
  }
  const Tensor<T> y = sample.apply(watched);
  std::vector<Tensor<T>> all = watched;
  all.push_back(y);
  for (const Tensor<T>& x : all) {
    if (!eigengrad::detail::RecordingAccess::saves(tape, x.body())) {
      spoil(x);
    }
  }
  tape.backward(y, cotangent);
  for (std::size_t k = 0; k < watched.size(); ++k) {
    failures.add_if("unsaved buffers hold NaN", concat("gradient of input ", k),
                    difference(tape.gradient(watched[k]), expected.gradients[k]));
  }
}

template <FloatScalar T>
void check_heap(const Case<T>& sample, const std::vector<Tensor<T>>& inputs,
                const Tensor<T>& cotangent, Failures& failures) {
  std::vector<Tensor<T>> watched(inputs.size());
  const auto step = [&] {
    Tape tape;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      watched[k] = tape.watch(inputs[k]);
    }
    const Tensor<T> y = sample.apply(watched);
    tape.backward(y, cotangent);
  };
  for (int warm_up = 0; warm_up < 3; ++warm_up) {
    step();
  }
  const Index before = heap_calls();
  step();
  const Index calls = heap_calls() - before;
  if (calls != 0) {
    failures.add("warm step", concat(calls, " calls to the heap, expected none"));
  }
}

/// All checks of one case but central differences and precision.
template <FloatScalar T>
void check_case(const Case<T>& sample, const std::vector<Tensor<T>>& inputs, std::uint64_t seed,
                Failures& failures) {
  std::vector<Tensor<T>> copies;
  for (const Tensor<T>& x : inputs) {
    copies.push_back(eigengrad::detail::copied(x));
  }
  const Tensor<T> plain = sample.apply(inputs);
  const Tensor<T> cotangent =
      uniform<T>(plain.shape(), -1, 1, RandomKey::named(seed, "op suite cotangent"));
  const Outcome<T> expected = evaluate(sample, inputs, cotangent);
  failures.add_if("without a tape", "result", difference(plain, expected.result));
  check_layouts(sample, inputs, cotangent, expected, failures);
  check_accumulation(sample, inputs, cotangent, expected, failures);
  check_unwanted(sample, inputs, cotangent, expected, failures);
  check_unsaved(sample, inputs, cotangent, expected, failures);
  check_heap(sample, inputs, cotangent, failures);
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    failures.add_if("inputs stay as they are", concat("input ", k),
                    difference(inputs[k], copies[k]));
  }
}

/// How closely forward mode must agree with backward. A larger step is that of an op that is not
/// computed in double throughout.
[[nodiscard]] inline double identity_of(const Case<double>& sample) noexcept {
  return sample.step > 1e-6 ? 1e-6 : GradientOptions().identity;
}

/// The gradients of one case, and theirs, against central differences, in double; with `jacobian`
/// each element of the Jacobian too.
inline void check_central_differences(const Case<double>& sample,
                                      const std::vector<Tensor<double>>& inputs, std::uint64_t seed,
                                      Failures& failures, bool jacobian = false) {
  GradientOptions options;
  options.jacobian = jacobian;
  options.step = sample.step;
  options.seed = seed;
  options.order = 2;
  options.forward = true;
  options.identity = identity_of(sample);
  const GradientReport report = check_gradients(sample.apply, inputs, options);
  if (!report) {
    failures.add("central differences", concat(report.message, " (seed ", seed, ")"));
  }
}

template <FloatScalar To, FloatScalar From>
[[nodiscard]] std::vector<Tensor<To>> as_type(const std::vector<Tensor<From>>& tensors) {
  std::vector<Tensor<To>> converted;
  for (const Tensor<From>& x : tensors) {
    converted.push_back(eigengrad::detail::converted<To>(x));
  }
  return converted;
}

/// Float against double at the same inputs, which are floats.
inline void check_precision(const Case<float>& in_float, const Case<double>& in_double,
                            const std::vector<Tensor<double>>& inputs, std::uint64_t seed,
                            Failures& failures) {
  const Tensor<float> cotangent =
      uniform<float>(in_double.apply(inputs).shape(), -1, 1,
                     RandomKey::named(seed, "op suite cotangent in float"));
  const Outcome<double> exact =
      evaluate(in_double, inputs, eigengrad::detail::converted<double>(cotangent));
  const Outcome<float> rounded = evaluate(in_float, as_type<float>(inputs), cotangent);
  // A few roundings of numbers up to about ten, and of sums of up to some dozens of them.
  const auto close = [](double a, double b) {
    return std::abs(a - b) <= 5e-6 + 2e-5 * std::abs(b);
  };
  const std::vector<Tensor<double>> gradients = as_type<double>(rounded.gradients);
  failures.add_if(
      "against float64", "result",
      difference(eigengrad::detail::converted<double>(rounded.result), exact.result, close));
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    failures.add_if("against float64", concat("gradient of input ", k),
                    difference(gradients[k], exact.gradients[k], close));
  }
}

/// Calls that must be refused: with exactly their text, with or without a tape, recording nothing.
template <FloatScalar T>
void check_rejections(const Cases<T>& cases, Failures& failures) {
  for (const Rejection<T>& rejection : cases.rejections()) {
    failures.label = concat("rejects '", rejection.text, "'");
    for (const bool recording : {false, true}) {
      Tape tape;
      std::vector<Tensor<T>> inputs;
      for (const Shape& shape : rejection.shapes) {
        inputs.push_back(recording ? tape.watch(ones<T>(shape)) : ones<T>(shape));
      }
      const Index recorded = tape.size();
      try {
        static_cast<void>(rejection.apply(inputs));
        failures.add("rejection", "nothing was thrown");
      } catch (const Error& error) {
        if (error.what() != rejection.text) {
          failures.add("rejection", concat("threw '", error.what(), "'"));
        }
      } catch (const std::exception& error) {
        failures.add("rejection", concat("not an eigengrad::Error: '", error.what(), "'"));
      }
      if (tape.size() != recorded) {
        failures.add("rejection", "something was recorded before the refusal");
      }
    }
  }
}

}  // namespace eigengrad::testing::detail
