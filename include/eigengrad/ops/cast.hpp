#pragma once
// cast: the elements as another type.

#include <eigengrad/base/scalar.hpp>
#include <eigengrad/ops/machinery/list_op.hpp>
#include <eigengrad/tape/recording.hpp>
#include <eigengrad/tensor/copy.hpp>

#include <concepts>
#include <string_view>
#include <type_traits>
#include <vector>

namespace eigengrad {

struct Cast {
  static constexpr std::string_view name = "cast";
  static constexpr std::string_view doc =
      "The elements as another type; between float and double the gradient is cast back.";

  /// The operand's type: of the two float types the one that the result has not.
  template <FloatScalar To>
  using Other = std::conditional_t<std::same_as<To, float>, double, float>;

  template <class To>
  struct Payload {};

  template <FloatScalar To>
  static void vjp(Backward<To>& b, Payload<To>& /*saved*/) {
    if (b.wants(0)) {
      b.template add<Other<To>>(0, detail::converted<Other<To>>(b.gradient()));
    }
  }

  template <class Cases>
  static void samples(Cases& cases);
};

/// The elements as type To: x itself if it has that type. To bool by != 0, to integers by
/// truncation; NaN and numbers outside an integer type give its smallest value.
///
/// Shapes:    any -> the same
/// Gradient:  between float and double g, cast back; none to or from integers and masks
/// Cost:      one pass, or nothing; saves nothing
/// Reference: NumPy `astype`; PyTorch `to`
template <AnyScalar To, AnyScalar From>
[[nodiscard]] Tensor<To> cast(const Tensor<From>& x) {
  Tensor<To> y = detail::converted<To>(x);
  if constexpr (FloatScalar<To> && FloatScalar<From> && !std::same_as<To, From>) {
    if (detail::must_record(x)) {
      detail::record<Cast>(
          y, [](detail::Saver&) { return Cast::Payload<To>{}; }, x);
    }
  }
  return y;
}

template <class Cases>
void Cast::samples(Cases& cases) {
  using T = typename Cases::value_type;
  const auto there_and_back = [](const std::vector<Tensor<T>>& in) {
    return cast<T>(cast<Other<T>>(in[0]));
  };
  // A step of 1/4 is exact in both types; the op is linear.
  constexpr double step = 0.25;
  cases.add("a scalar", {{}}, there_and_back, {}, step);
  cases.vary("(19,)", {{19}}, there_and_back, {}, step);
  cases.vary("(2, 3)", {{2, 3}}, there_and_back, {}, step);
  cases.add("no elements", {{0, 3}}, there_and_back, {}, step);
}
EIGENGRAD_LIST_OP(Cast);

}  // namespace eigengrad
