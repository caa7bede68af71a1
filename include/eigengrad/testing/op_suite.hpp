#pragma once
// The op suite: everything that is checked of every listed op. Include it before any header of ops/
// or losses/, so that they list themselves with their sample cases; then walk listed_ops() and call
// check_op and check_random_shapes. Needs no test framework, but EIGENGRAD_COUNT_HEAP_CALLS once in
// the program (heap_counter.hpp).
//
// To compile the cases of many headers in several units, define EIGENGRAD_SUITE_HEADERS in each as
// those whose cases it makes: ":ops/matmul.hpp:ops/sum.hpp:".

#include <eigengrad/testing/listed_cases.hpp>
#include <eigengrad/testing/op_list.hpp>

#undef EIGENGRAD_LIST_OP
#define EIGENGRAD_LIST_OP(Op)                                                             \
  [[maybe_unused]] static const bool listed_##Op = ::eigengrad::testing::detail::list_op< \
      Op, std::conditional_t<::eigengrad::testing::detail::makes_cases_of(__FILE__),      \
                             ::eigengrad::testing::detail::SampleCases,                   \
                             ::eigengrad::testing::detail::NoCases>>(__FILE__)

#include <eigengrad/base/error.hpp>
#include <eigengrad/testing/cases.hpp>
#include <eigengrad/testing/check_gradients.hpp>
#include <eigengrad/testing/op_checks.hpp>
#include <eigengrad/testing/random_shapes.hpp>
#include <eigengrad/transforms.hpp>

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace eigengrad::testing {

namespace detail {

/// The Jacobian by each input, with several rows or columns in one pass, against one at a time.
inline void check_jacobians(const Case<double>& sample, const std::vector<Tensor<double>>& inputs,
                            Failures& failures) {
  using eigengrad::detail::jacobian_of;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const auto f = [&](const Tensor<double>& x) {
      std::vector<Tensor<double>> at = inputs;
      at[k] = reshape(x, inputs[k].shape());
      const Tensor<double> y = sample.apply(at);
      return reshape(y, Shape{y.size()});
    };
    const Tensor<double> x = reshape(inputs[k], Shape{inputs[k].size()});
    for (const JacobianMode mode : {JacobianMode::reverse, JacobianMode::forward}) {
      const Tensor<double> expected = jacobian_of("jacobian", f, x, mode, {.most = 1});
      for (const Index most : {3, 1000}) {
        const Tensor<double> found =
            jacobian_of("jacobian", f, x, mode, {.fewest_rows = 2, .most = most});
        failures.add_if(
            mode == JacobianMode::reverse ? "several rows at a time" : "several columns at a time",
            concat("Jacobian by input ", k),
            difference(found, expected, same_but_rounding<double>));
      }
    }
  }
}

}  // namespace detail

/// Checks one op on all of its cases, in float and in double. Returns what failed, one line each:
/// op, case, element type, check, input, element and both numbers.
///
/// - Gradients, their gradients and the tangents of forward mode equal central differences (in
///   double); forward mode agrees with backward to 1e-10.
/// - Several rows or columns of a Jacobian in one pass are what they are one at a time.
/// - Float results and gradients are close to those in double.
/// - A second backward adds the same again; a Parameter gets the gradient of a watched tensor.
/// - What is not watched, or frozen, gets no gradient, and none is computed for it.
/// - Operands and results that the derivative does not name as saved may hold NaN by then.
/// - Strided operands and cotangents give what contiguous ones do, elementwise ops the same bits.
/// - A warm forward and backward pass makes no call to the heap.
/// - The result has the same bits without a tape, and the inputs are not changed.
/// - Refused calls throw exactly their text.
[[nodiscard]] inline std::vector<std::string> check_op(const OpEntry& op, std::uint64_t seed = 1) {
  std::vector<std::string> texts;
  detail::Failures failures{texts, op.name};
  Cases<float> in_float;
  Cases<double> in_double;
  if (op.float_cases == nullptr || op.double_cases == nullptr) {
    failures.add("samples", eigengrad::detail::concat("no unit makes the cases of ", op.header));
    return texts;
  }
  op.float_cases(in_float);
  op.double_cases(in_double);
  if (in_double.cases().empty()) {
    failures.add("samples", "the op has no case");
  }
  for (std::size_t i = 0; i < in_double.cases().size(); ++i) {
    const Case<double>& sample = in_double.cases()[i];
    failures.label = sample.label;
    const std::vector<Tensor<double>> inputs = detail::draw_inputs(sample, seed);
    try {
      failures.type = "float64";
      detail::check_case(sample, inputs, seed, failures);
      detail::check_central_differences(sample, inputs, seed, failures);
      detail::check_jacobians(sample, inputs, failures);
      failures.type = "float32";
      detail::check_case(in_float.cases()[i], detail::as_type<float>(inputs), seed, failures);
      detail::check_precision(in_float.cases()[i], sample, inputs, seed, failures);
    } catch (const std::exception& error) {
      failures.add("threw", error.what());
    }
  }
  failures.type = "float64";
  detail::check_rejections(in_double, failures);
  failures.type = "float32";
  detail::check_rejections(in_float, failures);
  return texts;
}

}  // namespace eigengrad::testing
