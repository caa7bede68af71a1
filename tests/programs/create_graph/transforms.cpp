#include "unit.hpp"

#include <eigengrad/ops/tanh.hpp>
#include <eigengrad/tensor/copy.hpp>
#include <eigengrad/transforms.hpp>

#include <string_view>

namespace {

struct Buffered {
  static constexpr std::string_view name = "buffered";
  template <class T>
  struct Payload {};
  template <eigengrad::FloatScalar T>
  static void vjp(eigengrad::Backward<T>& b, Payload<T>& /*saved*/) {
    b.add(0, b.gradient());
  }
};

}  // namespace

eigengrad::Tensor<double> buffered(const eigengrad::Tensor<double>& x) {
  eigengrad::Tensor<double> y = eigengrad::detail::copied(x);
  eigengrad::detail::record<Buffered>(
      y, [](eigengrad::detail::Saver&) { return Buffered::Payload<double>{}; }, x);
  return y;
}

eigengrad::Tensor<double> tanh_with_rule(const eigengrad::Tensor<double>& x) {
  return eigengrad::tanh(x);
}
